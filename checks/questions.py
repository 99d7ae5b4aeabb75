"""What a table of rights asks: its rows are subjects, its columns questions to the authorizer."""

from __future__ import annotations

import difflib
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from checks import tables
from checks.cluster import Ask, Cluster, Resource
from checks.errors import UsageError
from checks.tables import Table

TOO_MUCH = (
    "get secrets",
    "list secrets",
    "watch secrets",
    "create pods/exec",
    "escalate roles",
    "escalate clusterroles",
    "bind roles",
    "bind clusterroles",
    "impersonate serviceaccounts",
    "impersonate users",
    "impersonate groups",
    "create serviceaccounts/token",
    "create rolebindings",
    "create clusterrolebindings",
    "get nodes/proxy",
    "* *.*",
)
"""Rights by which an account gets at others' data or at more rights; asked although nobody claims them.

Source: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
"""

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
_TRIED = frozenset({"get", "list", "create", "update", "patch", "delete"})
"""Verbs of requests that can be made so that they change nothing."""
_PLAIN_PATH = re.compile(r"(?!/apis?/)(/[\w~-][\w.~-]*)+/?", re.ASCII)
"""A path that no client or server writes in another way, and that is no resource."""


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


def subject_of(row: str, home: str) -> Subject:
    """Return whom a row names; a service account without a namespace is one of `home`.

    Raises:
        UsageError: the row names nobody.
    """
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


def asked_by(table: Table, cluster: Cluster, also: Sequence[str]) -> dict[str, Question]:
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
    no_two_alike(questions, "columns")
    return {**served.too_much(), **questions}


def no_two_alike(meant: Mapping[str, object], what: str) -> None:
    """Raise UsageError when two of the rows or columns ask the same."""
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
