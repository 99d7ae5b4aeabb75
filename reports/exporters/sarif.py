"""What the look at the files found, as SARIF 2.1.0: `reports.sarif` writes it, as for `kubeproctor lint`.

There is no claim in it, no verdict and no score: a finding explains, and decides nothing. That the files were
not looked at, or that the run was killed before, is no clean result: `executionSuccessful` is false then.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from reports.exporters.github_actions import PLACE
from reports.lint import Looked, Problem
from reports.model import Noticed, Run
from reports.sarif import as_sarif
from reports.text import clip, one_line

LONGEST = 4000
"""Characters of a text."""
NAME = 200
NOT_LOOKED_AT = "look at the files"
"""The word of a run's environment under which it stands why its files were not looked at."""


@dataclass(frozen=True)
class _Place:
    file: str
    line: int = 0
    column: int = 0


@dataclass(frozen=True)
class _Found:
    id: str
    severity: Literal["error", "warning"]
    what: str
    place: _Place
    because: str
    fix: str


def render(run: Run) -> str:
    """Return what was found in one submission; paths are below its folder."""
    looked = Looked(clip(run.submission, NAME), [_found(each) for each in run.findings], _problem(run))
    return as_sarif([looked], {}, one_line(run.environment.get("kubeproctor", ""))) + "\n"


def _problem(run: Run) -> Problem | None:
    """Return why the findings may not be all."""
    if why := run.environment.get(NOT_LOOKED_AT):
        return Problem("the files were not looked at", clip(why, LONGEST), "", run.exit_code)
    if run.finished is None and not run.findings:
        return Problem("the run did not come to its end", "", "grade it again", run.exit_code)
    return None


def _found(noticed: Noticed) -> _Found:
    return _Found(
        # a rule has a name, not a text
        re.sub(r"[^\w./-]+", "-", clip(noticed.id, NAME), flags=re.ASCII).strip("-/") or "finding",
        "error" if noticed.severity == "error" else "warning",
        clip(noticed.what, LONGEST),
        _place(noticed.where),
        clip(noticed.because, LONGEST),
        clip(noticed.fix, LONGEST),
    )


def _place(where: str) -> _Place:
    place = PLACE.fullmatch(one_line(clip(where, LONGEST)))
    if place is None:
        return _Place(".")  # the folder of the submission
    return _Place(place["file"], _number(place["line"]), _number(place["col"]))


def _number(digits: str | None) -> int:
    """Return a line or a column; 0, which is unknown, for what no file has."""
    return int(digits) if digits and len(digits) < 10 else 0
