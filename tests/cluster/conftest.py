"""What the tests of checks on the real cluster share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from checks import Solution
from fixtures.clusters import state
from fixtures.clusters.provider import DEFAULT_NAME
from fixtures.live import LiveCluster
from fixtures.sandbox import open_sandbox
from tests.manifests import Made

collect_ignore = ["reported"]
"""Claims: collected when a submission is graded by them."""


@pytest.fixture(scope="session")
def kept_is_up() -> None:
    """The kept cluster is there, and with it what all clusters share; it may be disturbed just now."""
    assert state.load(DEFAULT_NAME), "first: kubeproctor cluster up"


@pytest.fixture(scope="module")
def app(cluster: LiveCluster) -> Iterator[Solution]:
    """An empty namespace, and the answers of somebody."""
    with open_sandbox(cluster, []) as sandbox:
        yield Solution(cluster, sandbox.namespace, {"pods": 2})


@pytest.fixture
def made(app: Solution) -> Iterator[Made]:
    """What puts objects into the namespace, for one test."""
    made = Made(app)
    yield made
    made.delete()
