"""An API server that goes away in the middle of a claim: never a learner's failure."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from checks import CheckFailed, Solution, eventually, recording
from checks.cluster import Object
from fixtures.clusters.engine import find_engine
from fixtures.clusters.provider import DEFAULT_NAME
from fixtures.live import LiveCluster
from fixtures.sandbox import open_sandbox
from tests.commands import ROOT, containers_of, started

pytestmark = pytest.mark.cluster

OUTAGE = 10.0
"""Seconds."""
ASSIGNMENT = "custom-load-balancing"


def send(which: signal.Signals) -> None:
    [node] = containers_of(DEFAULT_NAME)
    find_engine().run("exec", node, "pkill", f"-{which.name.removeprefix('SIG')}", "kube-apiserver")


@contextmanager
def stopped() -> Iterator[None]:
    """Hold the API server's process: connections stay, and nobody answers."""
    send(signal.SIGSTOP)
    try:
        yield
    finally:
        send(signal.SIGCONT)


@contextmanager
def outage() -> Iterator[None]:
    """Let the server be away for a while that begins now."""
    send(signal.SIGSTOP)
    back = threading.Timer(OUTAGE, send, [signal.SIGCONT])
    back.start()
    try:
        yield
    finally:
        back.join()


def deployment(replicas: int = 1) -> Object:
    labels = {"app": "web"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "web", "image": "nginx"}]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template},
    }


@pytest.fixture
def app(cluster: LiveCluster) -> Iterator[Solution]:
    with open_sandbox(cluster, []) as sandbox:
        cluster.apply(deployment(), namespace=sandbox.namespace)
        yield Solution(cluster, sandbox.namespace)


def test_a_claim_that_is_true_passes_after_the_outage(app: Solution) -> None:
    with recording() as seen, outage():
        eventually(app.deployment("web")).rolled_out()
    assert app.cluster.lost() > OUTAGE / 2, "there was no outage"
    assert seen.as_data()[-1]["verdict"] == "passed"


def test_a_claim_that_is_false_fails_after_the_outage_and_says_why(app: Solution) -> None:
    eventually(app.deployment("web")).rolled_out()
    begun = time.monotonic()
    with outage(), pytest.raises(CheckFailed) as failure:
        eventually(app.deployment("web")).runs_image("httpd")
    assert time.monotonic() - begun > OUTAGE
    assert failure.value.found == "nginx"


def test_a_server_that_stays_away_is_our_trouble_and_nobodys_failure(
    cluster: LiveCluster, tmp_path: Path
) -> None:
    submission = ROOT / "assignments" / ASSIGNMENT / "wrong" / "label-on-deployment"
    run = started("grade", "--assignment", ASSIGNMENT, "--output", tmp_path, submission)
    result = tmp_path / submission.name / "result.json"
    deadline = time.monotonic() + 60
    while not (result.exists() and json.loads(result.read_text())["claims"]):
        assert run.poll() is None, run.communicate()
        assert time.monotonic() < deadline, "no claim was judged"
        time.sleep(0.05)
    with stopped():
        _, said = run.communicate(timeout=300)
    verdicts = {claim["id"]: claim["verdict"] for claim in json.loads(result.read_text())["claims"]}
    assert run.returncode == 3, said
    assert "failed" not in verdicts.values(), verdicts
    assert "grader_error" in verdicts.values(), verdicts
