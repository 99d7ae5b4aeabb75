"""A full cluster: whoever has no room for what others run there gets no verdict, and loses no point."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from checks.objects import condition
from checks.quantities import quantity
from fixtures.live import LiveCluster
from fixtures.sandbox import open_sandbox
from reports import result_json
from reports.model import ClaimResult
from tests.commands import kubeproctor
from tests.manifests import template, workload

pytestmark = [pytest.mark.cluster, pytest.mark.alone]

TOML = """
title = "Room"
chapter = "Room"
lines = [1, 2]
forms = ["manifests"]
kinds = ["Deployment"]
images = ["nginx"]
seconds = 60

[[grants]]
apiGroups = ["apps"]
resources = ["deployments"]
verbs = ["get", "create", "patch"]
"""
CLAIMS = '''
from checks import Solution, eventually, graded

@graded(points=1)
def test_it_is_there(app: Solution) -> None:
    """There is a Deployment `web`."""
    eventually(app.deployment("web")).runs_image("nginx")

@graded(points=1)
def test_it_runs(app: Solution) -> None:
    """Deployment `web` runs."""
    eventually(app.deployment("web")).rolled_out()
'''


def asking(millicores: int, replicas: int = 1) -> dict[str, Any]:
    pods = template("web")
    pods["spec"]["containers"][0]["resources"] = {"requests": {"cpu": f"{millicores}m"}}
    return workload("Deployment", "web", pods, replicas=replicas)


def graded(folder: Path, millicores: int) -> tuple[int, ClaimResult]:
    """Grade a Deployment whose pod asks for so much; return the exit code and what the last claim came to."""
    (task := folder / "room").mkdir(exist_ok=True)
    (task / "assignment.toml").write_text(TOML)
    (task / "test_room.py").write_text(CLAIMS)
    (answer := folder / "answer").mkdir(exist_ok=True)
    (answer / "web.yaml").write_text(yaml.safe_dump(asking(millicores)))
    done = kubeproctor("grade", answer, "-a", task, "-o", folder / "results", "--patience", "0.25")
    first, last = result_json.read(folder / "results" / "answer" / "result.json").claims
    assert first.verdict == "passed", first
    return done.returncode, last


def test_pods_of_others_cost_no_point(cluster: LiveCluster, tmp_path: Path) -> None:
    (node, *_) = cluster.list("Node")
    cores = quantity(node["status"]["allocatable"]["cpu"])
    assert cores
    share = int(cores * 100)  # a tenth of the node
    with open_sandbox(cluster, []) as others:
        cluster.apply(asking(share, replicas=10), namespace=others.namespace)
        deadline = time.monotonic() + 60
        while not any(
            condition(pod, "PodScheduled").get("status") == "False"
            for pod in cluster.list("Pod", others.namespace)
        ):
            assert time.monotonic() < deadline, "ten such pods find room on one node"
            cluster.wake(("Pod",), others.namespace, 1.0)
        code, claim = graded(tmp_path, share)
        assert (code, claim.verdict) == (3, "grader_error"), claim
        assert claim.cause
        assert "finds no room on the cluster" in claim.cause.found
        assert "Insufficient cpu" in claim.cause.because
        again = kubeproctor("replay", tmp_path / "results" / "answer", "-a", tmp_path / "room")
        assert again.returncode == 3, "what others took is in no tape: " + again.stdout
        code, claim = graded(tmp_path, 20 * share)
        assert (code, claim.verdict) == (1, "failed"), "a node has not so much, whoever is there"
    code, claim = graded(tmp_path, share)
    assert (code, claim.verdict) == (0, "passed"), claim
