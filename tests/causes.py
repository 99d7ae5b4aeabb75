"""Faults that learners make, each in a namespace of its own on a real cluster: see causes.yaml."""

from __future__ import annotations

import json
import re
import textwrap
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import yaml

from checks import CheckFailed, Solution
from checks.objects import in_force
from fixtures.learner import wait_for
from fixtures.live import LiveCluster
from fixtures.sandbox import OWNER, open_sandbox

DATA: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "causes.yaml").read_text())
CASES: dict[str, dict[str, Any]] = {case["cause"]: case for case in DATA["cases"]}
CONTROLS = {json.dumps([case.get("right"), case["claim"]]): cause for cause, case in reversed(CASES.items())}
"""Cases that are mended: of those with the same right manifests and claim, the first tells of all."""
PATIENCE, STAYS, EVERY = 60.0, 2.0, 1.0
"""Seconds for a message to come, for it to stay, and between two readings: many pods start at once."""

SILENCE = "(?:no answer in time|connection refused)"

Objects = dict[tuple[str, str, str], dict[str, Any]]


class Trial:
    """A case in a namespace of its own."""

    def __init__(
        self, cluster: LiveCluster, case: dict[str, Any], made: ExitStack, *, faulty: bool = True
    ) -> None:
        """Apply the faulty manifests, or else the right ones; `made` deletes them at its end."""
        self.cluster = cluster
        here = made.enter_context(open_sandbox(cluster, [])).namespace
        self.case, self.app = placed(case, here), Solution(cluster, here)
        if "$OTHER" in json.dumps(case):
            other = _other_of(cluster, here)
            made.callback(cluster.delete, "Namespace", other)
        right = merged(DATA["right"], self.case.get("right", {}))
        self.right, self.wrong = objects(right, here), objects(merged(right, self.case["fault"]), here)
        self._apply(self.wrong if faulty else self.right)

    def broken(self) -> str:
        """Return the message of the claim about the fault, when it is the wanted one or time is over."""
        return self._await(self.case["message"])

    def mended(self) -> str:
        """Apply the right manifests; return what the claim says to them, nothing if it has come true."""
        for kind, namespace, name in self.wrong.keys() - self.right.keys():
            self.cluster.delete(kind, name, namespace)
        self._apply(self.right)
        return self._await("")

    def _apply(self, objects: Objects) -> None:
        # what limits pods has to be there before they are
        for obj in sorted(objects.values(), key=lambda obj: obj["kind"] == "Deployment"):
            self.cluster.apply(obj)
            if obj["kind"] == "ResourceQuota":
                metadata = obj["metadata"]
                wait_for(self.cluster, "ResourceQuota", metadata["name"], metadata["namespace"], in_force)

    def _await(self, wanted: str) -> str:
        """Read until the wanted message has come and stayed; return the last one."""
        since, deadline = None, time.monotonic() + PATIENCE
        while True:
            message, now = self._read(), time.monotonic()
            since = (since or now) if matches(message, wanted) else None
            if now > deadline or (since and now - since >= STAYS):
                return message
            self.cluster.wake(("Pod", "EndpointSlice"), self.app.namespace, EVERY)

    def _read(self) -> str:
        try:
            eval(self.case["claim"], {"app": self.app})
        except CheckFailed as failure:
            return textwrap.dedent(failure.render())
        return ""


def _other_of(cluster: LiveCluster, namespace: str) -> str:
    """Make a second namespace of the same submission."""
    own = cluster.get("Namespace", namespace)
    assert own
    metadata = {"name": f"{namespace}-other", "annotations": own["metadata"]["annotations"]}
    labels = {OWNER: own["metadata"]["labels"][OWNER]}
    cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {**metadata, "labels": labels}})
    return f"{namespace}-other"


def placed(data: Any, namespace: str) -> Any:
    """Return data with the names of the namespaces put in."""
    text = json.dumps(data).replace("$NS", namespace).replace("$OTHER", f"{namespace}-other")
    return json.loads(text)


def merged(base: Any, patch: Any) -> Any:
    """Return JSON with a patch: mappings are merged, lists of named items too, and null takes away."""
    if isinstance(base, dict) and isinstance(patch, dict):
        both = {**base, **{key: merged(base.get(key), value) for key, value in patch.items()}}
        return {key: value for key, value in both.items() if value is not None}
    if isinstance(base, list) and isinstance(patch, list) and all("name" in item for item in [*base, *patch]):
        items = {item["name"]: item for item in base}
        return list(merged(items, {item["name"]: item for item in patch}).values())
    return patch


def objects(manifests: dict[str, Any], namespace: str) -> Objects:
    """Return whole objects by kind, namespace and name; each manifest is called KIND/NAME."""
    found = {}
    for title, manifest in manifests.items():
        kind, _, name = title.partition("/")
        kind = manifest.get("kind", kind)
        metadata = {"name": name, "namespace": namespace, **manifest.get("metadata", {})}
        obj = {"apiVersion": DATA["versions"].get(kind, "v1"), **manifest, "kind": kind, "metadata": metadata}
        found[kind, metadata["namespace"], metadata["name"]] = obj
    return found


def matches(message: str, wanted: str) -> bool:
    """Return whether a message is the wanted one; an ellipsis stands for some characters of one line."""
    pattern = re.escape(wanted.strip()).replace("…", ".+?").replace(re.escape("$SILENCE"), SILENCE)
    return re.fullmatch(pattern, message) is not None
