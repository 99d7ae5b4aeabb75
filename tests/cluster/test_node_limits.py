"""What a pod cannot take from its node: processes without end, and the memory that the node itself needs."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest

from checks import Solution, consistently, eventually
from checks.objects import dig
from checks.quantities import quantity
from fixtures.clusters.engine import find_engine
from fixtures.clusters.kind import PODS_SHARE
from fixtures.live import LiveCluster
from tests.manifests import Made, service, workload

pytestmark = pytest.mark.cluster

PIDS = 512
BOMB = "bomb() { bomb | bomb & }; bomb; exec sleep 600"
OF_ALL = "cat /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/pids.max 2>/dev/null"
COUNT = "(while :; do sleep 600 & done); set -- /proc/[0-9]*; echo $# processes; exec sleep 600"
PODS = "find /sys/fs/cgroup -path '*-pod*.slice/pids.max' -exec cat {} +"
MEMORY = """
for file in /sys/fs/cgroup/kubelet.slice/kubelet-kubepods.slice/memory.max \
        /sys/fs/cgroup/memory/kubelet.slice/kubelet-kubepods.slice/memory.limit_in_bytes; do
    [ ! -e $file ] || cat $file
done"""
SCORES = r"""
for process in /proc/[0-9]*; do
    command=$(tr '\0' ' ' <$process/cmdline) 2>/dev/null || continue
    case $command in
    /*/apps\ probe\ | /*/apps\ flows\ | /*/apps\ httpenv\ | /coredns\ *)
        echo "$(cat $process/oom_score_adj) $command";;
    esac
done"""


def on_the_node(cluster: LiveCluster, script: str) -> str:
    """Return what a script says on the only node."""
    [node] = cluster.list("Node")
    return str(find_engine().run("exec", node["metadata"]["name"], "sh", "-c", script).stdout)


def pod(name: str, script: str) -> dict[str, Any]:
    """Return a pod that has a share of one processor only, so that the machine stays of use."""
    limits = {"limits": {"cpu": "300m", "memory": "256Mi"}}
    container = {"name": "main", "image": "busybox", "command": ["sh", "-c", script], "resources": limits}
    spec = {"containers": [container], "restartPolicy": "Never", "terminationGracePeriodSeconds": 0}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


def is_ready(cluster: LiveCluster) -> bool:
    [node] = cluster.list("Node")
    return {each["type"]: each["status"] for each in node["status"]["conditions"]}["Ready"] == "True"


def test_a_fork_bomb_is_held_and_the_pod_beside_it_answers(
    app: Solution, cluster: LiveCluster, made: Made
) -> None:
    made(workload("Deployment", "web"))
    made(service("web", "web"))
    eventually(app.deployment("web")).rolled_out()
    made(pod("count", COUNT))
    made(pod("bomb", BOMB))
    deadline = time.monotonic() + 90
    while not (found := re.search(r"(\d+) processes", cluster.logs("count", app.namespace))):
        assert time.monotonic() < deadline, "there is no end to them"
        cluster.wake(("Pod",), app.namespace, 1.0)
    # a scope of systemd has 15 % of what the engine gives the node, where that is less
    assert 200 < int(found[1]) <= PIDS
    assert set(on_the_node(cluster, PODS).split()) == {str(PIDS)}
    consistently(app.service("web"), during=5).answers("/")
    assert is_ready(cluster)


def test_a_node_has_pods_and_processes_for_many_submissions_at_once(cluster: LiveCluster) -> None:
    [node] = cluster.list("Node")
    assert int(dig(node, "status", "allocatable", "pods") or 0) == 240
    limits = on_the_node(cluster, f"{OF_ALL}; true").split()
    assert all(limit == "max" or int(limit) >= 16_384 for limit in limits), limits


def test_pods_have_a_share_of_the_machines_memory_and_the_kernel_holds_them_to_it(
    cluster: LiveCluster,
) -> None:
    [node] = cluster.list("Node")
    capacity, allocatable = (
        int(quantity(dig(node, "status", what, "memory")) or 0) for what in ("capacity", "allocatable")
    )
    assert abs(allocatable - capacity * PODS_SHARE) < 1 << 20
    assert abs(int(on_the_node(cluster, MEMORY)) - allocatable) < 1 << 20


def test_our_pods_go_last_when_memory_runs_out(cluster: LiveCluster) -> None:
    scores = [int(line.split()[0]) for line in on_the_node(cluster, SCORES).splitlines()]
    assert len(scores) == 5, "probe, agent, two canaries, and cluster DNS"
    assert max(scores) <= 0  # a learner's pod has up to 1000; below 0 where the engine may go there
