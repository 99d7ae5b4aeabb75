"""Compare the language of checks with kubectl on the kept cluster, in one run.

    python bench/language.py

Rights: a table of 100 cells against 100 calls of `kubectl auth can-i`. Notice: from a change that the API
server has taken to the first reading that finds it true. Waiting: requests to the API server in a second, and
how long after its patience a false claim is reported. Traffic: a table of 9 pods by 9 pods and 2 ports.
Kept in figures/language.json.
"""

from __future__ import annotations

import itertools
import os
import statistics
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench.figures import keep
from checks import CheckFailed, Solution, eventually
from checks.cluster import Object
from checks.noun import Noun, check
from fixtures.clusters.kind import kubectl
from fixtures.clusters.provider import acquire
from fixtures.live import LiveCluster
from fixtures.sandbox import open_sandbox

CHANGES = 40
APPS = [f"app-{number}" for number in range(9)]


def rights(app: Solution, cluster: LiveCluster, program: Path, kubeconfig: Path) -> dict[str, float]:
    """Return seconds of both ways, and how many times ours is faster."""
    names = [f"one-{number}" for number in range(10)]
    for name in names:
        cluster.create(
            {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}}, app.namespace
        )
    verbs, resources = ("get", "list", "watch", "create", "delete"), ("pods", "secrets")
    cells = list(itertools.product(verbs, resources))
    head = "   ".join(f"{verb} {resource}" for verb, resource in cells)
    table = f"subject   {head}\n" + "\n".join(f"sa/{name}   " + "   ".join(["no"] * 10) for name in names)
    begun = time.monotonic()
    app.access.grants_only(table)
    ours = time.monotonic() - begun
    begun = time.monotonic()
    for name in names:
        user = f"--as=system:serviceaccount:{app.namespace}:{name}"
        for cell in cells:
            command = [str(program), "auth", "can-i", *cell, user, "-n", app.namespace]
            said = subprocess.run(
                command,
                env={**os.environ, "KUBECONFIG": str(kubeconfig)},
                capture_output=True,
                text=True,
                check=False,
            )
            assert said.stdout.strip() == "no", said
    theirs = time.monotonic() - begun
    return {"rights": round(ours, 2), "kubectl": round(theirs, 2), "times faster": round(theirs / ours, 1)}


class Mark(Noun):
    """A ConfigMap that says something."""

    kind = "ConfigMap"
    kinds = ("ConfigMap",)
    patience = 5.0

    @check(hold=0)
    def says(self, value: str) -> None:
        """Its one key has this value."""
        if (self.get() or {}).get("data") != {"says": value}:
            raise CheckFailed(expected=value, found="another", settles=False)


def notice(app: Solution, cluster: LiveCluster) -> dict[str, float]:
    """Return milliseconds from a change to the first reading that finds it."""
    mark: Object = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "mark"},
        "data": {"says": "-"},
    }
    cluster.create(mark, app.namespace)
    took = []
    for number in range(CHANGES):
        changed: list[float] = []

        def change(value: str, at: list[float]) -> None:
            cluster.patch("ConfigMap", "mark", app.namespace, {"data": {"says": value}})
            at.append(time.monotonic())

        # while the check waits for the next change, and not at a moment of its own polling
        later = threading.Timer(0.4 + number * 0.037 % 0.5, change, [str(number), changed])
        later.start()
        eventually(Mark(app.cluster, app.namespace, "mark")).says(str(number))
        seen = time.monotonic()
        later.join()
        took.append(max(0.0, seen - changed[0]) * 1000)
    cuts = statistics.quantiles(took, n=20)
    return {"noticed p50 ms": round(statistics.median(took)), "noticed p95 ms": round(cuts[18])}


def waiting(app: Solution, cluster: LiveCluster) -> dict[str, float]:
    """Return what a claim costs that stays false while its pod waits for an image, and how late it ends."""
    labels = {"app": "late"}
    pods = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "a", "image": "nothing:here"}]}}
    spec = {"selector": {"matchLabels": labels}, "template": pods}
    late = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "late"}, "spec": spec}
    cluster.create(late, app.namespace)
    begun = time.monotonic()
    with patch.object(cluster.api, "call", wraps=cluster.api.call) as calls, suppress(CheckFailed):
        eventually(app.deployment("late")).rolled_out()
    rate = calls.call_count / (time.monotonic() - begun)
    begun = time.monotonic()
    with suppress(CheckFailed):
        eventually(Mark(app.cluster, app.namespace, "mark")).says("never")
    over = time.monotonic() - begun - Mark.patience
    return {"requests in a second": round(rate, 1), "late s": round(over, 2)}


def traffic(app: Solution, cluster: LiveCluster) -> dict[str, float]:
    """Return seconds of one reading and of a verdict that held, and dials in a second."""
    for name in APPS:
        container = {
            "name": "both",
            "image": "nginx",
            "readinessProbe": {"tcpSocket": {"port": 80}, "periodSeconds": 1},
        }
        other = {"name": "other", "image": "bretfisher/httpenv"}
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "labels": {"app": name}},
            "spec": {"containers": [container, other]},
        }
        cluster.create(pod, app.namespace)
    # every second pod is closed: as many dials that end in silence as in an answer
    spec = {"podSelector": {"matchExpressions": [{"key": "app", "operator": "In", "values": APPS[::2]}]}}
    policy = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "half"}}
    cluster.create({**policy, "spec": spec}, app.namespace)
    columns = [f"{name}:{port}" for name in APPS for port in (80, 8888)]
    rows = [
        f"{source}   "
        + "   ".join(
            "n/a" if column.startswith(f"{source}:") else "deny" if int(column[4]) % 2 == 0 else "allow"
            for column in columns
        )
        for source in APPS
    ]
    table = "\n".join(["from   " + "   ".join(columns), *rows])
    eventually(app.network).allows_only(table)
    begun = time.monotonic()
    app.network.allows_only(table)
    one = time.monotonic() - begun
    begun = time.monotonic()
    eventually(app.network).allows_only(table)
    whole = time.monotonic() - begun
    return {
        "traffic reading": round(one, 2),
        "traffic verdict": round(whole, 2),
        "dials in a second": round(9 * 8 * 2 / one),
    }


def main() -> None:
    """Measure all three."""
    handle = acquire()
    with LiveCluster(handle.kubeconfig, handle.context) as cluster:
        found: dict[str, float] = {}
        with open_sandbox(cluster, []) as sandbox:
            app = Solution(cluster, sandbox.namespace)
            found |= rights(app, cluster, kubectl(handle), handle.kubeconfig)
            found |= notice(app, cluster)
            found |= waiting(app, cluster)
            found |= traffic(app, cluster)
    keep("language", found)


if __name__ == "__main__":
    main()
