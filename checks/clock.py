"""All time that checks see: one module, so that tests and replays can put another clock in its place."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

_now: Callable[[], float] = time.monotonic
_zero: datetime | None = None
"""The date at which another clock stood at 0; None: the date is the machine's."""
_heard: Callable[[float], None] | None = None
_told = 0.0
"""The time that was told last."""


def now() -> float:
    """Return seconds of a clock that never goes back."""
    global _told
    _told = told = _now()
    if _heard is not None:
        _heard(told)
    return told


def unheard() -> float:
    """Return the time as `now` does, for who listens to the clock himself."""
    return _now()


def sleep(seconds: float) -> None:
    """Let time pass."""
    time.sleep(seconds)


def date() -> str:
    """Return the date and time in UTC, to the millisecond, as RFC 3339 writes it.

    By another clock it is that of the time that was told last.
    """
    moment = datetime.now(UTC) if _zero is None else _zero + timedelta(seconds=_told)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@contextmanager
def heard_by(listener: Callable[[float], None]) -> Iterator[None]:
    """Tell a listener each time that is told while the block runs."""
    global _heard
    former, _heard = _heard, listener
    try:
        yield
    finally:
        _heard = former


@contextmanager
def read_from(source: Callable[[], float], zero: datetime) -> Iterator[None]:
    """Let `source` tell the time to all checks while the block runs; at `zero` it stood at 0."""
    global _now, _zero
    former = _now, _zero
    _now, _zero = source, zero
    try:
        yield
    finally:
        _now, _zero = former
