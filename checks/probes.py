"""Probes: what the kubelet asks of a container, for how long it bears no answer, and what it is told."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from urllib.parse import quote

from checks import explain
from checks.cluster import Dial, Object
from checks.errors import CheckFailed, UsageError
from checks.noun import Noun, check
from checks.objects import container_statuses, dig, name, uid

if TYPE_CHECKING:
    from checks.pods import Pod
    from checks.workloads import Workload

Which = Literal["readiness", "liveness", "startup"]
WHICH: tuple[Which, ...] = ("readiness", "liveness", "startup")

Handler = Literal["httpGet", "tcpSocket", "grpc", "exec", ""]
_HANDLERS: tuple[Handler, ...] = ("httpGet", "tcpSocket", "grpc", "exec")


class Question(NamedTuple):
    """What a probe asks."""

    handler: Handler
    """Empty when there is none."""
    port: int = 0
    """0 when it asks no port, or one by a name that no port of the container has."""
    port_name: str = ""
    path: str = ""
    """Of a GET, with its query."""
    host: str = ""
    """Empty asks the pod itself."""
    secure: bool = False
    headers: bool = False
    service: str = ""
    command: tuple[str, ...] = ()

    @classmethod
    def of(cls, container: Object, probe: Object) -> Question:
        """Read what a probe of a container asks.

        Source: https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/
        """
        handler: Handler = next((item for item in _HANDLERS if dig(probe, item) is not None), "")
        if not handler:
            return cls("")
        said = dig(probe, handler)
        if handler == "exec":
            return cls(handler, command=tuple(map(str, dig(said, "command", default=[]))))
        port = dig(said, "port", default=0)
        return cls(
            handler,
            port=port_number(container, port),
            port_name=port if isinstance(port, str) and not port.isdecimal() else "",
            path=_absolute(str(dig(said, "path", default="/"))) if handler == "httpGet" else "",
            host=str(dig(said, "host", default="")),
            secure=handler == "httpGet" and dig(said, "scheme") == "HTTPS",
            headers=handler == "httpGet" and bool(dig(said, "httpHeaders")),
            service=str(dig(said, "service", default="")) if handler == "grpc" else "",
        )

    @property
    def sent(self) -> str:
        """Return the path as it goes over the wire: the kubelet encodes what a URL cannot have."""
        return quote(self.path.partition("#")[0], safe="/?%:@!$&'()*+,;=-._~[]")

    def __str__(self) -> str:
        where = f"port {self.port or '(none)'}"
        if self.port_name:
            where = f"port {self.port} ({self.port_name})" if self.port else f"port {self.port_name}"
        where += f" of {self.host}" if self.host else ""
        match self.handler:
            case "httpGet":
                return f"GET {self.path} on {where}" + (" over HTTPS" if self.secure else "")
            case "tcpSocket":
                return f"a TCP connection to {where}"
            case "grpc":
                return f"the gRPC health{f' of {self.service}' if self.service else ''} on {where}"
            case "exec":
                return f"command {_words(self.command)}"
            case _:
                return "nothing"


class Found(NamedTuple):
    """A probe of a container."""

    container: Object
    probe: Object

    @property
    def question(self) -> Question:
        """Return what it asks."""
        return Question.of(self.container, self.probe)

    @property
    def where(self) -> str:
        """Return the name of its container."""
        return str(self.container.get("name"))

    def number(self, field: str) -> int:
        """Return one of the numbers of the probe, as the API server fills it in."""
        defaults = {"periodSeconds": 10, "failureThreshold": 3, "timeoutSeconds": 1}
        return int(dig(self.probe, field) or defaults.get(field, 0))


def field(which: Which) -> str:
    """Return how a manifest calls a probe."""
    return f"{which}Probe"


def probed(spec: Object, which: Which, container: str | None = None) -> list[Found]:
    """Return the probes of one sort in a pod's spec, of all containers or of one."""
    return [
        Found(item, probe)
        for item in lasting(spec)
        if container in (None, item.get("name")) and (probe := dig(item, field(which))) is not None
    ]


def lasting(spec: Object) -> list[Object]:
    """Return the containers that may have probes: the regular ones, and the sidecars behind them."""
    first: list[Object] = dig(spec, "initContainers", default=[])
    sidecars = [item for item in first if item.get("restartPolicy") == "Always"]
    return [*dig(spec, "containers", default=[]), *sidecars]


def no_probe(spec: Object, which: Which, container: str | None = None) -> tuple[str, str]:
    """Return what is expected where a probe is missing, and what there is instead."""
    there = [item for item in lasting(spec) if container in (None, item.get("name"))]
    expected = f"a {field(which)} on {f'container {container}' if container else 'a container'}"
    if not there:
        return expected, f"no container {container}" if container else "no container"
    said = []
    for item in there:
        others = [f"a {field(other)}" for other in WHICH if dig(item, field(other)) is not None]
        said.append(f"container {item.get('name')} has {' and '.join(others) or 'no probe'}")
    return expected, "\n".join(said)


def port_number(container: Object, port: Any) -> int:  # noqa: ANN401 - a manifest has a number or a name
    """Return a port by its number, or by its name among the container's; 0 if it has none of that name."""
    if isinstance(port, str):
        ports: list[Object] = dig(container, "ports", default=[])
        known = (item.get("containerPort") for item in ports if item.get("name") == port)
        return int(next(known, None) or (port if port.isdecimal() else 0))
    return int(port or 0)


class Probe(Noun):
    """One probe of a pod, or of a workload's pod template.

    `container` names its container; it has to when several containers have such a probe.

    >>> eventually(app.deployment("web").probe("readiness")).asks(path="/healthz", port=80)
    """

    kind = "Probe"
    patience = 60.0

    def __init__(self, of: Pod | Workload, which: Which, container: str | None = None) -> None:
        if which not in WHICH:
            raise UsageError(f"probe(…) takes 'readiness', 'liveness' or 'startup', not {which!r}")
        super().__init__(of.cluster, of.namespace, which)
        self.of, self.which, self.container = of, which, container
        self.restarts = self._restarts_now() if which == "liveness" else {}
        """By pod and container, the count from which new restarts are told."""

    def __str__(self) -> str:
        return f"{self.which} probe of {self.of}"

    def get(self) -> Object | None:
        """Read the probe; None when no container has it, or (without `container`) several have."""
        found = probed(self.of.pod_spec(), self.which, self.container)
        return found[0].probe if len(found) == 1 else None

    def absent(self) -> CheckFailed:
        """Return the failure of a probe that does not exist."""
        expected, found = no_probe(self.of.pod_spec(), self.which, self.container)
        return CheckFailed(expected=f"{expected} of {self.of}", found=found, look_at=self._look_at())

    @check(hold=0)
    def asks(
        self,
        *,
        path: str | None = None,
        port: int | str | None = None,
        command: Sequence[str] | None = None,
        service: str | None = None,
    ) -> None:
        """The probe asks for this, and in this way.

        `path` is for an HTTP GET, `command` for a list of words to run, `service` for gRPC; `port` alone
        takes HTTP, TCP and gRPC. A port goes by its number, or by the name that its container gives it.

        Raises:
            UsageError: nothing is wanted, or what no probe can ask.

        >>> eventually(app.deployment("web").probe("readiness")).asks(path="/healthz", port=80)
        >>> eventually(app.deployment("redis").probe("liveness")).asks(command=["redis-cli", "ping"])
        """
        handlers = _handlers(path, port, command, service)
        found = self._one()
        question = found.question
        if (
            question.handler in handlers
            and (path is None or question.path == path)
            and (port is None or question.port == port_number(found.container, port) > 0)
            and (command is None or question.command == tuple(command))
            and (service is None or question.service == service)
        ):
            return
        raise CheckFailed(
            expected=f"{self}: {_wanted(path, port, command, service)}",
            found=str(question),
            because=_misread(found, command),
            look_at=self._look_at(),
        )

    @check
    def passes(self) -> None:
        """Every running pod passes this probe now.

        What the kubelet says is read: of readiness, that the container is ready; of startup, that it has
        started. Of liveness it says nothing but a restart: the container runs, it was not restarted since
        this noun was made, and what an HTTP or TCP probe asks is not refused to us either. So ask for longer
        than the probe bears (`gives_time`), with `consistently`.

        >>> eventually(app.deployment("web").probe("readiness")).passes()
        """
        self._one()
        pods = self.of.running_pods()
        failing = [(pod, said) for pod in sorted(pods, key=name) if (said := self._fails(pod))]
        if failing:
            raise CheckFailed(
                expected=f"every running pod of {self.of} passes its {self.which} probe",
                found="\n".join(said for _, said in failing),
                because=lambda: self._why(failing[0][0]),
                look_at=f"kubectl -n {self.namespace} describe pod {name(failing[0][0])}",
                settles=self.which != "liveness",
            )

    @check(hold=0)
    def gives_time(self, *, at_least: float | None = None, at_most: float | None = None) -> None:
        """The probe has its effect after so many seconds without a success, by its own numbers.

        Of readiness: failureThreshold × periodSeconds until the container is not ready any more. Of startup
        and liveness: initialDelaySeconds more, from the start of the container until it is restarted.

        Raises:
            UsageError: there is no bound, or no number can be between them.

        >>> eventually(app.deployment("web").probe("startup")).gives_time(at_least=60, at_most=120)
        """
        bounds = _bounds(at_least, at_most)
        found = self._one()
        seconds, said = patience_of(found, self.which)
        if (at_least is not None and seconds < at_least) or (at_most is not None and seconds > at_most):
            effect = "is not ready" if self.which == "readiness" else "is restarted"
            raise CheckFailed(
                expected=f"{self}: {bounds} until the container {effect}",
                found=f"{seconds} s: {said}",
                look_at=self._look_at(),
            )

    def _one(self) -> Found:
        found = probed(self.of.pod_spec(), self.which, self.container)
        if not found:
            raise self.absent()
        if len(found) > 1:
            raise CheckFailed(
                expected=f"one container of {self.of} with a {field(self.which)}",
                found=", ".join(item.where for item in found),
                look_at=self._look_at(),
            )
        return found[0]

    def _look_at(self) -> str:
        return f"kubectl -n {self.namespace} get {self.of.kind.lower()} {self.of.name} -o yaml"

    def _restarts_now(self) -> dict[tuple[str, str], int]:
        try:
            pods = self.of.running_pods()
        except CheckFailed:
            return {}
        return {
            (uid(pod), str(status.get("name"))): _restarts(status)
            for pod in pods
            for status in container_statuses(pod)
        }

    def _fails(self, pod: Object) -> str:
        """Return how a pod fails the probe, nothing if it passes."""
        found = probed(dig(pod, "spec", default={}), self.which, self.container)
        if not found:
            return f"{name(pod)} has no {self.which} probe"
        who = f"container {found[0].where} of {name(pod)}"
        status = next((item for item in container_statuses(pod) if item.get("name") == found[0].where), {})
        if dig(status, "state", "running") is None:
            return f"{who} does not run"
        match self.which:
            case "readiness":
                return "" if status.get("ready") is True else f"{who} is not ready"
            case "startup":
                return "" if status.get("started") is True else f"{who} has not started"
            case _:
                again = _restarts(status) - self.restarts.get((uid(pod), found[0].where), 0)
                if again > 0:
                    return f"{who} was restarted" + (f" {again} times" if again > 1 else "")
                return f"{who} gives no good answer" if self._refused(pod, found[0]) else ""

    def _why(self, pod: Object) -> str:
        """Read what the kubelet said last of the probe, and which of its fields is to blame."""
        prefix = f"{self.which.capitalize()} probe "
        event = explain.last_event(self.cluster, pod, "Unhealthy", begins=prefix)
        said = [f"{name(pod)}: {event}"] if event else []
        found = probed(dig(pod, "spec", default={}), self.which, self.container)
        if found and (wrong := self._refused(pod, found[0])):
            said.append(f"the {self.which} probe asks {found[0].question}, {wrong}")
        if found and (misread := _misread(found[0])):
            said.append(misread)
        return "\n".join(said) or explain.pods_not_ready(self.cluster, [pod])

    def _refused(self, pod: Object, found: Found) -> str:
        """Ask what the probe asks; return what is wrong with the answer, nothing when we cannot tell.

        That we get no answer in time proves nothing: a policy may keep us out, and never the kubelet.
        """
        question, ip = found.question, dig(pod, "status", "podIP")
        if not ip or not question.port or question.host not in ("", ip):
            return ""
        plain = question.handler == "httpGet" and not question.secure and not question.headers
        path = question.sent if plain else None
        timeout = float(found.number("timeoutSeconds"))
        (reply,) = self.cluster.dial([Dial(explain.address(ip, question.port), path, timeout=timeout)])
        if reply.outcome == "refused":
            return f"where nothing listens{self._open_ports(ip, found)}"
        if plain and reply.status is not None and not 200 <= reply.status < 400:
            return f"which answers {reply.status}"
        return ""

    def _open_ports(self, ip: str, found: Found) -> str:
        """Say which other ports of the container are open."""
        ports: list[Object] = dig(found.container, "ports", default=[])
        others = [
            int(item["containerPort"])
            for item in ports
            if item.get("protocol", "TCP") == "TCP" and item["containerPort"] != found.question.port
        ]
        if not others:
            return ""
        replies = self.cluster.dial([Dial(explain.address(ip, port), None) for port in others])
        listening = [
            str(port) for port, reply in zip(others, replies, strict=True) if reply.outcome == "answered"
        ]
        return f"; port {' and '.join(listening)} is open there" if listening else ""


def patience_of(found: Found, which: Which) -> tuple[int, str]:
    """Return after how many seconds of failure a probe has its effect, and how they come about."""
    delay, threshold, period = (
        found.number(each) for each in ("initialDelaySeconds", "failureThreshold", "periodSeconds")
    )
    said = f"failureThreshold {threshold} × periodSeconds {period}"
    if which == "readiness":
        return threshold * period, said
    return delay + threshold * period, f"initialDelaySeconds {delay} + {said}"


def _absolute(path: str) -> str:
    return path if path.startswith("/") else f"/{path}"


def _words(command: Sequence[str]) -> str:
    return json.dumps(list(command), ensure_ascii=False)


def _restarts(status: Object) -> int:
    return int(status.get("restartCount") or 0)


def _handlers(
    path: object, port: object, command: Sequence[str] | None, service: object
) -> tuple[Handler, ...]:
    """Return by which handlers a probe can ask this."""
    if path is port is command is service is None:
        raise UsageError("asks(…) needs what the probe asks, such as asks(path='/healthz', port=80)")
    if sum(item is not None for item in (path, command, service)) > 1 or (
        command is not None and port is not None
    ):
        raise UsageError("asks(…) takes a path, a command or a service, and a port only without a command")
    if path is not None and not (isinstance(path, str) and path.startswith("/")):
        raise UsageError(f"asks(path=…) takes a path such as '/healthz', not {path!r}")
    number = isinstance(port, int) and not isinstance(port, bool) and 0 < port < 65536
    if port is not None and not number and not (isinstance(port, str) and port):
        raise UsageError(f"asks(port=…) takes a number from 1 to 65535 or the name of a port, not {port!r}")
    if service is not None and not isinstance(service, str):
        raise UsageError(f"asks(service=…) takes the name of a gRPC service, not {service!r}")
    if command is None:
        return ("httpGet",) if path is not None else ("grpc",) if service is not None else _HANDLERS[:3]
    if isinstance(command, str) or not command or not all(isinstance(word, str) for word in command):
        raise UsageError(f"asks(command=…) takes words such as ['redis-cli', 'ping'], not {command!r}")
    return ("exec",)


def _wanted(
    path: str | None, port: int | str | None, command: Sequence[str] | None, service: str | None
) -> str:
    if command is not None:
        return f"command {_words(command)}"
    where = f" on port {port}" if port is not None else ""
    if path is not None:
        return f"GET {path}{where}"
    if service is not None:
        return f"the gRPC health{f' of {service}' if service else ''}{where}"
    return f"HTTP, TCP or gRPC{where}"


def _misread(found: Found, wanted: Sequence[str] | None = None) -> str:
    """Say what a probe asks that cannot be meant."""
    question = found.question
    if question.port_name and not question.port:
        return f"no port of container {found.where} has the name {question.port_name}"
    (first, *rest) = question.command or ("",)
    if not rest and " " in first and (wanted is None or len(wanted) > 1):
        return "the command is a single word with spaces in it: a program of that whole name is looked for"
    return ""


def _bounds(at_least: float | None, at_most: float | None) -> str:
    """Return the bounds in words."""
    for bound in (at_least, at_most):
        if bound is not None and (
            isinstance(bound, bool) or not isinstance(bound, int | float) or not 0 <= bound < math.inf
        ):
            raise UsageError(f"gives_time(…) takes seconds, not {bound!r}")
    if at_least is None and at_most is None:
        raise UsageError("gives_time(…) needs a bound: gives_time(at_least=…, at_most=…)")
    if at_least is not None and at_most is not None and at_least > at_most:
        raise UsageError(f"gives_time(…) cannot be at least {at_least} s and at most {at_most} s")
    said = [f"at least {at_least:g} s"] if at_least is not None else []
    return ", ".join([*said, *([f"at most {at_most:g} s"] if at_most is not None else [])])
