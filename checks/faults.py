"""Disturbances that a right solution survives: context managers that heal whatever happens inside."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from checks.cluster import Object
from checks.errors import CheckFailed, UsageError
from checks.objects import carries, controller, dig, terminating, written
from checks.service import Service
from checks.workloads import Pod

GRACE = 1
"""Seconds that a killed pod gets to end by itself."""


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
        yield
    finally:
        if pod.get() is not None:
            _label(pod, free)


@contextmanager
def killed(pod: Pod) -> Iterator[None]:
    """Delete the pod, then run the block; whoever owns the pod is to replace it.

    Raises:
        CheckFailed: the pod is gone already.

    >>> with faults.killed(app.deployment("web").pods[0]): ...
    """
    if not isinstance(pod, Pod):
        raise UsageError(f"killed(pod) takes a pod such as app.deployment('web').pods[0], not {pod!r}")
    _there(pod)
    pod.cluster.delete("Pod", pod.name, pod.namespace, grace=GRACE)
    yield


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
