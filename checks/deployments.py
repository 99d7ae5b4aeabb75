"""Deployments: their rollouts, and the revisions that they keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from checks.cluster import Object
from checks.errors import CheckFailed
from checks.noun import check
from checks.objects import (
    condition,
    dig,
)
from checks.workloads import Replicated, refuse_none, replicas

_REVISION = "deployment.kubernetes.io/revision"
_MOST = 5
"""Differences that one message tells."""


class Deployment(Replicated):
    """A Deployment and the pods of its ReplicaSets."""

    kind = "Deployment"
    kinds: ClassVar[tuple[str, ...]] = ("Deployment", "ReplicaSet", "Pod")
    patience = 60.0

    def lacks(self, obj: Object, wanted: int) -> str:
        """Return what the status lacks of so many replicas."""
        there, updated, available = (
            dig(obj, "status", key, default=0) for key in ("replicas", "updatedReplicas", "availableReplicas")
        )
        if condition(obj, "Progressing").get("reason") == "ProgressDeadlineExceeded":
            return f"{available} of {wanted} available, progress deadline exceeded"
        if updated < wanted:
            return f"{updated} of {wanted} made from the present template"
        if updated > wanted:
            return f"{updated} there, {wanted} asked for"
        if there > updated:
            return f"{there - updated} of an older template still there"
        return f"{available} of {updated} available" if available < updated else ""

    def may_be_missing(self, obj: Object, at_least: int) -> str:
        """Say what in the strategy lets more pods be missing than there may be.

        Source: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#max-unavailable
        """
        wanted = replicas(obj)
        if wanted < at_least:
            return f"it asks for {wanted} replica{'s' * (wanted != 1)}"
        if dig(obj, "spec", "strategy", "type") == "Recreate":
            return "its strategy is Recreate: all old pods end before the first new one starts"
        said = dig(obj, "spec", "strategy", "rollingUpdate", "maxUnavailable", default="25%")
        percent = str(said).endswith("%")
        missing = int(str(said)[:-1]) * wanted // 100 if percent else int(said)
        if wanted - missing >= at_least:
            return ""
        return f"its maxUnavailable of {said} lets {missing} of {wanted} pods be missing during a rollout"

    @check
    def keeps_revisions(self, at_least: int) -> None:
        """The Deployment keeps so many revisions to roll back to, or more, the present one included.

        >>> eventually(app.deployment("web")).keeps_revisions(2)
        """
        refuse_none(at_least, "keeps_revisions(…) takes a number of revisions")
        deployment = self.read()
        kept = self._revisions(deployment)
        if len(kept) < at_least:
            raise CheckFailed(
                expected=f"{at_least} revision{'s' * (at_least > 1)} of {self}, or more",
                found=_listed(kept),
                because=lambda: _history_limit(deployment, kept),
                look_at=f"kubectl -n {self.namespace} rollout history deployment {self.name}",
            )

    @check
    def has_template_of(self, revision: int) -> None:
        """The Deployment's pod template is that of this revision.

        A revision that was rolled back to goes on under a new number; its old one is still known.

        >>> eventually(app.deployment("web")).has_template_of(revision=1)
        """
        refuse_none(revision, "has_template_of(…) takes the number of a revision")
        deployment = self.read()
        kept = self._revisions(deployment)
        look_at = f"kubectl -n {self.namespace} rollout history deployment {self.name} --revision={revision}"
        wanted = next((item for numbers, item in kept if str(revision) in numbers), None)
        if wanted is None:
            raise CheckFailed(
                expected=f"the pod template of revision {revision}",
                found=_listed(kept),
                because=lambda: _history_limit(deployment, kept),
                look_at=look_at.rpartition(" ")[0],
            )
        expected, found = _leaves(self.template(wanted)), _leaves(self.template(deployment))
        differing = sorted(
            key for key in expected.keys() | found.keys() if expected.get(key) != found.get(key)
        )
        if differing or not expected:
            raise CheckFailed(
                expected=f"the pod template of revision {revision}" + _values(expected, differing),
                found="another pod template" + _values(found, differing),
                look_at=look_at,
            )

    def owners(self, obj: Object) -> list[Object]:
        """Read the ReplicaSets that the Deployment owns."""
        return self.owned("ReplicaSet", [obj])

    def _revisions(self, deployment: Object) -> list[tuple[list[str], Object]]:
        """Read the ReplicaSets, each with the numbers of its revision: the present one, and former ones."""
        found = []
        for item in self.owners(deployment):
            notes = dig(item, "metadata", "annotations", default={})
            if now := notes.get(_REVISION):
                found.append(([now, *notes.get(f"{_REVISION}-history", "").split(",")], item))
        return sorted(found, key=lambda kept: (len(kept[0][0]), kept[0][0]))


def _listed(kept: Sequence[tuple[list[str], Object]]) -> str:
    numbers = ", ".join(numbers[0] for numbers, _ in kept)
    return f"revision{'s' * (len(kept) > 1)} {numbers}" if kept else "no revision"


def _history_limit(deployment: Object, kept: Sequence[object]) -> str:
    """Say that older ReplicaSets are deleted, if there are as many as may stay."""
    limit = dig(deployment, "spec", "revisionHistoryLimit")
    if limit is None or len(kept) - 1 < limit:
        return ""
    return f"revisionHistoryLimit is {limit}: ReplicaSets of older revisions are deleted"


def _leaves(template: Object) -> dict[str, Any]:
    """Return the values of a pod template by their paths, without the label that tells ReplicaSets apart."""
    found: dict[str, Any] = {}

    def walk(value: Any, path: str) -> None:  # noqa: ANN401 - JSON has no narrower type
        if isinstance(value, Mapping) and value:
            for key, part in value.items():
                walk(part, f"{path}.{key}" if path else key)
        elif isinstance(value, list) and value:
            for number, part in enumerate(value):
                walk(part, f"{path}[{number}]")
        elif value is not None:
            found[path] = value

    walk(template, "")
    found.pop("metadata.labels.pod-template-hash", None)
    found.pop("", None)
    return found


def _values(leaves: Mapping[str, Any], paths: Sequence[str]) -> str:
    said = [f"\n{path}: {leaves.get(path, '(not set)')}" for path in paths[:_MOST]]
    return "".join(said) + (f"\nand {len(paths) - _MOST} more" if len(paths) > _MOST else "")
