"""Steps that are answers, on the cluster: run again by their claims, and run in their turn by one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from fixtures.live import LiveCluster
from reports import result_json
from reports.model import Run

pytestmark = [pytest.mark.cluster, pytest.mark.shared]

TOML = """
title = "Commands"
chapter = "Commands"
lines = [1, 2]
forms = ["commands"]
kinds = ["Deployment"]
images = ["nginx"]
seconds = 120

[[grants]]
apiGroups = [""]
resources = ["pods", "configmaps"]
verbs = ["get", "list", "watch", "create", "delete"]

[[grants]]
apiGroups = ["apps"]
resources = ["deployments", "deployments/scale", "replicasets"]
verbs = ["get", "list", "watch", "create", "update", "patch", "delete"]
"""
CLAIMS = '''
from checks import Solution, eventually, graded, throughout

def names(app):
    return lambda: [pod.name for pod in app.deployment("web").pods]

@graded(points=1, after="create")
def test_created(app: Solution) -> None:
    """Deployment `web` runs."""
    eventually(app.deployment("web")).rolled_out()

@graded(points=1, during="scale up", needs=test_created)
def test_scaled(app: Solution) -> None:
    """Deployment `web` serves while it is scaled up."""
    with throughout(app.deployment("web").keeps_available, 1):
        app.step("scale up").runs()
        eventually(app.deployment("web")).rolled_out()

@graded(points=1, after="list", needs=test_scaled)
def test_list(app: Solution) -> None:
    """The list follows the pods."""
    eventually(app.step("list")).prints(names(app), but_not="kubernetes")
    with app.deployment("web").scaled(to=3):
        eventually(app.step("list")).prints(names(app))

@graded(points=1, after="lines", needs=test_scaled)
def test_lines(app: Solution) -> None:
    """It prints a line for each pod."""
    eventually(app.step("lines")).prints_lines(lambda: [f"pod/{name}" for name in names(app)()])

@graded(points=1, after="report", needs=test_scaled)
def test_report(app: Solution) -> None:
    """It prints each Deployment as JSON."""
    eventually(app.step("report")).prints_json([{"name": "web", "replicas": 2}])

@graded(points=1, after="any", needs=test_scaled)
def test_any(app: Solution) -> None:
    """It prints another pod at another run."""
    eventually(app.step("any")).prints_different(2, 20, among=names(app))

@graded(points=1, after="compare", needs=test_scaled)
def test_compare(app: Solution) -> None:
    """It fails when there are other than two replicas."""
    app.step("compare").succeeds()
    with app.deployment("web").scaled(to=3):
        app.step("compare").fails()

@graded(points=1, after="helper", needs=test_scaled)
def test_helper(app: Solution) -> None:
    """It leaves nothing behind."""
    app.step("helper").leaves_nothing("Pod", "ConfigMap")
'''
MAKES = {
    "create": "kubectl create deployment web --image=nginx",
    "scale up": "kubectl scale deployment web --replicas=2; kubectl rollout status deployment web",
}
RIGHT = {
    "lines": "echo 'a warning' >&2; kubectl get pods -o name",
    "report": "kubectl get deployments -o json"
    " | jq '.items[] | {name: .metadata.name, replicas: .spec.replicas}'",
    "any": "kubectl get pods -o name | cut -d/ -f2 | shuf -n 1",
    # what scales comes last: pods that end are still listed for a while
    "list": "kubectl get pods",
    "compare": "[ $(kubectl get deployment web -o 'jsonpath={.spec.replicas}') = 2 ]",
    "helper": "name=h-$RANDOM; kubectl create configmap $name; kubectl delete configmap $name",
}
WRONG = {
    "lines": "kubectl get pods",
    "report": 'echo \'[{"name": "web", "replicas": 1}]\'',
    "any": "kubectl get pods -o name | cut -d/ -f2 | head -n 1",
    "list": "[ -e list ] || kubectl get pods -o name > list; cat list",
    "compare": "kubectl get deployment web",
    "helper": "kubectl create configmap h-$RANDOM",
}
LATER = ("test_list", "test_lines", "test_report", "test_any", "test_compare", "test_helper")


def graded(folder: Path, steps: dict[str, str]) -> Run:
    (task := folder / "commands").mkdir()
    (task / "assignment.toml").write_text(TOML)
    (task / "test_commands_again.py").write_text(CLAIMS)
    (answer := folder / "answer").mkdir()
    (answer / "steps.sh").write_text("".join(f"# step: {name}\n{text}\n" for name, text in steps.items()))
    given = ["--submission", str(answer), "--result", str(folder / "result.json")]
    command = [sys.executable, "-m", "pytest", "-q", "--rootdir", str(task), str(task), *given]
    done = subprocess.run(command, capture_output=True, text=True, timeout=500, check=False)
    run = result_json.read(folder / "result.json")
    assert done.returncode == run.exit_code, done.stdout + done.stderr
    return run


def found(run: Run, id: str) -> str:
    claim = run.claim(id)
    assert claim, run
    assert claim.cause, claim
    return claim.cause.found


def test_right_steps_pass_whatever_the_grader_changes(cluster: LiveCluster, tmp_path: Path) -> None:
    run = graded(tmp_path, MAKES | RIGHT)
    wanted = dict.fromkeys(("test_created", "test_scaled", *LATER), "passed")
    assert {claim.id: claim.verdict for claim in run.claims} == wanted, run


def test_wrong_steps_fail_each_for_its_own_reason(cluster: LiveCluster, tmp_path: Path) -> None:
    run = graded(tmp_path, MAKES | WRONG)
    verdicts = {claim.id: claim.verdict for claim in run.claims}
    assert verdicts == {
        "test_created": "passed",
        "test_scaled": "passed",
        **dict.fromkeys(LATER, "failed"),
    }, run
    assert found(run, "test_list").startswith("no `web-")
    assert "more:" in found(run, "test_lines")
    assert '"replicas": 1' in found(run, "test_report")
    assert found(run, "test_any").startswith("1: `web-")
    assert found(run, "test_compare").startswith("exit code 0, and it printed")
    assert found(run, "test_helper") == "1 more than before"


def test_a_step_that_fails_while_a_claim_watches_it_ends_the_script(
    cluster: LiveCluster, tmp_path: Path
) -> None:
    run = graded(tmp_path, {**MAKES, "scale up": "kubectl scale deployment wbe --replicas=2", **RIGHT})
    verdicts = {claim.id: claim.verdict for claim in run.claims}
    assert verdicts == {
        "test_created": "passed",
        "test_scaled": "failed",
        **dict.fromkeys(LATER, "not_reached"),
    }, run
    claim = run.claim("test_scaled")
    assert claim
    assert claim.cause
    assert '"wbe" not found' in claim.cause.because
