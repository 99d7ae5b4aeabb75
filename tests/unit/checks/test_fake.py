"""The cluster in memory behaves as the protocol says, so that the other tests mean something."""

from __future__ import annotations

import pytest
from made import NS, deploy, expose, pod, serve

from checks import GraderError, clock
from checks.cluster import Ask, Dial
from checks.fake import Fake


def test_only_waiting_moves_the_time_and_brings_the_changes_due() -> None:
    cluster, seen = Fake(), []
    real = clock.now
    cluster.at(5, lambda: seen.append(cluster.now))
    with cluster.time():
        assert clock.now() == 0
        cluster.wake(["Pod"], NS, 7)
        assert clock.now() == 7
    assert seen == [5]
    assert clock.now is real


@pytest.mark.parametrize(
    ("kinds", "namespace", "wakes"),
    [(["Pod"], NS, True), (["Pod"], None, True), (["Service"], NS, False), (["Pod"], "k-2", False)],
)
def test_wake_returns_at_a_change_of_its_kinds_in_its_namespace(
    kinds: list[str], namespace: str | None, wakes: bool
) -> None:
    cluster = Fake()
    cluster.at(3, lambda: cluster.put(pod("web")))
    cluster.wake(kinds, namespace, 10)
    assert cluster.now == (3 if wakes else 10)


def test_a_change_since_the_last_wake_is_not_lost() -> None:
    cluster = Fake()
    cluster.wake(["Pod"], NS, 1)
    cluster.put(pod("web"))
    cluster.wake(["Pod"], NS, 10)
    assert cluster.now == 1
    cluster.wake(["Pod"], NS, 10)
    assert cluster.now == 11


def test_patch_is_a_json_merge_patch_that_leaves_earlier_readings_alone(cluster: Fake) -> None:
    cluster.put(pod("web", labels={"a": "1", "b": "2"}))
    before = cluster.get("Pod", "web", NS)
    after = cluster.patch("Pod", "web", NS, {"metadata": {"labels": {"a": None, "c": "3"}}, "spec": []})
    assert before
    assert before["metadata"]["labels"] == {"a": "1", "b": "2"}
    assert after["metadata"]["labels"] == {"b": "2", "c": "3"}
    assert after["spec"] == []
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    assert after["metadata"]["generation"] == before["metadata"]["generation"] + 1
    with pytest.raises(GraderError):
        cluster.patch("Pod", "nobody", NS, {})


def test_failures_come_as_often_as_they_are_asked_for(cluster: Fake) -> None:
    cluster.fail("get", "connection reset", times=2)
    for _ in range(2):
        with pytest.raises(GraderError, match="connection reset"):
            cluster.get("Pod", "web", NS)
    assert cluster.get("Pod", "web", NS) is None


@pytest.mark.parametrize(
    ("address", "outcome"),
    [
        ("10.96.0.1:80", "answered"),
        ("web.k-1.svc.cluster.local:80", "answered"),
        ("10.0.0.1:8080", "answered"),
        ("10.0.0.1:80", "refused"),
        ("10.96.0.1:81", "timeout"),
        ("10.9.9.9:80", "timeout"),
        ("nobody.k-1.svc.cluster.local:80", "dns"),
    ],
)
def test_dials_end_as_they_do_in_a_cluster(cluster: Fake, address: str, outcome: str) -> None:
    serve(cluster, *deploy(cluster, "web"), port=8080)
    expose(cluster, "web", {"app": "web"}, target=8080)
    (reply,) = cluster.dial([Dial(address)])
    assert reply.outcome == outcome
    assert reply.backend == ("10.0.0.1" if outcome == "answered" else None)


def test_real_requests_end_as_the_authorizer_says_unless_told_otherwise() -> None:
    cluster = Fake()
    cluster.allows = lambda ask: ask.verb == "get" and "for a reason"
    asked = [Ask("jane", (), verb, resource="pods") for verb in ("get", "list")]
    allowed, denied = cluster.tries(asked)
    assert (allowed.allowed, allowed.reason) == (True, "with success")
    assert (denied.allowed, denied.reason) == (False, '403: User "jane" cannot list resource "pods"')
    cluster.lets_pass = lambda ask: ask.verb == "list"
    assert [said.allowed for said in cluster.tries(asked)] == [False, True]
    assert [said.allowed for said in cluster.may(asked)] == [True, False]
