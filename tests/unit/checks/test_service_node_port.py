"""`Service.answers(node_port=True)`: every node answers on the node port, or is named."""

from __future__ import annotations

import pytest
from made import NS, deploy, endpoints, expose, node, serve, told

from checks import CheckFailed, GraderError, Solution
from checks.cluster import Dial, Object, Reply
from checks.fake import Fake

NODES = {"control-plane": "172.18.0.2", "worker": "172.18.0.3"}
PORT = {"port": 80, "targetPort": 80, "nodePort": 30080}


@pytest.fixture
def web(cluster: Fake) -> Fake:
    """Two nodes, and a Service of type NodePort with one pod."""
    for name, ip in NODES.items():
        address(cluster, node(cluster, name), ip)
    serve(cluster, *deploy(cluster, "web"), body="hello")
    expose(cluster, "web", {"app": "web"}, type="NodePort", ports=[PORT])
    return cluster


def address(cluster: Fake, where: Object, ip: str) -> None:
    """Give a node addresses: a name, and its internal IP."""
    found = [
        {"type": "Hostname", "address": where["metadata"]["name"]},
        {"type": "InternalIP", "address": ip},
    ]
    cluster.patch("Node", where["metadata"]["name"], None, {"status": {"addresses": found}})


def silence(cluster: Fake, monkeypatch: pytest.MonkeyPatch, *ips: str) -> list[str]:
    """Let nodes give no answer; return all addresses that are dialled from now on."""
    right, dialled = cluster.dial, []

    def dial(dials: list[Dial], source: Object | None = None) -> list[Reply]:
        dialled.extend(item.address for item in dials)
        replies = right(dials, source)
        silent = [item.address.rpartition(":")[0] in ips for item in dials]
        return [Reply("timeout") if lost else reply for lost, reply in zip(silent, replies, strict=True)]

    monkeypatch.setattr(cluster, "dial", dial)
    return dialled


def test_passes_when_every_node_answers_on_the_node_port(
    web: Fake, app: Solution, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialled = silence(web, monkeypatch)
    app.service("web").answers(body="hello", node_port=True)
    assert set(dialled) == {f"{ip}:30080" for ip in NODES.values()}


def test_a_node_that_does_not_answer_is_named(
    web: Fake, app: Solution, monkeypatch: pytest.MonkeyPatch
) -> None:
    web.patch("Service", "web", NS, {"spec": {"externalTrafficPolicy": "Local"}})
    silence(web, monkeypatch, NODES["worker"])
    assert told(lambda: app.service("web").answers("/x", node_port=True)) == (
        "expected  HTTP 200 for GET /x on port 30080 of every node\n"
        "found     worker: no answer in time\n"
        "because   the Service has externalTrafficPolicy: Local, so only nodes with one of its pods answer "
        "for it\n"
        "look at   kubectl -n k-1 get endpointslices -l kubernetes.io/service-name=web"
    )


def test_when_no_node_answers_each_is_named_and_the_policy_is_not_to_blame(web: Fake, app: Solution) -> None:
    web.patch("Service", "web", NS, {"spec": {"externalTrafficPolicy": "Local"}})
    web.serving.clear()
    with pytest.raises(CheckFailed) as failure:
        app.service("web").answers(node_port=True)
    failure.value.read_cause()
    assert failure.value.found == "control-plane: connection refused\nworker: connection refused"
    assert failure.value.because == "the Service sends to port 80, where nothing listens in web-1"


def test_a_service_without_node_port_is_told_what_to_write(web: Fake, app: Solution) -> None:
    expose(web, "web", {"app": "web"})
    assert told(lambda: app.service("web").answers(node_port=True)) == (
        "expected  a node port for port 80\n"
        "found     there is none\n"
        "because   type ClusterIP has no node port: that takes `type: NodePort`\n"
        "look at   kubectl -n k-1 get service web"
    )


def test_a_load_balancer_may_go_without_node_port(web: Fake, app: Solution) -> None:
    expose(web, "web", {"app": "web"}, type="LoadBalancer", allocateLoadBalancerNodePorts=False)
    with pytest.raises(CheckFailed) as failure:
        app.service("web").answers(node_port=True)
    assert failure.value.because == "the Service has allocateLoadBalancerNodePorts: false"


def test_the_node_port_is_that_of_the_port_that_is_meant(web: Fake, app: Solution) -> None:
    ports = [{**PORT, "name": "http"}, {"port": 81, "targetPort": 81, "nodePort": 30081, "name": "admin"}]
    web.patch("Service", "web", NS, {"spec": {"ports": ports}})
    found = web.get("EndpointSlice", "web-x", NS)
    assert found
    numbers = [{"name": "http", "port": 80}, {"name": "admin", "port": 81}]
    web.put({**found, "ports": numbers})
    app.service("web", port=80).answers(node_port=True)
    with pytest.raises(CheckFailed, match="port 30081 of every node"):
        app.service("web", port=81).answers(node_port=True)


def test_a_node_without_address_or_no_node_at_all_is_no_verdict(web: Fake, app: Solution) -> None:
    node(web, "lost")
    with pytest.raises(GraderError, match="no InternalIP is known of lost"):
        app.service("web").answers(node_port=True)
    for name in (*NODES, "lost"):
        web.remove("Node", name, None)
    with pytest.raises(GraderError, match="no InternalIP is known of any node"):
        app.service("web").answers(node_port=True)


def test_an_empty_namespace_fails(app: Solution) -> None:
    assert told(lambda: app.service("web").answers(node_port=True)) == (
        "expected  Service `web` exists\nfound     no such Service\nlook at   kubectl -n k-1 get services"
    )


@pytest.mark.parametrize(
    ("to", "outcome"),
    [("172.18.0.3:30080", "answered"), ("172.18.0.3:30081", "refused"), ("172.18.0.9:30080", "timeout")],
    ids=["node port", "another port", "no node"],
)
def test_the_cluster_in_memory_answers_on_node_ports(web: Fake, to: str, outcome: str) -> None:
    (reply,) = web.dial([Dial(to)])
    assert reply.outcome == outcome
    assert reply.backend == ("10.0.0.1" if outcome == "answered" else None)
    web.patch("Pod", "web-1", NS, {"status": {"conditions": []}})
    endpoints(web, "web")
    (reply,) = web.dial([Dial("172.18.0.3:30080")])
    assert reply.outcome == "refused"
