"""Rights: who may do what, by the decisions of the cluster's own authorizer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import ClassVar, Literal

from checks import explain, tables
from checks.cluster import Cluster, Decision, Object
from checks.denials import Denials
from checks.errors import CheckFailed, UsageError
from checks.noun import Noun, check
from checks.objects import OF_SANDBOX, carries, dig, finished, name, terminating
from checks.observations import Shown, show
from checks.questions import TOO_MUCH, Question, Subject, asked_by, no_two_alike, subject_of
from checks.rest import WORKLOADS, digest_of
from checks.tables import Table
from checks.workloads import Workload

_MOST = 3
"""Causes that one message names."""

Cell = tuple[str, str]


class Access(Noun):
    """The rights that a namespace's service accounts, and others, have in it."""

    kind = "Access"
    kinds: ClassVar[tuple[str, ...]] = (
        "ServiceAccount",
        "Role",
        "RoleBinding",
        "ClusterRole",
        "ClusterRoleBinding",
    )
    patience = 15.0

    def __init__(self, cluster: Cluster, namespace: str, name: str = "rights") -> None:
        super().__init__(cluster, namespace, name)

    def __str__(self) -> str:
        return f"the rights in {self.namespace}"

    def settled(self) -> str | None:
        """Return a digest of the accounts, roles and bindings, None while one of them is being deleted.

        What a grader gives to learners is none of them: it comes and goes with those of other sandboxes.
        """
        found = [
            obj
            for kind in self.kinds
            for obj in self.cluster.list(kind, None if kind.startswith("Cluster") else self.namespace)
            if not (kind.startswith("Cluster") and _is_given(obj))
        ]
        if any(terminating(obj) for obj in found):
            return None
        return digest_of("", found)

    @check
    def grants_only(self, rights: str, *, also: Sequence[str] = ()) -> None:
        """The authorizer answers as the table says, and gives no service account in it too much besides.

        A row is `sa/NAME` (`sa/NAMESPACE:NAME`), `user/NAME` or `group/NAME`. A column is `VERB RESOURCE`
        (`get pods`, `create pods/exec`, `patch deployments.apps`), `VERB RESOURCE NAME` for one object, or
        `VERB /path`; ` -A` behind it asks for all namespaces. A cell is yes, no or n/a.

        Too much is what `TOO_MUCH` lists: rights by which an account gets at others' data or at more rights,
        such as `list secrets`, `create pods/exec` or `escalate roles`. `also` holds those that are granted on
        purpose.

        If all is as it should be, one yes and one no of each service account are tried with a token of it, by
        requests that change nothing.

        >>> eventually(app.access).grants_only('''
        ...     subject     get pods   delete pods
        ...     sa/viewer   yes        no
        ... ''')
        """
        table = tables.parse(rights, tables.RIGHTS)
        subjects = self._subjects(table)
        asked = asked_by(table, self.cluster, also)
        self._need(subjects.values())
        expected = _expected(table, subjects, asked, also)
        asks = [asked[column].ask(subjects[row], self.namespace) for row, column in expected]
        decisions = dict(zip(expected, self.cluster.may(asks), strict=True))
        found = {cell: "yes" if decision.allowed else "no" for cell, decision in decisions.items()}
        shown = _widened(table, found)
        show(Shown("rights", shown, found))
        wrong = [cell for cell in shown.cells() if cell in found and found[cell] != expected[cell]]
        if wrong:
            row, column = wrong[0]
            raise CheckFailed(
                expected="these answers, except where they are in capitals",
                found=tables.report(shown, found),
                because=lambda: self._why(
                    (cell, subjects[cell[0]], asked[cell[1]], decisions[cell]) for cell in wrong
                ),
                look_at=asked[column].command(subjects[row], self.namespace),
            )
        self._try(_tried(table, subjects, asked), subjects, asked)

    def _try(
        self, words: Mapping[Cell, str], subjects: Mapping[str, Subject], asked: Mapping[str, Question]
    ) -> None:
        """Fail if a real request ends otherwise than the authorizer says.

        One API server may lag behind another that was asked before.
        """
        if not words:
            return
        asks = [asked[column].ask(subjects[row], self.namespace) for row, column in words]
        answers = zip(words.items(), self.cluster.tries(asks), strict=True)
        wrong = [(cell, word, said) for (cell, word), said in answers if said.allowed != (word == "yes")]
        if wrong:
            (row, column), _, _ = wrong[0]
            may = {"yes": "may", "no": "may not"}
            raise CheckFailed(
                expected="\n".join(
                    f"with its token, {row} {may[word]} {column}" for (row, column), word, _ in wrong
                ),
                found="\n".join(f"the API server answers {said.reason}" for _, _, said in wrong),
                look_at=asked[column].command(subjects[row], self.namespace),
                settles=False,
            )

    def _subjects(self, table: Table) -> dict[str, Subject]:
        subjects = {row: subject_of(row, self.namespace) for row, _ in table.rows}
        no_two_alike(subjects, "rows")
        return subjects

    def _need(self, subjects: Iterable[Subject]) -> None:
        """Fail if a service account does not exist: the authorizer says yes for those, too.

        Source: https://github.com/kubernetes/kubernetes/issues/100994
        """
        accounts = [subject for subject in subjects if subject.kind == "ServiceAccount"]
        there = {
            (home, name(obj))
            for home in {account.namespace for account in accounts}
            for obj in self.cluster.list("ServiceAccount", home)
        }
        missing = [account for account in accounts if (account.namespace, account.name) not in there]
        if missing:
            home = missing[0].namespace
            raise CheckFailed(
                expected=" and ".join(map(str, missing)) + f" exist{'s' * (len(missing) == 1)}",
                found="no such ServiceAccount",
                because=lambda: "\n".join(
                    filter(
                        None,
                        (
                            explain.missing(self.cluster, account.namespace, "ServiceAccount", account.name)
                            for account in missing[:_MOST]
                        ),
                    )
                ),
                look_at=f"kubectl -n {home} get serviceaccounts",
            )

    def _why(self, wrong: Iterable[tuple[Cell, Subject, Question, Decision]]) -> str:
        """Say of the first cells that differ what grants them, or what is missing."""
        denials = Denials(self.cluster, self.namespace)
        said: dict[str, None] = {}
        for (row, column), subject, question, decision in wrong:
            if decision.allowed:
                reason = decision.reason.removeprefix("RBAC: ")
                lines = [f"{row} may {column}: {reason}"] if reason else []
            else:
                lines = denials.why(subject, question)
            said |= dict.fromkeys(lines)
            if len(said) >= _MOST:
                break
        return "\n".join(list(said)[:_MOST])


def _is_given(obj: Object) -> bool:
    """Return whether a cluster-wide role or binding is of the cluster's own or of a sandbox's."""
    return name(obj).startswith("system:") or carries(obj, OF_SANDBOX)


def _expected(
    table: Table, subjects: Mapping[str, Subject], asked: Mapping[str, Question], also: Sequence[str]
) -> dict[Cell, str]:
    """Return the word for each cell that is asked, those of `TOO_MUCH` included."""
    expected = {cell: word for cell, word in table.cells().items() if word != "n/a"}
    for row, words in table.rows:
        if subjects[row].kind != "ServiceAccount":
            continue
        said = {asked[column]: word for column, word in zip(table.columns, words, strict=True)}
        granted = {question for question, word in said.items() if word == "yes"}
        expected |= {
            (row, column): "no"
            for column in TOO_MUCH
            if column in asked and column not in also
            if asked[column] not in said and not _implied(asked[column], granted)
        }
    return expected


def _implied(question: Question, granted: set[Question]) -> bool:
    """Return whether what a table grants on purpose includes a question of `TOO_MUCH`."""
    wide: Literal["namespace", "all namespaces"] = "namespace"
    if question.scope == "cluster":
        wide = "all namespaces"
    here = {replace(item, scope=wide) if item.scope == "all namespaces" else item for item in granted}
    return any(
        replace(question, verb=verb) in here or Question(verb, "*", "*", scope=wide) in here
        for verb in (question.verb, "*")
    )


def _tried(table: Table, subjects: Mapping[str, Subject], asked: Mapping[str, Question]) -> dict[Cell, str]:
    """Return the first yes and the first no of each service account that can be tried."""
    words: dict[Cell, str] = {}
    for row, said in table.rows:
        first: dict[str, str] = {}
        for column, word in zip(table.columns, said, strict=True):
            if asked[column].can_be_tried:
                first.setdefault(word, column)
        if subjects[row].kind == "ServiceAccount":
            words |= {(row, column): word for word, column in first.items() if word != "n/a"}
    return words


def _widened(table: Table, found: Mapping[Cell, str]) -> Table:
    """Return the table with a column for each right of `TOO_MUCH` that is granted against its claim."""
    columns = [column for column in TOO_MUCH if column not in table.columns]
    columns = [
        column for column in columns if any(found.get((row, column)) == "yes" for row, _ in table.rows)
    ]
    rows = (
        (row, (*words, *("no" if (row, column) in found else "n/a" for column in columns)))
        for row, words in table.rows
    )
    return Table(table.corner, (*table.columns, *columns), tuple(rows))


class ServiceAccount(Noun):
    """A service account, as which pods run."""

    kind = "ServiceAccount"
    kinds: ClassVar[tuple[str, ...]] = ("ServiceAccount", *WORKLOADS, "Pod")

    @check
    def serves(self, workload: Workload) -> None:
        """The service account exists, and every pod of the workload runs as it.

        >>> eventually(app.service_account("viewer")).serves(app.deployment("dashboard"))
        """
        if not isinstance(workload, Workload):
            raise UsageError(f"serves(…) takes a workload such as app.deployment('web'), not {workload!r}")
        self.read()
        pods = [pod for pod in workload.owned_pods() if not terminating(pod) and not finished(pod)]
        if not pods:
            raise workload.without_pods("a pod")
        others = [pod for pod in pods if _account(pod) != self.name]
        if others:
            raise CheckFailed(
                expected=f"every pod of {workload} runs as {self}",
                found="\n".join(f"{name(pod)} runs as `{_account(pod)}`" for pod in sorted(others, key=name)),
                because=lambda: self._template(workload),
                look_at=f"kubectl -n {self.namespace} get pods -o "
                "custom-columns=NAME:.metadata.name,ACCOUNT:.spec.serviceAccountName",
            )

    def _template(self, workload: Workload) -> str:
        """Say which account the pod template has, unless it is this one."""
        obj = workload.get() or {}
        account = dig(workload.template(obj), "spec", "serviceAccountName", default="")
        if not obj or account == self.name:
            return ""
        if account:
            return f"the pod template of {workload} has serviceAccountName: {account}"
        return f"the pod template of {workload} has no serviceAccountName, which means `default`"


def _account(pod: Object) -> str:
    return str(dig(pod, "spec", "serviceAccountName", default="") or "default")
