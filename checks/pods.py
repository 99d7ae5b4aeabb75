"""Pods: whether one is Ready, stays up, was restarted, is gone."""

from __future__ import annotations

from typing import ClassVar

from checks import explain
from checks.cluster import Cluster, Object
from checks.configuration import Container
from checks.errors import CheckFailed, Hopeless
from checks.noun import Noun, check
from checks.objects import (
    condition,
    container_statuses,
    dig,
    finished,
    name,
    ready,
    restarts,
    terminating,
    uid,
)
from checks.pod_resources import Qos, refuse_no_qos, require_qos
from checks.probes import Probe, Which, no_probe, probed


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

    def stands_on(self) -> list[Object]:
        """Read the pod, if it is there."""
        pod = self.get()
        return [pod] if pod else []

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
            found = "it is not Ready" if phase == "Running" else f"its phase is {phase}"
            raise self._failure(pod, expected, found, failure)
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
            raise self._failure(pod, expected, f"its phase is {phase}")
        return [pod]

    @check
    def is_ready(self) -> None:
        """The pod is Ready.

        >>> eventually(app.deployment("web").pods[0]).is_ready()
        """
        self.ready_pods()

    def _failure(
        self, pod: Object, expected: str, found: str, failure: type[CheckFailed] = CheckFailed
    ) -> CheckFailed:
        return failure(
            expected=expected,
            found=found,
            because=lambda: explain.pods_not_ready(self.cluster, [pod]),
            look_at=f"kubectl -n {self.namespace} describe pod {self.name}",
        )

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
        raise self._failure(pod, expected, found)

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
        for found in probed(spec, "liveness"):
            failed = explain.last_event(self.cluster, pod, "Unhealthy", "Liveness probe", found.where)
            asks = f"the livenessProbe of container {found.where} ({found.question})"
            if explain.last_event(self.cluster, pod, "Killing", begins=f"Container {found.where} failed"):
                grace = dig(spec, "terminationGracePeriodSeconds", default=30)
                return f"container {found.where} has been told to end, and has {grace} s for that: {failed}"
            return f"{asks} failed, but not often enough: {failed}" if failed else f"{asks} has not failed"
        return f"no container has a livenessProbe: {no_probe(spec, 'liveness')[1]}"

    @check
    def has_qos(self, wanted: Qos) -> None:
        """The pod is Ready, and has this quality-of-service class.

        Raises:
            UsageError: it is none of "Guaranteed", "Burstable" and "BestEffort".

        Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/

        >>> eventually(app.deployment("web").pods[0]).has_qos("Guaranteed")
        """
        refuse_no_qos(wanted)
        require_qos(self, wanted, self.ready_pods())

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
                found="it is being deleted" if terminating(pod) else f"it is {state(pod)}",
                look_at=f"kubectl -n {self.namespace} get pod {self.name}",
            )


def _times(status: Object) -> str:
    times = int(status.get("restartCount") or 0)
    return "once" if times == 1 else f"{times} times"


def state(pod: Object) -> str:
    """Return whether a pod is Ready, else its phase."""
    return "Ready" if ready(pod) else str(dig(pod, "status", "phase", default="there"))
