"""The result as a runner hands it to the autograding reporter of GitHub Classroom: a line for $GITHUB_OUTPUT.

    kubeproctor report RESULT --to github-classroom=- >> "$GITHUB_OUTPUT"

The output `result` is base64 of JSON; a later step gives it to the reporter in its environment, which sums
`tests[].score`, but only when `max_score` is not 0, and fails the job on a status that is not `pass`:
https://github.com/classroom-resources/autograding-grading-reporter (src/main.js, src/notify-classroom.js).
"""

from __future__ import annotations

import base64
import json
from typing import Any, Literal

from reports.model import ClaimResult, Run
from reports.text import clip, log_line, one_line, plain
from reports.words import WORDS, explain

LIMIT = 120_000
"""Characters: a variable of a process cannot have more than 128 KiB on Linux, name included (execve(2))."""
DETAILS = 4000, 1000, 200, 0
"""Characters kept of one text, the first with which all of the result fits."""
TITLE = 200

Status = Literal["pass", "fail", "error"]


def render(run: Run) -> str:
    """Return the line `result=…`; a run that is not whole is an error without points."""
    for most in DETAILS:
        line = _line(run, _tests(run, most))
        if len(line) <= LIMIT:
            return line
    tests = sorted(_tests(run, 0), key=lambda test: test["status"] == "pass")
    kept = len(tests)
    while len(line) > LIMIT:  # hundreds of claims
        kept = kept * 9 // 10
        line = _line(run, [*tests[:kept], _folded(tests[kept:])])
    return line


def _line(run: Run, tests: list[dict[str, Any]]) -> str:
    data = {
        "version": 1,
        "status": {0: "pass", 1: "fail"}.get(run.exit_code, "error"),
        # What was left out is nobody's to lose; with a 0 no points are reported at all.
        "max_score": round(run.possible - run.ungraded, 6) if run.whole else 0,
        "tests": tests,
    }
    return f"result={base64.b64encode(json.dumps(data).encode()).decode()}\n"


def _tests(run: Run, most: int) -> list[dict[str, Any]]:
    tests = [_claim(claim, run, most) for claim in run.claims if claim.verdict != "skipped"]
    tests += [_test("The submission can be graded.", "error", clip(each, most)) for each in run.problems]
    if not run.whole and not any(test["status"] == "error" for test in tests):
        tests.append(_test("The submission can be graded.", "error", "not all claims were judged"))
    if run.adjustments:
        change = round(run.score - run.earned, 6)  # a penalty ends at 0
        what = "; ".join(each.what for each in run.adjustments)
        tests.append(_test(what, "fail" if change < 0 else "pass", "", change))
    if not run.whole:
        for test in tests:
            test["score"] = None
    return tests


def _claim(claim: ClaimResult, run: Run, most: int) -> dict[str, Any]:
    status: Status = "fail"
    if claim.verdict == "passed":
        status = "pass"
    elif run.is_open(claim):
        status = "error"
    why = "" if status == "pass" else f"{WORDS[claim.verdict]}\n{explain(claim, run)}"
    test = _test(claim.title, status, clip(why, most), claim.earned)
    if claim.cause and status == "fail":  # the reporter prints this of a test that failed, and no message
        test["test_code"] = _log(clip(claim.cause.look_at, most))
    test["duration"] = round(claim.seconds * 1000)
    return test


def _test(name: str, status: Status, message: str, score: float = 0) -> dict[str, Any]:
    return {
        "name": log_line(one_line(clip(name, TITLE))),
        "status": status,
        "score": score,
        "message": _log(message) or None,
        "test_code": "",
        "filename": "",
        "line_no": 0,
        "duration": 0,
    }


def _folded(tests: list[dict[str, Any]]) -> dict[str, Any]:
    """Return one test in the place of many, worth as much as they are."""
    ends = {test["status"] for test in tests}
    status: Status = "error" if "error" in ends else "fail" if "fail" in ends else "pass"
    folded = _test(f"and {len(tests)} more", status, "left out for want of room")
    scores = [test["score"] for test in tests]
    folded["score"] = None if None in scores else round(sum(scores), 6)
    return folded


def _log(text: str) -> str:
    """Return lines of which none is a command to the runner: the reporter prints them as they are."""
    return "\n".join(log_line(line) for line in plain(text).split("\n"))
