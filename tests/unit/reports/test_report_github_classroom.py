"""What the autograding reporter of GitHub Classroom makes of a result."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from golden import same

from reports.exporters import github_classroom
from reports.model import Adjustment, Cause, ClaimResult, Run
from reports.text import log_line, plain

SCHEMA = json.loads(
    Path(__file__).with_name("github-classroom-result.schema.json").read_text(encoding="utf-8")
)
VALIDATOR = jsonschema_rs.validator_for(SCHEMA)


def read(run: Run) -> dict[str, Any]:
    """Return what the reporter decodes from its environment."""
    [line] = github_classroom.render(run).splitlines()
    name, _, encoded = line.partition("=")
    assert name == "result"
    assert len(encoded) < 128 * 1024 - len("KUBEPROCTOR_RESULTS=") - 1
    data: dict[str, Any] = json.loads(base64.b64decode(encoded, validate=True).decode())
    assert [str(error) for error in VALIDATOR.iter_errors(data)] == []
    return data


def reported(data: dict[str, Any]) -> tuple[float, float] | None:
    """Return the points as src/notify-classroom.js reports them, None when it reports none."""
    if not data["max_score"]:
        return None
    return sum(test["score"] for test in data["tests"]), data["max_score"]


@pytest.mark.parametrize("name", ["passing", "failing"])
def test_it_is_as_agreed(name, request):
    run = request.getfixturevalue(name)
    same(f"github-classroom-{name}.json", json.dumps(read(run), indent=1) + "\n")
    same(f"github-classroom-{name}.txt", github_classroom.render(run))


def test_points_arrive_when_the_run_is_whole(passing):
    data = read(passing)
    assert (data["status"], reported(data)) == ("pass", (3.5, 3.5))
    passing.claims[1].verdict = "failed"
    data = read(passing)
    assert (data["status"], reported(data)) == ("fail", (1, 3.5))


def test_a_run_that_is_not_whole_fails_the_job_and_reports_no_points(failing, passing):
    data = read(failing)
    assert (data["status"], reported(data)) == ("error", None)
    assert {test["score"] for test in data["tests"]} == {None}
    passing.finished = None
    data = read(passing)
    assert (data["status"], reported(data)) == ("error", None)
    assert data["tests"][-1]["message"] == "not all claims were judged"
    passing.claims, passing.problems = [], ["no cluster"]
    data = read(passing)
    assert (data["status"], reported(data), len(data["tests"])) == ("error", None, 1)


def test_our_errors_are_errors_and_what_a_failure_kept_from_being_judged_is_a_failure(failing):
    assert [
        (test["status"], (test["message"] or "").partition("\n")[0]) for test in read(failing)["tests"]
    ] == [
        ("pass", ""),
        ("fail", "failed"),
        ("fail", "not reached"),
        ("fail", "failed"),
        ("error", "grader error"),
    ]


def test_a_skip_costs_nothing(failing):
    failing.claims.pop(4)
    assert reported(read(failing)) == (1, 8)


def test_a_failure_says_where_to_look_as_the_reporter_prints_no_message(failing):
    assert read(failing)["tests"][1]["test_code"].startswith("kubectl -n k-7f3a01 get pods")


def test_adjustments_are_a_test_of_their_own_and_the_sum_is_the_score(passing):
    passing.adjustments = [Adjustment("late: 20 % off", -0.7), Adjustment("rounded to 0.5", 0.2)]
    data = read(passing)
    assert reported(data) == (3, 3.5)
    assert data["tests"][-1]["name"] == "late: 20 % off; rounded to 0.5"
    passing.adjustments = [Adjustment("a penalty", -9)]
    assert reported(read(passing)) == (0, 3.5)
    assert read(passing)["status"] == "pass"


def test_what_the_reporter_prints_holds_no_command(poisoned):
    data = read(poisoned)
    for test in data["tests"]:
        for text in (test["name"], test["message"] or "", test["test_code"]):
            assert plain(text) == text
            assert [line for line in text.split("\n") if log_line(line) != line] == []


def test_hundreds_of_claims_fit_with_all_their_points(passing):
    long = "é" * 200
    passing.claims = [
        ClaimResult(f"test_{n}", f"{n} {long}", 1, "passed" if n % 2 else "failed", Cause(found=long))
        for n in range(600)
    ]
    data = read(passing)
    assert reported(data) == (300, 600)
    assert data["tests"][-1]["name"] == f"and {600 - len(data['tests']) + 1} more"
    assert data["tests"][0]["status"] == "fail"


def test_texts_are_cut_before_tests_are_left_out(passing):
    passing.claims = [
        ClaimResult(f"test_{n}", f"Claim {n}", 1, "failed", Cause(found="é" * 16_000)) for n in range(20)
    ]
    data = read(passing)
    assert len(data["tests"]) == 20
    assert data["tests"][0]["message"].endswith("characters more)")
