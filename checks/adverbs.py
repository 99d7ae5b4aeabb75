"""The adverbs that own time: `eventually`, `consistently` and `throughout`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from operator import not_
from typing import ParamSpec, TypeVar, cast

from tenacity import RetryCallState, Retrying, retry_if_result

from checks import clock, explain
from checks.errors import CheckFailed, GraderError, Hopeless, UsageError
from checks.noun import Noun, conclude, look, reading_of
from checks.objects import name, restarts, uid
from checks.observations import Observation, observe
from checks.rest import unseen_for

POLL = 0.25
"""Seconds between the first two readings when no change wakes us; later ones wait up to the noun's `poll`."""
POLL_TRUE = 0.5
"""Seconds from one reading to the next while the condition is true and has to stay so."""
HOPELESS = 10.0
"""Seconds that a condition stays hopeless before that is believed: pulls and crashes can recover."""

_TICK = 0.01

T = TypeVar("T", bound=Noun)
P = ParamSpec("P")

_factor = 1.0


def set_patience(factor: float) -> None:
    """Multiply the patience of all nouns, for slow machines. What a task's text promises stays as it is."""
    global _factor
    if not 0 < factor < math.inf:
        raise UsageError(f"the patience factor is a finite number above 0, not {factor!r}")
    _factor = factor


def patient(seconds: float) -> float:
    """Return seconds with the factor of `set_patience`."""
    return seconds * _factor


def eventually(noun: T, *others: T) -> T:
    """Repeat the next check until it has been true, of all nouns at once, for as long as it has to hold.

    Fails when the noun's patience is over, when nothing that the check reads can change any more, or when
    what it found is hopeless.

    >>> eventually(app.service("web")).answers("/")
    """
    return cast(T, _Through(_nouns((noun, *others), "eventually"), _Eventually))


def consistently(noun: T, *others: T, during: float) -> T:
    """Repeat the next check, of all nouns, for `during` seconds; fail at the first reading that is false.

    >>> consistently(app.deployment("web").pods[0], during=10).keeps_running()
    """
    nouns = _nouns((noun, *others), "consistently")
    if isinstance(during, bool) or not isinstance(during, int | float) or not 0 < during < math.inf:
        raise UsageError(f"consistently(…, during=…) takes seconds above 0, not {during!r}")
    return cast(T, _Through(nouns, partial(_Consistently, during=during)))


@contextmanager
def throughout(check: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> Iterator[None]:
    """Repeat a check from before the block until after it; fail at its end if one reading was false.

    It reads in between at every change of what the noun depends on, and twice a second. What is false
    before the block fails at once; the block is never broken off.

    Raises:
        CheckFailed: a reading was false; the first such one is told.

    >>> with throughout(app.deployment("web").keeps_available, 1):
    ...     eventually(app.deployment("web")).rolled_out()
    """
    noun = getattr(check, "__self__", None)
    if not isinstance(noun, Noun):
        raise UsageError(f"throughout(…) takes a check such as app.service('web').answers, not {check!r}")
    verb = getattr(check, "__name__", "")
    reading, _ = reading_of(noun, verb)
    observation = observe(noun, verb, "throughout")
    failures: list[CheckFailed] = []

    def look_once() -> None:
        if failures:
            return
        at = clock.now() - observation.began
        if failure := look(lambda: reading(noun, *args, **kwargs), observation):
            failure.read_cause()  # at once: it may pass
            observation.failed(failure)
            failure.waited = f"{seconds(at)} after the beginning, in reading {observation.count}"
            failures.append(failure)

    def judge() -> None:
        failure = failures[0] if failures else None
        conclude(observation, failure, failure.waited if failure else "")

    look_once()
    if failures:
        judge()
    with noun.cluster.alongside(look_once, noun.kinds, noun.namespace, POLL_TRUE):
        yield
    look_once()
    judge()


def _nouns(nouns: tuple[Noun, ...], adverb: str) -> tuple[Noun, ...]:
    for noun in nouns:
        if not isinstance(noun, Noun):
            raise UsageError(f"{adverb}(…) takes a noun such as app.service('web'), not {noun!r}")
        if type(noun) is not type(nouns[0]) or noun.namespace != nouns[0].namespace:
            raise UsageError(f"{adverb}(…) takes nouns of one kind and namespace, not {nouns[0]} and {noun}")
    return nouns


class _Through:
    """Nouns of one kind behind an adverb: they have the nouns' checks and nothing else."""

    def __init__(self, nouns: tuple[Noun, ...], adverb: _Begin) -> None:
        self.__nouns, self.__adverb = nouns, adverb

    def __getattr__(self, verb: str) -> Callable[..., None]:
        nouns = self.__nouns
        reading, hold = reading_of(nouns[0], verb)

        def check(*args: object, **kwargs: object) -> None:
            def read_all() -> None:
                for noun in nouns:
                    reading(noun, *args, **kwargs)

            self.__adverb(nouns, verb, read_all, hold).run()

        return check


class _Repeated:
    """Readings of one check, one after the other."""

    adverb: str

    def __init__(self, nouns: tuple[Noun, ...], verb: str, reading: Callable[[], None], hold: float) -> None:
        self.nouns, self.reading, self.hold = nouns, reading, hold
        self.observation: Observation = observe(" and ".join(map(str, nouns)), verb, self.adverb)
        self.began = self.observation.began
        self.lost = nouns[0].cluster.lost()
        self.told = self.began
        self.failure: CheckFailed | None = None
        """The last one."""

    def run(self) -> None:
        """Read at once, then whenever something changed or it is time, until there is a verdict."""
        repeated = Retrying(
            retry=retry_if_result(not_),
            stop=self.is_over,
            wait=self.pause,
            sleep=self.sleep,
            retry_error_callback=lambda _: False,
        )
        try:
            passed = repeated(self.look)
        except GraderError:  # also of what is read between two readings
            self.observation.verdict = "grader error"
            raise
        conclude(self.observation, None if passed else self.failure, self.waited())

    def look(self) -> bool:
        """Read once; return whether that makes the check pass."""
        raise NotImplementedError

    def is_over(self, _: RetryCallState) -> bool:
        """Return whether there is a verdict."""
        raise NotImplementedError

    def pause(self, _: RetryCallState) -> float:
        """Return seconds until the next reading, if nothing changes before."""
        raise NotImplementedError

    def now(self) -> float:
        """Return the time on a clock that stands still while nothing can be read, and never goes back.

        An outage is told when it is over, when others may have been answered in between.
        """
        lost = self.nouns[0].cluster.lost() - self.lost
        self.told = max(self.told, clock.now() - lost)
        return self.told

    def sleep(self, seconds: float) -> None:
        """Wait for a change."""
        noun = self.nouns[0]
        noun.cluster.wake(noun.kinds, noun.namespace, max(seconds, _TICK))

    def waited(self) -> str:
        """Return how long the readings took, how many there were, and how many of them differed."""
        count, different = self.observation.count, self.observation.different
        said = [seconds(clock.now() - self.began), f"{count} readings" if count > 1 else "1 reading"]
        if count > 1:
            said.append("all the same" if different == 1 else f"{different} different")
        return ", ".join(said)


_Begin = Callable[[tuple[Noun, ...], str, Callable[[], None], float], _Repeated]


class _Eventually(_Repeated):
    adverb = "eventually"

    def __init__(self, nouns: tuple[Noun, ...], verb: str, reading: Callable[[], None], hold: float) -> None:
        super().__init__(nouns, verb, reading, hold)
        self.deadline = self.began + patient(nouns[0].patience + unseen_for())
        self.lag = patient(nouns[0].lag)
        self.read_at = self.began
        self.true_since: float | None = None
        self.counts: dict[str, float] = {}
        """How often each pod had been restarted at the last reading that was true, by UID."""
        self.longest: float | None = None
        self.hopeless_since: float | None = None
        self.rest: tuple[str, float] | None = None
        """A digest of what is at rest, and since when that is known."""
        self.early = ""

    def look(self) -> bool:
        self.read_at = self.now()
        failure = look(self.read, self.observation)
        if failure is None:
            if self.true_since is None:
                self.true_since = self.now()
            held = max(0.0, self.read_at - self.true_since)
            self.longest = max(held, self.longest or 0.0)
            self.hopeless_since = self.rest = None
            return held >= self.hold
        self.failure, self.true_since = failure, None
        if not isinstance(failure, Hopeless):
            self.hopeless_since = None
        elif self.hopeless_since is None:
            self.hopeless_since = self.now()
        self.rest = self._rest(failure)
        return False

    def read(self) -> None:
        """Read once; false, too, when a container came up again since it was true: it crashed in between.

        Between two readings of a busy machine a container that crashes at once is up, down, and up again.
        """
        self.reading()
        if not self.hold:
            return
        pods = [pod for noun in self.nouns for pod in noun.stands_on()]
        before, self.counts = self.counts, {uid(pod): restarts(pod) for pod in pods}
        again = [pod for pod in pods if restarts(pod) > before.get(uid(pod), math.inf)]
        if again and self.true_since is not None:
            raise CheckFailed(
                expected=f"no container starts again within {seconds(self.hold)}",
                found="\n".join(f"{name(pod)} was restarted" for pod in again),
                because=lambda: explain.restarted(self.nouns[0].cluster, again),
                look_at=f"kubectl -n {self.nouns[0].namespace} get pods",
            )

    def _rest(self, failure: CheckFailed) -> tuple[str, float] | None:
        """Return what is at rest and since when, None if something that the check reads may yet change."""
        digests = [noun.settled() for noun in self._different()] if failure.settles else [None]
        known = [digest for digest in digests if digest is not None]
        if len(known) < len(digests):
            return None
        digest = " ".join([*known, self.observation.readings[-1].digest])
        return self.rest if self.rest and self.rest[0] == digest else (digest, self.now())

    def _different(self) -> tuple[Noun, ...]:
        """Return the nouns that settle each in its own way: all of one namespace, most do so together."""
        return self.nouns[:1] if type(self.nouns[0]).settled is Noun.settled else self.nouns

    def is_over(self, _: RetryCallState) -> bool:
        # A condition that is true at the deadline may go on to hold; one that is false has had its time.
        if self.true_since is not None:
            return False
        if self.rest and self.read_at >= self.rest[1] + self.lag:
            self.early = ", settled: nothing was still changing"
        elif self.hopeless_since is not None and self.read_at >= self.hopeless_since + patient(HOPELESS):
            self.early = ", hopeless: waiting does not change this"
        # one reading may take all the patience there is: what came to be meanwhile is seen by the next
        enough = self.observation.count > 1 or (self.failure is not None and not self.failure.again)
        return bool(self.early) or (self.left() <= 0 and enough)

    def left(self) -> float:
        """Return seconds until the patience is over."""
        return self.deadline - self.now()

    def pause(self, _: RetryCallState) -> float:
        now = self.now()
        if self.true_since is not None:
            return min(self.read_at + POLL_TRUE, self.true_since + self.hold) - now
        same = self.observation.readings[-1].times - 1
        until = [POLL * 2.0 ** min(same, 10), self.nouns[0].poll, self.left()]
        if self.rest:
            until.append(self.rest[1] + self.lag - now)
        return min(until)

    def waited(self) -> str:
        waited = super().waited() + self.early
        if self.true_since is None and self.longest is not None:
            waited += f"; true for {seconds(self.longest)} at most, it has to hold for {seconds(self.hold)}"
        return waited


class _Consistently(_Repeated):
    adverb = "consistently"

    def __init__(
        self,
        nouns: tuple[Noun, ...],
        verb: str,
        reading: Callable[[], None],
        hold: float,
        *,
        during: float,
    ) -> None:
        super().__init__(nouns, verb, reading, hold)
        self.during = during

    def look(self) -> bool:
        self.read_at = self.now()
        self.failure = look(self.reading, self.observation)
        return self.failure is None and self.read_at - self.began >= self.during

    def is_over(self, _: RetryCallState) -> bool:
        return self.failure is not None

    def pause(self, _: RetryCallState) -> float:
        return min(self.read_at + POLL_TRUE, self.began + self.during) - self.now()

    def waited(self) -> str:
        if self.failure is None:
            return super().waited()
        good = self.observation.count - 1
        before = f"true in {good} reading{'s' * (good != 1)} before" if good else "false from the start"
        return f"{seconds(self.read_at - self.began)} of {seconds(self.during)}, {before}"


def seconds(value: float) -> str:
    """Return a duration as people write it: tenths below ten seconds, when they matter."""
    return f"{value:.1f}".removesuffix(".0") + " s" if value < 10 else f"{value:.0f} s"
