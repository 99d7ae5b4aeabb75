"""When a check read what, and what the cluster said meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from reports.exporters.html.axis import Axis, axis
from reports.exporters.html.shape import mapping, moment, objects, quantity
from reports.text import clip

THINNEST = 0.8
"""Percent of the width: a single look has no length, and is to be seen all the same."""
TEXT = 300
"""Characters of a message."""


@dataclass(frozen=True)
class Event:
    """What the cluster said, once or several times."""

    number: int
    time: datetime
    type: str
    reason: str
    about: str
    message: str
    count: int

    @property
    def clock(self) -> str:
        """Return the time of the day."""
        return f"{self.time:%H:%M:%S}"


@dataclass(frozen=True)
class Reading:
    """Looks in a row that found the same."""

    at: float
    until: float
    times: int
    ok: bool
    text: str


@dataclass(frozen=True)
class Mark:
    """An event at its place on an axis."""

    place: float
    event: Event


@dataclass(frozen=True)
class Timeline:
    """One check from its first look to its last, with the events between them."""

    noun: str
    check: str
    verdict: str
    waited: str
    readings: list[Reading]
    across: Axis
    marks: list[Mark] = field(default_factory=list)
    dated: bool = False
    """Whether it is known when the check began, so that events have a place on it."""

    @property
    def once(self) -> Reading | None:
        """The only reading, if there was no more than one look and no event: then there is no picture."""
        only = self.readings[0] if len(self.readings) == 1 and not self.marks else None
        return only if only and only.times == 1 else None

    def start(self, reading: Reading) -> float:
        """Return where a reading begins; one at the very end stays in sight."""
        return min(self.across.at(reading.at), 100 - THINNEST)

    def width(self, reading: Reading) -> float:
        """Return how wide a reading is drawn."""
        return round(max(self.across.at(reading.until) - self.start(reading), THINNEST), 2)


@dataclass(frozen=True)
class Clock:
    """Events alone, on the time of the day."""

    across: Axis
    marks: list[Mark]
    start: datetime


def events(data: object) -> list[Event]:
    """Return what `Evidence("events")` holds, numbered from 1."""
    return [
        Event(
            number,
            moment(each["at"]),
            clip(str(each["type"]), 20),
            clip(str(each["reason"]), 60),
            clip(str(each["about"]), TEXT),
            clip(str(each["message"]), TEXT),
            int(each["count"]),
        )
        for number, each in enumerate(objects(data), 1)
    ]


def timeline(observation: Mapping[str, Any], seen: Sequence[Event] = ()) -> Timeline:
    """Return the readings of one observation, and of the events those that fall between them."""
    readings = [
        Reading(
            quantity(each["at"]),
            max(quantity(each.get("until", each["at"])), quantity(each["at"])),
            int(each.get("times", 1)),
            bool(each["ok"]),
            clip(str(each.get("text", "")), TEXT),
        )
        for each in map(mapping, observation["readings"])
    ]
    across = axis(max((each.until for each in readings), default=0))
    began = _began(observation)
    marks = []
    for event in seen if began else ():
        offset = (event.time - began).total_seconds() if began else 0
        if 0 <= offset <= across.length:
            marks.append(Mark(across.at(offset), event))
    noun, check, verdict, waited = (
        clip(str(observation.get(key) or ""), TEXT) for key in ("noun", "check", "verdict", "waited")
    )
    return Timeline(noun, check, verdict, waited, readings, across, marks, dated=began is not None)


def _began(observation: Mapping[str, Any]) -> datetime | None:
    try:
        return moment(observation["began"])
    except (KeyError, ValueError):
        return None


def clock(seen: Sequence[Event]) -> Clock:
    """Return events on an axis of their own."""
    start = min(each.time for each in seen)
    across = axis((max(each.time for each in seen) - start).total_seconds())
    return Clock(across, [Mark(across.at((each.time - start).total_seconds()), each) for each in seen], start)
