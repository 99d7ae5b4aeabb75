"""What was read on the way to each verdict, kept for reports and appeals."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Literal

from checks import clock
from checks.errors import CheckFailed
from checks.message import clean, shorten
from checks.tables import Table

Verdict = Literal["passed", "failed", "grader error", "not finished"]

_TEXT = 200
_DISTURBED = 3
"""Disturbances before a check that its failure tells of: the last ones."""
_SAMPLES = 2000
"""Twice a second for longer than any claim takes."""


@dataclass(frozen=True)
class Shown:
    """A table of words, with what was found in it."""

    what: Literal["traffic", "rights"]
    table: Table
    found: Mapping[tuple[str, str], str]


@dataclass(frozen=True)
class Measured:
    """A number that a check counted."""

    what: str
    unit: str
    value: float
    least: float | None = None
    """What it may not be below."""


@dataclass
class Aside:
    """What one reading shows beside its finding."""

    words: list[str] = field(default_factory=list)
    table: Shown | None = None
    measured: Measured | None = None


@dataclass
class Reading:
    """One look at the cluster, and the looks after it that saw the same."""

    at: float
    """Seconds since the check began."""
    ok: bool
    digest: str
    """Equal for equal findings."""
    text: str
    """What was found, in one line; of a reading that was true, what a command of the learner's printed."""
    times: int = 1
    until: float = 0.0
    """Seconds since the check began, of the last of `times` looks."""


@dataclass
class Observation:
    """The readings behind one verdict."""

    noun: str
    check: str
    adverb: str
    """`eventually`, `consistently`, or empty for a single reading."""
    began: float = field(default_factory=lambda: clock.now())
    date: str = field(default_factory=lambda: clock.date())
    """When it began, as RFC 3339."""
    failed: Callable[[CheckFailed], None] = field(default=lambda _: None, repr=False)
    """Called with its failure; a reading beside the claim, in another thread, has no recording of its own."""
    readings: list[Reading] = field(default_factory=list)
    verdict: Verdict = "not finished"
    waited: str = ""
    table: Shown | None = None
    """Of the last reading that filled one: what was expected and found."""
    samples: list[tuple[float, Measured]] = field(default_factory=list)
    """What was counted, each with seconds since the check began."""

    def add(self, at: float, ok: bool, found: str, expected: str = "") -> None:
        """Keep one reading, made at `at` on the clock."""
        offset = round(at - self.began, 3)
        digest = hashlib.sha256(f"{ok} {found}\0{expected}".encode(errors="replace")).hexdigest()[:16]
        if self.readings and self.readings[-1].digest == digest:
            last = self.readings[-1]
            last.times += 1
            last.until = offset
        else:
            text = shorten(" ".join(clean(found).split()), _TEXT)
            self.readings.append(Reading(offset, ok, digest, text, until=offset))

    def hear(self, aside: Aside, at: float) -> None:
        """Keep what a reading, made at `at` on the clock, showed beside its finding."""
        self.table = aside.table or self.table
        if aside.measured and len(self.samples) < _SAMPLES:
            self.samples.append((round(at - self.began, 3), aside.measured))

    @property
    def count(self) -> int:
        """Return how many looks there were."""
        return sum(reading.times for reading in self.readings)

    @property
    def different(self) -> int:
        """Return how many different things they found."""
        return len({reading.digest for reading in self.readings})

    def as_data(self) -> dict[str, Any]:
        """Return the observation as plain data that JSON can hold."""
        return {
            "noun": self.noun,
            "check": self.check,
            "adverb": self.adverb,
            "began": self.date,
            "verdict": self.verdict,
            "waited": self.waited,
            "readings": [vars(reading).copy() for reading in self.readings],
        }


class Recording:
    """The observations of one graded test. None of them: it checked nothing."""

    def __init__(self) -> None:
        self.observations: list[Observation] = []
        self.disturbed: list[str] = []
        """What was done to the cluster, and is undone."""
        self.failed: Callable[[CheckFailed], None] = lambda _: None
        """Called with each failure while the cluster is as it was judged: afterwards disturbances end."""

    def __len__(self) -> int:
        return len(self.observations)

    def as_data(self) -> list[dict[str, Any]]:
        """Return all observations as plain data that JSON can hold."""
        return [observation.as_data() for observation in self.observations]


_current: ContextVar[Recording | None] = ContextVar("recording", default=None)
_aside: ContextVar[Aside | None] = ContextVar("aside", default=None)
_disturbed: ContextVar[tuple[str, ...]] = ContextVar("disturbed", default=())


@contextmanager
def recording() -> Iterator[Recording]:
    """Keep the observations of all checks that run inside."""
    token = _current.set(mine := Recording())
    try:
        yield mine
    finally:
        _current.reset(token)


@contextmanager
def disturbed(what: str) -> Iterator[None]:
    """Tell of a disturbance in the failures of the block and in those that come after it.

    Not in those of `throughout`, which tells of what it saw at another moment.
    Whoever looks at the cluster afterwards finds it as it was. `what` comes behind "the grader had".
    """
    token = _disturbed.set((*_disturbed.get(), what))
    try:
        yield
    finally:
        _disturbed.reset(token)
        if (current := _current.get()) is not None and what not in current.disturbed:
            current.disturbed.append(what)


def circumstances() -> str:
    """Return what was done to the cluster while and before a check read it; empty if it was left alone."""
    now = _disturbed.get()
    current = _current.get()
    before = [what for what in (current.disturbed if current else ()) if what not in now]
    words = (("while", now), ("after", before[-_DISTURBED:]))
    return ", ".join(f"{when} the grader had {_in_a_row(what)}" for when, what in words if what)


def _in_a_row(words: Sequence[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def said(text: str) -> None:
    """Keep with the reading that is under way what a command of the learner's printed."""
    if (aside := _aside.get()) is not None:
        aside.words.append(text)


def show(table: Shown) -> None:
    """Keep with the reading that is under way the table that it filled."""
    if (aside := _aside.get()) is not None:
        aside.table = table


def measure(measured: Measured) -> None:
    """Keep with the reading that is under way what it counted."""
    if (aside := _aside.get()) is not None:
        aside.measured = measured


@contextmanager
def listening() -> Iterator[Aside]:
    """Collect what one reading shows while it is made."""
    token = _aside.set(aside := Aside())
    try:
        yield aside
    finally:
        _aside.reset(token)


def observe(noun: object, check: str, adverb: str) -> Observation:
    """Begin an observation; it lands in the recording that is open, if any."""
    observation = Observation(str(noun), check, adverb)
    if (current := _current.get()) is not None:
        current.observations.append(observation)
        observation.failed = current.failed
    return observation
