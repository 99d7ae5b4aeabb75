"""Every assignment is graded as its folder says: right gets all, wrong fails for the stated reason.

A sample of each, which shows whether the engine still judges as it did: `kubeproctor verify` grades them
all, and tests/unit/test_kept_proof.py sees to it that it has.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from fixtures import assignment
from fixtures.assignment import Assignment
from fixtures.child import Grades
from fixtures.proof import claims
from fixtures.proof.cases import Case, Sort, cases
from fixtures.proof.outcomes import Outcome, complaints, grade
from fixtures.replay import tape
from fixtures.replay.replaying import replay
from reports import result_json
from reports.model import ClaimResult

pytestmark = [pytest.mark.cluster, pytest.mark.shared, pytest.mark.timeout(3000)]

AT_ONCE = 6
"""Submissions graded side by side: grading waits more than it works."""
SAMPLE: dict[Sort, int] = {"phantom": 1, "right": 1, "wrong": 2}
"""How many of an assignment's submissions of a sort are graded, from the first to the last by name."""

EVIDENCE = 2_000_000
"""Bytes that a result may take, with all that the cluster said."""


def sample(task: Assignment) -> list[Case]:
    found = []
    for sort, number in SAMPLE.items():
        every = [case for case in cases(task, claims.load(task), mutants=False) if case.sort == sort]
        found += [every[i * (len(every) - 1) // max(1, number - 1)] for i in range(number)]
    return found


TASKS = [assignment.load(name) for name in assignment.names()]
CASES = [case for task in TASKS for case in sample(task)]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A folder for the result of each of them."""
    return {str(case): tmp_path_factory.mktemp("result") for case in CASES}


@pytest.fixture(scope="module")
def graded(cluster: Any, results: dict[str, Path]) -> dict[str, Outcome]:
    """What came of each of them."""
    grades = Grades()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        outcomes = pool.map(lambda case: grade(case, "kind", results[str(case)], grades), CASES)
        return dict(zip(map(str, CASES), outcomes, strict=True))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_is_graded_as_it_has_to_be(case: Case, graded: dict[str, Outcome]) -> None:
    found = graded[str(case)]
    assert complaints(case, found) == []
    assert found.verdicts


@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_is_judged_alike_without_the_cluster(
    case: Case, graded: dict[str, Outcome], results: dict[str, Path]
) -> None:
    folder = results[str(case)] / case.assignment.name
    assert sum(file.stat().st_size for file in folder.iterdir() if file.is_file()) < EVIDENCE
    run = result_json.read(folder / "result.json")
    again = replay(run, tape.read(folder / tape.FILE), case.assignment)
    assert [told(claim) for claim in again.claims] == [told(claim) for claim in run.claims]


def told(claim: ClaimResult) -> tuple[str, str, dict[str, str]]:
    """Return what is said of a claim, but for how long was waited: one reading more or less changes that."""
    cause = dict(claim.cause.lines()) if claim.cause else {}
    cause.pop("waited", None)
    return claim.id, claim.verdict, cause
