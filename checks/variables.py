"""The environment of a container's first process: what is wanted of it, and where it comes from."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from checks.cluster import Cluster, Inside, Object
from checks.contents import HIDDEN, Source, contents, keys, quoted
from checks.errors import UsageError
from checks.objects import dig, name
from checks.things import ABSENT, Absent

_FIELDS = (
    *("metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName"),
    *("status.podIP", "status.hostIP"),
)
_SUBSCRIPT = re.compile(r"metadata\.(labels|annotations)\['([^'\n]+)'\]")
_REFERENCE = re.compile(r"\$\(([^()]+)\)")


@dataclass(frozen=True)
class Field:
    """A field of each pod, as the downward API names it.

    Raises:
        UsageError: there is no such field.

    Source: https://kubernetes.io/docs/concepts/workloads/pods/downward-api/
    """

    path: str

    def __post_init__(self) -> None:
        if not isinstance(self.path, str) or not (self.path in _FIELDS or _SUBSCRIPT.fullmatch(self.path)):
            known = ", ".join((*_FIELDS, "metadata.labels['KEY']", "metadata.annotations['KEY']"))
            raise UsageError(f"Field(…) takes one of {known}, not {self.path!r}")

    def __str__(self) -> str:
        return self.path

    def of(self, pod: Object) -> str | None:
        """Return the field of a pod; to the kubelet, a label or annotation that is not there is empty."""
        if key := _SUBSCRIPT.fullmatch(self.path):
            return str(dig(pod, "metadata", key[1], key[2], default=""))
        value = dig(pod, *self.path.split("."))
        return None if value is None else str(value)


Value = str | Field | Absent
"""What is wanted of a variable."""


class Seen(NamedTuple):
    """A running container of a Ready pod."""

    pod: Object
    container: Object
    """As the pod's spec has it."""
    inside: Inside


class Wrong(NamedTuple):
    """A variable that is not as it is wanted."""

    seen: Seen
    key: str
    wanted: Value
    found: str | None

    @property
    def value(self) -> str | None:
        """The value that is wanted in this pod, None if there is to be none."""
        if isinstance(self.wanted, Field):
            return self.wanted.of(self.seen.pod)
        return self.wanted if isinstance(self.wanted, str) else None

    def told(self, hidden: bool) -> str:
        """Say what the variable is, without its value if that is `hidden`."""
        pod = self.seen.pod
        said = f"{name(pod)}: {_pair(self.key, self.found, hidden)}"
        if isinstance(self.wanted, Field):
            said += f", its {self.wanted} is {quoted(self.value) if self.value is not None else 'not set'}"
        return said


class Variables:
    """Where the variables of a running container come from, as far as its pod's spec says it.

    Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#environment-variables
    """

    def __init__(self, cluster: Cluster, namespace: str, seen: Seen) -> None:
        self.cluster, self.namespace, self.seen = cluster, namespace, seen
        self.env: list[Object] = dig(seen.container, "env", default=[])
        self._read: dict[Source, dict[str, str] | None] = {}

    def hidden(self, key: str, unknown: bool, before: int | None = None) -> bool:
        """Return whether a value comes from a Secret, or is made with one; `unknown` if it may and may not.

        `before` leaves only the entries of `env` that an entry there may refer to.
        """
        at = self._entry(key, before)
        if at is None:
            return self._hidden_source(key, unknown)
        entry = self.env[at]
        if dig(entry, "valueFrom", "secretKeyRef") is not None:
            return True
        references = _REFERENCE.findall(str(entry.get("value") or ""))
        return any(self.hidden(reference, unknown, at) for reference in references)

    def _hidden_source(self, key: str, unknown: bool) -> bool:
        """Return whether a variable comes from a Secret by `envFrom`: it may have changed since the start."""
        found = list(self._sources(key))
        if not any(source.kind == "Secret" for source, _ in found):
            return False
        has = [source.kind for source, inner in found if inner in (self._data(source) or {})]
        return has[0] == "Secret" if has else unknown

    def mask(self) -> Callable[[str], str]:
        """Return what takes the values of variables that come from Secrets out of a text."""
        environment = self.seen.inside.environment
        values = {value for key, value in environment.items() if value and self.hidden(key, False)}
        longest_first = "|".join(re.escape(value) for value in sorted(values, key=len, reverse=True))
        return lambda text: re.sub(longest_first, HIDDEN, text) if values else text

    def _entry(self, key: str, before: int | None = None) -> int | None:
        """Return which entry of `env` counts: of several with one name the last."""
        fits = [at for at, entry in enumerate(self.env[:before]) if entry.get("name") == key]
        return fits[-1] if fits else None

    def _env_from(self) -> list[tuple[Source, str]]:
        """Return what `envFrom` names, with its prefix. The last one wins."""
        return [
            (Source(kind, str(reference.get("name"))), str(item.get("prefix") or ""))
            for item in dig(self.seen.container, "envFrom", default=[])
            for field, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret"))
            if (reference := item.get(field))
        ]

    def _sources(self, key: str) -> Iterator[tuple[Source, str]]:
        """Yield what `envFrom` may have the variable from, and by which key. The first one wins."""
        for source, prefix in reversed(self._env_from()):
            if key.startswith(prefix):
                yield source, key.removeprefix(prefix)

    def _data(self, source: Source) -> dict[str, str] | None:
        if source not in self._read:
            self._read[source] = contents(self.cluster, self.namespace, source)
        return self._read[source]

    def why(self, key: str, wanted: str | None, found: str | None) -> str:
        """Say where a variable comes from, or why it does not come."""
        at = self._entry(key)
        if at is None:
            for source, inner in self._sources(key):
                if inner in (self._data(source) or {}):
                    return self._from(key, source, inner, wanted, " by envFrom")
            return self._nowhere(key) if found is None else ""
        entry = self.env[at]
        for field, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
            if reference := dig(entry, "valueFrom", field):
                source = Source(kind, str(reference.get("name")))
                return self._from(key, source, str(reference.get("key")), wanted)
        if path := dig(entry, "valueFrom", "fieldRef", "fieldPath"):
            return f"{key} is the pod's {path}, by fieldRef"
        if resource := dig(entry, "valueFrom", "resourceFieldRef", "resource"):
            return f"{key} is {resource} of a container, by resourceFieldRef"
        value = str(entry.get("value") or "")
        shown = (
            f"a text with {HIDDEN}" if self.hidden(key, True) and _REFERENCE.search(value) else quoted(value)
        )
        return f"the pod spec sets {key} to {shown}"

    def _from(self, key: str, source: Source, inner: str, wanted: str | None, how: str = "") -> str:
        data = self._data(source)
        if data is None:
            return f"{key} is key `{inner}` of {source}, which does not exist"
        if inner not in data:
            return f"{key} is key `{inner}` of {source}, which has {keys(data)}"
        if data[inner] == wanted:
            return (
                f"{source} has the wanted value now, but the container was started before: "
                "environment variables are read at its start only"
            )
        says = "something else" if source.kind == "Secret" else quoted(data[inner])
        return f"{key} is key `{inner}` of {source}{how}, which says {says}"

    def _nowhere(self, key: str) -> str:
        """Say why the pod spec does not set a variable."""
        said = []
        names = [str(entry.get("name")) for entry in self.env]
        for source, prefix in self._env_from():
            data = self._data(source)
            if data is None:
                said.append(f"{source}, which envFrom names, does not exist")
            elif prefix and key in data:
                said.append(f"envFrom sets {prefix}{key} from {source}: its prefix is {prefix}")
            names += [prefix + inner for inner in data or {}]
        for other in dig(self.seen.pod, "spec", "containers", default=[]):
            if other.get("name") != self.seen.container.get("name") and any(
                entry.get("name") == key for entry in dig(other, "env", default=[])
            ):
                said.append(f"container `{other.get('name')}` sets {key}")
        if not said:
            near = difflib.get_close_matches(key, names, 1)
            instead = f", but {near[0]}" if near else ""
            said.append(f"the pod spec sets no {key} in env or envFrom{instead}")
        return "\n".join(said)


def refuse_no_variables(wanted: Mapping[str, Value]) -> None:
    """Raise a UsageError for what no environment can have, and for nothing."""
    usage = 'has_environment(COLOUR="blue")'
    if not wanted:
        raise UsageError(f"has_environment(…) needs a variable, such as {usage}")
    for key, value in wanted.items():
        if not isinstance(key, str) or not key or "=" in key:
            raise UsageError(f"has_environment(…): a variable has a name, such as {usage}, not {key!r}")
        if not isinstance(value, str | Field) and value is not ABSENT:
            raise UsageError(f"has_environment(…): {key} is a text, a Field(…) or ABSENT, not {value!r}")


def differing(seen: Seen, wanted: Mapping[str, Value]) -> list[Wrong]:
    """Return the variables of a running container that are not as they are wanted."""
    environment = seen.inside.environment
    return [
        Wrong(seen, key, value, environment.get(key))
        for key, value in wanted.items()
        if not _fits(value, environment.get(key), seen.pod)
    ]


def _fits(wanted: Value, found: str | None, pod: Object) -> bool:
    if isinstance(wanted, Field):
        # A field that the pod lacks is no wish for a variable to be absent.
        return found is not None and found == wanted.of(pod)
    return found == (wanted if isinstance(wanted, str) else None)


def wish(key: str, value: Value, hidden: bool) -> str:
    """Say what is wanted of a variable, without the value if that is `hidden`."""
    if isinstance(value, Field):
        return f"{key} the pod's {value}"
    return _pair(key, value if isinstance(value, str) else None, hidden)


def _pair(key: str, value: str | None, hidden: bool) -> str:
    if value is None:
        return f"{key} absent"
    return f"{key}={HIDDEN if hidden else quoted(value)}"
