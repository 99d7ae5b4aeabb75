"""Processes of nodes and registry killed behind the engine's back: they come back by the usual command."""

from __future__ import annotations

import os
import signal

import pytest

from fixtures.clusters import registry
from fixtures.clusters.engine import find_engine
from fixtures.clusters.provider import DEFAULT_NAME
from fixtures.live import LiveCluster
from tests.commands import containers_of, gone_afterwards, kubeproctor
from tests.leaks import snapshot

pytestmark = [pytest.mark.cluster, pytest.mark.alone]


def test_nodes_and_registry_come_back(cluster: LiveCluster) -> None:
    """As after a crash that the engine did not notice: it calls them running."""
    engine = find_engine()
    # a new registry stands where the old one was: another name for each thing, the same number of them
    before = {sort: len(found) for sort, found in snapshot().items()}
    with gone_afterwards("killed"):
        assert kubeproctor("cluster", "up", "--name", "killed").returncode == 0
        for container in (*containers_of("killed"), registry.CONTAINER):
            # what watches a container of Podman is a process of its own and goes first
            pids = "{{.State.ConmonPid}} {{.State.Pid}}" if engine.name == "podman" else "{{.State.Pid}}"
            for pid in str(engine.run("inspect", "--format", pids, container).stdout).split():
                os.kill(int(pid), signal.SIGKILL)
        assert kubeproctor("cluster", "status", "--name", "killed").returncode == 3
        again = kubeproctor("cluster", "up", "--name", "killed")
        assert again.returncode == 0, again.stderr
        assert kubeproctor("cluster", "status", "--name", "killed").returncode == 0
        # the other cluster uses the same registry
        assert kubeproctor("cluster", "status", "--name", DEFAULT_NAME).returncode == 0
    assert {sort: len(found) for sort, found in snapshot().items()} == before
