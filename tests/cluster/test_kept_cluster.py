"""The kept cluster and the commands that name it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fixtures.clusters import state
from fixtures.clusters.provider import DEFAULT_NAME
from fixtures.live import LiveCluster
from tests.commands import kubeproctor

pytestmark = [pytest.mark.cluster, pytest.mark.shared]


def test_logs_of_a_cluster_are_written(tmp_path: Path, cluster: LiveCluster) -> None:
    done = kubeproctor("cluster", "logs", tmp_path / "logs")
    assert done.returncode == 0, done.stderr
    names = {path.name for path in (tmp_path / "logs").rglob("*.log")}
    assert {"kubelet.log", "containerd.log"} <= names


def test_the_context_of_a_cluster_can_be_named_and_is_agreed_to_by_its_uid(
    tmp_path: Path, cluster: LiveCluster
) -> None:
    handle = state.load(DEFAULT_NAME)
    assert handle
    starter = "assignments/custom-load-balancing/starter"
    ask = (
        "grade",
        starter,
        "-a",
        "custom-load-balancing",
        "-o",
        tmp_path,
        "--cluster",
        f"context:{handle.context}",
    )
    kubeconfig = {"KUBECONFIG": str(handle.kubeconfig)}
    refused = kubeproctor(*ask, env=kubeconfig)
    assert refused.returncode == 4, refused.stderr
    assert handle.uid in refused.stdout + refused.stderr
    agreed = kubeproctor(*ask, env={**kubeconfig, "KUBEPROCTOR_CLUSTER_UID": handle.uid})
    assert agreed.returncode == 1, agreed.stdout + agreed.stderr
    result = json.loads((tmp_path / "starter" / "result.json").read_text())
    assert result["environment"]["cluster uid"] == handle.uid
