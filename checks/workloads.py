"""What all workloads share: what runs, who owns it, and whether it is all there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import ClassVar

from checks import endpoints, explain
from checks.cluster import Object
from checks.configuration import Container
from checks.errors import CheckFailed, Hopeless, UsageError
from checks.image_names import image_name
from checks.message import listed
from checks.noun import Noun, check
from checks.objects import (
    carries,
    controller,
    dig,
    finished,
    labels,
    name,
    observed,
    ready,
    terminating,
    uid,
    written,
)
from checks.observations import Measured, disturbed, measure
from checks.pod_resources import Qos, refuse_no_qos, require_qos
from checks.pods import Pod, state
from checks.probes import Probe, Which


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

    def stands_on(self) -> list[Object]:
        """Read all pods that the workload owns."""
        return self.owned_pods()

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
                expected=f"{self} runs {' or '.join(names)}",
                found=", ".join(images) or "no container",
                look_at=f"kubectl -n {self.namespace} get {self.kind.lower()} {self.name} -o wide",
            )

    @check
    def is_internal(self) -> None:
        """The workload has a Ready pod, and no Service leads to its pods from outside of the cluster.

        That is one with a node port, a load balancer or external addresses, whatever it is called.

        Source: https://kubernetes.io/docs/concepts/services-networking/service/#publishing-services-service-types

        >>> eventually(app.deployment("db")).is_internal()
        """
        pods = self.ready_pods()
        open_doors = [
            f"Service `{name(service)}`: {door}"
            for service in self.cluster.list("Service", self.namespace)
            if (door := endpoints.doors(service)) and self._is_behind(service, pods)
        ]
        if open_doors:
            raise CheckFailed(
                expected=f"no Service leads to {self} from outside of the cluster",
                found=listed(open_doors),
                look_at=f"kubectl -n {self.namespace} get services",
            )

    def _is_behind(self, service: Object, pods: Sequence[Object]) -> bool:
        """Return whether a Service selects one of these pods, or has an address of theirs in a slice."""
        selector = dig(service, "spec", "selector", default={})
        if selector and any(carries(pod, selector) for pod in pods):
            return True
        theirs = {ip for pod in pods for ip in endpoints.pod_ips(pod)}
        slices = endpoints.slices(self.cluster, service)
        listed = [each for item in slices for each in dig(item, "endpoints", default=[])]
        return any(not theirs.isdisjoint(each.get("addresses") or []) for each in listed)

    @check
    def has_qos(self, wanted: Qos) -> None:
        """Every Ready pod of the workload has this quality-of-service class.

        Raises:
            UsageError: it is none of "Guaranteed", "Burstable" and "BestEffort".

        Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/

        >>> eventually(app.deployment("web")).has_qos("Guaranteed")
        """
        refuse_no_qos(wanted)
        require_qos(self, wanted, self.ready_pods())

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
        refuse_none(at_least, "keeps_available(…) takes a number of pods")
        obj = self.read()
        owned = self.owned_pods(obj)
        there = sorted(name(pod) for pod in owned if ready(pod))
        measure(Measured(f"Ready pods of {self}", "pods", len(there), at_least))
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
            found = f"{pod.name} is still {state(old)}"
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
            with disturbed(f"{self} scaled to {to}"):
                yield
        finally:
            self.cluster.scale(self.kind, self.name, self.namespace, former)


def _some(wanted: Mapping[str, str], verb: str) -> None:
    if not wanted:
        raise UsageError(f"{verb}(…) needs a label, such as {verb}(app='web')")


def hopeless(owned: Sequence[Object], owners: Sequence[Object]) -> bool:
    """Return whether every pod that is missing is missing for good."""
    waiting = [pod for pod in owned if not ready(pod) and not terminating(pod)]
    refusals = [explain.refusal(item) for item in owners]
    return (bool(waiting) and all(explain.stuck(pod) for pod in waiting)) or any(
        "violates PodSecurity" in refusal for refusal in refusals
    )


def refuse_none(number: int, says: str) -> None:
    """Raise a UsageError for what is no number from 1 on."""
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        raise UsageError(f"{says}, 1 or more, not {number!r}")
