"""A kubelet for pods in memory: it probes them, and acts when what their probes ask fails for too long."""

from __future__ import annotations

import copy
from typing import Any

from made import NS, endpoints

from checks.cluster import Disturbance, Object
from checks.fake import Fake
from checks.objects import dig
from checks.probes import Found, Which, patience_of, probed

GET = {"httpGet": {"path": "/", "port": 80}}


def with_probes(cluster: Fake, *names: str, owner: str = "web", **probes: Any) -> None:
    """Give a Deployment and these pods of it probes, as `readinessProbe={…}`, on their only container."""
    for kind, name in [("Deployment", owner), *(("Pod", name) for name in names)]:
        obj = copy.deepcopy(dict(cluster.get(kind, name, NS) or {}))
        spec = obj["spec"]["template"]["spec"] if kind == "Deployment" else obj["spec"]
        spec["containers"][0] |= probes
        generation = cluster.put(obj)["metadata"]["generation"]
        if kind == "Deployment":
            cluster.patch(kind, name, NS, {"status": {"observedGeneration": generation}})


class Kubelet:
    """Reacts to disturbances as a kubelet does, and keeps the endpoints of a Service as they are to be."""

    def __init__(self, cluster: Fake, service: str = "") -> None:
        self.cluster, self.service = cluster, service
        self.broken: list[tuple[str, Disturbance]] = []
        cluster.reacts = self.reacts

    def reacts(self, pod: Object, disturbance: Disturbance, begins: bool) -> None:
        """Let the probes that a disturbance hits fail from now on, or succeed again."""
        name = pod["metadata"]["name"]
        if begins:
            self.broken.append((name, disturbance))
        else:
            self.broken.remove((name, disturbance))
        hit = [
            (which, found)
            for which in ("readiness", "liveness")
            for found in probed(pod["spec"], which)
            if hits(disturbance, found)
        ]
        for which, found in hit:
            wait = patience_of(found, which)[0] if begins else found.number("periodSeconds")
            act = self.fails if begins else self.succeeds
            self.cluster.at(
                self.cluster.now + wait,
                lambda which=which, act=act: (
                    act(name, which) if begins == ((name, disturbance) in self.broken) else None
                ),
            )

    def fails(self, name: str, which: Which) -> None:
        """Let a probe have its effect."""
        if which == "readiness":
            self.ready(name, False)
        else:
            self.change(name, lambda status: status.update(restartCount=status["restartCount"] + 1))

    def succeeds(self, name: str, which: Which) -> None:
        """Let a probe have succeeded."""
        if which == "readiness":
            self.ready(name, True)

    def ready(self, name: str, value: bool) -> None:
        """Say whether a pod is Ready."""
        self.change(name, lambda status: status.update(ready=value))
        condition = {"conditions": [{"type": "Ready", "status": str(value)}]}
        self.cluster.patch("Pod", name, NS, {"status": condition})
        if self.service:
            endpoints(self.cluster, self.service)

    def change(self, name: str, update: Any) -> None:
        """Change the status of a pod's only container."""
        pod = self.cluster.get("Pod", name, NS)
        (status,) = copy.deepcopy(dig(pod or {}, "status", "containerStatuses"))
        update(status)
        self.cluster.patch("Pod", name, NS, {"status": {"containerStatuses": [status]}})


def hits(disturbance: Disturbance, found: Found) -> bool:
    """Return whether a probe fails by a disturbance."""
    asked = found.question
    match disturbance.kind:
        case "fail":
            return disturbance.port == asked.port and disturbance.path in (None, asked.path)
        case "freeze":
            return disturbance.container == found.where
        case "cut":
            return True
        case "delay":
            return disturbance.port == asked.port and disturbance.seconds > found.number("timeoutSeconds")
