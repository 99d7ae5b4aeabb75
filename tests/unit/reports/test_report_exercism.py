"""results.json, version 3, as Exercism documents it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from spoils import SPOILS

from reports.exporters import exercism
from reports.model import Cause, Evidence, Run
from tests.unit.reports import golden

SCHEMA = json.loads(Path(__file__).with_name("exercism.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema_rs.Draft202012Validator(SCHEMA)


def made(run: Run) -> dict[str, Any]:
    written = exercism.render(run)
    assert written.isascii()
    data: dict[str, Any] = json.loads(written)
    assert [str(error) for error in VALIDATOR.iter_errors(data)] == []
    messages = [data["message"], *(each.get("message") for each in data.get("tests", ()))]
    assert [len(each) for each in messages if each and len(each.encode()) > 65_535] == []
    return data


@pytest.fixture
def whole(failing: Run) -> Run:
    """The failing run without the claim that we could not judge."""
    failing.claims = [claim for claim in failing.claims if claim.verdict != "grader_error"]
    return failing


def test_it_looks_as_it_did(passing, failing):
    golden.same("exercism.passing.json", exercism.render(passing))
    golden.same("exercism.failing.json", exercism.render(failing))


def test_it_looks_as_it_did_when_it_is_graded(whole):
    golden.same("exercism.whole.json", exercism.render(whole))


def test_the_schema_refuses_what_exercism_does_not_allow(passing, whole):
    data = made(passing)
    data["tests"][0]["status"] = "error"  # without a message, and of a run that passes
    assert len(list(VALIDATOR.iter_errors(data))) == 2
    data = made(whole)
    data["status"] = "error"  # without a message
    assert not VALIDATOR.is_valid(data)


def test_each_verdict_is_a_status_of_its_own_and_a_skip_is_no_test(whole):
    data = made(whole)
    assert data["status"] == "fail"
    assert [each["status"] for each in data["tests"]] == ["pass", "fail", "error", "fail"]
    assert [each["name"] for each in data["tests"]] == [claim.title for claim in whole.claims[:4]]
    survives = data["tests"][2]["message"].split("\n")
    assert survives[0] == "not reached"
    assert survives[1].startswith("needs: Service `web` sends traffic")


def test_a_run_in_which_all_holds_passes(passing):
    data = made(passing)
    assert (data["status"], data["message"]) == ("pass", None)
    assert [each["status"] for each in data["tests"]] == ["pass", "pass"]


@pytest.mark.parametrize("spoil", SPOILS)
def test_a_run_that_is_not_whole_is_an_error_and_neither_passes_nor_fails(passing, spoil):
    spoil(passing)
    data = made(passing)
    assert data["status"] == "error"
    assert "tests" not in data
    assert data["message"].startswith("This run is not whole, which is not the solution's fault.")
    assert all(claim.title in data["message"] for claim in passing.claims)
    assert all(problem in data["message"] for problem in passing.problems)


def test_the_checks_stand_for_the_code_of_a_test(passing):
    passing.claims[0].observations = [
        {"noun": "Service `web`", "check": "answers", "adverb": "eventually"},
        {"noun": "Service `web`", "check": "is_there", "adverb": ""},
    ]
    first, second = made(passing)["tests"]
    assert first["test_code"] == "eventually Service `web` answers\nService `web` is_there"
    assert "test_code" not in second


def test_the_output_is_the_end_of_what_the_program_printed(passing):
    def log(text: str) -> Evidence:
        return Evidence("log", "Log of `web`", {"container": "web/web", "text": text})

    passing.claims[0].evidence = [log("started"), log("stopped\x1b[0m"), Evidence("samples", "CPU", {})]
    passing.claims[1].evidence = [log("x" * 2000 + "panic: out of peas")]
    first, second = made(passing)["tests"]
    assert first["output"] == "started\nstopped␛[0m"
    assert len(second["output"]) == 500
    assert second["output"].startswith("Output was truncated. Please limit to 500 chars\n")
    assert second["output"].endswith("xxxpanic: out of peas")
    passing.claims[1].evidence = [log("y" * 500)]
    assert made(passing)["tests"][1]["output"] == "y" * 500


@pytest.mark.parametrize("sign", ["x", "é", "\N{GRINNING FACE}"])
def test_a_message_is_cut_at_its_end_and_says_so(whole, sign):
    whole.claims[1].cause = Cause(*["here " + sign * 16_000] * 6)
    message = made(whole)["tests"][1]["message"]
    assert message.startswith("failed\nexpected: here ")
    assert message.endswith(" characters more)")
    assert len(message.encode()) > 65_400
    whole.problems = ["the namespace stays"]
    assert made(whole)["message"].endswith(" characters more)")


def test_hostile_text_is_text(poisoned):
    data = made(poisoned)
    texts = [data["message"]]
    poisoned.claims[4].verdict, poisoned.problems = "failed", []
    data = made(poisoned)
    texts += [each.get(word, "") for each in data["tests"] for word in ("name", "message")]
    assert len(data["tests"]) == 5
    assert [text for text in texts if not text.replace("\n", "").replace("\t", "").isprintable()] == []
