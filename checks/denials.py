"""Why RBAC does not give a right: the bindings and roles that come near."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from checks import explain
from checks.cluster import Cluster, Object
from checks.objects import dig, name
from checks.questions import Question, Subject, spelled

_NO_RULE = "has no rule for"


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
