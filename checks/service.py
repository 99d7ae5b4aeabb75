"""Services: who their endpoints are, and who answers when they are called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from checks import explain
from checks.cluster import Cluster, Dial, Object, Reply
from checks.errors import CheckFailed, GraderError, Hopeless, UsageError
from checks.noun import Noun, check
from checks.objects import carries, dig, finished, name, ready, terminating, uid, written
from checks.workloads import Pod, Workload

SOME_REQUESTS = 5
"""Requests of one reading that asks whether a Service answers at all."""
PER_ENDPOINT = 20
"""Requests for each endpoint: that one of n gets none of 20 n by chance happens once in 10⁸ readings."""
MOST_REQUESTS = 200

_WORDS = {
    "timeout": "no answer in time",
    "refused": "connection refused",
    "dns": "the name was not found",
    "other": "no answer",
}


class Endpoint(NamedTuple):
    """Where a Service sends to."""

    uid: str
    """Of the pod; empty when the endpoint names none."""
    name: str
    """Of the pod, or the address."""
    ip: str
    port: int


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
    ) -> None:
        """The Service answers each HTTP GET with this status.

        `body` is a text that the body contains, `header` maps names to texts that their values contain.

        >>> eventually(app.service("web")).answers("/", status=200)
        """
        service = self._read()
        header = {key.lower(): value for key, value in (header or {}).items()}
        wanted = [f"HTTP {status}"]
        wanted += [f"header {key} with {value!r}" for key, value in sorted(header.items())]
        wanted += [f"{body!r} in the body"] if body is not None else []
        replies = self.cluster.dial([Dial(self._address(service), path)] * SOME_REQUESTS)
        wrong = [said for reply in replies if (said := _unlike(reply, status, body, header))]
        if wrong:
            good = len(replies) - len(wrong)
            found = Counter(wrong).most_common(1)[0][0]
            raise self._failure(
                service,
                expected=f"{', '.join(wanted)} for GET {path} on port {self.port}",
                found=found + (f" ({len(wrong)} of {len(replies)} requests)" if good else ""),
                dialled=True,
            )

    @check
    def routes_to_exactly(self, *workloads: Workload) -> None:
        """The Service's endpoints are the Ready pods of these workloads, all of them and no other.

        >>> eventually(app.service("web")).routes_to_exactly(app.deployment("blue"), app.deployment("green"))
        """
        _several(workloads, "routes_to_exactly")
        service = self._read()
        wanted = {uid(pod): pod for workload in workloads for pod in workload.ready_pods()}
        endpoints = {endpoint.uid or endpoint.ip: endpoint for endpoint in self._endpoints(service)}
        if endpoints.keys() != wanted.keys():
            lacking = [pod for key, pod in wanted.items() if key not in endpoints]
            strangers = [endpoint for key, endpoint in endpoints.items() if key not in wanted]
            raise self._failure(
                service,
                expected=_list(name(pod) for pod in wanted.values()),
                found=_list(endpoint.name for endpoint in endpoints.values()) or "no endpoint",
                lacking=lacking,
                strangers=strangers,
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
        replies = self.cluster.dial([Dial(self._address(service), path)] * requests)
        owner = {
            dig(pod, "status", "podIP"): workload.name
            for workload in workloads
            for pod in workload.owned_pods()
            if not finished(pod)  # its IP may be another's by now
        }
        count = Counter(owner.get(_backend(reply), "") for reply in replies if reply.outcome == "answered")
        silent = Counter(_WORDS[reply.outcome] for reply in replies if reply.outcome != "answered")
        if silent or count[""] or any(count[workload.name] < at_least for workload in workloads):
            others = Counter(
                reply.backend
                for reply in replies
                if reply.outcome == "answered" and reply.backend not in owner
            )
            found = [f"{workload.name} {count[workload.name]}" for workload in workloads]
            found += [f"{self._who(ip)} {times}" for ip, times in sorted(others.items(), key=str)]
            found += [f"{words} {times}" for words, times in sorted(silent.items())]
            raise self._failure(
                service,
                expected=f"of {requests} requests "
                + ", ".join(f"{workload.name} at least {at_least}" for workload in workloads)
                + ", nobody else any",
                found=", ".join(found),
                dialled=True,
            )

    @check(hold=0)
    def includes(self, pod: Pod) -> None:
        """The pod is an endpoint of the Service, and gets some of its requests.

        >>> eventually(app.service("web")).includes(app.deployment("web").pods[0])
        """
        _one(pod, "includes")
        service = self._read()
        endpoints = self._endpoints(service)
        if pod.uid not in {endpoint.uid for endpoint in endpoints}:
            obj = pod.get()
            raise self._failure(
                service,
                expected=f"{pod.name} among the endpoints",
                found=_list(endpoint.name for endpoint in endpoints) or "no endpoint",
                lacking=[obj] if obj else [],
            )
        ip = next(endpoint.ip for endpoint in endpoints if endpoint.uid == pod.uid)
        replies = self._dial_all(service, endpoints)
        got = sum(_backend(reply) == ip for reply in replies if reply.outcome == "answered")
        if not got:
            raise self._failure(
                service,
                expected=f"some of {len(replies)} requests answered by {pod.name}",
                found=self._tally(replies),
                dialled=True,
            )

    @check
    def excludes(self, pod: Pod) -> None:
        """The pod is no endpoint of the Service, and gets none of its requests.

        >>> eventually(app.service("web")).excludes(app.deployment("web").pods[0])
        """
        _one(pod, "excludes")
        service = self._read()
        endpoints = self._endpoints(service)
        expected = f"{pod.name} not among the endpoints"
        selector = dig(service, "spec", "selector", default={})
        if pod.uid in {endpoint.uid for endpoint in endpoints}:
            raise CheckFailed(
                expected=expected,
                found=_list(endpoint.name for endpoint in endpoints),
                because=f"{pod.name} is Ready and carries {written(selector)}"
                if ready(pod.get() or {})
                else "",
                look_at=self._look_at(),
            )
        obj = pod.get()
        if obj is None or not endpoints:
            return
        ip = dig(obj, "status", "podIP")
        replies = self._dial_all(service, endpoints)
        if ip and any(reply.backend == ip for reply in replies):
            raise CheckFailed(
                expected=f"none of {len(replies)} requests sent to {pod.name}",
                found=self._tally(replies),
                look_at=self._look_at(),
                settles=False,
            )
        for reply in replies:
            if reply.outcome == "answered":
                _backend(reply)
        if silent := [reply for reply in replies if reply.outcome != "answered"]:
            raise self._failure(
                service,
                expected=f"{len(replies)} requests answered by other pods",
                found=f"{_WORDS[silent[0].outcome]} ({len(silent)} of {len(replies)} requests)",
                dialled=True,
            )

    @check
    def refuses(self) -> None:
        """The Service exists, has no endpoint, and takes no connection.

        Proves little by itself: let another check show that the same Service answers before or after.

        >>> eventually(app.service("web")).refuses()
        """
        service = self._read()
        endpoints = self._endpoints(service)
        if endpoints:
            raise CheckFailed(
                expected="no endpoint",
                found=_list(endpoint.name for endpoint in endpoints),
                look_at=self._look_at(),
            )
        replies = self.cluster.dial([Dial(self._address(service), None)] * SOME_REQUESTS)
        taken = [reply for reply in replies if reply.outcome == "answered"]
        if taken:
            raise CheckFailed(
                expected=f"no connection on port {self.port}",
                found=f"{len(taken)} of {len(replies)} taken by "
                + _list({self._who(reply.backend) for reply in taken}),
                look_at=self._look_at(),
                settles=False,
            )
        unclear = [reply for reply in replies if reply.outcome == "other"]
        if unclear:
            raise GraderError(f"cannot tell whether {self} refuses connections: {unclear[0].detail}")

    def _read(self) -> Object:
        service = self.read()
        if dig(service, "spec", "type") == "ExternalName":
            return service
        ports = [port for port in dig(service, "spec", "ports", default=[]) if _tcp(port)]
        # A headless Service may leave its ports out: clients then choose among those of the pods.
        if self.port not in [port["port"] for port in ports] and (ports or not _headless(service)):
            raise CheckFailed(
                expected=f"{self} has port {self.port}",
                found=_list(str(port["port"]) for port in ports) or "no TCP port",
                look_at=f"kubectl -n {self.namespace} get service {self.name}",
            )
        return service

    def _address(self, service: Object) -> str:
        """Return where clients connect to: its own IP, or a name where there is none."""
        if _headless(service) or not dig(service, "spec", "clusterIP"):
            return f"{self.name}.{self.namespace}.svc.cluster.local:{self.port}"
        return explain.address(service["spec"]["clusterIP"], self.port)

    def _endpoints(self, service: Object) -> list[Endpoint]:
        """Read the endpoints that get traffic of the port: ready, of all slices, each pod once."""
        ports = dig(service, "spec", "ports", default=[])
        own = (port for port in ports if _tcp(port) and port["port"] == self.port)
        mine = next((dig(port, "name", default="") for port in own), None)
        found: dict[str, Endpoint] = {}
        label = {"kubernetes.io/service-name": self.name}
        for item in self.cluster.list("EndpointSlice", self.namespace, labels=label):
            # A pod without the port that targetPort names is listed, in a slice without that port.
            numbers = [
                dig(port, "port", default=self.port)
                for port in dig(item, "ports", default=[])
                if _tcp(port) and (mine is None or dig(port, "name", default="") == mine)
            ]
            if ports and not numbers:
                continue
            for endpoint in dig(item, "endpoints", default=[]):
                if not dig(endpoint, "conditions", "ready", default=True):
                    continue
                ip, key = endpoint["addresses"][0], dig(endpoint, "targetRef", "uid", default="")
                who = dig(endpoint, "targetRef", "name", default=ip)
                found.setdefault(key or ip, Endpoint(key, who, ip, numbers[0] if numbers else self.port))
        return sorted(found.values(), key=lambda endpoint: endpoint.name)

    def _dial_all(self, service: Object, endpoints: Sequence[Endpoint]) -> list[Reply]:
        """Open so many connections that each endpoint gets some of them."""
        requests = min(PER_ENDPOINT * len(endpoints), MOST_REQUESTS)
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
    ) -> CheckFailed:
        """Return a failure that knows whether it may pass, and how to read its cause."""
        selector = dig(service, "spec", "selector", default={})
        pods = [pod for pod in self.cluster.list("Pod", self.namespace) if not terminating(pod)]
        selected = [pod for pod in pods if selector and carries(pod, selector) and not finished(pod)]
        endpoints = self._endpoints(service)
        waiting = [pod for pod in selected if not ready(pod)]
        hopeless = bool(waiting) and not endpoints and all(explain.stuck(pod) for pod in waiting)
        kind = Hopeless if hopeless else CheckFailed

        def cause() -> str:
            causes: list[Callable[[], str]] = [
                lambda: explain.external_name(service),
                lambda: _if(
                    not endpoints,
                    lambda: explain.selects_nothing(self.cluster, self.namespace, selector),
                ),
                lambda: explain.not_selected(self.cluster, self.namespace, selector, lacking),
                lambda: _strangers(strangers, selector),
                lambda: explain.pods_not_ready(self.cluster, waiting),
                lambda: _unnamed_port(service, self.port, selected, endpoints),
                lambda: _if(
                    dialled,
                    lambda: explain.nobody_listens(self.cluster, selected, {e.ip: e.port for e in endpoints}),
                ),
                lambda: _if(dialled, lambda: explain.affinity(service)),
            ]
            return next((said for read in causes if (said := read())), "")

        return kind(
            expected=expected,
            found=found,
            because=cause,
            look_at=self._look_at_labels() if lacking or (dialled and not endpoints) else self._look_at(),
            # What an application says may change by itself; that nobody is there to say it may not.
            settles=not dialled or not endpoints,
        )

    def _look_at(self) -> str:
        return f"kubectl -n {self.namespace} get endpointslices -l kubernetes.io/service-name={self.name}"

    def _look_at_labels(self) -> str:
        return f"kubectl -n {self.namespace} get pods --show-labels"

    def _who(self, ip: str | None) -> str:
        """Return the name of the pod that has an IP, or the IP."""
        for pod in self.cluster.list("Pod", self.namespace):
            if ip and dig(pod, "status", "podIP") == ip and not finished(pod):
                return name(pod)
        return ip or "an unknown pod"

    def _tally(self, replies: Sequence[Reply]) -> str:
        """Return who answered how many of the requests, and what became of the others."""
        answered = Counter(self._who(_backend(reply)) for reply in replies if reply.outcome == "answered")
        silent = Counter(
            (f"{self._who(reply.backend)}: " if reply.backend else "") + _WORDS[reply.outcome]
            for reply in replies
            if reply.outcome != "answered"
        )
        return ", ".join(
            f"{who} {times}" for who, times in [*sorted(answered.items()), *sorted(silent.items())]
        )


def _headless(service: Object) -> bool:
    return bool(dig(service, "spec", "clusterIP") == "None")


def _tcp(port: Object) -> bool:
    return bool(dig(port, "protocol", default="TCP") == "TCP")


def _unlike(reply: Reply, status: int, body: str | None, header: Mapping[str, str]) -> str:
    """Return what is wrong with a reply, or nothing."""
    if reply.outcome != "answered":
        return _WORDS[reply.outcome] + (
            f": {reply.detail}" if reply.outcome == "other" and reply.detail else ""
        )
    if reply.status != status:
        return f"HTTP {reply.status}"
    for key, value in sorted(header.items()):
        if key not in reply.headers:
            return f"no header {key}"
        if value not in reply.headers[key]:
            return f"header {key} with {reply.headers[key]!r}"
    if body is not None and body not in reply.body:
        return f"HTTP {status} with body {reply.body[:200]!r}"
    return ""


def _backend(reply: Reply) -> str:
    """Return the IP of the pod that answered.

    Raises:
        GraderError: it is not known.
    """
    if reply.backend is None:
        raise GraderError(
            "a request was answered, but the node's connection tracking does not say by which pod"
        )
    return reply.backend


def _strangers(strangers: Sequence[Endpoint], selector: Mapping[str, str]) -> str:
    if not strangers or not selector:
        return ""
    names = _list(endpoint.name for endpoint in strangers)
    carry = "carry" if len(strangers) > 1 else "carries"
    return f"{names} {carry} {written(selector)}, all that the selector asks for"


def _unnamed_port(
    service: Object, number: int, selected: Sequence[Object], endpoints: Sequence[Endpoint]
) -> str:
    """Say that targetPort is a name which no container of the Ready pods gives to a port."""
    target: Any = next(
        (
            dig(port, "targetPort")
            for port in dig(service, "spec", "ports", default=[])
            if _tcp(port) and port["port"] == number
        ),
        None,
    )
    behind = [pod for pod in selected if ready(pod)]
    if not isinstance(target, str) or endpoints or not behind:
        return ""
    pods = _list(name(pod) for pod in behind)
    return f"targetPort is {target!r}, a name that no container of {pods} gives a port"


def _if(condition: bool, read: Callable[[], str]) -> str:
    return read() if condition else ""


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


def _list(names: Any) -> str:  # noqa: ANN401
    return ", ".join(sorted(names))
