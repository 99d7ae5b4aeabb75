"""Small clusters in which the examples of the Service checks fail in a telling way."""

from __future__ import annotations

from typing import Any

from checks.cluster import Object
from checks.fake import Fake
from docs.reference.scenes import NAMESPACE, Scene, deploy, expose, pod, put


def scenes() -> list[Scene]:
    """Make all scenes; each serves once, as an example leaves its traces in a cluster."""
    return [
        no_node_port(),
        no_affinity(),
        selector_of_a_headless_service(),
        type_is_another(),
        slice_without_the_label(),
    ]


def no_node_port() -> Scene:
    """Let the Service have the type that is made when nobody says which."""
    cluster = Fake()
    deploy(cluster, "web")
    expose(cluster, {"app": "web"})
    example = 'eventually(app.service("web")).answers("/", node_port=True)'
    return Scene("Service.answers", "when the Service has no node port", cluster, example)


def no_affinity() -> Scene:
    """Let the Service send each request to the next of its two pods."""
    cluster = Fake()
    runs = deploy(cluster, "web")
    second = pod(cluster, "web-5b8677dc4f-zk5wq", runs["metadata"]["labels"])
    of = {"metadata": {"ownerReferences": runs["metadata"]["ownerReferences"]}}
    cluster.patch("Pod", second["metadata"]["name"], NAMESPACE, of)
    for kind, name in (("Deployment", "web"), ("ReplicaSet", "web-5b8677dc4f")):
        counts = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")
        changed = {"spec": {"replicas": 2}, "status": {"observedGeneration": 2, **dict.fromkeys(counts, 2)}}
        cluster.patch(kind, name, NAMESPACE, changed)
    expose(cluster, {"app": "web"})
    return Scene("Service.sticks_to_one_pod", "when the Service has no session affinity", cluster)


def selector_of_a_headless_service() -> Scene:
    """Let a headless Service select by a label that nobody has: then DNS does not know it."""
    cluster = Fake()
    deploy(cluster, "db", port=5432)
    service(cluster, "db", selector={"app": "bd"}, clusterIP="None", ports=[{"port": 5432}])
    return Scene("Service.resolves_to_endpoints", "when a headless Service selects no pod", cluster)


def type_is_another() -> Scene:
    """Let a Service name the host, and be of another type."""
    cluster = Fake()
    external = {"externalName": "kubernetes.io", "clusterIP": "10.96.0.10"}
    service(cluster, "k8s", ports=[{"port": 443}], **external)
    return Scene("Service.points_to", "when the Service has another type", cluster)


def slice_without_the_label() -> Scene:
    """Let the right addresses be in a slice that does not say whose they are."""
    cluster = Fake()
    service(cluster, "db", clusterIP="10.96.0.10", ports=[{"port": 5432}])
    listed = [{"addresses": ["192.0.2.7"]}, {"addresses": ["192.0.2.8"]}]
    put(cluster, "EndpointSlice", "db-1", addressType="IPv4", ports=[{"port": 5432}], endpoints=listed)
    where = "when the EndpointSlice lacks the label of the Service"
    return Scene("Service.routes_to_addresses", where, cluster)


def service(cluster: Fake, name: str, **spec: Any) -> Object:  # noqa: ANN401 - whatever a Service has
    """Put a Service, without any endpoint."""
    return put(cluster, "Service", name, spec=spec)
