"""Why a Service does not send where it should: causes, read from the cluster, as those of `explain`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from checks import explain
from checks.cluster import Cluster, Object
from checks.endpoints import (
    SERVICE_NAME,
    Endpoint,
    headless,
    port_of,
    ports,
    protocol,
    ready_in,
    same_family,
    target,
)
from checks.objects import carries, dig, name, ready, uid, written


def another_number(service: Object, number: int) -> str:
    """Say that a number which is no port of a Service is one that belongs to a port."""
    for port in ports(service):
        for field in ("targetPort", "nodePort"):
            if dig(port, field) == number:
                return (
                    f"{number} is the {field} of port {port['port']}: clients of the Service use the latter"
                )
    return ""


def strangers(service: Object, found: Sequence[Endpoint], pods: Iterable[Object]) -> str:
    """Say why pods are endpoints that are not meant to be; `pods` are those that the selector takes."""
    selector: Mapping[str, str] = dig(service, "spec", "selector", default={})
    if not found or not selector:
        return ""
    unready = {uid(pod) for pod in pods if not ready(pod)}
    if publishes_unready(service) and any(endpoint.uid in unready for endpoint in found):
        return publishes_unready(service)
    names = ", ".join(sorted(endpoint.name for endpoint in found))
    carry = "carry" if len(found) > 1 else "carries"
    return f"{names} {carry} {written(selector)}, all that the selector asks for"


def publishes_unready(service: Object) -> str:
    """Say that pods need not be Ready to be endpoints."""
    if dig(service, "spec", "publishNotReadyAddresses"):
        return (
            "the Service has publishNotReadyAddresses: true, so pods are its endpoints before they are Ready"
        )
    return ""


def unnamed_port(service: Object, number: int, pods: Sequence[Object], found: Sequence[Endpoint]) -> str:
    """Say that targetPort is a name which no container of the Ready pods gives to a port."""
    wanted = dig(port_of(service, number) or {}, "targetPort")
    behind = sorted(name(pod) for pod in pods if ready(pod))
    if not isinstance(wanted, str) or found or not behind:
        return ""
    return f"targetPort is {wanted!r}, a name that no container of {', '.join(behind)} gives a port"


def nobody_listens(
    cluster: Cluster, service: Object, number: int, pods: Sequence[Object], found: Sequence[Endpoint]
) -> str:
    """Say that Ready pods refuse connections on the port that clients reach, or that policies drop them."""
    own = headless(service)
    targets = {ip: number if own else endpoint.port for endpoint in found for ip in endpoint.ips}
    said = explain.nobody_listens(cluster, pods, targets) or explain.shut_off(cluster, pods, targets)
    if said and own and (others := {endpoint.port for endpoint in found} - {number}):
        targeted = " or ".join(str(port) for port in sorted(others))
        return (
            f"the Service is headless, so nobody turns port {number} into targetPort {targeted}: "
            "clients call the pods themselves"
        )
    return said


def no_affinity(service: Object) -> str:
    """Say why a Service does not send all requests of one client to one pod."""
    if headless(service):
        return "the Service is headless: clients choose a pod by themselves, whatever sessionAffinity says"
    value = dig(service, "spec", "sessionAffinity", default="None")
    return "" if value == "ClientIP" else f"spec.sessionAffinity is {value}"


def not_by_hand(cluster: Cluster, service: Object, number: int) -> str:
    """Say why the endpoints of a Service are not just the addresses that somebody wrote into slices."""
    if selector := dig(service, "spec", "selector"):
        return f"the Service has a selector: its endpoints are the pods that carry {written(selector)}"
    everything = cluster.list("EndpointSlice", service["metadata"]["namespace"])
    label = {SERVICE_NAME: name(service)}
    mine = [item for item in everything if carries(item, label)]
    if not mine:
        # Those that belong to another Service's controller are nobody's mistake.
        loose = [item for item in everything if not dig(item, "metadata", "ownerReferences")]
        near = [f"{name(item)} has {' and '.join(explain.differing_labels(item, label))}" for item in loose]
        return "\n".join([f"no EndpointSlice carries the label {written(label)}", *near[:3]])
    for item in mine:
        if dig(item, "addressType") == "FQDN":
            return f"EndpointSlice `{name(item)}` has addressType FQDN: nothing is sent to names"
        if not same_family(service, item):
            has = " and ".join(dig(service, "spec", "ipFamilies"))
            return (
                f"EndpointSlice `{name(item)}` has addressType {item['addressType']}, the Service has {has}"
            )
        if ready_in(item) and target(service, number, item) is None:
            port = port_of(service, number) or {}
            called = dig(port, "name", default="")
            named = f"{protocol(port)} port " + (f"named {called!r}" if called else "without a name")
            return f"EndpointSlice `{name(item)}` has no {named}, as port {number} of the Service is"
    return ""
