"""What makes a run one that is not whole."""

from __future__ import annotations

from reports.model import Run


def killed(run: Run) -> None:
    run.finished = None


def troubled(run: Run) -> None:
    run.problems = ["the namespace stays"]


def empty(run: Run) -> None:
    run.claims, run.finished = [], None


def unseen(run: Run) -> None:
    run.claims[0].verdict = "grader_error"


SPOILS = [killed, troubled, empty, unseen]
