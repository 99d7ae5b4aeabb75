"""All time that checks see: one module, so that tests and replays can put another clock in its place."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_now: Callable[[], float] = time.monotonic


def now() -> float:
    """Return seconds of a clock that never goes back."""
    return _now()


def sleep(seconds: float) -> None:
    """Let time pass."""
    time.sleep(seconds)


@contextmanager
def read_from(source: Callable[[], float]) -> Iterator[None]:
    """Let `source` tell the time to all checks while the block runs."""
    global _now
    former, _now = _now, source
    try:
        yield
    finally:
        _now = former
