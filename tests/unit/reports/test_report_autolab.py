"""The output of an autograder, read as Autolab reads it: the last line is the scores."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema_rs
import pytest
from spoils import empty, troubled, unseen

from reports.exporters import autolab
from reports.model import Adjustment, Cause, ClaimResult, Run
from tests.unit.reports import golden

SCHEMA = json.loads(Path(__file__).with_name("autolab.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema_rs.Draft202012Validator(SCHEMA)


def scores(text: str) -> dict[str, float | None]:
    """Do what `saveAutograde` and `parseAutoresult` of Autolab do with an output."""
    assert len(text.encode()) <= 1000 * 1024  # all that Tango takes
    last = text.rstrip(" \t\n\v\f\r\0").split("\n")[-1]
    parsed = json.loads(re.sub(r"([a-zA-Z0-9]+):", r'"\1":', last))
    assert [str(error) for error in VALIDATOR.iter_errors(parsed)] == []
    found: dict[str, float | None] = parsed["scores"]
    return found


@pytest.fixture
def whole(failing: Run) -> Run:
    """The failing run without the claim that we could not judge."""
    failing.claims = [claim for claim in failing.claims if claim.verdict != "grader_error"]
    failing.planned = [claim.id for claim in failing.claims]
    return failing


def test_it_looks_as_it_did(passing, failing):
    golden.same("autolab.passing.txt", autolab.render(passing))
    golden.same("autolab.failing.txt", autolab.render(failing))


def test_it_looks_as_it_did_when_it_is_graded(whole):
    whole.adjustments = [Adjustment("handed in 1 day late: 10 % off", -0.1)]
    golden.same("autolab.whole.txt", autolab.render(whole))


def test_each_claim_is_a_problem_and_has_what_it_earned(whole):
    assert scores(autolab.render(whole)) == {
        "test_answers": 1,
        "test_routes": 0,
        "test_survives": 0,
        "test_policy": 0,
        "test_scale": None,  # skipped
    }


def killed(run: Run) -> None:
    run.finished = None
    del run.claims[1]


@pytest.mark.parametrize("spoil", [killed, troubled, empty, unseen])
def test_a_run_that_is_not_whole_scores_no_problem(passing, spoil):
    spoil(passing)
    text = autolab.render(passing)
    assert scores(text) == {"test_answers": None, "test_both": None}
    assert text.split("\n")[-3].startswith("Not graded: ")


def test_a_claim_that_was_not_come_to_has_no_score(whole):
    whole.planned.append("test_more")
    assert scores(autolab.render(whole))["test_more"] is None


@pytest.mark.parametrize(("points", "left"), [(-0.35, -0.35), (-9, -3.5), (1, 1)])
def test_the_scores_add_up_to_the_score_of_the_run(passing, points, left):
    passing.adjustments = [Adjustment("by the policy", points)]
    found = scores(autolab.render(passing))
    assert found["adjustments"] == left
    assert sum(found.values()) == pytest.approx(passing.score)


def test_adjustments_of_a_run_that_is_not_whole_are_no_score(failing):
    failing.adjustments = [Adjustment("by the policy", -1)]
    assert scores(autolab.render(failing))["adjustments"] is None


def test_a_colon_in_an_id_does_not_break_the_scores(passing):
    passing.claims.append(ClaimResult("test_port[web:80]", "Port", 1, "passed"))
    assert scores(autolab.render(passing))["test_port[web_80]"] == 1


FORGED = '{"_presentation": "semantic"}\n{"scores": {"test_answers": 100}}'


@pytest.mark.parametrize("place", ["cause", "problem", "adjustment", "title", "submission"])
def test_no_text_of_a_learner_comes_near_the_last_line(passing, place):
    passing.claims[-1].verdict, passing.claims[-1].cause = "failed", Cause(found="no")
    if place == "cause":
        passing.claims[-1].cause = Cause(found=FORGED)
    elif place == "problem":
        passing.problems = [FORGED]
    elif place == "adjustment":
        passing.adjustments = [Adjustment(FORGED, -1)]
    elif place == "title":
        passing.claims[-1].title = passing.title = FORGED
    else:
        passing.submission = FORGED
    text = autolab.render(passing)
    assert scores(text)["test_answers"] in (1, None)
    assert re.match(r"Score: |Not graded: ", text.split("\n")[-3])


def test_long_texts_are_cut_and_the_scores_stay(passing):
    cause = Cause("expected " + "\N{GRINNING FACE}" * 10_000)
    added = [ClaimResult(f"test_{place}", "It holds", 1, "failed", cause) for place in range(50)]
    passing.claims += added
    text = autolab.render(passing)
    assert len(text.encode()) < 600_000
    assert text.count("characters more)") == 50
    assert len(scores(text)) == 52
    passing.claims += [
        ClaimResult(f"test_more_{place}", "It holds", 1, "failed", cause) for place in range(700)
    ]
    text = autolab.render(passing)
    assert "752 claims are left out" in text
    assert len(scores(text)) == 752


def test_hostile_text_is_text(poisoned):
    for verdict, problems in (("grader_error", poisoned.problems), ("failed", [])):
        poisoned.claims[4].verdict, poisoned.problems = verdict, problems
        text = autolab.render(poisoned)
        assert len(scores(text)) == 6
        assert text.replace("\n", "").replace("\t", "").isprintable()
        starts = [line[:4] for line in text.split("\n") if "vso[" in line or "::set" in line]
        assert all(start.strip(" ") != "::" for start in starts)
