"""A claim wakes on changes, and what changes all the time does not make it ask all the time."""

from __future__ import annotations

import threading
import time
from itertools import count

import pytest

from checks import Solution
from checks.cluster import Cluster
from fixtures.live import BETWEEN
from tests.manifests import Made, config_map

pytestmark = [pytest.mark.cluster, pytest.mark.shared]


def test_what_changes_all_the_time_is_read_20_times_a_second_at_most(app: Solution, made: Made) -> None:
    made(config_map("restless", said="0"))
    ended = threading.Event()

    def restless(cluster: Cluster) -> None:
        for number in count():
            if ended.is_set():
                return
            cluster.patch("ConfigMap", "restless", app.namespace, {"data": {"said": str(number)}})

    changing = threading.Thread(target=restless, args=(app.cluster,))
    changing.start()
    versions = set()
    begun = time.monotonic()
    try:
        for _ in range(20):
            app.cluster.wake(("ConfigMap",), app.namespace, 5.0)
            found = app.cluster.get("ConfigMap", "restless", app.namespace)
            versions.add(found and found["metadata"]["resourceVersion"])
        took = time.monotonic() - begun
    finally:
        ended.set()
        changing.join()
    assert len(versions) > 10, "it did not change"
    assert took >= 19 * BETWEEN
