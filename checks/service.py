"""Services: who their endpoints are, and who answers when they are called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import ClassVar

from checks import endpoints, explain, names, replies, routing
from checks.cluster import Cluster, Dial, Object, Reply
from checks.endpoints import Endpoint
from checks.errors import CheckFailed, GraderError, Hopeless, UsageError
from checks.noun import Noun, check
from checks.objects import carries, dig, finished, name, ready, terminating, uid, written
from checks.pods import Pod
from checks.workloads import Workload

SOME_REQUESTS = 5
"""Requests of one reading that asks whether a Service answers at all."""
PER_ENDPOINT = 20
"""Requests for each endpoint: that one of n gets none of 20 n by chance happens once in 10⁸ readings."""
MOST_REQUESTS = 200
FEWEST_TO_STICK = 10
"""Requests of which two pods get all by chance, or one of them, once in 500 readings: fewer prove nothing."""
_BY_HAND = (
    "the Service has no selector: its endpoints are what somebody wrote into EndpointSlices, and nobody "
    "brings them up to date"
)


class Service(Noun):
    """A Service, and the port that its clients use.

    >>> eventually(app.service("web")).answers("/", status=200)
    >>> eventually(app.service("httpenv", port=8888)).routes_to_exactly(app.deployment("httpenv"))
    """

    kind = "Service"
    kinds: ClassVar[tuple[str, ...]] = ("Service", "EndpointSlice", "Pod")

    def __init__(self, cluster: Cluster, namespace: str, name: str, port: int = 80) -> None:
        super().__init__(cluster, namespace, name)
        if isinstance(port, bool) or not isinstance(port, int) or not 0 < port < 65536:
            raise UsageError(f"the port of {self} is a number from 1 to 65535, not {port!r}")
        self.port = port

    @check
    def answers(
        self,
        path: str = "/",
        *,
        status: int = 200,
        body: str | None = None,
        header: Mapping[str, str] | None = None,
        node_port: bool = False,
    ) -> None:
        """The Service answers each HTTP GET with this status.

        `body` is a text in the first 4 KiB of the body, `header` maps names to texts in their values (in the
        last one, of a header that is repeated). `node_port` sends the requests to every node, on the node
        port that stands for the port.

        >>> eventually(app.service("web")).answers("/", status=200)
        """
        service = self._read()
        wanted = replies.Wanted(status, body, {key.lower(): text for key, text in (header or {}).items()})
        doors = {"": self._address(service)}
        where = f"port {self.port}"
        if node_port:
            number = endpoints.node_port(service, self.port, self._look_at_service())
            nodes = endpoints.node_addresses(self.cluster)
            doors = {node: explain.address(ip, number) for node, ip in nodes.items()}
            where = f"port {number} of every node"
        dials = [Dial(address, path) for address in doors.values() for _ in range(SOME_REQUESTS)]
        got = self.cluster.dial(dials)
        wrong = []
        for index, node in enumerate(doors):
            mine = got[index * SOME_REQUESTS : (index + 1) * SOME_REQUESTS]
            if said := _unlike(wanted, mine):
                wrong.append(f"{node}: {said}" if node else said)
        if wrong:
            failure = self._failure(
                service,
                expected=f"{wanted} for GET {path} on {where}",
                found="\n".join(wrong),
                dialled=True,
                to_each=False,
                also=lambda: explain.local_policy(service) if len(wrong) < len(doors) else "",
            )
            selector = dig(service, "spec", "selector", default={})
            if selector and any(reply.outcome == "answered" and reply.status != status for reply in got):
                # somebody is there to answer, and its log says why it answers so
                failure.look_at = f"kubectl -n {self.namespace} logs -l {written(selector)} --tail=20"
            raise failure

    @check
    def routes_to_exactly(self, *workloads: Workload) -> None:
        """The Service's endpoints are the Ready pods of these workloads, all of them and no other.

        >>> eventually(app.service("web")).routes_to_exactly(app.deployment("blue"), app.deployment("green"))
        """
        _several(workloads, "routes_to_exactly")
        service = self._read(dialled=False)
        wanted = {uid(pod): pod for workload in workloads for pod in workload.ready_pods()}
        found = {endpoint.uid or endpoint.ips[0]: endpoint for endpoint in self._endpoints(service)}
        if found.keys() != wanted.keys():
            raise self._failure(
                service,
                expected=_list(name(pod) for pod in wanted.values()),
                found=_named(found.values()),
                lacking=[pod for key, pod in wanted.items() if key not in found],
                strangers=[endpoint for key, endpoint in found.items() if key not in wanted],
            )

    @check
    def routes_to_addresses(self, *addresses: str) -> None:
        """The Service, which has no selector, sends to these IPs, all of them and to no other.

        Its endpoints are in EndpointSlices that somebody wrote, and that bear the name of its port.

        Source: https://kubernetes.io/docs/concepts/services-networking/service/#services-without-selectors

        >>> eventually(app.service("db", port=5432)).routes_to_addresses("192.0.2.7", "192.0.2.8")
        """
        wanted = names.ips(addresses)
        service = self._read(dialled=False)
        found = {names.canonical(ip) for endpoint in self._endpoints(service) for ip in endpoint.ips}
        if found != wanted:
            raise CheckFailed(
                expected=_list(wanted),
                found=_list(found) or "no endpoint",
                because=lambda: routing.not_by_hand(self.cluster, service, self.port),
                look_at=self._look_at_slices() if found else self._look_at_all_slices(),
            )
        if selector := dig(service, "spec", "selector"):
            raise CheckFailed(
                expected="a Service without selector",
                found=f"selector {written(selector)}",
                because="its endpoints are the pods that it selects, whatever somebody writes beside them",
                look_at=f"{self._look_at_service()} -o yaml",
            )

    @check(hold=0)
    def reaches_each(
        self, *workloads: Workload, requests: int = 50, at_least: int = 1, path: str | None = "/"
    ) -> None:
        """Each workload answers `at_least` of so many requests, nobody else any, and none stays unanswered.

        Every request is a connection of its own. `path` None only opens it, for servers that speak no HTTP.

        >>> eventually(app.service("web")).reaches_each(app.deployment("blue"), app.deployment("green"))
        """
        _several(workloads, "reaches_each")
        if at_least < 1 or requests < at_least * len(workloads):
            raise UsageError(
                f"{requests} requests cannot give {len(workloads)} workloads {at_least} each: "
                "reaches_each(…, requests=…, at_least=…)"
            )
        service = self._read()
        for workload in workloads:
            workload.ready_pods()
        got = self.cluster.dial([Dial(self._address(service), path)] * requests)
        owner = {
            ip: workload.name
            for workload in workloads
            for pod in workload.owned_pods()
            if not finished(pod)  # its IP may be another's by now
            for ip in endpoints.pod_ips(pod)
        }
        answered = [replies.backend(reply) for reply in got if reply.outcome == "answered"]
        count = Counter(owner.get(ip, "") for ip in answered)
        silent = Counter(replies.words(reply) for reply in got if reply.outcome != "answered")
        if silent or count[""] or any(count[workload.name] < at_least for workload in workloads):
            others = Counter(ip for ip in answered if ip not in owner)
            found = [f"{workload.name} {count[workload.name]}" for workload in workloads]
            found += [f"{self._who(ip)} {times}" for ip, times in sorted(others.items())]
            found += [f"{words} {times}" for words, times in sorted(silent.items())]
            raise self._failure(
                service,
                expected=f"of {requests} requests "
                + ", ".join(f"{workload.name} at least {at_least}" for workload in workloads)
                + ", nobody else any",
                found=", ".join(found),
                dialled=True,
            )

    @check
    def sticks_to_one_pod(self, *, requests: int = 20, path: str | None = "/") -> None:
        """One pod answers all requests of one client, though there are others to choose from.

        Every request is a connection of its own. `path` None only opens it, for servers that speak no HTTP.

        Source: https://kubernetes.io/docs/reference/networking/virtual-ips/#session-affinity

        >>> eventually(app.service("web")).sticks_to_one_pod(requests=20)
        """
        if isinstance(requests, bool) or not isinstance(requests, int) or requests < FEWEST_TO_STICK:
            raise UsageError(
                f"sticks_to_one_pod(requests=…) takes {FEWEST_TO_STICK} or more, not {requests!r}: "
                "one pod may get a few of them by chance"
            )
        service = self._read()
        choice = self._endpoints(service)
        if len(choice) < 2:
            raise self._failure(service, expected="2 endpoints or more to choose from", found=_named(choice))
        got = self.cluster.dial([Dial(self._address(service), path)] * requests)
        silent = [reply for reply in got if reply.outcome != "answered"]
        pods = {replies.backend(reply) for reply in got if reply.outcome == "answered"}
        if silent or len(pods) != 1:
            spread = "" if silent else routing.no_affinity(service)
            raise self._failure(
                service,
                expected=f"{requests} requests, all answered by one pod",
                # without the counts, which differ from reading to reading
                found=self._tally(got) if silent else _list(map(self._who, pods)),
                dialled=not spread,
                to_each=False,
                also=lambda: spread,
            )

    @check(hold=0)
    def includes(self, pod: Pod) -> None:
        """The pod is an endpoint of the Service, and gets some of its requests.

        >>> eventually(app.service("web")).includes(app.deployment("web").pods[0])
        """
        _one(pod, "includes")
        service = self._read()
        found = self._endpoints(service)
        mine = next((endpoint for endpoint in found if endpoint.uid == pod.uid), None)
        if mine is None:
            obj = pod.get()
            raise self._failure(
                service,
                expected=f"{pod.name} among the endpoints",
                found=_named(found),
                lacking=[obj] if obj else [],
            )
        got = self._dial_all(service, found)
        answered = [replies.backend(reply) for reply in got if reply.outcome == "answered"]
        if not any(ip in mine.ips for ip in answered):
            raise self._failure(
                service,
                expected=f"some of {len(got)} requests answered by {pod.name}",
                found=self._tally(got),
                dialled=True,
            )

    @check
    def excludes(self, pod: Pod) -> None:
        """The pod is no endpoint of the Service, and gets none of its requests.

        >>> eventually(app.service("web")).excludes(app.deployment("web").pods[0])
        """
        _one(pod, "excludes")
        service = self._read()
        found = self._endpoints(service)
        obj = pod.get()
        if pod.uid in {endpoint.uid for endpoint in found}:
            selector = written(dig(service, "spec", "selector", default={}))
            raise CheckFailed(
                expected=f"{pod.name} not among the endpoints",
                found=_named(found),
                because=f"{pod.name} is Ready and carries {selector}"
                if ready(obj or {})
                else routing.publishes_unready(service),
                look_at=self._look_at_slices(),
            )
        if obj is None:
            return
        # also without an endpoint: then pods that end and still serve get the requests
        got = self._dial_all(service, found)
        if any(reply.backend in endpoints.pod_ips(obj) for reply in got):
            raise CheckFailed(
                expected=f"none of {len(got)} requests sent to {pod.name}",
                found=self._tally(got),
                look_at=self._look_at_slices(),
                settles=False,
            )
        for reply in got:
            if reply.outcome == "answered":
                replies.backend(reply)
        silent = [reply for reply in got if reply.outcome != "answered"]
        if found and silent:
            raise self._failure(
                service,
                expected=f"{len(got)} requests answered by other pods",
                found=f"{replies.words(silent[0])} ({len(silent)} of {len(got)} requests)",
                dialled=True,
            )

    @check
    def refuses(self) -> None:
        """The Service exists, has no endpoint, and takes no connection.

        Proves little by itself: let another check show that the same Service answers before or after.

        >>> eventually(app.service("web")).refuses()
        """
        service = self._read()
        found = self._endpoints(service)
        if found:
            raise CheckFailed(expected="no endpoint", found=_named(found), look_at=self._look_at_slices())
        got = self.cluster.dial([Dial(self._address(service), None)] * SOME_REQUESTS)
        taken = [reply for reply in got if reply.outcome == "answered"]
        if taken:
            raise CheckFailed(
                expected=f"no connection on port {self.port}",
                found=f"{len(taken)} of {len(got)} taken by "
                + _list({self._who(reply.backend) for reply in taken}),
                look_at=self._look_at_slices(),
                settles=False,
            )
        unclear = [reply for reply in got if reply.outcome == "other"]
        if unclear:
            raise GraderError(f"cannot tell whether {self} refuses connections: {unclear[0].detail}")

    @check
    def resolves_to_endpoints(self) -> None:
        """DNS gives the Service's addresses: of a headless one those of its endpoints, else its cluster IP.

        Asked are NAME.NAMESPACE and the whole name, and the SRV record of each port that has a name: its
        targets have that port, or (headless) are the endpoints, each with its own. The noun's port is of
        no matter.

        Source: https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/

        >>> eventually(app.service("db")).resolves_to_endpoints()
        """
        service = self.read()
        if said := explain.external_name(service):
            raise CheckFailed(
                expected=f"{self} has addresses of its own",
                found="type ExternalName",
                because=said,
                look_at=self._look_at_service(),
            )
        slices = endpoints.slices(self.cluster, service)
        if not names.addresses(service, slices):
            lacks = "endpoint" if endpoints.headless(service) else "cluster IP"
            raise self._failure(service, expected=f"{self} has an address", found=f"no {lacks}")
        if wrong := names.differing(self.cluster, names.wanted(service, slices)):
            record, found = wrong
            raise CheckFailed(
                expected=f"{record.told(record.values)}, as {record.kind} of {record.name}",
                found=record.told(found),
                look_at=self._look_at_slices() if endpoints.headless(service) else self._look_at_service(),
                settles=False,  # DNS hears of endpoints later than we do, and may remember what it said
            )

    @check
    def points_to(self, host: str) -> None:
        """The Service is another name for this host, of type ExternalName, and DNS says so.

        Source: https://kubernetes.io/docs/concepts/services-networking/service/#externalname

        >>> eventually(app.service("k8s")).points_to("kubernetes.io")
        """
        wanted = names.host(host)
        service = self.read()
        kind = dig(service, "spec", "type", default="ClusterIP")
        external = str(dig(service, "spec", "externalName", default=""))
        if kind != "ExternalName" or names.comparable(external) != wanted:
            ip = kind == "ExternalName" and names.is_address(external)
            raise CheckFailed(
                expected=f"type ExternalName, with externalName {wanted}",
                found=f"type {kind}" + (f", with externalName {external}" if external else ""),
                because=f"externalName is a name, and DNS takes {external} for one" if ip else "",
                look_at=self._look_at_service(),
            )
        asked = names.full(service)
        (found,) = names.ask(self.cluster, "CNAME", [asked])
        if wanted not in map(names.comparable, found):
            raise CheckFailed(
                expected=f"{wanted}, as CNAME of {asked}",
                found=", ".join(found) or "no CNAME",
                look_at=self._look_at_service(),
                settles=False,  # as above
            )

    def _read(self, *, dialled: bool = True) -> Object:
        """Read the Service, which has the port: one of TCP, if it is to be `dialled`."""
        service = self.read()
        if dig(service, "spec", "type") == "ExternalName":
            return service
        ports = [port for port in endpoints.ports(service) if endpoints.tcp(port) or not dialled]
        # A headless Service may leave its ports out: clients then choose among those of the pods.
        optional = endpoints.headless(service) and not endpoints.ports(service)
        if self.port not in [port["port"] for port in ports] and not optional:
            raise CheckFailed(
                expected=f"{self} has port {self.port}",
                found=f"port {_list(str(port['port']) for port in ports)}"
                if ports
                else f"no {'TCP ' * dialled}port",
                because=routing.another_number(service, self.port),
                look_at=self._look_at_service(),
            )
        return service

    def _address(self, service: Object) -> str:
        """Return where clients connect to: its own IP, or a name where there is none."""
        if endpoints.headless(service) or not dig(service, "spec", "clusterIP"):
            return f"{names.full(service)}:{self.port}"
        return explain.address(service["spec"]["clusterIP"], self.port)

    def _endpoints(self, service: Object) -> list[Endpoint]:
        return endpoints.endpoints(self.cluster, service, self.port)

    def _dial_all(self, service: Object, found: Sequence[Endpoint]) -> list[Reply]:
        """Open so many connections that each endpoint gets some of them."""
        requests = min(PER_ENDPOINT * max(1, len(found)), MOST_REQUESTS)
        return self.cluster.dial([Dial(self._address(service), None)] * requests)

    def _failure(
        self,
        service: Object,
        *,
        expected: str,
        found: str,
        lacking: Sequence[Object] = (),
        strangers: Sequence[Endpoint] = (),
        dialled: bool = False,
        to_each: bool = True,
        also: Callable[[], str] = str,
    ) -> CheckFailed:
        """Return a failure that knows whether it may pass, and how to read its cause.

        `dialled` says that it is about replies, `to_each` that one client is not to get only one pod's;
        `also` reads one more cause.
        """
        selector = dig(service, "spec", "selector", default={})
        pods = [pod for pod in self.cluster.list("Pod", self.namespace) if not terminating(pod)]
        selected = [pod for pod in pods if selector and carries(pod, selector) and not finished(pod)]
        there = self._endpoints(service)
        waiting = [pod for pod in selected if not ready(pod)]
        hopeless = bool(waiting) and not there and all(explain.stuck(pod) for pod in waiting)
        kind = Hopeless if hopeless else CheckFailed

        def cause() -> str:
            return (
                explain.external_name(service)
                or ("" if there else explain.selects_nothing(self.cluster, self.namespace, selector))
                or (_BY_HAND if there and not selector and not dialled else "")
                or explain.not_selected(self.cluster, self.namespace, selector, lacking)
                or routing.strangers(service, strangers, selected)
                or also()
                or explain.pods_not_ready(self.cluster, waiting)
                or routing.unnamed_port(service, self.port, selected, there)
                or (why_silent() if dialled else "")
            )

        def why_silent() -> str:
            said = routing.nobody_listens(self.cluster, service, self.port, selected, there)
            return said or (explain.affinity(service) if to_each else "")

        return kind(
            expected=expected,
            found=found,
            because=cause,
            look_at=self._look_at_labels() if lacking or (dialled and not there) else self._look_at_slices(),
            # What an application says may change by itself; that nobody is there to say it may not.
            settles=not dialled or not there,
        )

    def _look_at_service(self) -> str:
        return f"kubectl -n {self.namespace} get service {self.name}"

    def _look_at_slices(self) -> str:
        return f"{self._look_at_all_slices()} -l {endpoints.SERVICE_NAME}={self.name}"

    def _look_at_all_slices(self) -> str:
        return f"kubectl -n {self.namespace} get endpointslices"

    def _look_at_labels(self) -> str:
        return f"kubectl -n {self.namespace} get pods --show-labels"

    def _who(self, ip: str | None) -> str:
        return endpoints.owner_of(self.cluster, self.namespace, ip)

    def _tally(self, got: Sequence[Reply]) -> str:
        """Return who answered how many of the requests, and what became of the others."""
        answered = Counter(self._who(replies.backend(reply)) for reply in got if reply.outcome == "answered")
        silent = Counter(
            (f"{self._who(reply.backend)}: " if reply.backend else "") + replies.words(reply)
            for reply in got
            if reply.outcome != "answered"
        )
        return ", ".join(
            f"{who} {times}" for who, times in [*sorted(answered.items()), *sorted(silent.items())]
        )


def _unlike(wanted: replies.Wanted, got: Sequence[Reply]) -> str:
    """Return what is wrong with most of the replies that are not as wanted, and how many these are."""
    wrong = [said for reply in got if (said := wanted.unlike(reply))]
    if not wrong:
        return ""
    some = f" ({len(wrong)} of {len(got)} requests)" if len(wrong) < len(got) else ""
    return Counter(wrong).most_common(1)[0][0] + some


def _several(workloads: Sequence[Workload], verb: str) -> None:
    """Refuse a quantifier over nothing, and anything but nouns."""
    if not workloads:
        raise UsageError(f"{verb}(…) needs a workload, such as {verb}(app.deployment('web'))")
    for workload in workloads:
        if not isinstance(workload, Workload):
            raise UsageError(f"{verb}(…) takes workloads such as app.deployment('web'), not {workload!r}")
    if len({(workload.kind, workload.name) for workload in workloads}) < len(workloads):
        raise UsageError(f"{verb}(…) names a workload twice: {', '.join(map(str, workloads))}")


def _one(pod: Pod, verb: str) -> None:
    if not isinstance(pod, Pod):
        raise UsageError(f"{verb}(…) takes a pod such as app.deployment('web').pods[0], not {pod!r}")


def _named(found: Iterable[Endpoint]) -> str:
    return _list(endpoint.name for endpoint in found) or "no endpoint"


def _list(words: Iterable[str]) -> str:
    return ", ".join(sorted(words))
