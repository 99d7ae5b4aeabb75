"""A cluster in memory with a time of its own: for unit tests of the language, never for a verdict."""

from __future__ import annotations

import builtins
import copy
import heapq
import itertools
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Literal

from checks import clock
from checks.cluster import (
    Ask,
    Cluster,
    Decision,
    Dial,
    Disturbance,
    File,
    Inside,
    Names,
    Object,
    Reply,
    Resource,
)
from checks.errors import GraderError, Vanished
from checks.objects import carries, dig

GRACE = 30
"""Seconds from the deletion of a pod to its end, when nobody says otherwise."""

_ALL = frozenset({"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"})
_RBAC = "rbac.authorization.k8s.io"
SERVED = (
    *(Resource("", name, True, _ALL) for name in ("configmaps", "pods", "secrets", "services")),
    *(Resource("", f"pods/{part}", True, frozenset({"get", "create"})) for part in ("exec", "portforward")),
    Resource("", "pods/log", True, frozenset({"get"})),
    Resource("", "serviceaccounts", True, _ALL),
    Resource("", "serviceaccounts/token", True, frozenset({"create"})),
    Resource("", "namespaces", False, _ALL),
    Resource("", "nodes", False, _ALL),
    Resource("", "nodes/proxy", False, frozenset({"get", "create"})),
    Resource("apps", "deployments", True, _ALL),
    Resource("apps", "deployments/scale", True, frozenset({"get", "update", "patch"})),
    *(Resource(_RBAC, f"{name}s", True, _ALL) for name in ("role", "rolebinding")),
    *(Resource(_RBAC, f"cluster{name}s", False, _ALL) for name in ("role", "rolebinding")),
)
"""What a fake serves unless told otherwise: a small part of what every cluster does."""

_Key = tuple[str, str | None, str]


class Fake(Cluster):
    """Objects in memory, and changes that come when their time has come. Only waiting moves the time.

    >>> cluster = Fake(pod)
    >>> cluster.at(5, lambda: cluster.put(pod_when_ready))
    >>> with cluster.time():
    ...     eventually(Pod.of(cluster, pod)).keeps_running()
    """

    def __init__(self, *objects: Object) -> None:
        self.now = 0.0
        self.silent = 0.0
        """Seconds in which it gave no answer."""
        self.calls: list[str] = []
        """Every call so far, by name."""
        self.serving: dict[tuple[str, int], Reply] = {}
        """What answers at the IP and port of a pod; any other port of a pod refuses."""
        self.traced = True
        """Whether replies tell which pod took the connection."""
        self.said: dict[tuple[str, str | None, bool], str] = {}
        """Logs by pod, container, and whether they are those of the container before."""
        self.allows: Callable[[Ask], bool | str] = lambda _: False
        """The authorizer; a text allows and is its reason."""
        self.lets_pass: Callable[[Ask], bool] = lambda ask: bool(self.allows(ask))
        """What comes of a real request."""
        self.admits: Callable[[Object], Object | str] = lambda obj: obj
        """Admission: what an object would be, or the words that refuse it."""
        self.serves: tuple[Resource, ...] = SERVED
        self.blocks: Callable[[Object | None, str, Dial], bool] = lambda source, ip, dial: False
        """Whether a policy drops a dial of a pod (None is the probe) to the pod with this IP."""
        self.insides: dict[tuple[str, str], Inside] = {}
        """What runs, by pod and container; anything else does not."""
        self.disturbed: list[tuple[str, Disturbance]] = []
        """By pod, what goes wrong now."""
        self.reacts: Callable[[Object, Disturbance, bool], None] = lambda pod, disturbance, begins: None
        """Called when a pod begins to be disturbed, and when that is over."""
        self.names: dict[tuple[str, str], Names] = {}
        """What DNS says by record and name, instead of what follows from the objects."""
        self._beside: list[_Beside] = []
        self._objects: dict[_Key, dict[str, Any]] = {}
        self._due: list[tuple[float, int, Callable[[], object]]] = []
        self._number = itertools.count(1)
        self._turn = itertools.count()
        self._unseen: set[tuple[str, str | None]] | None = None
        self._failures: dict[str, list[str]] = {}
        for obj in objects:
            self.put(obj)

    @contextmanager
    def time(self) -> Iterator[None]:
        """Put the time of this cluster in place of the real one."""
        with clock.read_from(lambda: self.now, datetime(2026, 1, 1, tzinfo=UTC)):
            yield

    def at(self, moment: float, change: Callable[[], object]) -> None:
        """Let a change happen at a moment of this cluster's time."""
        heapq.heappush(self._due, (moment, next(self._number), change))

    def fail(self, call: str, why: str, times: int = 1) -> None:
        """Make the next calls of a kind (`get`, `dial`, `wake` …) raise `GraderError`."""
        self._failures.setdefault(call, []).extend([why] * times)

    def put(self, obj: Object) -> Object:
        """Create or replace an object, as the API server does it: UID, version, generation."""
        new = copy.deepcopy(dict(obj))
        meta = new["metadata"] = dict(new["metadata"])
        key = (new["kind"], meta.get("namespace"), meta["name"])
        old = self._objects.get(key)
        number = next(self._number)
        meta["uid"] = old["metadata"]["uid"] if old else meta.get("uid", f"uid-{number}")
        meta["resourceVersion"] = str(number)
        if old is None:
            meta.setdefault("generation", 1)
        else:
            meta["generation"] = old["metadata"]["generation"] + (old.get("spec") != new.get("spec"))
        self._objects[key] = new
        self._changed(key)
        return new

    def remove(self, kind: str, name: str, namespace: str | None) -> None:
        """Take an object away, without any grace."""
        if self._objects.pop((kind, namespace, name), None) is not None:
            self._changed((kind, namespace, name))

    def advance(self, seconds: float) -> None:
        """Let time pass, with the changes that are due."""
        self._until(self.now + seconds)

    # The protocol

    def lost(self) -> float:
        """Return what `silent` holds."""
        return self.silent

    def get(self, kind: str, name: str, namespace: str | None = None) -> Object | None:
        """Return one object, or None when it does not exist."""
        self._call("get")
        return self._objects.get((kind, namespace, name))

    def list(
        self, kind: str, namespace: str | None = None, *, labels: Mapping[str, str] | None = None
    ) -> builtins.list[Object]:
        """Return the objects of a kind that carry all `labels`, by namespace and name."""
        self._call("list")
        return self._list(kind, namespace, labels or {})

    def create(self, obj: Object, namespace: str | None = None) -> Object:
        """Create one object, in `namespace` if it names none itself; it must not exist yet."""
        self._call("create")
        return self.put(self._new(obj, namespace))

    def admit(self, obj: Object, namespace: str | None = None) -> Object | str:
        """Try one object as `admits` says, without making it."""
        self._call("admit")
        return self.admits(self._new(obj, namespace))

    def patch(self, kind: str, name: str, namespace: str | None, body: Object) -> Object:
        """Apply a JSON merge patch."""
        self._call("patch")
        return self._patch(kind, name, namespace, body)

    def scale(self, kind: str, name: str, namespace: str, replicas: int) -> None:
        """Set the number of replicas; nobody makes them."""
        self._call("scale")
        self._patch(kind, name, namespace, {"spec": {"replicas": replicas}})

    def delete(self, kind: str, name: str, namespace: str | None = None, *, grace: int | None = None) -> None:
        """Delete one object; a pod is on its way out for the time of its grace."""
        self._call("delete")
        obj = self._objects.get((kind, namespace, name))
        if obj is None:
            return
        if kind != "Pod" or grace == 0:
            self.remove(kind, name, namespace)
            return
        self._patch(kind, name, namespace, {"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}})
        end = self.now + (GRACE if grace is None else grace)
        self.at(end, lambda: self.remove(kind, name, namespace))

    def resources(self) -> builtins.list[Resource]:
        """Return what `serves` holds."""
        self._call("resources")
        return builtins.list(self.serves)

    def may(self, asked: Sequence[Ask]) -> builtins.list[Decision]:
        """Decide as `allows` says."""
        self._call("may")
        answers = [self.allows(ask) for ask in asked]
        return [Decision(bool(answer), answer if isinstance(answer, str) else "") for answer in answers]

    def tries(self, asked: Sequence[Ask]) -> builtins.list[Decision]:
        """Decide as `lets_pass` says."""
        self._call("tries")
        return [
            Decision(True, "with success")
            if self.lets_pass(ask)
            else Decision(False, f'403: User "{ask.user}" cannot {ask.verb} resource "{ask.resource}"')
            for ask in asked
        ]

    def dial(self, dials: Sequence[Dial], source: Object | None = None) -> builtins.list[Reply]:
        """Answer as `serving` says, through Services and their endpoints in turn; `blocks` loses some."""
        self._call("dial")
        replies = []
        for dial in dials:
            reply = self._answer(dial)
            lost = reply.backend and self.blocks(source, reply.backend, dial)
            replies.append(Reply("timeout") if lost else reply)
        return replies

    def lookup(
        self, names: Sequence[str], record: Literal["A", "CNAME", "SRV"] = "A"
    ) -> builtins.list[Names]:
        """Answer from Services and their endpoints, unless `names` says otherwise."""
        self._call("lookup")
        return [self.names.get((record, name)) or self._resolve(name, record) for name in names]

    def inside(self, pod: Object, container: str, files: Sequence[str] = ()) -> Inside:
        """Return what `insides` holds."""
        self._call("inside")
        found = self._running(pod, container)
        asked = {path: found.files.get(path, File(None, "no such file")) for path in files}
        return replace(found, files=asked)

    def write(self, pod: Object, container: str, path: str, text: str | None) -> None:
        """Change what `insides` holds."""
        self._call("write")
        found = self._running(pod, container)
        files = {key: file for key, file in found.files.items() if key != path}
        if text is not None:
            files[path] = File(text)
        self.insides[pod["metadata"]["name"], container] = replace(found, files=files)

    def kill(self, pod: Object, container: str) -> None:
        """Count one more restart of the container, as the kubelet does."""
        self._call("kill")
        self._running(pod, container)
        obj = copy.deepcopy(dict(self._objects["Pod", pod["metadata"]["namespace"], pod["metadata"]["name"]]))
        for status in obj["status"]["containerStatuses"]:
            status["restartCount"] += status["name"] == container
        self.put(obj)

    @contextmanager
    def disturb(self, pod: Object, disturbance: Disturbance) -> Iterator[None]:
        """Note the disturbance in `disturbed`, and let `reacts` know."""
        self._call("disturb")
        entry = (pod["metadata"]["name"], disturbance)
        self.disturbed.append(entry)
        self.reacts(pod, disturbance, True)
        try:
            yield
        finally:
            self.disturbed.remove(entry)
            self.reacts(pod, disturbance, False)

    @contextmanager
    def alongside(
        self, look: Callable[[], None], kinds: Collection[str], namespace: str | None, every: float
    ) -> Iterator[None]:
        """Call `look` when an object changes or time passes, for as long as the block runs."""
        beside = _Beside(look, kinds, namespace, every, self.now)
        self._beside.append(beside)
        try:
            yield
        finally:
            self._beside.remove(beside)
        if beside.error:
            raise beside.error

    def wake(self, kinds: Collection[str], namespace: str | None, timeout: float) -> None:
        """Move the time to the next change of one of these kinds since the last return, or by `timeout`."""
        self._call("wake")
        deadline = self.now + timeout
        if self._unseen is None:
            self._unseen = set()
        while not any(kind in kinds and namespace in (None, where) for kind, where in self._unseen):
            if not self._due or self._due[0][0] > deadline:
                self._until(deadline)
                break
            self._until(self._due[0][0])
        self._unseen = set()

    def logs(self, pod: str, namespace: str, *, container: str | None = None, previous: bool = False) -> str:
        """Return what `said` holds."""
        self._call("logs")
        return self.said.get((pod, container, previous), "")

    # Inside

    def _call(self, name: str) -> None:
        self.calls.append(name)
        self._until(self.now)
        if reasons := self._failures.get(name):
            raise GraderError(reasons.pop(0))

    def _until(self, moment: float) -> None:
        while self._due and self._due[0][0] <= moment:
            due, _, change = heapq.heappop(self._due)
            self._pass(due)
            change()
        self._pass(moment)

    def _pass(self, moment: float) -> None:
        """Let time pass in which nothing changes."""
        while looks := [item for item in self._beside if item.next_at <= moment and not item.looking]:
            first = min(looks, key=lambda item: item.next_at)
            self.now = max(self.now, first.next_at)
            first.look_at(self.now)
        self.now = max(self.now, moment)

    def _changed(self, key: _Key) -> None:
        for beside in self._beside:
            if key[0] in beside.kinds and beside.namespace in (None, key[1]):
                beside.look_at(self.now)
        if self._unseen is not None:
            self._unseen.add(key[:2])

    def _list(
        self, kind: str, namespace: str | None, labels: Mapping[str, str] | None = None
    ) -> builtins.list[Object]:
        found = sorted((where or "", name) for is_a, where, name in self._objects if is_a == kind)
        objects = [self._objects[kind, where or None, name] for where, name in found]
        return [
            obj
            for obj in objects
            if namespace in (None, obj["metadata"].get("namespace")) and carries(obj, labels or {})
        ]

    def _patch(self, kind: str, name: str, namespace: str | None, body: Object) -> Object:
        obj = self._objects.get((kind, namespace, name))
        if obj is None:
            raise GraderError(f"there is no {kind} {name} to be changed")
        return self.put(_merged(obj, body))

    def _new(self, obj: Object, namespace: str | None) -> dict[str, Any]:
        meta = {**({"namespace": namespace} if namespace else {}), **obj["metadata"]}
        if (obj["kind"], meta.get("namespace"), meta.get("name")) in self._objects:
            raise GraderError(f"there is a {obj['kind']} {meta['name']} already")
        return {**obj, "metadata": meta}

    def _running(self, pod: Object, container: str) -> Inside:
        found = self.insides.get((pod["metadata"]["name"], container))
        if found is None:
            raise Vanished(f"container {container} of {pod['metadata']['name']} does not run")
        return found

    def _resolve(self, asked: str, record: str) -> Names:
        for service in self._list("Service", None):
            meta, spec = service["metadata"], dig(service, "spec", default={})
            domain = f"{meta['name']}.{meta['namespace']}.svc.cluster.local"
            if record == "SRV":
                found = self._targets(service, asked, domain)
            elif asked not in (domain, domain.removesuffix(".svc.cluster.local")):
                continue
            elif external := dig(spec, "externalName"):
                found = [f"{external}."] if record == "CNAME" else []
            elif record == "CNAME":
                found = []
            elif dig(spec, "clusterIP") not in (None, "None"):
                found = [spec["clusterIP"]]
            else:
                found = [ip for _, endpoint in self._endpoints(service) for ip in endpoint["addresses"]]
            if found:
                return Names("answered", tuple(sorted({*found})))
        return Names("dns")

    def _targets(self, service: Object, asked: str, domain: str) -> builtins.list[str]:
        """Return what SRV says: a headless Service's endpoints, each with its port, or the Service itself."""
        spec, found = dig(service, "spec", default={}), []
        for port in dig(spec, "ports", default=[]):
            if asked != f"_{dig(port, 'name', default='')}._{port.get('protocol', 'TCP').lower()}.{domain}":
                continue
            if dig(spec, "clusterIP") not in (None, "None"):
                return [f"0 100 {port['port']} {domain}."]
            for item, endpoint in self._endpoints(service):
                host = dig(endpoint, "hostname", default=endpoint["addresses"][0].replace(".", "-"))
                numbers = [
                    own["port"]
                    for own in dig(item, "ports", default=[])
                    if dig(own, "name", default="") == dig(port, "name", default="")
                ]
                found += [f"0 100 {number} {host}.{domain}." for number in numbers]
        return found

    def _endpoints(self, service: Object, *, ending: bool = False) -> builtins.list[tuple[Object, Object]]:
        """Return the ready endpoints of a Service, or those that end and still serve, each with its slice."""

        def chosen(conditions: Object) -> bool:
            if ending:
                return bool(conditions.get("serving") and conditions.get("terminating"))
            return bool(conditions.get("ready", True))

        meta = service["metadata"]
        label = {"kubernetes.io/service-name": meta["name"]}
        return [
            (item, endpoint)
            for item in self._list("EndpointSlice", meta["namespace"], label)
            if item.get("addressType") != "FQDN"
            for endpoint in dig(item, "endpoints", default=[])
            if chosen(dig(endpoint, "conditions", default={}))
        ]

    def _answer(self, dial: Dial) -> Reply:
        host, _, number = dial.address.rpartition(":")
        host, port = host.strip("[]"), int(number)
        for service in self._list("Service", None):
            meta = service["metadata"]
            name = f"{meta['name']}.{meta['namespace']}.svc.cluster.local"
            if host in (name, dig(service, "spec", "clusterIP")):
                return self._through(service, port, dial)
        if self._is_node(host):
            return self._through_node(port, dial)
        return Reply("dns") if host.endswith(".local") else self._pod(host, port, dial)

    def _is_node(self, ip: str) -> bool:
        nodes = self._list("Node", None)
        return any(
            ip == item["address"] for node in nodes for item in dig(node, "status", "addresses", default=[])
        )

    def _through_node(self, number: int, dial: Dial) -> Reply:
        """Answer as the Service does that has this node port, on every node."""
        for service in self._list("Service", None):
            for port in dig(service, "spec", "ports", default=[]):
                if port.get("nodePort") == number and port.get("protocol", "TCP") == dial.protocol.upper():
                    return self._through(service, port["port"], dial)
        return Reply("refused")

    def _through(self, service: Object, port: int, dial: Dial) -> Reply:
        """Answer from one of the endpoints, each in its turn; without any, from pods that end and serve.

        Source: https://kubernetes.io/docs/reference/networking/virtual-ips/#traffic-to-terminating-endpoints
        """
        ports = dig(service, "spec", "ports", default=[])
        headless, protocol = dig(service, "spec", "clusterIP") == "None", dial.protocol.upper()
        mine = {
            dig(item, "name", default="")
            for item in ports
            if item["port"] == port and item.get("protocol", "TCP") == protocol
        }
        targets = []
        for found, endpoint in self._endpoints(service) or self._endpoints(service, ending=True):
            listed = dig(found, "ports", default=[])
            numbers = [item["port"] for item in listed if dig(item, "name", default="") in mine]
            targets += [(endpoint["addresses"][0], number) for number in ([port] if headless else numbers)]
        if not targets:
            return Reply("dns") if headless else Reply("refused" if mine else "timeout")
        sticky = dig(service, "spec", "sessionAffinity") == "ClientIP"
        return self._pod(*targets[0 if sticky else next(self._turn) % len(targets)], dial)

    def _pod(self, ip: str, port: int, dial: Dial) -> Reply:
        reply = self.serving.get((ip, port))
        if reply is None:
            there = any(dig(pod, "status", "podIP") == ip for pod in self._list("Pod", None))
            return Reply("refused" if there else "timeout")
        if dial.path is None and reply.outcome == "answered":
            reply = Reply("answered", seconds=reply.seconds)
        return replace(reply, backend=ip if self.traced else None)


class _Beside:
    """One look that goes on beside something else."""

    def __init__(
        self,
        look: Callable[[], None],
        kinds: Collection[str],
        namespace: str | None,
        every: float,
        now: float,
    ) -> None:
        self.look, self.kinds, self.namespace, self.every = look, kinds, namespace, every
        self.next_at = now + every
        self.looking = False
        self.error: Exception | None = None

    def look_at(self, now: float) -> None:
        """Look, unless this look is the reason of the change or an earlier one has failed."""
        self.next_at = now + self.every
        if self.looking or self.error:
            return
        self.looking = True
        try:
            self.look()
        except Exception as error:
            self.error = error
        finally:
            self.looking = False


def _merged(target: Any, patch: Any) -> Any:  # noqa: ANN401 - JSON has no narrower type
    """Return a JSON merge patch applied (RFC 7386)."""
    if not isinstance(patch, Mapping):
        return patch
    result = dict(target) if isinstance(target, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = _merged(result.get(key), value)
    return result
