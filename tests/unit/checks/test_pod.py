"""One pod, known by its UID: whether it stays up, and whether it is gone."""

from __future__ import annotations

from typing import Any

import pytest
from made import NS, pod

from checks import CheckFailed, Pod, consistently
from checks.fake import Fake


def restarted(times: int) -> dict[str, Any]:
    """Return a change of how often the pod was started again."""
    status = {
        "name": "main",
        "ready": True,
        "restartCount": times,
        "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}},
    }
    return {"status": {"containerStatuses": [status]}}


NOT_READY = {"status": {"conditions": [{"type": "Ready", "status": "False"}]}}


@pytest.fixture
def web(cluster: Fake) -> Pod:
    """A pod that was restarted twice before anybody looked."""
    cluster.put(pod("web"))
    return Pod.of(cluster, cluster.patch("Pod", "web", NS, restarted(2)))


def test_a_pod_that_stays_as_it_is_keeps_running(web: Pod) -> None:
    consistently(web, during=10).keeps_running()
    with pytest.raises(CheckFailed, match="it is Ready"):
        web.is_gone()


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (restarted(3), "it was restarted once"),
        (restarted(5), "it was restarted 3 times"),
        ({"status": {"phase": "Failed"}}, "its phase is Failed"),
        ({"status": {"phase": None}}, "its phase is Unknown"),
        (NOT_READY, "it is not Ready"),
        ({"metadata": {"deletionTimestamp": "now"}}, "it is being deleted"),
    ],
    ids=["restart", "restarts", "ended", "no phase", "not ready", "deleted"],
)
def test_a_change_for_the_worse_is_seen(cluster: Fake, web: Pod, change: dict[str, Any], found: str) -> None:
    cluster.at(5, lambda: cluster.patch("Pod", "web", NS, change))
    with pytest.raises(CheckFailed) as failure:
        consistently(web, during=10).keeps_running()
    assert (cluster.now, failure.value.found) == (5, found)


def test_a_pod_that_need_not_be_ready_keeps_running_without(cluster: Fake, web: Pod) -> None:
    cluster.patch("Pod", "web", NS, NOT_READY)
    web.keeps_running(ready=False)


def test_a_namesake_is_another_pod(cluster: Fake, web: Pod) -> None:
    cluster.remove("Pod", "web", NS)
    cluster.put({**pod("web"), "metadata": {"name": "web", "namespace": NS, "uid": "another"}})
    web.is_gone()
    with pytest.raises(CheckFailed, match="it is gone"):
        web.keeps_running()


def test_a_pod_is_gone_when_its_grace_is_over_and_not_before(cluster: Fake, web: Pod) -> None:
    cluster.delete("Pod", "web", NS, grace=2)
    with pytest.raises(CheckFailed, match="it is being deleted"):
        web.is_gone()
    cluster.advance(2)
    web.is_gone()
