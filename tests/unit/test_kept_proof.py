"""The proof that is kept in docs/: written side by side, and of every assignment as it is today."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fixtures import assignment
from fixtures.errors import UsageError
from fixtures.proof import claims, score
from fixtures.proof.cases import cases, made_of
from fixtures.proof.mutants import equivalents
from kubeproctor.verify import CLAIM, WHOLE, _without_cluster, _write
from reports.proof import Proof, from_data, markdown, messages

DOCS = Path(__file__).parents[2] / "docs"
KEPT = {each.name: each for each in from_data(json.loads((DOCS / "proof.json").read_text()))}


@pytest.mark.parametrize("name", assignment.names())
def test_every_assignment_is_proved_as_it_is_today(name: str) -> None:
    task = assignment.load(name)
    assert name in KEPT, f"kubeproctor verify {name} --report docs"
    kept = KEPT[name]
    assert kept.made_of == made_of(task), f"it has changed: kubeproctor verify {name} --report docs"
    assert (kept.complaints, kept.ungraded) == ([], [])
    every = cases(task, claims.load(task), mutants=False)
    assert {sort: n for sort, n in kept.graded.items() if sort != "mutant"} == {
        sort: sum(case.sort == sort for case in every) for sort in {case.sort for case in every}
    }


@pytest.mark.parametrize("name", [name for name, kept in KEPT.items() if "mutant" in kept.graded])
def test_mutants_are_marked_as_they_were_graded(name: str) -> None:
    kept, marked = KEPT[name], equivalents(assignment.load(name).folder)
    seen = {each.id: each.reason for each in kept.equivalent}
    assert seen.items() <= marked.items()
    assert kept.left_out or len(seen) == len(marked)
    assert not {each.id for each in kept.survivors} & marked.keys()


@pytest.mark.parametrize("name", assignment.names())
def test_nothing_is_wrong_that_is_seen_without_a_cluster(name: str) -> None:
    task = assignment.load(name)
    assert _without_cluster(task, cases(task, claims.load(task), mutants=False)) == []


@pytest.mark.parametrize("name", assignment.names())
def test_there_is_something_to_prove(name: str) -> None:
    task = assignment.load(name)
    found = [case.sort for case in cases(task, claims.load(task), mutants=False)]
    for sort, number in (("right", 3), ("wrong", 3), ("empty", 1), ("starter", 1), ("phantom", 1)):
        assert sum(each == sort for each in found) >= number, sort


def test_the_pages_say_what_the_data_says() -> None:
    assert (DOCS / "proof.md").read_text() == markdown(list(KEPT.values()))
    pages = {file.stem: file.read_text() for file in (DOCS / "proof").iterdir()}
    assert pages == {name: messages(each) for name, each in KEPT.items()}


def test_mutants_do_not_get_through() -> None:
    assert score.below(list(KEPT.values()), whole=WHOLE, claim=CLAIM) == []


def test_a_report_keeps_what_is_known_of_other_assignments(tmp_path: Path) -> None:
    name, title = assignment.names()[0], "Assignment"
    _write([Proof(name, title, []), Proof("of-old", title, [])], tmp_path)
    _write([Proof("another", title, [])], tmp_path)
    kept = from_data(json.loads((tmp_path / "proof.json").read_text()))
    assert [each.name for each in kept] == sorted(["another", name]), "what is no assignment any more goes"
    assert f"## {title}" in (tmp_path / "proof.md").read_text()
    assert {file.stem for file in (tmp_path / "proof").iterdir()} == {name, "of-old", "another"}


def test_a_report_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "proof.json").write_text("{")
    with pytest.raises(UsageError, match="the proof cannot be written"):
        _write([], tmp_path)
