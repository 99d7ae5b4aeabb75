"""The objects that bound resources in a namespace: ResourceQuota and LimitRange."""

from __future__ import annotations

from collections.abc import Mapping

from checks.cluster import Cluster, Object
from checks.errors import UsageError
from checks.noun import check
from checks.objects import dig
from checks.quantities import Quantity, quantity
from checks.things import Thing

_REQUESTS = {f"requests.{key}": key for key in ("cpu", "memory", "ephemeral-storage")}
"""Limits of a quota that have two names.

Source: https://kubernetes.io/docs/concepts/policy/resource-quotas/#compute-resource-quota
"""


class Quota(Thing):
    """A ResourceQuota.

    >>> eventually(app.quota("team")).limits({"pods": "10", "requests.cpu": "2"})
    """

    def __init__(self, cluster: Cluster, namespace: str, name: str) -> None:
        super().__init__(cluster, namespace, "ResourceQuota", name)

    @check(hold=0)
    def limits(self, hard: Mapping[str, Quantity] | None = None, /, **more: Quantity) -> None:
        """The quota sets these limits, for all pods of its namespace, and they are in force.

        They are in force when `status.hard` says so: until then the API server enforces nothing.
        Amounts are compared by value; limits of other resources may be there too. To a quota, `cpu` and
        `memory` are the same as `requests.cpu` and `requests.memory`.

        Raises:
            UsageError: there is no limit, or one is no quantity.

        Source: https://kubernetes.io/docs/concepts/policy/resource-quotas/

        >>> eventually(app.quota("team")).limits({"pods": "10", "requests.cpu": "2"})
        """
        wanted = _amounts({**(hard or {}), **more}, 'limits({"pods": "10"})')
        obj = self.read()
        asked = _unlike(wanted, _both_ways(dig(obj, "spec", "hard", default={})))
        if asked:
            raise self.failure(obj, expected=_lines(wanted, asked), found=_found(asked))
        if scoped := _scopes(obj):
            raise self.failure(obj, expected="limits for all pods", found=f"only those of scope {scoped}")
        late = _unlike(wanted, _both_ways(dig(obj, "status", "hard", default={})))
        if late:
            expected = f"in force (status.hard):\n{_lines(wanted, late)}"
            raise self.failure(obj, expected=expected, found=_found(late), settles=False)


class LimitRange(Thing):
    """A LimitRange.

    >>> eventually(app.limit_range("defaults")).defaults(container={"cpu": "500m", "memory": "256Mi"})
    """

    def __init__(self, cluster: Cluster, namespace: str, name: str) -> None:
        super().__init__(cluster, namespace, "LimitRange", name)

    @check(hold=0)
    def defaults(
        self,
        *,
        container: Mapping[str, Quantity] | None = None,
        requests: Mapping[str, Quantity] | None = None,
    ) -> None:
        """A container that asks for nothing gets these limits (`container`) and these `requests`.

        Amounts are compared by value; defaults of other resources may be there too.

        Raises:
            UsageError: there is no default, or one is no quantity.

        Source: https://kubernetes.io/docs/concepts/policy/limit-range/

        >>> eventually(app.limit_range("defaults")).defaults(container={"cpu": "500m", "memory": "256Mi"})
        """
        wanted = {
            **{("default", key): value for key, value in (container or {}).items()},
            **{("defaultRequest", key): value for key, value in (requests or {}).items()},
        }
        named = {f"{field}.{key}": value for (field, key), value in wanted.items()}
        _amounts(named, 'defaults(container={"cpu": "100m"})')
        obj = self.read()
        items = [item for item in dig(obj, "spec", "limits", default=[]) if item.get("type") == "Container"]
        if not items:
            raise self.failure(obj, expected="a limit of type Container", found="there is none")
        has = {f"{field}.{key}": dig(items[0], field, key) for field, key in wanted}
        if wrong := _unlike(named, has):
            raise self.failure(obj, expected=_lines(named, wrong), found=_found(wrong))


def _amounts(wanted: Mapping[str, Quantity], usage: str) -> Mapping[str, Quantity]:
    """Refuse a claim about nothing, and amounts that are none."""
    if not wanted:
        raise UsageError(f"{usage.partition('(')[0]}(…) needs an amount, such as {usage}")
    for key, value in wanted.items():
        if quantity(value) is None:
            raise UsageError(f"{key} is an amount such as '500m' or '1Gi', not {value!r}: {usage}")
    return wanted


def _both_ways(hard: Object) -> Object:
    """Return the limits of a quota, those of requests under both their names."""
    twins = [*_REQUESTS.items(), *((short, long) for long, short in _REQUESTS.items())]
    return {**{one: hard[other] for one, other in twins if other in hard}, **hard}


def _unlike(wanted: Mapping[str, Quantity], has: Object) -> dict[str, object]:
    """Return what there is instead of each amount that is another."""
    found = {key: dig(has, key) for key in wanted}
    return {key: value for key, value in found.items() if quantity(value) != quantity(wanted[key])}


def _lines(wanted: Mapping[str, Quantity], keys: Mapping[str, object]) -> str:
    return "\n".join(f"{key}: {wanted[key]}" for key in keys)


def _found(values: Mapping[str, object]) -> str:
    return "\n".join(f"{key}: {'absent' if value is None else value}" for key, value in values.items())


def _scopes(obj: Object) -> str:
    """Return to which pods a quota is confined, nothing if to none."""
    selected = dig(obj, "spec", "scopeSelector", "matchExpressions", default=[])
    return ", ".join([*dig(obj, "spec", "scopes", default=[]), *(item["scopeName"] for item in selected)])
