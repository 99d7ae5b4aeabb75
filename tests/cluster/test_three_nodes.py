"""Pods on different nodes reach each other, by every address that Kubernetes gives them."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from tenacity import retry, retry_if_result, stop_after_delay, wait_fixed

from checks.cluster import Dial
from checks.objects import ready
from fixtures.agents import NAMESPACE
from fixtures.clusters import state
from fixtures.clusters.kind import kubectl
from fixtures.clusters.provider import Handle
from fixtures.live import LiveCluster
from fixtures.probe import KUBELET_PORT
from fixtures.sandbox import Sandbox, open_sandbox
from tests.commands import kubeproctor
from tests.leaks import difference, snapshot

pytestmark = [pytest.mark.cluster, pytest.mark.own_clusters]

NAME = "three"
FLOWS = {"kubeproctor.local/role": "flows"}
API = "kubernetes.default.svc.cluster.local:443"


@pytest.fixture(scope="module")
def handle(kept_is_up: None) -> Iterator[Handle]:
    before = snapshot()
    done = kubeproctor("cluster", "up", "--name", NAME, "--nodes", "3")
    assert done.returncode == 0, done.stderr
    found = state.load(NAME)
    assert found
    yield found
    assert kubeproctor("cluster", "down", "--name", NAME).returncode == 0
    assert difference(before, snapshot()) == {}


@pytest.fixture(scope="module")
def three(handle: Handle) -> Iterator[LiveCluster]:
    with LiveCluster(handle.kubeconfig) as live:
        yield live


@pytest.fixture(scope="module")
def nodes(three: LiveCluster) -> list[str]:
    return sorted(node["metadata"]["name"] for node in three.list("Node"))


@pytest.fixture(scope="module")
def sandbox(three: LiveCluster, nodes: list[str]) -> Iterator[Sandbox]:
    """A web server and a shell on every node, and Services of both kinds over the servers."""
    with open_sandbox(three, []) as made:
        for node in nodes:
            for what, image, command in (
                ("web", "nginx", None),
                ("shell", "kubeproctor.local/toolbox:built", ["sleep", "infinity"]),
            ):
                container: dict[str, Any] = {"name": "main", "image": image}
                if command:
                    container["command"] = command
                spec = {
                    "nodeName": node,
                    "containers": [container],
                    "tolerations": [{"operator": "Exists"}],
                    "terminationGracePeriodSeconds": 0,
                }
                meta = {"name": f"{what}-{node}", "labels": {"app": what}}
                three.apply(
                    {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec},
                    namespace=made.namespace,
                )
        for name, more in (
            ("web", {"type": "NodePort"}),
            ("headless", {"clusterIP": "None"}),
        ):
            spec = {"selector": {"app": "web"}, "ports": [{"port": 80}], **more}
            three.apply(
                {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec},
                namespace=made.namespace,
            )
        await_pods(three, made.namespace, 2 * len(nodes))
        await_proxies(three, made.namespace)
        yield made


@retry(retry=retry_if_result(lambda count: count is False), stop=stop_after_delay(90), wait=wait_fixed(0.3))
def await_pods(three: LiveCluster, namespace: str, count: int) -> bool:
    return sum(ready(pod) for pod in three.list("Pod", namespace)) == count


@retry(retry=retry_if_result(lambda all_do: not all_do), stop=stop_after_delay(90), wait=wait_fixed(0.3))
def await_proxies(three: LiveCluster, namespace: str) -> bool:
    """Wait until cluster DNS and the proxy of each node have heard of the Services."""
    service = three.get("Service", "web", namespace)
    assert service
    port = service["spec"]["ports"][0]["nodePort"]
    names = [f"{name}.{namespace}.svc.cluster.local:80" for name in ("web", "headless")]
    doors = [f"{ip}:{port}" for ip in addresses(three).values()]
    return all(reply.status == 200 for reply in three.dial([Dial(each) for each in (*names, *doors)]))


def fetch(handle: Handle, namespace: str, pod: str, url: str) -> str:
    """Return the status that curl sees from inside a pod, 000 when it does not connect."""
    exec_ = [str(kubectl(handle)), "--kubeconfig", str(handle.kubeconfig), "-n", namespace, "exec", pod, "--"]
    curl = ["curl", "--silent", "--max-time", "3", "-o", "/dev/null", "-w", "%{http_code}", url]
    done = subprocess.run([*exec_, *curl], capture_output=True, text=True, timeout=30, check=False)
    assert done.stdout, done.stderr
    return done.stdout


def test_a_pod_of_each_node_reaches_each_other_by_ip_service_and_name(
    handle: Handle, three: LiveCluster, nodes: list[str], sandbox: Sandbox
) -> None:
    pods = {pod["metadata"]["name"]: pod for pod in three.list("Pod", sandbox.namespace)}
    service = three.get("Service", "web", sandbox.namespace)
    assert service
    addresses = [pods[f"web-{node}"]["status"]["podIP"] for node in nodes]
    addresses += [
        service["spec"]["clusterIP"],
        f"web.{sandbox.namespace}",
        f"headless.{sandbox.namespace}.svc.cluster.local",
    ]
    found = {
        (node, address): fetch(handle, sandbox.namespace, f"shell-{node}", f"http://{address}")
        for node in nodes
        for address in addresses
    }
    assert set(found.values()) == {"200"}, found


def test_a_service_sends_to_the_pods_of_every_node(
    three: LiveCluster, nodes: list[str], sandbox: Sandbox
) -> None:
    ips = {pod["status"]["podIP"] for pod in three.list("Pod", sandbox.namespace, labels={"app": "web"})}
    assert len(ips) == len(nodes)
    replies = three.dial([Dial(f"web.{sandbox.namespace}.svc.cluster.local:80")] * 60)
    assert {reply.backend for reply in replies} == ips


def test_a_node_port_answers_on_every_node(
    handle: Handle, three: LiveCluster, nodes: list[str], sandbox: Sandbox
) -> None:
    service = three.get("Service", "web", sandbox.namespace)
    assert service
    port = service["spec"]["ports"][0]["nodePort"]
    inside = addresses(three)
    replies = three.dial([Dial(f"{ip}:{port}") for ip in inside.values()])
    assert [reply.status for reply in replies] == [200] * len(nodes), dict(zip(inside, replies, strict=True))


def test_every_node_is_closed_to_the_pods_of_each_and_the_api_server_is_not(
    three: LiveCluster, nodes: list[str], sandbox: Sandbox
) -> None:
    pods = {pod["metadata"]["name"]: pod for pod in three.list("Pod", sandbox.namespace)}
    agents = {pod["spec"]["nodeName"]: pod for pod in three.list("Pod", NAMESPACE, labels=FLOWS)}
    ranges = [node["spec"]["podCIDR"] for node in three.list("Node")]
    kubelets = [f"{ip}:{KUBELET_PORT}" for ip in addresses(three).values()]
    kubelets += [f"{cidr.partition('/')[0].rpartition('.')[0]}.1:{KUBELET_PORT}" for cidr in ranges]
    found = {}
    for node in nodes:
        for source in (pods[f"shell-{node}"], agents[node]):
            replies = three.dial([Dial(kubelet, path=None, timeout=2.0) for kubelet in kubelets], source)
            found[source["metadata"]["name"]] = [reply.outcome for reply in replies]
        [api] = three.dial([Dial(API, path=None, timeout=2.0)], pods[f"shell-{node}"])
        assert api.outcome == "answered", node
    every = len(kubelets)
    assert {name: told for name, told in found.items() if name.startswith("shell-")} == {
        f"shell-{node}": ["refused"] * every for node in nodes
    }
    controls = {name: told[: len(nodes)] for name, told in found.items() if name.startswith("flows-")}
    assert controls == {f"flows-{node}": ["answered"] * len(nodes) for node in nodes}


def test_a_policy_holds_for_the_pods_of_every_node(
    three: LiveCluster, nodes: list[str], sandbox: Sandbox
) -> None:
    namespace, chosen = sandbox.namespace, f"shell-{nodes[0]}"
    pods = {pod["metadata"]["name"]: pod for pod in three.list("Pod", namespace)}
    webs = [Dial(f"{pods[f'web-{node}']['status']['podIP']}:80", timeout=1.0) for node in nodes]

    @retry(retry=retry_if_result(lambda said: not said[0]), stop=stop_after_delay(30), wait=wait_fixed(0.2),
           retry_error_callback=lambda state: state.outcome.result())  # fmt: skip
    def come_to(wanted: dict[str, str]) -> tuple[bool, dict[str, list[str]]]:
        found = {name: [reply.outcome for reply in three.dial(webs, pods[name])] for name in wanted}
        return found == {name: [word] * len(nodes) for name, word in wanted.items()}, found

    shells = [f"shell-{node}" for node in nodes]
    spec = {
        "podSelector": {"matchLabels": {"app": "web"}},
        "ingress": [{"from": [{"podSelector": {"matchLabels": {"may": "come"}}}]}],
    }
    policy = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "webs"}}
    three.patch("Pod", chosen, namespace, {"metadata": {"labels": {"may": "come"}}})
    three.apply({**policy, "spec": spec}, namespace=namespace)
    try:
        right, found = come_to({name: "answered" if name == chosen else "timeout" for name in shells})
        assert right, found
    finally:
        three.delete("NetworkPolicy", "webs", namespace)
    right, found = come_to(dict.fromkeys(shells, "answered"))
    assert right, found


def addresses(three: LiveCluster) -> dict[str, str]:
    """Return the address of each node."""
    return {
        node["metadata"]["name"]: next(
            a["address"] for a in node["status"]["addresses"] if a["type"] == "InternalIP"
        )
        for node in three.list("Node")
    }
