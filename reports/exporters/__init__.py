"""The exporters: one module each, which turns results into the text that one reader takes.

A module here has `render(run)`, or `render(runs)` when one document is about a whole class, and returns a
text, or the texts of a folder by file name. It reads the result model and nothing else, and it writes
nothing: `reports.files` does, in one way for all.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from reports.model import Run

Rendered = str | Mapping[str, str]
"""A text, or the texts of a folder by file name."""


@dataclass(frozen=True)
class Exporter:
    """What is known of an exporter before its module is imported."""

    about: str
    file: str
    """Where it goes, below the folder of a result or of a class; empty: to standard output."""
    several: bool = False
    """Whether one document is about all results."""
    knows_visibility: bool = False
    """Whether its target hides claims itself; the others never get what is hidden."""


EXPORTERS: dict[str, Exporter] = {
    "junit": Exporter("JUnit XML, as GitLab and other CI systems read it", "junit.xml"),
    "terminal": Exporter("what a terminal shows of a grade, to print", "", several=True),
    "html": Exporter("one HTML page for a phone, a desk and a printer, no script", "report.html"),
    "markdown": Exporter("Markdown for a person, a comment or a step summary of GitHub", "report.md"),
    "github-actions": Exporter("annotations in a job of GitHub Actions, to print", "", several=True),
    "github-classroom": Exporter("output of an autograding step of GitHub Classroom", "classroom.txt"),
    "gradebook": Exporter("CSV, a row a submission", "grades.csv", several=True, knows_visibility=True),
    "lti-ags": Exporter("scores of LTI AGS, a line of JSON a learner", "lti-ags.jsonl", several=True),
    "gradescope": Exporter("results.json of Gradescope", "gradescope.json", knows_visibility=True),
    "prairielearn": Exporter("results.json of PrairieLearn", "prairielearn.json"),
    "autolab": Exporter("output of an Autolab autograder, scores last", "autolab.txt"),
    "artemis": Exporter("custom feedbacks of Artemis, one file a claim", "customFeedbacks"),
    "exercism": Exporter("results.json of an Exercism test runner", "exercism.json"),
    "allure": Exporter("results for Allure, one file a claim", "allure-results"),
    "sarif": Exporter("SARIF of what the look at the files found", "findings.sarif"),
    "class-page": Exporter(
        "a page about a class, for instructors", "class.html", several=True, knows_visibility=True
    ),
}
"""By name; a name is a module of this package, with `_` for `-`."""


def render(name: str, runs: Sequence[Run]) -> Rendered:
    """Return what the exporter `name` makes of runs: of all of them, or of the only one.

    Raises KeyError for an unknown name.
    """
    exporter = EXPORTERS[name]
    module = importlib.import_module(f"{__name__}.{name.replace('-', '_')}")
    if exporter.several:
        return cast("Rendered", module.render(runs))
    [run] = runs
    return cast("Rendered", module.render(run))
