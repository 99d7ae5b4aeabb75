"""Small questions about objects of the API, which leave out whatever is not set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from checks.cluster import Object
from checks.quantities import quantity

OF_SANDBOX = {"kubeproctor.local/owner": "sandbox"}
"""The label of what a grader makes for a submission: its namespaces, and its rights outside of them."""


def dig(obj: Object, *path: str, default: Any = None) -> Any:  # noqa: ANN401 - JSON has no narrower type
    """Return the value at a path of keys, `default` where one of them is missing or null."""
    value: Any = obj
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return default if value is None else value


def name(obj: Object) -> str:
    """Return the object's name."""
    return str(obj["metadata"]["name"])


def uid(obj: Object) -> str:
    """Return what tells the object from others that have or had its name."""
    return str(obj["metadata"]["uid"])


def labels(obj: Object) -> Mapping[str, str]:
    """Return the labels of the object itself."""
    found: Mapping[str, str] = dig(obj, "metadata", "labels", default={})
    return found


def carries(obj: Object, wanted: Mapping[str, str]) -> bool:
    """Return whether the object has all of these labels."""
    return wanted.items() <= labels(obj).items()


def selected(obj: Object, selector: Object) -> bool:
    """Return whether a label selector takes an object; an empty one takes every object.

    Source: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/label-selector/
    """
    has = labels(obj)
    for rule in dig(selector, "matchExpressions", default=[]):
        value, values = has.get(rule["key"]), rule.get("values") or []
        match rule["operator"]:
            case "In":
                fits = value is not None and value in values
            case "NotIn":
                fits = value is None or value not in values
            case "Exists":
                fits = value is not None
            case _:
                fits = value is None
        if not fits:
            return False
    return carries(obj, dig(selector, "matchLabels", default={}))


def written(pairs: Mapping[str, str]) -> str:
    """Return labels as kubectl takes them, in the order of their keys."""
    return ",".join(f"{key}={value}" for key, value in sorted(pairs.items()))


def controller(obj: Object) -> Object | None:
    """Return the reference to the owner that manages the object."""
    owners: list[Object] = dig(obj, "metadata", "ownerReferences", default=[])
    return next((owner for owner in owners if owner.get("controller")), None)


def condition(obj: Object, kind: str) -> Object:
    """Return one of the status conditions, empty if it is not there."""
    found: list[Object] = dig(obj, "status", "conditions", default=[])
    return next((item for item in found if item.get("type") == kind), {})


def terminating(obj: Object) -> bool:
    """Return whether the object is being deleted."""
    return dig(obj, "metadata", "deletionTimestamp") is not None


def finished(pod: Object) -> bool:
    """Return whether the pod has ended and will not start again."""
    return dig(pod, "status", "phase") in ("Succeeded", "Failed")


def ready(pod: Object) -> bool:
    """Return whether the pod may get traffic: Ready, and not on its way out."""
    return not terminating(pod) and not finished(pod) and condition(pod, "Ready").get("status") == "True"


def container_statuses(pod: Object) -> list[Object]:
    """Return the statuses of the pod's containers, those that initialise it first."""
    return [
        *dig(pod, "status", "initContainerStatuses", default=[]),
        *dig(pod, "status", "containerStatuses", default=[]),
    ]


def restarts(pod: Object) -> int:
    """Return how often containers of the pod were started again."""
    return sum(int(status.get("restartCount") or 0) for status in container_statuses(pod))


def in_force(quota: Object) -> bool:
    """Return whether the API server enforces what a quota asks for: only what its status has."""
    asked: Object = dig(quota, "spec", "hard", default={})
    has: Object = dig(quota, "status", "hard", default={})
    return asked.keys() == has.keys() and all(quantity(has[key]) == quantity(asked[key]) for key in asked)


def observed(obj: Object) -> bool:
    """Return whether the status speaks of the spec as it is now."""
    return bool(
        dig(obj, "status", "observedGeneration", default=0) >= dig(obj, "metadata", "generation", default=0)
    )
