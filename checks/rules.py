"""Why a rule of a NetworkPolicy takes a connection or not, as far as its text says it: for causes only."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from checks.cluster import Cluster, Object
from checks.objects import dig, labels, name, selected, written

Direction = Literal["Ingress", "Egress"]
_FIELDS: dict[Direction, tuple[str, str]] = {"Ingress": ("ingress", "from"), "Egress": ("egress", "to")}
_BY_CONTROLLERS = ("pod-template-hash", "controller-revision-hash", "pod-template-generation")
"""Labels that nobody writes down."""
_OTHERS = 2
"""Policies that select nobody, which one message names."""


class Ends(NamedTuple):
    """The two ends of a connection, and where it arrives."""

    source: Object | None
    """None for a pod of another namespace of which nothing is known."""
    target: Object
    port: int
    protocol: Literal["TCP", "UDP"]


def of_rules(
    cluster: Cluster, policies: Sequence[Object], direction: Direction, ends: Ends
) -> tuple[bool, str]:
    """Return whether a rule of these policies takes a connection, and which, or what keeps it out of each.

    Nothing is said where a rule may be about a source of which nothing is known.

    Source: https://kubernetes.io/docs/reference/kubernetes-api/networking/network-policy-v1/
    """
    key, side = _FIELDS[direction]
    peer = ends.source if direction == "Ingress" else ends.target
    if peer is None and any(
        each.get("namespaceSelector") or each.get("ipBlock")
        for policy in policies
        for rule in dig(policy, "spec", key, default=[])
        for each in dig(rule, side, default=[])
    ):
        return False, ""
    spaces = {name(space): space for space in cluster.list("Namespace")}
    kept = []
    for policy in policies:
        of = f" of `{name(policy)}`" if len(policies) > 1 else ""
        rules = dig(policy, "spec", key, default=[])
        if not rules:
            kept.append(f"spec.{key}{of} has no rule")
        for number, rule in enumerate(rules):
            where = f"spec.{key}[{number}]"
            ports, peers = dig(rule, "ports", default=[]), dig(rule, side, default=[])
            if ports and not any(_is_for(each, ends) for each in ports):
                kept.append(f"{where}{of} is for port {_written(ports)}, not {ends.port}/{ends.protocol}")
                continue
            taken = [at for at, each in enumerate(peers) if _is_about(each, peer, policy, spaces)]
            if taken or not peers:
                first = f"{where}.{side}[{taken[0]}]{of}" if taken else f"{where}{of}, which has no `{side}`"
                return True, first
            who = name(peer) if peer else "pods of any other namespace"
            kept.append(f"none in {where}.{side}{of} takes {who}")
    return False, ", ".join(kept)


def not_selecting(cluster: Cluster, pod: Object) -> Iterator[str]:
    """Say of the policies that select no pod at all what they ask for, a few of them."""
    namespace = pod["metadata"]["namespace"]
    pods = cluster.list("Pod", namespace)
    idle = [
        policy
        for policy in cluster.list("NetworkPolicy", namespace)
        if not any(selected(each, dig(policy, "spec", "podSelector", default={})) for each in pods)
    ]
    for policy in idle[:_OTHERS]:
        selector = dig(policy, "spec", "podSelector", default={})
        asks = [written(dig(selector, "matchLabels", default={}))]
        for rule in dig(selector, "matchExpressions", default=[]):
            values = ", ".join(rule.get("values") or [])
            asks.append(f"{rule['key']} {rule['operator']}" + (f" ({values})" if values else ""))
        own = {key: value for key, value in labels(pod).items() if key not in _BY_CONTROLLERS}
        words, has = " and ".join(filter(None, asks)), written(own) or "no label"
        yield f"`{name(policy)}` selects no pod: its podSelector asks for {words}, and {name(pod)} has {has}"


def _is_for(each: Mapping[str, Any], ends: Ends) -> bool:
    """Return whether an item of `ports` is for the port of a connection."""
    if each.get("protocol", "TCP") != ends.protocol:
        return False
    port = each.get("port")
    if isinstance(port, str):
        containers = dig(ends.target, "spec", "containers", default=[])
        named = [item for container in containers for item in dig(container, "ports", default=[])]
        return any(item.get("name") == port and item.get("containerPort") == ends.port for item in named)
    return port is None or port <= ends.port <= each.get("endPort", port)


def _is_about(
    each: Mapping[str, Any], peer: Object | None, policy: Object, spaces: Mapping[str, Object]
) -> bool:
    """Return whether an item of `from` or `to` is about a pod; of an unknown one only what is about all."""
    if block := each.get("ipBlock"):
        return peer is not None and _holds(block, str(dig(peer, "status", "podIP", default="")))
    pods, of_spaces = each.get("podSelector"), each.get("namespaceSelector")
    if peer is None:
        return of_spaces == {} and not pods
    home = peer["metadata"]["namespace"]
    if of_spaces is None:
        near = home == policy["metadata"]["namespace"]
    else:
        near = home in spaces and selected(spaces[home], of_spaces)
    return near and selected(peer, pods or {})


def _holds(block: Mapping[str, Any], address: str) -> bool:
    try:
        ip = ipaddress.ip_address(address)
        inside = ip in ipaddress.ip_network(block["cidr"], strict=False)
        outside = [ipaddress.ip_network(part, strict=False) for part in block.get("except") or []]
    except (KeyError, ValueError):
        return False
    return inside and not any(ip in part for part in outside)


def _written(ports: Sequence[Mapping[str, Any]]) -> str:
    """Return ports as a rule has them, such as `80/TCP, 8000-8080/TCP, any/UDP`."""
    return ", ".join(
        str(each.get("port", "any"))
        + (f"-{each['endPort']}" if "endPort" in each else "")
        + f"/{each.get('protocol', 'TCP')}"
        for each in ports
    )
