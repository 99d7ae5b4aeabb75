"""Deployments and pods: what runs, who owns it, and whether it stays up."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import ClassVar, NamedTuple

from checks import explain
from checks.cluster import Cluster, Object
from checks.errors import CheckFailed, Hopeless, UsageError
from checks.noun import Noun, check
from checks.objects import (
    carries,
    condition,
    controller,
    dig,
    finished,
    labels,
    name,
    observed,
    ready,
    restarts,
    terminating,
    uid,
    written,
)


class Pod(Noun):
    """One pod, known by its UID: a pod of the same name that came later is another one."""

    kind = "Pod"
    kinds: ClassVar[tuple[str, ...]] = ("Pod",)

    def __init__(self, cluster: Cluster, namespace: str, name: str, uid: str, restarts: int = 0) -> None:
        """`restarts` is the count from which new restarts are told."""
        super().__init__(cluster, namespace, name)
        self.uid, self.restarts = uid, restarts

    @classmethod
    def of(cls, cluster: Cluster, obj: Object) -> Pod:
        """Return the noun for a pod as it was read."""
        return cls(cluster, obj["metadata"]["namespace"], name(obj), uid(obj), restarts(obj))

    def get(self) -> Object | None:
        """Read this very pod; None when it is gone, though its name may be taken again."""
        found = super().get()
        return found if found is not None and uid(found) == self.uid else None

    @check
    def keeps_running(self, *, ready: bool = True) -> None:
        """The pod is the same one, has not been restarted, and is Ready (`ready=False`: or not)."""
        pod = self.get()
        expected = f"{self.name} is the same pod, without a restart" + (", and Ready" if ready else "")
        look_at = f"kubectl -n {self.namespace} describe pod {self.name}"
        if pod is None or terminating(pod):
            found = "it is being deleted" if pod else "it is gone"
            raise CheckFailed(expected=expected, found=found, look_at=f"kubectl -n {self.namespace} get pods")
        again = restarts(pod) - self.restarts
        phase = dig(pod, "status", "phase", default="Unknown")
        if again > 0:
            found = "it was restarted once" if again == 1 else f"it was restarted {again} times"
        elif phase != "Running":
            found = f"its phase is {phase}"
        elif ready and condition(pod, "Ready").get("status") != "True":
            found = "it is not Ready"
        else:
            return
        raise CheckFailed(
            expected=expected,
            found=found,
            because=lambda: explain.pods_not_ready(self.cluster, [pod]),
            look_at=look_at,
        )

    @check
    def is_gone(self) -> None:
        """The pod does not exist any more."""
        pod = self.get()
        if pod is not None:
            raise CheckFailed(
                expected=f"{self.name} is gone",
                found="it is being deleted" if terminating(pod) else f"it is {_state(pod)}",
                look_at=f"kubectl -n {self.namespace} get pod {self.name}",
            )


class Workload(Noun):
    """Something that makes pods and owns them."""

    @property
    def pods(self) -> list[Pod]:
        """Return the pods that the workload owns now, those on their way out left out, by name.

        Raises:
            CheckFailed: there is none.
        """
        found = [pod for pod in self.owned_pods() if not terminating(pod) and not finished(pod)]
        if not found:
            failure = self.without_pods("a pod")
            failure.read_cause()
            raise failure
        return [Pod.of(self.cluster, pod) for pod in sorted(found, key=name)]

    def ready_pods(self) -> list[Object]:
        """Read the workload's Ready pods.

        Raises:
            CheckFailed: there is none.
        """
        owned = self.owned_pods()
        found = [pod for pod in owned if ready(pod)]
        if not found:
            raise self.without_pods("a Ready pod", owned)
        return found

    @abstractmethod
    def owned_pods(self) -> list[Object]:
        """Read all pods that the workload owns, by UID and never by label."""
        raise NotImplementedError

    def without_pods(self, wanted: str, owned: Sequence[Object] = ()) -> CheckFailed:
        """Return the failure of a workload that has no pod to speak of."""
        obj = self.get()
        if obj is None:
            return self.absent()
        return CheckFailed(
            expected=f"{self} has {wanted}",
            found=f"it has {len(owned)}, not one of them Ready" if owned else "it has none",
            because=lambda: self.why_not_ready(owned),
            look_at=f"kubectl -n {self.namespace} get {self.kind.lower()},pods",
        )

    def why_not_ready(self, owned: Sequence[Object]) -> str:
        """Read why pods are missing or not Ready."""
        return explain.pods_not_ready(self.cluster, owned)

    def absent(self) -> CheckFailed:
        """Return the failure of a workload that does not exist."""
        return CheckFailed(
            expected=f"{self} exists",
            found=f"no such {self.kind}",
            because=lambda: explain.missing(self.cluster, self.namespace, self.kind, self.name),
            look_at=f"kubectl -n {self.namespace} get {self.kind.lower()}s",
        )

    def read(self) -> Object:
        """Read the workload's object.

        Raises:
            CheckFailed: it does not exist.
        """
        obj = self.get()
        if obj is None:
            raise self.absent()
        return obj


class Deployment(Workload):
    """A Deployment and the pods of its ReplicaSets."""

    kind = "Deployment"
    kinds: ClassVar[tuple[str, ...]] = ("Deployment", "ReplicaSet", "Pod")
    patience = 60.0

    @check
    def rolled_out(self) -> None:
        """The Deployment has all its replicas, of its present template, available, and no others.

        As `kubectl rollout status` decides it, but 0 replicas are nothing to be rolled out, and more than
        are asked for are too many.
        """
        deployment = self.read()
        wanted = dig(deployment, "spec", "replicas", default=1)
        count = {
            key: dig(deployment, "status", key, default=0)
            for key in ("replicas", "updatedReplicas", "availableReplicas")
        }
        updated, available = count["updatedReplicas"], count["availableReplicas"]
        old = count["replicas"] - updated
        if wanted < 1:
            found = "0 replicas are asked for"
        elif not observed(deployment):
            found = "the change is not taken up yet"
        elif condition(deployment, "Progressing").get("reason") == "ProgressDeadlineExceeded":
            found = f"{available} of {wanted} available, progress deadline exceeded"
        elif updated < wanted:
            found = f"{updated} of {wanted} made from the present template"
        elif updated > wanted:
            found = f"{updated} there, {wanted} asked for"
        elif old > 0:
            found = f"{old} of an older template still there"
        elif available < updated:
            found = f"{available} of {updated} available"
        else:
            return
        replica_sets = self.replica_sets(deployment)
        owned = self.owned_pods(deployment)
        failure = Hopeless if _hopeless(owned, replica_sets) else CheckFailed
        raise failure(
            expected=f"{max(wanted, 1)} replica{'s' * (wanted > 1)} available, of the present template only",
            found=found,
            because=lambda: self.why_not_ready(owned),
            look_at=f"kubectl -n {self.namespace} rollout status deployment {self.name}",
        )

    @check(hold=0)
    def runs_image(self, *names: str) -> None:
        """A container of the Deployment's pod template runs one of these images.

        A name without a tag takes every tag; `nginx` is also `docker.io/library/nginx`.
        """
        if not names:
            raise UsageError("runs_image(…) needs the name of an image")
        accepted = [image_name(wanted) for wanted in names]
        containers = dig(self.read(), "spec", "template", "spec", "containers", default=[])
        images = [str(container.get("image")) for container in containers]
        if not any(image_name(image).is_a(wanted) for image in images for wanted in accepted):
            raise CheckFailed(
                expected=" or ".join(names),
                found=", ".join(images) or "no container",
                look_at=f"kubectl -n {self.namespace} get deployment {self.name} -o wide",
            )

    @check(hold=0)
    def selects_exactly(self, /, **labels: str) -> None:
        """The Deployment's selector is these labels and nothing else."""
        _some(labels, "selects_exactly")
        selector = dig(self.read(), "spec", "selector", default={})
        has = dict(dig(selector, "matchLabels", default={}))
        others = []
        for rule in dig(selector, "matchExpressions", default=[]):
            if rule["operator"] == "In" and len(rule["values"]) == 1:
                has[rule["key"]] = rule["values"][0]
            else:
                values = " ".join(rule.get("values") or [])
                others.append(f"{rule['key']} {rule['operator']} {values}".strip())
        if has != labels or others:
            raise CheckFailed(
                expected=written(labels),
                found=",".join([*([written(has)] if has else []), *others]) or "no label",
                look_at=f"kubectl -n {self.namespace} get deployment {self.name} -o wide",
            )

    @check
    def template_carries(self, /, **wanted: str) -> None:
        """The Deployment's pod template has these labels, and so has every pod that it owns."""
        _some(wanted, "template_carries")
        deployment = self.read()
        look_at = f"kubectl -n {self.namespace} get pods --show-labels"
        template = dig(deployment, "spec", "template", default={})
        if not carries({"metadata": dig(template, "metadata", default={})}, wanted):
            has = written(explain.labels_of(template))
            own = written(dict(wanted.items() & labels(deployment).items()))
            raise CheckFailed(
                expected=f"pod template with {written(wanted)}",
                found=f"pod template with {has or 'no label'}",
                because=f"{own} is on the metadata of {self}, not on its pod template" if own else "",
                look_at=f"kubectl -n {self.namespace} get deployment {self.name} -o yaml",
            )
        owned = [pod for pod in self.owned_pods(deployment) if not terminating(pod)]
        if not owned:
            raise self.without_pods("a pod")
        lacking = [pod for pod in owned if not carries(pod, wanted)]
        if lacking:
            raise CheckFailed(
                expected=f"{written(wanted)} on every pod of {self}",
                found="\n".join(
                    f"{name(pod)} has {' and '.join(explain.differing_labels(pod, wanted))}"
                    for pod in sorted(lacking, key=name)
                ),
                look_at=look_at,
            )

    @check(hold=0)
    def replaces(self, pod: Pod) -> None:
        """The pod is gone or going, and as many others as the Deployment asks for are Ready.

        One reading is enough: a UID never comes back. That the others stay is a matter of `rolled_out`.
        """
        if not isinstance(pod, Pod):
            raise UsageError(f"replaces(…) takes a pod such as app.deployment('web').pods[0], not {pod!r}")
        deployment = self.read()
        wanted = max(1, dig(deployment, "spec", "replicas", default=1))
        old = pod.get()
        others = [other for other in self.owned_pods(deployment) if uid(other) != pod.uid]
        count = sum(ready(other) for other in others)
        if old is not None and not terminating(old):
            found = f"{pod.name} is still {_state(old)}"
        elif count < wanted:
            found = f"{count} of {wanted} Ready"
        else:
            return
        raise CheckFailed(
            expected=f"{wanted} Ready pod{'s' * (wanted > 1)} of {self} in place of {pod.name}",
            found=found,
            because=lambda: self.why_not_ready(others),
            look_at=f"kubectl -n {self.namespace} get pods",
        )

    @contextmanager
    def scaled(self, *, to: int) -> Iterator[None]:
        """Run the block with another number of replicas; set the former number again, whatever happens."""
        if isinstance(to, bool) or not isinstance(to, int) or to < 0:
            raise UsageError(f"scaled(to=…) takes a number of replicas, not {to!r}")
        try:
            former = dig(self.read(), "spec", "replicas", default=1)
        except CheckFailed as failure:
            failure.read_cause()
            raise
        try:
            self.cluster.scale(self.kind, self.name, self.namespace, to)
            yield
        finally:
            self.cluster.scale(self.kind, self.name, self.namespace, former)

    def owned_pods(self, deployment: Object | None = None) -> list[Object]:
        """Read all pods of the ReplicaSets that the Deployment owns."""
        owners = {uid(item) for item in self.replica_sets(deployment)}
        if not owners:
            return []
        return [
            pod
            for pod in self.cluster.list("Pod", self.namespace)
            if (owner := controller(pod)) and owner["uid"] in owners
        ]

    def replica_sets(self, deployment: Object | None = None) -> list[Object]:
        """Read the ReplicaSets that the Deployment owns."""
        deployment = deployment or self.get()
        if deployment is None:
            return []
        return [
            item
            for item in self.cluster.list("ReplicaSet", self.namespace)
            if (owner := controller(item)) and owner["uid"] == uid(deployment)
        ]

    def why_not_ready(self, owned: Sequence[Object]) -> str:
        """Read why pods are missing or not Ready."""
        return explain.refused_pods(self.replica_sets()) or super().why_not_ready(owned)


class ImageName(NamedTuple):
    """An image as a container runtime reads its name."""

    repository: str
    tag: str
    """Empty when the name has none."""
    digest: str

    def is_a(self, wanted: ImageName) -> bool:
        """Return whether this image goes by the wanted name: its repository, and its tag if it has one."""
        return self.repository == wanted.repository and (
            not (wanted.tag or wanted.digest)
            or (wanted.digest == self.digest if wanted.digest else wanted.tag == (self.tag or "latest"))
        )


def image_name(text: str) -> ImageName:
    """Read an image name; no registry means docker.io, no folder there means library.

    Source: https://pkg.go.dev/github.com/distribution/reference#ParseNormalizedNamed
    """
    rest, _, digest = text.strip().partition("@")
    head, slash, tail = rest.rpartition("/")
    last, _, tag = tail.partition(":")
    repository = head + slash + last
    first, slash, below = repository.partition("/")
    if not slash or not ("." in first or ":" in first or first == "localhost"):
        first, below = "docker.io", repository
    if first in ("docker.io", "index.docker.io"):
        first, below = "docker.io", below if "/" in below else f"library/{below}"
    return ImageName(f"{first}/{below}", tag, digest)


def _some(wanted: Mapping[str, str], verb: str) -> None:
    if not wanted:
        raise UsageError(f"{verb}(…) needs a label, such as {verb}(app='web')")


def _state(pod: Object) -> str:
    return "Ready" if ready(pod) else str(dig(pod, "status", "phase", default="there"))


def _hopeless(owned: Sequence[Object], replica_sets: Sequence[Object]) -> bool:
    """Return whether every pod that is missing is missing for good."""
    waiting = [pod for pod in owned if not ready(pod) and not terminating(pod)]
    refusals = [explain.refusal(item) for item in replica_sets]
    return (bool(waiting) and all(explain.stuck(pod) for pod in waiting)) or any(
        "violates PodSecurity" in refusal for refusal in refusals
    )
