"""What DNS has to say of a Service, and what it says.

Source: https://github.com/kubernetes/dns/blob/master/docs/specification.md
"""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Sequence
from typing import Literal, NamedTuple

from checks.cluster import Cluster, Names, Object
from checks.endpoints import headless, ports, protocol, ready_in
from checks.errors import GraderError, UsageError
from checks.objects import dig, name

_ZONE = "svc.cluster.local"


class Record(NamedTuple):
    """What DNS has to answer to one question."""

    kind: Literal["A", "SRV"]
    name: str
    values: list[str]
    """Sorted: addresses, or (SRV) the port of each target."""

    def told(self, values: Sequence[str]) -> str:
        """Return values as a learner reads them."""
        if self.kind == "A":
            return ", ".join(values) or "no address"
        targets = Counter(values)
        return ", ".join(_targets(port, count) for port, count in targets.items()) or "no target"


def full(service: Object) -> str:
    """Return the whole name of a Service."""
    return f"{name(service)}.{service['metadata']['namespace']}.{_ZONE}"


def addresses(service: Object, slices: Sequence[Object]) -> list[str]:
    """Return all addresses that the name of a Service stands for, of both families."""
    if headless(service):
        return sorted({ip for item in slices for endpoint in ready_in(item) for ip in endpoint["addresses"]})
    own = dig(service, "spec", "clusterIPs", default=[dig(service, "spec", "clusterIP")])
    return sorted(ip for ip in own if ip)


def wanted(service: Object, slices: Sequence[Object]) -> list[Record]:
    """Return what DNS has to answer: by both names the addresses, and for each named port its targets.

    Raises:
        GraderError: nothing can be asked, as the addresses are all of IPv6.
    """
    values = [ip for ip in addresses(service, slices) if ":" not in ip]
    if not values:
        raise GraderError(f"DNS is asked for IPv4 addresses only, and Service `{name(service)}` has none")
    domain = full(service)
    named = [port for port in ports(service) if dig(port, "name")]
    return [
        Record("A", domain, values),
        Record("A", domain.removesuffix(f".{_ZONE}"), values),
        *(
            Record("SRV", f"_{port['name']}._{protocol(port).lower()}.{domain}", found)
            for port in named
            # Nobody may have a port that targetPort names.
            if (found := _targeted(service, port, slices))
        ),
    ]


def ask(
    cluster: Cluster, record: Literal["A", "CNAME", "SRV"], asked: Sequence[str]
) -> list[tuple[str, ...]]:
    """Return what DNS answers to each name, nothing where there is no such name or record.

    Raises:
        GraderError: DNS does not answer in time.
    """
    found = cluster.lookup(asked, record) if asked else []
    for who, answer in zip(asked, found, strict=True):
        if answer.outcome == "timeout":
            raise GraderError(f"the cluster's DNS did not answer in time for {who}")
    return [_values(answer) for answer in found]


def differing(cluster: Cluster, records: Sequence[Record]) -> tuple[Record, list[str]] | None:
    """Return the first record that DNS answers otherwise, and what it answers; None if it agrees."""
    for kind in ("A", "SRV"):
        mine = [record for record in records if record.kind == kind]
        answers = ask(cluster, kind, [record.name for record in mine])
        for record, answer in zip(mine, answers, strict=True):
            found = sorted({*answer}) if kind == "A" else _ports(answer)
            if found != record.values:
                return record, found
    return None


def host(value: str) -> str:
    """Return the name of a host as DNS compares it.

    Raises:
        UsageError: it is no name.
    """
    bare = comparable(value) if isinstance(value, str) else ""
    if not bare or is_address(bare) or any(char in bare for char in "/: "):
        raise UsageError(f"points_to(…) takes a name such as points_to('kubernetes.io'), not {value!r}")
    return bare


def comparable(value: str) -> str:
    """Return a name as DNS compares it: without the dot at its end, and in whatever case."""
    return value.removesuffix(".").lower()


def ips(given: Sequence[str]) -> set[str]:
    """Return IPs as they are compared.

    Raises:
        UsageError: there is none, or something else.
    """
    for value in given or ("",):
        if not isinstance(value, str) or not is_address(value):
            raise UsageError(
                f"routes_to_addresses(…) takes IPs, such as routes_to_addresses('192.0.2.7'), not {value!r}"
            )
    return {canonical(value) for value in given}


def canonical(ip: str) -> str:
    """Return the one way of several in which an IP is written; what is none stays as it is."""
    return str(ipaddress.ip_address(ip)) if is_address(ip) else ip


def is_address(value: str) -> bool:
    """Return whether a text is an IP."""
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True


def _targeted(service: Object, port: Object, slices: Sequence[Object]) -> list[str]:
    """Return the port of each target that clients learn of for a named port."""
    if not headless(service):
        return [str(port["port"])]
    found = {
        # What a target is called is up to DNS: by the host name that the endpoint has, or by its address.
        (dig(endpoint, "hostname", default=ip), dig(item, "port", default=port["port"]))
        for each in slices
        for item in dig(each, "ports", default=[])
        if dig(item, "name") == port["name"] and protocol(item) == protocol(port)
        for endpoint in ready_in(each)
        for ip in endpoint["addresses"]
    }
    return sorted(str(number) for _, number in found)


def _ports(answers: Sequence[str]) -> list[str]:
    """Return the port of each target of SRV answers."""
    found = {(target, number) for answer in answers for _, _, number, target in [answer.split()]}
    return sorted(number for _, number in found)


def _values(answer: Names) -> tuple[str, ...]:
    return answer.answers if answer.outcome == "answered" else ()


def _targets(port: str, count: int) -> str:
    return f"{count} target{'s' * (count > 1)} with port {port}"
