"""Which rule of a policy takes a connection, and what keeps it out of the others."""

from __future__ import annotations

from typing import Any

import pytest
from made import NS, meta

from checks import rules
from checks.cluster import Object
from checks.fake import Fake

SHOP = {"podSelector": {"matchLabels": {"app": "shop"}}}
OTHERS = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "other"}}}
EVERY: dict[str, Any] = {"namespaceSelector": {}}


def pod(name: str, ip: str, namespace: str = NS, **labels: str) -> Object:
    ports = [{"name": "http", "containerPort": 80}]
    return {
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {"containers": [{"name": "main", "ports": ports}]},
        "status": {"podIP": ip},
    }


WEB = pod("web", "10.0.1.1", app="web")
PEERS: dict[str, Object | None] = {
    "shop": pod("shop", "10.0.1.2", app="shop"),
    "other": pod("shop-of-others", "10.0.2.1", "other", app="shop"),
    "stranger": None,
}


def cluster() -> Fake:
    spaces = [
        {"kind": "Namespace", "metadata": {"name": each, "labels": {"kubernetes.io/metadata.name": each}}}
        for each in (NS, "other")
    ]
    return Fake(*spaces)


def says(peer: str, *given: Any, port: int = 80) -> tuple[bool, str]:
    spec = {"podSelector": {}, "ingress": list(given)}
    policy = {"kind": "NetworkPolicy", "metadata": meta("NetworkPolicy", "closed"), "spec": spec}
    ends = rules.Ends(PEERS[peer], WEB, port, "TCP")
    return rules.of_rules(cluster(), [policy], "Ingress", ends)


@pytest.mark.parametrize(
    ("peer", "rule", "where"),
    [
        ("shop", {}, "spec.ingress[0], which has no `from`"),
        ("shop", {"from": [SHOP]}, "spec.ingress[0].from[0]"),
        ("shop", {"from": [OTHERS, SHOP]}, "spec.ingress[0].from[1]"),
        ("shop", {"from": [{"podSelector": {}}]}, "spec.ingress[0].from[0]"),
        ("other", {"from": [OTHERS]}, "spec.ingress[0].from[0]"),
        ("other", {"from": [{**OTHERS, **SHOP}]}, "spec.ingress[0].from[0]"),
        ("other", {"from": [EVERY]}, "spec.ingress[0].from[0]"),
        ("stranger", {"from": [EVERY]}, "spec.ingress[0].from[0]"),
        ("shop", {"from": [{"ipBlock": {"cidr": "10.0.1.0/24"}}]}, "spec.ingress[0].from[0]"),
        ("shop", {"ports": [{"port": 80}]}, "spec.ingress[0], which has no `from`"),
        ("shop", {"ports": [{"port": "http"}]}, "spec.ingress[0], which has no `from`"),
        ("shop", {"ports": [{"port": 70, "endPort": 90}]}, "spec.ingress[0], which has no `from`"),
        ("shop", {"ports": [{"protocol": "TCP"}]}, "spec.ingress[0], which has no `from`"),
    ],
    ids=str,
)
def test_the_rule_that_takes_it_is_named(peer: str, rule: dict[str, Any], where: str) -> None:
    assert says(peer, rule) == (True, where)
    assert says(peer, {"ports": [{"port": 1}]}, rule) == (True, where.replace("[0]", "[1]", 1))


@pytest.mark.parametrize(
    ("peer", "rule", "why"),
    [
        ("other", {"from": [SHOP]}, "none in spec.ingress[0].from takes shop-of-others"),
        ("shop", {"from": [OTHERS]}, "none in spec.ingress[0].from takes shop"),
        ("stranger", {"from": [SHOP]}, "none in spec.ingress[0].from takes pods of any other namespace"),
        (
            "shop",
            {"from": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.0.1.2/32"]}}]},
            "none in spec.ingress[0].from takes shop",
        ),
        ("shop", {"ports": [{"port": 8080}]}, "spec.ingress[0] is for port 8080/TCP, not 80/TCP"),
        ("shop", {"ports": [{"port": "metrics"}]}, "spec.ingress[0] is for port metrics/TCP, not 80/TCP"),
        (
            "shop",
            {"ports": [{"port": 80, "protocol": "UDP"}, {"port": 90, "endPort": 99}]},
            "spec.ingress[0] is for port 80/UDP, 90-99/TCP, not 80/TCP",
        ),
        # of an unknown namespace nobody can say whether the labels are meant
        ("stranger", {"from": [OTHERS]}, ""),
        ("stranger", {"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}, ""),
    ],
    ids=str,
)
def test_what_keeps_it_out_is_said(peer: str, rule: dict[str, Any], why: str) -> None:
    assert says(peer, rule) == (False, why)


def test_a_port_of_the_other_protocol_is_another_port() -> None:
    spec = {"podSelector": {}, "ingress": [{"ports": [{"port": 53}, {"protocol": "TCP"}]}]}
    policy = {"kind": "NetworkPolicy", "metadata": meta("NetworkPolicy", "closed"), "spec": spec}
    ends = rules.Ends(PEERS["shop"], WEB, 53, "UDP")
    assert rules.of_rules(cluster(), [policy], "Ingress", ends) == (
        False, "spec.ingress[0] is for port 53/TCP, any/TCP, not 53/UDP",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("selector", "asks"),
    [
        ({"matchLabels": {"run": "web"}}, "run=web"),
        (
            {"matchLabels": {"app": "web"}, "matchExpressions": [{"key": "tier", "operator": "Exists"}]},
            "app=web and tier Exists",
        ),
        ({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web", "shop"]}]},
         "app NotIn (web, shop)"),
    ],
)  # fmt: skip
def test_what_a_policy_that_selects_nobody_asks_for(selector: dict[str, Any], asks: str) -> None:
    spec = {"podSelector": selector}
    policy = {"kind": "NetworkPolicy", "metadata": meta("NetworkPolicy", "closed"), "spec": spec}
    assert list(rules.not_selecting(Fake(policy, WEB), WEB)) == [
        f"`closed` selects no pod: its podSelector asks for {asks}, and web has app=web"
    ]


def test_a_policy_without_rules_takes_nothing() -> None:
    assert says("shop") == (False, "spec.ingress has no rule")


def test_what_goes_out_is_about_the_target() -> None:
    spec = {"podSelector": {}, "egress": [{"to": [{"podSelector": {"matchLabels": {"app": "db"}}}]}, {"to": [
        {"podSelector": {"matchLabels": {"app": "web"}}}]}]}  # fmt: skip
    two = [
        {"kind": "NetworkPolicy", "metadata": meta("NetworkPolicy", each), "spec": {**spec, "egress": egress}}
        for each, egress in (("first", []), ("second", spec["egress"]))
    ]
    ends = rules.Ends(PEERS["shop"], WEB, 80, "TCP")
    assert rules.of_rules(cluster(), two, "Egress", ends) == (True, "spec.egress[1].to[0] of `second`")
    assert rules.of_rules(cluster(), two[:1], "Egress", ends) == (False, "spec.egress has no rule")
