"""An axis from 0: where a value lies, in percent, and where a person wants to read a number."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

TICKS = 5
"""More would touch each other on a phone."""


@dataclass(frozen=True)
class Axis:
    """Percent of a width: a picture is as wide as its page, and its letters stay as large as they are."""

    length: float

    def at(self, value: float) -> float:
        """Return where a value lies, within the picture."""
        return round(100 * min(max(value / self.length, 0), 1), 2)

    def ticks(self) -> Iterator[tuple[float, float]]:
        """Return (place, value) of round values, the first 0."""
        step = _step(self.length / TICKS)
        for number in range(math.floor(self.length / step + 1e-9) + 1):
            value = round(number * step, 9)
            yield self.at(value), value


def axis(longest: float) -> Axis:
    """Return an axis that holds all from 0 to `longest`."""
    return Axis(longest if longest > 0 else 1.0)


def _step(least: float) -> float:
    ten: float = 10.0 ** math.floor(math.log10(least))
    return next(ten * factor for factor in (1, 2, 5, 10) if ten * factor >= least * (1 - 1e-9))
