"""Claims between the steps of a script on the cluster: what is gone at the end was there when it was read."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fixtures.live import LiveCluster
from fixtures.sandbox import OWNER
from reports import result_json
from reports.model import Run

pytestmark = [pytest.mark.cluster, pytest.mark.shared]

TOML = """
title = "Steps"
chapter = "Steps"
lines = [1, 2]
forms = ["commands"]
kinds = ["ConfigMap", "Deployment"]
images = ["nginx"]
seconds = 60

[[grants]]
apiGroups = [""]
resources = ["configmaps", "pods"]
verbs = ["get", "list", "watch", "create", "patch", "delete"]

[[grants]]
apiGroups = ["apps"]
resources = ["deployments", "deployments/scale", "replicasets"]
verbs = ["get", "list", "watch", "create", "update", "patch", "delete"]
"""
CLAIMS = '''
from checks import Pod, Solution, eventually, graded

def replicas(app, number):
    eventually(app.object("Deployment", "web")).matches({"spec": {"replicas": number}})

@graded(points=1)
def test_the_end(app: Solution) -> None:
    """ConfigMap `note` is gone."""
    eventually(app.object("ConfigMap", "note")).is_gone()

@graded(points=1, after="create")
def test_created(app: Solution) -> None:
    """Deployment `web` runs one pod, and ConfigMap `note` is there."""
    app.object("ConfigMap", "note").exists()
    replicas(app, 1)
    eventually(app.deployment("web")).rolled_out()
    app.remember(first=app.deployment("web").pods[0])

@graded(points=1, after="scale up", needs=test_created)
def test_scaled(app: Solution) -> None:
    """Scaling `web` up keeps the pod that was there."""
    replicas(app, 2)
    eventually(app.deployment("web")).rolled_out()
    app.recall("first", Pod).keeps_running()

@graded(points=1, after="scale down", needs=test_scaled)
def test_scaled_down(app: Solution) -> None:
    """Deployment `web` is scaled down again."""
    replicas(app, 1)
'''
STEPS = {
    "create": "kubectl create deployment web --image=nginx; kubectl create configmap note",
    "scale up": "kubectl scale deployment web --replicas=2",
    "scale down": "kubectl scale deployment web --replicas=1",
    "clean up": "kubectl delete configmap note",
}


def command(folder: Path, steps: dict[str, str]) -> list[str]:
    """Write an assignment and a submission; return what grades it and writes `result.json`."""
    (task := folder / "steps").mkdir()
    (task / "assignment.toml").write_text(TOML)
    (task / "test_steps_on_the_way.py").write_text(CLAIMS)
    (answer := folder / "answer").mkdir()
    (answer / "steps.sh").write_text("".join(f"# step: {name}\n{text}\n" for name, text in steps.items()))
    given = ["--submission", str(answer), "--result", str(folder / "result.json")]
    return [sys.executable, "-m", "pytest", "-q", "--rootdir", str(task), str(task), *given]


def graded(folder: Path, steps: dict[str, str]) -> Run:
    done = subprocess.run(command(folder, steps), capture_output=True, text=True, timeout=300, check=False)
    run = result_json.read(folder / "result.json")
    assert done.returncode == run.exit_code, done.stdout + done.stderr
    return run


def verdicts(run: Run) -> dict[str, str]:
    return {claim.id: claim.verdict for claim in run.claims}


def test_each_claim_finds_what_its_step_has_left(cluster: LiveCluster, tmp_path: Path) -> None:
    run = graded(tmp_path, STEPS)
    wanted = ["test_created", "test_scaled", "test_scaled_down", "test_the_end"]
    assert verdicts(run) == dict.fromkeys(wanted, "passed"), run
    assert list(verdicts(run)) == wanted
    assert [claim.after for claim in run.claims] == ["create", "scale up", "scale down", None]


def test_a_step_that_fails_leaves_the_verdicts_before_it(cluster: LiveCluster, tmp_path: Path) -> None:
    run = graded(tmp_path, {**STEPS, "scale up": "kubectl scale deployment wbe --replicas=2"})
    assert list(verdicts(run).values()) == ["passed", "failed", "not_reached", "not_reached"], run
    assert run.claims[1].cause
    assert '"wbe" not found' in run.claims[1].cause.because
    assert run.claims[3].blocked_by == "test_scaled"


def test_an_interrupt_ends_a_step_in_the_middle_and_leaves_no_sandbox(
    cluster: LiveCluster, tmp_path: Path
) -> None:
    process = subprocess.Popen(
        command(tmp_path, {**STEPS, "scale up": "kubectl delete configmap note; sleep 100"}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    try:
        namespace = in_the_middle(cluster, process, tmp_path / "result.json")
        os.kill(process.pid, signal.SIGINT)
        said, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130, said
    run = result_json.read(tmp_path / "result.json")
    assert (verdicts(run), run.finished) == ({"test_created": "passed"}, None)
    there = {obj["metadata"]["name"]: obj for obj in cluster.list("Namespace", labels={OWNER: "sandbox"})}
    for name in (namespace, f"{namespace}-learner"):
        assert name not in there or there[name]["metadata"].get("deletionTimestamp"), name


def in_the_middle(cluster: LiveCluster, process: subprocess.Popen[str], result: Path) -> str:
    """Return the sandbox's namespace as soon as the second step has deleted what the first has made."""
    deadline = time.monotonic() + 120
    while True:
        assert process.poll() is None, process.stdout and process.stdout.read()
        assert time.monotonic() < deadline
        with contextlib.suppress(FileNotFoundError):
            run = result_json.read(result)
            namespace = run.environment.get("namespace", "")
            if run.claims and not cluster.get("ConfigMap", "note", namespace):
                return namespace
        cluster.wake(("ConfigMap",), None, 0.5)
