"""`kubeproctor verify`: what it grades, what it says of it, and how it ends. Nothing is graded here."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from fixtures import assignment
from fixtures.clusters import provider
from fixtures.proof import claims, proving
from fixtures.proof.cases import Case
from fixtures.proof.mutants import equivalents
from fixtures.proof.outcomes import Outcome
from kubeproctor import __main__ as program

TASK = assignment.load("first-steps")
CLAIMS = list(claims.load(TASK))
LAST = CLAIMS[-1]
RIGHT_TOO = equivalents(TASK.folder)


def right(case: Case) -> Outcome:
    """Return what has to come of a case; a mutant that is not right as well fails the first claim."""
    killed = {} if case.mutant and case.mutant.id in RIGHT_TOO else {CLAIMS[0]: "no"}
    failed = {"right": {}, "wrong": case.fails, "mutant": killed}.get(
        case.sort, dict.fromkeys(CLAIMS, "nothing is there")
    )
    verdicts = {
        claim: "failed" if claim in failed else "not_reached" if claim in case.not_reached else "passed"
        for claim in CLAIMS
    }
    return Outcome(1 if failed else 0, verdicts, failed, {"": 1.0} | dict.fromkeys(CLAIMS, 0.1))


class Verify:
    """Runs the command as its process would, in this one; grading is what `says` says."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._patch, self._capsys = monkeypatch, capsys
        self.says: Callable[[Case], Outcome] = right
        self.graded: list[Case] = []

    def __call__(self, *arguments: str | Path) -> tuple[int, str, str]:
        self._patch.setattr(sys, "argv", ["kubeproctor", "verify", TASK.name, *map(str, arguments)])
        self.graded.clear()
        with pytest.raises(SystemExit) as ended:
            program.main()
        assert isinstance(ended.value.code, int)
        return (ended.value.code, *self._capsys.readouterr())

    def grade(self, case: Case, *_: object) -> Outcome:
        self.graded.append(case)
        return self.says(case)

    @property
    def sorts(self) -> dict[str, int]:
        found = [case.sort for case in self.graded]
        return {sort: found.count(sort) for sort in found}


@pytest.fixture
def verify(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Verify:
    made = Verify(monkeypatch, capsys)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(proving, "grade", made.grade)
    monkeypatch.setattr(proving.seen, "keep", lambda *_: None)
    monkeypatch.setattr(provider, "acquire", lambda _: SimpleNamespace(kubernetes="1.37", engine="podman"))
    return made


def test_without_a_cluster_nothing_is_graded(verify: Verify) -> None:
    code, out, _ = verify("--tier", "fake")
    assert (code, verify.graded) == (0, [])
    assert out.endswith(" cases of 1 assignments, 0 complaints\n")


def test_all_is_graded_and_proved(verify: Verify, tmp_path: Path) -> None:
    code, out, _ = verify("--each", "1", "--report", tmp_path / "docs")
    assert code == 0, out
    assert set(verify.sorts) == {"empty", "starter", "phantom", "right", "wrong", "mutant"}
    [kept] = json.loads((tmp_path / "docs" / "proof.json").read_text())["assignments"]
    assert kept["name"] == TASK.name
    assert kept["graded"] == verify.sorts
    assert kept["left_out"] > 0
    assert (tmp_path / "docs" / "proof" / f"{TASK.name}.md").exists()


def test_what_was_proved_is_left_out_when_only_changes_count(verify: Verify) -> None:
    assert verify("--only", "wrong")[0] == 0
    first = len(verify.graded)
    assert verify("--only", "wrong", "--changed")[0] == 0
    assert (first > 3, verify.graded) == (True, [])
    assert verify("--only", "wrong")[0] == 0
    assert len(verify.graded) == first


def test_a_verdict_that_is_not_as_it_has_to_be_is_told(verify: Verify) -> None:
    verify.says = lambda case: Outcome(1, right(case).verdicts | {LAST: "failed"}, {LAST: "it is late"})
    code, out, _ = verify("--only", "right")
    assert code == 1
    assert f"{TASK.name} · right commands: {LAST} is failed: it is late" in " ".join(out.split())


def test_a_mutant_that_survives_is_told_with_its_line(verify: Verify) -> None:
    verify.says = lambda case: Outcome(0, dict.fromkeys(CLAIMS, "passed"))
    code, out, _ = verify("--only", "mutant", "--each", "1")
    assert code == 1
    assert any(case.mutant and case.mutant.id in out for case in verify.graded)
    assert "0%" in out


def test_what_could_not_be_graded_is_neither(verify: Verify) -> None:
    verify.says = lambda case: Outcome(3, said="the cluster is gone")
    code, out, _ = verify("--only", "right")
    assert code == 3
    assert "the cluster is gone" in out


def test_right_solutions_are_graded_again_so_many_times(verify: Verify) -> None:
    code, _, _ = verify("--again", "3")
    assert code == 0
    names = [case.name for case in verify.graded]
    assert verify.sorts == {"right": len(names)}
    assert {names.count(name) for name in names} == {3}
    assert {case.turn for case in verify.graded} == {1, 2, 3}


def test_another_verdict_of_one_time_is_a_flake(verify: Verify) -> None:
    verify.says = lambda case: (
        Outcome(1, right(case).verdicts | {LAST: "failed"}, {LAST: "late"}) if case.turn == 2 else right(case)
    )
    code, out, _ = verify("--again", "3")
    assert code == 1
    assert f"{LAST} is failed: late" in " ".join(out.split())
