"""The root of every claim: what a submission made, in the namespace where it was applied."""

from __future__ import annotations

from checks.cluster import Cluster
from checks.errors import CheckFailed
from checks.objects import finished, name, terminating
from checks.service import Service
from checks.workloads import Deployment, Pod


class Solution:
    """What a submission made.

    >>> eventually(app.service("web")).reaches_each(app.deployment("blue"), app.deployment("green"))
    """

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self.cluster, self.namespace = cluster, namespace

    def service(self, name: str, *, port: int = 80) -> Service:
        """Return a Service; `port` is the one that its clients use."""
        return Service(self.cluster, self.namespace, name, port)

    def deployment(self, name: str) -> Deployment:
        """Return a Deployment."""
        return Deployment(self.cluster, self.namespace, name)

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
