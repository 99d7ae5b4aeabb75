"""Pods, what all workloads share, and Deployments: what runs, who owns it, and whether it stays up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, NamedTuple

from checks import explain
from checks.cluster import Cluster, Object
from checks.configuration import Container
from checks.errors import CheckFailed, Hopeless, UsageError
from checks.noun import Noun, check
from checks.objects import (
    carries,
    condition,
    container_statuses,
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
from checks.probes import Probe, Which, no_probe, probed

_REVISION = "deployment.kubernetes.io/revision"
_MOST = 5
"""Differences that one message tells."""


class Pod(Noun):
    """One pod, known by its UID: a pod of the same name that came later is another one."""

    kind = "Pod"
    kinds: ClassVar[tuple[str, ...]] = ("Pod",)

    def __init__(self, cluster: Cluster, namespace: str, name: str, uid: str, restarts: int = 0) -> None:
        """`restarts` is the count from which new restarts are told."""
        super().__init__(cluster, namespace, name)
        self.uid, self.restarts_before = uid, restarts

    @classmethod
    def of(cls, cluster: Cluster, obj: Object) -> Pod:
        """Return the noun for a pod as it was read."""
        return cls(cluster, obj["metadata"]["namespace"], name(obj), uid(obj), restarts(obj))

    def get(self) -> Object | None:
        """Read this very pod; None when it is gone, though its name may be taken again."""
        found = super().get()
        return found if found is not None and uid(found) == self.uid else None

    def container(self, name: str | None = None) -> Container:
        """Return a container of the pod; its name may be left out when there is one only."""
        return Container(self, name)

    def template(self, obj: Object) -> Object:
        """Return the pod itself: it is made from nothing else."""
        return obj

    def ready_pods(self) -> list[Object]:
        """Read the pod.

        Raises:
            CheckFailed: it is not Ready.
        """
        expected = f"{self.name} is Ready"
        pod = self._there(expected)
        if not ready(pod):
            phase = dig(pod, "status", "phase", default="Unknown")
            failure = Hopeless if explain.stuck(pod) or finished(pod) else CheckFailed
            raise failure(
                expected=expected,
                found="it is not Ready" if phase == "Running" else f"its phase is {phase}",
                because=lambda: explain.pods_not_ready(self.cluster, [pod]),
                look_at=f"kubectl -n {self.namespace} describe pod {self.name}",
            )
        return [pod]

    def probe(self, which: Which, *, container: str | None = None) -> Probe:
        """Return a probe of the pod: "readiness", "liveness" or "startup"."""
        return Probe(self, which, container)

    def pod_spec(self) -> Object:
        """Read the spec of the pod."""
        found: Object = dig(self.read(), "spec", default={})
        return found

    def running_pods(self) -> list[Object]:
        """Read the pod.

        Raises:
            CheckFailed: it does not run.
        """
        expected = f"{self.name} runs"
        pod = self._there(expected)
        phase = dig(pod, "status", "phase", default="Unknown")
        if phase != "Running":
            raise CheckFailed(
                expected=expected,
                found=f"its phase is {phase}",
                because=lambda: explain.pods_not_ready(self.cluster, [pod]),
                look_at=f"kubectl -n {self.namespace} describe pod {self.name}",
            )
        return [pod]

    @check
    def is_ready(self) -> None:
        """The pod is Ready.

        >>> eventually(app.deployment("web").pods[0]).is_ready()
        """
        self.ready_pods()

    def _there(self, expected: str) -> Object:
        pod = self.get()
        if pod is None or terminating(pod):
            found = "it is being deleted" if pod else "it is gone"
            raise CheckFailed(expected=expected, found=found, look_at=f"kubectl -n {self.namespace} get pods")
        return pod

    @check
    def keeps_running(self, *, ready: bool = True) -> None:
        """The pod is the same one, has not been restarted, and is Ready (`ready=False`: or not).

        >>> consistently(app.deployment("web").pods[0], during=10).keeps_running()
        """
        expected = f"{self.name} is the same pod, without a restart" + (", and Ready" if ready else "")
        pod = self._there(expected)
        again = restarts(pod) - self.restarts_before
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
            look_at=f"kubectl -n {self.namespace} describe pod {self.name}",
        )

    @check(hold=0)
    def restarts(self) -> None:
        """A container of the pod was started again, and the pod is the same.

        >>> pod = app.deployment("web").pods[0]
        >>> with faults.not_live(pod):
        ...     eventually(pod).restarts()
        """
        expected = f"a container of {self.name} is started again"
        pod = self._there(expected)
        if restarts(pod) > self.restarts_before:
            return
        failure = Hopeless if finished(pod) else CheckFailed
        raise failure(
            expected=expected,
            found=f"its phase is {dig(pod, 'status', 'phase')}" if finished(pod) else "no restart",
            because=lambda: self._why_no_restart(pod),
            look_at=f"kubectl -n {self.namespace} describe pod {self.name}",
            settles=False,
        )

    def _why_no_restart(self, pod: Object) -> str:
        policy = dig(pod, "spec", "restartPolicy", default="Always")
        if finished(pod):
            return f"its restartPolicy is {policy}" if policy != "Always" else ""
        if said := explain.pods_not_ready(self.cluster, [pod]):
            return said
        spec = dig(pod, "spec", default={})
        if probed(spec, "liveness"):
            return ""
        return f"no container has a livenessProbe: {no_probe(spec, 'liveness')[1]}"

    @check
    def never_restarted(self) -> None:
        """All containers of the pod run, and none of them was started again since the pod was made.

        >>> eventually(app.deployment("web").pods[0]).never_restarted()
        """
        expected = f"the containers of {self.name} run, each for the first time"
        pod = self._there(expected)
        statuses = container_statuses(pod)
        again = [status for status in statuses if status.get("restartCount")]
        regular = dig(pod, "status", "containerStatuses", default=[])
        waiting = [status for status in regular if dig(status, "state", "running") is None]
        if again:
            found = ", ".join(f"container {item['name']} restarted {_times(item)}" for item in again)
        elif waiting or not regular:
            found = ", ".join(f"container {item['name']} does not run" for item in waiting)
        else:
            return
        raise CheckFailed(
            expected=expected,
            found=found or "no container has run",
            because=lambda: self._why_restarted(pod),
            look_at=f"kubectl -n {self.namespace} describe pod {self.name}",
        )

    def _why_restarted(self, pod: Object) -> str:
        killed = explain.last_event(self.cluster, pod, "Killing", begins="Container ")
        failed = explain.last_event(self.cluster, pod, "Unhealthy")
        by_probe = [killed, failed] if "probe" in killed else []
        return "\n".join(filter(None, by_probe)) or explain.pods_not_ready(self.cluster, [pod])

    @check
    def is_gone(self) -> None:
        """The pod does not exist any more.

        >>> pod = app.deployment("web").pods[0]
        >>> with app.deployment("web").scaled(to=0):
        ...     eventually(pod).is_gone()
        """
        pod = self.get()
        if pod is not None:
            raise CheckFailed(
                expected=f"{self.name} is gone",
                found="it is being deleted" if terminating(pod) else f"it is {_state(pod)}",
                look_at=f"kubectl -n {self.namespace} get pod {self.name}",
            )


def replicas(obj: Object) -> int:
    """Return how many replicas are asked for."""
    return int(dig(obj, "spec", "replicas", default=1))


class Workload(Noun):
    """Something that makes pods and owns them."""

    def probe(self, which: Which, *, container: str | None = None) -> Probe:
        """Return a probe of the workload's pod template: "readiness", "liveness" or "startup"."""
        return Probe(self, which, container)

    def pod_spec(self) -> Object:
        """Read the spec in the pod template."""
        found: Object = dig(self.template(self.read()), "spec", default={})
        return found

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

    def running_pods(self) -> list[Object]:
        """Read the workload's pods that run, Ready or not.

        Raises:
            CheckFailed: there is none.
        """
        owned = self.owned_pods()
        found = [pod for pod in owned if dig(pod, "status", "phase") == "Running" and not terminating(pod)]
        if not found:
            raise self.without_pods("a running pod", owned)
        return found

    def owned_pods(self, obj: Object | None = None) -> list[Object]:
        """Read all pods that the workload (as it was read) owns, by UID and never by label."""
        obj = obj or self.get()
        return self.owned("Pod", self.owners(obj)) if obj else []

    def owners(self, obj: Object) -> list[Object]:
        """Read what owns the pods: the workload itself, if it has nobody else make them."""
        return [obj]

    def owned(self, kind: str, owners: Sequence[Object]) -> list[Object]:
        """Read the objects of a kind that one of the owners manages."""
        uids = {uid(owner) for owner in owners}
        if not uids:
            return []
        return [
            item
            for item in self.cluster.list(kind, self.namespace)
            if (owner := controller(item)) and owner["uid"] in uids
        ]

    def container(self, name: str | None = None) -> Container:
        """Return a container of the pods; its name may be left out when there is one only."""
        return Container(self, name)

    def template(self, obj: Object) -> Object:
        """Return the template of the pods, empty if there is none."""
        found: Object = dig(obj, "spec", "template", default={})
        return found

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
        obj = self.get()
        owners = self.owners(obj) if obj else []
        return (
            explain.refused_pods(owners)
            or explain.pods_not_ready(self.cluster, owned)
            or ("" if owned else self._refused(owners))
        )

    def _refused(self, owners: Sequence[Object]) -> str:
        """Read the refusal of pods where it is no condition: only ReplicaSets have that one."""
        events = (explain.last_event(self.cluster, owner, "FailedCreate") for owner in owners)
        said = next(filter(None, events), "")
        return f"the cluster refuses to create its pods: {said}" if said else ""

    def read_now(self) -> Object:
        """Read the workload's object outside of a check.

        Raises:
            CheckFailed: it does not exist; the cause is read.
        """
        try:
            return self.read()
        except CheckFailed as failure:
            failure.read_cause()
            raise

    @check(hold=0)
    def runs_image(self, *names: str) -> None:
        """A container of the workload's pod template runs one of these images.

        A name without a tag takes every tag; `nginx` is also `docker.io/library/nginx`.

        >>> eventually(app.deployment("web")).runs_image("nginx:1.27")
        """
        if not names:
            raise UsageError("runs_image(…) needs the name of an image")
        accepted = [image_name(wanted) for wanted in names]
        containers = dig(self.template(self.read()), "spec", "containers", default=[])
        images = [str(container.get("image")) for container in containers]
        if not any(image_name(image).is_a(wanted) for image in images for wanted in accepted):
            raise CheckFailed(
                expected=" or ".join(names),
                found=", ".join(images) or "no container",
                look_at=f"kubectl -n {self.namespace} get {self.kind.lower()} {self.name} -o wide",
            )

    @check
    def template_carries(self, /, **wanted: str) -> None:
        """The workload's pod template has these labels, and so has every pod that it owns.

        >>> eventually(app.deployment("web")).template_carries(tier="front")
        """
        _some(wanted, "template_carries")
        obj = self.read()
        look_at = f"kubectl -n {self.namespace} get pods --show-labels"
        template = self.template(obj)
        if not carries({"metadata": dig(template, "metadata", default={})}, wanted):
            has = written(explain.labels_of(template))
            own = written(dict(wanted.items() & labels(obj).items()))
            raise CheckFailed(
                expected=f"pod template with {written(wanted)}",
                found=f"pod template with {has or 'no label'}",
                because=f"{own} is on the metadata of {self}, not on its pod template" if own else "",
                look_at=f"kubectl -n {self.namespace} get {self.kind.lower()} {self.name} -o yaml",
            )
        owned = [pod for pod in self.owned_pods(obj) if not terminating(pod)]
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


class LongRunning(Workload):
    """A workload whose pods are to stay: it is never done."""

    rollout_command: ClassVar[str] = "rollout status"
    """What kubectl shows a rollout with."""

    @check
    def rolled_out(self) -> None:
        """The workload has all its pods, of its present template, available, and no others.

        As `kubectl rollout status` decides it, but 0 pods are nothing to be rolled out, and more replicas
        than are asked for are too many. A StatefulSet with a partition has all pods, those above it new.

        >>> eventually(app.deployment("web")).rolled_out()
        """
        obj = self.read()
        found = self.unfinished(obj)
        if not found:
            return
        owned = self.owned_pods(obj)
        failure = Hopeless if hopeless(owned, self.owners(obj)) else CheckFailed
        raise failure(
            expected=self.goal(obj),
            found=found,
            because=lambda: self.why_not_ready(owned),
            look_at=f"kubectl -n {self.namespace} {self.rollout_command} {self.kind.lower()} {self.name}",
        )

    @check
    def keeps_available(self, at_least: int) -> None:
        """At least so many pods of the workload are Ready.

        >>> consistently(app.deployment("web"), during=10).keeps_available(3)
        """
        _positive(at_least, "keeps_available(…) takes a number of pods")
        obj = self.read()
        owned = self.owned_pods(obj)
        there = sorted(name(pod) for pod in owned if ready(pod))
        if len(there) < at_least:
            raise CheckFailed(
                expected=f"at least {at_least} Ready pod{'s' * (at_least > 1)} of {self}",
                found=f"{len(there)}: {', '.join(there)}" if there else "none",
                because=self.may_be_missing(obj, at_least) or (lambda: self.why_not_ready(owned)),
                look_at=f"kubectl -n {self.namespace} get {self.kind.lower()},pods",
            )

    def may_be_missing(self, obj: Object, at_least: int) -> str:
        """Say what in the workload lets more pods be missing than there may be; nothing if nothing does."""
        return ""

    def unfinished(self, obj: Object) -> str:
        """Return what the rollout lacks, nothing when it is done."""
        raise NotImplementedError

    def goal(self, obj: Object) -> str:
        """Return what there is when the rollout is done."""
        raise NotImplementedError

    @check(hold=0)
    def selects_exactly(self, /, **labels: str) -> None:
        """The workload's selector is these labels and nothing else.

        >>> eventually(app.deployment("web")).selects_exactly(app="web")
        """
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
                look_at=f"kubectl -n {self.namespace} get {self.kind.lower()} {self.name} -o wide",
            )


class Replicated(LongRunning):
    """A workload with a number of replicas."""

    def unfinished(self, obj: Object) -> str:
        """Return what the rollout lacks, nothing when it is done."""
        wanted = replicas(obj)
        if wanted < 1:
            return "0 replicas are asked for"
        return self.lacks(obj, wanted) if observed(obj) else "the change is not taken up yet"

    def lacks(self, obj: Object, wanted: int) -> str:
        """Return what the status lacks of so many replicas."""
        raise NotImplementedError

    def goal(self, obj: Object) -> str:
        """Return what there is when the rollout is done."""
        wanted = max(replicas(obj), 1)
        return f"{wanted} replica{'s' * (wanted > 1)} available, of the present template only"

    @check(hold=0)
    def replaces(self, pod: Pod) -> None:
        """The pod is gone or going, and as many others as the workload asks for are Ready.

        One reading is enough: a UID never comes back. That the others stay is a matter of `rolled_out`.

        >>> pod = app.deployment("web").pods[0]
        >>> with faults.killed(pod):
        ...     eventually(app.deployment("web")).replaces(pod)
        """
        if not isinstance(pod, Pod):
            raise UsageError(f"replaces(…) takes a pod such as app.deployment('web').pods[0], not {pod!r}")
        obj = self.read()
        wanted = max(1, replicas(obj))
        old = pod.get()
        others = [other for other in self.owned_pods(obj) if uid(other) != pod.uid]
        fresh = [other for other in others if ready(other)]
        if old is not None and not terminating(old):
            found = f"{pod.name} is still {_state(old)}"
        else:
            found = self.not_replaced(pod, fresh, wanted)
        if not found:
            return
        raise CheckFailed(
            expected=self.in_place_of(pod, wanted),
            found=found,
            because=lambda: self.why_not_ready(others),
            look_at=f"kubectl -n {self.namespace} get pods",
        )

    def in_place_of(self, pod: Pod, wanted: int) -> str:
        """Return what there is when a pod is replaced."""
        return f"{wanted} Ready pod{'s' * (wanted > 1)} of {self} in place of {pod.name}"

    def not_replaced(self, pod: Pod, fresh: Sequence[Object], wanted: int) -> str:
        """Return what the other pods that are Ready lack to be a replacement."""
        return "" if len(fresh) >= wanted else f"{len(fresh)} of {wanted} Ready"

    @contextmanager
    def scaled(self, *, to: int) -> Iterator[None]:
        """Run the block with another number of replicas; set the former number again, whatever happens.

        >>> with app.deployment("web").scaled(to=3):
        ...     eventually(app.deployment("web")).rolled_out()
        """
        if isinstance(to, bool) or not isinstance(to, int) or to < 0:
            raise UsageError(f"scaled(to=…) takes a number of replicas, not {to!r}")
        former = replicas(self.read_now())
        try:
            self.cluster.scale(self.kind, self.name, self.namespace, to)
            yield
        finally:
            self.cluster.scale(self.kind, self.name, self.namespace, former)


class Deployment(Replicated):
    """A Deployment and the pods of its ReplicaSets."""

    kind = "Deployment"
    kinds: ClassVar[tuple[str, ...]] = ("Deployment", "ReplicaSet", "Pod")
    patience = 60.0

    def lacks(self, obj: Object, wanted: int) -> str:
        """Return what the status lacks of so many replicas."""
        there, updated, available = (
            dig(obj, "status", key, default=0) for key in ("replicas", "updatedReplicas", "availableReplicas")
        )
        if condition(obj, "Progressing").get("reason") == "ProgressDeadlineExceeded":
            return f"{available} of {wanted} available, progress deadline exceeded"
        if updated < wanted:
            return f"{updated} of {wanted} made from the present template"
        if updated > wanted:
            return f"{updated} there, {wanted} asked for"
        if there > updated:
            return f"{there - updated} of an older template still there"
        return f"{available} of {updated} available" if available < updated else ""

    def may_be_missing(self, obj: Object, at_least: int) -> str:
        """Say what in the strategy lets more pods be missing than there may be.

        Source: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#max-unavailable
        """
        wanted = replicas(obj)
        if wanted < at_least:
            return f"it asks for {wanted} replica{'s' * (wanted != 1)}"
        if dig(obj, "spec", "strategy", "type") == "Recreate":
            return "its strategy is Recreate: all old pods end before the first new one starts"
        said = dig(obj, "spec", "strategy", "rollingUpdate", "maxUnavailable", default="25%")
        percent = str(said).endswith("%")
        missing = int(str(said)[:-1]) * wanted // 100 if percent else int(said)
        if wanted - missing >= at_least:
            return ""
        return f"its maxUnavailable of {said} lets {missing} of {wanted} pods be missing during a rollout"

    @check
    def keeps_revisions(self, at_least: int) -> None:
        """The Deployment keeps so many revisions to roll back to, or more, the present one included.

        >>> eventually(app.deployment("web")).keeps_revisions(2)
        """
        _positive(at_least, "keeps_revisions(…) takes a number of revisions")
        deployment = self.read()
        kept = self._revisions(deployment)
        if len(kept) < at_least:
            raise CheckFailed(
                expected=f"{at_least} revision{'s' * (at_least > 1)} of {self}, or more",
                found=_listed(kept),
                because=lambda: _history_limit(deployment, kept),
                look_at=f"kubectl -n {self.namespace} rollout history deployment {self.name}",
            )

    @check
    def has_template_of(self, revision: int) -> None:
        """The Deployment's pod template is that of this revision.

        A revision that was rolled back to goes on under a new number; its old one is still known.

        >>> eventually(app.deployment("web")).has_template_of(revision=1)
        """
        _positive(revision, "has_template_of(…) takes the number of a revision")
        deployment = self.read()
        kept = self._revisions(deployment)
        look_at = f"kubectl -n {self.namespace} rollout history deployment {self.name} --revision={revision}"
        wanted = next((item for numbers, item in kept if str(revision) in numbers), None)
        if wanted is None:
            raise CheckFailed(
                expected=f"the pod template of revision {revision}",
                found=_listed(kept),
                because=lambda: _history_limit(deployment, kept),
                look_at=look_at.rpartition(" ")[0],
            )
        expected, found = _leaves(self.template(wanted)), _leaves(self.template(deployment))
        differing = sorted(
            key for key in expected.keys() | found.keys() if expected.get(key) != found.get(key)
        )
        if differing or not expected:
            raise CheckFailed(
                expected=f"the pod template of revision {revision}" + _values(expected, differing),
                found="another pod template" + _values(found, differing),
                look_at=look_at,
            )

    def owners(self, obj: Object) -> list[Object]:
        """Read the ReplicaSets that the Deployment owns."""
        return self.owned("ReplicaSet", [obj])

    def _revisions(self, deployment: Object) -> list[tuple[list[str], Object]]:
        """Read the ReplicaSets, each with the numbers of its revision: the present one, and former ones."""
        found = []
        for item in self.owners(deployment):
            notes = dig(item, "metadata", "annotations", default={})
            if now := notes.get(_REVISION):
                found.append(([now, *notes.get(f"{_REVISION}-history", "").split(",")], item))
        return sorted(found, key=lambda kept: (len(kept[0][0]), kept[0][0]))


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


def _times(status: Object) -> str:
    times = int(status.get("restartCount") or 0)
    return "once" if times == 1 else f"{times} times"


def _state(pod: Object) -> str:
    return "Ready" if ready(pod) else str(dig(pod, "status", "phase", default="there"))


def hopeless(owned: Sequence[Object], owners: Sequence[Object]) -> bool:
    """Return whether every pod that is missing is missing for good."""
    waiting = [pod for pod in owned if not ready(pod) and not terminating(pod)]
    refusals = [explain.refusal(item) for item in owners]
    return (bool(waiting) and all(explain.stuck(pod) for pod in waiting)) or any(
        "violates PodSecurity" in refusal for refusal in refusals
    )


def _positive(number: int, says: str) -> None:
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        raise UsageError(f"{says}, 1 or more, not {number!r}")


def _listed(kept: Sequence[tuple[list[str], Object]]) -> str:
    numbers = ", ".join(numbers[0] for numbers, _ in kept)
    return f"revision{'s' * (len(kept) > 1)} {numbers}" if kept else "no revision"


def _history_limit(deployment: Object, kept: Sequence[object]) -> str:
    """Say that older ReplicaSets are deleted, if there are as many as may stay."""
    limit = dig(deployment, "spec", "revisionHistoryLimit")
    if limit is None or len(kept) - 1 < limit:
        return ""
    return f"revisionHistoryLimit is {limit}: ReplicaSets of older revisions are deleted"


def _leaves(template: Object) -> dict[str, Any]:
    """Return the values of a pod template by their paths, without the label that tells ReplicaSets apart."""
    found: dict[str, Any] = {}

    def walk(value: Any, path: str) -> None:  # noqa: ANN401 - JSON has no narrower type
        if isinstance(value, Mapping) and value:
            for key, part in value.items():
                walk(part, f"{path}.{key}" if path else key)
        elif isinstance(value, list) and value:
            for number, part in enumerate(value):
                walk(part, f"{path}[{number}]")
        elif value is not None:
            found[path] = value

    walk(template, "")
    found.pop("metadata.labels.pod-template-hash", None)
    found.pop("", None)
    return found


def _values(leaves: Mapping[str, Any], paths: Sequence[str]) -> str:
    said = [f"\n{path}: {leaves.get(path, '(not set)')}" for path in paths[:_MOST]]
    return "".join(said) + (f"\nand {len(paths) - _MOST} more" if len(paths) > _MOST else "")
