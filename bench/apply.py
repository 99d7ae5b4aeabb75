"""How long it takes from nothing to a sandbox with ten objects in it, on a kept cluster.

    python bench/apply.py [ROUNDS]

Prints p50, p95 and the worst in ms of: the sandbox, the objects, both. Goal: both within 1000 ms (p95).
"""

from __future__ import annotations

import statistics
import sys
import time

from fixtures.clusters.provider import acquire
from fixtures.live import LiveCluster
from fixtures.sandbox import open_sandbox
from fixtures.submission.intake import from_tree
from fixtures.submission.tree import Tree

GRANTS = [
    {"apiGroups": ["", "apps", "networking.k8s.io"], "resources": ["*"], "verbs": ["*"]},
]
DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web-{n}}}
spec:
  replicas: 0
  selector: {{matchLabels: {{app: web-{n}}}}}
  template:
    metadata: {{labels: {{app: web-{n}}}}}
    spec: {{containers: [{{name: web, image: nginx}}]}}
---
apiVersion: v1
kind: Service
metadata: {{name: web-{n}}}
spec: {{selector: {{app: web-{n}}}, ports: [{{port: 80}}]}}
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: web-{n}}}
data: {{key: value}}
"""
ROUNDS = 40


def main(rounds: int) -> None:
    """Measure, and print the figures."""
    text = "---".join(DEPLOYMENT.format(n=n) for n in range(3))
    text += "---\n{apiVersion: v1, kind: ServiceAccount, metadata: {name: web}}\n"
    submission = from_tree(Tree("ten", "file", {"ten.yaml": text.encode()}))
    assert len(submission.documents) == 10
    handle = acquire()
    sandboxes, applied = [], []
    with LiveCluster(handle.kubeconfig, handle.context) as cluster:
        for _ in range(rounds + 1):
            begun = time.monotonic()
            with open_sandbox(cluster, GRANTS) as sandbox:
                opened = time.monotonic()
                sandbox.apply(submission)
                sandboxes.append(opened - begun)
                applied.append(time.monotonic() - opened)
    both = [a + b for a, b in zip(sandboxes, applied, strict=True)]
    print(f"{rounds} rounds of 10 objects; the first round, which connects, is left out")
    for name, seconds in (("sandbox", sandboxes), ("objects", applied), ("both", both)):
        ms = sorted(1000 * s for s in seconds[1:])
        p95 = statistics.quantiles(ms, n=20)[18]
        print(f"{name:8} p50 {statistics.median(ms):5.0f} ms   p95 {p95:5.0f} ms   worst {ms[-1]:5.0f} ms")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
