"""The port that clients use decides which endpoints count."""

from __future__ import annotations

import pytest
from made import NS, deploy, expose, pod, serve, slice_of, told

from checks import CheckFailed, Pod, Solution
from checks.cluster import Object, Reply
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
    found = cluster.get("EndpointSlice", "web-x", NS)
    cluster.put({**found, "metadata": {**found["metadata"], "name": "web-y"}})
    app.service("web").routes_to_exactly(app.deployment("web"))
    with pytest.raises(CheckFailed) as failure:
        app.service("web").refuses()
    assert failure.value.found == pods[0]["metadata"]["name"]


def test_endpoints_that_are_not_ready_are_none(cluster: Fake, app: Solution) -> None:
    deploy(cluster, "web")
    expose(cluster, "web", {"app": "web"})
    found = cluster.get("EndpointSlice", "web-x", NS)
    cluster.put({**found, "endpoints": [{**found["endpoints"][0], "conditions": {"ready": False}}]})
    app.service("web").refuses()


def test_endpoints_that_somebody_wrote_by_hand_are_strangers(cluster: Fake, app: Solution) -> None:
    deploy(cluster, "web")
    expose(cluster, "web", None)
    by_hand = pod("", "192.0.2.7")
    slice_of(cluster, "web", by_hand)
    found = cluster.get("EndpointSlice", "web-x", NS)
    cluster.put({**found, "endpoints": [{"addresses": ["192.0.2.7"]}]})
    with pytest.raises(CheckFailed) as failure:
        app.service("web").routes_to_exactly(app.deployment("web"))
    failure.value.read_cause()
    assert (failure.value.expected, failure.value.found) == ("web-1", "192.0.2.7")
    assert "nothing fills in" not in failure.value.because


def put_slice(cluster: Fake, name: str, like: str, **fields: object) -> None:
    """Put one more slice of a Service, which differs in some fields."""
    found = cluster.get("EndpointSlice", like, NS)
    assert found
    cluster.put({**found, "metadata": {**found["metadata"], "name": name, "uid": name}, **fields})


def test_a_number_that_no_port_has_is_told_with_those_that_there_are(cluster: Fake, app: Solution) -> None:
    ports = [{"port": 80, "name": "http", "targetPort": 8888}, {"port": 81, "name": "admin"}]
    expose(cluster, "web", {"app": "web"}, ports=ports)
    assert told(lambda: app.service("web", port=8888).answers()) == (
        "expected  Service `web` has port 8888\n"
        "found     port 80, 81\n"
        "because   8888 is the targetPort of port 80: clients of the Service use the latter\n"
        "look at   kubectl -n k-1 get service web"
    )


def test_a_node_port_is_no_port_of_the_service(cluster: Fake, app: Solution) -> None:
    expose(cluster, "web", {"app": "web"}, ports=[{"port": 80, "nodePort": 30080}])
    with pytest.raises(CheckFailed) as failure:
        app.service("web", port=30080).answers()
    assert failure.value.because == "30080 is the nodePort of port 80: clients of the Service use the latter"


def test_a_name_may_be_another_port_in_each_pod(cluster: Fake, app: Solution) -> None:
    old, new = deploy(cluster, "web", 2)
    serve(cluster, old, port=8080)
    serve(cluster, new, port=9090)
    expose(cluster, "web", {"app": "web"}, ports=[{"port": 80, "name": "http", "targetPort": "http"}])
    slice_of(cluster, "web", new, target=9090, name="http")
    put_slice(cluster, "web-y", "web-x")
    slice_of(cluster, "web", old, target=8080, name="http")
    web = app.deployment("web")
    app.service("web").routes_to_exactly(web)
    app.service("web").reaches_each(web)
    app.service("web").includes(Pod.of(cluster, old))
    app.service("web").includes(Pod.of(cluster, new))
    del cluster.serving["10.0.0.2", 9090]
    with pytest.raises(CheckFailed) as failure:
        app.service("web").answers()
    assert failure.value.because == "the Service sends to port 9090, where nothing listens in web-2"


def test_a_headless_service_is_all_that_one_with_an_ip_is(cluster: Fake, app: Solution) -> None:
    pods = deploy(cluster, "db", 2)
    serve(cluster, *pods, port=5432)
    expose(cluster, "db", {"app": "db"}, clusterIP="None", port=5432, target=5432)
    db = app.service("db", port=5432)
    db.answers()
    db.routes_to_exactly(app.deployment("db"))
    db.reaches_each(app.deployment("db"))
    db.includes(Pod.of(cluster, pods[1]))
    slice_of(cluster, "db", pods[0], target=5432)
    db.excludes(Pod.of(cluster, pods[1]))
    slice_of(cluster, "db")
    db.refuses()


def test_a_headless_service_does_not_translate_its_port(cluster: Fake, app: Solution) -> None:
    serve(cluster, *deploy(cluster, "web"), port=8080)
    expose(cluster, "web", {"app": "web"}, clusterIP="None", target=8080)
    assert told(lambda: app.service("web").answers()) == (
        "expected  HTTP 200 for GET / on port 80\n"
        "found     connection refused\n"
        "because   the Service is headless, so nobody turns port 80 into targetPort 8080: "
        "clients call the pods themselves\n"
        "look at   kubectl -n k-1 get endpointslices -l kubernetes.io/service-name=web"
    )


def test_a_headless_service_whose_pods_do_not_listen_says_so(cluster: Fake, app: Solution) -> None:
    deploy(cluster, "db")
    expose(cluster, "db", {"app": "db"}, clusterIP="None", port=5432, target=5432)
    with pytest.raises(CheckFailed) as failure:
        app.service("db", port=5432).answers()
    assert failure.value.because.startswith("the Service sends to port 5432, where nothing listens in db-1")


@pytest.fixture
def published(cluster: Fake) -> Object:
    """A pod that is not Ready, and a Service that sends to it nevertheless."""
    serve(cluster, *deploy(cluster, "web"))
    late = cluster.put(pod("late", "10.0.0.9", {"app": "web"}, ready=False))
    expose(cluster, "web", {"app": "web"}, publishNotReadyAddresses=True)
    slice_of(cluster, "web", *cluster.list("Pod", NS))
    return late


UNREADY = "the Service has publishNotReadyAddresses: true, so pods are its endpoints before they are Ready"


def test_a_pod_that_is_published_unready_is_a_stranger(
    published: Object, cluster: Fake, app: Solution
) -> None:
    assert told(lambda: app.service("web").routes_to_exactly(app.deployment("web"))) == (
        "expected  web-1\n"
        "found     late, web-1\n"
        f"because   {UNREADY}\n"
        "look at   kubectl -n k-1 get endpointslices -l kubernetes.io/service-name=web"
    )
    with pytest.raises(CheckFailed) as failure:
        app.service("web").excludes(Pod.of(cluster, published))
    assert failure.value.because == UNREADY


def test_publishing_is_not_to_blame_for_a_stranger_that_is_ready(
    published: Object, cluster: Fake, app: Solution
) -> None:
    cluster.put(pod("late", "10.0.0.9", {"app": "web"}))
    with pytest.raises(CheckFailed) as failure:
        app.service("web").routes_to_exactly(app.deployment("web"))
    assert failure.value.because == "late carries app=web, all that the selector asks for"


@pytest.fixture
def dual(cluster: Fake) -> Object:
    """A pod of two families, and a Service that is called by IPv6."""
    (obj,) = deploy(cluster, "web", podIPs=[{"ip": "10.0.0.1"}, {"ip": "fd00::1"}])
    cluster.serving["fd00::1", 80] = cluster.serving["10.0.0.1", 80] = Reply("answered", status=200)
    expose(cluster, "web", {"app": "web"}, clusterIP="fd00::a")
    item = {"addresses": ["fd00::1"], "targetRef": {"uid": obj["metadata"]["uid"], "name": "web-1"}}
    put_slice(cluster, "web-6", "web-x", addressType="IPv6", endpoints=[item])
    return obj


def test_a_pod_of_two_families_is_one_endpoint_by_either_address(
    dual: Object, cluster: Fake, app: Solution
) -> None:
    web, pods = app.service("web"), app.deployment("web")
    web.routes_to_exactly(pods)
    web.reaches_each(pods)
    web.includes(Pod.of(cluster, dual))
    with pytest.raises(CheckFailed) as failure:
        web.refuses()
    assert failure.value.found == "web-1"
    cluster.remove("EndpointSlice", "web-x", NS)
    web.reaches_each(pods)
    web.includes(Pod.of(cluster, dual))


@pytest.mark.parametrize("ip", ["10.0.0.1", "fd00::1"])
def test_a_pod_is_included_by_whichever_address_it_gets_requests(
    dual: Object, cluster: Fake, app: Solution, monkeypatch: pytest.MonkeyPatch, ip: str
) -> None:
    answer = Reply("answered", backend=ip)
    monkeypatch.setattr(cluster, "dial", lambda dials: [answer] * len(dials))
    app.service("web").includes(Pod.of(cluster, dual))


def test_a_pod_that_gets_requests_by_its_other_address_is_not_excluded(
    dual: Object, cluster: Fake, app: Solution, monkeypatch: pytest.MonkeyPatch
) -> None:
    for part in cluster.list("EndpointSlice", NS):
        cluster.remove("EndpointSlice", part["metadata"]["name"], NS)
    answer = Reply("answered", backend="fd00::1")
    monkeypatch.setattr(cluster, "dial", lambda dials: [answer] * len(dials))
    with pytest.raises(CheckFailed) as failure:
        app.service("web").excludes(Pod.of(cluster, dual))
    assert failure.value.found == "web-1 20"


def test_an_endpoint_is_of_the_pod_that_has_its_address_whatever_its_slice_says(
    cluster: Fake, app: Solution
) -> None:
    [web], [thief] = deploy(cluster, "web", 1), deploy(cluster, "thief", 1, net=1)
    expose(cluster, "web", None)
    slice_of(cluster, "web", web)
    by_hand = {"addresses": [web["status"]["podIP"]], "conditions": {"ready": True}}
    put_slice(cluster, "web-x", "web-x", endpoints=[by_hand])
    serve(cluster, web, thief)
    service = app.service("web")
    service.routes_to_exactly(app.deployment("web"))
    service.includes(app.deployment("web").pods[0])
    reference = {"kind": "Pod", "name": "web-1", "uid": web["metadata"]["uid"]}
    for address in (thief["status"]["podIP"], "192.0.2.7"):
        lie = {"addresses": [address], "conditions": {"ready": True}, "targetRef": reference}
        put_slice(cluster, "web-y", "web-x", endpoints=[lie])
        with pytest.raises(CheckFailed):
            service.routes_to_exactly(app.deployment("web"))
    put_slice(cluster, "web-x", "web-x", endpoints=[])
    with pytest.raises(CheckFailed, match="web-1 among the endpoints"):
        service.includes(app.deployment("web").pods[0])


def test_an_endpoint_may_be_a_pod_of_another_namespace(cluster: Fake, app: Solution) -> None:
    [db] = deploy(cluster, "db", 1)
    far = {**db, "metadata": {**db["metadata"], "namespace": "far", "uid": "far-db"}}
    cluster.remove("Pod", "db-1", NS)
    cluster.put(far)
    expose(cluster, "db", None)
    slice_of(cluster, "db", db)
    serve(cluster, far)
    app.service("db").includes(Pod.of(cluster, far))


def test_of_pods_in_the_network_of_a_node_the_one_that_is_named_is_meant(
    cluster: Fake, app: Solution
) -> None:
    [web], [other] = deploy(cluster, "web", 1), deploy(cluster, "other", 1)
    cluster.put({**other, "status": {**other["status"], "podIP": web["status"]["podIP"]}})
    expose(cluster, "web", {"app": "web"})
    slice_of(cluster, "web", web)
    app.service("web").routes_to_exactly(app.deployment("web"))
    with pytest.raises(CheckFailed):
        app.service("web").routes_to_exactly(app.deployment("other"))


def test_names_in_a_slice_are_no_endpoints(cluster: Fake, app: Solution) -> None:
    expose(cluster, "far", None)
    put_slice(cluster, "far-x", "far-x", addressType="FQDN", endpoints=[{"addresses": ["db.test"]}])
    app.service("far").refuses()


def test_a_service_of_udp_only_has_endpoints_but_takes_no_connection(cluster: Fake, app: Solution) -> None:
    pods = deploy(cluster, "dns", 2)
    expose(cluster, "dns", {"app": "dns"}, ports=[{"port": 53, "protocol": "UDP"}])
    slice_of(cluster, "dns", *pods, target=53, protocol="UDP")
    dns = app.service("dns", port=53)
    dns.routes_to_exactly(app.deployment("dns"))
    slice_of(cluster, "dns", pods[0], target=53, protocol="UDP")
    with pytest.raises(CheckFailed) as failure:
        dns.routes_to_exactly(app.deployment("dns"))
    assert (failure.value.expected, failure.value.found) == ("dns-1, dns-2", "dns-1")
    with pytest.raises(CheckFailed, match="no TCP port"):
        dns.refuses()


def test_a_headless_service_of_udp_only_takes_no_connection_on_whatever_port(
    cluster: Fake, app: Solution
) -> None:
    expose(cluster, "dns", {"app": "dns"}, clusterIP="None", ports=[{"port": 53, "protocol": "UDP"}])
    with pytest.raises(CheckFailed, match="no TCP port"):
        app.service("dns").refuses()
