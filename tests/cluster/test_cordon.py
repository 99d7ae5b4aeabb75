"""A cordoned node, which no other test can have beside it."""

from __future__ import annotations

import pytest

from checks import CheckFailed, Deployment, Solution, eventually, faults
from tests.manifests import Made, workload

pytestmark = pytest.mark.cluster


def test_a_node_that_is_cordoned_takes_no_successor(
    app: Solution, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(workload("Deployment", "bound"))
    eventually(app.deployment("bound")).rolled_out()
    monkeypatch.setattr(Deployment, "patience", 20.0)
    bound = app.deployment("bound")
    pod = bound.pods[0]
    with faults.cordoned(pod), faults.killed(pod), pytest.raises(CheckFailed) as failure:
        eventually(bound).replaces(pod)
    assert "unschedulable" in failure.value.because
    monkeypatch.undo()
    eventually(bound).replaces(pod)
