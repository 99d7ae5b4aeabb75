"""Where a Service sends to: its ports, its slices and the endpoints in them, its node ports."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache, partial
from typing import NamedTuple

from checks.cluster import Cluster, Object
from checks.errors import CheckFailed, GraderError
from checks.objects import dig, finished, name, uid

SERVICE_NAME = "kubernetes.io/service-name"
"""The label by which a slice belongs to a Service."""


class Endpoint(NamedTuple):
    """Where a Service sends to."""

    uid: str
    """Of the pod; empty when no pod has the address."""
    name: str
    """Of the pod, or the address."""
    ips: tuple[str, ...]
    """One of each family."""
    port: int


def endpoints(cluster: Cluster, service: Object, number: int) -> list[Endpoint]:
    """Read the endpoints that get traffic of a port: ready, of all slices, each pod once.

    Traffic goes to an address, whatever pod a slice says that it is of: anybody may have written it. Clients
    of a port that the Service does not have are those of a name: all its endpoints count.
    """
    found: dict[str, Endpoint] = {}
    pods_of = cache(partial(cluster.list, "Pod"))  # read once, where there is an endpoint at all
    for item in slices(cluster, service):
        if not same_family(service, item):
            continue
        # A pod without the port that targetPort names is listed, in a slice without that port.
        sent_to = target(service, number, item)
        if sent_to is None:
            continue
        for endpoint in ready_in(item):
            ip = endpoint["addresses"][0]
            pod = _pod_at(pods_of, service["metadata"]["namespace"], ip, endpoint)
            key, who = (uid(pod), name(pod)) if pod else ("", ip)
            known = found.get(key or ip)
            # A pod of two families is in a slice of each.
            ips = known.ips if known else ()
            if ip not in ips:
                found[key or ip] = Endpoint(key, who, (*ips, ip), sent_to)
    return sorted(found.values(), key=lambda endpoint: endpoint.name)


def _pod_at(
    pods_of: Callable[[str | None], list[Object]], namespace: str, ip: str, endpoint: Object
) -> Object | None:
    """Return the pod that has an address; of those in a node's network the one that is named."""
    for where in (namespace, None):  # a slice by hand may send to a pod of any namespace
        there = _having(pods_of(where), ip)
        if len(there) > 1:
            there = [pod for pod in there if uid(pod) == dig(endpoint, "targetRef", "uid")]
        if there:
            return there[0]
    return None


def _having(pods: Iterable[Object], ip: str) -> list[Object]:
    """Return the pods that have an address; of one that has ended, it may be another's by now."""
    return [pod for pod in pods if ip in pod_ips(pod) and not finished(pod)]


def slices(cluster: Cluster, service: Object) -> list[Object]:
    """Read the slices of a Service; in those of type FQDN are names, to which nothing is sent."""
    found = cluster.list(
        "EndpointSlice", service["metadata"]["namespace"], labels={SERVICE_NAME: name(service)}
    )
    return [item for item in found if dig(item, "addressType") != "FQDN"]


def same_family(service: Object, item: Object) -> bool:
    """Return whether a Service sends to the family of a slice; a headless one leaves that to DNS."""
    families = dig(service, "spec", "ipFamilies", default=[])
    return headless(service) or not families or dig(item, "addressType", default=families[0]) in families


def ready_in(item: Object) -> list[Object]:
    """Return the endpoints of a slice that get traffic; whoever does not say, does."""
    return [
        endpoint
        for endpoint in dig(item, "endpoints", default=[])
        if dig(endpoint, "conditions", "ready", default=True) and dig(endpoint, "addresses")
    ]


def ports(service: Object) -> list[Object]:
    """Return the ports of a Service."""
    found: list[Object] = dig(service, "spec", "ports", default=[])
    return found


def port_of(service: Object, number: int) -> Object | None:
    """Return the port that has a number; where TCP and another protocol share it, TCP's."""
    found = sorted(
        (port for port in ports(service) if port["port"] == number), key=lambda port: not tcp(port)
    )
    return found[0] if found else None


def tcp(port: Object) -> bool:
    """Return whether a port is TCP's, as one is that does not say."""
    return protocol(port) == "TCP"


def protocol(port: Object) -> str:
    """Return the protocol of a port of a Service or a slice."""
    return str(dig(port, "protocol", default="TCP"))


def headless(service: Object) -> bool:
    """Return whether a Service has no IP of its own, on purpose."""
    return bool(dig(service, "spec", "clusterIP") == "None")


def pod_ips(pod: Object) -> set[str]:
    """Return the IPs of a pod, of both families."""
    more = (item.get("ip") for item in dig(pod, "status", "podIPs", default=[]))
    return {ip for ip in (dig(pod, "status", "podIP"), *more) if ip}


def node_port(service: Object, number: int, look_at: str) -> int:
    """Return the port of each node that stands for a port of a Service.

    Raises:
        CheckFailed: there is none.
    """
    found: int | None = dig(port_of(service, number) or {}, "nodePort")
    if found:
        return found
    kind = dig(service, "spec", "type", default="ClusterIP")
    because = ""
    if kind not in ("NodePort", "LoadBalancer"):
        because = f"type {kind} has no node port: that takes `type: NodePort`"
    elif dig(service, "spec", "allocateLoadBalancerNodePorts") is False:
        because = "the Service has allocateLoadBalancerNodePorts: false"
    raise CheckFailed(
        expected=f"a node port for port {number}",
        found="there is none",
        because=because,
        look_at=look_at,
    )


def doors(service: Object) -> str:
    """Say by what a Service is called from outside of the cluster, "" if by nothing."""
    kind = dig(service, "spec", "type", default="ClusterIP")
    if kind in ("NodePort", "LoadBalancer"):
        numbers = ", ".join(str(port["nodePort"]) for port in ports(service) if port.get("nodePort"))
        return f"type {kind}" + (f", port {numbers} of every node" if numbers else "")
    outside = ", ".join(map(str, dig(service, "spec", "externalIPs", default=[])))
    return f"externalIPs {outside}" if outside else ""


def node_addresses(cluster: Cluster) -> dict[str, str]:
    """Return the InternalIP of every node by its name.

    Raises:
        GraderError: a node has none, or there is no node.
    """
    nodes = sorted(cluster.list("Node"), key=name)
    found: dict[str, str] = {}
    for node in nodes:
        for address in dig(node, "status", "addresses", default=[]):
            if address.get("type") == "InternalIP":
                found.setdefault(name(node), str(address["address"]))
    unknown = [name(node) for node in nodes if name(node) not in found]
    if unknown or not nodes:
        raise GraderError(f"no InternalIP is known of {', '.join(unknown) or 'any node'}")
    return found


def target(service: Object, number: int, item: Object) -> int | None:
    """Return the port to which the endpoints of a slice get what is meant for a port, None if nothing."""
    mine = port_of(service, number)
    meant = [
        port
        for port in dig(item, "ports", default=[])
        if protocol(port) == protocol(mine or {})
        and (mine is None or dig(port, "name", default="") == dig(mine, "name", default=""))
    ]
    if meant:
        return int(dig(meant[0], "port", default=number))
    return None if ports(service) else number


def owner_of(cluster: Cluster, namespace: str, ip: str | None) -> str:
    """Return the name of the pod that has an IP, or the IP."""
    there = _having(cluster.list("Pod", namespace), ip) if ip else []
    return name(there[0]) if there else ip or "an unknown pod"
