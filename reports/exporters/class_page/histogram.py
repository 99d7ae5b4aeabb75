"""How many submissions have which share of the points: the bars of a drawing, and the same in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

STEPS = 10
"""Bars up to all points, which have a bar of their own: who got there is asked most."""
# In units of the drawing, which is 440 wide: not much more than a telephone, which shrinks its letters less.
_BASE, _TOP, _LEFT, _STEP, _BAR = 168, 26, 6, 39, 33


@dataclass(frozen=True)
class Bar:
    """One bar; where it stands is told in the units of the drawing."""

    label: str
    count: int
    x: int
    y: float
    height: float
    width: int = _BAR

    @property
    def middle(self) -> float:
        """Return where its texts stand."""
        return self.x + self.width / 2


@dataclass(frozen=True)
class Histogram:
    """The bars, the lowest share first."""

    bars: list[Bar]

    @property
    def words(self) -> str:
        """Return what it shows, for who cannot see it."""
        return "; ".join(f"{bar.label} % of the points: {bar.count}" for bar in self.bars if bar.count)


def histogram(shares: Sequence[float]) -> Histogram:
    """Sort shares of the points into bars; what is above all points, by a bonus, counts as all."""
    counts = [0] * (STEPS + 1)
    for share in shares:
        # 0.7 of 10 points may be a little less than 7 tenths
        counts[min(STEPS, max(0, int(share * STEPS + 1e-9)))] += 1
    most = max(1, *counts)
    bars = []
    for step, count in enumerate(counts):
        label = "100" if step == STEPS else f"{step * 100 // STEPS}–{(step + 1) * 100 // STEPS - 1}"
        height = round((_BASE - _TOP) * count / most, 1)
        bars.append(Bar(label, count, _LEFT + step * _STEP, round(_BASE - height, 1), height))
    return Histogram(bars)
