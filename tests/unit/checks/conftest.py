"""A cluster in memory whose time stands still until somebody waits, and a solution in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from made import NS

from checks import Solution, set_patience
from checks.fake import Fake


@pytest.fixture
def cluster() -> Iterator[Fake]:
    """An empty cluster; the checks see its time."""
    cluster = Fake()
    with cluster.time():
        yield cluster
    set_patience(1)


@pytest.fixture
def app(cluster: Fake) -> Solution:
    """What a submission made in the cluster."""
    return Solution(cluster, NS)
