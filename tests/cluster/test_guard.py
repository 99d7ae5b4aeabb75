"""The cluster refuses to learners what reaches beyond the sandbox, in words that teach, and to nobody else.

Requests are made as the learner, and as an account that the learner made. Most are dry runs.
"""

from __future__ import annotations

import base64
import contextlib
import re
import secrets
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

from checks.cluster import Object
from fixtures import guard
from fixtures.api import Rejected
from fixtures.kinds import BUILT_IN
from fixtures.learner import LEARNER, acting, wait_for
from fixtures.live import LiveCluster
from fixtures.sandbox import Sandbox, open_sandbox
from fixtures.submission import unsafe

pytestmark = [pytest.mark.cluster, pytest.mark.shared]

CASES: dict[str, dict[str, list[dict[str, Any]]]] = yaml.safe_load(
    (Path(__file__).parents[1] / "unsafe_cases.yaml").read_text()
)
ALL = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]
RBAC = "rbac.authorization.k8s.io"
CLUSTER_WIDE = [
    {"apiGroups": [""], "resources": ["persistentvolumes", "nodes", "namespaces"], "verbs": ["*"]},
    {"apiGroups": [""], "resources": ["configmaps", "pods", "pods/exec"], "verbs": ["*"]},
    {"apiGroups": ["scheduling.k8s.io"], "resources": ["priorityclasses"], "verbs": ["*"]},
    {"apiGroups": ["admissionregistration.k8s.io"], "resources": ["*"], "verbs": ["*"]},
    {"apiGroups": ["apiregistration.k8s.io"], "resources": ["*"], "verbs": ["*"]},
    {"apiGroups": ["apiextensions.k8s.io"], "resources": ["*"], "verbs": ["*"]},
    {"apiGroups": ["certificates.k8s.io"], "resources": ["*"], "verbs": ["*"]},
    {"apiGroups": [RBAC], "resources": ["clusterroles"], "verbs": ["*"]},
]
"""More than any task grants, so that nothing but the guard refuses."""
IMAGE = "nginx"
OURS_ONLY = {"node-name", "priority", "proc-mount", "volume-kinds"}
"""Of what a pod may not ask for, that which Pod Security lets pass (procMount in a user namespace)."""


class Place(NamedTuple):
    """A sandbox, and who works in it."""

    sandbox: Sandbox
    accounts: dict[str, LiveCluster]

    @property
    def namespace(self) -> str:
        return self.sandbox.namespace

    @property
    def learner(self) -> LiveCluster:
        return self.accounts["learner"]


@pytest.fixture(scope="module", autouse=True)
def guarded(cluster: LiveCluster) -> None:
    guard.apply(cluster)
    guard.permit_everywhere(cluster, [])  # a run that was killed may have left some


@contextlib.contextmanager
def opened(cluster: LiveCluster, *permits: str) -> Iterator[Place]:
    """Open a sandbox, and have the learner make a second account there that may do the same."""
    with open_sandbox(cluster, ALL, permits=permits) as sandbox, acting(cluster, sandbox.home) as learner:
        namespace = sandbox.namespace
        learner.apply(
            {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "second"}},
            namespace=namespace,
        )
        binding = {
            "apiVersion": f"{RBAC}/v1",
            "kind": "RoleBinding",
            "metadata": {"name": "second"},
            "roleRef": {"apiGroup": RBAC, "kind": "Role", "name": "kubeproctor-task"},
            "subjects": [{"kind": "ServiceAccount", "name": "second", "namespace": namespace}],
        }
        learner.apply(binding, namespace=namespace)
        second = learner.with_token(learner.token("second", namespace))
        try:
            yield Place(sandbox, {"learner": learner, "second": second})
        finally:
            second.close()


@pytest.fixture(scope="module")
def place(cluster: LiveCluster) -> Iterator[Place]:
    """A sandbox whose accounts may do cluster-wide what no task grants."""
    with opened(cluster) as place, contextlib.ExitStack() as last:
        name = f"guard-{secrets.token_hex(3)}"
        role: Object = {"apiVersion": f"{RBAC}/v1", "kind": "ClusterRole", "metadata": {"name": name}}
        binding = {
            **role,
            "kind": "ClusterRoleBinding",
            "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": name},
            "subjects": [
                {"kind": "ServiceAccount", "name": LEARNER, "namespace": place.sandbox.home},
                {"kind": "ServiceAccount", "name": "second", "namespace": place.namespace},
            ],
        }
        for obj in ({**role, "rules": CLUSTER_WIDE}, binding):
            last.callback(cluster.delete, str(obj["kind"]), name)
            cluster.apply(obj)
        yield place


def workload(kind: str, spec: Object) -> Object:
    """Return an object that makes pods of a spec, with what the API server wants besides."""
    containers = {
        group: [
            {"name": f"{group[:1].lower()}{n}", "image": IMAGE, **each} for n, each in enumerate(spec[group])
        ]
        for group in ("containers", "initContainers")
        if group in spec
    }
    pod: dict[str, Any] = {"containers": [{"name": "c", "image": IMAGE}], **spec, **containers}
    if kind in ("Job", "CronJob", "Pod"):
        pod = {"restartPolicy": "Never", **pod}
    template = {"metadata": {"labels": {"app": "guarded"}}, "spec": pod}
    inner: dict[str, Any] = {"template": template}
    if kind in ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"):
        inner["selector"] = {"matchLabels": {"app": "guarded"}}
    if kind == "CronJob":
        inner = {"schedule": "0 0 1 1 *", "jobTemplate": {"spec": inner}}
    versions = {
        "Pod": "v1",
        "PodTemplate": "v1",
        "ReplicationController": "v1",
        "Job": "batch/v1",
        "CronJob": "batch/v1",
    }
    body = {"apiVersion": versions.get(kind, "apps/v1"), "kind": kind, "metadata": {"name": "a"}}
    if kind == "PodTemplate":
        return {**body, **inner}
    return {**body, "spec": pod if kind == "Pod" else inner}


def refusal(account: LiveCluster, obj: Object, namespace: str) -> str:
    """Return the words with which an object is refused, "" if it is taken."""
    try:
        account.apply(obj, namespace=namespace, dry_run=True)
    except Rejected as refused:
        return refused.message
    return ""


def said(account: LiveCluster, method: str, path: str, **more: Any) -> str:
    """Return the words with which a request is refused, "" if it is not."""
    try:
        account.api.json(method, path, query={"dryRun": "All"}, **more)
    except Rejected as refused:
        return refused.message
    return ""


def cases(key: str) -> list[Any]:
    return [
        pytest.param(name, each, id=f"{name}-{n}")
        for name, case in CASES.items()
        for n, each in enumerate(case.get(key, ()))
    ]


def test_it_is_known_which_policies_hold(cluster: LiveCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    assert guard.holds(cluster)
    monkeypatch.setattr(guard, "PERMIT", "another.example/")
    assert not guard.holds(cluster), "those of another version are not these"


# -- every id --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "spec"), cases("pods"))
def test_what_a_pod_may_not_ask_for_is_refused_in_every_kind_that_makes_pods(
    place: Place, name: str, spec: dict[str, Any]
) -> None:
    for who, account in place.accounts.items():
        for kind in unsafe.TEMPLATES:
            words = refusal(account, workload(kind, spec), place.namespace)
            if kind == "Pod" and name in guard.POD_SECURITY:
                assert 'violates PodSecurity "baseline' in words, who
            elif name == "host-process":  # there cannot be one without the node's network
                assert guard.message("host-network") in words or guard.message(name) in words, (who, kind)
            else:
                assert guard.message(name) in words, (who, kind)


def test_a_process_of_the_node_is_refused_where_its_network_is_permitted(cluster: LiveCluster) -> None:
    [spec] = CASES["host-process"]["pods"]
    with opened(cluster, "host-network") as place:
        words = refusal(place.learner, workload("Deployment", spec), place.namespace)
    assert guard.message("host-process") in words


@pytest.mark.parametrize(("name", "obj"), cases("objects"))
def test_what_an_object_may_not_ask_for_is_refused(place: Place, name: str, obj: Object) -> None:
    for who, account in place.accounts.items():
        words = refusal(account, obj, place.namespace)
        if name == "endpoint-addresses":  # so does the API server of every cluster
            assert "may not be in the " in words, who
        else:
            assert guard.message(name) in words, who


@pytest.mark.parametrize(("name", "obj"), cases("fine"))
def test_the_twin_is_let_through(place: Place, name: str, obj: Object) -> None:
    for each in [obj] if "kind" in obj else [workload(kind, obj) for kind in unsafe.TEMPLATES]:
        for account in place.accounts.values():
            words = refusal(account, each, place.namespace)
            assert not words, each["kind"]


# -- what only a request says ------------------------------------------------------------------------------


def test_an_endpoint_at_the_node_is_refused(cluster: LiveCluster, place: Place) -> None:
    addresses = [
        a["address"] for a in cluster.list("Node")[0]["status"]["addresses"] if a["type"] == "InternalIP"
    ]
    slice_ = CASES["endpoint-addresses"]["fine"][0]
    endpoints = CASES["endpoint-addresses"]["fine"][2]
    for account in place.accounts.values():
        for obj in (
            {**slice_, "endpoints": [{"addresses": addresses[:1]}]},
            {**endpoints, "subsets": [{"notReadyAddresses": [{"ip": addresses[0]}]}]},
        ):
            assert guard.message("endpoint-addresses") in refusal(account, obj, place.namespace)


def test_a_binding_to_a_node_is_refused(place: Place) -> None:
    target = {"apiVersion": "v1", "kind": "Node", "name": "kubeproctor-control-plane"}
    body = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": "a"}, "target": target}
    for account in place.accounts.values():
        path = f"/api/v1/namespaces/{place.namespace}/bindings"
        assert guard.message("node-name") in said(account, "POST", path, body=body)


def test_a_status_that_draws_traffic_is_refused(place: Place) -> None:
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "drawn"},
        "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]},
    }
    place.learner.apply(service, namespace=place.namespace)
    body = {"status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}}
    for account in place.accounts.values():
        path = f"/api/v1/namespaces/{place.namespace}/services/drawn/status"
        merge = "application/merge-patch+json"
        assert guard.message("external-ips") in said(account, "PATCH", path, body=body, content_type=merge)
        assert not said(account, "PATCH", path, body={"status": {}}, content_type=merge)


def test_a_certificate_is_not_approved_by_a_learner(cluster: LiveCluster, place: Place) -> None:
    name = f"guard-{secrets.token_hex(3)}"
    made = subprocess.run(
        [
            "openssl",
            "req",
            "-new",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-keyout",
            "/dev/null",
            "-subj",
            "/CN=jane",
        ],
        capture_output=True,
        check=True,
    )
    spec = {
        "request": base64.b64encode(made.stdout).decode(),
        "signerName": "kubernetes.io/kube-apiserver-client",
        "usages": ["client auth"],
    }
    kind = "CertificateSigningRequest"
    body = {"apiVersion": "certificates.k8s.io/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}
    approved = {"type": "Approved", "status": "True", "reason": "Mine", "message": "mine"}
    try:
        made_ = place.learner.create(body)  # to ask is fine
        for account in place.accounts.values():
            path = f"/apis/certificates.k8s.io/v1/certificatesigningrequests/{name}/approval"
            body = {**made_, "status": {"conditions": [approved]}}
            assert guard.message("certificate-approval") in said(account, "PUT", path, body=body)
    finally:
        cluster.delete(kind, name)


@pytest.mark.parametrize("what", ["delete", "patch", "delete all"])
@pytest.mark.parametrize("kind", ["ResourceQuota", "LimitRange"])
def test_limits_of_the_sandbox_stay(place: Place, kind: str, what: str) -> None:
    path = BUILT_IN[kind].path(place.namespace, None if what == "delete all" else guard.LIMITS)
    more = {"body": {"metadata": {"labels": {"a": "b"}}}, "content_type": "application/merge-patch+json"}
    for account in place.accounts.values():
        words = said(account, "PATCH", path, **more) if what == "patch" else said(account, "DELETE", path)
        assert guard.message("own-names") in words


def test_the_sandbox_itself_and_what_is_permitted_there_are_not_the_learners(place: Place) -> None:
    path = f"/api/v1/namespaces/{place.namespace}"
    merge = "application/merge-patch+json"
    for account in place.accounts.values():
        for labels in (
            {f"{guard.PERMIT}host-network": "true"},
            {"pod-security.kubernetes.io/enforce": "privileged"},
        ):
            words = said(account, "PATCH", path, body={"metadata": {"labels": labels}}, content_type=merge)
            assert guard.message("system-namespaces") in words
        assert guard.message("system-namespaces") in said(account, "DELETE", path)


def test_pods_of_ours_are_not_entered_and_namespaces_of_ours_not_deleted(place: Place) -> None:
    for account in place.accounts.values():
        path = "/api/v1/namespaces/kubeproctor/pods/probe/exec?command=true&stdout=1"
        with pytest.raises(Rejected, match=re.escape(guard.message("system-namespaces"))):
            account.api.call("POST", path)
        words = said(account, "DELETE", f"/api/v1/namespaces/{place.sandbox.home}")
        assert guard.message("system-namespaces") in words


def test_what_is_ours_stays_as_it_was_while_the_rest_may_be_changed(
    cluster: LiveCluster, place: Place
) -> None:
    ours = {"labels": {"kubeproctor.local/a": "1"}, "annotations": {"kubeproctor.local/b": "1"}}
    cluster.apply(
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "shared", **ours}},
        namespace=place.namespace,
    )
    path = BUILT_IN["ConfigMap"].path(place.namespace, "shared")
    merge = "application/merge-patch+json"
    for account in place.accounts.values():
        assert not said(account, "PATCH", path, body={"data": {"a": "b"}}, content_type=merge)
        for value in ("2", None):
            for part, key in (("labels", "kubeproctor.local/a"), ("annotations", "kubeproctor.local/b")):
                body = {"metadata": {part: {key: value}}}
                words = said(account, "PATCH", path, body=body, content_type=merge)
                assert guard.message("own-labels") in words, (part, value)


def test_a_container_that_is_added_to_a_pod_is_looked_at_too(cluster: LiveCluster) -> None:
    with opened(cluster, "host-ipc") as place:  # where Pod Security is off
        place.learner.apply(workload("Pod", {}), namespace=place.namespace)
        path = BUILT_IN["Pod"].path(place.namespace, "a") + "/ephemeralcontainers"
        for name, context in (("privileged", {"privileged": True}), ("", {})):
            debugger = {"name": "d", "image": IMAGE, "securityContext": context}
            body = {"spec": {"ephemeralContainers": [debugger]}}
            merge = "application/strategic-merge-patch+json"
            for account in place.accounts.values():
                words = said(account, "PATCH", path, body=body, content_type=merge)
                assert guard.message(name) in words if name else not words


# -- what is permitted ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted({*guard.POD_SECURITY, *OURS_ONLY} - {"host-process"}))
def test_what_is_permitted_in_a_sandbox_is_let_through_there_and_nothing_else(
    cluster: LiveCluster, place: Place, name: str
) -> None:
    with opened(cluster, name) as permitted:
        for kind in ("Pod", "Deployment"):
            for spec in CASES[name]["pods"]:
                for account in permitted.accounts.values():
                    assert not refusal(account, workload(kind, spec), permitted.namespace), kind
        other = "host-pid" if name != "host-pid" else "host-ipc"
        for kind in ("Pod", "Deployment"):  # of Pods too, where Pod Security has to be off
            words = refusal(permitted.learner, workload(kind, CASES[other]["pods"][0]), permitted.namespace)
            assert guard.message(other) in words or "violates PodSecurity" in words


def test_what_is_permitted_everywhere_holds_for_what_has_no_namespace(
    cluster: LiveCluster, place: Place
) -> None:
    [host_path, _] = CASES["node-volume"]["objects"]
    assert refusal(place.learner, host_path, place.namespace)
    guard.permit_everywhere(cluster, ["node-volume"])
    try:
        until(lambda: not refusal(place.learner, host_path, place.namespace))
        assert guard.message("host-path") in refusal(
            place.learner, workload("Deployment", CASES["host-path"]["pods"][0]), place.namespace
        )
    finally:
        guard.permit_everywhere(cluster, [])
    until(lambda: bool(refusal(place.learner, host_path, place.namespace)))


def until(true: Callable[[], bool]) -> None:
    """Wait for the API server to see a change of our namespace; on a busy machine that takes long."""
    retrying = Retrying(
        stop=stop_after_delay(60), wait=wait_fixed(0.1), retry=retry_if_result(lambda done: not done)
    )
    retrying(true)


# -- whom it leaves alone ----------------------------------------------------------------------------------


def test_controllers_the_kubelet_and_the_administrator_work_as_ever(cluster: LiveCluster) -> None:
    with opened(cluster) as place:
        namespace = place.namespace
        deployment = workload("Deployment", {})
        place.learner.apply(deployment, namespace=namespace)
        claim = CASES["node-volume"]["fine"][1]
        place.learner.apply(claim, namespace=namespace)
        wait_for(cluster, "Deployment", "a", namespace, lambda obj: obj["status"].get("readyReplicas") == 1)
        found = cluster.get("PersistentVolumeClaim", "v", namespace)
        assert found
        assert found["metadata"]["finalizers"] == ["kubernetes.io/pvc-protection"]
        place.learner.scale("Deployment", "a", namespace, 2)
        wait_for(cluster, "Deployment", "a", namespace, lambda obj: obj["status"].get("readyReplicas") == 2)
        [first, _] = cluster.list("Pod", namespace)
        path = BUILT_IN["Pod"].path(namespace, first["metadata"]["name"])
        body = {"metadata": {"labels": {"color": "blue"}}}  # a pod that the scheduler has given a node
        merge = "application/merge-patch+json"
        assert not said(place.learner, "PATCH", path, body=body, content_type=merge)
        place.learner.delete("Deployment", "a", namespace)
    refused = [
        each for name in ("finalizers", "owner-references", "own-labels") for each in CASES[name]["objects"]
    ]
    for obj in refused:
        assert not refusal(cluster, obj, "kubeproctor-canary")
    wait_gone(cluster, namespace)


def wait_gone(cluster: LiveCluster, namespace: str) -> None:
    until(lambda: cluster.get("Namespace", namespace) is None)


def test_pods_keep_their_class_of_service_and_their_resources(place: Place, cluster: LiveCluster) -> None:
    wait_for(cluster, "LimitRange", guard.LIMITS, place.namespace, lambda _: True)
    for resources, quality in (
        ({}, "BestEffort"),
        ({"requests": {"cpu": "10m"}}, "Burstable"),
        ({"limits": {"cpu": "10m", "memory": "16Mi"}}, "Guaranteed"),
    ):
        pod = workload("Pod", {"containers": [{"resources": resources}]})
        made = place.learner.apply(pod, namespace=place.namespace, dry_run=True)
        assert made["status"]["qosClass"] == quality
        found = made["spec"]["containers"][0]["resources"]
        assert found["limits"].pop("ephemeral-storage") == guard.SCRATCH
        assert found["requests"].pop("ephemeral-storage") == "0"
        assert {key: value for key, value in found.items() if value} == {
            **resources,
            **({"requests": resources["limits"]} if "limits" in resources else {}),
        }


def test_more_objects_than_a_sandbox_may_hold_are_refused(cluster: LiveCluster, place: Place) -> None:
    def make(n: int) -> None:
        obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"n{n}"}}
        place.learner.apply(obj, namespace=place.namespace)

    most = guard.COUNTS[guard.LIMITS]["configmaps"]
    there = len(cluster.list("ConfigMap", place.namespace))
    for n in range(there, most):
        make(n)
    with pytest.raises(Rejected, match="exceeded quota: kubeproctor-limits"):
        make(most)
