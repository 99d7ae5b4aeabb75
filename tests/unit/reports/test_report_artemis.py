"""Custom feedbacks as Artemis reads them: successful, or not and why, or none."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from spoils import SPOILS

from reports import files
from reports.exporters import artemis
from reports.model import Cause, ClaimResult, Run
from tests.unit.reports import golden

SCHEMA = json.loads(Path(__file__).with_name("artemis.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema_rs.Draft202012Validator(SCHEMA)


@pytest.fixture
def read(tmp_path):
    """Write a run and read back the feedbacks, as Artemis would from the folder."""

    def back(run: Run) -> list[dict[str, Any]]:
        files.write(artemis.render(run), folder := tmp_path / "customFeedbacks")
        feedbacks = [json.loads(file.read_text("utf-8")) for file in sorted(folder.glob("*.json"))]
        for each in feedbacks:
            assert [str(error) for error in VALIDATOR.iter_errors(each)] == []
            assert len(each["message"].encode("utf-16-le")) <= 2 * 20_000
        return feedbacks

    return back


@pytest.fixture
def whole(failing: Run) -> Run:
    """The failing run without the claim that we could not judge."""
    failing.claims = [claim for claim in failing.claims if claim.verdict != "grader_error"]
    return failing


def test_it_looks_as_it_did(passing, failing):
    for name, run, names in (
        ("passing", passing, ["001-test_answers.json", "002-test_both.json"]),
        ("failing", failing, ["not-graded.txt"]),
    ):
        rendered = artemis.render(run)
        assert list(rendered) == names
        for file, text in rendered.items():
            golden.same(f"artemis.{name}.{file}", text)


def test_it_looks_as_it_did_when_it_is_graded(whole):
    rendered = artemis.render(whole)
    assert list(rendered) == [
        "001-test_answers.json", "002-test_routes.json", "003-test_survives.json", "004-test_policy.json"
    ]  # fmt: skip
    for file, text in rendered.items():
        golden.same(f"artemis.whole.{file}", text)


def test_the_schema_refuses_what_artemis_does():
    for wrong in (
        {"name": "a", "successful": False},
        {"name": "a", "successful": False, "message": " \n"},
        {"name": " ", "successful": True},
    ):
        assert not VALIDATOR.is_valid(wrong)


def test_only_what_is_won_or_lost_is_told(whole, read):
    assert {each["name"]: each["successful"] for each in read(whole)} == {
        "test_answers": True,
        "test_routes": False,
        "test_survives": False,  # not reached: what it needs failed
        "test_policy": False,
    }


def test_a_message_has_the_claim_the_verdict_and_why(whole, read):
    answers, routes, survives, _ = (each["message"].split("\n") for each in read(whole))
    assert answers == ["Service `web` answers on port 80", "passed"]
    assert routes[1:3] == ["failed", "expected: blue-6d4f-x2x1p, green-5b9c-q7j8k"]
    assert survives[:2] == ["A pod that is deleted gets a successor", "not reached"]
    assert survives[2].startswith("needs: Service `web` sends traffic")


@pytest.mark.parametrize("spoil", SPOILS)
def test_a_run_that_is_not_whole_has_no_feedback(passing, spoil, read):
    spoil(passing)
    assert read(passing) == []
    text = artemis.render(passing)["not-graded.txt"]
    assert text.startswith("Not graded: ")
    assert all(problem in text for problem in passing.problems)


def test_file_names_are_safe_and_each_claim_keeps_its_own(passing, read):
    ids = ["../../etc/passwd", "a/b", "a\\b", "a b", "test_\ud800", "C:nul", "\u202e", "x" * 300]
    passing.claims = [ClaimResult(id, "It holds", 1, "passed") for id in ids]
    names = list(artemis.render(passing))
    assert [name for name in names if not re.fullmatch(r"\d{3}-[A-Za-z0-9_-]{1,80}\.json", name)] == []
    assert len(set(names)) == len(ids)
    assert len(read(passing)) == len(ids)


def test_a_message_is_cut_where_artemis_would_and_says_so(whole, read):
    whole.claims[1].cause = Cause(expected="here", found="\N{GRINNING FACE}" * 16_000)
    message = read(whole)[1]["message"]
    assert message.split("\n")[2] == "expected: here"
    assert re.search(r" … \(\d+ characters more\)$", message)


def test_hostile_text_is_text(poisoned, read):
    assert read(poisoned) == []
    assert artemis.render(poisoned)["not-graded.txt"].replace("\n", "").replace("\t", "").isprintable()
    poisoned.claims[4].verdict, poisoned.problems = "failed", []
    feedbacks = read(poisoned)
    assert len(feedbacks) == 5
    texts = [each[word] for each in feedbacks for word in ("name", "message")]
    assert [text for text in texts if not text.replace("\n", "").replace("\t", "").isprintable()] == []
