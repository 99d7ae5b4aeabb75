"""Small clusters in which the examples of admission, and of requests and limits, fail in a telling way."""

from __future__ import annotations

from checks.cluster import Object
from checks.fake import Fake
from docs.reference.scenes import NAMESPACE, Scene, deploy, put

LIMIT_RANGER = "kubernetes.io/limit-ranger"


def scenes() -> list[Scene]:
    """Make all scenes; each serves once, as an example leaves its traces in a cluster."""
    return [
        no_defaults(),
        used_up(),
        quota_with_room(),
        refused_for_another_reason(),
        no_limit("Pod.has_qos"),
        no_limit("Workload.has_qos"),
        default_limit(),
        resize_that_waits(),
    ]


def no_defaults() -> Scene:
    """Let nothing set the limits that the example wants."""
    return Scene("Admission.admits", "when there is no LimitRange", Fake())


def used_up() -> Scene:
    """Let a quota have no room for the object."""
    cluster = Fake()
    quota(cluster, used="4")
    words = "exceeded quota: team, requested: pods=1, used: pods=4, limited: pods=4"
    cluster.admits = lambda obj: f'pods "try-x7k2p" is forbidden: {words}'
    return Scene("Admission.admits", "when a quota is used up", cluster)


def quota_with_room() -> Scene:
    """Let a quota have room for one more pod."""
    cluster = Fake()
    quota(cluster, used="3")
    return Scene("Admission.refuses", "when the quota has room", cluster)


def refused_for_another_reason() -> Scene:
    """Let a quota want limits that the manifest does not have."""
    cluster = Fake()
    quota(cluster, used="0")
    words = "failed quota: team: must specify limits.memory for: main"
    cluster.admits = lambda obj: f'pods "try-x7k2p" is forbidden: {words}'
    return Scene("Admission.refuses", "when it is refused for another reason", cluster)


def no_limit(check: str) -> Scene:
    """Let a container have requests only."""
    cluster = Fake()
    resources = {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "64Mi"}}
    given(cluster, deploy(cluster, "web"), resources, qosClass="Burstable")
    return Scene(check, "when a limit is missing", cluster)


def default_limit() -> Scene:
    """Let a LimitRange set the limit that the manifest does not have."""
    cluster = Fake()
    put(cluster, "LimitRange", "defaults", spec={"limits": [{"type": "Container"}]})
    pod = given(cluster, deploy(cluster, "web"), {"limits": {"memory": "256Mi"}})
    noted = {LIMIT_RANGER: "LimitRanger plugin set: memory limit for container main"}
    cluster.patch("Pod", pod["metadata"]["name"], NAMESPACE, {"metadata": {"annotations": noted}})
    return Scene("Container.has_resources", "when the limit is that of a LimitRange", cluster)


def resize_that_waits() -> Scene:
    """Let a pod ask for more than its node has."""
    cluster = Fake()
    pod = given(cluster, deploy(cluster, "web"), {"limits": {"memory": "128Mi"}})
    (status,) = pod["status"]["containerStatuses"]
    waits = {
        "type": "PodResizePending",
        "status": "True",
        "reason": "Deferred",
        "message": "Node didn't have enough resource: memory",
    }
    before = {"limits": {"memory": "64Mi"}}
    conditions = [*pod["status"]["conditions"], waits]
    part = {"containerStatuses": [{**status, "resources": before}], "conditions": conditions}
    cluster.patch("Pod", pod["metadata"]["name"], NAMESPACE, {"status": part})
    return Scene("Container.has_resources", "when the pod waits to be resized", cluster)


def quota(cluster: Fake, used: str) -> None:
    """Put a quota of four pods."""
    hard = {"pods": "4"}
    put(
        cluster,
        "ResourceQuota",
        "team",
        spec={"hard": hard},
        status={"hard": hard, "used": {"pods": used}},
    )


def given(cluster: Fake, pod: Object, resources: Object, **status: str) -> Object:
    """Give a pod's container requests and limits; return the pod."""
    (main,) = pod["spec"]["containers"]
    parts = {"spec": {"containers": [{**main, "resources": resources}]}, "status": status}
    return cluster.patch("Pod", pod["metadata"]["name"], NAMESPACE, parts)
