"""Small clusters in which the examples of probes, restarts and faults fail in a telling way."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from checks.cluster import Object, Reply
from checks.fake import Fake
from docs.reference.scenes import NAMESPACE, Scene, deploy, expose, put

GET: Mapping[str, Any] = {"httpGet": {"path": "/", "port": 80}}
TYPO: Mapping[str, Any] = {"httpGet": {"path": "/healt", "port": 80}}


def scenes() -> list[Scene]:
    """Make all scenes; each serves once, as an example leaves its traces in a cluster."""
    return [
        path_with_a_typo(),
        command_in_one_word(),
        path_that_is_not_found(),
        too_little_time(),
        readiness_in_place_of_liveness(),
        killed_while_it_starts(),
        no_readiness_probe(),
        probe_of_another_host(),
        nobody_behind_the_service(),
        container_that_crashes(),
        no_config_map(),
    ]


def path_with_a_typo() -> Scene:
    """Let the readiness probe ask for a path that was not asked for."""
    cluster = Fake()
    probed(cluster, readinessProbe=TYPO)
    return Scene("Probe.asks", "when the path has a typo", cluster)


def command_in_one_word() -> Scene:
    """Let the command of a probe be one string with a space."""
    cluster = Fake()
    main = {"name": "main", "livenessProbe": {"exec": {"command": ["redis-cli ping"]}}}
    put(cluster, "Deployment", "redis", spec={"template": {"spec": {"containers": [main]}}})
    example = 'eventually(app.deployment("redis").probe("liveness")).asks(command=["redis-cli", "ping"])'
    return Scene("Probe.asks", "when the command is one word", cluster, example)


def path_that_is_not_found() -> Scene:
    """Let the readiness probe ask for a path that the server does not have."""
    cluster = Fake()
    pod = probed(cluster, readinessProbe=TYPO, good=False)
    cluster.serving[pod["status"]["podIP"], 80] = Reply("answered", status=404)
    message = "Readiness probe failed: HTTP probe failed with statuscode: 404"
    event(cluster, pod, "Unhealthy", message)
    return Scene("Probe.passes", "when the server does not know the path", cluster)


def too_little_time() -> Scene:
    """Let a startup probe give up after half of what the start may take."""
    cluster = Fake()
    probed(cluster, startupProbe={**GET, "periodSeconds": 5, "failureThreshold": 6})
    return Scene("Probe.gives_time", "when it gives up too early", cluster)


def readiness_in_place_of_liveness() -> Scene:
    """Let a pod have a readiness probe only."""
    cluster = Fake()
    probed(cluster, readinessProbe=GET)
    example = 'eventually(app.deployment("web").pods[0]).restarts()'
    return Scene("Pod.restarts", "when nothing restarts the container", cluster, example)


def killed_while_it_starts() -> Scene:
    """Let the liveness probe have killed a container that was still starting."""
    cluster = Fake()
    pod = probed(cluster, livenessProbe=GET)
    (status,) = pod["status"]["containerStatuses"]
    again = {"status": {"containerStatuses": [{**status, "restartCount": 2}]}}
    cluster.patch("Pod", pod["metadata"]["name"], NAMESPACE, again)
    event(cluster, pod, "Unhealthy", f'Liveness probe failed: Get "http://{ip(pod)}:80/": connection refused')
    event(cluster, pod, "Killing", "Container main failed liveness probe, will be restarted")
    return Scene("Pod.never_restarted", "when the liveness probe did not wait for the start", cluster)


def no_readiness_probe() -> Scene:
    """Let a pod have a liveness probe only."""
    cluster = Fake()
    probed(cluster, livenessProbe=GET)
    return Scene("faults.not_ready", "when there is only a liveness probe", cluster)


def probe_of_another_host() -> Scene:
    """Let the liveness probe ask another host than the pod."""
    cluster = Fake()
    probed(cluster, livenessProbe={"httpGet": {"path": "/", "port": 80, "host": "db.shop"}})
    return Scene("faults.not_live", "when the liveness probe asks another host", cluster)


def nobody_behind_the_service() -> Scene:
    """Let the selector of the Service have a typo."""
    cluster = Fake()
    deploy(cluster, "web")
    expose(cluster, {"app": "wbe"})
    return Scene("faults.slow", "when no pod is behind the Service", cluster)


def container_that_crashes() -> Scene:
    """Let the container not stay up."""
    cluster = Fake()
    state = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s restarting failed container"}}
    deploy(cluster, "web", good=False, state=state)
    return Scene("faults.restarted", "when the container does not run anyway", cluster)


def no_config_map() -> Scene:
    """Let the ConfigMap have another name."""
    cluster = Fake()
    put(cluster, "ConfigMap", "web-config", data={"colour": "blue"})
    return Scene("faults.changed", "when the object does not exist", cluster)


def probed(
    cluster: Fake,
    *,
    good: bool = True,
    **probes: Mapping[str, Any],
) -> Object:
    """Put Deployment `web` whose pod has probes; return the pod."""
    name = deploy(cluster, "web", good=good)["metadata"]["name"]
    pod: Object = {}
    for kind, each in (("Deployment", "web"), ("Pod", name)):
        obj = copy.deepcopy(dict(cluster.get(kind, each, NAMESPACE) or {}))
        spec = obj["spec"]["template"]["spec"] if kind == "Deployment" else obj["spec"]
        spec["containers"][0] |= probes
        pod = cluster.put(obj)
        if kind == "Deployment":
            seen = {"status": {"observedGeneration": pod["metadata"]["generation"]}}
            cluster.patch(kind, each, NAMESPACE, seen)
    return pod


def event(cluster: Fake, pod: Object, reason: str, message: str) -> None:
    """Put an event of a pod."""
    of = {"uid": pod["metadata"]["uid"]}
    put(cluster, "Event", f"web-{reason.lower()}", reason=reason, message=message, involvedObject=of)


def ip(pod: Object) -> str:
    """Return the IP of a pod."""
    return str(pod["status"]["podIP"])
