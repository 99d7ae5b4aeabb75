"""Rights: who may do what, by the decisions of the cluster's own authorizer."""

from __future__ import annotations

import difflib
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal, NamedTuple

from checks import explain, tables
from checks.cluster import Ask, Cluster, Decision, Object, Resource
from checks.errors import CheckFailed, UsageError
from checks.noun import Noun, check
from checks.objects import dig, finished, name, terminating
from checks.observations import Shown, show
from checks.rest import WORKLOADS, digest_of
from checks.tables import Table
from checks.workloads import Workload

TOO_MUCH = (
    "get secrets",
    "list secrets",
    "create pods/exec",
    "escalate roles",
    "escalate clusterroles",
    "bind roles",
    "bind clusterroles",
    "impersonate serviceaccounts",
    "impersonate users",
    "create serviceaccounts/token",
    "create rolebindings",
    "create clusterrolebindings",
    "get nodes/proxy",
    "* *.*",
)
"""Rights by which an account gets at others' data or at more rights; asked although nobody claims them.

Source: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
"""

_WORDS = ("yes", "no", "n/a")
_RBAC = "rbac.authorization.k8s.io"
_NOBODY = "kubeproctor:nobody"
"""The user who asks for a group: a name that no binding has."""
_SPECIAL = {
    "impersonate": {("", "users"), ("", "groups"), ("", "serviceaccounts")},
    "bind": {(_RBAC, "roles"), (_RBAC, "clusterroles")},
    "escalate": {(_RBAC, "roles"), (_RBAC, "clusterroles")},
}
"""Verbs that the authorizer knows and discovery does not, by the resources that they are for."""
_VIRTUAL = (Resource("", "users", False, frozenset()), Resource("", "groups", False, frozenset()))
"""What can be impersonated, but is no object."""
_COMMON = frozenset({"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"})
_HTTP = frozenset({"get", "head", "post", "put", "patch", "delete", "options", "*"})
_ACCOUNT = re.compile(r"(?:([a-z0-9-]+):)?([a-z0-9.-]+)")
_NO_RULE = "has no rule for"
_TRIED = frozenset({"get", "list", "create", "update", "patch", "delete"})
"""Verbs of requests that can be made so that they change nothing."""
_PLAIN_PATH = re.compile(r"(?!/apis?/)(/[\w~-][\w.~-]*)+/?", re.ASCII)
"""A path that no client or server writes in another way, and that is no resource."""
_MOST = 3
"""Causes that one message names."""

Cell = tuple[str, str]


class Subject(NamedTuple):
    """Who asks."""

    kind: Literal["ServiceAccount", "User", "Group"]
    name: str
    namespace: str
    """Of a service account, else empty."""
    user: str
    groups: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.kind} `{self.name}`" + (f" of namespace {self.namespace}" if self.namespace else "")

    def options(self) -> str:
        """Return the options by which kubectl asks as this subject; the API server adds a user's groups."""
        options = f"--as={shlex.quote(self.user)}"
        return options + (f" --as-group={shlex.quote(self.name)}" if self.kind == "Group" else "")


@dataclass(frozen=True)
class Question:
    """What a column asks, in whichever way it is spelled."""

    verb: str
    group: str = ""
    resource: str = ""
    subresource: str = ""
    name: str = ""
    path: str = ""
    scope: Literal["namespace", "all namespaces", "cluster"] = "namespace"

    @property
    def target(self) -> str:
        """Return the resource as a rule spells it."""
        return self.resource + (f"/{self.subresource}" if self.subresource else "")

    def ask(self, subject: Subject, namespace: str) -> Ask:
        """Return the question of one subject."""
        if self.scope != "namespace":
            namespace = ""
        elif (self.group, self.resource) == ("", "namespaces"):
            # The API server takes a request for one namespace as one that is made in it.
            namespace = self.name
        return Ask(
            subject.user,
            subject.groups,
            self.verb,
            self.group,
            self.resource,
            self.subresource,
            self.name,
            namespace,
            self.path,
        )

    @property
    def can_be_tried(self) -> bool:
        """Return whether a request can ask the same and change nothing."""
        if self.path:
            return self.verb == "get" and _PLAIN_PATH.fullmatch(self.path) is not None
        if self.subresource and (self.verb != "get" or self.subresource == "proxy"):
            return False  # what answers behind a proxy is not the API server
        return self.verb in _TRIED and self.resource != "*"

    def command(self, subject: Subject, namespace: str) -> str:
        """Return the command that asks the same; a slash means a name to kubectl, not a subresource."""
        thing = self.path or self.resource + (f".{self.group}" if self.group else "")
        thing += f"/{self.name}" if self.name else ""
        words = ["kubectl auth can-i", shlex.quote(self.verb), shlex.quote(thing)]
        words += [f"--subresource={self.subresource}"] if self.subresource else []
        words.append(subject.options())
        if self.scope != "cluster":
            where = self.ask(subject, namespace).namespace
            words.append(f"-n {where}" if where else "-A")
        return " ".join(words)


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
        """Return a digest of the accounts, roles and bindings, None while one of them is being deleted."""
        found = [
            obj
            for kind in self.kinds
            for obj in self.cluster.list(kind, None if kind.startswith("Cluster") else self.namespace)
            if not (kind.startswith("Cluster") and name(obj).startswith("system:"))
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
        table = tables.parse(rights, _WORDS)
        subjects = self._subjects(table)
        asked = _asked(table, self.cluster, also)
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
        subjects = {row: _subject(row, self.namespace) for row, _ in table.rows}
        _no_two_alike(subjects, "rows")
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


# What a table asks


def _subject(row: str, home: str) -> Subject:
    kind, _, who = row.partition("/")
    if kind == "sa" and (found := _ACCOUNT.fullmatch(who)):
        namespace, account = found[1] or home, found[2]
        groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", "system:authenticated")
        user = f"system:serviceaccount:{namespace}:{account}"
        return Subject("ServiceAccount", account, namespace, user, groups)
    if kind == "user" and who.startswith("system:serviceaccount:"):
        raise UsageError(f"`{row}` is a service account: write `sa/NAME` or `sa/NAMESPACE:NAME`")
    if kind == "user" and who:
        group = "system:unauthenticated" if who == "system:anonymous" else "system:authenticated"
        return Subject("User", who, "", who, (group,))
    if kind == "group" and who == "system:unauthenticated":
        return Subject("Group", who, "", "system:anonymous", (who,))
    if kind == "group" and who:
        return Subject("Group", who, "", _NOBODY, tuple(dict.fromkeys((who, "system:authenticated"))))
    raise UsageError(
        f"`{row}` is no subject: write `sa/NAME`, `sa/NAMESPACE:NAME`, `user/NAME` or `group/NAME`"
    )


def _asked(table: Table, cluster: Cluster, also: Sequence[str]) -> dict[str, Question]:
    """Return what the columns ask, and what `TOO_MUCH` does, as far as the API serves it.

    Raises:
        UsageError: a column has no meaning, or no cell asks anything.
    """
    split = {column: _split(column) for column in table.columns}
    if set(table.cells().values()) == {"n/a"}:
        raise UsageError("a table of n/a alone asks nothing: write yes or no in a cell")
    if not set(also) <= set(TOO_MUCH):
        raise UsageError(f"also=[…] takes some of {', '.join(TOO_MUCH)}, not {also!r}")
    served = Served(cluster.resources())
    questions = {column: served.question(column, *words) for column, words in split.items()}
    _no_two_alike(questions, "columns")
    return {**served.too_much(), **questions}


def _no_two_alike(meant: Mapping[str, object], what: str) -> None:
    first: dict[object, str] = {}
    for text, meaning in meant.items():
        if meaning in first:
            raise UsageError(f"the {what} `{first[meaning]}` and `{text}` mean the same: write one of them")
        first[meaning] = text


class _Words(NamedTuple):
    verb: str
    thing: str
    name: str
    everywhere: bool


def _split(column: str) -> _Words:
    everywhere = column.endswith(" -A")
    match column.removesuffix(" -A").split(" "):
        case [verb, thing] if not (everywhere and thing.startswith("/")):
            return _Words(verb, thing, "", everywhere)
        case [verb, thing, one] if not thing.startswith("/"):
            return _Words(verb, thing, one, everywhere)
    raise UsageError(
        f"column `{column}` asks nothing: write `VERB RESOURCE`, `VERB RESOURCE NAME` or `VERB /path`, "
        "and behind the first two ` -A` for all namespaces"
    )


class Served:
    """What the API serves, by the names that columns give it."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self.resources = [*resources, *_VIRTUAL]

    def question(
        self, column: str, verb: str, thing: str, one: str = "", everywhere: bool = False
    ) -> Question:
        """Return what a column asks.

        Raises:
            UsageError: the API has no such resource, or several, or it does not support the verb.
        """
        if thing.startswith("/"):
            _supported(column, verb, thing, _HTTP)
            return Question(verb, path=thing, scope="cluster")
        found = self._every(column, thing) if thing.startswith("*") else self._one(column, thing)
        special = {word for word, where in _SPECIAL.items() if (found.group, found.name) in where}
        _supported(column, verb, thing, found.verbs | special | {"use", "*"})
        resource, _, subresource = found.name.partition("/")
        if one and not subresource and verb in ("create", "deletecollection"):
            raise UsageError(f"column `{column}`: no rule limits {verb} to one name: write `{verb} {thing}`")
        one_namespace = (found.group, found.name) == ("", "namespaces") and one
        scope: Literal["namespace", "all namespaces", "cluster"] = "cluster"
        if found.namespaced or one_namespace:
            scope = "all namespaces" if everywhere else "namespace"
        return Question(verb, found.group, resource, subresource, one, scope=scope)

    def _every(self, column: str, thing: str) -> Resource:
        star, _, group = thing.partition(".")
        groups = {resource.group for resource in self.resources if resource.group}
        if star != "*" or group not in {*groups, "*"}:
            raise UsageError(f"column `{column}`: write `*.*` for everything or `*.GROUP`, not `{thing}`")
        return Resource(group, star, True, _COMMON)

    def _one(self, column: str, thing: str) -> Resource:
        base, slash, part = thing.partition("/")
        plural, dot, group = base.partition(".")
        found = [
            resource
            for resource in self.resources
            if resource.name == plural + slash + part and (not dot or resource.group == group)
        ]
        if not found:
            near = difflib.get_close_matches(thing, sorted(set(map(_spelled, self.resources))))
            instead = f"write {tables.one_of(near)}" if near else "write a plural such as `pods`"
            raise UsageError(f"column `{column}`: the API serves no `{thing}`: {instead}")
        core = [resource for resource in found if not resource.group]
        if len(found) > 1 and not core:
            raise UsageError(
                f"column `{column}`: `{thing}` is in several groups: "
                f"write {tables.one_of([_spelled(resource) for resource in found])}"
            )
        return core[0] if core else found[0]

    def too_much(self) -> dict[str, Question]:
        """Return what `TOO_MUCH` asks, without what this API does not serve."""
        names = {(resource.group, resource.name) for resource in self.resources}
        questions = {}
        for column in TOO_MUCH:
            verb, thing = column.split(" ")
            full = f"{thing}.{_RBAC}" if (_RBAC, thing) in names else thing
            if thing == "*.*" or full != thing or ("", thing) in names:
                questions[column] = self.question(column, verb, full)
        return questions


def _spelled(resource: Resource) -> str:
    return spelled(resource.group, resource.name)


def spelled(group: str, target: str) -> str:
    """Return a resource as a column spells it."""
    plural, slash, part = target.partition("/")
    return plural + (f".{group}" if group else "") + slash + part


def _supported(column: str, verb: str, thing: str, verbs: Iterable[str]) -> None:
    if verb not in verbs:
        raise UsageError(
            f"column `{column}`: `{verb}` is no verb of {thing}: write {tables.one_of(sorted(verbs))}"
        )


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


# Why a right is not there


class Binding(NamedTuple):
    """What gives a role to subjects."""

    kind: Literal["RoleBinding", "ClusterRoleBinding"]
    obj: Object

    def __str__(self) -> str:
        return f"{self.kind} `{name(self.obj)}`"

    @property
    def namespace(self) -> str:
        """Return where it stands, nothing for a ClusterRoleBinding."""
        return str(dig(self.obj, "metadata", "namespace", default=""))

    @property
    def subjects(self) -> list[Subject]:
        """Return whom it names; users and groups have no namespace, whatever is written."""
        return [
            Subject(
                item.get("kind"),
                str(item.get("name")),
                str(item.get("namespace") or self.namespace) if item.get("kind") == "ServiceAccount" else "",
                "",
                (),
            )
            for item in dig(self.obj, "subjects", default=[])
        ]

    def names(self, subject: Subject) -> bool:
        """Return whether the binding is for a subject, by its own name or as one of its group."""
        return any(
            (item.kind == "User" and item.name == subject.user)
            or (item.kind == "Group" and item.name in subject.groups)
            or item[:3] == subject[:3]
            for item in self.subjects
        )


class Denials:
    """The bindings and roles of a cluster, and why they do not give a right in a namespace."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self.cluster, self.namespace = cluster, namespace
        self._bindings: list[Binding] | None = None

    @property
    def bindings(self) -> list[Binding]:
        """Return all bindings but those of the cluster itself, as they were read first."""
        if self._bindings is None:
            self._bindings = [
                *(Binding("RoleBinding", obj) for obj in self.cluster.list("RoleBinding")),
                *(
                    Binding("ClusterRoleBinding", obj)
                    for obj in self.cluster.list("ClusterRoleBinding")
                    if not name(obj).startswith("system:")
                ),
            ]
        return self._bindings

    def why(self, subject: Subject, question: Question) -> list[str]:
        """Say what keeps a subject from a right; nothing if by now it has it."""
        here = [binding for binding in self.bindings if binding.namespace in ("", self.namespace)]
        naming = [binding for binding in here if binding.names(subject)]
        if not naming:
            return [
                self._other_name(subject, here) or self._other_namespace(subject) or self._nobody(subject)
            ]
        reaching = [binding for binding in naming if not binding.namespace or question.scope == "namespace"]
        if not reaching:
            return [f"{naming[0]} grants rights in {self.namespace} only; {_beyond(question)}"]
        said = [self._role(binding, question) for binding in reaching]
        if "" in said:
            return []
        # A role for other things is of interest only if there is no other.
        return [line for line in said if _NO_RULE not in line] or said

    def _nobody(self, subject: Subject) -> str:
        return f"no RoleBinding in {self.namespace} and no ClusterRoleBinding names {subject}"

    def _other_name(self, subject: Subject, here: Sequence[Binding]) -> str:
        """Say that a binding names a subject that looks like this one."""
        named = [(binding, item) for binding in here for item in binding.subjects]
        near = difflib.get_close_matches(subject.name, [item.name for _, item in named], 1)
        for binding, item in named:
            if [item.name] == near:
                return f"{binding} names {item}, not {subject}"
        return ""

    def _other_namespace(self, subject: Subject) -> str:
        """Say that a binding stands in another namespace; there, a user may be somebody else's."""
        if subject.kind != "ServiceAccount":
            return ""
        for binding in self.bindings:
            if binding.namespace and any(item[:3] == subject[:3] for item in binding.subjects):
                return (
                    f"{binding} names {subject}, but stands in namespace {binding.namespace}: "
                    f"it grants nothing in {self.namespace}"
                )
        return ""

    def _role(self, binding: Binding, question: Question) -> str:
        """Say why the role of a binding does not give a right, nothing if it does."""
        kind, wanted = (dig(binding.obj, "roleRef", key, default="") for key in ("kind", "name"))
        role = self.cluster.get(kind, wanted, binding.namespace if kind == "Role" else None)
        if role is not None:
            return _lacking(f"{kind} `{wanted}`", dig(role, "rules", default=[]), question)
        other = "ClusterRole" if kind == "Role" else "Role"
        said = f"{binding} refers to {kind} `{wanted}`, which does not exist"
        where = {"Role": self.namespace, "ClusterRole": None}
        if self.cluster.get(other, wanted, where[other]):
            return f"{said}; there is {other} `{wanted}`"
        if kind == "Role" and (home := explain.elsewhere(self.cluster, binding.namespace, kind, wanted)):
            return f"{said} in {binding.namespace}; there is one in namespace {home}, of no use here"
        near = explain.near(self.cluster, where[kind], kind, wanted)
        return said + (f"; there is {kind} `{near}`" if near else "")


def _beyond(question: Question) -> str:
    """Say why a RoleBinding never gives this right."""
    if question.scope == "all namespaces":
        thing = spelled(question.group, question.target)
        return f"to {question.verb} {thing} in all namespaces takes a ClusterRoleBinding"
    what = question.path or spelled(question.group, question.target)
    return f"no namespace holds {what}, so it takes a ClusterRoleBinding"


def _lacking(role: str, rules: Sequence[Object], question: Question) -> str:
    """Say why rules do not give a right, nothing if they do."""
    if question.path:
        fitting = [rule for rule in rules if _covers_path(rule, question.path)]
        return (
            _verbs(role, fitting, question.path, question.verb)
            if fitting
            else f"{role} {_NO_RULE} {question.path}"
        )
    target = question.target
    thing = spelled(question.group, target)
    named = [rule for rule in rules if _has(rule, "resources", *_forms(question))]
    fitting = [rule for rule in named if _has(rule, "apiGroups", question.group)]
    if fitting:
        return _verbs(role, fitting, thing, question.verb, question.name)
    if named:
        groups = sorted({group for rule in named for group in dig(rule, "apiGroups", default=[])})
        return f'{role} has {target} in apiGroups {_groups(groups)}, but they are in "{question.group}"'
    if question.subresource and any(_has(rule, "resources", question.resource) for rule in rules):
        return f"{role} has {question.resource}, which does not include {target}"
    resources = sorted({item for rule in rules for item in dig(rule, "resources", default=[])})
    if near := difflib.get_close_matches(target, resources, 1, 0.8):
        return f"{role} has a rule for `{near[0]}`, not for `{target}`"
    return f"{role} {_NO_RULE} {thing}"


def _forms(question: Question) -> tuple[str, ...]:
    """Return what in a rule covers a resource, beside `*`."""
    return (question.target, *([f"*/{question.subresource}"] if question.subresource else []))


def _has(rule: Object, field: str, *wanted: str) -> bool:
    return not {"*", *wanted}.isdisjoint(dig(rule, field, default=[]))


def _covers_path(rule: Object, path: str) -> bool:
    return any(
        path == url or (url.endswith("*") and path.startswith(url.rstrip("*")))
        for url in dig(rule, "nonResourceURLs", default=[])
    )


def _verbs(role: str, rules: Sequence[Object], thing: str, verb: str, one: str = "") -> str:
    """Say which verbs, or for which names, rules grant; nothing if they grant what is asked."""
    able = [rule for rule in rules if _has(rule, "verbs", verb)]
    if not able:
        verbs = sorted({item for rule in rules for item in dig(rule, "verbs", default=[])})
        return f"{role} grants {', '.join(verbs) or 'nothing'} on {thing}, not {verb}"
    limits: list[Sequence[str]] = [dig(rule, "resourceNames", default=[]) for rule in able]
    if any(not names or one in names for names in limits):
        return ""
    names = sorted({item for limit in limits for item in limit})
    return f"{role} grants {verb} on {thing} for {', '.join(names)} only"


def _groups(groups: Iterable[str]) -> str:
    return "[" + ", ".join(f'"{group}"' for group in groups) + "]"


# Who pods are


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
