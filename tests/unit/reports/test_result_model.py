"""Five ends of a claim that are never mixed, what they cost, and the data that the result is kept as."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from reports.model import LONGEST, VERDICTS, Adjustment, Cause, ClaimResult, Evidence, Run

DOC = Path(__file__).parents[3] / "docs" / "reference" / "result.md"


def run_of(*verdicts: str, blocked: dict[str, str] | None = None, **rest) -> Run:
    """Return a finished run of claims a, b, c … with these verdicts, each worth one point more."""
    claims = [
        ClaimResult(id, f"Claim {id}", points, verdict, blocked_by=(blocked or {}).get(id))
        for points, (id, verdict) in enumerate(zip("abcdef", verdicts, strict=False), 1)
    ]
    return Run("x", "X", "alice", claims, finished="2026-03-01T10:00:00.000Z", **rest)


@pytest.mark.parametrize("verdict", VERDICTS)
def test_a_claim_is_counted_under_its_own_verdict_only(verdict):
    counts = run_of(verdict).as_data()["counts"]
    assert counts == {each: int(each == verdict) for each in VERDICTS}


@pytest.mark.parametrize(
    ("verdicts", "blocked", "points"),
    [
        (["passed", "failed"], {}, (1, 3, 0)),
        (["passed", "grader_error"], {}, (1, 3, 2)),
        (["passed", "skipped"], {}, (1, 3, 2)),
        (["failed", "not_reached", "not_reached"], {"b": "a", "c": "b"}, (0, 6, 0)),
        (["grader_error", "not_reached", "not_reached"], {"b": "a", "c": "b"}, (0, 6, 6)),
        (["skipped", "not_reached", "passed"], {"b": "a"}, (3, 6, 3)),
        (["passed", "not_reached"], {"b": "left out by -k"}, (1, 3, 2)),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) else None,
)
def test_only_a_failed_claim_costs_points_and_those_of_what_needs_it(verdicts, blocked, points):
    """earned, possible, ungraded: possible - ungraded - earned is what the learner lost."""
    run = run_of(*verdicts, blocked=blocked)
    assert (run.earned, run.possible, run.ungraded) == points


@pytest.mark.parametrize(
    ("code", "verdicts"),
    [
        (0, ["passed", "passed"]),
        (0, ["passed", "skipped"]),
        (1, ["passed", "failed"]),
        (1, ["failed", "skipped"]),
        (3, []),
        (3, ["skipped", "skipped"]),
        (3, ["passed", "grader_error"]),
        (3, ["failed", "grader_error"]),
    ],
    ids=lambda value: "-".join(value) or "nothing" if isinstance(value, list) else f"{value}",
)
def test_the_exit_code_says_whose_fault_it_is(code, verdicts):
    assert run_of(*verdicts).exit_code == code


@pytest.mark.parametrize(("blocker", "code"), [("failed", 1), ("skipped", 3)])
def test_a_claim_that_was_not_reached_is_a_failure_only_below_a_failure(blocker, code):
    assert run_of(blocker, "not_reached", "passed", blocked={"b": "a"}).exit_code == code


def test_a_problem_outside_the_claims_and_a_run_without_an_end_are_not_graded():
    assert run_of("passed", problems=["the sandbox stays"]).exit_code == 3
    whole = run_of("failed")
    whole.finished = None
    assert whole.exit_code == 3


def test_a_result_comes_back_from_its_data_as_it_was(failing, passing):
    assert Run.from_data(failing.as_data()) == failing
    assert Run.from_data(passing.as_data()) == passing


def test_fields_that_a_newer_program_added_are_read_over(failing):
    """Only a field that changes its meaning or goes away raises the version."""
    data = failing.as_data()
    data["new"] = data["claims"][1]["new"] = data["claims"][1]["cause"]["new"] = 1
    assert Run.from_data(data) == failing


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data.update(version=2),
        lambda data: data.pop("version"),
        lambda data: data.pop("claims"),
        lambda data: data["claims"][0].update(verdict="error"),
        lambda data: data["claims"][0].pop("points"),
        lambda data: data.update(claims="none"),
    ],
    ids=["other version", "no version", "no claims", "unknown verdict", "no points", "claims are text"],
)
def test_what_is_not_a_result_of_this_version_is_not_read(failing, spoil):
    data = failing.as_data()
    spoil(data)
    with pytest.raises(ValueError, match=r"result of|unknown verdict"):
        Run.from_data(data)


def test_a_list_is_not_a_result():
    with pytest.raises(ValueError, match="not a result of kubeproctor"):
        Run.from_data([1])


def test_no_text_of_a_learner_fills_the_disk_and_what_is_cut_says_so():
    cause = Cause(found="y" * 2 * LONGEST)
    kept = cause.found.count("y")
    assert cause.found.endswith(f" … ({2 * LONGEST - kept} characters more)")
    assert LONGEST - 100 < kept < len(cause.found) <= LONGEST
    assert Cause(found="x" * LONGEST).found == "x" * LONGEST


def paths(data: object, at: str = "") -> set[str]:
    """Return the dotted names of all fields of plain data; items of a list are one field."""
    if isinstance(data, dict):
        return {path for key, value in data.items() for path in {f"{at}{key}", *paths(value, f"{at}{key}.")}}
    if isinstance(data, list):
        return {path for item in data for path in paths(item, at.removesuffix(".") + "[].")}
    return set()


def test_the_reference_describes_every_field_of_the_result_and_no_other(failing):
    """Names of the environment and of the phases are data, not fields."""
    failing.environment, failing.timings = {}, {}
    for claim in failing.claims:
        claim.observations = [
            {
                "noun": "",
                "check": "",
                "adverb": "",
                "began": "",
                "verdict": "",
                "waited": "",
                "readings": [READING],
            }
        ]
        claim.evidence = [Evidence("log", "", "")]
    failing.adjustments = [Adjustment("", 0)]
    real = {path for path in paths(failing.as_data()) if not path.endswith("[]")}
    told = re.findall(r"^\| `([a-z_.\[\]]+)` \|", DOC.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(told) == sorted(real)


READING = {"at": 0.0, "ok": True, "digest": "", "text": "", "times": 1, "until": 0.0}


def test_the_reading_of_the_reference_is_the_one_that_is_kept():
    from checks.observations import Observation

    observation = Observation("Service `web`", "answers", "")
    observation.add(observation.began, True, "")
    data = observation.as_data()
    assert set(data) == {"noun", "check", "adverb", "began", "verdict", "waited", "readings"}
    assert set(data["readings"][0]) == set(READING)


def test_the_reference_describes_every_verdict():
    text = DOC.read_text(encoding="utf-8")
    assert [verdict for verdict in VERDICTS if f"**`{verdict}`**" not in text] == []


def test_every_cause_is_shown_in_the_documented_order():
    names = [each.name.replace("_", " ") for each in dataclasses.fields(Cause)]
    assert Cause(*names).lines() == [(name, name) for name in names]
    assert names == ["expected", "found", "because", "look at", "waited", "hint"]
