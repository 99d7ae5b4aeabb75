"""The root of every claim: what a submission made, in the namespace where it was applied."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, overload

from checks.access import Access, ServiceAccount
from checks.admission import Admission
from checks.answers import Answer, Answers, Value
from checks.cluster import Cluster
from checks.commands import Commands, Runner
from checks.deployments import Deployment
from checks.errors import CheckFailed, GraderError, UsageError
from checks.jobs import CronJob, Job
from checks.network import Network
from checks.objects import finished, name, terminating
from checks.pods import Pod
from checks.resources import LimitRange, Quota
from checks.service import Service
from checks.sets import DaemonSet, ReplicaSet, StatefulSet
from checks.storage import VolumeClaim
from checks.things import Thing

KUBE_SYSTEM = "kube-system"

T = TypeVar("T")


class Solution:
    """What a submission made.

    >>> eventually(app.service("web")).reaches_each(app.deployment("blue"), app.deployment("green"))
    """

    def __init__(
        self,
        cluster: Cluster,
        namespace: str,
        answers: Mapping[str, Value] | None = None,
        *,
        elsewhere: str | None = None,
        commands: Runner | None = None,
    ) -> None:
        self.cluster, self.namespace = cluster, namespace
        self._elsewhere, self._commands = elsewhere, commands
        self.answers = Answers(cluster, namespace, answers or {}, elsewhere=elsewhere)
        self._kept: dict[str, object] = {}

    def remember(self, **things: object) -> None:
        """Keep nouns for claims that need this one: a pod is the same pod then, whoever has its name.

        >>> app.remember(first=app.deployment("web").pods[0])
        """
        self._kept |= things

    @overload
    def recall(self, name: str) -> Any: ...  # noqa: ANN401 - whatever was kept

    @overload
    def recall(self, name: str, kind: type[T]) -> T: ...

    def recall(self, name: str, kind: type[Any] = object) -> Any:
        """Return what a claim kept under a name; `kind` says what it has to be.

        >>> app.recall("first", Pod).keeps_running()

        Raises:
            UsageError: no claim kept anything of this name, or it is of another kind.
        """
        if name not in self._kept:
            known = ", ".join(self._kept) or "nothing"
            raise UsageError(
                f"recall({name!r}): kept so far: {known}; write app.remember({name}=…) in a claim "
                "that this one needs"
            )
        thing = self._kept[name]
        if not isinstance(thing, kind):
            raise UsageError(f"recall({name!r}): it is {thing!r}, no {kind.__name__}")
        return thing

    def service(self, name: str, *, port: int = 80) -> Service:
        """Return a Service; `port` is the one that its clients use."""
        return Service(self.cluster, self.namespace, name, port)

    def deployment(self, name: str) -> Deployment:
        """Return a Deployment."""
        return Deployment(self.cluster, self.namespace, name)

    def replica_set(self, name: str) -> ReplicaSet:
        """Return a ReplicaSet."""
        return ReplicaSet(self.cluster, self.namespace, name)

    def stateful_set(self, name: str) -> StatefulSet:
        """Return a StatefulSet."""
        return StatefulSet(self.cluster, self.namespace, name)

    def daemon_set(self, name: str) -> DaemonSet:
        """Return a DaemonSet."""
        return DaemonSet(self.cluster, self.namespace, name)

    def job(self, name: str) -> Job:
        """Return a Job."""
        return Job(self.cluster, self.namespace, name)

    def cron_job(self, name: str) -> CronJob:
        """Return a CronJob."""
        return CronJob(self.cluster, self.namespace, name)

    def pod(self, name: str) -> Pod:
        """Return the pod that has this name now; one that has it later is another pod.

        Raises:
            CheckFailed: there is none.
        """
        nobody = Pod(self.cluster, self.namespace, name, uid="")
        obj = self.cluster.get("Pod", name, self.namespace)
        if obj is None:
            failure = nobody.absent()
            failure.read_cause()
            raise failure
        return Pod.of(self.cluster, obj)

    def service_account(self, name: str) -> ServiceAccount:
        """Return a service account."""
        return ServiceAccount(self.cluster, self.namespace, name)

    def object(self, kind: str, name: str, *, namespaced: bool = True) -> Thing:
        """Return an object of any kind, which is written as in a manifest."""
        return Thing(self.cluster, self.namespace, kind, name, namespaced=namespaced)

    def volume_claim(self, name: str) -> VolumeClaim:
        """Return a PersistentVolumeClaim."""
        return VolumeClaim(self.cluster, self.namespace, name)

    def quota(self, name: str) -> Quota:
        """Return a ResourceQuota."""
        return Quota(self.cluster, self.namespace, name)

    def limit_range(self, name: str) -> LimitRange:
        """Return a LimitRange."""
        return LimitRange(self.cluster, self.namespace, name)

    def answer(self, question: str) -> Answer:
        """Return what the learner answered to a question."""
        return self.answers[question]

    def step(self, *names: str) -> Commands:
        """Return a step of the learner's commands; of several names, the first that the submission has.

        >>> eventually(app.step("3.3", "last log line")).prints_lines("tick", "tock")
        """
        return Commands(self.cluster, self.namespace, names, self._commands)

    @property
    def elsewhere(self) -> Solution:
        """Return the second namespace of the sandbox, with nouns of its own: `app.elsewhere.pods`.

        >>> eventually(app.elsewhere.deployment("stranger")).rolled_out()

        Raises:
            UsageError: the assignment has none.
        """
        if self._elsewhere is None:
            raise UsageError("app.elsewhere: there is none; write `elsewhere = true` in assignment.toml")
        return Solution(self.cluster, self._elsewhere, commands=self._commands)

    @property
    def kube_system(self) -> Solution:
        """Return the namespace of the cluster's own parts, to compare with what a learner says of them.

        >>> eventually(app.step("system-pods")).prints(lambda: [pod.name for pod in app.kube_system.pods])

        Raises:
            GraderError: there is no pod in it, as with providers that hide them.
        """
        if not self.cluster.list("Pod", KUBE_SYSTEM):
            raise GraderError(f"{KUBE_SYSTEM} has no pods on this cluster")
        return Solution(self.cluster, KUBE_SYSTEM)

    @property
    def access(self) -> Access:
        """Return who may do what in the namespace."""
        return Access(self.cluster, self.namespace)

    @property
    def admission(self) -> Admission:
        """Return what the API server lets into the namespace."""
        return Admission(self.cluster, self.namespace)

    @property
    def network(self) -> Network:
        """Return the traffic between pods, as they find it."""
        return Network(self.cluster, self.namespace)

    @property
    def pods(self) -> list[Pod]:
        """Return all pods that are there now, those on their way out left out, by name.

        Raises:
            CheckFailed: there is none.
        """
        found = [
            pod
            for pod in self.cluster.list("Pod", self.namespace)
            if not terminating(pod) and not finished(pod)
        ]
        if not found:
            raise CheckFailed(
                expected=f"a pod in {self.namespace}",
                found="there is none",
                look_at=f"kubectl -n {self.namespace} get pods",
            )
        return [Pod.of(self.cluster, pod) for pod in sorted(found, key=name)]
