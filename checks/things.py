"""Objects of any kind: whether they are there, what they say, and whose they are."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from checks import explain
from checks.cluster import Cluster, Object
from checks.errors import CheckFailed, UsageError
from checks.message import listed, shorten
from checks.noun import Noun, check
from checks.objects import dig, terminating, uid
from checks.quantities import quantity
from checks.rest import at_rest, digest_at_rest


class Absent:
    """What stands for nothing being there: the class of `ABSENT`."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = Absent()
"""In what `matches` takes: the key is not there, or null."""

_MOST = 10
"""Differences that one message lists."""
_LONG = 300
"""Characters of one value in a message."""
_COME_AND_GO = (
    *("ControllerRevision", "EndpointSlice", "Endpoints", "Event", "Job", "Lease", "PersistentVolume"),
    *("PersistentVolumeClaim", "Pod", "ReplicaSet"),
)
"""Kinds that controllers make and delete when it is time, though nothing else changes."""
_SHOWN_AT_REST = ("EndpointSlice", "Job", "Pod", "ReplicaSet")
"""Of these, those to which nothing is done any more once their namespace is at rest."""
_AMOUNTS = frozenset({"allocatable", "capacity", "hard", "limits", "resources", "used"})
"""Keys below which values are quantities."""
_KIND = re.compile(r"[A-Z][A-Za-z0-9]*")
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+")
_STATUSES = ("True", "False", "Unknown")

_Path = tuple[str | int, ...]


class Thing(Noun):
    """One object of any kind, by its name.

    >>> eventually(app.object("ConfigMap", "web")).matches({"data": {"colour": "blue"}})
    """

    # The one noun whose kind is known only when it is made.
    kind: str  # type: ignore[misc]
    kinds: tuple[str, ...]  # type: ignore[misc]

    def __init__(
        self, cluster: Cluster, namespace: str, kind: str, name: str, *, namespaced: bool = True
    ) -> None:
        if not isinstance(kind, str) or not _KIND.fullmatch(kind):
            raise UsageError(f"a kind is written as in a manifest, such as 'ConfigMap', not {kind!r}")
        super().__init__(cluster, namespace, name)
        self.kind, self.kinds, self.namespaced = kind, (kind,), namespaced

    def get(self) -> Object | None:
        """Read the object; None when it does not exist."""
        return self.cluster.get(self.kind, self.name, self.namespace if self.namespaced else None)

    def settled(self) -> str | None:
        """Return a digest of the object while it is nobody's to change, else None.

        One that does not exist may still be made by what is under way in its namespace.
        """
        obj = self.get()
        if obj is not None:
            return f"{uid(obj)} {dig(obj, 'metadata', 'resourceVersion')}" if _at_rest(obj) else None
        return digest_at_rest(self.cluster, self.namespace) if self.namespaced else "absent"

    @check(hold=0)
    def exists(self) -> None:
        """The object exists, and is not being deleted.

        >>> eventually(app.object("Namespace", "team-a", namespaced=False)).exists()
        """
        obj = self.read()
        if terminating(obj):
            raise self.failure(obj, expected=f"{self} exists", found="it is being deleted")

    @check
    def is_gone(self) -> None:
        """The object does not exist, or never did.

        Proves little by itself: let another check show before that it was there.

        >>> eventually(app.object("PersistentVolumeClaim", "data")).is_gone()
        """
        obj = self.get()
        if obj is not None:
            raise self.failure(
                obj,
                expected=f"{self} is gone",
                found="it is being deleted" if terminating(obj) else "it is there",
                because=_held(obj),
                settles=self.kind not in _COME_AND_GO and not dig(obj, "metadata", "ownerReferences"),
            )

    @check
    def matches(self, wanted: Mapping[str, Any]) -> None:
        """The object has these fields, among others.

        Of a mapping only the keys that are named count; `ABSENT` is for a key that is not there. An empty
        mapping or list has to be empty, a list of plain values the same list. In a list of mappings each fits
        another item of the object's list, in any order. Quantities (below `resources`, `capacity`, `hard` …)
        are compared by value.

        Raises:
            UsageError: nothing is wanted, or something that no object can have.

        >>> pod = {"containers": [{"name": "main", "resources": {"limits": {"memory": "128Mi"}}}]}
        >>> eventually(app.object("Deployment", "web")).matches({"spec": {"template": {"spec": pod}}})
        """
        if not isinstance(wanted, Mapping) or not wanted:
            raise UsageError(f'matches(…) needs fields, such as {{"data": {{"a": "b"}}}}, not {wanted!r}')
        refuse_what_has_no_meaning(wanted, ())
        obj = self.read()
        found = differences(wanted, obj)
        if found:
            expected = listed([f"{path_of(item.path)}: {item.expected}" for item in found], _MOST)
            between = "\n" if len(found) > 1 else " "
            raise self.failure(
                obj,
                expected=f"{self} with{between}{expected}",
                found=listed([f"{path_of(item.path)}: {item.found}" for item in found], _MOST),
                because=_another_life(found),
                settles=not any(item.path[0] == "status" for item in found) and self._is_made(obj),
            )

    @check
    def has_condition(self, type: str, status: str = "True", reason: str | None = None) -> None:
        """The object's status has this condition, and speaks of the object as it is now.

        Raises:
            UsageError: the status is not "True", "False" or "Unknown".

        >>> eventually(app.object("Deployment", "web")).has_condition("Available")
        """
        if not type or not isinstance(type, str):
            raise UsageError(f'has_condition(…) needs a type, such as has_condition("Ready"), not {type!r}')
        if status not in _STATUSES:
            raise UsageError(f'the status of a condition is "True", "False" or "Unknown", not {status!r}')
        obj = self.read()
        conditions = _conditions(obj)
        has = next((item for item in conditions if item.get("type") == type), None)
        if has is None:
            types = ", ".join(sorted(str(item.get("type")) for item in conditions))
            found = f"no such condition, but {types}" if types else "no condition at all"
        elif _lags(obj, obj.get("status")) or _lags(obj, has):
            found = "the change is not taken up yet"
        elif has.get("status") != status or reason not in (None, has.get("reason")):
            found = _condition(type, str(has.get("status", "absent")), has.get("reason"))
        else:
            return
        raise self.failure(
            obj,
            expected=_condition(type, status, reason),
            found=found,
            because=shorten(str((has or {}).get("message") or ""), 500),
            settles=False,  # whoever keeps the status may take its time
        )

    @check(hold=0)
    def is_owned_by(self, other: Noun) -> None:
        """The object has the other one among its owners: that very object, by its UID.

        >>> eventually(app.object("ConfigMap", "settings")).is_owned_by(app.deployment("web"))
        """
        if not isinstance(other, Noun):
            raise UsageError(f"is_owned_by(…) takes a noun such as app.deployment('web'), not {other!r}")
        obj = self.read()
        owner = other.get()
        if owner is None:
            raise other.absent()
        references: list[Object] = dig(obj, "metadata", "ownerReferences", default=[])
        if uid(owner) not in [reference.get("uid") for reference in references]:
            raise self.failure(
                obj,
                expected=f"{other} is an owner",
                found=", ".join(f"{item.get('kind')} `{item.get('name')}`" for item in references)
                or "no owner",
                because=_another(other, owner, references),
            )

    @check(hold=0)
    def carries(self, /, **wanted: str) -> None:
        """The object has these labels.

        Raises:
            UsageError: there is no label, or its value is no text.

        >>> eventually(app.object("ConfigMap", "settings")).carries(app="web")
        """
        _refuse_no_text(wanted, 'carries(app="web")')
        obj = self.read()
        if wrong := explain.differing_labels(obj, wanted):
            raise self.failure(obj, expected=_pairs(wanted), found="\n".join(wrong))

    @check(hold=0)
    def is_annotated(self, wanted: Mapping[str, str]) -> None:
        """The object has these annotations.

        Raises:
            UsageError: there is no annotation, or its value is no text.

        >>> eventually(app.object("ConfigMap", "settings")).is_annotated({"owner": "team-a"})
        """
        _refuse_no_text(wanted, 'is_annotated({"owner": "team-a"})')
        obj = self.read()
        has: Mapping[str, str] = dig(obj, "metadata", "annotations", default={})
        wrong = [
            f"annotation {key}={shorten(has[key], _LONG)}" if key in has else f"no annotation {key}"
            for key, value in sorted(wanted.items())
            if has.get(key) != value
        ]
        if wrong:
            raise self.failure(obj, expected=_pairs(wanted), found="\n".join(wrong))

    def absent(self) -> CheckFailed:
        """Return the failure of an object that does not exist."""
        return CheckFailed(
            expected=f"{self} exists",
            found=f"no such {self.kind}",
            because=self._missing,
            look_at=self._kubectl(),
            settles=self.kind not in _COME_AND_GO,
        )

    def failure(
        self, obj: Object, *, expected: str, found: str, because: str = "", settles: bool = True
    ) -> CheckFailed:
        """Return the failure of an object that exists; `settles` as in `CheckFailed`."""
        return CheckFailed(
            expected=expected,
            found=found,
            because=because,
            look_at=f"{self._kubectl()} {self.name} -o yaml",
            settles=settles and _at_rest(obj),
        )

    def _is_made(self, obj: Object) -> bool:
        """Return whether no controller has a field of the object yet to fill in, or to change."""
        if self.kind in ("PersistentVolume", "PersistentVolumeClaim"):
            return bool(dig(obj, "status", "phase") == "Bound")
        if self.kind in _SHOWN_AT_REST:
            return at_rest(self.cluster, [self.namespace])
        return self.kind not in _COME_AND_GO and not dig(obj, "metadata", "ownerReferences")

    def _kubectl(self) -> str:
        scope = f"-n {self.namespace} " if self.namespaced else ""
        return f"kubectl {scope}get {self.kind.lower()}"

    def _missing(self) -> str:
        if self.namespaced:
            return explain.missing(self.cluster, self.namespace, self.kind, self.name)
        near = explain.near(self.cluster, None, self.kind, self.name)
        return f"there is {self.kind} `{near}`" if near else ""


class Difference(NamedTuple):
    """One place where an object is not as it is wanted."""

    path: _Path
    expected: str
    found: str


def _another_life(found: Sequence[Difference]) -> str:
    """Say what it means when the API server's own count or name of an object is another one."""
    for item in found:
        if item.path == ("metadata", "uid"):
            return "the UID tells objects of one name apart: this one was deleted and made again"
        if item.path == ("metadata", "generation") and item.found.isdecimal() and item.expected.isdecimal():
            more = int(item.found) - int(item.expected)
            times = f"{abs(more)} time{'s' * (abs(more) != 1)} {'more' if more > 0 else 'less'}"
            return f"the generation counts changes of the spec: {times} than the task asks for"
    return ""


def differences(wanted: Any, found: Any, path: _Path = ()) -> list[Difference]:  # noqa: ANN401 - JSON
    """Return where an object differs from the fields that are wanted of it."""
    if wanted is ABSENT and found is None:
        return []
    if isinstance(wanted, Mapping) and wanted and isinstance(found, Mapping | None):
        inside = found or {}
        return [
            item
            for key, value in wanted.items()
            for item in differences(value, inside.get(key), (*path, key))
        ]
    if _is_of_mappings(wanted) and isinstance(found, list):
        return _in_items(wanted, found, path)
    return [] if _same(wanted, found, path) else [Difference(path, _shown(wanted), _shown(found))]


def _in_items(wanted: Sequence[Object], found: Sequence[Any], path: _Path) -> list[Difference]:
    """Return where the items of a list differ, each wanted one from one of those found."""
    fits = [
        [at for at, item in enumerate(found) if not differences(each, item, (*path, at))] for each in wanted
    ]
    taken = _assigned(fits)
    free = [at for at, item in enumerate(found) if at not in taken and isinstance(item, Mapping)]
    result = []
    for number, each in enumerate(wanted):
        if number in taken.values():
            continue
        near = [at for at in free if "name" not in each or found[at].get("name") == each["name"]]
        if near:
            compared = {at: differences(each, found[at], (*path, at)) for at in near}
            nearest = min(near, key=lambda at: len(compared[at]))
            free.remove(nearest)
            result += compared[nearest]
        else:
            result.append(Difference(path, f"an item with {_shown(each)}", "no such item"))
    return result


def _assigned(fits: Sequence[Sequence[int]]) -> dict[int, int]:
    """Return which of the wanted items gets which found one, so that as many as can be get one of their own.

    The first that fits may be the only one for another: then it is given up for the next.
    """
    taken: dict[int, int] = {}

    def place(number: int, tried: set[int]) -> bool:
        for at in fits[number]:
            if at not in tried:
                tried.add(at)
                if at not in taken or place(taken[at], tried):
                    taken[at] = number
                    return True
        return False

    for number in range(len(fits)):
        place(number, set())
    return taken


def _same(wanted: Any, found: Any, path: _Path) -> bool:  # noqa: ANN401 - JSON
    """Return whether two values are the same in all they hold."""
    if isinstance(wanted, Mapping):
        return (
            isinstance(found, Mapping)
            and wanted.keys() == found.keys()
            and all(_same(value, found[key], path) for key, value in wanted.items())
        )
    if isinstance(wanted, list | tuple):
        return (
            isinstance(found, list)
            and len(wanted) == len(found)
            and all(_same(one, other, path) for one, other in zip(wanted, found, strict=True))
        )
    if isinstance(wanted, bool) or isinstance(found, bool):  # to Python, True is 1
        return wanted is found
    return bool(wanted == found) or (not _AMOUNTS.isdisjoint(path) and _same_amount(wanted, found))


def _same_amount(wanted: object, found: object) -> bool:
    amount = quantity(wanted)
    return amount is not None and amount == quantity(found)


def _is_of_mappings(value: object) -> bool:
    return (
        isinstance(value, list | tuple) and bool(value) and all(isinstance(item, Mapping) for item in value)
    )


def refuse_what_has_no_meaning(wanted: object, path: _Path) -> None:
    """Raise a UsageError for a field that no object can have."""
    where = path_of(path)
    if wanted is None:
        raise UsageError(f"matches(…): None at {where}; write ABSENT for a key that is not there")
    if isinstance(wanted, Mapping):
        for key, value in wanted.items():
            if not isinstance(key, str):
                raise UsageError(
                    f"matches(…): a key is a text, not {key!r} in {where or 'the first mapping'}"
                )
            refuse_what_has_no_meaning(value, (*path, key))
    elif isinstance(wanted, list | tuple):
        if any(isinstance(item, Mapping) for item in wanted) and not all(
            isinstance(item, Mapping) and item for item in wanted
        ):
            raise UsageError(f"matches(…): {where} takes mappings that are not empty, or plain values")
        for at, item in enumerate(wanted):
            if item is ABSENT:
                raise UsageError(f"matches(…): ABSENT at {path_of((*path, at))} is in place of no key")
            refuse_what_has_no_meaning(item, (*path, at))
    elif wanted is not ABSENT and not isinstance(wanted, str | int | float):
        raise UsageError(f"matches(…): no object has {wanted!r} at {where}")


def _refuse_no_text(wanted: Mapping[str, str], usage: str) -> None:
    verb = usage.partition("(")[0]
    if not isinstance(wanted, Mapping) or not wanted:
        raise UsageError(f"{verb}(…) needs something to look for, such as {usage}")
    for key, value in wanted.items():
        if not isinstance(key, str) or not isinstance(value, str):
            raise UsageError(f"{verb}(…) takes texts, such as {usage}, not {key!r}: {value!r}")


def _at_rest(obj: Object) -> bool:
    return not terminating(obj) and not _lags(obj, obj.get("status"))


def _lags(obj: Object, status: object) -> bool:
    """Return whether a status, or one of its conditions, says of itself that it is of an older object."""
    seen = status.get("observedGeneration") if isinstance(status, Mapping) else None
    return isinstance(seen, int) and seen < dig(obj, "metadata", "generation", default=0)


def _conditions(obj: Object) -> list[Object]:
    """Return the conditions of a status, which may hold anything in an object of a custom kind."""
    found = dig(obj, "status", "conditions")
    return [item for item in found if isinstance(item, Mapping)] if isinstance(found, list) else []


def _condition(type: str, status: str, reason: object) -> str:
    return f"{type} is {status}" + (f" ({reason})" if reason is not None else "")


def _held(obj: Object) -> str:
    """Say what keeps an object that is being deleted."""
    finalizers = dig(obj, "metadata", "finalizers", default=[])
    return f"its finalizers keep it: {', '.join(finalizers)}" if terminating(obj) and finalizers else ""


def _another(other: Noun, owner: Object, references: Sequence[Object]) -> str:
    """Say that an owner is a namesake."""
    for item in references:
        if (item.get("kind"), item.get("name")) == (other.kind, other.name):
            return f"the reference has UID {item.get('uid')}, {other} has {uid(owner)}"
    return ""


def _pairs(pairs: Mapping[str, str]) -> str:
    return "\n".join(f"{key}={value}" for key, value in sorted(pairs.items()))


def _shown(value: object) -> str:
    if value is None or value is ABSENT:
        return "absent"
    return shorten(json.dumps(value, ensure_ascii=False, default=_plain), _LONG)


def _plain(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else repr(value)


def path_of(path: _Path) -> str:
    """Return a path as kubectl's JSONPath has it."""
    written = ""
    for key in path:
        if isinstance(key, int):
            written += f"[{key}]"
        elif _PLAIN_KEY.fullmatch(key):
            written += f".{key}" if written else key
        else:
            written += f"[{json.dumps(key, ensure_ascii=False)}]"
    return written
