"""What is mounted where in a container, and where a path in it comes from."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from checks.cluster import Cluster, File, Object
from checks.contents import LONG, Source, contents, keys, unlike
from checks.errors import UsageError
from checks.message import shorten
from checks.objects import dig, name

_KEPT_FRESH = ("configMap", "secret", "projected", "downwardAPI")
"""Volumes that the kubelet fills, and nobody else."""
_EMPTY_DIR = Source("emptyDir", "")


class Origin(NamedTuple):
    """Where a path in a container comes from, as far as the pod's spec says it."""

    path: str
    mount: Object | None
    """The one at or above the path that is nearest to it."""
    at: str
    """Where that is mounted."""
    volume: Object
    mounts: Sequence[str]
    """Where anything is mounted."""
    locked: bool
    """Whether nobody can write where nothing is mounted."""

    @classmethod
    def of(cls, pod: Object, container: Object, path: str) -> Origin:
        """Read the spec of a pod and of its container."""
        mounts = mounts_of(container)
        above = [(at, mount) for at, mount in mounts if _below(path, at) is not None]
        at, mount = max(above, key=lambda item: len(item[0])) if above else ("", None)
        volume = volumes_of({}, pod).get(dig(mount or {}, "name"), {})
        locked = dig(container, "securityContext", "readOnlyRootFilesystem") is True
        return cls(path, mount, at, volume, [where for where, _ in mounts], locked)

    @property
    def secret(self) -> bool:
        """Whether the content may be a Secret's, or a token."""
        sources = dig(self.volume, "projected", "sources", default=[])
        return (
            "secret" in self.volume
            or "csi" in self.volume
            or any("secret" in source or "serviceAccountToken" in source for source in sources)
        )

    @property
    def final(self) -> bool:
        """Whether what is there stays as it is for as long as the container runs."""
        if self.mount is None:
            return self.locked
        return self._by_sub_path and any(kind in self.volume for kind in _KEPT_FRESH)

    @property
    def read_only(self) -> bool:
        """Whether no process can write there."""
        if self.mount is None:
            return self.locked
        return self.mount.get("readOnly") is True or any(kind in self.volume for kind in _KEPT_FRESH)

    @property
    def _by_sub_path(self) -> bool:
        return bool(self.mount and (self.mount.get("subPath") or self.mount.get("subPathExpr")))

    def says(self) -> str:
        """Say what is mounted where the path is."""
        if self.mount is not None:
            return f"{what(self.volume)} is mounted at {self.at}"
        own = [where for where in self.mounts if not where.startswith("/var/run/secrets/kubernetes.io/")]
        elsewhere = f": the mounts are {', '.join(sorted(own))}" if own else ""
        return f"nothing is mounted at or above {posixpath.dirname(self.path)}{elsewhere}"

    def why(self, cluster: Cluster, namespace: str, text: str | None, contains: str | None) -> str:
        """Say what the file is made from, or why it is not made."""
        if self.mount is None or self.mount.get("subPathExpr"):
            return self.says()
        inner = posixpath.normpath(
            posixpath.join(str(self.mount.get("subPath") or ""), _below(self.path, self.at) or "")
        )
        lacking = []
        for source, items in _sources(self.volume):
            data = contents(cluster, namespace, source)
            if data is None:
                lacking.append(f"{source}, which is mounted at {self.at}, does not exist")
                continue
            key = items.get(inner, "") if items else inner
            if key in data:
                return self._key(source, key, data[key], text, contains)
            lacking.append(self._no_key(source, inner, items, data))
        return "\n".join(lacking) or self.says()

    def _key(self, source: Source, key: str, says: str, text: str | None, contains: str | None) -> str:
        if unlike(File(says), text, contains):
            return f"it is key `{key}` of {source}, which is mounted at {self.at}"
        if self._by_sub_path:
            return f"{source} says so already, but a subPath mount is never updated in a running pod"
        return f"{source} says so already: the kubelet brings it into running pods within a minute or so"

    def _no_key(self, source: Source, inner: str, items: Mapping[str, str], data: Mapping[str, str]) -> str:
        where = f"{source}, which is mounted at {self.at}"
        if items and inner not in items:
            listed = ", ".join(f"{key} as {path}" for path, key in sorted(items.items()))
            return f"of {where}, only these items are: {shorten(listed, LONG)}"
        key = items.get(inner, inner)
        return f"{where}, has no key `{key}`: it has {keys(data)}"


def refuse_no_path(path: str, verb: str) -> None:
    """Raise a UsageError for what is no absolute path of a file or folder."""
    if (
        not isinstance(path, str)
        or not path.startswith("/")
        or path.startswith("//")
        or posixpath.normpath(path) != path
        or path == "/"
    ):
        raise UsageError(f'{verb}(…) takes an absolute path, such as {verb}("/etc/web/colour"), not {path!r}')


def one_source(config_map: str | None, secret: str | None, claim: str | None, empty_dir: bool) -> Source:
    """Return the one thing that is to be mounted; a UsageError is raised if it is not one."""
    given = {"ConfigMap": config_map, "Secret": secret, "PersistentVolumeClaim": claim}
    named = [Source(kind, value) for kind, value in given.items() if value is not None]
    things = [*named, *([_EMPTY_DIR] if empty_dir else [])]
    if len(things) != 1 or not all(isinstance(value, str) and value for _, value in named):
        raise UsageError(
            "mounts(…) takes one of config_map=, secret=, volume_claim= with a name, or empty_dir=True"
        )
    return things[0]


def mounts_of(container: Object) -> list[tuple[str, Object]]:
    """Return what is mounted in a container, by path."""
    return [
        (posixpath.normpath(str(mount.get("mountPath"))), mount)
        for mount in dig(container, "volumeMounts", default=[])
    ]


def _below(path: str, at: str) -> str | None:
    """Return a path as it is seen from one at or above it, None if it is elsewhere."""
    if path == at:
        return ""
    above = at if at.endswith("/") else f"{at}/"
    return path.removeprefix(above) if path.startswith(above) else None


def volumes_of(obj: Object, template: Object) -> dict[Any, Object]:
    """Return the volumes of pods by name, with the claims that a StatefulSet makes for each."""
    claims = [
        {"name": name(claim), "persistentVolumeClaim": {"claimName": name(claim)}}
        for claim in dig(obj, "spec", "volumeClaimTemplates", default=[])
    ]
    listed = [*dig(template, "spec", "volumes", default=[]), *claims]
    return {volume.get("name"): volume for volume in listed}


def _sources(volume: Object) -> Iterator[tuple[Source, dict[str, str]]]:
    """Yield the ConfigMaps and Secrets of a volume, with its items: keys by their paths."""
    for source in [volume, *dig(volume, "projected", "sources", default=[])]:
        for field, kind, key in (("configMap", "ConfigMap", "name"), ("secret", "Secret", "secretName")):
            if field in source:
                part = source[field] or {}
                items = {str(item.get("path")): str(item.get("key")) for item in part.get("items") or []}
                yield Source(kind, str(part.get(key) or part.get("name"))), items


def holds(volume: Object) -> set[Source]:
    """Return what a volume brings."""
    found = {source for source, _ in _sources(volume)}
    if claim := dig(volume, "persistentVolumeClaim", "claimName"):
        found.add(Source("PersistentVolumeClaim", str(claim)))
    return found | ({_EMPTY_DIR} if "emptyDir" in volume else set())


def what(volume: Object) -> str:
    """Say what a volume brings."""
    if held := sorted(holds(volume)):
        return " and ".join(map(str, held))
    kind = next((str(key) for key in volume if key != "name"), "")
    return f"volume `{volume.get('name')}` ({kind})" if kind else "a volume that the pod does not have"


def not_here(wanted: Source, elsewhere: Sequence[str], volumes: Sequence[Object]) -> str:
    """Say where a thing is mounted instead, or that it is a volume that nobody mounts."""
    if elsewhere:
        return f"{wanted} is mounted at {' and '.join(elsewhere)}"
    mine = next((volume for volume in volumes if wanted in holds(volume)), None)
    if mine is not None:
        return f"{wanted} is volume `{mine.get('name')}`, which the container does not mount"
    return f"{wanted} is no volume of the pod"
