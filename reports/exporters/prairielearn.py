"""The result for PrairieLearn: results.json of an external grader.

The score is a part of 1: of the points that were graded, after what a policy adds or takes off. A claim that
nobody can say is lost counts 0 of 0 points, which PrairieLearn marks as neither right nor wrong. A run that
is not whole is not gradable: it gives and costs no points, and no attempt. Nor is one that stopped at the
first claim that failed: what the others are worth is not known.

PrairieLearn escapes names and, while it turns ANSI into HTML, messages; `plain` leaves it no ANSI to turn.

https://github.com/PrairieLearn/PrairieLearn/blob/master/docs/externalGrading.md#grading-results
"""

from __future__ import annotations

import json
from typing import Any

from reports.model import ClaimResult, Run
from reports.text import clip, one_line, plain
from reports.words import NOT_GRADED, next_step, told

LARGEST = 1_000_000
"""Bytes of the file that PrairieLearn takes."""
LONGEST = (16_384, 4_096, 1_024, 256, 128)
"""Characters kept of one text, the first with which the file is small enough."""


def render(run: Run) -> str:
    """Return a run as results.json.

    Texts lose their ends first, where the least important facts are; then the claims go and the score stays.
    """
    complete = _results(run)
    for longest in LONGEST:
        results = _cut(complete, longest)
        if len(text := _written(results)) <= LARGEST:
            return text
    del results["tests"]
    results["message"] += f"\n{len(run.claims)} claims are left out: the file would be too large."
    if "format_errors" in results:
        results["format_errors"] = results["format_errors"][:1]
    return _written(results)


def _written(results: dict[str, Any]) -> str:
    return json.dumps(results, indent=1) + "\n"  # ASCII: as many bytes as characters


def _results(run: Run) -> dict[str, Any]:
    tests = [_test(claim, run) for claim in run.claims]
    if not run.whole:
        errors = [NOT_GRADED, *(plain(problem) for problem in run.problems)]
        return {"gradable": False, "format_errors": errors, "message": NOT_GRADED, "tests": tests}
    if run.left:
        message = f"Not graded: the run stopped at the first claim that failed, {len(run.left)} not judged."
        return {"gradable": False, "format_errors": [message], "message": message, "tests": tests}
    if run.adjustments:
        tests.append(_adjusted(run))
    return {"gradable": True, "score": _score(run), "message": next_step(run), "tests": tests}


def _score(run: Run) -> float:
    graded = run.possible - run.ungraded
    if graded <= 0:
        return 1.0 if run.exit_code == 0 else 0.0
    return round(min(1.0, run.score / graded), 9)


def _test(claim: ClaimResult, run: Run) -> dict[str, Any]:
    counted = not run.is_open(claim)
    return {
        "name": one_line(claim.title),
        "points": claim.earned if counted else 0,
        "max_points": claim.points if counted else 0,
        "message": told(claim, run),
    }


def _adjusted(run: Run) -> dict[str, Any]:
    """Return what makes the sum of the tests the score."""
    lines = [f"{each.points:+g}: {one_line(each.what)}" for each in run.adjustments]
    return {
        "name": "Adjustments",
        "points": round(run.score - run.earned, 9),
        "max_points": 0,
        "message": "\n".join(lines),
    }


def _cut(data: Any, longest: int) -> Any:  # noqa: ANN401 - what JSON can hold
    """Return data of which no text is longer."""
    if isinstance(data, dict):
        return {key: _cut(value, longest) for key, value in data.items()}
    if isinstance(data, list):
        return [_cut(each, longest) for each in data]
    return clip(data, longest) if isinstance(data, str) else data
