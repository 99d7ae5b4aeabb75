"""Probes and faults on the cluster: what the kubelet does is what the claims say, and every fault heals."""

from __future__ import annotations

import re
from typing import Any

import pytest

from checks import CheckFailed, Solution, consistently, eventually, faults, throughout
from fixtures.live import LiveCluster
from tests.manifests import Made, config_map, service, template, workload

pytestmark = [pytest.mark.cluster, pytest.mark.shared]

HTTP = {"httpGet": {"path": "/", "port": 80}, "periodSeconds": 1, "failureThreshold": 2}
TCP = {"tcpSocket": {"port": 80}, "periodSeconds": 1, "failureThreshold": 2}
LATE = ["sh", "-c", "sleep 5; exec nginx -g 'daemon off;'"]


def pods(app: str, image: str = "nginx", **container: Any) -> dict[str, Any]:
    """Return the template of pods that end at once when they are told to."""
    containers = [{"name": "main", "image": image, **container}]
    return template(app, containers=containers, terminationGracePeriodSeconds=1)


def deploy(made: Made, name: str, replicas: int = 1, image: str = "nginx", **container: Any) -> None:
    made(workload("Deployment", name, pods(name, image, **container), replicas=replicas))
    eventually(made.app.deployment(name)).rolled_out()


def test_readiness_shields_users_and_restarts_nothing(app: Solution, made: Made) -> None:
    made(service("web", "web"))
    deploy(made, "web", 2, readinessProbe=HTTP, livenessProbe=TCP)
    web, sick = app.service("web"), app.deployment("web").pods[0]
    eventually(web).includes(sick)
    with throughout(web.answers, "/"), faults.not_ready(sick):
        eventually(web).excludes(sick)
        consistently(sick, during=5).keeps_running(ready=False)
    eventually(web).includes(sick)


def test_a_liveness_probe_that_asks_the_same_restarts_the_container_and_not_the_pod(
    app: Solution, made: Made
) -> None:
    deploy(made, "same", readinessProbe=HTTP, livenessProbe=HTTP)
    sick = app.deployment("same").pods[0]
    with faults.not_ready(sick):
        eventually(sick).restarts()
        with pytest.raises(CheckFailed) as failure:
            consistently(sick, during=5).keeps_running(ready=False)
    assert re.fullmatch(r"it was restarted (once|\d+ times)", failure.value.found)
    eventually(sick).is_ready()
    assert (sick.get() or {})["metadata"]["uid"] == sick.uid


def test_a_container_without_a_liveness_probe_is_never_restarted(app: Solution, made: Made) -> None:
    deploy(made, "none", readinessProbe=HTTP)
    pod = app.deployment("none").pods[0]
    with pytest.raises(CheckFailed) as failure, faults.not_live(pod):
        pass
    assert "livenessProbe" in failure.value.expected


def test_a_startup_probe_protects_a_slow_start(app: Solution, made: Made) -> None:
    startup = {**TCP, "failureThreshold": 30}
    deploy(made, "late", command=LATE, startupProbe=startup, livenessProbe=TCP, readinessProbe=TCP)
    eventually(app.deployment("late").pods[0]).never_restarted()
    made(workload("Deployment", "rash", pods("rash", command=LATE, livenessProbe=TCP)))
    rash = app.deployment("rash")
    eventually(rash).template_carries(app="rash")
    eventually(rash.pods[0]).restarts()
    with pytest.raises(CheckFailed):
        rash.pods[0].never_restarted()


def test_a_command_does_not_answer_in_a_container_that_stands_still(app: Solution, made: Made) -> None:
    ping = {"exec": {"command": ["redis-cli", "ping"]}, "periodSeconds": 1, "failureThreshold": 1}
    made(service("redis", "redis", 6379))
    deploy(made, "redis", image="redis", readinessProbe=ping)
    redis, pod = app.service("redis", port=6379), app.deployment("redis").pods[0]
    with faults.not_ready(pod):
        eventually(redis).excludes(pod)
    eventually(redis).includes(pod)


def test_a_probe_on_a_wrong_path_says_what_it_gets(app: Solution, made: Made) -> None:
    typo = {**HTTP, "httpGet": {"path": "/healt", "port": 80}}
    made(workload("Deployment", "typo", pods("typo", readinessProbe=typo)))
    probe = app.deployment("typo").probe("readiness")
    probe.patience = 30.0  # it never passes, and a busy machine takes some seconds to start its container
    with pytest.raises(CheckFailed) as failure:
        eventually(probe).passes()
    assert "/healt" in failure.value.because
    assert "404" in failure.value.because
    eventually(app.deployment("typo").probe("readiness")).asks(path="/healt", port=80)


def test_a_pod_that_no_packet_reaches_leaves_the_service(app: Solution, made: Made) -> None:
    made(service("cut", "cut"))
    deploy(made, "cut", 2, readinessProbe=TCP)
    cut, pod = app.service("cut"), app.deployment("cut").pods[0]
    with faults.unreachable(pod):
        eventually(cut).excludes(pod)
        eventually(cut).answers("/")
    eventually(cut).includes(pod)


def test_a_slow_application_fails_a_probe_that_is_in_a_hurry(app: Solution, made: Made) -> None:
    made(service("slow", "slow"))
    deploy(made, "slow", readinessProbe={**HTTP, "timeoutSeconds": 1})
    slow, pod = app.service("slow"), app.deployment("slow").pods[0]
    with faults.slow(slow, seconds=2):
        eventually(slow).excludes(pod)
    eventually(slow).includes(pod)


def test_grpc_is_asked_for_its_health(app: Solution, made: Made, cluster: LiveCluster) -> None:
    parts = cluster.list("Pod", "kube-system", labels={"component": "etcd"})
    image = parts[0]["spec"]["containers"][0]["image"]  # which has gRPC, and is on every cluster
    at = "http://0.0.0.0:2379"
    words = ["etcd", "--data-dir=/tmp/data", f"--listen-client-urls={at}", f"--advertise-client-urls={at}"]
    etcd: dict[str, Any] = {"image": image, "command": words, "imagePullPolicy": "IfNotPresent"}
    health = {"grpc": {"port": 2379}, "periodSeconds": 1, "failureThreshold": 2}
    made(service("store", "store", 2379))
    deploy(made, "store", readinessProbe=health, **etcd)
    store, pod = app.service("store", port=2379), app.deployment("store").pods[0]
    readiness = app.deployment("store").probe("readiness")
    eventually(readiness).passes()
    eventually(readiness).asks(service="", port=2379)
    with faults.not_ready(pod):
        eventually(store).excludes(pod)
        consistently(pod, during=3).keeps_running(ready=False)
    eventually(store).includes(pod)
    nobody = {**health, "grpc": {"port": 2379, "service": "nobody"}}
    made(workload("Deployment", "nobody", pods("nobody", readinessProbe=nobody, **etcd)))
    probe = app.deployment("nobody").probe("readiness")
    probe.patience = 30.0
    with pytest.raises(CheckFailed) as failure:
        eventually(probe).passes()
    assert "unknown service" in failure.value.because


def test_a_container_that_is_killed_comes_back_in_the_same_pod(app: Solution, made: Made) -> None:
    deploy(made, "phoenix")
    pod = app.deployment("phoenix").pods[0]
    with faults.restarted(pod):
        eventually(pod).restarts()
    eventually(pod).is_ready()


def test_a_rollout_keeps_as_many_pods_as_its_strategy_says(app: Solution, made: Made) -> None:
    deploy(made, "steady", 3, readinessProbe=TCP)
    steady = app.deployment("steady")
    again = {"template": {"metadata": {"annotations": {"again": "yes"}}}}
    with throughout(steady.keeps_available, 3), faults.changed(steady, spec=again):
        eventually(steady).rolled_out()
    made(workload("Deployment", "brutal", pods("brutal", readinessProbe=TCP), strategy={"type": "Recreate"}))
    brutal = app.deployment("brutal")
    eventually(brutal).rolled_out()
    with (
        pytest.raises(CheckFailed) as failure,
        throughout(brutal.keeps_available, 1),
        faults.changed(brutal, spec=again),
    ):
        eventually(brutal).rolled_out()
    assert "Recreate" in failure.value.because


def test_what_is_changed_is_changed_back(app: Solution, made: Made) -> None:
    made(config_map("colours", sky="blue"))
    colours = app.object("ConfigMap", "colours")
    with faults.changed(colours, data={"sky": "red", "sun": "yellow"}):
        eventually(colours).matches({"data": {"sky": "red", "sun": "yellow"}})
    assert (colours.get() or {})["data"] == {"sky": "blue"}
