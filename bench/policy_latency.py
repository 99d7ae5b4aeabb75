"""Measure how long it takes until a change of a policy, or of a label that one selects by, is in force.

    python bench/policy_latency.py [ROUNDS] [CLUSTER]

Every 4 ms a connection is tried from this machine to a pod, through a node port. A change counts as in force
with the first attempt after which all end as it says. Both times are printed: since the API server was asked,
and since it had answered (negative: in force before the answer was here).
"""

from __future__ import annotations

import socket
import statistics
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from checks.objects import ready
from fixtures.clusters.provider import acquire
from fixtures.live import LiveCluster
from fixtures.sandbox import open_sandbox

EVERY = 0.004  # seconds between two attempts
ANSWER = 0.1  # seconds that an attempt may take; one that is allowed takes one or two milliseconds
SETTLED = 0.15  # seconds for which all attempts have to end alike
PATIENCE = 10.0  # seconds for a change
RESET = b"\1\0\0\0\0\0\0\0"  # SO_LINGER: closing leaves nothing behind
PORT = 7070
LABELS = {"app": "target"}


@dataclass(frozen=True)
class Sample:
    """One change: what it was, and seconds until it was in force."""

    what: str
    since_asked: float
    since_answered: float


class Attempts:
    """Connects again and again, in a thread, and knows how each attempt ended."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._address = address
        self._ended: deque[tuple[float, bool | int]] = deque(maxlen=4000)  # begun, connected or errno
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Attempts:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def await_all(self, connected: bool, since: float, *, starting: bool = False) -> float:
        """Return when the first of the attempts was begun after which all end alike.

        Raises TimeoutError when that does not come, OSError when one was refused (but for `starting`: the
        node port may not be there yet).
        """
        while time.monotonic() - since < PATIENCE:
            time.sleep(EVERY)
            first = None
            for begun, was in list(self._ended):
                if begun > since and not isinstance(was, bool) and not starting:
                    raise OSError(was, "an attempt neither connected nor was left without an answer")
                if begun > since:
                    first = (first or begun) if was is connected else None
            last = self._ended[-1][0] if self._ended else 0.0
            if first and last - first >= SETTLED:
                return first
        raise TimeoutError(f"not in force after {PATIENCE:g} s")

    def _run(self) -> None:
        under_way: deque[tuple[float, socket.socket]] = deque()
        due = time.monotonic()
        while not self._stop.is_set():
            while under_way and time.monotonic() - under_way[0][0] >= ANSWER:
                begun, attempt = under_way.popleft()
                self._ended.append((begun, _outcome(attempt)))
                attempt.close()
            due = max(due + EVERY, time.monotonic() - 0.05)
            time.sleep(max(0.0, due - time.monotonic()))
            attempt = socket.socket()
            attempt.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            attempt.setblocking(False)
            under_way.append((time.monotonic(), attempt))
            attempt.connect_ex(self._address)
        for _, attempt in under_way:
            attempt.close()


def _outcome(attempt: socket.socket) -> bool | int:
    if error := attempt.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
        return error
    try:
        attempt.getpeername()
    except OSError:
        return False
    return True


def policy(namespace: str, ingress: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "measured", "namespace": namespace},
        "spec": {"podSelector": {"matchLabels": {"closed": "yes"}}, "ingress": ingress},
    }


@contextmanager
def target(cluster: LiveCluster) -> Iterator[tuple[str, tuple[str, int]]]:
    """Start a pod behind a node port; give its namespace and where it answers."""
    with open_sandbox(cluster, []) as sandbox:
        namespace = sandbox.namespace
        container = {
            "name": "main",
            "image": "kubeproctor.local/probe:built",
            "args": ["probe"],
            "env": [{"name": "PROBE_NONCE", "value": namespace}],
            "readinessProbe": {"httpGet": {"path": "/healthz", "port": PORT}, "periodSeconds": 1},
        }
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "target", "labels": {**LABELS, "closed": "yes"}},
            "spec": {"containers": [container], "terminationGracePeriodSeconds": 0},
        }
        service = {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "target"},
            "spec": {"type": "NodePort", "selector": LABELS, "ports": [{"port": PORT}]},
        }
        cluster.apply(pod, namespace=namespace)
        made = cluster.apply(service, namespace=namespace)
        deadline = time.monotonic() + 60
        while not ((found := cluster.get("Pod", "target", namespace)) and ready(found)):
            if time.monotonic() > deadline:
                raise TimeoutError("the target does not get Ready")
            cluster.wake(("Pod",), namespace, 1.0)
        yield namespace, (found["status"]["hostIP"], made["spec"]["ports"][0]["nodePort"])


def measure(cluster: LiveCluster, rounds: int) -> list[Sample]:
    """Make six changes a round and return how long each took; begins with a connection that is open."""
    samples = []
    with target(cluster) as (namespace, address), Attempts(address) as attempts:
        attempts.await_all(True, time.monotonic(), starting=True)
        closed, opened = policy(namespace, []), policy(namespace, [{}])

        def timed(what: str, change: Callable[[], object], *, allows: bool) -> None:
            asked = time.monotonic()
            change()
            answered = time.monotonic()
            in_force = attempts.await_all(allows, asked)
            samples.append(Sample(what, in_force - asked, in_force - answered))

        def label(value: str) -> Callable[[], object]:
            body = {"metadata": {"labels": {"closed": value}}}
            return lambda: cluster.patch("Pod", "target", namespace, body)

        for _ in range(rounds):
            timed("policy created, denies", lambda: cluster.create(closed), allows=False)
            timed("policy changed, allows", lambda: cluster.apply(opened), allows=True)
            timed("policy changed, denies", lambda: cluster.apply(closed), allows=False)
            timed("pod label changed, no more selected", label("no"), allows=True)
            timed("pod label changed, selected", label("yes"), allows=False)
            timed(
                "policy deleted, allows",
                lambda: cluster.delete("NetworkPolicy", "measured", namespace),
                allows=True,
            )
    return samples


def p95(seconds: Sequence[float]) -> float:
    """Return what 95 of 100 do not exceed."""
    return statistics.quantiles(seconds, n=20, method="inclusive")[-1]


def table(samples: Sequence[Sample]) -> str:
    """Return one line for each sort of change and one for all, in milliseconds."""
    sorts: dict[str, list[Sample]] = {}
    for sample in samples:
        sorts.setdefault(sample.what, []).append(sample)
    lines = [f"{'in force after (ms)':37}    n    p50    p95    max   p50 since answered"]
    for what, some in {**sorts, "all": list(samples)}.items():
        asked = [1000 * s.since_asked for s in some]
        answered = statistics.median(1000 * s.since_answered for s in some)
        numbers = f"{statistics.median(asked):6.0f} {p95(asked):6.0f} {max(asked):6.0f}"
        lines.append(f"{what:37} {len(some):4} {numbers} {answered:8.0f}")
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    handle = acquire(sys.argv[2] if len(sys.argv) > 2 else "kind")
    with LiveCluster(handle.kubeconfig, handle.context) as cluster:
        print(table(measure(cluster, rounds)))


if __name__ == "__main__":
    main()
