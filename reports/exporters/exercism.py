"""The result for Exercism: results.json of a test runner, version 3.

A claim that was not reached is an `error` of its test, not a `fail`; one that was skipped is no test. A run
that is not whole is an `error` as a whole and has no tests: Exercism keeps that word for when no test ran,
but its `fail` would blame the submission for our trouble. The message then says what was found out.

The output of a test is for what the learner's program printed: the end of its logs, if any were kept.

https://exercism.org/docs/building/tooling/test-runners/interface
"""

from __future__ import annotations

import json
from typing import Any

from reports.model import ClaimResult, Run, Verdict, shorten
from reports.text import one_line, plain
from reports.words import told

STATUS: dict[Verdict, str] = {"passed": "pass", "failed": "fail", "not_reached": "error"}
LARGEST = 65_535
"""Bytes of a message: Exercism names as many characters, fewer when some take several bytes."""
PRINTED = 500
"""Characters of an output."""
TRUNCATED = "Output was truncated. Please limit to 500 chars\n"


def render(run: Run) -> str:
    """Return a run as results.json."""
    results: dict[str, Any] = {"version": 3, "status": "error", "message": None}
    if run.whole:
        results["status"] = "pass" if run.exit_code == 0 else "fail"
        results["tests"] = [_test(claim, run) for claim in run.claims if claim.verdict != "skipped"]
    else:
        results["message"] = _cut(_why_not(run))
    return json.dumps(results, indent=1) + "\n"


def _test(claim: ClaimResult, run: Run) -> dict[str, Any]:
    test = {"name": shorten(one_line(claim.title)), "status": STATUS[claim.verdict]}
    if claim.verdict != "passed":
        test["message"] = _cut(told(claim, run))
    if code := _code(claim):
        test["test_code"] = _cut(code)
    if output := _output(claim):
        test["output"] = output
    return test


def _code(claim: ClaimResult) -> str:
    """Return the checks that were run, one a line: of a claim, that is what a test's body is elsewhere."""
    words = ("adverb", "noun", "check")
    lines = (" ".join(str(each[word]) for word in words if each.get(word)) for each in claim.observations)
    return "\n".join(one_line(line) for line in lines if line)


def _output(claim: ClaimResult) -> str:
    logs = [plain(str(each.data["text"])) for each in claim.evidence if each.kind == "log"]
    text = "\n".join(logs)
    if len(text) <= PRINTED:
        return text
    return TRUNCATED + text[len(TRUNCATED) - PRINTED :]  # a program that fails says so in the end


def _why_not(run: Run) -> str:
    lines = ["This run is not whole, which is not the solution's fault. Please run it again."]
    lines += [f"problem: {plain(problem)}" for problem in run.problems]
    for claim in run.claims:
        lines += ["", shorten(one_line(claim.title)), told(claim, run)]
    return "\n".join(lines)


def _cut(text: str) -> str:
    encoded = text.encode()
    if len(encoded) <= LARGEST:
        return text
    kept = encoded[: LARGEST - 40].decode(errors="ignore")  # room for the note
    return f"{kept} … ({len(text) - len(kept)} characters more)"
