"""Compare `cluster up` with a plain `kind create cluster` of the same image, in one run.

    python bench/cluster_up.py [ROUNDS]

Both are timed from their start, turn by turn, until cluster DNS is ready; ours also until it is fit for
grading. Run it while no other cluster works on this machine. Kept in figures/cluster_up.json.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench.figures import keep
from fixtures.clusters import health
from fixtures.clusters.engine import cgroups
from fixtures.clusters.kind import KindProvider
from fixtures.clusters.provider import Options
from fixtures.images import supply
from fixtures.images.store import Store

NAME = "bench"


def ours(kind: KindProvider) -> tuple[float, float]:
    """Return seconds until DNS is ready, and until our probe ran and a policy was seen to deny."""
    ready: list[float] = []
    await_ready = health.await_ready

    def noted(kubeconfig: Path, *, nodes: int) -> str:
        uid = await_ready(kubeconfig, nodes=nodes)
        ready.append(time.monotonic())
        return uid

    health.await_ready = noted  # type: ignore[assignment]
    begun = time.monotonic()
    try:
        kind.up(Options(NAME))
        fit = time.monotonic()
    finally:
        health.await_ready = await_ready
        kind.down(NAME)
    return ready[0] - begun, fit - begun


def plain(kind: KindProvider, image: str) -> float:
    """Return seconds of a kind cluster without any setting of ours, until DNS is ready."""
    program = str(supply.programs(Store(), kind.engine).kind)
    with tempfile.TemporaryDirectory() as folder:
        kubeconfig, settings = Path(folder) / "kubeconfig", Path(folder) / "kind.yaml"
        text = "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\n"
        if cgroups() != "v2":  # it would not start at all
            text += 'kubeadmConfigPatches:\n- "kind: KubeletConfiguration\\nfailCgroupV1: false"\n'
        settings.write_text(text)
        files = ["--config", str(settings), "--kubeconfig", str(kubeconfig)]
        begun = time.monotonic()
        try:
            _run([program, "create", "cluster", "--name", NAME, "--image", image, *files], kind)
            health.await_ready(kubeconfig, nodes=1)
            return time.monotonic() - begun
        finally:
            _run([program, "delete", "cluster", "--name", NAME], kind)


def _run(command: list[str], kind: KindProvider) -> None:
    subprocess.run(command, env=kind.environment, check=True, capture_output=True)


def main() -> None:
    """Take turns and print both; the last line is JSON."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    kind = KindProvider()
    image = supply.node_image(Store(), kind.engine, Options().kubernetes)
    supply.serve(Store(), kind.engine)
    dns, fit, without = [], [], []
    for _ in range(rounds):
        for times, took in zip((dns, fit), ours(kind), strict=True):
            times.append(took)
        without.append(plain(kind, image))
        print(
            f"ours: DNS {dns[-1]:.1f} s, fit for grading {fit[-1]:.1f} s; plain kind: DNS {without[-1]:.1f} s"
        )
    found = {
        name: round(statistics.median(times), 1)
        for name, times in (("dns", dns), ("fit", fit), ("plain dns", without))
    }
    keep("cluster_up", {**found, "ratio": round(found["dns"] / found["plain dns"], 2), "rounds": rounds})


if __name__ == "__main__":
    main()
