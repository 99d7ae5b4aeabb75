"""Which failures are one failure: the same claim, and a cause that says the same of other names and numbers.

It saves an instructor from reading one message a hundred times. It is no verdict, and two different faults
may say the same: the words of a cluster show where its messages differ.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from reports.model import Cause
from reports.proof import steady
from reports.text import one_line

READ = 1000
"""Characters of a cause that are looked at: what follows is the output of a learner's command."""
LINES = 6
"""Different lines of a cause that are looked at."""
_VALUES = 3
"""As many values that differ are all shown; of more there is only a `…`."""
_RANDOM = "[bcdfghjklmnpqrstvwxz2456789]"
_VARIES = re.compile(
    rf"""
      `[^`]{{1,80}}`                                     # a name
    | (?<=[a-z0-9]-){_RANDOM}{{5}}\b                     # the end of a pod's name
    | (?<![\w-])[0-9a-f]{{8}}(?:-[0-9a-f]{{4,12}}){{4}}\b  # a uid
    | (?<![\w-])[0-9a-f]{{12,64}}\b                      # a digest
    | (?<![\w:])(?:[0-9a-f]{{0,4}}:){{2,7}}[0-9a-f]{{0,4}} # an address, or a time of day
    | (?<![\w.-])\d+(?:[dhms]?[.:/]?\d+)*                # a number, a duration, an address
    """,
    re.VERBOSE,
)

Skeleton = tuple[str, ...]
"""The parts of a line between which something varies."""


@dataclass
class Cluster:
    """Equal failures of one claim."""

    claim: str
    """Its id; empty: they are of no claim."""
    members: list[int] = field(default_factory=list)
    """Which submissions, by their place in the class, each once."""
    _lines: dict[Skeleton, list[set[str]]] = field(default_factory=dict)

    @property
    def message(self) -> list[str]:
        """Return the lines of the message, with all values of what varies, or `…` for many."""
        return [_merged(parts, values) for parts, values in self._lines.items()]

    def add(self, member: int, lines: Iterable[tuple[Skeleton, list[str]]]) -> None:
        """Count a submission with its lines, which have the skeletons that all others have."""
        if member not in self.members[-1:]:
            self.members.append(member)
        for parts, values in lines:
            for seen, value in zip(
                self._lines.setdefault(parts, [set() for _ in values]), values, strict=True
            ):
                seen.add(value)


class Clusters:
    """The failures of a class, as they come."""

    def __init__(self, names: Collection[str] = ()) -> None:
        """`names` are those of the assignment: they are told apart, other names are not."""
        self._names = names
        self._found: dict[tuple[str, frozenset[Skeleton]], Cluster] = {}

    def add(self, member: int, claim: str, text: str) -> None:
        """Count a submission that failed a claim with this text."""
        lines = [self._split(line) for line in _lines(text)]
        shape = frozenset(parts for parts, _ in lines)
        self._found.setdefault((claim, shape), Cluster(claim)).add(member, lines)

    def ordered(self) -> list[Cluster]:
        """Return them, the largest first."""
        return sorted(self._found.values(), key=lambda cluster: -len(cluster.members))

    def _split(self, line: str) -> tuple[Skeleton, list[str]]:
        parts, values, start = [], [], 0
        for match in _VARIES.finditer(line):
            if match.group().strip("`") in self._names:
                continue
            parts.append(line[start : match.start()])
            values.append(match.group())
            start = match.end()
        return (*parts, line[start:]), values


def reason(cause: Cause | None) -> str:
    """Return the part of a cause that tells best what is wrong."""
    return (cause.because or cause.found or cause.expected) if cause else ""


def _lines(text: str) -> list[str]:
    lines = [one_line(line) for line in steady(text[:READ]).splitlines()]
    return [line for line in dict.fromkeys(lines) if line][:LINES]


def _merged(parts: Skeleton, values: list[set[str]]) -> str:
    shown = [parts[0]]
    for seen, part in zip(values, parts[1:], strict=True):
        many = len(seen) > _VALUES
        shown += ["…" if many else " or ".join(sorted(seen, key=lambda value: (len(value), value))), part]
    return "".join(shown)
