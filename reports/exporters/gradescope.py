"""The result for Gradescope: results.json, in which each claim says itself when it may be seen.

Of a test, Gradescope knows `passed` and `failed`. Our other verdicts get no status, and those that nobody can
say are lost get no score either; the text of the test names the verdict. What a learner may have written is
of the format `text`, of which Gradescope renders no HTML, Markdown or ANSI.

The score at the top counts instead of the sum of the tests, so it holds what a policy adds or takes off.
A run that is not whole has no score anywhere. Gradescope wants one, at the top or on the tests: without it
there is nothing that could become a grade.

The points of hidden claims are in the score. Gradescope hides the total itself as long as a test waits for
the due date or for publishing, but not because of a test that is `hidden` for ever.

https://gradescope-autograders.readthedocs.io/en/latest/specs/
"""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from reports.hidden import cause_without_names, without_names
from reports.model import ClaimResult, Run, Visibility, shorten
from reports.text import one_line, plain
from reports.words import NOT_GRADED, number, told


def render(run: Run) -> str:
    """Return a run as results.json."""
    results: dict[str, Any] = {
        "output": _output(run),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "execution_time": round(sum(claim.seconds for claim in run.claims), 3),
        "extra_data": {"assignment": one_line(run.assignment), "exit_code": run.exit_code},
        "tests": [_test(claim, run) for claim in run.claims],
    }
    if run.whole:
        results["score"] = round(run.score, 9)
    return json.dumps(results, indent=1) + "\n"


def _output(run: Run) -> str:
    """Say what the score is made of, with no number that tells learners how a hidden claim ended."""
    if not run.whole:
        # of a claim that was not judged nobody knows here whether it may be seen
        names = _hidden_names(run, "visible") | dict.fromkeys(run.left, "a claim")
        problems = [without_names(problem, names) for problem in run.problems]
        return "\n".join([NOT_GRADED, *(f"problem: {shorten(plain(problem))}" for problem in problems)])
    open_to_all = all(claim.visibility == "visible" for claim in run.claims)
    lines = [f"{number(run.score)} of {number(run.possible)} points"] if open_to_all else []
    if open_to_all and run.ungraded:
        lines.append(f"not graded: {number(run.ungraded)} points")
    for each in run.adjustments:
        points = f" ({each.points:+g} points)" if open_to_all else ""
        lines.append(one_line(each.what) + points)
    return "\n".join(lines)


def _test(claim: ClaimResult, run: Run) -> dict[str, Any]:
    test: dict[str, Any] = {
        "name": shorten(one_line(claim.title)),
        "output": _told(claim, run),
        "visibility": claim.visibility,
        "extra_data": {"id": one_line(claim.id), "verdict": claim.verdict},
    }
    if claim.verdict in ("passed", "failed"):
        test["status"] = claim.verdict
    if run.whole and not run.is_open(claim):
        test |= {"score": claim.earned, "max_score": claim.points}
    return test


def _told(claim: ClaimResult, run: Run) -> str:
    names = _hidden_names(run, claim.visibility)  # it may be seen sooner than what it needs
    shown = dataclasses.replace(claim, cause=cause_without_names(claim.cause, names))
    if claim.blocked_by in names:
        shown.blocked_by = None
    return shorten(told(shown, run))


def _hidden_names(run: Run, visibility: Visibility) -> dict[str, str]:
    """Return what must not be named where a claim of this visibility is shown, each with other words."""
    hidden = [claim for claim in run.claims if claim.visibility not in ("visible", visibility)]
    return {name: "a hidden claim" for claim in hidden for name in (claim.id, claim.title)}
