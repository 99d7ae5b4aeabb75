"""What a look at submissions without a cluster finds: as text for people, as JSON for programs.

Text is one finding after the other, `FILE:LINE:COLUMN  SEVERITY  WHAT` with the reason and the way out below,
and a last line that counts. The JSON is described in docs/reference/lint.md.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import click

from reports.text import log_line, one_line

VERSION = 1
"""Of the JSON; it changes when a field goes or changes its meaning, not when one is added."""
_COLOURS = {"error": "red", "warning": "yellow"}


class Place(Protocol):
    """Where something stands; line and column from 1, 0 where unknown."""

    @property
    def file(self) -> str:
        """Return the path below the submission."""

    @property
    def line(self) -> int:
        """Return the line."""

    @property
    def column(self) -> int:
        """Return the column."""


class Finding(Protocol):
    """One thing that is wrong."""

    @property
    def id(self) -> str:
        """Return the name of its rule."""

    @property
    def severity(self) -> Literal["error", "warning"]:
        """Return how bad it is."""

    @property
    def what(self) -> str:
        """Return what is wrong."""

    @property
    def place(self) -> Place:
        """Return where it stands."""

    @property
    def because(self) -> str:
        """Return the reason, or nothing."""

    @property
    def fix(self) -> str:
        """Return what to do, or nothing."""


@dataclass(frozen=True)
class Problem:
    """Why nothing was looked at: what, where and what to do."""

    what: str
    where: str
    fix: str
    exit_code: int


@dataclass(frozen=True)
class Looked:
    """One submission, and what was found in it."""

    name: str
    findings: Sequence[Finding] = ()
    problem: Problem | None = None
    prefix: str = ""
    """Of its files' paths, seen from where the command was called; "" where they are in an archive."""

    def count(self, severity: str) -> int:
        """Return how many findings are so bad."""
        return sum(finding.severity == severity for finding in self.findings)


def text(looked: Looked, *, colour: bool = False) -> str:
    """Return the lines for people; nothing of the learner's is a command to a terminal or a CI."""
    lines = [line for finding in looked.findings for line in _finding(finding, colour=colour)]
    errors, warnings = looked.count("error"), looked.count("warning")
    counted = f"{_number(errors, 'error')}, {_number(warnings, 'warning')} in {looked.name}"
    return "\n".join([*lines, log_line(one_line(counted))])


def _finding(finding: Finding, *, colour: bool) -> list[str]:
    place = ":".join(
        [finding.place.file, *(str(part) for part in (finding.place.line, finding.place.column) if part)]
    )
    word = finding.severity
    # a command of a CI may be put together from two parts: the whole line is made safe, before it is coloured
    head, what = one_line(place), f"{one_line(finding.what)}  [{one_line(finding.id)}]"
    first = log_line(f"{head}  {word}  {what}")
    if colour:
        rest = first.removesuffix(f"  {word}  {what}")
        coloured = click.style(word, fg=_COLOURS[word], bold=True)
        first = f"{click.style(rest, bold=True)}  {coloured}  {what}" if rest != first else first
    more = {"because": finding.because, "fix": finding.fix}
    return [first, *(log_line(f"  {label}: {one_line(said)}") for label, said in more.items() if said)]


def _number(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def as_json(looked: Sequence[Looked], kubernetes: str) -> str:
    """Return all as one document; it is ASCII, so that it is harmless on a terminal."""
    data = {
        "version": VERSION,
        "kubernetes": kubernetes,
        "submissions": [_submission(each) for each in looked],
    }
    return json.dumps(data, indent=1)


def _submission(looked: Looked) -> dict[str, Any]:
    problem = looked.problem
    return {
        "name": looked.name,
        "errors": looked.count("error"),
        "warnings": looked.count("warning"),
        "problem": {"what": problem.what, "where": problem.where, "fix": problem.fix} if problem else None,
        "findings": [
            {
                "id": finding.id,
                "severity": finding.severity,
                "what": finding.what,
                "because": finding.because,
                "fix": finding.fix,
                "file": finding.place.file,
                "line": finding.place.line or None,
                "column": finding.place.column or None,
            }
            for finding in looked.findings
        ],
    }
