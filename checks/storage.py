"""Claims for storage: what they ask for, what they are bound to, who mounts them; whether data survives."""

from __future__ import annotations

import posixpath
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import ClassVar

from checks import explain
from checks.cluster import Object
from checks.configuration import Container
from checks.errors import CheckFailed, GraderError, UsageError
from checks.message import listed
from checks.mounts import Origin
from checks.noun import Noun, check
from checks.objects import dig, finished, name, selected, terminating, uid
from checks.pods import Pod
from checks.quantities import Quantity, quantity
from checks.rest import WORKLOADS
from checks.workloads import Workload

_MODES = ("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod")
_DEFAULT = "storageclass.kubernetes.io/is-default-class"
_NOBODY = "kubernetes.io/no-provisioner"
_CONTAINERS = ("initContainers", "containers", "ephemeralContainers")
"""Fields of a pod's spec."""


class VolumeClaim(Noun):
    """A PersistentVolumeClaim.

    >>> eventually(app.volume_claim("data")).is_bound()
    """

    kind = "PersistentVolumeClaim"
    kinds: ClassVar[tuple[str, ...]] = (
        *("PersistentVolumeClaim", "PersistentVolume", "StorageClass"),
        *(*WORKLOADS, "Pod"),
    )
    patience = 60.0
    """Whoever makes volumes may take its time."""

    @check
    def is_bound(self) -> None:
        """The claim is bound to a PersistentVolume that exists, and that volume to this very claim.

        Source: https://kubernetes.io/docs/concepts/storage/persistent-volumes/#binding

        >>> eventually(app.volume_claim("data")).is_bound()
        """
        claim = self.read()
        phase = dig(claim, "status", "phase", default="Unknown")
        bound = str(dig(claim, "spec", "volumeName", default=""))
        volume = self.cluster.get("PersistentVolume", bound) if bound else None
        if terminating(claim):
            found = "it is being deleted"
        elif phase != "Bound" or not bound:
            found = f"its phase is {phase}"
        elif volume is None:
            found = f"bound to PersistentVolume `{bound}`, which does not exist"
        elif dig(volume, "spec", "claimRef", "uid") != uid(claim):
            found = f"bound to PersistentVolume `{bound}`, which is bound to {_bound_to(volume)}"
        else:
            return
        raise CheckFailed(
            expected=f"{self} bound to a PersistentVolume",
            found=found,
            because=lambda: "" if terminating(claim) or phase == "Bound" else self._why_pending(claim),
            look_at=f"kubectl -n {self.namespace} describe persistentvolumeclaim {self.name}",
            settles=False,  # volumes are made outside of the namespace
        )

    def _why_pending(self, claim: Object) -> str:
        """Say what keeps a claim from being bound."""
        named = str(dig(claim, "spec", "volumeName", default=""))
        if named:
            volume = self.cluster.get("PersistentVolume", named)
            return (
                _misfit(volume, claim)
                if volume
                else f"there is no PersistentVolume `{named}`, which it names"
            )
        said = []
        classes = {name(item): item for item in self.cluster.list("StorageClass")}
        wanted = dig(claim, "spec", "storageClassName")
        made = classes.get(wanted) if wanted else None
        given = any(dig(item, "metadata", "annotations", _DEFAULT) == "true" for item in classes.values())
        if wanted is None and not given:
            said.append("it names no StorageClass, and none is the cluster's default")
        elif wanted and made is None:
            instead = ", ".join(f"`{item}`" for item in sorted(classes)) or "none"
            said.append(f"there is no StorageClass `{wanted}`: there is {instead}")
        if made and made.get("volumeBindingMode") == "WaitForFirstConsumer":
            users = [pod for pod in self._users() if not finished(pod) and not terminating(pod)]
            if not users:
                return f"StorageClass `{wanted}` waits for a pod that uses the claim, and there is none"
            said.append(explain.pods_not_ready(self.cluster, users))
        said.append(explain.last_event(self.cluster, claim, "ProvisioningFailed"))
        dynamic = made.get("provisioner") != _NOBODY if made else wanted is None and given
        if not dynamic:
            said.append(self._no_volume(claim))
        return "\n".join(filter(None, said))

    def _no_volume(self, claim: Object) -> str:
        """Say of each PersistentVolume why it is not for this claim."""
        volumes = self.cluster.list("PersistentVolume")
        if not volumes:
            return "there is no PersistentVolume, and nobody makes one for the claim"
        return listed([said for volume in volumes if (said := _misfit(volume, claim))])

    def _users(self) -> list[Object]:
        """Read the pods that have the claim as a volume."""
        return [pod for pod in self.cluster.list("Pod", self.namespace) if _volumes(pod, self.name)]

    @check(hold=0)
    def requests(
        self,
        size: Quantity | None = None,
        *,
        access_modes: Sequence[str] | None = None,
        storage_class: str | None = None,
    ) -> None:
        """The claim asks for this size, these access modes and no others, and this StorageClass.

        Only what is given is compared, sizes by value. An empty `storage_class` is one: it stands for volumes
        that have none.

        Raises:
            UsageError: nothing is given, or something that no claim can ask for.

        Source: https://kubernetes.io/docs/concepts/storage/persistent-volumes/#persistentvolumeclaims

        >>> eventually(app.volume_claim("data")).requests("1Gi", access_modes=["ReadWriteOnce"])
        """
        _refuse_what_no_claim_asks_for(size, access_modes, storage_class)
        claim = self.read()
        asked = dig(claim, "spec", "resources", "requests", "storage")
        modes = sorted(dig(claim, "spec", "accessModes", default=[]))
        class_ = dig(claim, "spec", "storageClassName")
        wrong = []
        if size is not None and quantity(asked) != quantity(size):
            wrong.append(("size", str(size), "absent" if asked is None else str(asked)))
        if access_modes is not None and modes != sorted(set(access_modes)):
            wrong.append(("access modes", ", ".join(sorted(set(access_modes))), ", ".join(modes) or "absent"))
        if storage_class is not None and class_ != storage_class:
            wrong.append(("storage class", _class(storage_class), _class(class_)))
        if wrong:
            raise CheckFailed(
                expected="\n".join(f"{what}: {expected}" for what, expected, _ in wrong),
                found="\n".join(f"{what}: {found}" for what, _, found in wrong),
                look_at=f"kubectl -n {self.namespace} get persistentvolumeclaim {self.name} -o yaml",
            )

    @check
    def is_mounted_by(self, *owners: Workload | Pod) -> None:
        """The pods that mount the claim are the pods of these workloads, or these pods: all, and no other.

        Theirs mount it in a container that stays, which may be a sidecar; others in none, not even for a
        while. Pods that have ended or are being deleted do not count. The claims of a StatefulSet's
        volumeClaimTemplates are mounted by one pod each, such as `data-db-0` by `db-0`.

        Raises:
            UsageError: there is no workload.

        >>> eventually(app.volume_claim("data")).is_mounted_by(app.deployment("db"))
        """
        for owner in owners:
            if not isinstance(owner, Workload | Pod):
                raise UsageError(
                    f"is_mounted_by(…) takes workloads and pods such as app.deployment('db'), not {owner!r}"
                )
        if not owners:
            raise UsageError("is_mounted_by(…) needs a workload, such as app.deployment('db')")
        self.read()
        wanted = {name(pod) for owner in owners for pod in _pods(owner)}
        users = [pod for pod in self._users() if not finished(pod) and not terminating(pod)]
        found = {name(pod) for pod in users if _mounted(pod, self.name, to_stay=name(pod) in wanted)}
        if found != wanted:
            raise CheckFailed(
                expected=", ".join(sorted(wanted)),
                found=", ".join(sorted(found)) or "no pod mounts it",
                because=lambda: self._why_not_mounted(wanted - found),
                look_at=f"kubectl -n {self.namespace} describe persistentvolumeclaim {self.name}",
            )

    def _why_not_mounted(self, lacking: set[str]) -> str:
        """Say which claims pods have instead."""
        said = []
        for pod in self.cluster.list("Pod", self.namespace):
            if name(pod) not in lacking:
                continue
            if _volumes(pod, self.name):
                only = " that stays" if _mounted(pod, self.name, to_stay=False) else ""
                said.append(f"{name(pod)} has the claim as a volume, but no container{only} mounts it")
                continue
            claims = sorted(
                str(dig(volume, "persistentVolumeClaim", "claimName"))
                for volume in dig(pod, "spec", "volumes", default=[])
                if "persistentVolumeClaim" in volume
            )
            has = (
                f"claim {' and '.join(f'`{claim}`' for claim in claims)} instead"
                if claims
                else "no claim at all"
            )
            said.append(f"{name(pod)} has {has}")
        return listed(said)


@dataclass(frozen=True)
class Mark:
    """A file that nobody else could have written."""

    path: str
    text: str


@contextmanager
def marked(container: Container, folder: str) -> Iterator[Mark]:
    """Write a file with a random text into a folder of the container in every Ready pod, then run the block.

    `has_file` says afterwards that data survives, `lacks_file` that it does not. All pods get the same text,
    so it does not matter whether they share a volume. The file is removed at the end, from the pods that are
    Ready then.

    Raises:
        CheckFailed: there is no Ready pod, no such folder, or nobody can write there.

    >>> container = app.deployment("db").container()
    >>> with faults.marked(container, "/var/lib/data") as mark:
    ...     with faults.killed(app.deployment("db").pods[0]):
    ...         eventually(container).has_file(mark.path, text=mark.text)
    """
    if not isinstance(container, Container):
        raise UsageError(
            f"marked(…) takes a container such as app.deployment('db').container(), not {container!r}"
        )
    if not isinstance(folder, str) or not folder.startswith("/") or posixpath.normpath(folder) != folder:
        raise UsageError(f'marked(…) takes an absolute path, such as "/var/lib/data", not {folder!r}')
    mark = Mark(posixpath.join(folder, f".kubeproctor-{secrets.token_hex(4)}"), secrets.token_hex(16))
    pods = _where_files_can_be_written(container, folder)
    try:
        for pod, name in pods:
            container.cluster.write(pod, name, mark.path, mark.text)
        yield mark
    finally:
        # It may be gone, and so may the pods: what is left goes with the namespace.
        with suppress(CheckFailed, GraderError):
            for pod, spec in container.running():
                with suppress(GraderError):
                    container.cluster.write(pod, str(spec["name"]), mark.path, None)


def _where_files_can_be_written(container: Container, folder: str) -> list[tuple[Object, str]]:
    """Read the Ready pods, each with the name of its container.

    Raises:
        CheckFailed: there is none, or one in which nobody can write into the folder; the cause is read.
    """
    try:
        seen = container.look(folder)
        for pod, spec, inside in seen:
            found = inside.files[folder]
            origin = Origin.of(pod, spec, posixpath.join(folder, "file"))
            if found.text is not None or found.detail != "a directory":
                raise _no_folder(container, folder, f"{name(pod)}: {found.detail or 'a file'}", origin)
            if origin.read_only:
                raise _no_folder(container, folder, f"{name(pod)}: it is read-only", origin)
    except CheckFailed as failure:
        failure.read_cause()
        raise
    return [(pod, str(spec["name"])) for pod, spec, _ in seen]


def _no_folder(container: Container, folder: str, found: str, origin: Origin) -> CheckFailed:
    return container.failure(
        expected=f"folder {folder} in {container}, where files can be written",
        found=found,
        because=origin.says(),
    )


def _pods(owner: Workload | Pod) -> list[Object]:
    """Read the pods of a workload, or the pod, that are there to stay.

    Raises:
        CheckFailed: there is none.
    """
    if isinstance(owner, Pod):
        return [owner.read()]
    found = [pod for pod in owner.owned_pods() if not terminating(pod) and not finished(pod)]
    if not found:
        raise owner.without_pods("a pod")
    return found


def _volumes(pod: Object, claim: str) -> list[str]:
    """Return which volumes of a pod are the claim."""
    return [
        str(volume.get("name"))
        for volume in dig(pod, "spec", "volumes", default=[])
        if dig(volume, "persistentVolumeClaim", "claimName") == claim
    ]


def _mounted(pod: Object, claim: str, *, to_stay: bool) -> bool:
    """Return whether a container of a pod, one `to_stay` or any, mounts the claim: as files or a device."""
    volumes = _volumes(pod, claim)
    return any(
        mount.get("name") in volumes
        for sort in _CONTAINERS
        for container in dig(pod, "spec", sort, default=[])
        # among the init containers are the sidecars
        if not to_stay or sort == "containers" or container.get("restartPolicy") == "Always"
        for field in ("volumeMounts", "volumeDevices")
        for mount in dig(container, field, default=[])
    )


def _bound_to(volume: Object) -> str:
    reference = dig(volume, "spec", "claimRef", default={})
    if not reference:
        return "nothing"
    return f"{reference.get('namespace')}/{reference.get('name')} of another UID"


def _misfit(volume: Object, claim: Object) -> str:
    """Say why a PersistentVolume is not for a claim.

    Source: https://kubernetes.io/docs/concepts/storage/persistent-volumes/#binding
    """
    said = []
    spec, wants = dig(volume, "spec", default={}), dig(claim, "spec", default={})
    reference = dig(spec, "claimRef", default={})
    mine = (reference.get("namespace"), reference.get("name")) == (
        claim["metadata"].get("namespace"),
        name(claim),
    )
    if reference and not (mine and reference.get("uid") in (None, "", uid(claim))):
        phase = dig(volume, "status", "phase", default="Bound")
        own = reference.get("namespace") == claim["metadata"].get("namespace")
        # what others have in their namespaces is not this learner's to know
        whose = f"claim `{reference.get('name')}`" if own else "a claim of another namespace"
        said.append(f"is {phase}: it belongs to {whose}")
    has, asked = dig(spec, "capacity", "storage"), dig(wants, "resources", "requests", "storage")
    size, least = quantity(has), quantity(asked)
    if size is not None and least is not None and size < least:
        said.append(f"has {has}, the claim asks for {asked}")
    modes = dig(spec, "accessModes", default=[])
    if lacking := [mode for mode in dig(wants, "accessModes", default=[]) if mode not in modes]:
        said.append(f"has access mode {', '.join(modes) or 'none'}, not {', '.join(lacking)}")
    if (class_ := dig(spec, "storageClassName", default="")) != dig(wants, "storageClassName", default=""):
        said.append(
            f"has {_named(class_)}, the claim asks for {_named(dig(wants, 'storageClassName', default=''))}"
        )
    form = dig(spec, "volumeMode", default="Filesystem")
    if form != dig(wants, "volumeMode", default="Filesystem"):
        said.append(f"has volumeMode {form}")
    if not selected(volume, dig(wants, "selector", default={})):
        said.append("does not have the labels that the claim selects by")
    return f"PersistentVolume `{name(volume)}` {', and '.join(said)}" if said else ""


def _named(class_: str) -> str:
    return f"StorageClass `{class_}`" if class_ else "no StorageClass"


def _class(value: str | None) -> str:
    return "absent" if value is None else value or '""'


def _refuse_what_no_claim_asks_for(
    size: Quantity | None, access_modes: Sequence[str] | None, storage_class: str | None
) -> None:
    usage = 'requests("1Gi", access_modes=["ReadWriteOnce"])'
    if size is None and access_modes is None and storage_class is None:
        raise UsageError(f"requests(…) needs something to look for, such as {usage}")
    if size is not None and quantity(size) is None:
        raise UsageError(f"the size is an amount such as '1Gi', not {size!r}: {usage}")
    if access_modes is not None and (
        isinstance(access_modes, str) or not access_modes or any(mode not in _MODES for mode in access_modes)
    ):
        raise UsageError(f"access modes are a list of {', '.join(_MODES)}, not {access_modes!r}")
    if storage_class is not None and not isinstance(storage_class, str):
        raise UsageError(f"the storage class is a name, not {storage_class!r}")
