"""A full cluster: whoever has no room for what others run there gets no verdict, and loses no point."""

from __future__ import annotations

import time
from collections.abc import Iterator
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

@graded(points=1)
def test_it_is_scaled(app: Solution) -> None:
    """Deployment `web` runs a pod when it is asked to."""
    with app.deployment("web").scaled(to=1):
        eventually(app.deployment("web")).rolled_out()
'''


def asking(millicores: int, replicas: int = 1) -> dict[str, Any]:
    pods = template("web")
    pods["spec"]["containers"][0]["resources"] = {"requests": {"cpu": f"{millicores}m"}}
    return workload("Deployment", "web", pods, replicas=replicas)


def graded(
    folder: Path, millicores: int, replicas: int = 1, patience: float = 0.1
) -> tuple[int, list[ClaimResult]]:
    """Grade a Deployment whose pods ask for so much each; return the exit code and what was judged."""
    (task := folder / "room").mkdir(exist_ok=True)
    (task / "assignment.toml").write_text(TOML)
    (task / "test_room.py").write_text(CLAIMS)
    (answer := folder / "answer").mkdir(exist_ok=True)
    (answer / "web.yaml").write_text(yaml.safe_dump(asking(millicores, replicas)))
    done = kubeproctor("grade", answer, "-a", task, "-o", folder / "results", "--patience", str(patience))
    return done.returncode, result_json.read(folder / "results" / "answer" / "result.json").claims


@pytest.fixture
def share(cluster: LiveCluster) -> Iterator[int]:
    """Have a cluster that the pods of another sandbox fill, each with a tenth of a node, in millicores."""
    cores = quantity(cluster.list("Node")[0]["status"]["allocatable"]["cpu"])
    assert cores
    share = int(cores * 100)
    with open_sandbox(cluster, []) as others:
        cluster.apply(asking(share, replicas=10), namespace=others.namespace)
        deadline = time.monotonic() + 60
        while not any(
            condition(pod, "PodScheduled").get("status") == "False"
            for pod in cluster.list("Pod", others.namespace)
        ):
            assert time.monotonic() < deadline, "ten such pods find room on one node"
            cluster.wake(("Pod",), others.namespace, 1.0)
        yield share


def test_pods_of_others_cost_no_point(share: int, tmp_path: Path) -> None:
    code, claims = graded(tmp_path, share)
    assert [claim.verdict for claim in claims] == ["passed", "grader_error", "grader_error"], claims
    assert code == 3
    assert claims[1].cause
    assert "finds no room on the cluster" in claims[1].cause.found
    assert "Insufficient cpu" in claims[1].cause.because
    again = kubeproctor("replay", tmp_path / "results" / "answer", "-a", tmp_path / "room")
    assert again.returncode == 3, "what others took is in no tape: " + again.stdout


def test_nor_does_a_pod_that_is_there_for_a_claim_only(share: int, tmp_path: Path) -> None:
    _, claims = graded(tmp_path, share, replicas=0)
    assert claims[2].verdict == "grader_error", (
        "the pod is gone when the claim has failed: it was seen before"
    )


def test_what_no_node_has_costs_a_point_whoever_is_there(share: int, tmp_path: Path) -> None:
    code, claims = graded(tmp_path, 20 * share)
    assert [claim.verdict for claim in claims] == ["passed", "failed", "failed"], claims
    assert code == 1


def test_where_there_is_room_all_is_judged(cluster: LiveCluster, tmp_path: Path) -> None:
    code, claims = graded(tmp_path, 100, patience=1)
    assert [claim.verdict for claim in claims] == ["passed"] * 3, claims
    assert code == 0
