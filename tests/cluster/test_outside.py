"""A pod reaches pods, Services and the API server, and nothing outside of the cluster; its node does."""

from __future__ import annotations

import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import pytest

from checks import Solution, eventually
from checks.cluster import Dial, Object
from checks.objects import ready
from fixtures.agents import NAMESPACE
from fixtures.clusters import registry
from fixtures.clusters.engine import find_engine
from fixtures.live import LiveCluster
from fixtures.probe import KUBELET_PORT, nobody
from tests.manifests import Made, service

pytestmark = [pytest.mark.cluster, pytest.mark.shared]

PORT = 8888
HOST_PORT = 31088
"""Beyond the ports that this machine's programs take for themselves, below those of Services."""
SECONDS = 2.0


def pod(name: str, **container: Any) -> dict[str, Any]:
    """Return a pod that answers on its port with its environment."""
    main = {"name": "main", "image": "kubeproctor.local/probe:built", "args": ["httpenv"], **container}
    spec = {"containers": [main], "terminationGracePeriodSeconds": 0}
    meta = {"name": name, "labels": {"app": name}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec}


def spec(app: Solution, name: str) -> Any:
    """Return what a Service is now."""
    return (app.service(name).get() or {})["spec"]


def outcome(cluster: LiveCluster, source: Object | None, address: str, protocol: str = "tcp") -> str:
    """Return how one connection ends, from a pod's network or (None) from our probe's."""
    dial = Dial(address, path=None, protocol="udp" if protocol == "udp" else "tcp", timeout=SECONDS)
    [reply] = cluster.dial([dial], source)
    return reply.outcome


def answers(cluster: LiveCluster, source: Object | None, address: str) -> bool:
    """Return whether a connection is answered; a busy machine may not get to it in one attempt's time."""
    return any(outcome(cluster, source, address) == "answered" for _ in range(5))


@pytest.fixture(scope="module")
def node(cluster: LiveCluster) -> Object:
    """A pod in the network of the node where the learner's pods are: from there, everything is open."""
    found = cluster.list("Pod", NAMESPACE, labels={"kubeproctor.local/role": "flows"})
    return found[0]


@pytest.fixture(scope="module")
def address(node: Object) -> str:
    """The address of that node."""
    return str(node["status"]["hostIP"])


@pytest.fixture(scope="module")
def learner(app: Solution) -> Object:
    """A pod of the learner's."""
    assert isinstance(app.cluster, LiveCluster)
    app.cluster.apply(pod("learner"), namespace=app.namespace)
    eventually(app.pod("learner")).is_ready()
    return app.pod("learner").get() or {}


@pytest.fixture
def cluster_ip(app: Solution, made: Made) -> Iterator[Any]:
    """What makes a Service whose endpoints are an address of its own, and returns its address."""

    def make(name: str, target: str) -> str:
        ip, port = target.split(":")
        made(service(name))
        made(
            {
                "apiVersion": "discovery.k8s.io/v1",
                "kind": "EndpointSlice",
                "metadata": {"name": name, "labels": {"kubernetes.io/service-name": name}},
                "addressType": "IPv4",
                "endpoints": [{"addresses": [ip]}],
                "ports": [{"name": "http", "port": int(port)}],
            }
        )
        return f"{spec(app, name)['clusterIP']}:80"

    return make


@contextmanager
def host() -> Iterator[str]:
    """Listen on this machine, on the address that nodes have for it."""
    with socket.create_server((registry.gateway(find_engine()), 0)) as server:
        server.settimeout(0.2)
        listening = True

        def accept() -> None:
            while listening:
                try:
                    server.accept()[0].close()
                except TimeoutError:
                    continue

        thread = Thread(target=accept)
        thread.start()
        try:
            yield "{}:{}".format(*server.getsockname())
        finally:
            listening = False
            thread.join()


def registry_address() -> str:
    """Return the address of the registry on the engine's network."""
    form = f'{{{{(index .NetworkSettings.Networks "{registry.NETWORK}").IPAddress}}}}'
    said = find_engine().run("inspect", "--format", form, registry.CONTAINER).stdout
    return f"{str(said).strip()}:{registry.PORT}"


def closed(cluster: LiveCluster, node: Object, learner: Object, target: str) -> None:
    """See that the node has this connection, and no pod."""
    assert answers(cluster, node, target), "the control"
    assert outcome(cluster, learner, target) == "refused", "at once, not after a time-out"
    assert outcome(cluster, None, target) == "refused"


@pytest.mark.parametrize(
    "port", [KUBELET_PORT, 6443, 7071, 10256], ids=["kubelet", "API server", "our agent", "kube-proxy"]
)
def test_the_nodes_own_ports_are_closed(
    cluster: LiveCluster, node: Object, learner: Object, address: str, port: int
) -> None:
    closed(cluster, node, learner, f"{address}:{port}")


def test_the_nodes_ports_are_closed_by_its_address_as_the_pods_gateway(
    cluster: LiveCluster, node: Object, learner: Object
) -> None:
    gateway = f"{learner['status']['podIP'].rpartition('.')[0]}.1"
    closed(cluster, node, learner, f"{gateway}:{KUBELET_PORT}")


def test_the_registry_is_closed(cluster: LiveCluster, node: Object, learner: Object) -> None:
    closed(cluster, node, learner, registry_address())


def test_this_machine_is_closed(cluster: LiveCluster, node: Object, learner: Object) -> None:
    with host() as target:
        closed(cluster, node, learner, target)


def test_where_nobody_is_a_pod_is_refused_and_the_node_gets_no_answer(
    cluster: LiveCluster, node: Object, learner: Object, address: str
) -> None:
    assert outcome(cluster, node, nobody(address)) == "timeout"
    assert outcome(cluster, learner, nobody(address)) == "refused"


def test_a_service_that_leads_out_is_closed(
    cluster: LiveCluster, node: Object, learner: Object, cluster_ip: Any
) -> None:
    target = cluster_ip("out", registry_address())
    deadline = time.monotonic() + 10  # kube-proxy has heard of Service and slice when the node gets through
    while {outcome(cluster, node, target) for _ in range(5)} != {"answered"}:
        assert time.monotonic() < deadline, "the control"
    closed(cluster, node, learner, target)


def test_names_of_the_outside_do_not_exist_and_others_do(
    app: Solution, cluster: LiveCluster, made: Made
) -> None:
    made(service("elsewhere", type="ExternalName", externalName="kubernetes.io"))
    made(service("web", "learner", PORT))
    eventually(app.service("elsewhere")).points_to("kubernetes.io")
    eventually(app.service("web", port=PORT)).resolves_to_endpoints()

    def looked_up(name: str) -> tuple[str, float]:
        """Return how a lookup ends, and seconds that it takes where nothing else keeps it waiting."""
        took = []
        for _ in range(3):
            begun = time.monotonic()
            [found] = cluster.lookup([name], "A")
            took.append(time.monotonic() - begun)
        return found.outcome, min(took)

    inside, control = looked_up(f"web.{app.namespace}.svc.cluster.local")
    outside, took = looked_up("example.com")
    assert (outside, inside) == ("dns", "answered")
    assert took < control + 1.5, "a name server that cannot be reached would be asked for 2 s"
    own = f"elsewhere.{app.namespace}.svc.cluster.local"
    [alias] = cluster.lookup([own], "CNAME")
    assert alias.answers == ("kubernetes.io.",)
    assert outcome(cluster, None, f"{own}:80") == "dns"


def test_pods_services_node_ports_and_the_api_server_are_open(
    app: Solution, cluster: LiveCluster, learner: Object, address: str, made: Made
) -> None:
    made(service("web", "learner", PORT, type="NodePort"))
    eventually(app.service("web", port=PORT)).includes(app.pod("learner"))
    web = spec(app, "web")
    port = web["ports"][0]["nodePort"]
    api = cluster.get("Service", "kubernetes", "default") or {}
    targets = {
        "itself": f"{learner['status']['podIP']}:{PORT}",
        "itself through its Service": f"{web['clusterIP']}:{PORT}",
        "by name": f"web.{app.namespace}.svc.cluster.local:{PORT}",
        "a node port": f"{address}:{port}",
        "the API server": f"{api['spec']['clusterIP']}:443",
    }
    for source in (learner, None):
        assert not [what for what, at in targets.items() if not answers(cluster, source, at)]
    with socket.create_connection((address, port), timeout=SECONDS):
        pass  # from this machine, as a learner's browser does


def test_the_toolbox_works_on_the_cluster(
    app: Solution, cluster: LiveCluster, made: Made, address: str
) -> None:
    box = pod("toolbox", image="kubeproctor.local/toolbox:built", args=None, command=["sleep", "infinity"])
    box["spec"]["containers"][0].pop("args")
    made(box)
    eventually(app.pod("toolbox")).is_ready()
    source = app.pod("toolbox").get() or {}
    assert answers(cluster, source, "kubernetes.default.svc.cluster.local:443")
    assert outcome(cluster, source, nobody(address)) == "refused"


def test_a_port_of_the_host_that_a_pod_asks_for_is_open_to_pods(
    cluster: LiveCluster, learner: Object, address: str
) -> None:
    name = f"outside-host-port-{secrets.token_hex(3)}"
    cluster.apply(
        {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": name, "labels": {"pod-security.kubernetes.io/enforce": "privileged"}},
        }
    )
    try:
        ports = [{"containerPort": PORT, "hostPort": HOST_PORT}]
        deadline = time.monotonic() + 60
        while not cluster.get("ServiceAccount", "default", name):
            assert time.monotonic() < deadline
            cluster.wake(("ServiceAccount",), name, 1.0)
        probe = {"tcpSocket": {"port": PORT}}
        cluster.apply(pod("asks", ports=ports, readinessProbe=probe), namespace=name)
        while not ready(cluster.get("Pod", "asks", name) or {}):
            assert time.monotonic() < deadline
            cluster.wake(("Pod",), name, 1.0)
        assert answers(cluster, learner, f"{address}:{HOST_PORT}")
    finally:
        cluster.delete("Namespace", name)


def test_what_a_policy_drops_stays_silent(
    app: Solution, cluster: LiveCluster, made: Made, address: str
) -> None:
    made(pod("mute"))
    eventually(app.pod("mute")).is_ready()
    mute = app.pod("mute").get() or {}
    assert outcome(cluster, mute, nobody(address)) == "refused", "the control"
    meta, chosen = {"name": "mute"}, {"matchLabels": {"app": "mute"}}
    silence = {"podSelector": chosen, "policyTypes": ["Egress"]}
    made({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": meta, "spec": silence})
    deadline = time.monotonic() + 10
    while outcome(cluster, mute, nobody(address)) != "timeout":
        assert time.monotonic() < deadline, "the policy is in force"
    assert outcome(cluster, mute, f"{address}:{KUBELET_PORT}") == "timeout"
