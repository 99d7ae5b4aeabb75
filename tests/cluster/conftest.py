"""What the tests of checks on the real cluster share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from checks import Solution
from fixtures.live import LiveCluster
from fixtures.sandbox import open_sandbox
from tests.manifests import Made

collect_ignore = ["reported"]
"""Claims: collected when a submission is graded by them."""


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
