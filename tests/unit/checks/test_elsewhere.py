"""A claim speaks of the second namespace of a sandbox as of the first."""

from __future__ import annotations

import pytest

from checks import GraderError, Solution, UsageError
from checks.fake import Fake


def test_its_nouns_are_those_of_the_second_namespace() -> None:
    note = {"kind": "ConfigMap", "metadata": {"name": "note", "namespace": "k-1-elsewhere"}}
    app = Solution(Fake(note), "k-1", {"pods": 2}, elsewhere="k-1-elsewhere")
    app.elsewhere.object("ConfigMap", "note").exists()
    app.object("ConfigMap", "note").is_gone()
    assert app.elsewhere.namespace == "k-1-elsewhere"


def test_a_claim_that_speaks_of_one_that_is_not_there_is_written_wrong() -> None:
    app = Solution(Fake(), "k-1", elsewhere="k-1-elsewhere")
    for without in (Solution(Fake(), "k-1"), app.elsewhere):
        with pytest.raises(UsageError, match=r"app\.elsewhere: there is none; write `elsewhere = true`"):
            without.elsewhere.deployment("web")


def test_the_clusters_own_parts_are_read_where_there_are_some() -> None:
    pod = {"kind": "Pod", "metadata": {"name": "coredns-1", "namespace": "kube-system"}}
    assert [each.name for each in Solution(Fake(pod), "k-1").kube_system.pods] == ["coredns-1"]
    with pytest.raises(GraderError, match="kube-system has no pods on this cluster"):
        assert Solution(Fake(), "k-1").kube_system
