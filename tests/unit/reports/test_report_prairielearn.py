"""results.json as PrairieLearn documents it: a part of 1, or not gradable."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from spoils import SPOILS

from reports.exporters import prairielearn
from reports.model import Adjustment, Cause, ClaimResult, Run
from tests.unit.reports import golden

SCHEMA = json.loads(Path(__file__).with_name("prairielearn.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema_rs.Draft202012Validator(SCHEMA)


def made(run: Run) -> dict[str, Any]:
    written = prairielearn.render(run)
    assert written.isascii()
    assert len(written) <= 1_000_000
    data: dict[str, Any] = json.loads(written)
    assert [str(error) for error in VALIDATOR.iter_errors(data)] == []
    return data


@pytest.fixture
def whole(failing: Run) -> Run:
    """The failing run without the claim that we could not judge."""
    failing.claims = [claim for claim in failing.claims if claim.verdict != "grader_error"]
    failing.planned = [claim.id for claim in failing.claims]
    return failing


def test_it_looks_as_it_did(passing, failing, whole):
    golden.same("prairielearn.passing.json", prairielearn.render(passing))
    golden.same("prairielearn.whole.json", prairielearn.render(whole))


def test_it_looks_as_it_did_when_it_is_not_gradable(failing):
    golden.same("prairielearn.failing.json", prairielearn.render(failing))


def test_the_schema_refuses_a_score_of_what_is_not_gradable(passing):
    data = made(passing)
    data["gradable"] = False
    assert list(VALIDATOR.iter_errors(data)) != []
    data = made(passing)
    del data["score"]
    assert list(VALIDATOR.iter_errors(data)) != []


def test_the_score_is_a_part_of_the_points_that_were_graded(passing, whole):
    assert made(passing)["score"] == 1
    assert made(whole)["score"] == 0.125  # 1 of 8; 0.5 more were skipped


def test_what_was_skipped_costs_nothing(passing):
    passing.claims.append(ClaimResult("test_slow", "It scales", 5, "skipped"))
    passing.claims.append(ClaimResult("test_then", "It stays", 5, "not_reached", blocked_by="test_slow"))
    passing.claims[0].points = 0
    data = made(passing)
    assert [(each["points"], each["max_points"]) for each in data["tests"]] == [
        (0, 0), (2.5, 2.5), (0, 0), (0, 0)
    ]  # fmt: skip
    assert not data["gradable"]  # what is behind a skip is open: nobody knows
    del passing.claims[-1]
    assert made(passing)["score"] == 1


def test_claims_without_points_are_all_or_nothing(passing, whole):
    for run, score in ((passing, 1), (whole, 0)):
        for claim in run.claims:
            claim.points = 0
        assert made(run)["score"] == score


@pytest.mark.parametrize(("points", "score"), [(-0.35, 0.9), (-9, 0), (2, 1)])
def test_a_policy_changes_the_score_and_the_tests_add_up_to_it(passing, points, score):
    passing.adjustments = [Adjustment("by the policy", points)]
    data = made(passing)
    assert data["score"] == pytest.approx(score)
    added = data["tests"][-1]
    assert (added["name"], added["max_points"]) == ("Adjustments", 0)
    assert added["message"] == f"{points:+g}: by the policy"
    assert sum(each["points"] for each in data["tests"]) == pytest.approx(passing.score)


def test_each_verdict_is_named_and_only_what_is_lost_or_won_counts(failing):
    tests = made(failing)["tests"]
    assert [each["message"].partition("\n")[0] for each in tests] == [
        "passed", "failed", "not reached", "failed", "grader error", "skipped"
    ]  # fmt: skip
    counted = [(each["points"], each["max_points"]) for each in tests]
    assert counted == [(1, 1), (0, 2), (0, 2), (0, 3), (0, 0), (0, 0)]


@pytest.mark.parametrize("spoil", SPOILS)
def test_a_run_that_is_not_whole_is_not_gradable(passing, spoil):
    spoil(passing)
    data = made(passing)
    assert data["gradable"] is False
    assert data["format_errors"] == [data["message"], *passing.problems]
    assert data["message"].startswith("Not graded: ")


def test_a_run_that_stopped_at_the_first_failure_is_not_gradable(whole):
    whole.planned.append("test_more")
    data = made(whole)
    assert data["gradable"] is False
    assert "stopped at the first claim that failed, 1 not judged" in data["message"]


def many(count: int, length: int) -> list[ClaimResult]:
    cause = Cause("expected " + "\N{GRINNING FACE}" * length)
    return [ClaimResult(f"test_{place}", f"Claim {place}", 1, "failed", cause) for place in range(count)]


def test_texts_lose_their_ends_before_claims_are_left_out(passing):
    passing.claims += many(100, 2_000)
    data = made(passing)
    assert len(data["tests"]) == 102
    message = data["tests"][-1]["message"]
    assert message.startswith("failed\nexpected: expected \N{GRINNING FACE}")
    assert message.endswith(" characters more)")


@pytest.mark.parametrize("finished", [True, False])
def test_more_claims_than_the_file_can_hold_leave_the_score(passing, finished):
    passing.claims += many(1_500, 130)
    if not finished:
        passing.problems = ["x" * 200] * 12_000
    data = made(passing)
    assert "tests" not in data
    assert data["message"].endswith("claims are left out: the file would be too large.")
    assert data.get("score") == (pytest.approx(3.5 / 1503.5) if finished else None)


def test_hostile_text_is_text(poisoned):
    for problems, verdict in ((poisoned.problems, "grader_error"), ([], "failed")):
        poisoned.problems = problems
        poisoned.claims[4].verdict = verdict
        poisoned.planned = []
        data = made(poisoned)
        texts = [data["message"], *data.get("format_errors", ())]
        texts += [each[word] for each in data["tests"] for word in ("name", "message")]
        assert [text for text in texts if not text.replace("\n", "").replace("\t", "").isprintable()] == []
