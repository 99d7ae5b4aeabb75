"""The sandbox: a submission may do its task, nothing else, and is gone afterwards."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from checks.errors import CheckFailed
from fixtures import assignment
from fixtures.api import Rejected
from fixtures.clusters import state
from fixtures.clusters.kind import kubectl
from fixtures.clusters.provider import DEFAULT_NAME
from fixtures.learner import LEARNER, wait_for
from fixtures.live import LiveCluster
from fixtures.sandbox import OWNER, Sandbox, open_sandbox
from fixtures.submission import intake
from fixtures.submission.model import Submission
from fixtures.toolbox import OUTPUT_BYTES, STEP_SECONDS
from tests.commands import kubeproctor, started

pytestmark = pytest.mark.cluster

TASK = assignment.load("custom-load-balancing")
STARTER = TASK.folder / "starter"
SLOW = TASK.folder / "solutions" / "manifests"


@pytest.fixture(scope="module")
def program(cluster: LiveCluster) -> Path:
    handle = state.load(DEFAULT_NAME)
    assert handle
    return kubectl(handle)


@pytest.fixture
def sandbox(cluster: LiveCluster) -> Iterator[Sandbox]:
    with open_sandbox(cluster, TASK.grants) as made:
        yield made


def script(folder: Path, text: str) -> Submission:
    (folder / "steps.sh").write_text(text)
    return intake.read(str(folder))


def run(sandbox: Sandbox, commands: Submission, program: Path) -> None:
    """Run all steps of a script, as a grade does."""
    sandbox.apply(commands, program)
    for step in commands.steps:
        sandbox.run(step)


def test_several_threads_connect_at_once(cluster: LiveCluster) -> None:
    def connect(_: int) -> str:
        with LiveCluster(cluster.kubeconfig, cluster.context) as another:
            return str(another.api.host)

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(connect, range(100))) == {cluster.api.host}


def test_the_learner_may_do_the_task_and_nothing_else(cluster: LiveCluster, sandbox: Sandbox) -> None:
    sandbox.apply(intake.read(str(STARTER)))
    learner = cluster.with_token(cluster.token(LEARNER, sandbox.home))
    try:
        assert learner.list("Service", sandbox.namespace), "the control: what is granted works"
        forbidden: list[Callable[[], object]] = [
            lambda: learner.list("Pod", "kube-system"),
            lambda: learner.list("Node"),
            lambda: learner.list("Secret", sandbox.namespace),
            lambda: learner.list("Secret", "kubeproctor"),
            lambda: learner.delete("Namespace", sandbox.namespace),
            lambda: learner.token("default", "kube-system"),
            lambda: learner.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "mine"}}),
        ]
        for attempt in forbidden:
            with pytest.raises(Rejected) as refused:
                attempt()
            assert refused.value.status == 403
    finally:
        learner.close()


def test_an_object_that_the_cluster_does_not_take_is_the_learners_with_field_and_place(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    text = (STARTER / "start.yaml").read_text().replace("selector:", "selectr:")
    (tmp_path / "web.yaml").write_text(text)
    with pytest.raises(CheckFailed) as failed:
        sandbox.apply(intake.read(str(tmp_path)))
    assert "selectr" in failed.value.found
    assert "web.yaml, line 7, column 3" in str(failed.value), "the place of spec.selectr"


def test_steps_share_files_and_not_variables(sandbox: Sandbox, program: Path, tmp_path: Path) -> None:
    steps = script(
        tmp_path,
        '# step: write\nword=kept; echo $word > file\n# step: read\ncat file; echo "[${word:-unset}]"\n',
    )
    run(sandbox, steps, program)
    assert [done.step.name for done in sandbox.steps] == ["write", "read"]
    assert sandbox.steps[1].output.split() == ["kept", "[unset]"]


def test_a_step_that_fails_is_the_learners_and_ends_the_script(
    sandbox: Sandbox, program: Path, tmp_path: Path
) -> None:
    text = "# step: good\ntrue\n# step: bad\necho why; false | cat\n# step: never\necho never\n"
    with pytest.raises(CheckFailed) as failed:
        run(sandbox, script(tmp_path, text), program)
    assert "'bad'" in failed.value.expected
    assert "why" in str(failed.value)
    assert [done.step.name for done in sandbox.steps] == ["good", "bad"]


def test_what_a_step_leaves_in_the_background_lives_on_and_holds_nothing_up(
    sandbox: Sandbox, program: Path, tmp_path: Path
) -> None:
    text = "# step: start\nsleep 1000 &\necho $! > pid\n# step: later\nkill -0 $(cat pid); kill $(cat pid)\n"
    run(sandbox, script(tmp_path, text), program)
    assert sandbox.steps[0].seconds < STEP_SECONDS / 2


def test_a_step_that_prints_without_end_is_ended_and_its_last_words_are_kept(
    sandbox: Sandbox, program: Path, tmp_path: Path
) -> None:
    with pytest.raises(CheckFailed) as failed:
        run(sandbox, script(tmp_path, "yes to everything"), program)
    assert "more than 16 MiB" in failed.value.found
    assert sandbox.steps[0].seconds < STEP_SECONDS / 2, "the file of its output may not grow"
    assert set(sandbox.steps[0].output[-100:].splitlines()[1:-1]) == {"to everything"}, "and nothing of ours"
    assert len(sandbox.steps[0].output) <= OUTPUT_BYTES


def test_a_script_finds_the_files_that_were_handed_in_with_it(
    sandbox: Sandbox, program: Path, tmp_path: Path
) -> None:
    (tmp_path / "more stuff").mkdir()
    (tmp_path / "more stuff" / "text.txt").write_text("found")
    (tmp_path / "count.sh").write_text("#!/bin/sh\necho $(($1 + 1))\n")
    run(sandbox, script(tmp_path, 'cat "more stuff/text.txt"; ./count.sh 41'), program)
    assert sandbox.steps[0].output.split() == ["found42"]


def test_steps_are_the_learner_and_not_the_grader(sandbox: Sandbox, program: Path, tmp_path: Path) -> None:
    text = (
        "kubectl auth can-i get pods\n! kubectl get nodes\n! kubectl -n kubeproctor get secret probe\nid -u\n"
    )
    run(sandbox, script(tmp_path, text), program)
    assert sandbox.steps[0].output.splitlines()[-1] == "1000"


def test_what_a_step_says_cannot_command_a_terminal(sandbox: Sandbox, program: Path, tmp_path: Path) -> None:
    with pytest.raises(CheckFailed) as failed:
        run(sandbox, script(tmp_path, r"printf '\033[2J\033]0;mine\007gone'; exit 3"), program)
    assert "\x1b" not in str(failed.value)
    assert "gone" in str(failed.value)


def sandboxes(cluster: LiveCluster) -> set[str]:
    return {
        namespace["metadata"]["name"]
        for namespace in cluster.list("Namespace", labels={OWNER: "sandbox"})
        if not namespace["metadata"].get("deletionTimestamp")
    }


def grading(cluster: LiveCluster, output: Path) -> tuple[subprocess.Popen[str], set[str]]:
    """Start a grade and return it with its namespaces, as soon as they are there."""
    before = sandboxes(cluster)
    process = started("grade", SLOW, "-a", TASK.name, "-o", output)
    deadline = time.monotonic() + 60
    while not (mine := sandboxes(cluster) - before):
        assert process.poll() is None
        assert time.monotonic() < deadline
        cluster.wake(("Namespace",), None, 1.0)
    return process, mine


def test_the_sandbox_of_a_killed_grade_is_swept_by_the_next(cluster: LiveCluster, tmp_path: Path) -> None:
    process, mine = grading(cluster, tmp_path)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert mine <= sandboxes(cluster), "the control: a killed process cleans nothing up"
    kubeproctor("grade", STARTER, "-a", TASK.name, "-o", tmp_path)
    assert not mine & sandboxes(cluster)


def test_pods_that_will_not_end_do_not_outlive_their_sandbox(cluster: LiveCluster) -> None:
    with open_sandbox(cluster, []) as made:
        container = {"name": "main", "image": "busybox", "command": ["sleep", "600"]}
        metadata = {"name": "deaf", "namespace": made.namespace}
        spec = {"containers": [container], "terminationGracePeriodSeconds": 600}
        cluster.apply({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
        wait_for(cluster, "Pod", "deaf", made.namespace, lambda pod: pod["status"].get("phase") == "Running")
    deadline = time.monotonic() + 120
    while cluster.get("Pod", "deaf", made.namespace):
        assert time.monotonic() < deadline, "it has its ten minutes of grace"
        cluster.wake(("Pod",), made.namespace, 1.0)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "a job is cancelled"])
def test_an_interrupted_grade_leaves_no_sandbox_and_says_so_in_one_line(
    cluster: LiveCluster, tmp_path: Path, how: signal.Signals
) -> None:
    process, mine = grading(cluster, tmp_path)
    process.send_signal(how)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert not mine & sandboxes(cluster)
