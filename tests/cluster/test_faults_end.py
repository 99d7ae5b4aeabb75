"""Faults end with whoever asked for them, and one that ends early is never taken for one that lasted."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from checks import Deployment, GraderError, Pod, Solution, eventually, faults
from checks.objects import ready
from fixtures.live import LiveCluster
from fixtures.probe import ensure_probe
from tests.manifests import Made, template, workload

pytestmark = pytest.mark.cluster

CUT = """
import sys, time
from pathlib import Path
from checks import Solution, faults
from fixtures.live import LiveCluster

kubeconfig, context, namespace = sys.argv[1:]
with LiveCluster(Path(kubeconfig), context or None) as cluster:
    (pod,) = Solution(cluster, namespace).pods
    with faults.unreachable(pod):
        print("cut", flush=True)
        time.sleep(600)
"""


@pytest.fixture
def web(app: Solution, made: Made) -> Deployment:
    """One pod whose kubelet asks it every second."""
    probe = {"tcpSocket": {"port": 80}, "periodSeconds": 1, "failureThreshold": 1}
    containers = [{"name": "main", "image": "nginx", "readinessProbe": probe}]
    pods = template("web", containers=containers, terminationGracePeriodSeconds=1)
    made(workload("Deployment", "web", pods))
    eventually(app.deployment("web")).rolled_out()
    return app.deployment("web")


def await_trouble(pod: Pod) -> None:
    """Return when the kubelet has noticed that the pod gives no answer."""
    deadline = time.monotonic() + 30
    while ready(pod.get() or {}):
        assert time.monotonic() < deadline
        pod.cluster.wake(("Pod",), pod.namespace, 1.0)


def test_a_fault_ends_with_a_grader_that_is_killed(
    cluster: LiveCluster, app: Solution, web: Deployment
) -> None:
    (pod,) = web.pods
    words = [str(cluster.kubeconfig), cluster.context or "", app.namespace]
    root = Path(__file__).parents[2]
    process = subprocess.Popen(
        [sys.executable, "-c", CUT, *words], stdout=subprocess.PIPE, text=True, cwd=root
    )
    try:
        assert process.stdout
        assert process.stdout.readline() == "cut\n"
        await_trouble(pod)
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    eventually(pod).is_ready()


def test_a_fault_that_ends_early_is_our_trouble(cluster: LiveCluster, web: Deployment) -> None:
    (pod,) = web.pods
    node = (pod.get() or {})["spec"]["nodeName"]

    def lose_the_agent() -> None:
        await_trouble(pod)
        cluster.delete("Pod", f"flows-{node}", "kubeproctor", grace=0)
        eventually(pod).is_ready()

    try:
        with pytest.raises(GraderError) as error, faults.unreachable(pod):
            lose_the_agent()
    finally:
        ensure_probe(cluster, ours=True)
    assert "disturbed" in str(error.value) or "broke off" in str(error.value)
