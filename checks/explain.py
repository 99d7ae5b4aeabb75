"""Causes, read from the cluster: each function returns a sentence about what it read, or nothing.

They run once, after the verdict, and never change it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence

from checks.cluster import Cluster, Dial, Object
from checks.message import shorten
from checks.objects import (
    carries,
    condition,
    container_statuses,
    dig,
    finished,
    labels,
    name,
    ready,
    selected,
    terminating,
    uid,
    written,
)

_MOST = 3
"""Pods that one message explains."""
_KINDS = ("Deployment", "DaemonSet", "StatefulSet", "ReplicaSet", "Pod", "Service", "Job", "CronJob")
_NO_IMAGE = ("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull")
_NEVER = ("not found", "notfound", "denied", "does not exist", "unauthorized")
_LOG_TAIL = 5


def missing(cluster: Cluster, namespace: str, kind: str, wanted: str) -> str:
    """Say what there is instead of an object: the same name as another kind, or a name that is close."""
    for other in _KINDS:
        if other != kind and cluster.get(other, wanted, namespace):
            return f"there is {other} `{wanted}` in {namespace}, which is not a {kind}"
    found = near(cluster, namespace, kind, wanted)
    return f"there is {kind} `{found}` in {namespace}" if found else ""


def near(cluster: Cluster, namespace: str | None, kind: str, wanted: str) -> str:
    """Return the name of an object whose name is close, "" if there is none; `namespace` as in `list`."""
    names = [name(obj) for obj in cluster.list(kind, namespace)]
    return next(iter(difflib.get_close_matches(wanted, names, 1)), "")


def differing_labels(obj: Object, wanted: Mapping[str, str]) -> list[str]:
    """Say of each wanted label that an object does not carry what it carries instead."""
    has = labels(obj)
    return [
        f"label {key}={has[key]}, not {key}={value}" if key in has else f"no label {key}={value}"
        for key, value in sorted(wanted.items())
        if has.get(key) != value
    ]


def not_selected(
    cluster: Cluster, namespace: str, selector: Mapping[str, str], pods: Sequence[Object]
) -> str:
    """Say which label keeps Ready pods out of a Service."""
    said = []
    for pod in pods:
        if differences := differing_labels(pod, selector):
            state = "is Ready but" if ready(pod) else "is not Ready and"
            said.append(f"{name(pod)} {state} has {' and '.join(differences)}, which the selector asks for")
    hint = _on_metadata_only(cluster, namespace, selector) if said else ""
    return "\n".join([*_first(said), *([hint] if hint else [])])


def selects_nothing(cluster: Cluster, namespace: str, selector: Mapping[str, str]) -> str:
    """Say why no pod carries the labels of a selector."""
    if not selector:
        return "the Service has no selector, so nothing fills in its endpoints"
    pods = [pod for pod in cluster.list("Pod", namespace) if not terminating(pod)]
    if not pods:
        return f"there is no pod in {namespace}"
    if any(carries(pod, selector) for pod in pods):
        return ""
    said = [f"no pod carries {written(selector)}, which the selector asks for"]
    for key, value in sorted(selector.items()):
        if any(carries(pod, {key: value}) for pod in pods):
            continue
        others = sorted({labels(pod)[key] for pod in pods if key in labels(pod)})
        instead = f"the pods have {' and '.join(f'{key}={other}' for other in others[:_MOST])}"
        said.append(f"no pod has {key}={value}: " + (instead if others else f"none has a label {key} at all"))
    if hint := _on_metadata_only(cluster, namespace, selector):
        said.append(hint)
    return "\n".join(said)


def _on_metadata_only(cluster: Cluster, namespace: str, selector: Mapping[str, str]) -> str:
    for deployment in cluster.list("Deployment", namespace):
        template = dig(deployment, "spec", "template", default={})
        lacking = {key: value for key, value in selector.items() if labels_of(template).get(key) != value}
        if lacking and carries(deployment, lacking):
            return (
                f"the label {written(lacking)} is on the metadata of Deployment `{name(deployment)}`, "
                "not on its pod template"
            )
    return ""


def labels_of(template: Object) -> Mapping[str, str]:
    """Return the labels of a pod template, which may have no metadata at all."""
    found: Mapping[str, str] = dig(template, "metadata", "labels", default={})
    return found


def policies(cluster: Cluster, pod: Object, direction: str) -> list[str]:
    """Return the names of the policies that select a pod for `Ingress` or `Egress`."""
    found = []
    for policy in cluster.list("NetworkPolicy", pod["metadata"]["namespace"]):
        spec = dig(policy, "spec", default={})
        implied = ["Ingress", "Egress"] if "egress" in spec else ["Ingress"]
        applies = direction in dig(spec, "policyTypes", default=implied)
        if applies and selected(pod, dig(spec, "podSelector", default={})):
            found.append(name(policy))
    return sorted(found)


def pods_not_ready(cluster: Cluster, pods: Iterable[Object]) -> str:
    """Say of each pod that is not Ready what it waits for."""
    said = (_pod(cluster, pod) for pod in pods if not ready(pod))
    return "\n".join(_first([line for line in said if line]))


def _pod(cluster: Cluster, pod: Object) -> str:
    if terminating(pod):
        return f"{name(pod)} is being deleted"
    scheduled = condition(pod, "PodScheduled")
    if scheduled.get("status") == "False":
        return f"{name(pod)} cannot be scheduled: {scheduled.get('message', '')}"
    if dig(pod, "status", "phase") == "Succeeded":
        return f"{name(pod)} has ended"
    for status in container_statuses(pod):
        if said := _container(cluster, pod, status):
            return said
    if finished(pod):
        why = dig(pod, "status", "message") or dig(pod, "status", "reason")
        return f"{name(pod)} has failed" + (f": {why}" if why else "")
    return ""


def _container(cluster: Cluster, pod: Object, status: Object) -> str:
    container = str(status.get("name"))
    reason = dig(status, "state", "waiting", "reason", default="")
    message = shorten(str(dig(status, "state", "waiting", "message", default="")), 500)
    if reason in _NO_IMAGE:
        return f"{name(pod)} cannot get image `{status.get('image')}`: {message or reason}"
    last = dig(status, "lastState", "terminated") or dig(status, "state", "terminated")
    if last and reason in ("CrashLoopBackOff", "") and not status.get("ready"):
        if not reason and dig(status, "state", "running"):
            before = _exit(cluster, pod, container, last)
            return f"{name(pod)} was restarted and is not Ready yet; before, {before}"
        if last.get("exitCode") == 0 and container not in _regular(pod):
            return ""
        return f"{name(pod)} does not stay up: {_exit(cluster, pod, container, last)}"
    if reason:
        return f"{name(pod)} waits ({reason})" + (f": {message}" if message else "")
    if dig(status, "state", "running") and not status.get("ready") and container in _regular(pod):
        event = last_event(cluster, pod, "Unhealthy")
        return f"container {container} of {name(pod)} runs but is not Ready" + (f": {event}" if event else "")
    return ""


def _regular(pod: Object) -> list[str]:
    return [str(item.get("name")) for item in dig(pod, "spec", "containers", default=[])]


def _exit(cluster: Cluster, pod: Object, container: str, last: Object) -> str:
    said = f"container {container} ended with exit code {last.get('exitCode')}"
    if last.get("reason") == "OOMKilled":
        said += " (OOMKilled: it wanted more memory than its limit)"
    namespace = pod["metadata"]["namespace"]
    log = cluster.logs(name(pod), namespace, container=container, previous=True) or cluster.logs(
        name(pod), namespace, container=container
    )
    tail = "\n".join(log.rstrip().splitlines()[-_LOG_TAIL:])
    return f"{said}; its log ends:\n{shorten(tail, 1000)}" if tail else f"{said}; its log is empty"


def refused_pods(replica_sets: Iterable[Object]) -> str:
    """Say why the cluster does not let a workload have its pods."""
    refusals = [said for item in replica_sets if (said := refusal(item))]
    return f"the cluster refuses to create its pods: {refusals[0]}" if refusals else ""


def refusal(replica_set: Object) -> str:
    """Return the words that refuse a ReplicaSet its pods (quota, Pod Security), or nothing."""
    failure = condition(replica_set, "ReplicaFailure")
    return shorten(str(failure.get("message", "")), 1000) if failure.get("status") == "True" else ""


def last_event(cluster: Cluster, obj: Object, reason: str) -> str:
    """Return the message of an object's latest event of one reason, "" if there is none."""
    events = [
        event
        for event in cluster.list("Event", obj["metadata"].get("namespace"))
        if event.get("reason") == reason and dig(event, "involvedObject", "uid") == uid(obj)
    ]
    events.sort(key=lambda event: str(event.get("lastTimestamp") or event.get("eventTime") or ""))
    return shorten(str(events[-1].get("message", "")), 500) if events else ""


def stuck(pod: Object) -> bool:
    """Return whether a pod waits for something that time does not bring: an image that is not there."""
    return any(
        reason in ("InvalidImageName", "ErrImageNeverPull")
        or (reason in _NO_IMAGE and any(word in message.lower() for word in _NEVER))
        for reason, message in _waiting(pod)
    )


def _waiting(pod: Object) -> Iterator[tuple[str, str]]:
    for status in container_statuses(pod):
        waiting = dig(status, "state", "waiting", default={})
        yield str(waiting.get("reason", "")), str(waiting.get("message", ""))


def nobody_listens(cluster: Cluster, pods: Sequence[Object], targets: Mapping[str, int]) -> str:
    """Say that Ready pods refuse connections on the port that a Service sends to.

    `targets` maps the IP of each Ready pod behind the Service to that port.
    """
    behind = [pod for pod in pods if ready(pod) and dig(pod, "status", "podIP") in targets]
    dials = [Dial(address(pod["status"]["podIP"], targets[pod["status"]["podIP"]]), None) for pod in behind]
    if not behind:
        return ""
    refusing = [
        pod for pod, reply in zip(behind, cluster.dial(dials), strict=True) if reply.outcome == "refused"
    ]
    if not refusing:
        return ""
    pod = refusing[0]
    ip, port = pod["status"]["podIP"], targets[pod["status"]["podIP"]]
    said = f"the Service sends to port {port}, where nothing listens in {name(pod)}"
    declared = [
        item["containerPort"]
        for container in dig(pod, "spec", "containers", default=[])
        for item in dig(container, "ports", default=[])
        if item.get("protocol", "TCP") == "TCP" and item["containerPort"] != port
    ]
    if declared:
        replies = cluster.dial([Dial(address(ip, other), None) for other in declared])
        open_ports = [
            str(other) for other, reply in zip(declared, replies, strict=True) if reply.outcome == "answered"
        ]
        if open_ports:
            said += f"; port {' and '.join(open_ports)} is open there"
    return said


def external_name(service: Object) -> str:
    """Say that a Service is a name for something else."""
    if dig(service, "spec", "type") == "ExternalName":
        other = dig(service, "spec", "externalName", default="nothing")
        return f"the Service has type ExternalName: its name stands for {other}, and no pod is behind it"
    return ""


def affinity(service: Object) -> str:
    """Say that a Service sends one client to one pod."""
    if dig(service, "spec", "sessionAffinity") == "ClientIP":
        return "the Service has sessionAffinity: ClientIP, which sends each client to one pod only"
    return ""


def address(host: str, port: int) -> str:
    """Return host:port, with the brackets that IPv6 needs."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _first(said: Sequence[str]) -> list[str]:
    more = len(said) - _MOST
    return [*said[:_MOST], *([f"and so {more} more"] if more > 0 else [])]
