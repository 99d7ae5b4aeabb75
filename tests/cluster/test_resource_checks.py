"""Admission, quality-of-service classes, and requests and limits in force, on the cluster."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from checks import ABSENT, CheckFailed, Solution, UsageError, eventually
from checks.objects import name
from fixtures.live import LiveCluster
from fixtures.sandbox import open_sandbox
from tests.manifests import Made, template, workload

pytestmark = [pytest.mark.cluster, pytest.mark.shared]

SMALL = {"cpu": "50m", "memory": "32Mi"}


@pytest.fixture(scope="module")
def app(cluster: LiveCluster) -> Iterator[Solution]:
    """A namespace without our own limits, as tasks about limits have it."""
    with open_sandbox(cluster, [], limits=False) as sandbox:
        yield Solution(cluster, sandbox.namespace)


def core(kind: str, called: str, **spec: Any) -> dict[str, Any]:
    """Return an object of the core group."""
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": called}, "spec": spec}


def trial(**container: Any) -> dict[str, Any]:
    """Return a pod to be tried, whose name is the API server's to make."""
    containers = [{"name": "main", "image": "nginx", **container}]
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"generateName": "try-"}}
    return {**pod, "spec": {"containers": containers}}


def web(made: Made, **container: Any) -> None:
    """Put Deployment `web`, whose container has these parts."""
    containers = [{"name": "main", "image": "nginx", **container}]
    made(workload("Deployment", "web", template("web", containers=containers)))


def test_a_limit_range_fills_in_what_a_pod_lacks(app: Solution, made: Made) -> None:
    limited = {"spec": {"containers": [{"name": "main", "resources": {"limits": {"memory": "0.03125Gi"}}}]}}
    with pytest.raises(CheckFailed) as failure:
        app.admission.admits(trial(), limited)
    assert "there is no LimitRange" in failure.value.because
    ceiling = {"cpu": "500m"}
    item = {"type": "Container", "default": SMALL, "defaultRequest": SMALL, "max": ceiling}
    made(core("LimitRange", "defaults", limits=[item]))
    eventually(app.admission).admits(trial(), limited)
    dear = trial(resources={"limits": {"cpu": "1"}})
    eventually(app.admission).refuses(dear, saying="maximum cpu usage per Container is 500m")
    assert not [pod for pod in app.cluster.list("Pod", app.namespace) if name(pod).startswith("try-")]


def test_defaults_make_a_pod_guaranteed(app: Solution, made: Made) -> None:
    item = {"type": "Container", "default": SMALL, "defaultRequest": SMALL}
    made(core("LimitRange", "defaults", limits=[item]))
    eventually(app.admission).admits(trial(), {"metadata": {"namespace": app.namespace}})
    web(made)
    deployment = app.deployment("web")
    eventually(deployment).rolled_out()
    eventually(deployment).has_qos("Guaranteed")
    eventually(deployment.container()).has_resources(limits=SMALL, requests=SMALL)
    with pytest.raises(CheckFailed) as failure:
        deployment.has_qos("BestEffort")
    assert "a LimitRange set the" in failure.value.because
    with pytest.raises(CheckFailed) as failure:
        deployment.container().has_resources(limits={"memory": "1Gi"})
    assert "LimitRange (`defaults`)" in failure.value.because


def test_a_quota_refuses_the_pod_that_is_too_much(app: Solution, made: Made) -> None:
    with pytest.raises(CheckFailed) as failure:
        app.admission.refuses(trial(), saying="exceeded quota")
    assert "there is no ResourceQuota" in failure.value.because
    made(core("ResourceQuota", "team", hard={"pods": "1"}))
    eventually(app.admission).admits(trial())
    web(made)
    eventually(app.deployment("web")).rolled_out()
    eventually(app.admission).refuses(trial(), saying="exceeded quota")
    with pytest.raises(CheckFailed, match="exceeded quota: team"):
        app.admission.admits(trial())
    with pytest.raises(CheckFailed, match="exceeded quota: team"):
        app.admission.refuses(trial(), saying="violates PodSecurity")


def test_an_invalid_manifest_is_no_refusal(app: Solution, made: Made) -> None:
    with pytest.raises(UsageError, match="unknown field"):
        app.admission.refuses(trial(colour="blue"), saying="colour")
    with pytest.raises(UsageError, match="invalid"):
        app.admission.refuses(trial(ports=[{"containerPort": 70000}]), saying="70000")
    item = {"type": "Container", "default": {"cpu": "10m"}}
    made(core("LimitRange", "defaults", limits=[item]))
    greedy = trial(resources={"requests": {"cpu": "20m"}})
    eventually(app.admission).refuses(greedy, saying="must be less than or equal to cpu limit")


def test_classes_and_amounts_follow_the_manifest(app: Solution, made: Made) -> None:
    web(made, resources={"requests": SMALL, "limits": {"memory": "64Mi"}})
    deployment = app.deployment("web")
    eventually(deployment).rolled_out()
    eventually(deployment).has_qos("Burstable")
    eventually(deployment.pods[0]).has_qos("Burstable")
    main = deployment.container()
    eventually(main).has_resources(limits={"memory": "64Mi", "cpu": ABSENT}, requests=SMALL)
    with pytest.raises(CheckFailed) as failure:
        deployment.has_qos("Guaranteed")
    assert "container main has no cpu limit" in failure.value.because
