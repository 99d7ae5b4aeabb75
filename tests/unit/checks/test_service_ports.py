"""The port that clients use decides which endpoints count."""

from __future__ import annotations

import pytest
from made import deploy, expose, pod, serve, slice_of

from checks import CheckFailed, Solution
from checks.cluster import Object
from checks.fake import Fake


@pytest.mark.parametrize(
    "ports",
    [
        [{"port": 53, "protocol": "UDP", "name": "dns"}, {"port": 53, "name": "dns-tcp"}],
        [{"port": 53, "name": "dns-tcp"}, {"port": 53, "protocol": "UDP", "name": "dns"}],
    ],
    ids=["UDP first", "TCP first"],
)
def test_a_number_that_udp_and_tcp_share_means_tcp(cluster: Fake, app: Solution, ports: list[Object]) -> None:
    pods = deploy(cluster, "dns")
    serve(cluster, *pods, port=53)
    expose(cluster, "dns", {"app": "dns"}, ports=ports)
    slice_of(cluster, "dns", *pods, target=53, name="dns-tcp")
    app.service("dns", port=53).routes_to_exactly(app.deployment("dns"))
    app.service("dns", port=53).answers()


def test_udp_alone_is_no_port_for_connections(cluster: Fake, app: Solution) -> None:
    expose(cluster, "dns", {"app": "dns"}, ports=[{"port": 53, "protocol": "UDP"}])
    with pytest.raises(CheckFailed) as failure:
        app.service("dns", port=53).answers()
    assert failure.value.found == "no TCP port"


def test_endpoints_of_another_port_do_not_count(cluster: Fake, app: Solution) -> None:
    ports = [{"port": 80, "name": "http", "targetPort": "http"}, {"port": 81, "name": "admin"}]
    pods = deploy(cluster, "web")
    expose(cluster, "web", {"app": "web"}, ports=ports)
    slice_of(cluster, "web", *pods, target=81, name="admin")
    app.service("web", port=81).routes_to_exactly(app.deployment("web"))
    with pytest.raises(CheckFailed) as failure:
        app.service("web", port=80).routes_to_exactly(app.deployment("web"))
    failure.value.read_cause()
    assert failure.value.found == "no endpoint"
    assert failure.value.because == "targetPort is 'http', a name that no container of web-1 gives a port"


def test_a_pod_that_two_slices_list_is_one_endpoint(cluster: Fake, app: Solution) -> None:
    pods = deploy(cluster, "web")
    expose(cluster, "web", {"app": "web"})
    found = cluster.get("EndpointSlice", "web-x", "k-1")
    cluster.put({**found, "metadata": {**found["metadata"], "name": "web-y"}})
    app.service("web").routes_to_exactly(app.deployment("web"))
    with pytest.raises(CheckFailed) as failure:
        app.service("web").refuses()
    assert failure.value.found == pods[0]["metadata"]["name"]


def test_endpoints_that_are_not_ready_are_none(cluster: Fake, app: Solution) -> None:
    deploy(cluster, "web")
    expose(cluster, "web", {"app": "web"})
    found = cluster.get("EndpointSlice", "web-x", "k-1")
    cluster.put({**found, "endpoints": [{**found["endpoints"][0], "conditions": {"ready": False}}]})
    app.service("web").refuses()


def test_endpoints_that_somebody_wrote_by_hand_are_strangers(cluster: Fake, app: Solution) -> None:
    deploy(cluster, "web")
    expose(cluster, "web", None)
    by_hand = pod("", "192.0.2.7")
    slice_of(cluster, "web", by_hand)
    found = cluster.get("EndpointSlice", "web-x", "k-1")
    cluster.put({**found, "endpoints": [{"addresses": ["192.0.2.7"]}]})
    with pytest.raises(CheckFailed) as failure:
        app.service("web").routes_to_exactly(app.deployment("web"))
    failure.value.read_cause()
    assert (failure.value.expected, failure.value.found) == ("web-1", "192.0.2.7")
    assert "nothing fills in" not in failure.value.because
