"""ReplicaSets, StatefulSets and DaemonSets: how many pods, in which order, on which nodes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import ClassVar

from checks import explain
from checks.cluster import Object
from checks.errors import CheckFailed, UsageError
from checks.noun import check
from checks.objects import (
    carries,
    condition,
    dig,
    finished,
    name,
    observed,
    ready,
    restarts,
    terminating,
    written,
)
from checks.pods import Pod
from checks.workloads import LongRunning, Replicated, replicas

_MOST = 3
"""Nodes that one message explains."""
_REPELS = ("NoSchedule", "NoExecute")


class ReplicaSet(Replicated):
    """A ReplicaSet and its pods. A new template changes none of them: it is for pods still to come.

    >>> eventually(app.replica_set("web")).rolled_out()
    """

    kind = "ReplicaSet"
    kinds: ClassVar[tuple[str, ...]] = ("ReplicaSet", "Pod")
    rollout_command = "describe"

    def lacks(self, obj: Object, wanted: int) -> str:
        """Return what the status lacks of so many replicas."""
        there, available = _counts(obj, "replicas", "availableReplicas")
        if there > wanted:
            return f"{there} there, {wanted} asked for"
        return f"{available} of {wanted} available" if available < wanted else ""

    def goal(self, obj: Object) -> str:
        """Return what there is when the rollout is done."""
        wanted = max(replicas(obj), 1)
        return f"{wanted} replica{'s' * (wanted > 1)} available"


class StatefulSet(Replicated):
    """A StatefulSet and its pods, which have numbers, and come back under their names.

    >>> eventually(app.stateful_set("db")).rolled_out()
    >>> app.stateful_set("db").starts_in_order()
    """

    kind = "StatefulSet"
    kinds: ClassVar[tuple[str, ...]] = ("StatefulSet", "Pod")
    patience = 120.0

    def lacks(self, obj: Object, wanted: int) -> str:
        """Return what the status lacks of so many replicas."""
        there, ready, updated, available = _counts(
            obj, "replicas", "readyReplicas", "updatedReplicas", "availableReplicas"
        )
        partition = _partition(obj)
        new = max(0, wanted - partition)
        if ready < wanted:
            return f"{ready} of {wanted} Ready"
        if updated < new:
            return f"{updated} of {new} made from the present template"
        if there > wanted:
            return f"{there} there, {wanted} asked for"
        if available < wanted:
            return f"{available} of {wanted} available"
        current, update = (dig(obj, "status", key) for key in ("currentRevision", "updateRevision"))
        if current != update and not partition and not _by_hand(obj):
            return f"revision {current} is not replaced by {update} yet"
        return ""

    def goal(self, obj: Object) -> str:
        """Return what there is when the rollout is done."""
        partition, wanted = _partition(obj), max(replicas(obj), 1)
        if not partition:
            return super().goal(obj)
        new = max(0, wanted - partition)
        return f"{wanted} replica{'s' * (wanted > 1)} available, {new} of them of the present template"

    def why_not_ready(self, owned: Sequence[Object]) -> str:
        """Read why pods are missing or not Ready."""
        return super().why_not_ready(owned) or _on_delete(self.get())

    @check(hold=0)
    def starts_in_order(self) -> None:
        """Each pod of the StatefulSet was made when the one before it was Ready.

        The cluster keeps whole seconds: equal ones are in order. It keeps no history either, so judge this
        before a pod is replaced or started again. One replica has no order, so it does not pass.

        >>> eventually(app.stateful_set("db")).starts_in_order()
        """
        obj = self.read()
        names = self._names(obj)
        owned = self.owned_pods(obj)
        found = "1 replica is asked for" if len(names) == 1 else _out_of_order(names, owned)
        if found:
            raise CheckFailed(
                expected=f"{' before '.join(names)}, each made when the one before it is Ready"
                if len(names) > 1
                else "2 replicas or more, one after the other",
                found=found,
                because=lambda: self._why_not_in_order(obj, names, owned),
                look_at=f"kubectl -n {self.namespace} get pods --sort-by=.metadata.creationTimestamp",
            )

    def _names(self, obj: Object) -> list[str]:
        first = dig(obj, "spec", "ordinals", "start", default=0)
        return [f"{self.name}-{number}" for number in range(first, first + replicas(obj))]

    def _why_not_in_order(self, obj: Object, names: Sequence[str], owned: Sequence[Object]) -> str:
        if dig(obj, "spec", "podManagementPolicy") == "Parallel":
            return "podManagementPolicy is Parallel: no pod waits for another"
        return "\n".join(_started_again(names, owned)) or self.why_not_ready(owned)

    def in_place_of(self, pod: Pod, wanted: int) -> str:
        """Return what there is when a pod is replaced."""
        return f"another pod {pod.name}, and {wanted} Ready pod{'s' * (wanted > 1)} of {self}"

    def not_replaced(self, pod: Pod, fresh: Sequence[Object], wanted: int) -> str:
        """Return what the other pods that are Ready lack to be a replacement of the old one's name."""
        if not any(name(other) == pod.name for other in fresh):
            return f"no other pod {pod.name} is Ready"
        return super().not_replaced(pod, fresh, wanted)


class DaemonSet(LongRunning):
    """A DaemonSet and its pods, one for each node that they fit on.

    >>> eventually(app.daemon_set("agent")).runs_on_each_node()
    """

    kind = "DaemonSet"
    kinds: ClassVar[tuple[str, ...]] = ("DaemonSet", "Pod")

    def unfinished(self, obj: Object) -> str:
        """Return what the rollout lacks, nothing when it is done."""
        wanted, updated, available = _counts(
            obj, "desiredNumberScheduled", "updatedNumberScheduled", "numberAvailable"
        )
        if not observed(obj):
            return "the change is not taken up yet"
        if wanted < 1:
            return "no node is to run one of its pods"
        if updated < wanted:
            return f"{updated} of {wanted} made from the present template"
        return f"{available} of {wanted} available" if available < wanted else ""

    def goal(self, obj: Object) -> str:
        """Return what there is when the rollout is done."""
        (wanted,) = _counts(obj, "desiredNumberScheduled")
        where = f"each of {wanted} nodes" if wanted > 1 else "1 node" if wanted else "a node or more"
        return f"a pod available on {where}, of the present template"

    def why_not_ready(self, owned: Sequence[Object]) -> str:
        """Read why pods are missing or not Ready."""
        obj = self.get()
        if obj is None or _counts(obj, "desiredNumberScheduled") != [0]:
            return super().why_not_ready(owned) or _on_delete(obj)
        return self._why_nowhere(obj)

    def _why_nowhere(self, obj: Object) -> str:
        nodes, template = self.cluster.list("Node"), self.template(obj)
        selector = _node_selector(template)
        if selector and not any(carries(node, selector) for node in nodes):
            return f"nodeSelector {written(selector)} matches no node"
        return "\n".join([said for node in nodes if (said := unfit(node, template))][:_MOST])

    @check
    def runs_on_each_node(self) -> None:
        """A Ready pod of the DaemonSet runs on each node whose taints its pod template tolerates.

        >>> eventually(app.daemon_set("agent")).runs_on_each_node()
        """
        obj = self.read()
        template = self.template(obj)
        nodes = [node for node in self.cluster.list("Node") if not _repelling(node, template)]
        self._covers(obj, nodes, alone=False)

    @check
    def runs_on(self, *nodes: str) -> None:
        """A Ready pod of the DaemonSet runs on each of these nodes, and none of its pods on another.

        Raises:
            UsageError: there is no node, or one that the cluster does not have.

        >>> eventually(app.daemon_set("agent")).runs_on("worker", "worker2")
        """
        if not nodes or not all(node and isinstance(node, str) for node in nodes):
            raise UsageError(f"runs_on(…) takes names of nodes, such as runs_on('worker'), not {nodes!r}")
        obj = self.read()
        known = {name(node): node for node in self.cluster.list("Node")}
        if unknown := [node for node in nodes if node not in known]:
            there = ", ".join(sorted(known)) or "none"
            raise UsageError(f"runs_on(…) takes nodes that the cluster has ({there}), not {unknown[0]!r}")
        self._covers(obj, [known[node] for node in sorted(set(nodes))], alone=True)

    def _covers(self, obj: Object, nodes: Sequence[Object], *, alone: bool) -> None:
        owned = [pod for pod in self.owned_pods(obj) if not terminating(pod) and not finished(pod)]
        wanted = {name(node): node for node in nodes}
        covered = {_node_of(pod) for pod in owned if ready(pod)}
        lacking = [node for node in wanted if node not in covered]
        others = sorted({_node_of(pod) for pod in owned} - {*wanted, ""}) if alone else []
        if wanted and not lacking and not others:
            return
        found = [f"no Ready pod on {', '.join(lacking)}"] if lacking else []
        found += [f"a pod on {', '.join(others)}"] if others else []
        raise CheckFailed(
            expected=f"a Ready pod of {self} on {', '.join(wanted) or 'each node that it tolerates'}"
            + (", on no other node" if alone else ""),
            found=" and ".join(found) or "it tolerates no node",
            because=lambda: (
                self._why_not_on([wanted[node] for node in lacking], obj, owned)
                if wanted
                else self._why_nowhere(obj)
            ),
            look_at=f"kubectl -n {self.namespace} get pods -o wide",
        )

    def _why_not_on(self, nodes: Sequence[Object], obj: Object, owned: Sequence[Object]) -> str:
        said = []
        for node in nodes:
            there = [pod for pod in owned if _node_of(pod) == name(node)]
            said.append(explain.pods_not_ready(self.cluster, there) or unfit(node, self.template(obj)))
        return "\n".join([*filter(None, said)][:_MOST]) or (self.why_not_ready(owned) if nodes else "")


def _counts(obj: Object, *keys: str) -> list[int]:
    """Return counts of the status; one that is absent is 0 there."""
    return [int(dig(obj, "status", key, default=0)) for key in keys]


def _by_hand(obj: Object) -> bool:
    return bool(dig(obj, "spec", "updateStrategy", "type") == "OnDelete")


def _on_delete(obj: Object | None) -> str:
    if obj is None or not _by_hand(obj):
        return ""
    return "updateStrategy is OnDelete: a pod gets the present template only when somebody deletes it"


def _partition(obj: Object) -> int:
    """Return how many pods at the front keep the template that they have."""
    return int(dig(obj, "spec", "updateStrategy", "rollingUpdate", "partition", default=0))


def _out_of_order(names: Sequence[str], owned: Iterable[Object]) -> str:
    """Return what of the pods is missing or came too early, nothing when they came in order."""
    pods = {name(pod): pod for pod in owned}
    if not names:
        return "0 replicas are asked for"
    if missing := [wanted for wanted in names if wanted not in pods]:
        return f"there is no {', '.join(missing)}"
    for one, two in pairwise(pods[wanted] for wanted in names):
        if not ready(one):
            return f"{name(one)} is not Ready, {name(two)} is there"
        since, made = str(condition(one, "Ready").get("lastTransitionTime", "")), _made(two)
        # RFC 3339 in UTC and whole seconds, as all of these are, sorts as text
        if not since or not made or since > made:
            return f"{name(two)} was made at {made or '?'}, {name(one)} is Ready since {since or '?'}"
    return ""


def _started_again(names: Sequence[str], owned: Iterable[Object]) -> Iterator[str]:
    """Say of which pods the times are not those of the first start."""
    pods = {name(pod): pod for pod in owned}
    for one, two in pairwise(pods[wanted] for wanted in names if wanted in pods):
        if _made(one) > _made(two):
            yield f"{name(one)} was made again at {_made(one)}, after {name(two)}"
        elif restarts(one):
            yield f"{name(one)} was restarted, and is Ready only since then"


def _made(obj: Object) -> str:
    return str(dig(obj, "metadata", "creationTimestamp", default=""))


def _node_of(pod: Object) -> str:
    return str(dig(pod, "spec", "nodeName", default=""))


def _node_selector(template: Object) -> Mapping[str, str]:
    found: Mapping[str, str] = dig(template, "spec", "nodeSelector", default={})
    return found


def unfit(node: Object, template: Object) -> str:
    """Say why a node takes no pod of a template, nothing when neither labels nor taints forbid it."""
    if differences := explain.differing_labels(node, _node_selector(template)):
        return f"node {name(node)} has {' and '.join(differences)}, which nodeSelector asks for"
    if taints := _repelling(node, template):
        return f"node {name(node)} has taint {', '.join(taints)}, which the pod template does not tolerate"
    return ""


def _repelling(node: Object, template: Object) -> list[str]:
    """Return the taints that keep pods of a template off a node, as kubectl writes them."""
    tolerations = dig(template, "spec", "tolerations", default=[])
    return [
        f"{taint['key']}={taint.get('value') or ''}:{taint['effect']}".replace("=:", ":")
        for taint in dig(node, "spec", "taints", default=[])
        if taint.get("effect") in _REPELS and not any(_tolerates(item, taint) for item in tolerations)
    ]


def _tolerates(toleration: Object, taint: Object) -> bool:
    """Return whether a toleration is one of this taint.

    Source: https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/
    """
    key, effect = toleration.get("key") or "", toleration.get("effect") or ""
    operator = toleration.get("operator") or "Equal"
    if effect not in ("", taint["effect"]) or (key != taint["key"] and (key or operator != "Exists")):
        return False
    if operator == "Exists":
        return True
    return operator == "Equal" and (toleration.get("value") or "") == (taint.get("value") or "")
