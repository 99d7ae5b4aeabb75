"""Whether anything in a namespace is still under way. What is at rest can be judged at once."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from checks.cluster import Cluster, Object
from checks.objects import carries, controller, dig, finished, observed, ready, terminating, uid

WORKLOADS = ("Deployment", "ReplicaSet", "DaemonSet", "StatefulSet", "Job")
_KINDS = ("Pod", *WORKLOADS, "Service", "EndpointSlice")
"""In this order: while something is under way, it mostly shows in a pod, and the others need no look."""

_unseen: ContextVar[tuple[float, ...]] = ContextVar("unseen", default=())


@contextmanager
def unseen(seconds: float = 0.0) -> Iterator[None]:
    """Let nothing be at rest while the block runs: what is under way shows in no object, for so long."""
    token = _unseen.set((*_unseen.get(), seconds))
    try:
        yield
    finally:
        _unseen.reset(token)


def unseen_for() -> float:
    """Return for how many seconds something may be under way that shows in no object."""
    return max(_unseen.get(), default=0.0)


def at_rest(cluster: Cluster, namespaces: Iterable[str]) -> bool:
    """Return whether nothing is under way in any of these namespaces."""
    return all(digest_at_rest(cluster, namespace) is not None for namespace in namespaces)


def digest_at_rest(cluster: Cluster, namespace: str) -> str | None:
    """Return a digest of all workloads, pods, Services and endpoints, None while one of them is under way.

    At rest: every controller has seen its object and made what it asks for, every pod is Ready or has ended,
    none is being deleted or has lost the workload that owns it, and the endpoints are the Ready pods that
    each Service selects. Two equal digests with some seconds between them say that nothing happened, and
    nothing is due.
    """
    if _unseen.get():
        return None
    found: dict[str, Sequence[Object]] = {}
    for kind in _KINDS:
        found[kind] = cluster.list(kind, namespace)
        if not all(_made(kind, obj) and not terminating(obj) for obj in found[kind]):
            return None
    there = {uid(obj): obj for objects in found.values() for obj in objects}
    if any(_is_orphaned(obj, there) for obj in there.values()):
        return None
    if not all(_agree(service, found["EndpointSlice"], found["Pod"]) for service in found["Service"]):
        return None
    return digest_of("", *found.values())


def digest_of(digest: str, *lists: Iterable[Object]) -> str:
    """Return a digest of objects in the versions in which they were read, and of another digest."""
    versions = sorted(
        f"{uid(obj)} {obj['metadata']['resourceVersion']}" for objects in lists for obj in objects
    )
    return hashlib.sha256("\n".join([digest, *versions]).encode()).hexdigest()


def _made(kind: str, obj: Object) -> bool:
    """Return whether a workload's controller has nothing left to do, and a pod nothing to wait for."""
    wanted = dig(obj, "spec", "replicas", default=1)
    match kind:
        case "Deployment":
            counts = ["replicas", "updatedReplicas", "readyReplicas", "availableReplicas"]
        case "ReplicaSet":
            counts = ["replicas", "readyReplicas", "availableReplicas"]
        case "StatefulSet":
            counts = ["replicas", "readyReplicas", "availableReplicas"]
        case "DaemonSet":
            wanted = dig(obj, "status", "desiredNumberScheduled", default=0)
            counts = ["currentNumberScheduled", "updatedNumberScheduled", "numberReady", "numberAvailable"]
        case "Pod":
            return ready(obj) or finished(obj)
        case "Job":
            return any(
                item.get("type") in ("Complete", "Failed") and item.get("status") == "True"
                for item in dig(obj, "status", "conditions", default=[])
            )
        case _:
            return True
    return observed(obj) and all(dig(obj, "status", count, default=0) == wanted for count in counts)


def _is_orphaned(obj: Object, there: Collection[str]) -> bool:
    """Return whether the workload that an object belongs to is gone: the object goes next."""
    owner = controller(obj)
    return owner is not None and owner["kind"] in WORKLOADS and owner["uid"] not in there


def _agree(service: Object, slices: Iterable[Object], pods: Iterable[Object]) -> bool:
    """Return whether the endpoints are the Ready pods that the Service selects."""
    selector = dig(service, "spec", "selector")
    if not selector:
        return True
    listed = {
        dig(endpoint, "targetRef", "uid")
        for item in slices
        if carries(item, {"kubernetes.io/service-name": service["metadata"]["name"]})
        for endpoint in dig(item, "endpoints", default=[])
        if dig(endpoint, "conditions", "ready", default=True)
    }
    return listed == {uid(pod) for pod in pods if carries(pod, selector) and ready(pod)}
