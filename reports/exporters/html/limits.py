"""How much of a result one page holds: what matters least goes first, and the page says so."""

from __future__ import annotations

from dataclasses import dataclass

LARGEST = 500_000
"""Bytes of a page that a phone opens at once."""


@dataclass(frozen=True)
class Limits:
    """What is kept of one claim; the result itself has all of it."""

    title: int
    """Characters of a claim's title."""
    text: int
    """Characters of a cause, a sentence of the course, a hint."""
    log: int
    """Characters of a log, from its end."""
    rows: int
    """Events, readings or samples in a table."""
    checks: int
    """Checks with their readings."""
    seen: bool = True
    """Whether pictures and logs are shown at all."""


STEPS = (
    Limits(title=400, text=4000, log=8000, rows=60, checks=6),
    Limits(title=200, text=1000, log=1500, rows=15, checks=2),
    Limits(title=100, text=200, log=0, rows=0, checks=0, seen=False),
)
"""From the first that is tried to the last."""
