"""Every cause that a check names, on a real cluster: the fault gives the whole message, mended it passes."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import NamedTuple

import pytest

from fixtures.live import LiveCluster
from tests.causes import CASES, CONTROLS, DATA, Trial, matches, placed

pytestmark = [pytest.mark.cluster, pytest.mark.shared]

AT_ONCE = 12


class Verdict(NamedTuple):
    """What a claim said in the namespace of a case."""

    namespace: str
    broken: str
    mended: str


def test_the_cases_are_told_apart() -> None:
    assert len(CASES) == len(DATA["cases"]) > 20
    assert all(case.keys() - {"right"} == {"cause", "fault", "claim", "message"} for case in CASES.values())


@pytest.fixture(scope="module")
def verdicts(request: pytest.FixtureRequest, cluster: LiveCluster) -> Iterator[dict[str, Future[Verdict]]]:
    """Judge all cases that this run has chosen, side by side: each mostly waits."""
    chosen = {
        item.callspec.params["cause"]
        for item in request.session.items
        if hasattr(item, "callspec") and "cause" in item.callspec.params
    }
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {cause: pool.submit(judge, cluster, cause) for cause in CASES if cause in chosen}
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("cause", CASES)
def test_a_fault_is_named(verdicts: dict[str, Future[Verdict]], cause: str) -> None:
    found = verdicts[cause].result()
    assert matches(found.broken, placed(CASES[cause]["message"], found.namespace)), found.broken


@pytest.mark.parametrize("cause", CONTROLS.values())
def test_its_mending_passes(verdicts: dict[str, Future[Verdict]], cause: str) -> None:
    assert verdicts[cause].result().mended == ""


def judge(cluster: LiveCluster, cause: str) -> Verdict:
    """Return what the claim of a case says of its fault, and of the mended manifests."""
    with ExitStack() as made:
        trial = Trial(cluster, CASES[cause], made)
        return Verdict(
            trial.app.namespace, trial.broken(), trial.mended() if cause in CONTROLS.values() else ""
        )
