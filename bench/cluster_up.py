"""Compare `cluster up` with a plain `kind create cluster` of the same image, in one run.

    python bench/cluster_up.py [ROUNDS]

Both are timed from their start, turn by turn: ours until it is fit for grading, the
plain one until CoreDNS is Available.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from fixtures.clusters import registry, state
from fixtures.clusters.kind import KindProvider
from fixtures.clusters.provider import Options
from fixtures.images import supply
from fixtures.images.store import Store
from fixtures.live import LiveCluster

NAME = "bench"


def dns_ready(kubeconfig: Path, begun: float) -> float:
    """Return seconds from `begun` until CoreDNS is Available."""
    with LiveCluster(kubeconfig) as cluster:
        while True:
            found = cluster.get("Deployment", "coredns", "kube-system") or {}
            conditions = found.get("status", {}).get("conditions", [])
            if any(c["type"] == "Available" and c["status"] == "True" for c in conditions):
                return time.monotonic() - begun
            cluster.wake(("Deployment",), "kube-system", 1.0)


def ours(kind: KindProvider) -> float:
    """Return seconds until the cluster is fit for grading: DNS, our probe, and a policy seen to deny."""
    begun = time.monotonic()
    kind.up(Options(NAME))
    took = time.monotonic() - begun
    kind.down(NAME)
    return took


def plain(kind: KindProvider, image: str) -> float:
    """Return seconds of a kind cluster without any setting of ours, until DNS is ready."""
    program = supply.programs(Store(), kind.engine).kind
    kubeconfig = state.state_dir() / "bench-kubeconfig"
    network = {f"KIND_EXPERIMENTAL_{kind.engine.name.upper()}_NETWORK": registry.NETWORK}
    command = [program, "create", "cluster", "--name", NAME, "--image", image, "--kubeconfig", kubeconfig]
    if not Path("/sys/fs/cgroup/cgroup.controllers").exists():  # it would not start at all
        settings = state.state_dir() / "bench-kind.yaml"
        settings.write_text(
            "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nkubeadmConfigPatches:\n"
            '- "kind: KubeletConfiguration\\nfailCgroupV1: false"\n'
        )
        command += ["--config", settings]
    begun = time.monotonic()
    environment = {**os.environ, **kind.engine.env, **network}
    subprocess.run(command, env=environment, check=True, capture_output=True)
    ready = dns_ready(kubeconfig, begun)
    subprocess.run(
        [program, "delete", "cluster", "--name", NAME], env=environment, check=True, capture_output=True
    )
    kubeconfig.unlink(missing_ok=True)
    return ready


def main() -> None:
    """Take turns and print both."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    kind = KindProvider()
    image = supply.node_image(Store(), kind.engine, Options().kubernetes)
    supply.serve(Store(), kind.engine)
    up, without = [], []
    for _ in range(rounds):
        up.append(ours(kind))
        without.append(plain(kind, image))
        print(f"cluster up, fit for grading {up[-1]:.1f} s; plain kind, DNS ready {without[-1]:.1f} s")
    ratio = statistics.median(up) / statistics.median(without)
    print(f"median {statistics.median(up):.1f} s and {statistics.median(without):.1f} s, ratio {ratio:.2f}")


if __name__ == "__main__":
    main()
