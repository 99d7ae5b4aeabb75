"""When a claim was judged, in milliseconds since 1970, as far as it is known."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from reports.model import ClaimResult, Run

Moment = tuple[int, int]
"""Begin and end; 0 is not known, and left out of what is written."""


def moments(run: Run) -> Iterator[Moment]:
    """Return begin and end of each claim: its first check began it, or else the claim before ended then."""
    begun = milliseconds(run.started)
    for claim in run.claims:
        start = _began(claim) or begun
        stop = later(start, claim.seconds)
        yield start, stop
        begun = max(begun, stop)


def milliseconds(moment: object) -> int:
    """Read a time as RFC 3339 writes it; 0 for what is none."""
    try:
        return max(0, int(datetime.fromisoformat(str(moment)).timestamp() * 1000))
    except (ValueError, OverflowError):
        return 0


def later(start: int, seconds: object) -> int:
    """Return a time so many seconds after the start, the start itself for what is no number."""
    try:
        return start and max(start, start + round(float(str(seconds)) * 1000))
    except (ValueError, OverflowError):
        return start


def _began(claim: ClaimResult) -> int:
    first = next(iter(claim.observations), None)
    return milliseconds(first.get("began")) if isinstance(first, dict) else 0
