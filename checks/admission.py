"""What the cluster would take: objects that are tried without being made."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from checks.cluster import Cluster, Object
from checks.errors import CheckFailed, UsageError
from checks.message import listed, shorten
from checks.noun import Noun, check
from checks.objects import dig, in_force, name
from checks.rest import WORKLOADS, digest_at_rest, digest_of

# The rules of `Thing.matches`, and the words in which it tells what differs.
from checks.things import differences, path_of, refuse_what_has_no_meaning

_ELSEWHERE = "default"
"""A namespace that is not the learner's."""
_MOST = 10
_WORDS = 1000
_KIND = re.compile(r"[A-Z][A-Za-z0-9]*")
_ENFORCE = "pod-security.kubernetes.io/enforce"


class Admission(Noun):
    """What the API server lets into the namespace: defaults, quotas, Pod Security, policies, webhooks.

    Each check tries an object as `kubectl create --dry-run=server` does, so nothing is made. Quotas of pods,
    limits and Pod Security judge pods, not what makes them: try a Pod, not a Deployment. A manifest with
    `generateName` cannot be taken for an object that is there already.

    >>> pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"generateName": "try-"}}
    >>> pod["spec"] = {"containers": [{"name": "main", "image": "nginx"}]}
    >>> eventually(app.admission).refuses(pod, saying="exceeded quota")
    """

    kind = "Namespace"
    kinds: ClassVar[tuple[str, ...]] = (*WORKLOADS, "Pod", "ResourceQuota", "LimitRange")

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        super().__init__(cluster, namespace, namespace)

    def __str__(self) -> str:
        return f"admission to {self.namespace}"

    def get(self) -> Object | None:
        """Read the namespace; None when it does not exist."""
        return self.cluster.get("Namespace", self.namespace)

    def settled(self) -> str | None:
        """Return a digest of the namespace with its quotas and limits, None while one is not in force."""
        quotas = self._quotas()
        if not all(in_force(quota) for quota in quotas):
            return None
        rest = digest_at_rest(self.cluster, self.namespace)
        own = self.get()
        ranges = self.cluster.list("LimitRange", self.namespace)
        return rest and digest_of(rest, quotas, ranges, [own] if own else [])

    @check
    def admits(self, manifest: Object, fields: Mapping[str, Any] | None = None) -> None:
        """The cluster would take this object, and it would have these fields then, among others.

        Fields are compared as `matches` of an object does it. Without fields this proves little by itself:
        a namespace without any rule takes everything.

        Raises:
            UsageError: the manifest is none, or is invalid whatever the namespace is; a field means nothing.

        Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#dry-run

        >>> pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"generateName": "try-"}}
        >>> pod["spec"] = {"containers": [{"name": "main", "image": "nginx"}]}
        >>> limited = {"name": "main", "resources": {"limits": {"memory": "256Mi"}}}
        >>> eventually(app.admission).admits(pod, {"spec": {"containers": [limited]}})
        """
        what = _described(manifest, "admits")
        if fields is not None:
            _refuse_no_fields(fields)
        answer = self._try(manifest)
        if isinstance(answer, str):
            raise self._failure(
                expected=f"the cluster takes {what}",
                found=f"it is refused: {_short(answer)}",
                because=self._unready_quotas,
                settles="quota" not in answer,  # what a quota counts trails behind what is deleted
            )
        wrong = differences(fields, answer) if fields else []
        if wrong:
            raise self._failure(
                expected=listed([f"{path_of(item.path)}: {item.expected}" for item in wrong], _MOST),
                found=listed([f"{path_of(item.path)}: {item.found}" for item in wrong], _MOST),
                because=lambda: self._no_limit_range(fields),
            )

    @check
    def refuses(self, manifest: Object, *, saying: str) -> None:
        """The cluster would not take this object, and says why with these words, among others.

        The words are a part of the API server's message, such as "exceeded quota", "violates PodSecurity" or
        the message of a policy: a refusal for another reason does not count.

        Raises:
            UsageError: the manifest is none, or is invalid whatever the namespace is; no words are given.

        Source: https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/

        >>> pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"generateName": "try-"}}
        >>> pod["spec"] = {"containers": [{"name": "main", "image": "nginx"}]}
        >>> eventually(app.admission).refuses(pod, saying="exceeded quota")
        """
        what = _described(manifest, "refuses")
        if not isinstance(saying, str) or not saying.strip():
            raise UsageError(
                f'refuses(…) needs words of the refusal, such as saying="exceeded quota", not {saying!r}'
            )
        answer = self._try(manifest)
        if isinstance(answer, str) and saying in answer:
            return
        is_refused = isinstance(answer, str)
        raise self._failure(
            expected=f'the cluster refuses {what}, saying "{saying}"',
            found=f"it is refused: {_short(str(answer))}" if is_refused else "the cluster takes it",
            because=lambda: "" if is_refused else self._why_taken(saying),
        )

    def _try(self, manifest: Object) -> Object | str:
        """Try an object, and return what it would be, or the words that refuse it."""
        own = dig(manifest, "metadata", "namespace", default=self.namespace)
        if own != self.namespace:
            raise UsageError(f"an object is tried in {self.namespace}: leave out metadata.namespace, {own!r}")
        try:
            return self.cluster.admit(manifest, self.namespace)
        except UsageError as error:
            # What a LimitRange fills in makes some objects invalid that are not so by themselves.
            if self._is_invalid_elsewhere(manifest):
                raise
            return str(error)

    def _is_invalid_elsewhere(self, manifest: Object) -> bool:
        metadata = {key: value for key, value in manifest["metadata"].items() if key != "namespace"}
        try:
            self.cluster.admit({**manifest, "metadata": metadata}, _ELSEWHERE)
        except UsageError:
            return True
        return False

    def _failure(
        self, *, expected: str, found: str, because: Callable[[], str], settles: bool = True
    ) -> CheckFailed:
        return CheckFailed(
            expected=expected,
            found=found,
            because=because,
            look_at=f"kubectl -n {self.namespace} create --dry-run=server -f -",
            settles=settles,
        )

    def _quotas(self) -> list[Object]:
        return self.cluster.list("ResourceQuota", self.namespace)

    def _unready_quotas(self) -> str:
        late = [name(quota) for quota in self._quotas() if not in_force(quota)]
        return "\n".join(f"ResourceQuota `{each}` is not in force yet" for each in late)

    def _no_limit_range(self, fields: Object | None) -> str:
        """Say that nothing sets defaults, if they are wanted."""
        if "resources" not in json.dumps(fields, default=str):
            return ""
        found = self.cluster.list("LimitRange", self.namespace)
        return "" if found else f"there is no LimitRange in {self.namespace}"

    def _why_taken(self, saying: str) -> str:
        """Say what there is of the rule that would have refused with such words."""
        if "PodSecurity" in saying:
            own = self.get()
            level = dig(own or {}, "metadata", "labels", _ENFORCE)
            has = f"has {_ENFORCE}={level}" if level else f"has no label {_ENFORCE}"
            return f"namespace {self.namespace} {has}" if own else ""
        if "quota" not in saying:
            return ""
        quotas = self._quotas()
        if not quotas:
            return f"there is no ResourceQuota in {self.namespace}"
        return self._unready_quotas() or listed([line for quota in quotas for line in _use(quota)])


def _use(quota: Object) -> list[str]:
    hard: Object = dig(quota, "status", "hard", default={})
    used: Object = dig(quota, "status", "used", default={})
    return [
        f"ResourceQuota `{name(quota)}`: {used.get(key, 'nothing')} of {hard[key]} {key} in use"
        for key in sorted(hard)
    ]


def _short(words: str) -> str:
    """Return a refusal without the object's name before it, which the API server may have made up."""
    return shorten(words.partition(" is forbidden: ")[2] or words, _WORDS)


def _described(manifest: Object, verb: str) -> str:
    """Return what a manifest is of, and refuse what is no manifest."""
    if not isinstance(manifest, Mapping):
        raise UsageError(f"{verb}(…) takes a manifest, a mapping, not {manifest!r}")
    kind, metadata = manifest.get("kind"), manifest.get("metadata")
    if not isinstance(kind, str) or not _KIND.fullmatch(kind):
        raise UsageError(f"{verb}(…): the manifest needs a kind such as 'Pod', not {kind!r}")
    if not isinstance(version := manifest.get("apiVersion"), str) or not version:
        raise UsageError(f"{verb}(…): the manifest needs an apiVersion such as 'v1', not {version!r}")
    names = [metadata.get("name"), metadata.get("generateName")] if isinstance(metadata, Mapping) else []
    first = next((item for item in names if item), None)
    if not isinstance(first, str):
        raise UsageError(f"{verb}(…): the manifest needs metadata.name or metadata.generateName")
    return f"{kind} `{first}`"


def _refuse_no_fields(fields: Mapping[str, Any]) -> None:
    if not isinstance(fields, Mapping) or not fields:
        raise UsageError(f'admits(…) takes fields such as {{"spec": {{"replicas": 1}}}}, not {fields!r}')
    refuse_what_has_no_meaning(fields, ())
