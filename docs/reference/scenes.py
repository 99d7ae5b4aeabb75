"""Small clusters in which the examples of checks.md fail in a telling way: one mistake each, no more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from checks.cluster import Object, Reply
from checks.fake import Fake
from checks.objects import carries, ready

NAMESPACE = "shop"
FRONT = {"tier": "front"}
POD_NAMES = {"web": "web-5b8677dc4f-ms76t", "blue": "blue-6d4f98c7b-x2x1p", "green": "green-6c56f6949c-jkbbs"}


class Scene(NamedTuple):
    """Where the example of one check fails."""

    check: str
    """`Service.answers`."""
    where: str
    """What is wrong, to follow "The message"."""
    cluster: Fake


def scenes() -> dict[str, Scene]:
    """Make all scenes, by their checks; each serves once, as an example leaves its traces in a cluster."""
    made = (
        port_nobody_listens_on(),
        label_is_missing(),
        selector_typo(),
        pod_without_the_label(),
        pod_in_rotation(),
        service_with_an_endpoint(),
        image_typo(),
        another_image(),
        pod_that_stays("Deployment.replaces"),
        pod_that_stays("Pod.is_gone"),
        restart(),
        label_of_the_owner(),
    )
    return {scene.check: scene for scene in made}


def port_nobody_listens_on() -> Scene:
    """Let the Service send to port 80, where the pod listens on 8080."""
    cluster = Fake()
    deploy(cluster, "web", port=8080)
    expose(cluster, {"app": "web"})
    return Scene("Service.answers", "when the Service sends to a port where nothing listens", cluster)


def label_is_missing() -> Scene:
    """Let one of two Deployments lack the label that the Service selects by."""
    cluster = Fake()
    deploy(cluster, "blue", FRONT)
    deploy(cluster, "green")
    expose(cluster, FRONT)
    return Scene("Service.routes_to_exactly", "when the pods of one Deployment lack the label", cluster)


def selector_typo() -> Scene:
    """Let the Service select by a label that nobody has."""
    cluster = Fake()
    deploy(cluster, "blue", FRONT)
    deploy(cluster, "green", FRONT)
    expose(cluster, {"tier": "fornt"})
    return Scene("Service.reaches_each", "when the selector of the Service has a typo", cluster)


def pod_without_the_label() -> Scene:
    """Let a pod lack the label that the Service selects by."""
    cluster = Fake()
    deploy(cluster, "web")
    deploy(cluster, "blue", FRONT)
    expose(cluster, FRONT)
    return Scene("Service.includes", "when the pod lacks the label", cluster)


def pod_in_rotation() -> Scene:
    """Let a pod be Ready and carry the label that the Service selects by."""
    cluster = Fake()
    deploy(cluster, "web", FRONT)
    expose(cluster, FRONT)
    return Scene("Service.excludes", "when the pod is in the rotation", cluster)


def service_with_an_endpoint() -> Scene:
    """Let a Service have a pod that it sends to."""
    cluster = Fake()
    deploy(cluster, "web")
    expose(cluster, {"app": "web"})
    return Scene("Service.refuses", "when there is a Ready pod behind the Service", cluster)


def image_typo() -> Scene:
    """Let a Deployment ask for an image that does not exist."""
    cluster = Fake()
    waiting = {"reason": "ImagePullBackOff", "message": "docker.io/library/ngnix:1.27: not found"}
    deploy(cluster, "web", image="ngnix:1.27", state={"waiting": waiting})
    return Scene("Deployment.rolled_out", "when the image does not exist", cluster)


def another_image() -> Scene:
    """Let a Deployment run another image than the examples ask for."""
    cluster = Fake()
    deploy(cluster, "web", image="httpd:2.4")
    return Scene("Deployment.runs_image", "when the Deployment runs another image", cluster)


def pod_that_stays(check: str) -> Scene:
    """Let a pod be there, and nobody delete it."""
    cluster = Fake()
    deploy(cluster, "web")
    return Scene(check, "when the pod is still there", cluster)


def restart() -> Scene:
    """Let a container be restarted after four seconds."""
    cluster = Fake()
    pod = deploy(cluster, "web")
    (status,) = pod["status"]["containerStatuses"]
    later = {"status": {"containerStatuses": [{**status, "restartCount": 1}]}}
    cluster.at(4, lambda: cluster.patch("Pod", pod["metadata"]["name"], NAMESPACE, later))
    return Scene("Pod.keeps_running", "when a container of the pod is restarted", cluster)


def label_of_the_owner() -> Scene:
    """Let the Service select by the very label that the Deployment selects by."""
    cluster = Fake()
    deploy(cluster, "web")
    expose(cluster, {"app": "web"})
    where = "when the Service selects by nothing but the Deployment's own label"
    return Scene("faults.out_of_rotation", where, cluster)


def deploy(
    cluster: Fake,
    name: str,
    labels: Mapping[str, str] | None = None,
    *,
    image: str = "nginx:1.27",
    port: int = 80,
    state: Object | None = None,
) -> Object:
    """Put a Deployment with one pod, which serves a port unless it is in another `state`; return the pod."""
    labels = {"app": name, **(labels or {})}
    container = {"name": "main", "image": image, "ports": [{"containerPort": port}]}
    good = state is None
    spec = {
        "replicas": 1,
        "selector": {"matchLabels": {"app": name}},
        "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
    }
    status = {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1}
    status |= dict.fromkeys(("readyReplicas", "availableReplicas"), int(good))
    owner = put(cluster, "Deployment", name, spec=spec, status=status)
    pod_name = POD_NAMES[name]
    replica_set = put(
        cluster, "ReplicaSet", pod_name.rpartition("-")[0], labels, owner, spec=spec, status=status
    )
    ip = f"10.244.0.{10 + len(cluster.list('Pod'))}"
    main = {
        "name": "main",
        "image": image,
        "ready": good,
        "restartCount": 0,
        "state": state or {"running": {}},
    }
    pod_status = {
        "phase": "Running" if good else "Pending",
        "podIP": ip,
        "conditions": [{"type": "Ready", "status": str(good)}],
        "containerStatuses": [main],
    }
    if good:
        cluster.serving[ip, port] = Reply("answered", status=200)
    return put(
        cluster, "Pod", pod_name, labels, replica_set, spec={"containers": [container]}, status=pod_status
    )


def expose(cluster: Fake, selector: Mapping[str, str]) -> None:
    """Put the Service `web` on port 80, and its endpoints: the Ready pods that it selects."""
    port = {"port": 80, "targetPort": 80}
    put(cluster, "Service", "web", spec={"selector": selector, "clusterIP": "10.96.0.10", "ports": [port]})
    endpoints = [
        {
            "addresses": [pod["status"]["podIP"]],
            "conditions": {"ready": True},
            "targetRef": {"name": pod["metadata"]["name"], "uid": pod["metadata"]["uid"]},
        }
        for pod in cluster.list("Pod", NAMESPACE)
        if carries(pod, selector) and ready(pod)
    ]
    label = {"kubernetes.io/service-name": "web"}
    ports = [{"name": "", "port": 80}]
    put(cluster, "EndpointSlice", "web-x7k2p", label, ports=ports, endpoints=endpoints)


def put(
    cluster: Fake,
    kind: str,
    name: str,
    labels: Mapping[str, str] | None = None,
    owner: Object | None = None,
    **fields: Any,  # noqa: ANN401 - whatever the kind has
) -> Object:
    """Put an object that another one may own."""
    meta: dict[str, Any] = {"name": name, "namespace": NAMESPACE, "labels": labels or {}}
    if owner:
        of = owner["metadata"]
        reference = {"kind": owner["kind"], "name": of["name"], "uid": of["uid"], "controller": True}
        meta["ownerReferences"] = [reference]
    return cluster.put({"kind": kind, "metadata": meta, **fields})
