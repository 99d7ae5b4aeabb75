"""results.json as Gradescope documents it: a score is there when it is final, and only then."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from spoils import SPOILS

from reports.exporters import EXPORTERS, gradescope
from reports.model import Adjustment, Cause, ClaimResult, Run
from tests.unit.reports import golden

SCHEMA = json.loads(Path(__file__).with_name("gradescope.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema_rs.Draft202012Validator(SCHEMA)


def made(run: Run) -> dict[str, Any]:
    written = gradescope.render(run)
    assert written.isascii()
    data: dict[str, Any] = json.loads(written)
    assert [str(error) for error in VALIDATOR.iter_errors(data)] == []
    return data


@pytest.fixture
def whole(failing: Run) -> Run:
    """The failing run without the claim that we could not judge."""
    failing.claims = [claim for claim in failing.claims if claim.verdict != "grader_error"]
    return failing


def test_it_looks_as_it_did(passing, failing):
    golden.same("gradescope.passing.json", gradescope.render(passing))
    golden.same("gradescope.failing.json", gradescope.render(failing))


def test_the_schema_refuses_what_gradescope_does_not_know(passing):
    data = made(passing)
    data["tests"][0]["status"] = "skipped"
    data["visibility"] = "secret"
    assert len(list(VALIDATOR.iter_errors(data))) == 2


def test_no_two_verdicts_look_the_same(whole):
    seen = {
        each["extra_data"]["verdict"]: (each.get("status"), each.get("score"), each.get("max_score"))
        for each in made(whole)["tests"]
    }
    assert seen == {
        "passed": ("passed", 1, 1),
        "failed": ("failed", 0, 3),
        "not_reached": (None, 0, 2),
        "skipped": (None, None, None),
    }


def test_the_text_of_a_test_names_its_verdict_and_why(whole):
    texts = [each["output"] for each in made(whole)["tests"]]
    assert texts[0] == "passed"
    assert texts[1].splitlines()[:2] == ["failed", "expected: blue-6d4f-x2x1p, green-5b9c-q7j8k"]
    assert texts[2].splitlines()[0] == "not reached"
    assert texts[2].splitlines()[1].startswith("needs: Service `web` sends traffic")
    assert texts[4] == "skipped\nbecause: too slow"


@pytest.mark.parametrize("spoil", SPOILS)
def test_a_run_that_is_not_whole_has_no_score_anywhere(passing, spoil):
    spoil(passing)
    data = made(passing)
    assert "score" not in data
    assert [each for each in data["tests"] if "score" in each or "max_score" in each] == []
    assert data["output"].startswith("Not graded: ")


def test_the_score_holds_what_a_policy_takes_off(passing):
    passing.adjustments = [Adjustment("handed in 1 day late: 10 % off", -0.35)]
    data = made(passing)
    assert data["score"] == 3.15
    assert data["output"] == "3.15 of 3.5 points\nhanded in 1 day late: 10 % off (-0.35 points)"


def test_what_is_left_out_by_policy_is_said_beside_the_score(whole):
    assert made(whole)["output"] == "1 of 8.5 points\nnot graded: 0.5 points"


def test_each_claim_says_when_it_may_be_seen(passing):
    assert EXPORTERS["gradescope"].knows_visibility
    passing.claims[0].visibility, passing.claims[1].visibility = "hidden", "after_due_date"
    data = made(passing)
    assert [each["visibility"] for each in data["tests"]] == ["hidden", "after_due_date"]
    assert data["stdout_visibility"] == "hidden"


@pytest.mark.parametrize("visibility", ["hidden", "after_due_date", "after_published"])
def test_a_claim_that_may_be_seen_gives_away_nothing_of_one_that_may_not(whole, visibility):
    secret = whole.claims[1]
    secret.visibility = visibility
    whole.adjustments = [Adjustment("handed in 1 day late: 10 % off", -0.1)]
    data = made(whole)
    shown = [each for each in data["tests"] if each["visibility"] == "visible"]
    assert [each for each in shown if secret.title in (each["name"] + each["output"])] == []
    assert data["output"] == "handed in 1 day late: 10 % off"
    assert data["tests"][2]["output"] == "not reached"


def test_what_all_may_see_names_nothing_that_they_may_not(whole):
    whole.claims[1].visibility = "hidden"
    secret = whole.claims[1]
    whole.claims[0].cause = Cause(because=f"this claim needs one that is judged later: {secret.title}")
    whole.planned.append("test_trap")
    whole.problems = [f"clean-up after {secret.id}: no answer", "not judged: test_trap"]
    data = made(whole)
    assert data["output"].endswith("clean-up after a hidden claim: no answer\nproblem: not judged: a claim")
    assert "judged later: a hidden claim" in data["tests"][0]["output"]
    assert secret.title not in data["tests"][0]["output"]


def test_a_hidden_claim_may_name_what_is_hidden_as_long(whole):
    whole.claims[1].visibility = whole.claims[2].visibility = "hidden"
    assert whole.claims[1].title in made(whole)["tests"][2]["output"]


def test_hostile_text_is_text_and_not_long(poisoned):
    poisoned.claims = [claim for claim in poisoned.claims if claim.verdict != "grader_error"]
    poisoned.adjustments = [Adjustment(poisoned.title[:1000], -1)]
    for problems in ([], poisoned.problems):
        poisoned.problems = problems
        data = made(poisoned)
        texts = [data["output"], *(each[word] for each in data["tests"] for word in ("name", "output"))]
        assert [text for text in texts if not text.replace("\n", "").replace("\t", "").isprintable()] == []
        assert max(map(len, texts)) <= 20_000
        assert {data[f"{word}format"] for word in ("output_", "test_output_", "test_name_")} == {"text"}


def test_ids_are_made_harmless_as_well(passing):
    passing.claims.append(ClaimResult("test_\ud800\0", "x", 1, "passed"))
    assert made(passing)["tests"][-1]["extra_data"]["id"] == "test_<U+D800>␀"
