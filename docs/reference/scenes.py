"""Small clusters in which the examples of checks.md fail in a telling way: one mistake each, no more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from checks.answers import Value
from checks.cluster import Ask, Object, Reply
from checks.commands import Runner
from checks.fake import Fake
from checks.objects import carries, ready

NAMESPACE = "shop"
FRONT = {"tier": "front"}
POD_NAMES = {
    "web": "web-5b8677dc4f-ms76t",
    "db": "db-7c9f5b6d48-4qk2z",
    "blue": "blue-6d4f98c7b-x2x1p",
    "green": "green-6c56f6949c-jkbbs",
}


class Scene(NamedTuple):
    """Where the example of one check fails."""

    check: str
    """`Service.answers`."""
    where: str
    """What is wrong, to follow "The message"."""
    cluster: Fake
    example: str = ""
    """The claim, when it is not that of the docstring."""
    answers: Mapping[str, Value] = {}
    """What the learner wrote down."""
    commands: Runner | None = None
    """The learner's steps."""


def scenes() -> list[Scene]:
    """Make all scenes; each serves once, as an example leaves its traces in a cluster."""
    return [
        restart("consistently"),
        rollout_without_a_pod(),
        port_nobody_listens_on(),
        label_is_missing(),
        selector_typo(),
        pod_without_the_label(),
        pod_in_rotation(),
        service_with_an_endpoint(),
        another_image(),
        door(),
        label_on_metadata_only(),
        image_typo(),
        volume_that_nobody_provides(),
        quota_that_is_used_up(),
        node_without_the_label(),
        job_that_fails(),
        suspended(),
        probe_that_fails(),
        restart("Pod.keeps_running"),
        pod_that_does_not_end(),
        claim_in_use(),
        another_limit(),
        nothing_available(),
        another_quota(),
        ended_pod_counted(),
        wrong_group_and_a_right_too_many(),
        open_database(),
        label_of_the_owner(),
    ]


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
    deploy(cluster, "web", image="ngnix:1.27", good=False, phase="Pending", state={"waiting": waiting})
    return Scene("LongRunning.rolled_out", "when the image does not exist", cluster)


def another_image() -> Scene:
    """Let a Deployment run another image than the examples ask for."""
    cluster = Fake()
    deploy(cluster, "web", image="httpd:2.4")
    return Scene("Workload.runs_image", "when the Deployment runs another image", cluster)


def door() -> Scene:
    """Let a second Service lead to a database from outside."""
    cluster = Fake()
    deploy(cluster, "db")
    ports = [{"port": 5432, "nodePort": 31234}]
    outside = {"type": "NodePort", "selector": {"app": "db"}, "ports": ports}
    put(cluster, "Service", "db-outside", spec=outside)
    return Scene("Workload.is_internal", "when a second Service has a node port", cluster)


def restart(check: str) -> Scene:
    """Let a container be restarted after four seconds."""
    cluster = Fake()
    runs = deploy(cluster, "web")
    (status,) = runs["status"]["containerStatuses"]
    later = {"status": {"containerStatuses": [{**status, "restartCount": 1}]}}
    cluster.at(4, lambda: cluster.patch("Pod", runs["metadata"]["name"], NAMESPACE, later))
    return Scene(check, "when a container of the pod is restarted", cluster)


def rollout_without_a_pod() -> Scene:
    """Let the only pod of a Deployment be away for a second."""
    cluster = Fake()
    runs = deploy(cluster, "web")
    cluster.patch("Deployment", "web", NAMESPACE, {"spec": {"strategy": {"type": "Recreate"}}})
    cluster.patch("Deployment", "web", NAMESPACE, {"status": {"observedGeneration": 9}})
    cluster.at(1, lambda: cluster.remove("Pod", runs["metadata"]["name"], NAMESPACE))
    cluster.at(2, lambda: cluster.put(runs))
    return Scene("throughout", "when the only pod is away for a second", cluster)


def label_on_metadata_only() -> Scene:
    """Let a Deployment carry the label itself, and its pods lack it."""
    cluster = Fake()
    deploy(cluster, "web")
    cluster.patch("Deployment", "web", NAMESPACE, {"metadata": {"labels": FRONT}})
    return Scene("Workload.template_carries", "when the label is in the wrong place", cluster)


def volume_that_nobody_provides() -> Scene:
    """Let the second pod of a StatefulSet wait for its volume."""
    cluster = Fake()
    counts = dict.fromkeys(("readyReplicas", "updatedReplicas", "availableReplicas"), 1)
    status = {"observedGeneration": 1, "replicas": 2, **counts}
    owner = put(cluster, "StatefulSet", "db", spec={"replicas": 2}, status=status)
    pod(cluster, "db-0", owner=owner)
    message = "0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims."
    waits = {"type": "PodScheduled", "status": "False", "message": message}
    pod(cluster, "db-1", owner=owner, good=False, phase="Pending", conditions=[waits])
    where = "when a pod of a StatefulSet waits for its volume"
    return Scene("LongRunning.rolled_out", where, cluster, 'eventually(app.stateful_set("db")).rolled_out()')


def quota_that_is_used_up() -> Scene:
    """Let a quota refuse the pod that is to come in place of the one that was killed."""
    cluster = Fake()
    replica_set = deploy(cluster, "web")["metadata"]["ownerReferences"][0]["name"]
    refusal = (
        f'pods "{replica_set}-8vzqd" is forbidden: exceeded quota: team, '
        "requested: requests.cpu=500m, used: requests.cpu=2, limited: requests.cpu=2"
    )
    failure = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": refusal}
    refused = {"status": {"readyReplicas": 0, "availableReplicas": 0, "conditions": [failure]}}
    cluster.at(1, lambda: cluster.patch("ReplicaSet", replica_set, NAMESPACE, refused))
    return Scene("Replicated.replaces", "when a quota refuses the new pod", cluster)


def node_without_the_label() -> Scene:
    """Let a DaemonSet select nodes by a label that one of two workers lacks."""
    cluster = Fake()
    taint = {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}
    put(cluster, "Node", "control-plane", namespace=None, spec={"taints": [taint]})
    put(cluster, "Node", "worker", {"disk": "ssd"}, namespace=None)
    put(cluster, "Node", "worker2", namespace=None)
    spec = {"template": {"spec": {"nodeSelector": {"disk": "ssd"}}}}
    counts = ("desiredNumberScheduled", "currentNumberScheduled", "updatedNumberScheduled")
    ready_counts = ("numberReady", "numberAvailable")
    status = {"observedGeneration": 1, **dict.fromkeys((*counts, *ready_counts), 1)}
    owner = put(cluster, "DaemonSet", "agent", spec=spec, status=status)
    pod(cluster, "agent-9k4xw", owner=owner, node="worker")
    where = "when the pod template asks for a label that a node lacks"
    return Scene("DaemonSet.runs_on_each_node", where, cluster)


def job_that_fails() -> Scene:
    """Let the pod of a Job end with an error, until the Job gives up."""
    cluster = Fake()
    message = "Job has reached the specified backoff limit"
    failed = {"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": message}
    job = put(cluster, "Job", "backup", spec={"completions": 1}, status={"conditions": [failed], "failed": 1})
    ended = {"terminated": {"exitCode": 1, "reason": "Error"}}
    pod(cluster, "backup-q7j8k", owner=job, good=False, phase="Failed", state=ended)
    cluster.said["backup-q7j8k", "main", False] = 'pg_dump: error: could not translate host name "bd"'
    return Scene("Job.completes", "when the pod ends with an error", cluster)


def suspended() -> Scene:
    """Let a CronJob have the right schedule, and be suspended."""
    cluster = Fake()
    put(cluster, "CronJob", "backup", spec={"schedule": "*/5 * * * *", "suspend": True})
    return Scene("CronJob.scheduled", "when the CronJob is suspended", cluster)


def probe_that_fails() -> Scene:
    """Let the readiness probe ask for a path that the server does not know."""
    cluster = Fake()
    sick = deploy(cluster, "web", good=False)
    message = "Readiness probe failed: HTTP probe failed with statuscode: 404"
    of = {"uid": sick["metadata"]["uid"]}
    put(cluster, "Event", "web-1", reason="Unhealthy", message=message, involvedObject=of)
    return Scene("Pod.is_ready", "when the readiness probe fails", cluster)


def pod_that_does_not_end() -> Scene:
    """Let a pod be deleted, and stay for as long as its finalizer does."""
    cluster = Fake()
    stays = deploy(cluster, "web")["metadata"]["name"]
    going = {"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}}
    cluster.at(1, lambda: cluster.patch("Pod", stays, NAMESPACE, going))
    return Scene("Pod.is_gone", "when the pod does not end", cluster)


def claim_in_use() -> Scene:
    """Let a volume claim be deleted while a pod uses it."""
    cluster = Fake()
    put(cluster, "PersistentVolumeClaim", "data")
    held = {"deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["kubernetes.io/pvc-protection"]}
    cluster.patch("PersistentVolumeClaim", "data", NAMESPACE, {"metadata": held})
    return Scene("Thing.is_gone", "when a pod still uses the volume", cluster)


def another_limit() -> Scene:
    """Let a container have a higher limit than the example asks for."""
    cluster = Fake()
    main = {"name": "main", "resources": {"limits": {"cpu": "500m", "memory": "256Mi"}}}
    put(cluster, "Deployment", "web", spec={"template": {"spec": {"containers": [main]}}})
    return Scene("Thing.matches", "when the limit is another one", cluster)


def nothing_available() -> Scene:
    """Let a Deployment say of itself that it has too few pods."""
    cluster = Fake()
    message = "Deployment does not have minimum availability."
    reason = {"reason": "MinimumReplicasUnavailable", "message": message}
    condition = {"type": "Available", "status": "False", **reason}
    put(cluster, "Deployment", "web", status={"conditions": [condition]})
    return Scene("Thing.has_condition", "when too few pods are available", cluster)


def another_quota() -> Scene:
    """Let a quota limit one resource as it is wanted, and another one not."""
    cluster = Fake()
    hard = {"pods": "10", "requests.cpu": "2500m"}
    put(cluster, "ResourceQuota", "team", spec={"hard": hard}, status={"hard": hard})
    return Scene("Quota.limits", "when one of the limits is another one", cluster)


def ended_pod_counted() -> Scene:
    """Let a learner count two pods, of which one has ended."""
    cluster = Fake()
    deploy(cluster, "web")
    pod(cluster, "once", good=False, phase="Succeeded", state={"terminated": {"exitCode": 0}})
    where = "when the answer is a wrong one that is known"
    return Scene("Answer.is_number", where, cluster, answers={"how-many-pods": 2})


def wrong_group_and_a_right_too_many() -> Scene:
    """Let a Role look for pods in the wrong group, and grant Secrets that nobody asked for."""
    cluster = Fake()
    put(cluster, "ServiceAccount", "viewer")
    wrong = {"apiGroups": ["apps"], "resources": ["pods"], "verbs": ["get"]}
    surplus = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["list"]}
    put(cluster, "Role", "viewer", rules=[wrong, surplus])
    subject = {"kind": "ServiceAccount", "name": "viewer", "namespace": NAMESPACE}
    put(cluster, "RoleBinding", "viewer", roleRef={"kind": "Role", "name": "viewer"}, subjects=[subject])

    def allows(ask: Ask) -> bool | str:
        granted = (ask.verb, ask.resource) == ("list", "secrets")
        reason = f'"viewer/{NAMESPACE}" of Role "viewer" to ServiceAccount "viewer/{NAMESPACE}"'
        return granted and f"RBAC: allowed by RoleBinding {reason}"

    cluster.allows = allows
    where = "when the Role names the wrong API group, and grants a right too many"
    return Scene("Access.grants_only", where, cluster)


def open_database() -> Scene:
    """Let no policy keep anybody from the database."""
    cluster = Fake()
    deploy(cluster, "web")
    deploy(cluster, "db", port=5432)
    return Scene("Network.allows_only", "when no policy protects the database", cluster)


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
    good: bool = True,
    **more: Any,  # noqa: ANN401 - as in `pod`
) -> Object:
    """Put a Deployment with one pod, which serves a port if it is `good`; return the pod."""
    labels = {"app": name, **(labels or {})}
    spec = {
        "replicas": 1,
        "selector": {"matchLabels": {"app": name}},
        "template": {
            "metadata": {"labels": labels},
            "spec": {"containers": [{"name": "main", "image": image}]},
        },
    }
    status = {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1}
    status |= dict.fromkeys(("readyReplicas", "availableReplicas"), int(good))
    owner = put(cluster, "Deployment", name, spec=spec, status=status)
    pod_name = POD_NAMES[name]
    replica_set = put(
        cluster, "ReplicaSet", pod_name.rpartition("-")[0], labels, owner, spec=spec, status=status
    )
    return pod(cluster, pod_name, labels, replica_set, image=image, port=port, good=good, **more)


def pod(
    cluster: Fake,
    name: str,
    labels: Mapping[str, str] | None = None,
    owner: Object | None = None,
    *,
    image: str = "nginx:1.27",
    port: int = 80,
    good: bool = True,
    phase: str = "Running",
    state: Object | None = None,
    conditions: Sequence[Object] = (),
    node: str = "worker",
) -> Object:
    """Put a pod with one container, `main`; it is Ready and serves a port if it is `good`."""
    ip = f"10.244.0.{10 + len(cluster.list('Pod'))}"
    main = {
        "name": "main",
        "image": image,
        "ready": good,
        "restartCount": 0,
        "state": state or {"running": {"startedAt": "2026-01-01T00:00:00Z"}},
    }
    if good:
        cluster.serving[ip, port] = Reply("answered", status=200)
    return put(
        cluster,
        "Pod",
        name,
        labels,
        owner,
        spec={
            "nodeName": node,
            "containers": [{"name": "main", "image": image, "ports": [{"containerPort": port}]}],
        },
        status={
            "phase": phase,
            "podIP": ip,
            "conditions": [{"type": "Ready", "status": str(good)}, *conditions],
            "containerStatuses": [main],
        },
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
    *,
    namespace: str | None = NAMESPACE,
    **fields: Any,  # noqa: ANN401 - whatever the kind has
) -> Object:
    """Put an object that another one may own."""
    meta: dict[str, Any] = {"name": name, "namespace": namespace, "labels": labels or {}}
    if owner:
        of = owner["metadata"]
        reference = {"kind": owner["kind"], "name": of["name"], "uid": of["uid"], "controller": True}
        meta["ownerReferences"] = [reference]
    return cluster.put({"kind": kind, "metadata": meta, **fields})
