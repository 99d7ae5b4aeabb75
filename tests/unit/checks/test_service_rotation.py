"""Who is behind a Service: by its endpoints, and by who takes the connections."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from made import NS, deploy, endpoints, expose, pod, serve, slice_of

from checks import CheckFailed, GraderError, Pod, Solution
from checks.cluster import Object, Reply
from checks.fake import Fake

FRONT = {"tier": "front"}


class Town:
    """A Service `web` in front of `blue` (two pods) and `green` (one), and a stranger with other labels."""

    def __init__(self, cluster: Fake, app: Solution) -> None:
        self.cluster, self.app = cluster, app
        self.blue_pods = deploy(cluster, "blue", 2, FRONT, net=1)
        self.green_pods = deploy(cluster, "green", 1, FRONT, net=2)
        self.stranger_pods = deploy(cluster, "stranger", 1, net=3)
        self.pods = [*self.blue_pods, *self.green_pods, *self.stranger_pods]
        serve(cluster, *self.pods)
        expose(cluster, "web", FRONT)
        self.web = app.service("web")
        self.blue, self.green = app.deployment("blue"), app.deployment("green")
        self.stranger = app.deployment("stranger")

    def noun(self, obj: Object) -> Pod:
        """Return the noun for a pod."""
        return Pod.of(self.cluster, obj)

    def relabel(self, obj: Object, labels: dict[str, str | None]) -> None:
        """Change labels of a pod, and the endpoints with them."""
        self.cluster.patch("Pod", obj["metadata"]["name"], NS, {"metadata": {"labels": labels}})
        endpoints(self.cluster, "web")


@pytest.fixture
def town(cluster: Fake, app: Solution) -> Town:
    """A Service, the pods behind it, and a stranger."""
    return Town(cluster, app)


def test_a_service_with_the_right_pods_passes(town: Town) -> None:
    town.web.routes_to_exactly(town.blue, town.green)
    town.web.reaches_each(town.blue, town.green, requests=9, at_least=3)
    town.web.includes(town.noun(town.green_pods[0]))
    town.web.excludes(town.noun(town.stranger_pods[0]))


@pytest.mark.parametrize(
    ("change", "expected", "found"),
    [
        (
            lambda town: town.relabel(town.blue_pods[1], {"tier": None}),
            "blue-1, blue-2, green-1",
            "blue-1, green-1",
        ),
        (
            lambda town: town.relabel(town.stranger_pods[0], FRONT),
            "blue-1, blue-2, green-1",
            "blue-1, blue-2, green-1, stranger-1",
        ),
        (lambda town: slice_of(town.cluster, "web"), "blue-1, blue-2, green-1", "no endpoint"),
    ],
    ids=["one too few", "one too many", "nobody"],
)
def test_other_endpoints_than_the_workloads_pods_fail(
    town: Town, change: Callable[[Town], None], expected: str, found: str
) -> None:
    change(town)
    with pytest.raises(CheckFailed) as failure:
        town.web.routes_to_exactly(town.blue, town.green)
    assert (failure.value.expected, failure.value.found) == (expected, found)


def test_a_workload_without_ready_pods_is_routed_to_by_nobody(town: Town) -> None:
    for obj in town.blue_pods:
        town.cluster.put({**obj, "status": {**obj["status"], "conditions": []}})
    endpoints(town.cluster, "web")
    with pytest.raises(CheckFailed, match="it has 2, not one of them Ready"):
        town.web.routes_to_exactly(town.blue, town.green)
    with pytest.raises(CheckFailed, match="it has 2, not one of them Ready"):
        town.web.reaches_each(town.blue, town.green)


def test_a_namesake_of_a_pod_is_not_the_pod(town: Town) -> None:
    town.cluster.remove("Pod", "green-1", NS)
    old = town.green_pods[0]
    status = {**old["status"], "podIP": "10.0.2.99"}
    town.cluster.put({**old, "metadata": {**old["metadata"], "uid": "another"}, "status": status})
    with pytest.raises(CheckFailed):
        town.web.routes_to_exactly(town.blue, town.green)
    endpoints(town.cluster, "web")
    town.web.routes_to_exactly(town.blue, town.green)
    with pytest.raises(CheckFailed):
        town.web.includes(town.noun(town.green_pods[0]))


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda town: town.relabel(town.green_pods[0], {"tier": None}), "blue 30, green 0"),
        (
            lambda town: town.relabel(town.stranger_pods[0], FRONT),
            "blue 16, green 7, stranger-1 7",
        ),
        (
            lambda town: town.cluster.serving.update({("10.0.2.1", 80): Reply("timeout")}),
            "blue 20, green 0, no answer in time 10",
        ),
    ],
    ids=["never one of them", "somebody else", "silence"],
)
def test_answers_from_others_than_the_workloads_fail(
    town: Town, change: Callable[[Town], None], found: str
) -> None:
    change(town)
    with pytest.raises(CheckFailed) as failure:
        town.web.reaches_each(town.blue, town.green, requests=30)
    assert failure.value.found == found


def test_the_ip_of_a_pod_that_has_ended_belongs_to_its_next_owner(town: Town) -> None:
    ended = {**town.green_pods[0], "metadata": {**town.green_pods[0]["metadata"], "name": "green-0"}}
    ended["metadata"]["uid"] = "Pod-green-0"
    ended["status"] = {"phase": "Failed", "podIP": town.stranger_pods[0]["status"]["podIP"]}
    town.cluster.put(ended)
    town.relabel(town.stranger_pods[0], FRONT)
    with pytest.raises(CheckFailed, match="stranger-1 7"):
        town.web.reaches_each(town.blue, town.green, requests=30)


def test_fewer_answers_than_each_is_to_give_fail(town: Town) -> None:
    with pytest.raises(CheckFailed) as failure:
        town.web.reaches_each(town.blue, town.green, requests=30, at_least=15)
    assert failure.value.found == "blue 20, green 10"


def test_a_pod_among_the_endpoints_that_gets_no_request_is_not_included(town: Town) -> None:
    town.cluster.patch("Service", "web", NS, {"spec": {"sessionAffinity": "ClientIP"}})
    with pytest.raises(CheckFailed) as failure:
        town.web.includes(town.noun(town.green_pods[0]))
    failure.value.read_cause()
    assert failure.value.found == "blue-1 60"
    assert "sessionAffinity: ClientIP" in failure.value.because


def test_a_pod_outside_the_endpoints_is_not_included_and_one_inside_not_excluded(town: Town) -> None:
    with pytest.raises(CheckFailed, match="stranger-1 among the endpoints"):
        town.web.includes(town.noun(town.stranger_pods[0]))
    with pytest.raises(CheckFailed, match="green-1 is Ready and carries tier=front"):
        town.web.excludes(town.noun(town.green_pods[0]))


def test_a_pod_that_still_gets_requests_is_not_excluded(town: Town) -> None:
    """It ends, and is the last one: until it has ended it still serves."""
    [slice_] = town.cluster.list("EndpointSlice", NS)
    conditions = {"ready": False, "serving": True, "terminating": True}
    [last] = [each for each in slice_["endpoints"] if each["targetRef"]["name"] == "green-1"]
    town.cluster.put({**slice_, "endpoints": [{**last, "conditions": conditions}]})
    with pytest.raises(CheckFailed) as failure:
        town.web.excludes(town.noun(town.green_pods[0]))
    assert failure.value.expected == "none of 20 requests sent to green-1"
    assert failure.value.found == "green-1 20"
    assert not failure.value.settles
    town.web.excludes(town.noun(town.blue_pods[0]))


def test_excluding_a_pod_does_not_excuse_silence(town: Town) -> None:
    town.relabel(town.green_pods[0], {"tier": None})
    town.cluster.serving.clear()
    with pytest.raises(CheckFailed, match=r"connection refused \(40 of 40 requests\)"):
        town.web.excludes(town.noun(town.green_pods[0]))


def test_a_pod_without_ip_is_not_blamed_for_requests_that_nobody_took(town: Town) -> None:
    new = town.cluster.put(pod("new", ready=False))
    town.cluster.patch("Pod", "new", NS, {"status": {"podIP": None}})
    town.cluster.serving.clear()
    with pytest.raises(CheckFailed, match=r"connection refused \(60 of 60 requests\)"):
        town.web.excludes(town.noun(new))


@pytest.mark.parametrize(
    "read",
    [
        lambda town: town.web.reaches_each(town.blue, town.green),
        lambda town: town.web.includes(town.noun(town.green_pods[0])),
        lambda town: town.web.excludes(town.noun(town.stranger_pods[0])),
    ],
    ids=["reaches_each", "includes", "excludes"],
)
def test_an_answer_from_who_knows_where_is_no_verdict(town: Town, read: Callable[[Town], None]) -> None:
    town.cluster.traced = False
    with pytest.raises(GraderError, match="connection tracking"):
        read(town)


def test_a_service_without_endpoints_refuses(cluster: Fake, app: Solution) -> None:
    deploy(cluster, "web", ready=False)
    expose(cluster, "web", {"app": "web"})
    app.service("web").refuses()


def test_a_service_with_endpoints_does_not_refuse_though_nobody_listens(town: Town) -> None:
    town.cluster.serving.clear()
    with pytest.raises(CheckFailed, match="blue-1, blue-2, green-1"):
        town.web.refuses()


def test_a_connection_that_somebody_takes_is_no_refusal(
    town: Town, app: Solution, monkeypatch: pytest.MonkeyPatch
) -> None:
    slice_of(town.cluster, "web")
    stale = [Reply("answered", backend="10.0.1.1")] * 5
    monkeypatch.setattr(town.cluster, "dial", lambda dials: stale)
    with pytest.raises(CheckFailed) as failure:
        town.web.refuses()
    assert failure.value.found == "5 of 5 taken by blue-1"
    assert not failure.value.settles
    monkeypatch.setattr(town.cluster, "dial", lambda dials: [Reply("other", detail="exec died")] * 5)
    with pytest.raises(GraderError, match="cannot tell whether Service `web` refuses connections: exec died"):
        town.web.refuses()
