"""The pages that are looked at: all parts of a report, what a hostile learner writes, and a whole class."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import cycle
from random import Random
from typing import Any

from reports.exporters import class_page, html
from reports.model import Cause, Run
from tests.unit.reports.conftest import HOSTILE
from tests.unit.reports.rich_runs import rich_run

STUDENTS = 500
KEPT = {"id", "assignment", "verdict", "visibility", "blocked_by", "needs", "planned", "kind", "started",
        "finished", "state", "from", "to", "at", "began"}  # fmt: skip
"""What is not a learner's to write, or would only make another page: without it there is no picture."""


def hostile_run() -> Run:
    """Return the rich run with a hostile text in every place for texts, each of them in turn."""
    run = copy.deepcopy(rich_run(whole=True))
    _spoil(run, cycle(HOSTILE.values()))
    return run


def _spoil(data: Any, texts: Iterator[str]) -> Any:
    match data:
        case str():
            return next(texts)
        case list():
            return [_spoil(each, texts) for each in data]
        case dict():
            return {key: each if key in KEPT else _spoil(each, texts) for key, each in data.items()}
    if is_dataclass(data):
        for field in fields(data):
            if field.name not in KEPT:
                # a frozen one is a copy of our own as well
                object.__setattr__(data, field.name, _spoil(getattr(data, field.name), texts))
    return data


def class_runs(students: int) -> list[Run]:
    """Return the results of a class: each verdict, scores of one and of two digits, and what has no score."""
    chance = Random(500)  # the same class every time
    begun = datetime(2026, 3, 1, 10, tzinfo=UTC)
    runs = []
    for number in range(1, students + 1):
        run = rich_run(whole=number % 10 != 0)
        for claim in run.claims:
            claim.evidence, claim.observations = [], []
            if claim.verdict in ("passed", "failed"):
                claim.verdict = chance.choice(("passed", "passed", "failed"))
                claim.cause = (
                    Cause(found=f"pod-{chance.randrange(9)} answers") if claim.verdict == "failed" else None
                )
        seconds = chance.choice((8, 9, 65, 104, 1200))
        runs.append(replace(
            run, submission=f"student-{number}", user=f"user{number:03}@example.org", adjustments=[],
            handed_in=(begun - timedelta(minutes=chance.randrange(5000))).isoformat(),
            started=begun.isoformat(), finished=(begun + timedelta(seconds=seconds)).isoformat(),
            environment={**run.environment, "canonical": f"{chance.randrange(450)}"},
        ))  # fmt: skip
    return runs


PAGES: dict[str, Callable[[], str]] = {
    "open": lambda: html.render(rich_run()),
    "final": lambda: html.render(rich_run(whole=True)),
    "hostile": lambda: html.render(hostile_run()),
    "few": lambda: class_page.render(class_runs(30)),
    "class": lambda: class_page.render(class_runs(STUDENTS)),
}
"""`open`: our own error keeps the score from being final; `final`: with adjustments; `few`: a class page
that axe-core has read in a second, for it reads each cell."""
