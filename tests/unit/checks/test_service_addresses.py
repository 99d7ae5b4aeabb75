"""`Service.routes_to_addresses`: a Service without selector sends to what somebody wrote into its slices."""

from __future__ import annotations

from typing import Any

import pytest
from made import NS, deploy, expose, meta, told

from checks import Solution, UsageError
from checks.endpoints import SERVICE_NAME
from checks.fake import Fake

HERE = "192.0.2.7", "192.0.2.8"
ALL = "look at   kubectl -n k-1 get endpointslices"
MINE = f"{ALL} -l kubernetes.io/service-name=db"


@pytest.fixture
def db(cluster: Fake) -> Fake:
    """A Service without selector, on port 5432, without any slice."""
    expose(cluster, "db", None, port=5432)
    cluster.remove("EndpointSlice", "db-x", NS)
    return cluster


def by_hand(cluster: Fake, *ips: str, label: str | None = "db", name: str = "db-1", **fields: object) -> None:
    """Put a slice as somebody writes it, without any reference to pods."""
    labels = {SERVICE_NAME: label} if label else {}
    more = {"ports": [{"port": 5432}], "endpoints": [{"addresses": [ip]} for ip in ips], **fields}
    cluster.put({"kind": "EndpointSlice", "metadata": meta("EndpointSlice", name, labels), **more})


def fails(app: Solution, *ips: str) -> str:
    """Return what a learner reads."""
    return told(lambda: app.service("db", port=5432).routes_to_addresses(*(ips or HERE)))


def test_passes_when_all_slices_together_hold_these_addresses(db: Fake, app: Solution) -> None:
    by_hand(db, HERE[0])
    by_hand(db, HERE[1], HERE[0], name="db-2")
    app.service("db", port=5432).routes_to_addresses(*HERE)


def test_an_address_may_be_written_in_several_ways(db: Fake, app: Solution) -> None:
    by_hand(db, "fd00:0::7", addressType="IPv6")
    app.service("db", port=5432).routes_to_addresses("FD00::0007")


@pytest.mark.parametrize(
    ("ips", "found"),
    [
        (("192.0.2.7",), "192.0.2.7"),
        ((*HERE, "192.0.2.9"), "192.0.2.7, 192.0.2.8, 192.0.2.9"),
        (("192.0.2.7", "192.0.2.80"), "192.0.2.7, 192.0.2.80"),
    ],
    ids=["one too few", "one too many", "another"],
)
def test_fails_for_other_addresses(db: Fake, app: Solution, ips: tuple[str, ...], found: str) -> None:
    by_hand(db, *ips)
    assert fails(app) == f"expected  192.0.2.7, 192.0.2.8\nfound     {found}\n{MINE}"


def test_addresses_that_are_not_ready_are_none(db: Fake, app: Solution) -> None:
    unready = [{"addresses": [HERE[0]], "conditions": {"ready": False}}, {"addresses": [HERE[1]]}]
    by_hand(db, endpoints=unready)
    assert fails(app) == f"expected  192.0.2.7, 192.0.2.8\nfound     192.0.2.8\n{MINE}"


def test_a_selector_fills_in_pods_instead(db: Fake, app: Solution) -> None:
    deploy(db, "db")
    expose(db, "db", {"app": "db"}, port=5432)
    assert fails(app) == (
        "expected  192.0.2.7, 192.0.2.8\n"
        "found     10.0.0.1\n"
        f"because   the Service has a selector: its endpoints are the pods that carry app=db\n{MINE}"
    )


def test_a_service_with_a_selector_fails_though_the_addresses_are_there(db: Fake, app: Solution) -> None:
    expose(db, "db", {"app": "db"}, port=5432)
    by_hand(db, *HERE)
    assert fails(app) == (
        "expected  a Service without selector\n"
        "found     selector app=db\n"
        "because   its endpoints are the pods that it selects, whatever somebody writes beside them\n"
        "look at   kubectl -n k-1 get service db -o yaml"
    )


def test_addresses_of_another_family_than_the_service_has_are_none(db: Fake, app: Solution) -> None:
    expose(db, "db", None, port=5432, ipFamilies=["IPv4"])
    by_hand(db, "fd00::7", addressType="IPv6")
    assert fails(app, "fd00::7") == (
        "expected  fd00::7\n"
        "found     no endpoint\n"
        f"because   EndpointSlice `db-1` has addressType IPv6, the Service has IPv4\n{ALL}"
    )


@pytest.mark.parametrize(
    "spec", [{"ipFamilies": ["IPv4", "IPv6"]}, {"ipFamilies": ["IPv4"], "clusterIP": "None"}]
)
def test_addresses_of_every_family_that_a_service_or_dns_has_count(
    db: Fake, app: Solution, spec: dict[str, Any]
) -> None:
    expose(db, "db", None, port=5432, **spec)
    by_hand(db, HERE[0], addressType="IPv4")
    by_hand(db, "fd00::7", addressType="IPv6", name="db-2")
    app.service("db", port=5432).routes_to_addresses("fd00::7", HERE[0])


@pytest.mark.parametrize(
    ("label", "has"),
    [
        (None, "no label kubernetes.io/service-name=db"),
        ("bd", "label kubernetes.io/service-name=bd, not kubernetes.io/service-name=db"),
    ],
    ids=["no label", "a typo"],
)
def test_a_slice_without_the_label_is_nobodys(db: Fake, app: Solution, label: str | None, has: str) -> None:
    by_hand(db, *HERE, label=label)
    owned = meta(
        "EndpointSlice", "web-x", {SERVICE_NAME: "web"}, {"kind": "Service", "metadata": meta("", "web")}
    )
    db.put({"kind": "EndpointSlice", "metadata": owned})
    assert fails(app) == (
        "expected  192.0.2.7, 192.0.2.8\n"
        "found     no endpoint\n"
        "because   no EndpointSlice carries the label kubernetes.io/service-name=db\n"
        f"          db-1 has {has}\n{ALL}"
    )


@pytest.mark.parametrize(
    ("of_service", "of_slice", "lacks"),
    [("sql", None, "TCP port named 'sql'"), (None, "sql", "TCP port without a name")],
)
def test_a_slice_bears_the_name_of_the_port(
    db: Fake, app: Solution, of_service: str | None, of_slice: str | None, lacks: str
) -> None:
    expose(db, "db", None, ports=[{"port": 5432, "name": of_service}])
    db.remove("EndpointSlice", "db-x", NS)
    by_hand(db, *HERE, ports=[{"port": 5432, "name": of_slice}])
    assert fails(app) == (
        "expected  192.0.2.7, 192.0.2.8\n"
        "found     no endpoint\n"
        f"because   EndpointSlice `db-1` has no {lacks}, as port 5432 of the Service is\n{ALL}"
    )


def test_a_slice_bears_the_protocol_of_the_port(db: Fake, app: Solution) -> None:
    by_hand(db, *HERE, ports=[{"port": 5432, "protocol": "UDP"}])
    assert "found     no endpoint\nbecause   EndpointSlice `db-1` has no TCP port" in fails(app)


def test_names_are_no_addresses(db: Fake, app: Solution) -> None:
    by_hand(db, "db.test", addressType="FQDN")
    assert fails(app) == (
        "expected  192.0.2.7, 192.0.2.8\n"
        "found     no endpoint\n"
        f"because   EndpointSlice `db-1` has addressType FQDN: nothing is sent to names\n{ALL}"
    )


def test_udp_has_addresses_too(db: Fake, app: Solution) -> None:
    expose(db, "db", None, ports=[{"port": 5432, "protocol": "UDP"}])
    db.remove("EndpointSlice", "db-x", NS)
    by_hand(db, *HERE, ports=[{"port": 5432, "protocol": "UDP"}])
    app.service("db", port=5432).routes_to_addresses(*HERE)


@pytest.mark.parametrize("given", [(), ("",), ("db.test",), ("192.0.2.7:80",), ("192.0.2.7", 7)])
def test_what_is_no_address_is_refused(db: Fake, app: Solution, given: tuple[str, ...]) -> None:
    db.calls.clear()
    with pytest.raises(UsageError, match=r"takes IPs, such as routes_to_addresses\('192.0.2.7'\)"):
        app.service("db").routes_to_addresses(*given)
    assert db.calls == []


def test_an_empty_namespace_fails(app: Solution) -> None:
    assert fails(app) == (
        "expected  Service `db` exists\nfound     no such Service\nlook at   kubectl -n k-1 get services"
    )
