"""What `kubeproctor coverage` finds: a table and complaints for people, JSON for programs.

The JSON is described in docs/coverage.md.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reports.tables import table
from reports.text import one_line

VERSION = 1
"""Of the JSON; it changes when a field goes or changes its meaning, not when one is added."""


@dataclass(frozen=True)
class Stray:
    """What a claim names that is not there."""

    claim: str
    names: str


@dataclass(frozen=True)
class Coverage:
    """What there is to observe in an assignment's exercises, and what becomes of it."""

    assignment: str
    exercises: int
    observations: int
    linked: int
    """How many observations some claim looks at."""
    reasoned: int
    """How many of the others no claim has to look at, for a reason."""
    left: Mapping[str, str]
    """What is neither linked nor reasoned, by its name."""
    contradictions: Sequence[str]
    """Names of what is both."""
    unknown: Sequence[Stray]
    """Links to observations that do not exist."""
    idle: Sequence[str]
    """Claims that observe nothing."""
    uncited: Sequence[Stray]
    """Sentences that claims cite, and that are not in the course's text, as far as that was given."""

    @property
    def complaints(self) -> list[str]:
        """Return what is wrong, one line each; nothing when each observation is linked or reasoned."""
        return [
            *(f"{name} is linked to no claim: {one_line(text)}" for name, text in self.left.items()),
            *(f"{each.claim} observes {each.names}, which does not exist" for each in self.unknown),
            *(f"{name} is linked, and said not to be judged" for name in self.contradictions),
            *(f"{claim} observes nothing" for claim in self.idle),
            *(f"{each.claim} cites what the course does not say: {each.names}" for each in self.uncited),
        ]


def text(found: Sequence[Coverage]) -> str:
    """Return a table of all assignments, and below it what is wrong, assignment by assignment."""
    lines = [table(_rows(found))]
    for each in found:
        if each.complaints:
            lines += ["", each.assignment, *(f"  {one_line(said)}" for said in each.complaints)]
    return "\n".join(lines)


def as_json(found: Sequence[Coverage]) -> str:
    """Return all as one document."""
    data = {"version": VERSION, "assignments": [dataclasses.asdict(each) for each in found]}
    return json.dumps(data, indent=1)


def _rows(found: Sequence[Coverage]) -> list[list[str]]:
    counts = [
        (each.exercises, each.observations, each.linked, each.reasoned, len(each.left)) for each in found
    ]
    totals = map(sum, zip(*counts, strict=True))
    return [
        ["assignment", "exercises", "observations", "linked", "reasoned", "left"],
        *([each.assignment, *map(str, numbers)] for each, numbers in zip(found, counts, strict=True)),
        ["all", *map(str, totals)],
    ]
