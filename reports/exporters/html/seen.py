"""What was seen beside a verdict: each kind of evidence with the template that shows it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from reports.exporters.html.curve import curve
from reports.exporters.html.cut import tail
from reports.exporters.html.limits import Limits
from reports.exporters.html.matrix import matrix
from reports.exporters.html.shape import mapping
from reports.exporters.html.timeline import Event, Timeline, clock, events, timeline
from reports.exporters.html.topology import topology
from reports.model import ClaimResult, Evidence
from reports.text import clip

MISSHAPEN = (KeyError, TypeError, ValueError, AttributeError, OverflowError)
TITLE = 200


@dataclass(frozen=True)
class Seen:
    """One picture, table or text."""

    kind: str
    """Name of its template, too."""
    title: str
    data: Any


@dataclass(frozen=True)
class Log:
    """The end of what a container printed."""

    container: str
    text: str


@dataclass(frozen=True)
class Readings:
    """The checks behind a verdict, those that did not pass first."""

    timelines: list[Timeline]
    left_out: int


@dataclass(frozen=True)
class Events:
    """What the cluster said."""

    events: list[Event]
    alone: Any
    """Their own axis, None where they stand on that of a check."""


def seen(claim: ClaimResult, limits: Limits) -> list[Seen]:
    """Return all that can be shown of a claim: what explains most comes first."""
    if not limits.seen:
        return []
    told = [event for each in claim.evidence if each.kind == "events" for event in _events(each) or ()]
    lines, left_out = _timelines(claim, told, limits)
    shown = [_evidence(each, lines, limits) for each in claim.evidence]
    if lines:
        shown.append(Seen("readings", "What each check read, and when", Readings(lines, left_out)))
    order = ("table", "objects", "samples", "readings", "events", "log", "plain")
    return sorted(shown, key=lambda each: order.index(each.kind))


def _evidence(evidence: Evidence, lines: Sequence[Timeline], limits: Limits) -> Seen:
    title = clip(str(evidence.title), TITLE)
    try:
        match evidence.kind:
            case "objects":
                return Seen("objects", title, topology(evidence.data))
            case "table":
                return Seen("table", title, matrix(evidence.data))
            case "samples":
                return Seen("samples", title, curve(evidence.data))
            case "events" if found := events(evidence.data):
                alone = None if any(line.dated for line in lines) else clock(found)
                return Seen("events", title, Events(found, alone))
            case "log":
                log = mapping(evidence.data)
                return Seen("log", title, Log(str(log["container"]), tail(str(log["text"]), limits.log)))
    except MISSHAPEN:
        pass  # it is shown as it is: what was seen must not be lost for its shape
    text = json.dumps(evidence.data, indent=1, ensure_ascii=False, default=str)
    return Seen("plain", title, clip(text, limits.text))


def _events(evidence: Evidence) -> list[Event]:
    try:
        return events(evidence.data)
    except MISSHAPEN:
        return []


def _timelines(claim: ClaimResult, told: Sequence[Event], limits: Limits) -> tuple[list[Timeline], int]:
    found = [line for each in claim.observations for line in _timeline(each, told)]
    chosen = sorted(range(len(found)), key=lambda place: found[place].verdict == "passed")[: limits.checks]
    return [found[place] for place in sorted(chosen)], len(found) - len(chosen)


def _timeline(observation: Any, told: Sequence[Event]) -> Iterator[Timeline]:  # noqa: ANN401 - what JSON can hold
    try:
        line = timeline(mapping(observation), told)
    except MISSHAPEN:
        return
    if line.readings:
        yield line
