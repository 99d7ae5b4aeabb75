"""`@graded` makes a test function a claim: a sentence, its points, and what it builds on."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from checks.errors import UsageError

Test = Callable[..., Any]
F = TypeVar("F", bound=Test)


@dataclass(frozen=True)
class Claim:
    """What `@graded` says of a test."""

    title: str
    """A sentence in the present tense that is true of a right solution."""
    points: float
    needs: tuple[Test, ...] = ()
    """Graded tests without which this one says nothing."""
    hint: str | None = None
    cites: tuple[str, ...] = ()
    """Sentences of the course that the claim enforces."""
    after: tuple[str, ...] = ()
    """Names of a step of commands, after which the claim is judged; none: when all have run."""


def graded(
    *,
    points: float,
    needs: Test | tuple[Test, ...] | None = None,
    hint: str | None = None,
    cites: Iterable[str] = (),
    after: str | tuple[str, ...] = (),
) -> Callable[[F], F]:
    """Make a test a claim; the first line of its docstring is the title that learners read.

    `after` names a step of commands (of several names, the first that the submission has): the claim is
    judged right after that step, before the next one runs. Without it, when all steps have run.

    Raises:
        UsageError: there is no title, it says "should", the points are not above 0, `needs` names
            something that is not graded or is judged later, or `after` is no name.
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
        steps = after if isinstance(after, tuple) else (after,)
        if not all(isinstance(step, str) and step.strip() for step in steps):
            raise UsageError(f"{who}: after is the name of a step, or a tuple of names, not {after!r}")
        for other in before if steps else ():
            if not other.claim.after:  # type: ignore[attr-defined]
                raise UsageError(
                    f"{who}: it is judged after step {steps[0]!r} and needs {other.__name__}, judged "
                    f"when all steps have run: give {other.__name__} an after, too"
                )
        test.claim = Claim(title, points, before, hint, tuple(cites), steps)  # type: ignore[attr-defined]
        return test

    return attach


def claim_of(test: object) -> Claim | None:
    """Return the claim that a test makes, None when it is not graded."""
    claim = getattr(test, "claim", None)
    return claim if isinstance(claim, Claim) else None
