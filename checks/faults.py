"""Disturbances that a right solution survives: context managers that heal whatever happens inside.

What they disturb in a running pod shows in no object until the cluster notices. So while their blocks run,
`eventually` takes nothing to be settled, and waits for as much longer as the pod's own probes need.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, TypeVar

from checks import clock, endpoints, explain, observations, probes, rest
from checks.cluster import Disturbance, Object
from checks.contents import Source
from checks.errors import CheckFailed, UsageError
from checks.mounts import holds, volumes_of
from checks.noun import Noun
from checks.objects import carries, container_statuses, controller, dig, name, terminating, uid, written
from checks.pods import Pod
from checks.service import Service
from checks.storage import marked as marked
from checks.things import Thing
from checks.workloads import Workload

GRACE = 1
"""Seconds that a killed pod gets to end by itself."""
ENDS = 30.0
"""Seconds after which nobody waits any more for it to go: somebody holds it, by a finalizer."""
LONGEST = 300.0
"""Seconds for which a pod's own probes may make `eventually` wait longer, at most."""
FOLLOWS = 120.0
"""Seconds until volumes have what a ConfigMap or Secret says: one was seen to take 71."""

T = TypeVar("T")


@contextmanager
def out_of_rotation(pod: Pod, service: Service) -> Iterator[None]:
    """Run the block while the pod lacks a label that the Service selects by; its owner keeps it.

    Raises:
        CheckFailed: the Service does not select the pod, or its owner selects it by the same labels.

    >>> with faults.out_of_rotation(app.deployment("web").pods[0], app.service("web")): ...
    """
    if not isinstance(pod, Pod) or not isinstance(service, Service):
        raise UsageError(f"out_of_rotation(pod, service) does not take {pod!r} and {service!r}")
    obj, target = _there(pod), service.get()
    selector: dict[str, str] = dict(dig(target or {}, "spec", "selector", default={}))
    look_at = f"kubectl -n {pod.namespace} get pods --show-labels"
    if not selector or not carries(obj, selector):
        raise CheckFailed(
            expected=f"{service} selects {pod.name}",
            found=f"its selector is {written(selector) or 'empty'}" if target else "no such Service",
            look_at=look_at,
        )
    owner, needed = _owner(pod, obj)
    free = {key: value for key, value in selector.items() if key not in needed}
    if not free:
        raise CheckFailed(
            expected=f"a label in the selector of {service} that {owner} does not select its pods by",
            found=written(selector),
            because=f"{owner} selects its pods by {', '.join(sorted(needed))}: a pod that loses one of these "
            "is not its pod any more, and it makes another in its place",
            look_at=look_at,
        )
    try:
        _label(pod, dict.fromkeys(free))
        with observations.disturbed(f"pod {pod.name} taken out of {service}"):
            yield
    finally:
        if pod.get() is not None:
            _label(pod, free)


@contextmanager
def killed(pod: Pod) -> Iterator[None]:
    """Delete the pod, then run the block; whoever owns the pod is to replace it.

    It is gone when the block ends: a step that comes next would meet it while it ends, and who lists pods and
    then asks for their logs fails when one of them goes in between.

    Raises:
        CheckFailed: the pod is gone already.

    >>> with faults.killed(app.deployment("web").pods[0]): ...
    """
    if not isinstance(pod, Pod):
        raise UsageError(f"killed(pod) takes a pod such as app.deployment('web').pods[0], not {pod!r}")
    _there(pod)
    pod.cluster.delete("Pod", pod.name, pod.namespace, grace=GRACE)
    with observations.disturbed(f"pod {pod.name} deleted"):
        yield
    deadline = clock.now() + ENDS
    while pod.get() is not None and (left := deadline - clock.now()) > 0:
        pod.cluster.wake(pod.kinds, pod.namespace, min(left, 1.0))


@contextmanager
def restarted(pod: Pod, *, container: str | None = None) -> Iterator[None]:
    """Kill the first process of a container, then run the block; the container is to be started again.

    It is the first container of the pod, or the one that `container` names. The pod stays.

    Raises:
        CheckFailed: the pod has no such container, or it does not run.

    >>> pod = app.deployment("web").pods[0]
    >>> with faults.restarted(pod):
    ...     eventually(pod).restarts()
    """
    _pods(pod, "restarted")
    obj = _running(pod)
    target = _container(pod, obj, container)
    with rest.unseen():
        pod.cluster.kill(obj, target)
        with observations.disturbed(f"container {target} of pod {pod.name} killed"):
            yield


@contextmanager
def not_ready(pod: Pod, *, container: str | None = None) -> Iterator[None]:
    """Run the block while what the pod's readiness probe asks fails; the pod itself goes on.

    The probe is that of the first container that has one, or of the one that `container` names. Its GET gets
    HTTP 503, over HTTPS every connection of the node to its port is reset, as it is for TCP and gRPC. For a
    command the container stands still: one that only looks at a file does not notice, and a liveness probe
    of the same container does. A liveness probe that asks the same fails, too.

    Raises:
        CheckFailed: there is no such probe, or it does not ask a port of the pod.

    >>> web, sick = app.service("web"), app.deployment("web").pods[0]
    >>> with faults.not_ready(sick):
    ...     eventually(web).excludes(sick)
    ...     consistently(sick, during=10).keeps_running(ready=False)
    >>> eventually(web).includes(sick)
    """
    _pods(pod, "not_ready")
    with _failing(pod, "readiness", container):
        yield


@contextmanager
def not_live(pod: Pod, *, container: str | None = None) -> Iterator[None]:
    """Run the block while what the pod's liveness probe asks fails; the pod itself goes on.

    The probe, and how it fails, are as in `not_ready`. It fails until the end of the block, after a restart
    as well (but a command until then only): what has to recover is for claims behind the block.

    Raises:
        CheckFailed: there is no such probe, or it does not ask a port of the pod.

    >>> pod = app.deployment("web").pods[0]
    >>> with faults.not_live(pod):
    ...     eventually(pod).restarts()
    >>> eventually(pod).is_ready()
    """
    _pods(pod, "not_live")
    with _failing(pod, "liveness", container):
        yield


@contextmanager
def slow(slowed: Pod | Service, *, seconds: float, port: int | None = None) -> Iterator[None]:
    """Run the block while connections to a port of the pod, or of all pods behind a Service, take longer.

    They are taken at once, and go on after so many seconds. Without `port` it is the only TCP containerPort
    of the pod: a solution need not have one, so name the port unless the task asks for it. Of a Service it is
    the port that its pods get the traffic on.

    Raises:
        CheckFailed: the pod does not declare just one port, or no Ready pod is behind the Service.

    >>> with faults.slow(app.service("web"), seconds=2):
    ...     eventually(app.deployment("web")).rolled_out()
    """
    if not isinstance(slowed, Pod | Service):
        raise UsageError(f"slow(…) takes a pod or a Service, not {slowed!r}")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds < math.inf:
        raise UsageError(f"slow(…, seconds=…) takes seconds above 0, not {seconds!r}")
    if isinstance(slowed, Service) and port is not None:
        raise UsageError(f"slow(service) takes no port: app.service({slowed.name!r}, port=…) has one")
    if port is not None and (isinstance(port, bool) or not isinstance(port, int) or not 0 < port < 65536):
        raise UsageError(f"slow(…, port=…) takes a number from 1 to 65535, not {port!r}")
    if isinstance(slowed, Service):
        targets = _behind(slowed)
    else:
        obj = _running(slowed)
        targets = [(obj, port or _only_port(slowed, obj))]
    with ExitStack() as healing:
        healing.enter_context(rest.unseen(max(_noticed(obj) for obj, _ in targets)))
        for obj, number in targets:
            disturbance = Disturbance("delay", port=number, seconds=float(seconds))
            healing.enter_context(slowed.cluster.disturb(obj, disturbance))
        with observations.disturbed(f"{_named(slowed)} slowed by {seconds:g} s"):
            yield


@contextmanager
def unreachable(pod: Pod) -> Iterator[None]:
    """Run the block while no packet gets into the pod or out of it, not even from its node.

    Raises:
        CheckFailed: the pod does not run.

    >>> pod = app.deployment("web").pods[0]
    >>> with faults.unreachable(pod):
    ...     eventually(app.service("web")).excludes(pod)
    """
    _pods(pod, "unreachable")
    obj = _running(pod)
    cut = observations.disturbed(f"pod {pod.name} cut off")
    with rest.unseen(_noticed(obj)), pod.cluster.disturb(obj, Disturbance("cut")), cut:
        yield


@contextmanager
def cordoned(node: Noun) -> Iterator[None]:
    """Run the block while no new pod is scheduled to a node, or to the node that a pod is on.

    A node that was cordoned before stays so.

    Raises:
        CheckFailed: the pod is on no node.
        UsageError: there is no such node: nodes are not the learner's.

    >>> pod = app.deployment("web").pods[0]
    >>> with faults.cordoned(pod), faults.killed(pod):
    ...     eventually(app.deployment("web")).replaces(pod)
    """
    if not isinstance(node, Noun) or node.kind not in ("Node", "Pod"):
        raise UsageError(
            "cordoned(…) takes a pod, or app.object('Node', 'worker', namespaced=False) with the name of a "
            f"node, not {node!r}"
        )
    cluster, where = node.cluster, _node(node) if isinstance(node, Pod) else node.name
    found = cluster.get("Node", where)
    if found is None:
        names = ", ".join(sorted(name(item) for item in cluster.list("Node"))) or "none"
        raise UsageError(f"cordoned(…): there is no node {where}, only: {names}")
    former = dig(found, "spec", "unschedulable")
    if former:
        yield
        return
    try:
        cluster.patch("Node", where, None, {"spec": {"unschedulable": True}})
        with observations.disturbed(f"node {where} cordoned"):
            yield
    finally:
        if cluster.get("Node", where) is not None:
            cluster.patch("Node", where, None, {"spec": {"unschedulable": former}})


@contextmanager
def changed(noun: Noun, /, **fields: object) -> Iterator[None]:
    """Run the block while an object has other values in some fields; then they have their former ones again.

    `fields` are a JSON merge patch: of a mapping only the keys that are named change, None takes a key away,
    a list is replaced as a whole. If the object is gone at the end, so be it. Volumes follow a ConfigMap or
    Secret late, so `eventually` waits for two minutes longer where a pod has it for a volume.

    Raises:
        CheckFailed: the object does not exist.

    >>> with faults.changed(app.object("ConfigMap", "web"), data={"colour": "red"}):
    ...     eventually(app.service("web")).answers("/", body="red")
    """
    if not isinstance(noun, Pod | Service | Thing | Workload):
        raise UsageError(f"changed(…) takes an object such as app.object('ConfigMap', 'web'), not {noun!r}")
    if not fields or "status" in fields:
        raise UsageError("changed(…) needs fields that are not the status, such as data={'colour': 'red'}")
    namespace = None if isinstance(noun, Thing) and not noun.namespaced else noun.namespace
    obj = _told(noun.read)
    former = _former(obj, fields)
    with rest.unseen(_followed(noun)):
        try:
            noun.cluster.patch(noun.kind, noun.name, namespace, fields)
            with observations.disturbed(f"{_named(noun)} changed ({_keys(fields)})"):
                yield
        finally:
            now = noun.get()
            if now is not None and uid(now) == uid(obj):
                noun.cluster.patch(noun.kind, noun.name, namespace, former)


def _named(noun: Noun) -> str:
    """Return what a message calls a noun."""
    return f"pod {noun.name}" if isinstance(noun, Pod) else str(noun)


def _keys(fields: Mapping[str, Any]) -> str:
    """Return which fields a merge patch changes, and no value of theirs: it may be the answer."""
    keys = [
        f"{key}.{inner}" if inner else key
        for key, value in fields.items()
        for inner in (value if isinstance(value, Mapping) and value else [""])
    ]
    return ", ".join(keys)


def _followed(noun: Noun) -> float:
    """Return for how many seconds volumes may have what an object said before."""
    if noun.kind not in ("ConfigMap", "Secret"):
        return 0.0
    pods = noun.cluster.list("Pod", noun.namespace)
    held = [holds(volume) for pod in pods for volume in volumes_of({}, pod).values()]
    return FOLLOWS if Source(noun.kind, noun.name) in set().union(*held) else 0.0


@contextmanager
def _failing(pod: Pod, which: probes.Which, container: str | None) -> Iterator[None]:
    """Run the block while what a probe of the pod asks fails."""
    obj = _running(pod)
    found = probes.probed(dig(obj, "spec", default={}), which, container)
    if not found:
        expected, instead = probes.no_probe(dig(obj, "spec", default={}), which, container)
        raise CheckFailed(expected=f"{expected} of {pod.name}", found=instead, look_at=_yaml(pod))
    asked = found[0].question
    if asked.handler == "exec":
        disturbance = Disturbance("freeze", container=_container(pod, obj, found[0].where))
    elif asked.port and asked.host in ("", dig(obj, "status", "podIP")):
        disturbance = Disturbance("fail", port=asked.port, path=_seen(asked))
    else:
        raise CheckFailed(
            expected=f"a {probes.field(which)} that asks a port of {pod.name}",
            found=str(asked),
            because=f"no port of container {found[0].where} has that name" if asked.port_name else "",
            look_at=_yaml(pod),
        )
    failing = observations.disturbed(f"the {which} probe of pod {pod.name} fail")
    with rest.unseen(_noticed(obj)), pod.cluster.disturb(obj, disturbance), failing:
        yield


def _seen(asked: probes.Question) -> str | None:
    """Return the path of a question, None if nobody on its way can see one."""
    return asked.sent if asked.handler == "httpGet" and not asked.secure else None


def _noticed(obj: Object) -> float:
    """Return after how many seconds the kubelet has acted on a pod that fails all its probes.

    The first failure comes up to a period late, and the end of a container takes its grace.
    """
    spec = dig(obj, "spec", default={})
    waits = [0.0]
    for which in ("readiness", "liveness"):
        for found in probes.probed(spec, which):
            wait, _ = probes.patience_of(found, which)
            wait += found.number("periodSeconds") + found.number("timeoutSeconds")
            if which == "liveness":
                grace = dig(spec, "terminationGracePeriodSeconds", default=30)
                wait += int(dig(found.probe, "terminationGracePeriodSeconds", default=grace))
            waits.append(float(wait))
    return min(max(waits), LONGEST)


def _behind(service: Service) -> list[tuple[Object, int]]:
    """Read the pods behind a Service, and the port where each gets its traffic."""
    obj = _told(service.read)
    ports = {item.uid: item.port for item in endpoints.endpoints(service.cluster, obj, service.port)}
    pods = [pod for pod in service.cluster.list("Pod", service.namespace) if uid(pod) in ports]
    if not pods:
        selector: dict[str, str] = dict(dig(obj, "spec", "selector", default={}))
        selected = [
            pod
            for pod in service.cluster.list("Pod", service.namespace)
            if selector and carries(pod, selector)
        ]
        lacking = CheckFailed(
            expected=f"a Ready pod behind {service}",
            found="no endpoint",
            because=lambda: (
                explain.selects_nothing(service.cluster, service.namespace, selector)
                or explain.pods_not_ready(service.cluster, selected)
            ),
            look_at=f"kubectl -n {service.namespace} get endpointslices "
            f"-l kubernetes.io/service-name={service.name}",
        )
        lacking.read_cause()
        raise lacking
    return [(pod, ports[uid(pod)]) for pod in pods]


def _only_port(pod: Pod, obj: Object) -> int:
    """Return the only TCP port that the containers of a pod declare."""
    declared = [
        int(port["containerPort"])
        for container in probes.lasting(dig(obj, "spec", default={}))
        for port in dig(container, "ports", default=[])
        if port.get("protocol", "TCP") == "TCP"
    ]
    if len(declared) != 1:
        raise CheckFailed(
            expected=f"one containerPort of {pod.name}",
            found=", ".join(map(str, declared)) or "none",
            look_at=_yaml(pod),
        )
    return declared[0]


def _container(pod: Pod, obj: Object, wanted: str | None) -> str:
    """Return the name of a container that runs: the wanted one, or the first."""
    names = [str(item.get("name")) for item in probes.lasting(dig(obj, "spec", default={}))]
    target = wanted if wanted is not None else next(iter(names), "")
    if target not in names:
        raise CheckFailed(
            expected=f"a container {wanted} in {pod.name}" if wanted else f"a container in {pod.name}",
            found=", ".join(names) or "no container",
            look_at=_yaml(pod),
        )
    status = next((item for item in container_statuses(obj) if item.get("name") == target), {})
    if dig(status, "state", "running") is None:
        failure = CheckFailed(
            expected=f"container {target} of {pod.name} runs",
            found="it does not run",
            because=lambda: explain.pods_not_ready(pod.cluster, [obj]),
            look_at=f"kubectl -n {pod.namespace} describe pod {pod.name}",
        )
        failure.read_cause()
        raise failure
    return target


def _former(obj: Object, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the merge patch that brings back what the fields of an object are now."""
    former: dict[str, Any] = {}
    for key, value in fields.items():
        old = obj.get(key)
        if isinstance(value, Mapping) and isinstance(old, Mapping):
            former[key] = _former(old, value)
        else:
            former[key] = old
    return former


def _node(pod: Pod) -> str:
    """Return the name of the node that a pod is on."""
    where = dig(_there(pod), "spec", "nodeName")
    if not where:
        raise CheckFailed(
            expected=f"{pod.name} is on a node",
            found="it is on none",
            look_at=f"kubectl -n {pod.namespace} describe pod {pod.name}",
        )
    return str(where)


def _pods(pod: Pod, fault: str) -> None:
    if not isinstance(pod, Pod):
        raise UsageError(f"{fault}(pod) takes a pod such as app.deployment('web').pods[0], not {pod!r}")


def _running(pod: Pod) -> Object:
    """Read a pod that runs.

    Raises:
        CheckFailed: it does not; the cause is read.
    """
    return _told(pod.running_pods)[0]


def _told(read: Callable[[], T]) -> T:
    """Read something outside of a check; a failure knows its cause."""
    try:
        return read()
    except CheckFailed as failure:
        failure.read_cause()
        raise


def _yaml(pod: Pod) -> str:
    return f"kubectl -n {pod.namespace} get pod {pod.name} -o yaml"


def _there(pod: Pod) -> Object:
    obj = pod.get()
    if obj is None or terminating(obj):
        raise CheckFailed(
            expected=f"{pod.name} runs",
            found="it is being deleted" if obj else "it is gone",
            look_at=f"kubectl -n {pod.namespace} get pods",
        )
    return obj


def _owner(pod: Pod, obj: Object) -> tuple[str, set[str]]:
    """Return the pod's owner in words, and the labels by which it selects its pods."""
    reference = controller(obj)
    if reference is None:
        return "nobody", set()
    kind, owner = reference["kind"], pod.cluster.get(reference["kind"], reference["name"], pod.namespace)
    selector = dig(owner or {}, "spec", "selector", default={})
    rules: list[Object] = dig(selector, "matchExpressions", default=[])
    needed = {*dig(selector, "matchLabels", default={}), *(rule["key"] for rule in rules)}
    return f"{kind} `{reference['name']}`", needed


def _label(pod: Pod, values: dict[str, str] | dict[str, None]) -> None:
    pod.cluster.patch("Pod", pod.name, pod.namespace, {"metadata": {"labels": values}})
