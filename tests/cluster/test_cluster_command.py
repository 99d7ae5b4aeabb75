"""`kubeproctor cluster`: one cluster a name, whatever disturbs it, and nothing left behind."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from fixtures.clusters import health, state
from fixtures.clusters.engine import find_engine
from fixtures.clusters.kind import KindProvider
from fixtures.clusters.provider import Options
from fixtures.errors import CannotGrade
from fixtures.live import LiveCluster
from fixtures.sandbox import open_sandbox
from tests.commands import containers_of, gone_afterwards, kubeproctor, started
from tests.leaks import difference, snapshot

pytestmark = [pytest.mark.cluster, pytest.mark.own_clusters]


@pytest.fixture(autouse=True)
def nothing_leaks(kept_is_up: None) -> Iterator[None]:
    """A test leaves nothing behind."""
    before = snapshot()
    yield
    assert difference(before, snapshot()) == {}


def await_(condition: Callable[[], bool], process: subprocess.Popen[str], seconds: float = 120) -> None:
    """Wait until a process has come so far; it must not end before."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, process.stderr and process.stderr.read()
        assert time.monotonic() < deadline, "the phase was never reached"
        time.sleep(0.02)


PHASES: dict[str, Callable[[str], bool]] = {
    "before-the-node": lambda name: (state.folder_of(name) / "kind.log").exists(),
    "node-starts": lambda name: bool(containers_of(name)),
    "kubeadm-is-done": lambda name: (state.folder_of(name) / "kubeconfig").exists(),
}


@pytest.mark.parametrize("phase", PHASES)
def test_after_a_kill_in_any_phase_the_same_command_works(phase: str) -> None:
    with gone_afterwards("phase"):
        process = started("cluster", "up", "--name", "phase")
        await_(lambda: PHASES[phase]("phase"), process)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert state.load("phase") is None, "it was killed too late"
        again = kubeproctor("cluster", "up", "--name", "phase")
        assert again.returncode == 0, again.stderr
        assert len(containers_of("phase")) == 1
        assert kubeproctor("cluster", "status", "--name", "phase").returncode == 0


@pytest.mark.parametrize("phase", PHASES)
def test_an_interrupt_in_any_phase_leaves_nothing(phase: str) -> None:
    process = started("cluster", "up", "--name", "phase")
    try:
        await_(lambda: PHASES[phase]("phase"), process)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert containers_of("phase") == []
    assert not state.folder_of("phase").exists()


def test_two_ups_of_one_name_at_once_give_one_cluster() -> None:
    with gone_afterwards("twice"):
        both = [started("cluster", "up", "--name", "twice") for _ in range(2)]
        said = [process.communicate(timeout=180)[1] for process in both]
        assert [process.returncode for process in both] == [0, 0], said
        assert len(containers_of("twice")) == 1
        assert sum("create cluster twice" in text for text in said) == 1, said
        assert kubeproctor("cluster", "status", "--name", "twice").returncode == 0


def test_two_names_at_once_give_two_clusters_that_both_work() -> None:
    with gone_afterwards("one", "two"):
        both = [started("cluster", "up", "--name", name) for name in ("one", "two")]
        said = [process.communicate(timeout=240)[1] for process in both]
        assert [process.returncode for process in both] == [0, 0], said
        one, two = state.load("one"), state.load("two")
        assert one
        assert two
        assert one.uid != two.uid
        for name in ("one", "two"):
            assert kubeproctor("cluster", "status", "--name", name).returncode == 0
        kubeproctor("cluster", "down", "--name", "one")
        assert kubeproctor("cluster", "status", "--name", "two").returncode == 0, "one took two down with it"


def test_a_broken_cluster_is_rebuilt_with_one_line_that_says_why() -> None:
    with gone_afterwards("broken"):
        assert kubeproctor("cluster", "up", "--name", "broken").returncode == 0
        first = state.load("broken")
        assert first
        # whoever finds it unwell does not take it from those who grade on it
        with LiveCluster(first.kubeconfig) as cluster, open_sandbox(cluster, []):
            cluster.scale("Deployment", "coredns", "kube-system", 0)
            deadline = time.monotonic() + 60
            while health.complaint(first) is None:
                assert time.monotonic() < deadline, "cluster DNS goes on without pods"
                cluster.wake(("Pod",), "kube-system", 1.0)
            kept = kubeproctor("cluster", "up", "--name", "broken")
            assert kept.returncode == 3, kept.stderr
            assert "others are grading on it: cluster DNS does not answer" in kept.stderr
        assert state.load("broken") == first
        # the traps of pytest-kind: a kubeconfig that is there and empty, a node that is gone
        first.kubeconfig.write_text("")
        assert kubeproctor("cluster", "status", "--name", "broken").returncode == 3
        again = kubeproctor("cluster", "up", "--name", "broken")
        assert again.returncode == 0, again.stderr
        assert again.stderr.count("cluster broken is rebuilt: ") == 1, again.stderr
        second = state.load("broken")
        assert second
        assert second.uid != first.uid
        # a machine that was started again: the node is there and stopped, and is started, not rebuilt
        find_engine().run("stop", "--time", "5", *containers_of("broken"), timeout=60)
        third = kubeproctor("cluster", "up", "--name", "broken")
        assert third.returncode == 0, third.stderr
        assert "rebuilt" not in third.stderr
        restarted = state.load("broken")
        assert restarted
        assert restarted.uid == second.uid


def test_a_cluster_that_cannot_be_made_names_its_first_cause_and_leaves_its_logs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = KindProvider._write_settings

    def wrong(self: KindProvider, options: Options, folder: Path) -> None:
        real(self, options, folder)
        file = folder / "kind.yaml"
        settings = yaml.safe_load(file.read_text())
        wrong = "kind: ClusterConfiguration\nnetworking: {serviceSubnet: not-a-subnet}"
        settings["kubeadmConfigPatches"].append(wrong)
        file.write_text(yaml.safe_dump(settings))

    monkeypatch.setattr(KindProvider, "_write_settings", wrong)
    with pytest.raises(CannotGrade) as failed:
        KindProvider().up(Options("fails"))
    said = capsys.readouterr().err
    assert "not-a-subnet" in str(failed.value), str(failed.value)
    assert containers_of("fails") == []
    assert not state.folder_of("fails").exists()
    [line] = [line for line in said.splitlines() if line.startswith("logs of the failed cluster: ")]
    folder = Path(line.partition(": ")[2])
    assert "not-a-subnet" in (folder / "kind.log").read_text()
    shutil.rmtree(folder)
