"""Every assignment is graded as its folder says: right gets all, wrong fails for the stated reason."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from fixtures import assignment
from fixtures.proof import claims
from fixtures.proof.cases import Case, cases
from fixtures.proof.outcomes import Outcome, complaints, grade

pytestmark = [pytest.mark.cluster, pytest.mark.shared]

AT_ONCE = 3
"""Submissions graded side by side: grading waits more than it works."""
TASKS = [assignment.load(name) for name in assignment.names()]
CASES = [case for task in TASKS for case in cases(task, claims.load(task), mutants=False)]


@pytest.fixture(scope="module")
def graded(cluster: Any) -> dict[str, Outcome]:
    """What came of each shipped submission."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        outcomes = pool.map(lambda case: grade(case, "kind"), CASES)
        return dict(zip(map(str, CASES), outcomes, strict=True))


def test_there_is_something_to_prove() -> None:
    for sort, number in (("right", 3), ("wrong", 3), ("empty", 1), ("starter", 1), ("phantom", 1)):
        assert sum(case.sort == sort for case in CASES) >= number * len(TASKS) > 0, sort


@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_is_graded_as_it_has_to_be(case: Case, graded: dict[str, Outcome]) -> None:
    found = graded[str(case)]
    assert complaints(case, found) == []
    assert found.verdicts
