"""Manifests that the tests on a real cluster apply, and a namespace that is left as it was found."""

from __future__ import annotations

from typing import Any

from checks import Solution
from checks.objects import name
from fixtures.live import LiveCluster


def template(app: str, **spec: Any) -> dict[str, Any]:
    containers = [{"name": "main", "image": "nginx", "readinessProbe": {"tcpSocket": {"port": 80}}}]
    return {"metadata": {"labels": {"app": app}}, "spec": {"containers": containers, **spec}}


def workload(kind: str, name: str, pods: dict[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    pods = pods or template(name)
    selector = {"matchLabels": {"app": name}}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name},
        "spec": {"selector": selector, "template": pods, **spec},
    }


def job(name: str, script: str, **spec: Any) -> dict[str, Any]:
    containers = [{"name": "main", "image": "busybox", "command": ["sh", "-c", script]}]
    pods = {"spec": {"restartPolicy": "Never", "containers": containers}}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name},
        "spec": {"template": pods, "backoffLimit": 0, **spec},
    }


class Made:
    """What a test put into the namespace, which goes with the test."""

    def __init__(self, app: Solution) -> None:
        self.app = app
        self.objects: list[dict[str, Any]] = []

    def __call__(self, obj: dict[str, Any]) -> None:
        assert isinstance(self.app.cluster, LiveCluster)
        self.app.cluster.apply(obj, namespace=self.app.namespace)
        self.objects.append(obj)

    def delete(self) -> None:
        for obj in self.objects:
            self.app.cluster.delete(obj["kind"], name(obj), self.app.namespace)


def service(name: str, app: str = "", port: int = 80, **spec: Any) -> dict[str, Any]:
    """Return a Service with a port named `http`; `app` is the label that it selects by."""
    ports = [{"name": "http", "port": port, "targetPort": port}]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"ports": ports, **({"selector": {"app": app}} if app else {}), **spec},
    }


def config_map(name: str, **data: str) -> dict[str, Any]:
    """Return a ConfigMap."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}
