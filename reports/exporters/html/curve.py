"""How something went on while the cluster was at work, against what had to be kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from reports.exporters.html.axis import Axis, axis
from reports.exporters.html.shape import mapping, quantity, several
from reports.text import clip

DRAWN = 240
"""Points of the line: more than a phone has pixels to show."""


@dataclass(frozen=True)
class Sample:
    """A value at so many seconds."""

    at: float
    value: float


@dataclass(frozen=True)
class Breach:
    """Samples in a row that were below what must be kept."""

    samples: list[Sample]

    @property
    def lowest(self) -> Sample:
        """Return the worst of them."""
        return min(self.samples, key=lambda sample: sample.value)


@dataclass(frozen=True)
class Curve:
    """Samples, their axes, and where they were too low."""

    what: str
    unit: str
    least: float | None
    samples: list[Sample]
    across: Axis
    up: Axis

    @property
    def breaches(self) -> list[Breach]:
        """Return where it was below what must be kept."""
        if (least := self.least) is None:
            return []
        runs = groupby(self.samples, key=lambda sample: sample.value < least)
        return [Breach(list(run)) for below, run in runs if below]

    @property
    def path(self) -> str:
        """Return the line in a field of 100 by 100, 0 at the top."""
        points = (f"{self.across.at(each.at):g} {self.depth(each.value):g}" for each in _thin(self.samples))
        return "M" + "L".join(points)

    def depth(self, value: float) -> float:
        """Return how far below the top a value is drawn."""
        return round(100 - self.up.at(value), 2)


def curve(data: object) -> Curve:
    """Return what `Evidence("samples")` holds."""
    known = mapping(data)
    pairs = [several(pair) for pair in several(known["points"])]
    samples = sorted((Sample(quantity(at), quantity(value)) for at, value in pairs), key=lambda each: each.at)
    if not samples or samples[0].at < 0 or any(each.value < 0 for each in samples):
        raise ValueError("nothing to draw from 0 on")
    least = None if known["least"] is None else quantity(known["least"])
    highest = max(*(each.value for each in samples), least or 0, 0)
    return Curve(
        clip(str(known["what"]), 80),
        clip(str(known["unit"]), 40),
        least,
        samples,
        axis(samples[-1].at),
        axis(highest),
    )


def _thin(samples: Sequence[Sample]) -> Iterator[Sample]:
    """Leave out what cannot be seen; of neighbours the lowest and the highest stay."""
    if len(samples) <= DRAWN:
        yield from samples
        return
    width = -(-len(samples) * 2 // DRAWN)
    for start in range(0, len(samples), width):
        near = samples[start : start + width]
        ends = {min(near, key=lambda each: each.value), max(near, key=lambda each: each.value)}
        yield from sorted(ends, key=lambda each: each.at)
