"""`@graded` makes a test function a claim: a sentence, its points, and what it builds on."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from checks.claimed_tables import refuse_wrong_tables
from checks.errors import UsageError

Test = Callable[..., Any]
F = TypeVar("F", bound=Test)

MOST_HINTS = 3
OBSERVATION = r"[a-z0-9][a-z0-9.-]*/[1-9][0-9]*"
"""What the name of an observation looks like: its exercise, and its number there, from 1."""


@dataclass(frozen=True)
class Claim:
    """What `@graded` says of a test."""

    title: str
    """A sentence in the present tense that is true of a right solution."""
    points: float
    needs: tuple[Test, ...] = ()
    """Graded tests without which this one says nothing."""
    hints: tuple[str, ...] = ()
    """From a nudge to nearly the answer."""
    cites: tuple[str, ...] = ()
    """Sentences of the course that the claim enforces."""
    after: tuple[str, ...] = ()
    """Names of a step of commands, after which the claim is judged; none: when all have run."""
    observes: tuple[str, ...] = ()
    """What of the exercises it looks at, each EXERCISE/NUMBER."""
    during: tuple[str, ...] = ()
    """Names of a step of commands, right before which the claim is judged: it runs the step itself."""


def graded(
    *,
    points: float,
    needs: Test | tuple[Test, ...] | None = None,
    hints: tuple[str, ...] = (),
    cites: Iterable[str] = (),
    after: str | tuple[str, ...] = (),
    observes: tuple[str, ...] = (),
    during: str | tuple[str, ...] = (),
) -> Callable[[F], F]:
    """Make a test a claim; the first line of its docstring is the title that learners read.

    `after` names a step of commands (of several names, the first that the submission has): the claim is
    judged right after that step, before the next one runs. Without it, when all steps have run.

    `during` names a step in the same way, and the claim is judged right before that step: it runs the step
    itself, by `app.step(…).runs()`. If it does not, the step runs before the next claim.

    `hints` are one to three sentences, from a nudge to nearly the answer; a learner sees the first, and asks
    for more. `observes` names observations of the assignment's exercises: the exercise's id, a slash, and
    the number of the observation, from 1.

    Raises:
        UsageError: there is no title, it says "should", the points are not above 0, `needs` names
            something that is not graded or is judged later, `after` or `during` is no name, both are given,
            `hints` or `observes` are not as above, or a table in the test is wrong.
    """

    def attach(test: F) -> F:
        who = f"@graded on {test.__name__}"
        title = (inspect.getdoc(test) or "").partition("\n")[0].strip().removesuffix(".")
        if not title:
            raise UsageError(f"{who}: its docstring needs a first line, the sentence that learners read")
        if re.search(r"\bshould\b", title, re.IGNORECASE):
            raise UsageError(f'{who}: say what is true of a right solution, without "should": {title!r}')
        if isinstance(points, bool) or not isinstance(points, int | float) or not 0 < points < float("inf"):
            raise UsageError(f"{who}: points is a number above 0, not {points!r}")
        if isinstance(cites, str):
            raise UsageError(f"{who}: cites is a tuple of sentences, not one sentence")
        before = needs if isinstance(needs, tuple) else () if needs is None else (needs,)
        for other in before:
            if claim_of(other) is None:
                name = getattr(other, "__name__", repr(other))
                raise UsageError(f"{who}: needs takes graded tests, not {name}")
        steps, around = _names(after, "after", who), _names(during, "during", who)
        if steps and around:
            raise UsageError(
                f"{who}: it is judged after step {steps[0]!r} or during step {around[0]!r}, not both"
            )
        for other in before if steps or around else ():
            _refuse_later(other, steps, around, who)
        if not _sentences(hints) or len(hints) > MOST_HINTS:
            raise UsageError(f"{who}: hints is a tuple of one to three sentences, not {hints!r}")
        if not isinstance(observes, tuple) or not all(map(_names_observation, observes)):
            raise UsageError(f"{who}: observes is a tuple of EXERCISE/NUMBER, not {observes!r}")
        refuse_wrong_tables(test)
        test.claim = Claim(  # type: ignore[attr-defined]
            title, points, before, hints, tuple(cites), steps, observes, around
        )
        return test

    return attach


def _names(given: object, what: str, who: str) -> tuple[str, ...]:
    names = given if isinstance(given, tuple) else (given,)
    if not all(isinstance(name, str) and name.strip() for name in names):
        raise UsageError(f"{who}: {what} is the name of a step, or a tuple of names, not {given!r}")
    return names


def _refuse_later(need: Test, after: tuple[str, ...], during: tuple[str, ...], who: str) -> None:
    """Raise UsageError when a claim of a step needs one that is judged later, whatever the script."""
    its: Claim = need.claim  # type: ignore[attr-defined]
    when = f"after step {after[0]!r}" if after else f"during step {during[0]!r}"
    if not its.after and not its.during:
        raise UsageError(
            f"{who}: it is judged {when} and needs {need.__name__}, judged when all steps have run: "
            f"give {need.__name__} an after, too"
        )
    if during and {step_key(name) for name in during} & {step_key(name) for name in its.after}:
        raise UsageError(
            f"{who}: it is judged {when} and needs {need.__name__}, judged after that step: "
            f"give {need.__name__} an earlier step"
        )


def step_key(name: str) -> str:
    """Return the form in which names of steps are compared."""
    return name.strip().casefold()


def _sentences(hints: object) -> bool:
    return isinstance(hints, tuple) and all(isinstance(each, str) and each.strip() for each in hints)


def _names_observation(link: object) -> bool:
    return isinstance(link, str) and re.fullmatch(OBSERVATION, link) is not None


def claim_of(test: object) -> Claim | None:
    """Return the claim that a test makes, None when it is not graded."""
    claim = getattr(test, "claim", None)
    return claim if isinstance(claim, Claim) else None
