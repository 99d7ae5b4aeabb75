"""All time that checks see: one module, so that tests can put a fake in its place."""

from __future__ import annotations

import time


def now() -> float:
    """Return seconds of a clock that never goes back."""
    return time.monotonic()


def sleep(seconds: float) -> None:
    """Let time pass."""
    time.sleep(seconds)
