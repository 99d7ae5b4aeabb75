"""Nouns and their checks: a check is a third-person verb on a noun, one reading, one verdict.

    class Service(Noun):
        @check
        def answers(self) -> None: ...     # returns nothing, or raises CheckFailed

Called as it stands, a check reads once; behind an adverb (`eventually`, `consistently`) it is repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import ClassVar, Concatenate, ParamSpec, TypeVar, cast, overload

from checks import clock, explain
from checks.cluster import Cluster, Object
from checks.errors import CheckFailed, GraderError, UsageError, Vanished
from checks.observations import Observation, circumstances, listening, observe
from checks.rest import WORKLOADS, digest_at_rest


class Noun:
    """One thing in a cluster that claims speak of. It holds a name, never what was read."""

    kind: ClassVar[str]
    """As in a manifest."""
    kinds: ClassVar[tuple[str, ...]] = (*WORKLOADS, "Pod")
    """Whose changes are a reason to read again at once."""
    patience: float = 30.0
    """Seconds until `eventually` gives up."""
    hold: ClassVar[float] = 3.0
    """Seconds for which a condition has to stay true before it counts."""
    lag: ClassVar[float] = 3.0
    """Seconds that effects may trail behind the last change of an object."""
    poll: ClassVar[float] = 2.0
    """Seconds between two readings at most, while they find the same and no change wakes us."""

    def __init__(self, cluster: Cluster, namespace: str, name: str) -> None:
        if not name or not isinstance(name, str):
            raise UsageError(f"{type(self).__name__} needs a name, not {name!r}")
        self.cluster, self.namespace, self.name = cluster, namespace, name

    def __str__(self) -> str:
        return f"{self.kind} `{self.name}`"

    def __repr__(self) -> str:
        return f"<{self} in {self.namespace}>"

    def settled(self) -> str | None:
        """Return a digest of what the noun's checks depend on when none of it is under way, else None."""
        return digest_at_rest(self.cluster, self.namespace)

    def stands_on(self) -> Sequence[Object]:
        """Read the pods whose restart makes what is true hold anew."""
        return ()

    def get(self) -> Object | None:
        """Read the noun's object; None when it does not exist."""
        return self.cluster.get(self.kind, self.name, self.namespace)

    def read(self) -> Object:
        """Read the noun's object.

        Raises:
            CheckFailed: it does not exist.
        """
        obj = self.get()
        if obj is None:
            raise self.absent()
        return obj

    def absent(self) -> CheckFailed:
        """Return the failure of a noun that does not exist."""
        return CheckFailed(
            expected=f"{self} exists",
            found=f"no such {self.kind}",
            because=lambda: explain.missing(self.cluster, self.namespace, self.kind, self.name),
            look_at=f"kubectl -n {self.namespace} get {self.kind.lower()}s",
        )


N = TypeVar("N", bound=Noun)
P = ParamSpec("P")
Reading = Callable[Concatenate[N, P], None]

_READING, _HOLD = "__check_reading__", "__check_hold__"


@overload
def check(reading: Reading[N, P], /) -> Reading[N, P]: ...
@overload
def check(*, hold: float) -> Callable[[Reading[N, P]], Reading[N, P]]: ...
def check(
    reading: Reading[N, P] | None = None, /, *, hold: float | None = None
) -> Reading[N, P] | Callable[[Reading[N, P]], Reading[N, P]]:
    """Mark a noun's method as a check.

    `hold` is in seconds and replaces the noun's own; 0 for a check whose one reading is proof enough.
    """

    def mark(reading: Reading[N, P]) -> Reading[N, P]:
        @wraps(reading)
        def once(noun: N, *args: P.args, **kwargs: P.kwargs) -> None:
            observation = observe(noun, reading.__name__, "")
            failure = look(lambda: reading(noun, *args, **kwargs), observation)
            conclude(observation, failure)

        setattr(once, _READING, reading)
        setattr(once, _HOLD, hold)
        return cast(Reading[N, P], once)

    return mark if reading is None else mark(reading)


def reading_of(noun: N, verb: str) -> tuple[Callable[..., None], float]:
    """Return what one reading of a check calls, and for how many seconds it has to hold.

    Raises:
        UsageError: the noun has no such check.
    """
    method = getattr(type(noun), verb, None)
    reading: Callable[..., None] | None = getattr(method, _READING, None)
    if reading is None:
        checks = ", ".join(sorted(name for name in dir(type(noun)) if _is_check(type(noun), name)))
        raise UsageError(f"an adverb takes a check of {type(noun).__name__} ({checks}), not `{verb}`")
    own: float | None = getattr(method, _HOLD)
    return reading, noun.hold if own is None else own


def _is_check(noun: type[Noun], name: str) -> bool:
    return hasattr(getattr(noun, name, None), _READING)


def look(reading: Callable[[], None], observation: Observation) -> CheckFailed | None:
    """Read once, keep the reading, and return the failure if the condition is false."""
    at = clock.now()
    with listening() as aside:
        try:
            reading()
        except CheckFailed as failure:
            observation.add(at, False, failure.found, failure.expected)
            return failure
        except Vanished as gone:
            unseen = CheckFailed(
                expected=f"{observation.noun} stays while it is looked into", found=str(gone), settles=False
            )
            observation.add(at, False, unseen.found, unseen.expected)
            return unseen
        except GraderError as error:
            observation.add(at, False, str(error))
            observation.verdict = "grader error"
            raise
        finally:
            observation.hear(aside, at)
    observation.add(at, True, "\n".join(aside.words))
    return None


def conclude(observation: Observation, failure: CheckFailed | None, waited: str = "") -> None:
    """Give the verdict of an observation: return, or raise the failure with its cause."""
    observation.waited = waited
    observation.verdict = "failed" if failure else "passed"
    if failure:
        failure.waited = waited
        # what `throughout` saw, it saw and told before what has become of the cluster by now
        if observation.adverb != "throughout":
            if around := circumstances():
                failure.waited = f"{waited or 'one reading'}, {around}"
            failure.read_cause()
            observation.failed(failure)
        raise failure
