"""Scores as an LMS takes them: final ones only, and none for an error of ours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from golden import same

from reports.exporters import lti_ags
from reports.model import Adjustment, Run

SCHEMA = json.loads(Path(__file__).with_name("lti-ags-score.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema_rs.validator_for(SCHEMA, validate_formats=True)


def scores(*runs: Run) -> list[dict[str, Any]]:
    written = lti_ags.render(runs)
    assert written.isascii()
    data = [json.loads(line) for line in written.splitlines()]
    assert [str(error) for each in data for error in VALIDATOR.iter_errors(each)] == []
    return data


@pytest.fixture
def known(passing, failing):
    """Both runs, with their learners."""
    passing.user, failing.user = "u-17", "u-18"
    passing.handed_in = "2026-03-01T09:58:00.000Z"
    return passing, failing


def test_it_is_as_agreed(known):
    same("lti-ags.jsonl", lti_ags.render(known))


def test_a_whole_run_is_fully_graded_at_the_time_it_ended(known):
    [score] = scores(known[0])
    assert (score["scoreGiven"], score["scoreMaximum"]) == (3.5, 3.5)
    assert (score["activityProgress"], score["gradingProgress"]) == ("Completed", "FullyGraded")
    assert score["timestamp"] == "2026-03-01T10:00:09.000Z"
    assert score["submission"] == {"submittedAt": "2026-03-01T09:58:00.000Z"}


def test_a_run_that_is_not_whole_has_no_score(known):
    [score] = scores(known[1])
    assert not {"scoreGiven", "scoreMaximum"} & set(score)
    assert (score["activityProgress"], score["gradingProgress"]) == ("Submitted", "Failed")
    known[0].problems = ["the namespace stays"]
    assert "scoreGiven" not in scores(known[0])[0]


def test_a_run_that_was_killed_is_pending(known):
    known[0].finished = None
    [score] = scores(known[0])
    assert "scoreGiven" not in score
    assert (score["gradingProgress"], score["timestamp"]) == ("Pending", "2026-03-01T10:00:00.000Z")


def test_a_failure_costs_points_and_a_skip_none(known):
    known[1].claims.pop(4)
    [score] = scores(known[1])
    assert (score["scoreGiven"], score["scoreMaximum"]) == (1, 8)


def test_claims_that_are_worth_nothing_make_no_score(known):
    for claim in known[0].claims:
        claim.points = 0
    [score] = scores(known[0])
    assert "scoreGiven" not in score
    assert score["gradingProgress"] == "FullyGraded"


def test_the_score_is_the_adjusted_one_and_the_comment_says_why(known):
    known[0].adjustments = [Adjustment("handed in 2 days late: 20 % off", -0.7), Adjustment("rounded", 0.1)]
    [score] = scores(known[0])
    assert score["scoreGiven"] == 2.9
    assert score["comment"] == "2 passed; handed in 2 days late: 20 % off (-0.7); rounded (+0.1)"


def test_a_learner_who_is_not_known_is_left_out(passing, failing):
    assert scores(passing, failing) == []
    failing.user = "u-18"
    assert [score["userId"] for score in scores(passing, failing)] == ["u-18"]


def test_nothing_that_a_learner_wrote_is_in_a_comment(poisoned, passing, hostile):
    poisoned.user = passing.user = hostile
    passing.title = passing.claims[0].title = hostile
    for score in scores(poisoned, passing):
        assert score["userId"] == hostile
        assert score["comment"] in ("not graded yet, through no fault of the submission", "2 passed")
