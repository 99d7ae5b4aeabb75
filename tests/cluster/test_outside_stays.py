"""The way out of the cluster stays closed while our pods are away; where it is open, nothing is graded."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from checks.cluster import Dial
from fixtures.agents import NAMESPACE
from fixtures.clusters.engine import find_engine
from fixtures.errors import CannotGrade
from fixtures.live import LiveCluster
from fixtures.probe import canary, ensure_probe, nobody

pytestmark = pytest.mark.cluster

TABLE = ("table", "inet", "kubeproctor_outside")


@pytest.fixture
def node(cluster: LiveCluster) -> Iterator[str]:
    """The name of the only node, on which all is in order afterwards."""
    [found] = cluster.list("Node")
    yield found["metadata"]["name"]
    ensure_probe(cluster, ours=True)
    canary(cluster, ours=True)


def take_away(cluster: LiveCluster, node: str) -> None:
    cluster.delete("Pod", f"flows-{node}", NAMESPACE, grace=0)
    deadline = time.monotonic() + 30
    while cluster.get("Pod", f"flows-{node}", NAMESPACE):
        assert time.monotonic() < deadline
        cluster.wake(("Pod",), NAMESPACE, 1.0)


def left(cluster: LiveCluster) -> str:
    """Return how a connection to the outside ends, from our probe: it needs nobody on the node for that."""
    [node] = cluster.list("Pod", NAMESPACE, labels={"kubeproctor.local/role": "probe"})
    [reply] = cluster.dial([Dial(nobody(node["status"]["hostIP"]), path=None, timeout=1.0)])
    return reply.outcome


def test_the_rules_stay_while_our_pod_is_away_and_are_there_once_when_it_is_back(
    cluster: LiveCluster, node: str
) -> None:
    rules = find_engine().run("exec", node, "nft", "list", *TABLE).stdout
    take_away(cluster, node)
    assert left(cluster) == "refused"
    ensure_probe(cluster, ours=True)
    assert find_engine().run("exec", node, "nft", "list", *TABLE).stdout == rules
    assert left(cluster) == "refused"


def test_a_cluster_whose_way_out_is_open_is_not_fit_for_grading(cluster: LiveCluster, node: str) -> None:
    find_engine().run("exec", node, "nft", "delete", *TABLE)
    with pytest.raises(CannotGrade, match="the way out of the cluster is not closed"):
        canary(cluster, ours=True)
    canary(cluster, ours=False)
    take_away(cluster, node)
    ensure_probe(cluster, ours=True)
    canary(cluster, ours=True)
