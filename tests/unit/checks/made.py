"""Objects as the controllers of a cluster make them, and what the tests of several files share."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from checks.cluster import Object, Reply
from checks.errors import CheckFailed, GraderError, Hopeless
from checks.fake import Fake
from checks.noun import Noun, check
from checks.objects import carries, ready

NS = "k-1"


def meta(kind: str, name: str, labels: Mapping[str, str] | None = None, owner: Object | None = None) -> dict:
    """Return the metadata that every object has."""
    made: dict[str, Any] = {"name": name, "namespace": NS, "uid": f"{kind}-{name}", "labels": labels or {}}
    if owner:
        of = owner["metadata"]
        reference = {"kind": owner["kind"], "name": of["name"], "uid": of["uid"], "controller": True}
        made["ownerReferences"] = [reference]
    return made


def pod(
    name: str,
    ip: str = "10.0.0.1",
    labels: Mapping[str, str] | None = None,
    *,
    ready: bool = True,
    owner: Object | None = None,
    state: Object | None = None,
    ports: tuple[int, ...] = (80,),
    **status: Any,
) -> dict[str, Any]:
    """Return a pod with one container, `main`; `state` goes into the container's status."""
    container = {"name": "main", "ready": ready, "image": "nginx", "restartCount": 0}
    container |= {"state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}}} if state is None else state
    return {
        "kind": "Pod",
        "metadata": meta("Pod", name, labels, owner),
        "spec": {"containers": [{"name": "main", "ports": [{"containerPort": port} for port in ports]}]},
        "status": {
            "phase": "Running",
            "podIP": ip,
            "conditions": [{"type": "Ready", "status": str(ready)}],
            "containerStatuses": [container],
            **status,
        },
    }


def waiting(reason: str, message: str = "") -> dict[str, Any]:
    """Return the state of a container that waits."""
    return {"state": {"waiting": {"reason": reason, "message": message}}}


def deploy(
    cluster: Fake,
    name: str,
    replicas: int = 1,
    labels: Mapping[str, str] | None = None,
    *,
    net: int = 0,
    image: str = "nginx:1.27",
    **pods: Any,
) -> list[Object]:
    """Put a Deployment, its ReplicaSet and its pods, which are called NAME-1, NAME-2 …; return the pods."""
    labels = {"app": name, **(labels or {})}
    good = replicas if pods.get("ready", True) else 0
    counts = dict.fromkeys(("readyReplicas", "availableReplicas"), good)
    status = {"observedGeneration": 1, "replicas": replicas, "updatedReplicas": replicas, **counts}
    spec = {
        "replicas": replicas,
        "selector": {"matchLabels": {"app": name}},
        "template": {
            "metadata": {"labels": labels},
            "spec": {"containers": [{"name": "main", "image": image}]},
        },
    }
    owner = cluster.put(
        {"kind": "Deployment", "metadata": meta("Deployment", name), "spec": spec, "status": status}
    )
    owner = cluster.put(
        {
            "kind": "ReplicaSet",
            "metadata": meta("ReplicaSet", f"{name}-rs", labels, owner),
            "spec": spec,
            "status": status,
        }
    )
    return [
        cluster.put(pod(f"{name}-{i}", f"10.0.{net}.{i}", labels, owner=owner, **pods))
        for i in range(1, replicas + 1)
    ]


def told(use: Callable[[], object]) -> str:
    """Return what a learner reads of a check that fails, without the indent."""
    with pytest.raises(CheckFailed) as failure:
        use()
    return textwrap.dedent(str(failure.value))


def change(cluster: Fake, kind: str, name: str, **parts: Any) -> None:
    """Change parts of an object, such as `status={…}`; its controller has seen it."""
    obj = cluster.patch(kind, name, NS, parts)
    cluster.patch(kind, name, NS, {"status": {"observedGeneration": obj["metadata"]["generation"]}})


def second(number: int) -> str:
    """Return a moment as the API server writes it."""
    return f"2026-01-01T00:{number // 60:02}:{number % 60:02}Z"


def workload(
    cluster: Fake, kind: str, name: str, status: Object, template: Object | None = None, **spec: Any
) -> Object:
    """Put a workload whose pods run nginx, without any pod."""
    container = {"name": "main", "image": "nginx:1.27"}
    pods = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container], **(template or {})}}
    spec = {"selector": {"matchLabels": {"app": name}}, "template": pods, **spec}
    status = {"observedGeneration": 1, **status}
    return cluster.put({"kind": kind, "metadata": meta(kind, name), "spec": spec, "status": status})


def replica_set(cluster: Fake, name: str, replicas: int = 2) -> list[Object]:
    """Put a ReplicaSet that nobody owns, and its pods, which are called NAME-1, NAME-2 …; return the pods."""
    counts = dict.fromkeys(("replicas", "readyReplicas", "availableReplicas"), replicas)
    owner = workload(cluster, "ReplicaSet", name, counts, replicas=replicas)
    return [cluster.put(pod(f"{name}-{i}", owner=owner)) for i in range(1, replicas + 1)]


def stateful_set(cluster: Fake, name: str, replicas: int = 3, *, apart: int = 5, **spec: Any) -> list[Object]:
    """Put a StatefulSet and its pods, so many seconds apart, each Ready after 4; return the pods."""
    keys = ("replicas", "readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas")
    revision = f"{name}-5b9"
    status = {**dict.fromkeys(keys, replicas), "currentRevision": revision, "updateRevision": revision}
    owner = workload(cluster, "StatefulSet", name, status, replicas=replicas, **spec)
    return [stateful_pod(cluster, owner, i, made=apart * i) for i in range(replicas)]


def stateful_pod(cluster: Fake, owner: Object, number: int, *, made: int, uid: str | None = None) -> Object:
    """Put a pod of a StatefulSet, made at a second, and Ready 4 later."""
    since = [{"type": "Ready", "status": "True", "lastTransitionTime": second(made + 4)}]
    obj = pod(f"{owner['metadata']['name']}-{number}", owner=owner, conditions=since)
    obj["metadata"] |= {"creationTimestamp": second(made)} | ({"uid": uid} if uid else {})
    return cluster.put(obj)


def node(cluster: Fake, name: str, labels: Mapping[str, str] | None = None, *taints: str) -> Object:
    """Put a node; taints are written as kubectl does, KEY=VALUE:EFFECT."""
    found = [
        {"key": key, "value": value, "effect": effect}
        for taint in taints
        for word, _, effect in [taint.partition(":")]
        for key, _, value in [word.partition("=")]
    ]
    obj = {"name": name, "uid": f"Node-{name}", "labels": {"kubernetes.io/hostname": name, **(labels or {})}}
    return cluster.put({"kind": "Node", "metadata": obj, "spec": {"taints": found}})


def daemon_set(cluster: Fake, name: str, *nodes: str, **template: Any) -> list[Object]:
    """Put a DaemonSet and its pods on nodes, which are called NAME-NODE; return the pods."""
    keys = ("desiredNumberScheduled", "currentNumberScheduled", "updatedNumberScheduled")
    counts = dict.fromkeys((*keys, "numberReady", "numberAvailable"), len(nodes))
    owner = workload(cluster, "DaemonSet", name, counts, template)
    return [cluster.put(on(pod(f"{name}-{where}", owner=owner), where)) for where in nodes]


def on(obj: Object, where: str) -> Object:
    """Return a pod that is on a node."""
    return {**obj, "spec": {**obj["spec"], "nodeName": where}}


def job(cluster: Fake, name: str, *, ends: str = "", **status: Any) -> Object:
    """Put a Job of 2 completions, without any pod; `ends` is the condition that it has."""
    conditions = [{"type": ends, "status": "True"}] if ends else []
    return workload(cluster, "Job", name, {"conditions": conditions, **status}, completions=2)


def ended(cluster: Fake, name: str, owner: Object, code: int, *, made: int = 0) -> Object:
    """Put a pod that ended with an exit code."""
    state = {"state": {"terminated": {"exitCode": code}}}
    obj = pod(name, owner=owner, ready=False, state=state, phase="Failed" if code else "Succeeded")
    obj["metadata"]["creationTimestamp"] = second(made)
    return cluster.put(obj)


def cron_job(cluster: Fake, name: str, schedule: str = "*/5 * * * *", **spec: Any) -> Object:
    """Put a CronJob whose Jobs run busybox."""
    pods = {"spec": {"containers": [{"name": "main", "image": "busybox:1.36"}], "restartPolicy": "Never"}}
    template = {
        "metadata": {"labels": {"app": name}, "annotations": {"note": "mine"}},
        "spec": {"backoffLimit": 1, "template": pods},
    }
    spec = {"schedule": schedule, "jobTemplate": template, **spec}
    return cluster.put({"kind": "CronJob", "metadata": meta("CronJob", name), "spec": spec})


def expose(
    cluster: Fake,
    name: str,
    selector: Mapping[str, str] | None,
    *,
    port: int = 80,
    target: int = 80,
    ports: list[Object] | None = None,
    **spec: Any,
) -> None:
    """Put a Service, and the endpoints that go with the pods as they are now."""
    ports = ports if ports is not None else [{"port": port, "targetPort": target}]
    more = {"selector": selector, "clusterIP": "10.96.0.1", "ports": ports, **spec}
    cluster.put({"kind": "Service", "metadata": meta("Service", name), "spec": more})
    endpoints(cluster, name, target)


def endpoints(cluster: Fake, name: str, target: int = 80) -> None:
    """Put the endpoints of a Service, which are the Ready pods that it selects."""
    service = cluster.get("Service", name, NS)
    selector = service["spec"]["selector"] if service else None
    pods = [item for item in cluster.list("Pod", NS) if selector and carries(item, selector) and ready(item)]
    slice_of(cluster, name, *pods, target=target)


def slice_of(cluster: Fake, service: str, *pods: Object, target: int = 80, **port: Any) -> None:
    """Put the endpoints of a Service."""
    cluster.put(
        {
            "kind": "EndpointSlice",
            "metadata": meta("EndpointSlice", f"{service}-x", {"kubernetes.io/service-name": service}),
            "ports": [{"port": target, "name": "", **port}],
            "endpoints": [
                {
                    "addresses": [item["status"]["podIP"]],
                    "conditions": {"ready": True},
                    "targetRef": {"uid": item["metadata"]["uid"], "name": item["metadata"]["name"]},
                }
                for item in pods
            ],
        }
    )


def serve(cluster: Fake, *pods: Object, port: int = 80, **reply: Any) -> None:
    """Let something listen in pods."""
    for item in pods:
        cluster.serving[item["status"]["podIP"], port] = Reply("answered", **{"status": 200, **reply})


class Lamp(Noun):
    """A noun whose readings a test decides: `on` is true, everything else is false in its own way."""

    kind = "Pod"
    kinds = ("Pod",)

    def __init__(self, cluster: Fake, name: str = "lamp", shows: str = "off") -> None:
        super().__init__(cluster, NS, name)
        self.shows = shows
        self.read_at: list[float] = []
        self.takes = 0.0

    @check
    def is_on(self) -> None:
        """The lamp is on, for as long as the noun says."""
        self._read()

    @check(hold=0)
    def flashes(self) -> None:
        """The lamp is on once."""
        self._read()

    def _read(self) -> None:
        self.read_at.append(self.cluster.now)
        self.cluster.advance(self.takes)
        match self.shows:
            case "on":
                return
            case "burnt out":
                raise Hopeless(expected="on", found=self.shows)
            case "hidden":
                raise GraderError("the lamp cannot be seen")
            case "wild":
                raise CheckFailed(expected="on", found=self.shows, settles=False)
            case _:
                raise CheckFailed(expected="on", found=self.shows)

    def turns(self, shows: str, *, at: float, seen: bool = True) -> None:
        """Change at a moment; `seen` lets an object change with it."""

        def change() -> None:
            self.shows = shows
            if seen:
                self.cluster.put(pod("switch"))

        self.cluster.at(at, change)


def keep_moving(cluster: Fake) -> None:
    """Put a pod that is never Ready: nothing in the namespace is final."""
    cluster.put(pod("moving", ready=False))
