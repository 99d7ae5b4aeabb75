"""A namespace is at rest when nothing in it is under way: only then may a verdict come early."""

from __future__ import annotations

from typing import Any

import pytest
from made import NS, deploy, expose, meta, pod, slice_of

from checks.fake import Fake
from checks.rest import digest_at_rest


@pytest.fixture
def still(cluster: Fake) -> Fake:
    """A cluster with a finished rollout behind a Service."""
    deploy(cluster, "web", 2)
    expose(cluster, "web", {"app": "web"})
    return cluster


def workload(kind: str, spec: dict[str, Any], status: dict[str, Any]) -> dict[str, Any]:
    """Return an object whose controller has seen it."""
    return {
        "kind": kind,
        "metadata": meta(kind, "it"),
        "spec": spec,
        "status": {"observedGeneration": 1, **status},
    }


DAEMON = ["desiredNumberScheduled", "currentNumberScheduled", "updatedNumberScheduled", "numberReady"]
DONE = {"conditions": [{"type": "Complete", "status": "True"}]}
SET = {"replicas": 2, "readyReplicas": 2, "availableReplicas": 2}


@pytest.mark.parametrize(
    "more",
    [
        [],
        [pod("ended", phase="Succeeded", ready=False)],
        [workload("DaemonSet", {}, {**dict.fromkeys(DAEMON, 1), "numberAvailable": 1})],
        [workload("StatefulSet", {"replicas": 2}, SET)],
        [workload("ReplicaSet", {"replicas": 0}, {})],
        [workload("Job", {}, DONE)],
    ],
    ids=["Deployment", "ended pod", "DaemonSet", "StatefulSet", "old ReplicaSet", "Job"],
)
def test_what_is_made_is_at_rest_until_something_changes(still: Fake, more: list[Any]) -> None:
    for obj in more:
        still.put(obj)
    digest = digest_at_rest(still, NS)
    assert digest
    assert digest_at_rest(still, NS) == digest
    still.put({"kind": "ConfigMap", "metadata": meta("ConfigMap", "other")})
    still.put(pod("elsewhere", ready=False) | {"metadata": {"name": "x", "namespace": "k-2"}})
    assert digest_at_rest(still, NS) == digest
    still.patch("Pod", "web-1", NS, {"metadata": {"annotations": {"seen": "yes"}}})
    assert digest_at_rest(still, NS) not in (digest, None)


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c.scale("Deployment", "web", NS, 3),
        lambda c: c.patch("Deployment", "web", NS, {"status": {"updatedReplicas": 1}}),
        lambda c: c.patch("Deployment", "web", NS, {"status": {"replicas": 3}}),
        lambda c: c.patch("ReplicaSet", "web-rs", NS, {"status": {"availableReplicas": 1}}),
        lambda c: c.put(workload("DaemonSet", {}, {**dict.fromkeys(DAEMON, 1), "numberReady": 0})),
        lambda c: c.put(workload("StatefulSet", {"replicas": 2}, {**SET, "readyReplicas": 1})),
        lambda c: c.put(workload("Job", {}, {"active": 1})),
        lambda c: c.put(workload("Deployment", {}, {"observedGeneration": 0})),
        lambda c: c.put(pod("starting", ready=False)),
        lambda c: c.delete("Pod", "web-1", NS),
        lambda c: c.put(pod("third", labels={"app": "web"})),
        lambda c: c.patch("Pod", "web-1", NS, {"metadata": {"labels": {"app": "other"}}}),
        lambda c: slice_of(c, "web"),
        lambda c: c.patch("Service", "web", NS, {"metadata": {"deletionTimestamp": "now"}}),
        lambda c: c.remove("Deployment", "web", NS),
        lambda c: c.remove("ReplicaSet", "web-rs", NS),
    ],
    ids=[
        "scaled",
        "updating",
        "old pods",
        "not available",
        "DaemonSet",
        "StatefulSet",
        "running Job",
        "not observed",
        "pod not Ready",
        "pod going",
        "endpoint missing",
        "endpoint too many",
        "endpoints late",
        "Service going",
        "ReplicaSet to go",
        "pods to go",
    ],
)
def test_what_is_under_way_is_not(still: Fake, change: Any) -> None:
    assert digest_at_rest(still, NS)
    change(still)
    assert digest_at_rest(still, NS) is None


def test_an_empty_namespace_is_at_rest(cluster: Fake) -> None:
    assert digest_at_rest(cluster, NS)


def test_a_service_without_selector_waits_for_nobody(still: Fake) -> None:
    expose(still, "by-hand", None, clusterIP="10.96.0.9")
    slice_of(still, "by-hand", pod("far", "192.0.2.7"))
    assert digest_at_rest(still, NS)
