"""The result as a terminal shows it during a grade: `reports.terminal` writes it, here of a run that is over.

Colour is there where standard output is a terminal and NO_COLOR is empty; elsewhere a line has 80 columns.
"""

from __future__ import annotations

import dataclasses
import io
import sys
from collections.abc import Sequence
from typing import TextIO

from reports.model import Run
from reports.terminal import Terminal
from reports.words import number

WIDTH = 80


class _Shown(io.StringIO):
    """A text that is written as standard output would be."""

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return sys.stdout.encoding or "utf-8"

    def isatty(self) -> bool:
        return sys.stdout.isatty()


class _After(Terminal):
    """A run that is over: a policy may have counted it, and a kill may have ended it."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        if not stream.isatty():
            self._width = WIDTH

    def show(self, run: Run) -> None:
        """Say all of a run."""
        self.head(run)
        for claim in run.claims:
            self.claim(claim, run)
        self.summary(_told(run))
        for each in run.adjustments:
            self._field("adjusted", f"{each.points:+g}: {each.what}", indent="")
        if run.adjustments:
            self._put(f"Score {number(run.score)}/{number(run.possible)} after all adjustments", "bold")


def render(runs: Sequence[Run]) -> str:
    """Return what is printed of runs, one below the other."""
    return "\n".join(_one(run) for run in runs)


def _one(run: Run) -> str:
    shown = _Shown()
    _After(shown).show(run)
    return shown.getvalue()


def _told(run: Run) -> Run:
    """Return a run with a word about why it ended early: a grade in progress never is one that was killed."""
    if run.finished is not None:
        return run
    left = f"; claims that were not judged: {len(run.left)}" if run.left else ""
    return dataclasses.replace(run, problems=[*run.problems, f"the run did not come to its end{left}"])
