"""`kubeproctor replay` and `regrade` judge again by the claims of today; the old result stays as it is."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from lab import Lab, StandIn, prepared, verdicts

import fixtures.assignment
from checks.errors import CheckFailed
from fixtures.errors import UsageError
from kubeproctor.regrade import regrade
from kubeproctor.replay import replay
from reports import result_json
from reports.text import log_line

pytest_plugins = ["pytester"]


@pytest.fixture
def lab(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Lab:
    return prepared(pytester, monkeypatch)


@pytest.fixture
def graded(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of results: alice has all answers, bob has one of two."""
    assert lab.kubeproctor(lab.submits("alice", first="yes", second="yes")) == 0
    assert lab.kubeproctor(lab.submits("bob", first="yes", second="no")) == 1
    monkeypatch.setattr(fixtures.assignment, "load", lambda _: fixtures.assignment.read(lab.folder))
    return lab.pytester.path / "results"


def called(command, *words: object) -> Result:  # type: ignore[no-untyped-def]
    return CliRunner().invoke(command, [str(word) for word in words])


def test_the_same_claims_have_the_same_verdicts(graded):
    before = (graded / "bob" / "result.json").read_bytes()
    found = called(replay, graded / "bob")
    assert found.exit_code == 1, found.output
    assert "✓ passed" in found.output
    assert "✗ failed" in found.output
    old, new = (result_json.read(graded / "bob" / part / "result.json") for part in ("", "replayed"))
    assert verdicts(new) == verdicts(old)
    assert [claim.cause for claim in new.claims] == [claim.cause for claim in old.claims]
    assert (graded / "bob" / "result.json").read_bytes() == before


def test_what_was_judged_by_is_said(lab, graded):
    lab.corrects("needs=test_first, ", "")
    called(replay, graded / "bob")
    old, new = (result_json.read(graded / "bob" / part / "result.json") for part in ("", "replayed"))
    assert new.environment["claims"] == fixtures.assignment.read(lab.folder).digest[:12]
    assert new.environment["claims"] != old.environment["claims"]
    assert old.timings["all"] > old.timings["intake"]


def test_a_corrected_claim_and_another_weight_change_the_grade(lab, graded, tmp_path):
    lab.corrects('answer(app).says("second")', 'answer(app).says("second", "no")')
    (rules := tmp_path / "policy.toml").write_text("[claims.test_first]\npoints = 4\n")
    found = called(regrade, graded, "--policy", rules, "--to", "gradebook")
    assert found.exit_code == 0, found.output
    lines = [line.split() for line in found.output.splitlines()]
    assert ["alice", "6/6", "4/6", "1"] in lines
    assert ["bob", "4/6", "6/6", "1"] in lines
    assert "2 of 2 grades change" in found.output
    assert "6" in (graded / "grades.csv").read_text()


def test_a_changed_weight_changes_the_grades_that_were_given_by_another_policy(graded, tmp_path):
    for name, points in (("old", 1), ("new", 5)):
        (tmp_path / f"{name}.toml").write_text(f"[claims.test_second]\npoints = {points}\n")
    words = ["--policy", tmp_path / "new.toml"]
    assert "0 of 2 grades change" in called(regrade, graded, *words).output
    found = called(regrade, graded, *words, "--policy-then", tmp_path / "old.toml")
    assert found.exit_code == 0, found.output
    lines = [line.split() for line in found.output.splitlines()]
    assert ["alice", "2/2", "6/6", "0"] in lines
    assert ["bob", "1/2", "1/6", "0"] in lines


def test_a_claim_that_asks_something_else_needs_a_cluster_and_costs_nothing(lab, graded):
    lab.corrects('return Answer(app.cluster, app.namespace, "answer")',
              'return Answer(app.cluster, app.namespace, "other")')  # fmt: skip
    found = called(replay, graded / "alice")
    assert found.exit_code == 3
    assert "needs a cluster: nobody asked this then: get ConfigMap other" in found.output
    new = result_json.read(graded / "alice" / "replayed" / "result.json")
    assert verdicts(new) == {"test_first": "grader_error", "test_second": "not_reached"}
    assert new.ungraded == new.possible
    found = called(regrade, graded)
    assert found.exit_code == 3
    assert "need a cluster: alice, bob" in found.output


def test_nothing_of_a_submission_is_a_command_to_a_ci(lab, graded):
    file = graded / "bob" / "result.json"
    file.write_text(file.read_text().replace('"name": "bob"', '"name": "::error::bob"'))
    lab.corrects('return Answer(app.cluster, app.namespace, "answer")',
              'return Answer(app.cluster, app.namespace, "##[error]x")')  # fmt: skip
    for command, told in ((replay, "get ConfigMap <U+0023>#[error]x"), (regrade, "<U+003A>:error::bob")):
        found = called(command, graded / "bob")
        assert found.exit_code == 3
        assert told in found.output
        assert [line for line in found.output.split("\n") if log_line(line) != line] == []


def test_a_claim_that_was_not_judged_then_needs_a_cluster(lab, graded):
    assert lab.kubeproctor(lab.submits("carol", first="no", second="no")) == 1
    lab.corrects('answer(app).says("first")', 'answer(app).says("first", "no")')
    found = called(replay, graded / "carol")
    assert found.exit_code == 3
    assert "needs a cluster: it was not judged then" in found.output


def test_a_submission_that_was_not_taken_fails_as_then(lab, graded, monkeypatch):
    monkeypatch.setitem(StandIn.breaks, "apply", CheckFailed(expected="valid objects", found="web.yaml: no"))
    lab.corrects("needs=test_first, ", "")
    assert lab.kubeproctor(lab.submits("dave", first="yes")) == 1
    found = called(replay, graded / "dave")
    assert found.exit_code == 1, found.output
    old, new = (result_json.read(graded / "dave" / part / "result.json") for part in ("", "replayed"))
    assert verdicts(new) == verdicts(old) == {"test_first": "failed", "test_second": "not_reached"}
    assert new.claims[0].cause == old.claims[0].cause


@pytest.mark.parametrize("content", [None, b"", b"x"])
def test_without_what_was_said_nobody_can_judge(graded, content):
    file = graded / "alice" / "readings.jsonl.gz"
    file.unlink() if content is None else file.write_bytes(content)
    found = called(replay, graded / "alice")
    assert isinstance(found.exception, UsageError)
    assert str(file) in str(found.exception)
    assert not (graded / "alice" / "replayed").exists()


def test_replay_takes_one_result(graded):
    assert "regrade takes them all" in str(called(replay, graded).exception)


def test_the_readings_of_a_replay_are_those_of_then_and_have_their_times(graded):
    called(replay, graded / "alice")
    old, new = (result_json.read(graded / "alice" / part / "result.json") for part in ("", "replayed"))
    pairs = list(zip(new.claims, old.claims, strict=True))
    assert [[each["readings"] for each in now.observations] for now, _ in pairs] == [
        [each["readings"] for each in then.observations] for _, then in pairs
    ]
    for now, then in pairs:
        began = [datetime.fromisoformat(claim.observations[0]["began"]) for claim in (now, then)]
        assert abs(began[0] - began[1]) < timedelta(seconds=0.1), "time stands between two calls"
