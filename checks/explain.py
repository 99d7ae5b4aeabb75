"""Causes, read from the cluster: each function returns a sentence about what it read, or nothing.

They run once, after the verdict, and never change it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from checks.cluster import Cluster, Dial, Object
from checks.message import CANNOT_BE_SCHEDULED, shorten
from checks.objects import (
    OF_SANDBOX,
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
_KINDS = ("Deployment", "DaemonSet", "StatefulSet", "ReplicaSet", "Pod", "Job", "CronJob")
"""Those that are taken for another. A Service is not: it often bears the name of its Deployment."""
_NO_IMAGE = ("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull")
_NEVER = ("not found", "notfound", "denied", "does not exist", "unauthorized")
_LOG_TAIL = 5
_NO_LOG = "unable to retrieve container logs for "
"""What the kubelet says in place of a log that is gone."""
_NOT_STARTED = ("StartError", "ContainerCannotRun", "RunContainerError")
_PULLING = re.compile(r'.*\bdesc = (?:failed to (?:pull|resolve|unpack)[^"]*"[^"]*": )*', re.DOTALL)
_STARTING = re.compile(
    r".*\bunable to start container process: (?:error during container init: )?", re.DOTALL
)
"""What runtimes say of their own doings before they name what is wrong."""


def missing(cluster: Cluster, namespace: str, kind: str, wanted: str) -> str:
    """Say what there is instead: the object elsewhere, its name as another kind, or a name that is close."""
    if other := elsewhere(cluster, namespace, kind, wanted):
        return f"there is {kind} `{wanted}` in namespace {other}, not in {namespace}"
    for other in _KINDS if kind != "Service" else ():
        if other != kind and cluster.get(other, wanted, namespace):
            return f"there is {other} `{wanted}` in {namespace}, which is not a {kind}"
    found = near(cluster, namespace, kind, wanted)
    return f"there is {kind} `{found}` in {namespace}" if found else ""


def elsewhere(cluster: Cluster, namespace: str, kind: str, wanted: str) -> str:
    """Return another namespace of the same sandbox that has an object, "" if there is none.

    Namespaces of other people are not looked into. Those of a sandbox bear its name and more behind a dash.
    """
    for other in sorted(name(item) for item in cluster.list("Namespace", labels=OF_SANDBOX)):
        if other.startswith(f"{namespace}-") and cluster.get(kind, wanted, other):
            return other
    return ""


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
    if any(carries(pod, selector) for pod in pods):
        return ""
    made = [
        item
        for item in cluster.list("ReplicaSet", namespace)
        if selector.items() <= labels_of(_template(item)).items()
    ]
    if refused := refused_pods(made):
        return refused
    nobody = f"no pod carries {written(selector)}, which the selector asks for"
    if asleep := _asks_for_none(cluster, namespace, selector):
        return f"{nobody}: {asleep}"
    if not pods:
        return f"there is no pod in {namespace}"
    said = [nobody] if len(selector) > 1 else []
    for key, value in sorted(selector.items()):
        if any(carries(pod, {key: value}) for pod in pods):
            continue
        others = sorted({labels(pod)[key] for pod in pods if key in labels(pod)})
        instead = f"the pods have {' and '.join(f'{key}={other}' for other in others[:_MOST])}"
        instead = instead if others else f"none has a label {key} at all"
        said.append(f"{f'no pod has {key}={value}' if said else nobody}: {instead}")
    if hint := _on_metadata_only(cluster, namespace, selector):
        said.append(hint)
    return "\n".join(said)


def _asks_for_none(cluster: Cluster, namespace: str, selector: Mapping[str, str]) -> str:
    for deployment in cluster.list("Deployment", namespace):
        ours = selector.items() <= labels_of(_template(deployment)).items()
        if ours and dig(deployment, "spec", "replicas", default=1) == 0:
            return f"Deployment `{name(deployment)}` makes such pods, but asks for 0 replicas"
    return ""


def _on_metadata_only(cluster: Cluster, namespace: str, selector: Mapping[str, str]) -> str:
    for deployment in cluster.list("Deployment", namespace):
        template = _template(deployment)
        lacking = {key: value for key, value in selector.items() if labels_of(template).get(key) != value}
        if lacking and carries(deployment, lacking):
            return (
                f"the label {written(lacking)} is on the metadata of Deployment `{name(deployment)}`, "
                "not on its pod template"
            )
    return ""


def _template(workload: Object) -> Object:
    found: Object = dig(workload, "spec", "template", default={})
    return found


def labels_of(template: Object) -> Mapping[str, str]:
    """Return the labels of a pod template, which may have no metadata at all."""
    found: Mapping[str, str] = dig(template, "metadata", "labels", default={})
    return found


def policies(cluster: Cluster, pod: Object, direction: str) -> list[Object]:
    """Return the policies that select a pod for `Ingress` or `Egress`, by name."""
    found = []
    for policy in cluster.list("NetworkPolicy", pod["metadata"]["namespace"]):
        spec = dig(policy, "spec", default={})
        implied = ["Ingress", "Egress"] if "egress" in spec else ["Ingress"]
        applies = direction in dig(spec, "policyTypes", default=implied)
        if applies and selected(pod, dig(spec, "podSelector", default={})):
            found.append(policy)
    return sorted(found, key=name)


def pods_not_ready(cluster: Cluster, pods: Iterable[Object]) -> str:
    """Say of each pod that is not Ready what it waits for."""
    said = (_pod(cluster, pod) for pod in pods if not ready(pod))
    return "\n".join(_first([line for line in said if line]))


def restarted(cluster: Cluster, pods: Iterable[Object]) -> str:
    """Say how the containers ended that were started again."""
    said = [
        f"{name(pod)} does not stay up: {_exit(cluster, pod, str(status.get('name')), last)}"
        for pod in pods
        for status in container_statuses(pod)
        if (last := dig(status, "lastState", "terminated")) and status.get("name") in _regular(pod)
    ]
    return "\n".join(_first(said))


def _pod(cluster: Cluster, pod: Object) -> str:
    if terminating(pod):
        return f"{name(pod)} is being deleted"
    scheduled = condition(pod, "PodScheduled")
    if scheduled.get("status") == "False":
        said = str(scheduled.get("message", "")).partition(" preemption: ")[0]
        return f"{name(pod)} {CANNOT_BE_SCHEDULED}: {said}{_no_such_node(cluster, pod)}"
    if dig(pod, "status", "phase") == "Succeeded":
        return f"{name(pod)} has ended"
    for status in container_statuses(pod):
        if said := _container(cluster, pod, status):
            return said
    if finished(pod):
        why = dig(pod, "status", "message") or dig(pod, "status", "reason")
        return f"{name(pod)} has failed" + (f": {why}" if why else "")
    return ""


def _no_such_node(cluster: Cluster, pod: Object) -> str:
    """Say that no node has the labels that a pod asks for."""
    wanted: Mapping[str, str] = dig(pod, "spec", "nodeSelector", default={})
    nodes = cluster.list("Node")
    if not wanted or not nodes or any(carries(node, wanted) for node in nodes):
        return ""
    return f"\nno node has the label {written(wanted)}, which its nodeSelector asks for"


def _container(cluster: Cluster, pod: Object, status: Object) -> str:
    container = str(status.get("name"))
    reason = dig(status, "state", "waiting", "reason", default="")
    message = str(dig(status, "state", "waiting", "message", default=""))
    if reason in _NO_IMAGE:
        message = shorten(_PULLING.sub("", message), 500)
        return f"{name(pod)} cannot get image `{status.get('image')}`: {message or reason}"
    message = shorten(message, 500)
    last = dig(status, "lastState", "terminated") or dig(status, "state", "terminated")
    if why := _not_started(status, last):
        return f"container {container} of {name(pod)} cannot start: {why}"
    if last and reason in ("CrashLoopBackOff", "") and not status.get("ready"):
        if not reason and dig(status, "state", "running"):
            before = _exit(cluster, pod, container, last)
            return f"{name(pod)} was restarted and is not Ready yet; before, {before}"
        if last.get("exitCode") == 0 and container not in _regular(pod):
            return ""
        return f"{name(pod)} does not stay up: {_exit(cluster, pod, container, last)}"
    if reason:
        message = message or last_event(cluster, pod, "FailedMount")
        return f"{name(pod)} waits ({reason})" + (f": {message}" if message else "")
    if dig(status, "state", "running") and not status.get("ready") and container in _regular(pod):
        probe = "Startup" if status.get("started") is False else "Readiness"
        event = last_event(cluster, pod, "Unhealthy", begins=f"{probe} probe", container=container)
        return f"container {container} of {name(pod)} runs but is not Ready" + (f": {event}" if event else "")
    return ""


def _not_started(status: Object, last: Object | None) -> str:
    """Return why the runtime could not start a container, nothing if it could."""
    for state in (dig(status, "state", "waiting", default={}), last or {}):
        if state.get("reason") in _NOT_STARTED and (said := str(state.get("message") or "")):
            return shorten(_STARTING.sub("", said), 500)
    return ""


def _regular(pod: Object) -> list[str]:
    return [str(item.get("name")) for item in dig(pod, "spec", "containers", default=[])]


def _exit(cluster: Cluster, pod: Object, container: str, last: Object) -> str:
    said = f"container {container} ended with exit code {last.get('exitCode')}"
    if last.get("reason") == "OOMKilled":
        said += " (OOMKilled: it wanted more memory than its limit)"
    probe, this_time = _killed_for(cluster, pod, container, last)
    if this_time:
        return f"{said}; it was killed: {probe}"
    if probe:
        said += f"; it was killed before: {probe}"
    namespace = pod["metadata"]["namespace"]
    logs = (
        cluster.logs(name(pod), namespace, container=container, previous=previous)
        for previous in (True, False)
    )
    log = next((log for log in logs if log and not log.startswith(_NO_LOG)), "")
    tail = "\n".join(log.rstrip().splitlines()[-_LOG_TAIL:])
    return f"{said}; its log ends:\n{shorten(tail, 1000)}" if tail else f"{said}; its log is empty"


def _killed_for(cluster: Cluster, pod: Object, container: str, last: Object) -> tuple[str, bool]:
    """Return what a probe said for which the kubelet killed a container, and whether that was its last end.

    The API server is told of few events of one pod: after some restarts, of none any more.
    """
    began, ended = str(last.get("startedAt") or "~"), str(last.get("finishedAt") or "")
    for probe in ("Liveness", "Startup"):
        killed = events(cluster, pod, "Killing", f"Container {container} failed {probe.lower()} probe")
        if killed:
            said = last_event(cluster, pod, "Unhealthy", begins=f"{probe} probe", container=container)
            return said or f"{probe} probe failed", began <= _when(killed[-1]) <= ended
    return "", False


def refused_pods(replica_sets: Iterable[Object]) -> str:
    """Say why the cluster does not let a workload have its pods."""
    refusals = [said for item in replica_sets if (said := refusal(item))]
    return f"the cluster refuses to create its pods: {refusals[0]}" if refusals else ""


def refusal(replica_set: Object) -> str:
    """Return the words that refuse a ReplicaSet its pods (quota, Pod Security), or nothing."""
    failure = condition(replica_set, "ReplicaFailure")
    return shorten(str(failure.get("message", "")), 1000) if failure.get("status") == "True" else ""


def last_event(cluster: Cluster, obj: Object, reason: str, begins: str = "", container: str = "") -> str:
    """Return the message of an object's latest event of one reason, "" if there is none.

    Messages that begin otherwise are left out, and those about another container.
    """
    found = events(cluster, obj, reason, begins, container)
    return shorten(str(found[-1].get("message", "")).strip(), 500) if found else ""


def events(cluster: Cluster, obj: Object, reason: str, begins: str = "", container: str = "") -> list[Object]:
    """Read an object's events of one reason, the latest last; `begins` and `container` as in `last_event`."""
    places = (None, f"spec.containers{{{container}}}", f"spec.initContainers{{{container}}}")
    found = [
        event
        for event in cluster.list("Event", obj["metadata"].get("namespace"))
        if event.get("reason") == reason
        and dig(event, "involvedObject", "uid") == uid(obj)
        and str(event.get("message", "")).startswith(begins)
        and (not container or dig(event, "involvedObject", "fieldPath") in places)
    ]
    return sorted(found, key=_when)


def _when(event: Object) -> str:
    return str(event.get("lastTimestamp") or event.get("eventTime") or "")


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


def _asking(ip: str, port: int) -> Dial:
    """Return a dial for a cause: who answers or refuses does so at once, and the verdict waits for it."""
    return Dial(address(ip, port), None, timeout=1.0)


def nobody_listens(cluster: Cluster, pods: Sequence[Object], targets: Mapping[str, int]) -> str:
    """Say that Ready pods refuse connections on the port that a Service sends to.

    `targets` maps the IP of each Ready pod behind the Service to that port.
    """
    behind = [pod for pod in pods if ready(pod) and dig(pod, "status", "podIP") in targets]
    dials = [_asking(pod["status"]["podIP"], targets[pod["status"]["podIP"]]) for pod in behind]
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
        replies = cluster.dial([_asking(ip, other) for other in declared])
        open_ports = [
            str(other) for other, reply in zip(declared, replies, strict=True) if reply.outcome == "answered"
        ]
        if open_ports:
            said += f"; port {' and '.join(open_ports)} is open there"
    return said


def shut_off(cluster: Cluster, pods: Sequence[Object], targets: Mapping[str, int]) -> str:
    """Say that policies keep clients from Ready pods that do answer themselves; `targets` as above."""
    for pod in pods:
        ip = dig(pod, "status", "podIP", default="")
        if not ready(pod) or ip not in targets:
            continue
        selecting = policies(cluster, pod, "Ingress")
        dial = _asking(ip, targets[ip])
        if (
            selecting
            and cluster.dial([dial])[0].outcome == "timeout"
            and cluster.dial([dial], pod)[0].outcome == "answered"
        ):
            names = " and ".join(f"`{name(policy)}`" for policy in selecting)
            verb = "selects" if len(selecting) == 1 else "select"
            return (
                f"{name(pod)} answers itself on port {targets[ip]}, but not the client: "
                f"NetworkPolicy {names} {verb} it for Ingress, and no rule allows this"
            )
    return ""


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


def local_policy(service: Object) -> str:
    """Say that nodes without a pod of a Service do not answer for it."""
    if dig(service, "spec", "externalTrafficPolicy") == "Local":
        return (
            "the Service has externalTrafficPolicy: Local, so only nodes with one of its pods answer for it"
        )
    return ""


def address(host: str, port: int) -> str:
    """Return host:port, with the brackets that IPv6 needs."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _first(said: Sequence[str]) -> list[str]:
    more = len(said) - _MOST
    return [*said[:_MOST], *([f"and {more} more like these"] if more > 0 else [])]
