"""One page about a class: scores, the hardest claims, all submissions, and what many of them have in common.

It is for instructors: it names learners. It is one file that loads nothing, and its only script is ours:
the policy in its head names that script by its digest, so that no text of a learner can run as one.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from importlib import resources

from markupsafe import Markup

from reports.exporters.class_page.summary import FIRST, summarize
from reports.exporters.html.page import environment
from reports.model import Run
from reports.words import MARKS, WORDS


def render(runs: Sequence[Run]) -> str:
    """Return the page, with a section for each assignment that the runs are of."""
    by_assignment: dict[str, list[Run]] = {}
    for run in runs:
        by_assignment.setdefault(run.assignment, []).append(run)
    script = _file("sort.js")
    templates = environment(__name__)
    return templates.get_template("class.html.j2").render(
        sections=[summarize(each) for each in by_assignment.values()],
        level=2 if len(by_assignment) == 1 else 3,
        marks={**MARKS, "open": "·"},
        words={**WORDS, "open": "not come to"},
        ranks={verdict: rank for rank, verdict in enumerate(FIRST)},
        style=Markup(f"{templates.globals['style']}\n{_file('class.css')}"),  # noqa: S704 - files of ours
        script=script,
        script_hash=_digest(f"\n{script}"),
    )


def _file(name: str) -> Markup:
    text = resources.files(__name__).joinpath(name).read_text(encoding="utf-8")
    return Markup(text)  # noqa: S704 - a file of ours


def _digest(script: str) -> str:
    """Return the source that a policy allows a script by: https://www.w3.org/TR/CSP3/#match-element-to-source-list."""
    return f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}"
