"""The settings of a grading cluster are in force: kubeadm and the kubelet ignore what they do not know."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from checks import Solution, eventually
from checks.objects import dig
from fixtures.clusters import kind
from fixtures.live import LiveCluster
from tests.manifests import Made

pytestmark = [pytest.mark.cluster, pytest.mark.shared]

SETTINGS = yaml.safe_load((Path(kind.__file__).parent / "settings.yaml").read_text())
PATCHES = {patch["kind"]: patch for patch in map(yaml.safe_load, SETTINGS["kubeadmConfigPatches"])}


def test_the_kubelet_has_its_settings(cluster: LiveCluster) -> None:
    wanted = {key: value for key, value in PATCHES["KubeletConfiguration"].items() if key != "kind"}
    assert wanted
    for node in cluster.list("Node"):
        path = f"/api/v1/nodes/{node['metadata']['name']}/proxy/configz"
        found = cluster.api.json("GET", path)["kubeletconfig"]
        assert {key: found.get(key) for key in wanted} == wanted


def arguments(cluster: LiveCluster, component: str) -> list[str]:
    [pod] = cluster.list("Pod", "kube-system", labels={"component": component})
    command: list[str] = pod["spec"]["containers"][0]["command"]
    return command


@pytest.mark.parametrize(
    ("component", "place"),
    [
        ("etcd", ("etcd", "local")),
        ("kube-controller-manager", ("controllerManager",)),
        ("kube-scheduler", ("scheduler",)),
    ],
)
def test_what_runs_the_cluster_has_its_arguments(
    cluster: LiveCluster, component: str, place: tuple[str, ...]
) -> None:
    extra: list[dict[str, Any]] = dig(PATCHES["ClusterConfiguration"], *place, "extraArgs")
    wanted = {f"--{each['name']}={each['value']}" for each in extra}
    assert wanted
    assert wanted <= set(arguments(cluster, component))


def test_cluster_dns_is_as_it_was_patched(cluster: LiveCluster) -> None:
    patch = yaml.safe_load((Path(kind.__file__).parent / "patches" / "corednsdeployment.yaml").read_text())
    found = cluster.get("Deployment", "coredns", "kube-system")
    assert found
    assert found["spec"]["replicas"] == patch["spec"]["replicas"]
    wanted, there = (each["spec"]["template"]["spec"] for each in (patch, found))
    assert there["priorityClassName"] == wanted["priorityClassName"]
    probe = there["containers"][0]["readinessProbe"]
    assert probe["periodSeconds"] == wanted["containers"][0]["readinessProbe"]["periodSeconds"]


def test_a_pod_that_asks_as_its_node_does_searches_in_no_domain_of_this_machine(
    cluster: LiveCluster, app: Solution, made: Made
) -> None:
    container = {"name": "main", "image": "busybox", "command": ["cat", "/etc/resolv.conf"]}
    spec = {"dnsPolicy": "Default", "restartPolicy": "Never", "containers": [container]}
    made({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "asks"}, "spec": spec})
    eventually(app.object("Pod", "asks")).matches({"status": {"phase": "Succeeded"}})
    text = cluster.logs("asks", app.namespace)
    assert [line.split()[0] for line in text.splitlines()] == ["nameserver"]
