"""What an exercise needs: on the cluster before the submission, applied over without a word, gone later."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fixtures import assignment
from fixtures.api import Rejected
from fixtures.assignment import Assignment
from fixtures.errors import CannotGrade
from fixtures.learner import LEARNER
from fixtures.live import LiveCluster
from fixtures.sandbox import OUTSIDE, OWNER, open_sandbox
from fixtures.submission import intake
from reports import result_json
from reports.model import Run

pytestmark = [pytest.mark.cluster, pytest.mark.shared]

TOML = """
title = "Setup"
chapter = "Setup"
lines = [1, 2]
forms = ["manifests", "commands"]
kinds = ["ConfigMap", "Deployment"]
images = ["nginx"]
seconds = 60
elsewhere = true

[[grants]]
apiGroups = [""]
resources = ["configmaps", "pods"]
verbs = ["get", "list", "watch", "create", "update", "patch", "delete"]

[[grants]]
apiGroups = ["apps"]
resources = ["deployments", "deployments/scale", "replicasets"]
verbs = ["get", "list", "watch", "create", "update", "patch", "delete"]

[[grants]]
in = "elsewhere"
apiGroups = [""]
resources = ["pods"]
verbs = ["get", "list"]

[[grants]]
in = "kube-system"
apiGroups = [""]
resources = ["pods"]
verbs = ["get", "list", "watch"]

[[grants]]
in = "cluster"
apiGroups = [""]
resources = ["nodes"]
verbs = ["get", "list", "watch"]
"""
WORKER = """
apiVersion: apps/v1
kind: Deployment
metadata:
  name: worker
  labels: {team: blue%(label)s}
spec:
  replicas: %(replicas)d
  selector: {matchLabels: {app: worker}}
  template:
    metadata: {labels: {app: worker}}
    spec:
      containers:
      - name: worker
        image: nginx
        env: [{name: VERSION, value: "%(version)d"}]
        readinessProbe: {tcpSocket: {port: 80}}
"""
FIRST = WORKER % {"label": ", old: 'yes'", "replicas": 1, "version": 1}
SECOND = WORKER % {"label": ", old: 'yes'", "replicas": 2, "version": 2}
LEARNERS = WORKER % {"label": "", "replicas": 3, "version": 3}
"""Says nothing of label `old`, which it has to lose."""
ELSEWHERE = """
apiVersion: v1
kind: Pod
metadata: {name: stranger, namespace: elsewhere}
spec: {containers: [{name: stranger, image: nginx}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: names}
data: {here: $(NAMESPACE), there: $(ELSEWHERE)}
"""
CLAIMS = '''
from checks import Solution, eventually, graded

@graded(points=1)
def test_worker_is_the_learners(app: Solution) -> None:
    """Deployment `worker` is as the learner wants it, in revision 3."""
    worker = app.object("Deployment", "worker")
    eventually(worker).matches({"spec": {"replicas": 3}})
    eventually(app.deployment("worker")).rolled_out()
    app.deployment("worker").keeps_revisions(3)
    assert worker.read()["metadata"]["labels"] == {"team": "blue"}

@graded(points=1)
def test_stranger_runs(app: Solution) -> None:
    """Pod `stranger` runs in the second namespace, and nothing else does."""
    eventually(app.elsewhere.pod("stranger")).is_ready()
    assert [pod.name for pod in app.elsewhere.pods] == ["stranger"]

@graded(points=1)
def test_names_are_told(app: Solution) -> None:
    """ConfigMap `names` has the names of both namespaces."""
    names = {"here": app.namespace, "there": app.elsewhere.namespace}
    app.object("ConfigMap", "names").matches({"data": names})
'''
APPLY = "kubectl apply %s-f worker.yaml 2>&1 | tee said\n! grep -i -e warning -e conflict said\n"
LOOK = """
# step: look around
kubectl get pods stranger -n "$ELSEWHERE"
kubectl get all,endpoints
kubectl get all,endpoints -n "$ELSEWHERE"
kubectl describe namespace "$ELSEWHERE"
kubectl get nodes
test "$(kubectl get pods -n kube-system -o name | grep -c etcd)" -ge 1
# step: try more
no() { if "$@"; then echo "this works: $*"; exit 1; fi; }
no kubectl run mine --image=nginx -n kube-system
no kubectl delete pods -n kube-system --all
no kubectl delete pods -n "$ELSEWHERE" --all
no kubectl get secrets -n kube-system
no kubectl get pods -A
"""


def written(folder: Path, **setup: str) -> Path:
    """Write an assignment, and return its folder."""
    (task := folder / "setting-up").mkdir()
    (task / "assignment.toml").write_text(TOML)
    (task / "test_setting_up.py").write_text(CLAIMS)
    (task / "setup").mkdir()
    for name, text in setup.items():
        (task / "setup" / f"{name}.yaml").write_text(text)
    return task


@pytest.fixture
def task(tmp_path: Path) -> Path:
    return written(tmp_path, a=FIRST + "---" + ELSEWHERE, b=SECOND)


def graded(task: Path, *options: str, **files: str) -> Run:
    """Grade files, given by their names with `_` for the dot."""
    (answer := task.parent / "answer").mkdir()
    for name, text in files.items():
        (answer / name.replace("_", ".")).write_text(text)
    result = task.parent / "result.json"
    given = ["--submission", str(answer), "--result", str(result)]
    command = [sys.executable, "-m", "pytest", "-q", "--rootdir", str(task), str(task), *given, *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    run = result_json.read(result)
    assert done.returncode == run.exit_code, done.stdout + done.stderr
    return run


def opened(cluster: LiveCluster, task: Assignment) -> Any:
    return open_sandbox(cluster, task.grants, elsewhere=task.elsewhere, outside=task.grants_outside)


def ours(cluster: LiveCluster, name: str) -> list[str]:
    """Return what there is of one sandbox, by the part of its name that no other has."""
    places = [*OUTSIDE, ("Namespace", None)]
    return [
        f"{kind} {obj['metadata']['name']}"
        for kind, namespace in places
        for obj in cluster.list(kind, namespace, labels={OWNER: "sandbox"})
        if name in obj["metadata"]["name"] and not obj["metadata"].get("deletionTimestamp")
    ]


@pytest.mark.parametrize(
    "files",
    [
        {"worker_yaml": LEARNERS},
        {"worker_yaml": LEARNERS, "steps_sh": APPLY % ""},
        {"worker_yaml": LEARNERS, "steps_sh": APPLY % "--server-side "},
    ],
    ids=["manifests", "kubectl apply", "kubectl apply --server-side"],
)
def test_a_submission_is_applied_over_what_was_there(
    cluster: LiveCluster, task: Path, files: dict[str, str]
) -> None:
    run = graded(task, **files)
    assert {claim.id: claim.verdict for claim in run.claims} == {
        "test_worker_is_the_learners": "passed",
        "test_stranger_runs": "passed",
        "test_names_are_told": "passed",
    }, run
    assert run.environment["lane"] == "shared"
    assert run.timings["setup"] > 0
    assert not ours(cluster, run.environment["namespace"])


def test_a_learner_reads_outside_what_the_task_grants_and_writes_nothing(
    cluster: LiveCluster, task: Path
) -> None:
    run = graded(task, worker_yaml=LEARNERS, steps_sh=APPLY % "" + LOOK)
    assert {claim.verdict for claim in run.claims} == {"passed"}, run
    assert run.environment["lane"] == "shared"
    assert not ours(cluster, run.environment["namespace"])


def test_everything_is_there_before_the_submission_and_gone_after_it(
    cluster: LiveCluster, task: Path
) -> None:
    read = assignment.read(task)
    with opened(cluster, read) as sandbox:
        name = sandbox.namespace
        assert len(ours(cluster, name)) == 7, "three namespaces, two roles and their bindings"
        sandbox.set_up(read.setup)
        worker = cluster.get("Deployment", "worker", name)
        assert worker
        assert worker["status"]["availableReplicas"] == 2
        assert worker["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "2"
        sandbox.apply(intake.read(str(write(task, LEARNERS))))
        over = cluster.get("Deployment", "worker", name)
        assert over
        assert over["metadata"]["uid"] == worker["metadata"]["uid"]
        assert over["metadata"]["labels"] == {"team": "blue"}
    assert not ours(cluster, name)
    assert not cluster.get("ClusterRole", f"kubeproctor-task-{name}")


def test_two_sandboxes_have_nothing_of_each_other(cluster: LiveCluster, task: Path) -> None:
    read = assignment.read(task)
    with opened(cluster, read) as one:
        with opened(cluster, read) as two:
            assert one.elsewhere != two.elsewhere
        learner = cluster.with_token(cluster.token(LEARNER, one.home))
        try:
            assert learner.list("Node"), "the other's end took nothing away"
            assert learner.list("Pod", "kube-system")
            node = learner.list("Node")[0]["metadata"]["name"]
            with pytest.raises(Rejected) as refused:
                learner.patch("Node", node, None, {"metadata": {"labels": {"mine": "yes"}}})
            assert refused.value.status == 403
        finally:
            learner.close()


def test_a_setup_that_does_not_run_costs_no_points(cluster: LiveCluster, tmp_path: Path) -> None:
    broken = FIRST.replace("port: 80", "port: 81") + "        command: ['false']\n"
    # never within any time, so a tenth of what it is given shows it as well
    run = graded(written(tmp_path, a=broken), "--patience", "0.1", worker_yaml=LEARNERS)
    assert run.claims[0].verdict == "grader_error"
    assert run.claims[0].cause
    assert "Deployment `worker` of the exercise does not run" in run.claims[0].cause.found
    assert run.exit_code == 3


def test_an_object_that_the_cluster_does_not_take_is_ours(cluster: LiveCluster, tmp_path: Path) -> None:
    read = assignment.read(written(tmp_path, a=FIRST.replace("replicas: 1", "replicsa: 1")))
    with open_sandbox(cluster, []) as sandbox, pytest.raises(CannotGrade, match="replicsa"):
        sandbox.set_up(read.setup)


def write(task: Path, text: str) -> Path:
    (folder := task.parent / "manifests").mkdir()
    (folder / "worker.yaml").write_text(text)
    return folder
