"""What pods may use of a node: their quality-of-service class, and the requests and limits in force."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias, get_args

from checks.cluster import Cluster, Object
from checks.errors import CheckFailed, Hopeless, UsageError
from checks.message import listed, shorten
from checks.noun import Noun
from checks.objects import condition, dig, name
from checks.quantities import Quantity, quantity
from checks.things import Absent

Qos: TypeAlias = Literal["Guaranteed", "Burstable", "BestEffort"]
"""A quality-of-service class, as in a pod's status."""
Amounts: TypeAlias = Mapping[str, Quantity | Absent]
"""What is wanted of each resource; `ABSENT` where nothing is to be set."""

_MANAGED = ("cpu", "memory")
"""The resources that decide over the class, and those that can be resized in place."""
_FIELDS = {"requests": "request", "limits": "limit"}
_FILLED_IN = "LimitRanger plugin set: "
_RESIZES = {"PodResizePending": "pending", "PodResizeInProgress": "in progress"}


def require_qos(noun: Noun, wanted: str, pods: Sequence[Object]) -> None:
    """Raise what `has_qos` raises, given the Ready pods of a noun."""
    wrong = [pod for pod in sorted(pods, key=name) if dig(pod, "status", "qosClass") != wanted]
    if not wrong:
        return
    failure = Hopeless if noun.kind == "Pod" else CheckFailed  # the class of a pod never changes
    columns = "custom-columns=NAME:.metadata.name,QOS:.status.qosClass"
    raise failure(
        expected=f"{noun} has class {wanted}" if noun.kind == "Pod" else f"class {wanted} in {noun}",
        found=listed([f"{name(pod)}: {dig(pod, 'status', 'qosClass', default='no class')}" for pod in wrong]),
        because=lambda: _why_class(wrong[0], wanted),
        look_at=f"kubectl -n {noun.namespace} get pods -o {columns}",
    )


def refuse_no_qos(wanted: object) -> None:
    """Raise a UsageError for what is no quality-of-service class."""
    if wanted not in get_args(Qos):
        raise UsageError(f'has_qos(…) takes "Guaranteed", "Burstable" or "BestEffort", not {wanted!r}')


def _why_class(pod: Object, wanted: str) -> str:
    """Say what in a pod's spec makes its class another one."""
    holders = list(_holders(pod))
    if wanted == "Guaranteed":
        said = [line for holder, resources in holders for line in _not_guaranteed(holder, resources)]
    elif wanted == "BestEffort":
        said = [f"{holder} has {has}" for holder, resources in holders if (has := _set(resources))]
    elif any(_set(resources) for _, resources in holders):
        said = ["its requests are the same as its limits, for cpu and memory"]
    else:
        said = ["no container has a request or limit of cpu or memory"]
    filled = [] if wanted == "Guaranteed" else _filled_in(pod)
    return "\n".join([listed(said), *(f"a LimitRange set the {part}" for part in filled)])


def _holders(pod: Object) -> Iterator[tuple[str, Object]]:
    """Yield what decides over the class: the pod's own requests and limits, else those of its containers.

    Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/
    """
    if own := dig(pod, "spec", "resources"):
        yield "the pod", own
        return
    for field, word in (("initContainers", "init container"), ("containers", "container")):
        for item in dig(pod, "spec", field, default=[]):
            yield f"{word} {item.get('name')}", dig(item, "resources", default={})


def _not_guaranteed(holder: str, resources: Object) -> Iterator[str]:
    for key in _MANAGED:
        request, limit = (dig(resources, field, key) for field in _FIELDS)
        if not quantity(limit):
            yield f"{holder} has no {key} limit"
        elif not quantity(request):
            yield f"{holder} has no {key} request"
        elif quantity(request) != quantity(limit):
            yield f"{holder} has {key} request {request}, limit {limit}"


def _set(resources: Object) -> str:
    """Return the requests and limits that count for the class; an amount of 0 does not."""
    return ", ".join(
        f"{key} {word} {amount}"
        for key in _MANAGED
        for field, word in _FIELDS.items()
        if quantity(amount := dig(resources, field, key))
    )


def _filled_in(pod: Object) -> list[str]:
    """Return what LimitRanges set in a pod, as it is noted there: "cpu, memory limit for container x"."""
    noted = str(dig(pod, "metadata", "annotations", "kubernetes.io/limit-ranger", default=""))
    return noted.removeprefix(_FILLED_IN).split("; ") if noted.startswith(_FILLED_IN) else []


class Amount(NamedTuple):
    """One request or limit in a pod that is another than is wanted."""

    pod: Object
    container: Object
    """As in the pod's spec."""
    field: str
    key: str
    found: object

    @property
    def asked(self) -> object:
        """Return what the pod's spec has."""
        return dig(self.container, "resources", self.field, self.key)

    def told(self) -> str:
        """Return a line for the message."""
        return f"{name(self.pod)}: {self.field}.{self.key}: {_shown(self.found)}"


def refuse_no_amounts(wanted: Mapping[str, Amounts]) -> None:
    """Raise a UsageError for a claim about no resource, or about what is no amount."""
    usage = 'has_resources(limits={"memory": "128Mi"})'
    if not any(wanted.values()) or not all(isinstance(amounts, Mapping) for amounts in wanted.values()):
        raise UsageError(f"has_resources(…) needs limits or requests, such as {usage}")
    for key, value in [item for amounts in wanted.values() for item in amounts.items()]:
        if not isinstance(value, Absent) and quantity(value) is None:
            raise UsageError(f"{key} is an amount such as '500m' or '1Gi', or ABSENT, not {value!r}: {usage}")


def unlike_amounts(pod: Object, container: Object, wanted: Mapping[str, Amounts]) -> list[Amount]:
    """Return which requests and limits that are in force are not as they are wanted."""
    force = _in_force(pod, container)
    return [
        Amount(pod, container, field, key, found)
        for field, amounts in wanted.items()
        for key, amount in amounts.items()
        if not _same(amount, found := dig(force, field, key))
    ]


def wish_of(field: str, key: str, amount: Quantity | Absent) -> str:
    """Return what is wanted of one resource in words."""
    return f"{field}.{key}: {_shown(amount)}"


def moving(item: Amount) -> bool:
    """Return whether the kubelet may still change what is in force."""
    return bool(_resizing(item.pod)) or not _same_amount(item.asked, item.found)


def why_amount(cluster: Cluster, item: Amount, template: Object) -> str:
    """Say where an amount in force comes from."""
    if said := _resizing(item.pod):
        return said
    what = f"{item.field}.{item.key}"
    if not _same_amount(item.asked, item.found):
        return f"the spec of {name(item.pod)} has {what}: {_shown(item.asked)}, which is not in force"
    if _by_limit_range(item):
        ranges = sorted(name(obj) for obj in cluster.list("LimitRange", item.pod["metadata"]["namespace"]))
        which = f" ({', '.join(f'`{each}`' for each in ranges)})" if ranges else ""
        return f"the manifest has no {what}, so a LimitRange{which} set it"
    manifest = dig(template, "resources", item.field, item.key)
    if manifest is None and item.field == "requests" and dig(template, "resources", "limits", item.key):
        return f"the manifest has no {what}, so it is the limit"
    if not _same_amount(manifest, item.found):
        return f"the pod template has {what}: {_shown(manifest)}, the spec of {name(item.pod)} does not"
    return ""


def _in_force(pod: Object, container: Object) -> Object:
    """Return the requests and limits of a container as the kubelet reports them, else as the spec has them.

    Only cpu and memory are resized in place, and not every kubelet reports the others.

    Source: https://kubernetes.io/docs/tasks/configure-pod-container/resize-container-resources/
    """
    spec: Object = dig(container, "resources", default={})
    statuses: list[Object] = dig(pod, "status", "containerStatuses", default=[])
    mine: Object = next((item for item in statuses if item.get("name") == container.get("name")), {})
    reported = dig(mine, "resources")
    if reported is None:
        return spec
    return {
        field: {
            **{key: value for key, value in dig(spec, field, default={}).items() if key not in _MANAGED},
            **dig(reported, field, default={}),
        }
        for field in _FIELDS
    }


def _resizing(pod: Object) -> str:
    """Say that a resize of a pod is under way, in the kubelet's words."""
    for kind, word in _RESIZES.items():
        found = condition(pod, kind)
        if found.get("status") == "True":
            reason = f" ({found['reason']})" if found.get("reason") else ""
            message = shorten(str(found.get("message") or ""), 500)
            return f"the resize of {name(pod)} is {word}{reason}" + (f": {message}" if message else "")
    return ""


def _by_limit_range(item: Amount) -> bool:
    """Return whether a LimitRange set the amount, as the API server noted it in the pod."""
    tail = f" {_FIELDS[item.field]} for container {item.container.get('name')}"
    return any(
        part.endswith(tail) and item.key in part.removesuffix(tail).split(", ")
        for part in _filled_in(item.pod)
    )


def _same(wanted: Quantity | Absent, found: object) -> bool:
    return found is None if isinstance(wanted, Absent) else quantity(wanted) == quantity(found)


def _same_amount(one: object, other: object) -> bool:
    return quantity(one) == quantity(other)


def _shown(value: object) -> str:
    return "absent" if value is None or isinstance(value, Absent) else str(value)
