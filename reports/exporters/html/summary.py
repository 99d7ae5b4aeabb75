"""What stands above the claims: the score, whether it is final, and where to go on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from reports.exporters.html.shape import moment
from reports.model import VERDICTS, Run, Verdict
from reports.words import next_step

MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
          "November", "December")  # fmt: skip


@dataclass(frozen=True)
class When:
    """A time as people write it, and as machines do; only the first if it is no time."""

    text: str
    machine: str = ""


@dataclass(frozen=True)
class Part:
    """A part of all points."""

    name: str
    points: float
    start: float
    width: float
    """In percent."""


@dataclass(frozen=True)
class Summary:
    """The head of a page."""

    final: bool
    score: float
    earned: float
    possible: float
    ungraded: float
    parts: list[Part]
    counts: list[tuple[Verdict, int]]
    left: int
    next_step: str
    next_claim: str | None
    """Id of the claim to look at first."""
    handed_in: When | None
    started: When
    took: str


def summary(run: Run) -> Summary:
    """Return what a run comes to."""
    counts = [(verdict, run.count(verdict)) for verdict in VERDICTS]
    return Summary(
        run.whole,
        run.score,
        run.earned,
        run.possible,
        run.ungraded,
        _parts(run),
        [(verdict, count) for verdict, count in counts if count or verdict in ("passed", "failed")],
        len(run.left),
        next_step(run),
        _next_claim(run),
        when(run.handed_in) if run.handed_in else None,
        when(run.started),
        _took(run),
    )


def when(text: str) -> When:
    """Return a time to the minute; a text that is none stays as it is."""
    try:
        time = moment(text)
    except ValueError:
        return When(text)
    return When(f"{time.day} {MONTHS[time.month - 1]} {time.year}, {time:%H:%M} UTC", time.isoformat())


def duration(seconds: float) -> str:
    """Return a time span as people say it."""
    if seconds < 60:
        return f"{seconds:.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def _parts(run: Run) -> list[Part]:
    if run.possible <= 0:
        return []
    lost = run.possible - run.earned - run.ungraded
    parts: list[Part] = []
    start = 0.0
    for name, points in (("earned", run.earned), ("lost", lost), ("not graded", run.ungraded)):
        width = 100 * points / run.possible
        if points > 0:
            parts.append(Part(name, round(points, 9), round(start, 3), round(width, 3)))
        start += width
    return parts


def _next_claim(run: Run) -> str | None:
    """Return the claim that `next_step` speaks of."""
    ours = next((claim.id for claim in run.claims if claim.verdict == "grader_error"), None)
    if run.problems or ours:
        return ours
    return next((claim.id for claim in run.claims if claim.verdict == "failed"), None)


def _took(run: Run) -> str:
    try:
        span = moment(run.finished) - moment(run.started)
    except ValueError:
        return ""
    return duration(span.total_seconds()) if span >= timedelta() else ""
