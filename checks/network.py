"""Who may talk to whom: a table in words, dialled from the network of each source."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import ClassVar, Literal, NamedTuple

from checks import explain, rules, tables
from checks.cluster import Cluster, Dial, Object, Reply
from checks.errors import CheckFailed, GraderError, UsageError
from checks.noun import Noun, check
from checks.objects import carries, controller, dig, labels, name, ready, uid, written
from checks.observations import Shown, show
from checks.replies import how_it_ended
from checks.rest import digest_at_rest, digest_of
from checks.tables import ALLOW, DENY, SKIP

STRANGER = "stranger"
"""A pod of a namespace that no learner knows of."""
DNS = "dns"
DIALLED = 3
"""Ready pods of one owner and one set of labels that are dialled, and dialled from: more tell nothing new."""
TIMEOUT = 0.5
"""Seconds until a packet counts as dropped; one that is let through takes a millisecond."""
BUSY = 0.1
"""Seconds for an answer that say that the machine is busy: then silence is given more time."""
PATIENT = 3.0
"""Seconds until a packet counts as dropped on a busy machine."""
AT_ONCE = 16
"""Sources that dial at the same time: each mostly waits for what is dropped."""

_API = "kubernetes.default.svc.cluster.local:443"
_TARGET = re.compile(r"(?P<who>.+):(?P<port>\d{1,5})(?P<udp>/udp)?")
_LABELS = re.compile(r"[^=,\s]+=[^=,\s]*(,[^=,\s]+=[^=,\s]*)*")
_ADDRESS = re.compile(r"\d{1,3}(\.\d{1,3}){3}")


class Side(NamedTuple):
    """A word of the table: pods by the name of what made them, or by their labels, or the stranger."""

    word: str
    namespace: str

    @classmethod
    def of(cls, word: str, namespace: str) -> Side:
        """Read `NAME`, `key=value`, and either behind `NAMESPACE/`."""
        head, slash, tail = word.partition("/")
        # a label's key may hold a slash: then what stands before it is no namespace
        if slash and "=" not in head and not (_LABELS.fullmatch(word) and "." in head):
            if not tail:
                raise UsageError(f"{word!r} means nobody: write whose pods, such as {word}NAME")
            return cls(tail, head)
        return cls(word, namespace)

    def has(self, pod: Object, owners: Sequence[str]) -> bool:
        """Return whether a pod is meant; `owners` are the names of what made it, the pod's own included."""
        if "=" in self.word:
            return carries(pod, dict(pair.split("=", 1) for pair in self.word.split(",")))
        return self.word in owners


class Network(Noun):
    """The traffic of a namespace, as its pods find it."""

    kind = "NetworkPolicy"
    kinds: ClassVar[tuple[str, ...]] = ("NetworkPolicy", "Pod")
    patience = 30.0
    hold = 1.0
    """Three equal readings: each takes a second and more, and a policy is in force within a tenth of one.
    Where a machine is too busy for that, a table of `allow` alone may pass before a policy that closes."""
    lag = 10.0
    """What the network plugin has yet to do shows in no object, and a busy node keeps it waiting."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        super().__init__(cluster, namespace, "traffic")
        self._pods = _Pods(cluster, namespace)
        """As the last reading of a table found them."""

    def __str__(self) -> str:
        return f"the traffic of {self.namespace}"

    def get(self) -> Object | None:
        """Return None: there is no such object."""
        return None

    def settled(self) -> str | None:
        """Return a digest of pods and policies when nothing is under way where words led, else None.

        What others do meanwhile in namespaces of theirs changes nothing here.
        """
        digest = ""
        for namespace in sorted(self._pods.namespaces):
            rest = digest_at_rest(self.cluster, namespace)
            if rest is None:
                return None
            itself = self.cluster.get("Namespace", namespace)
            policies = self.cluster.list("NetworkPolicy", namespace)
            digest = digest_of(digest + rest, policies, [itself] if itself else [])
        return digest

    @check
    def allows_only(self, traffic: str) -> None:
        """The pods reach each other as the table says, each from its own network.

        A row is a source and a column is `TARGET:PORT`, `TARGET:PORT/udp` or `dns`. Source and target are the
        name of a workload or a pod, or labels (`app=web`), either behind `NAMESPACE/`, or (target) an IPv4
        address; `stranger` is a pod of another namespace. Cells are `allow`, `deny` and `n/a`, the last for a
        source in front of itself.

        A target has to answer itself first, where no policy is in the way: then silence is a policy's. Before
        `dns` is denied, the cluster's DNS has to answer a pod of ours. Of an address nobody knows who would
        answer there: it gets all the patience to begin to, and that it is denied says little alone. No pod
        asks itself: of a source that is the target as well, another pod has to be there.

        Source: https://kubernetes.io/docs/concepts/services-networking/network-policies/

        >>> eventually(app.network).allows_only('''
        ...     from       web:80   db:5432
        ...     web        n/a      allow
        ...     stranger   allow    deny
        ... ''')
        """
        table = tables.parse(traffic, tables.TRAFFIC)
        pods = self._pods = _Pods(self.cluster, self.namespace)
        plan = {cell: wanted for cell, wanted in table.cells().items() if wanted != SKIP}
        for row, column in plan:
            if row == _who(column):
                raise UsageError(f"{row} in front of {column}: a source in front of itself is {SKIP}")
        if not plan:
            raise UsageError("allows_only(…) needs a cell that is not n/a")
        targets = {column: _addresses(column, pods) for _, column in plan}
        work = _work(plan, targets, pods)
        dialled = {cell for source in work for cell in source.cells}
        for row, column in plan:
            if (row, column) not in dialled:
                raise _alone(row, column, self.namespace)
        found = self._dial(work)
        show(Shown("traffic", table, found))
        wrong = [cell for cell, wanted in plan.items() if found[cell] != wanted]
        if wrong:
            row, column = wrong[0]
            raise CheckFailed(
                found=tables.report(table, found),
                because=lambda: self._why(row, column, plan[row, column], pods),
                look_at=f"kubectl -n {Side.of(_who(column), self.namespace).namespace} get networkpolicies",
                settles=not any(plan[cell] == ALLOW and _is_address(cell[1]) for cell in wrong),
            )

    def _dial(self, work: Sequence[_Source]) -> dict[tuple[str, str], str]:
        """Return what became of each cell: all sources dial at once, each all its targets side by side.

        Raises:
            CheckFailed: a target does not answer itself, where no policy can be in the way.
            GraderError: the cluster's DNS does not answer the probe, where none can be either.
        """
        answers = self._answers(work)
        if any(map(_is_busy, work, answers)):
            answers = self._answers([item.patient() for item in work])
        cells: dict[tuple[str, str], set[str]] = {}
        for item, replies in zip(work, answers, strict=True):
            for cell, dial, reply in zip(item.cells, item.dials, replies, strict=True):
                if cell is not None:
                    cells.setdefault(cell, set()).add(_verdict(cell[1], reply))
                elif item.pod is None:
                    if _verdict(DNS, reply) == DENY:
                        raise GraderError(f"the cluster's DNS does not answer our own pod: {reply.detail}")
                elif reply.outcome != "answered":
                    raise _deaf(item.pod, dial, reply)
        return {cell: verdicts.pop() if len(verdicts) == 1 else "mixed" for cell, verdicts in cells.items()}

    def _answers(self, work: Sequence[_Source]) -> list[list[Reply]]:
        with ThreadPoolExecutor(min(AT_ONCE, len(work))) as pool:
            return list(pool.map(lambda item: self.cluster.dial(item.dials, item.pod), work))

    def _why(self, row: str, column: str, wanted: str, pods: _Pods) -> str:
        """Say which rule takes a connection that is not wanted, or why none takes one that is."""
        targets, sources = pods.at(_addresses(column, pods)), pods.sources(row)
        protocol: Literal["TCP", "UDP"] = "UDP" if column.endswith("/udp") else "TCP"
        said, open_ends = [], []
        sides: list[tuple[Sequence[Object | None], rules.Direction]] = [
            (targets, "Ingress"),
            (sources, "Egress"),
        ]
        for ends, direction in sides:
            for pod in filter(None, ends):
                connection = None
                if targets and column != DNS:
                    source, target = (pod, targets[0]) if direction == "Egress" else (sources[0], pod)
                    connection = rules.Ends(source, target, _port(column), protocol)
                policies = explain.policies(self.cluster, pod, direction)
                if not policies and wanted == DENY:
                    open_ends.append((pod, direction))
                    break
                if line := self._at(pod, direction, policies, wanted, connection):
                    said.append(line)
                    break
        if open_ends and (not said or open_ends[0][1] == "Ingress"):
            each = [f"{name(pod)} for {direction}" for pod, direction in open_ends]
            said.append(f"no policy selects {', and none '.join(each)}: nothing is denied there")
            said += rules.not_selecting(self.cluster, open_ends[0][0])
        return "\n".join(said)

    def _at(
        self,
        pod: Object,
        direction: rules.Direction,
        policies: Sequence[Object],
        wanted: str,
        connection: rules.Ends | None,
    ) -> str:
        """Say what the policies that select one end do there, "" if what is wrong is not there."""
        if not policies:
            return ""
        names = " and ".join(f"`{name(policy)}`" for policy in policies)
        verb = "selects" if len(policies) == 1 else "select"
        rule = "no rule allows this" if wanted == ALLOW else "a rule allows this"
        if connection:
            takes, which = rules.of_rules(self.cluster, policies, direction, connection)
            if takes == (wanted == ALLOW) and (takes or which):
                return ""
            rule += f": {which}" if which else ""
        return f"{names} {verb} {name(pod)} for {direction}: {rule}"


class _Source(NamedTuple):
    """Who dials, and what for: a cell of the table, or (None) to hear itself or, the probe, the DNS."""

    pod: Object | None
    cells: list[tuple[str, str] | None]
    dials: list[Dial]

    def patient(self) -> _Source:
        """Return the same with more time."""
        return self._replace(dials=[replace(dial, timeout=PATIENT) for dial in self.dials])


def _work(cells: Iterable[tuple[str, str]], targets: dict[str, list[str]], pods: _Pods) -> list[_Source]:
    """Return what each pod dials: one call for each, whatever rows it is in."""
    work: dict[str, _Source] = {}

    def of(pod: Object | None) -> _Source:
        return work.setdefault(uid(pod) if pod else STRANGER, _Source(pod, [], []))

    for row, column in cells:
        for pod in pods.sources(row):
            source = of(pod)
            itself = dig(pod or {}, "status", "podIP")
            for address in targets[column]:
                if address.rpartition(":")[0] != itself:
                    source.cells.append((row, column))
                    source.dials.append(_dialling(address, column))
    for column, addresses in targets.items():
        for pod in pods.at(addresses):
            source = of(pod)
            source.cells.append(None)
            source.dials.append(_dialling(f"{dig(pod, 'status', 'podIP')}:{_port(column)}", column))
    if DNS in targets:
        probe = of(None)
        probe.cells.append(None)
        probe.dials.append(_dialling(_API, DNS))
    return list(work.values())


def _is_busy(source: _Source, replies: Sequence[Reply]) -> bool:
    """Return whether an answer took long, or did not come where no policy is: then silence says little.

    Nor does silence that was told late: who dials was kept from looking, and an answer may have been there.
    """
    return any(
        reply.seconds > BUSY
        if reply.outcome == "answered"
        else reply.seconds > dial.timeout + BUSY or (cell is None and reply.outcome in ("timeout", "dns"))
        for cell, dial, reply in zip(source.cells, source.dials, replies, strict=True)
    )


def _alone(row: str, column: str, namespace: str) -> CheckFailed:
    """Return what is wrong where a pod would have to ask itself, which no policy is about."""
    side = Side.of(row, namespace)
    return CheckFailed(
        expected=f"a Ready pod of {side.word} in {side.namespace} that is not the one at {column}",
        found="there is no other",
        look_at=f"kubectl -n {side.namespace} get pods --show-labels",
    )


def _deaf(pod: Object, dial: Dial, reply: Reply) -> CheckFailed:
    return CheckFailed(
        expected=f"{name(pod)} answers itself on port {dial.address.rpartition(':')[2]}",
        found=how_it_ended(reply),
        because="without an answer there, nothing can be said of who reaches it",
        look_at=f"kubectl -n {pod['metadata']['namespace']} describe pod {name(pod)}",
        settles=False,
    )


class _Pods:
    """The Ready pods of the cluster, read once for one reading of the table."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self.cluster, self.namespace = cluster, namespace
        self._lists: dict[str, list[tuple[Object, list[str]]]] = {}

    @property
    def namespaces(self) -> set[str]:
        """Return the table's own namespace, and those to which words led."""
        return {self.namespace, *self._lists}

    def sources(self, word: str) -> list[Object | None]:
        """Return pods to dial from; None is the probe, a stranger to everybody."""
        if _ADDRESS.fullmatch(word):
            raise UsageError(
                f"{word} is no source: write the name of a workload or pod, labels or {STRANGER}"
            )
        return [None] if word == STRANGER else list(self.named(word))

    def named(self, word: str) -> list[Object]:
        """Return some of the Ready pods that a word means: of those that are alike no more than DIALLED.

        Raises:
            CheckFailed: there is none.
        """
        side = Side.of(word, self.namespace)
        found = [pod for pod, owners in self._ready(side.namespace) if side.has(pod, owners)]
        if not found:
            raise CheckFailed(
                expected=f"a Ready pod of {side.word} in {side.namespace}",
                found="there is none",
                because=lambda: explain.pods_not_ready(
                    self.cluster, self.cluster.list("Pod", side.namespace)
                ),
                look_at=f"kubectl -n {side.namespace} get pods --show-labels",
            )
        alike: dict[tuple[str, str], list[Object]] = {}
        for pod in sorted(found, key=name):
            alike.setdefault(_template(pod), []).append(pod)
        return [pod for pods in alike.values() for pod in pods[:DIALLED]]

    def at(self, addresses: Sequence[str]) -> list[Object]:
        """Return the pods that have these addresses."""
        hosts = {address.rpartition(":")[0] for address in addresses}
        known = (pod for pods in self._lists.values() for pod, _ in pods)
        return [pod for pod in known if dig(pod, "status", "podIP") in hosts]

    def _ready(self, namespace: str) -> list[tuple[Object, list[str]]]:
        if namespace not in self._lists:
            made = {uid(item): item for item in self.cluster.list("ReplicaSet", namespace)}
            self._lists[namespace] = [
                (pod, list(_owners(pod, made))) for pod in self.cluster.list("Pod", namespace) if ready(pod)
            ]
        return self._lists[namespace]


def _owners(pod: Object, replica_sets: dict[str, Object]) -> Iterator[str]:
    yield name(pod)
    owner = controller(pod)
    while owner:
        yield owner["name"]
        above = replica_sets.get(owner["uid"])
        owner = controller(above) if above else None


def _template(pod: Object) -> tuple[str, str]:
    """Return what is the same for pods of one template: who made them, and their labels.

    A pod that nobody made is the only one of its kind.
    """
    return str((controller(pod) or pod["metadata"])["uid"]), written(labels(pod))


def _who(column: str) -> str:
    return column.rpartition(":")[0]


def _is_address(column: str) -> bool:
    return _ADDRESS.fullmatch(_who(column)) is not None


def _port(column: str) -> int:
    return int(column.rpartition(":")[2].removesuffix("/udp"))


def _addresses(column: str, pods: _Pods) -> list[str]:
    """Return where the target of a column is dialled."""
    if column == DNS:
        return [_API]
    target = _TARGET.fullmatch(column)
    if target is None or not 0 < int(target["port"]) < 65536:
        raise UsageError(f"a target is written TARGET:PORT, TARGET:PORT/udp or {DNS}, not {column!r}")
    if _ADDRESS.fullmatch(target["who"]):
        return [f"{target['who']}:{target['port']}"]
    return [f"{dig(pod, 'status', 'podIP')}:{target['port']}" for pod in pods.named(target["who"])]


def _dialling(address: str, column: str) -> Dial:
    return Dial(address, path=None, protocol="udp" if column.endswith("/udp") else "tcp", timeout=TIMEOUT)


def _verdict(column: str, reply: Reply) -> str:
    """Return `allow` or `deny`.

    Raises:
        GraderError: the connection ended in a way that says neither.
    """
    match reply.outcome:
        case "answered":
            return ALLOW
        case "dns" if column == DNS:
            return DENY
        case "timeout" | "refused":  # some engines drop a packet, some refuse it
            return ALLOW if column == DNS else DENY  # that was after the name had been found
    raise GraderError(f"a connection to {column} ended with {how_it_ended(reply)}")
