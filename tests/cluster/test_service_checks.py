"""Services on the cluster: one client's pod, names in DNS, node ports, and endpoints written by hand."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from checks import CheckFailed, Solution, eventually
from checks.cluster import Dial
from tests.manifests import Made, service, workload

pytestmark = [pytest.mark.cluster, pytest.mark.shared]


@pytest.fixture(scope="module", autouse=True)
def web(app: Solution) -> Iterator[None]:
    """Two pods, and Services of all sorts in front of them."""
    made = Made(app)
    made(workload("Deployment", "web", replicas=2))
    made(service("web", "web"))
    made(service("sticky", "web", sessionAffinity="ClientIP"))
    made(service("headless", "web", clusterIP="None"))
    made(service("nowhere", "nobody", clusterIP="None"))
    made(service("closed", "nobody"))
    made(service("outside", "web", type="NodePort"))
    made(service("elsewhere", type="ExternalName", externalName="kubernetes.io"))
    made(service("by-hand"))
    eventually(app.deployment("web")).rolled_out()
    yield
    made.delete()


def test_a_client_sticks_to_one_pod_or_does_not(app: Solution) -> None:
    eventually(app.service("sticky")).sticks_to_one_pod()
    with pytest.raises(CheckFailed) as failure:
        eventually(app.service("web")).sticks_to_one_pod()
    assert "sessionAffinity" in failure.value.because


@pytest.mark.parametrize("name", ["web", "headless"])
def test_dns_says_what_the_endpoints_say(app: Solution, name: str) -> None:
    eventually(app.service(name)).resolves_to_endpoints()


def test_a_headless_service_of_nobody_has_no_address(app: Solution) -> None:
    with pytest.raises(CheckFailed) as failure:
        eventually(app.service("nowhere")).resolves_to_endpoints()
    assert "no pod carries app=nobody" in failure.value.because


def test_a_service_of_nobody_refuses_however_many_ask(app: Solution) -> None:
    address = f"{app.service('closed').read()['spec']['clusterIP']}:80"
    replies = app.cluster.dial([Dial(address, path=None, timeout=10)] * 30)
    assert {reply.outcome for reply in replies} == {"refused"}


def test_an_external_name_is_an_alias_in_dns(app: Solution) -> None:
    eventually(app.service("elsewhere")).points_to("kubernetes.io")
    with pytest.raises(CheckFailed) as failure:
        eventually(app.service("elsewhere")).points_to("example.com")
    assert failure.value.found == "type ExternalName, with externalName kubernetes.io"


def test_every_node_answers_on_the_node_port(app: Solution) -> None:
    eventually(app.service("outside")).answers("/", node_port=True)
    with pytest.raises(CheckFailed) as failure:
        eventually(app.service("web")).answers("/", node_port=True)
    assert "type ClusterIP" in failure.value.because


def test_endpoints_that_somebody_wrote_are_taken_as_they_are(app: Solution, made: Made) -> None:
    (ip, other) = (str((pod.get() or {})["status"]["podIP"]) for pod in app.deployment("web").pods)
    by_hand = app.service("by-hand")
    with pytest.raises(CheckFailed) as failure:
        eventually(by_hand).routes_to_addresses(ip)
    assert failure.value.found == "no endpoint"
    made(
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {"name": "by-hand-1", "labels": {"kubernetes.io/service-name": "by-hand"}},
            "addressType": "IPv4",
            "ports": [{"name": "http", "port": 80, "protocol": "TCP"}],
            "endpoints": [{"addresses": [ip]}],
        }
    )
    eventually(by_hand).routes_to_addresses(ip)
    eventually(by_hand).answers("/")
    with pytest.raises(CheckFailed):
        eventually(by_hand).routes_to_addresses(other)
