"""Each image of the catalogue runs on the cluster, by each of its names, and keeps its contract."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest

from checks.cluster import Dial
from fixtures.images import catalogue, supply
from fixtures.images.catalogue import Recipe
from fixtures.live import LiveCluster
from fixtures.sandbox import Sandbox, open_sandbox

pytestmark = pytest.mark.cluster

PATIENCE = 90.0
"""Seconds for all images together: Tomcat and PostgreSQL start slowly when everything starts at once."""
NEIGHBOURS = {
    "redis": ("redis", 6379),
    "rng": ("dockercoins/rng:v0.1", 80),
    "hasher": ("dockercoins/hasher:v0.1", 80),
    "db": ("bretfisher/wordsmith-db", 5432),
    "words": ("bretfisher/wordsmith-words", 8080),
}
"""Service -> image and port: whom the applications of the course call by name."""
RECIPES = [recipe for recipe in catalogue.recipes() if not recipe.name.startswith("kubeproctor.local/probe")]


def pod_name(image: str) -> str:
    return re.sub("[^a-z0-9]+", "-", image)


@pytest.fixture(scope="module")
def sandbox(cluster: LiveCluster) -> Iterator[Sandbox]:
    with open_sandbox(cluster, []) as made:
        for recipe in RECIPES:
            for image in recipe.names:
                container: dict[str, Any] = {"name": "main", "image": image}
                if run := recipe.contract.get("run"):
                    container["command"] = run
                elif not recipe.cmd and not recipe.entrypoint:
                    container["command"] = ["sleep", "600"]
                pod = {
                    "apiVersion": "v1",
                    "kind": "Pod",
                    "metadata": {"name": pod_name(image), "labels": {"image": pod_name(image)}},
                    "spec": {
                        "containers": [container],
                        "restartPolicy": "Never" if run else "Always",
                        "terminationGracePeriodSeconds": 0,
                    },
                }
                cluster.apply(pod, namespace=made.namespace)
        for name, (image, port) in NEIGHBOURS.items():
            spec = {"selector": {"image": pod_name(image)}, "ports": [{"port": port}]}
            service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}
            cluster.apply(service, namespace=made.namespace)
        yield made


def eventually_is(cluster: LiveCluster, sandbox: Sandbox, look: Any) -> Any:
    """Return the first true thing that `look` finds; its last false one when time is over."""
    deadline = time.monotonic() + PATIENCE
    while not (found := look()) and time.monotonic() < deadline:
        cluster.wake(("Pod",), sandbox.namespace, 1.0)
    return found


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: pod_name(recipe.name))
def test_an_image_keeps_its_contract(recipe: Recipe, cluster: LiveCluster, sandbox: Sandbox) -> None:
    contract = recipe.contract
    assert contract, f"{recipe.name} promises nothing"
    for image in recipe.names:
        name = pod_name(image)
        if text := contract.get("log") or contract.get("stdout"):
            assert eventually_is(
                cluster, sandbox, lambda n=name, t=text: t in cluster.logs(n, sandbox.namespace)
            ), f"{image}: no {text!r} in its log: {cluster.logs(name, sandbox.namespace)}"
        if "run" in contract:

            def over(n: str = name) -> Any:
                pod = cluster.get("Pod", n, sandbox.namespace) or {}
                return pod["status"].get("phase") in ("Succeeded", "Failed") and pod["status"]["phase"]

            assert eventually_is(cluster, sandbox, over) == "Succeeded"
        if "port" in contract:
            check_port(contract, image, cluster, sandbox)


def check_port(contract: Any, image: str, cluster: LiveCluster, sandbox: Sandbox) -> None:
    def answer() -> Any:
        pod = cluster.get("Pod", pod_name(image), sandbox.namespace) or {}
        if not (ip := pod["status"].get("podIP")):
            return None
        [reply] = cluster.dial([Dial(f"{ip}:{contract['port']}", contract.get("path"), timeout=3)])
        return reply if reply.outcome == "answered" and reply.status == contract.get("status") else None

    reply = eventually_is(cluster, sandbox, answer)
    assert reply, f"{image} does not answer with {contract.get('status')} on port {contract['port']}"
    for header, value in contract.get("header", {}).items():
        assert value in reply.headers.get(header, "")
    assert contract.get("body", "") in reply.body


@pytest.mark.parametrize("image", ["dockercoins/worker:v0.3", "quay.io/nobody/nothing:1"])
def test_what_is_not_there_is_not_found(image: str, cluster: LiveCluster, sandbox: Sandbox) -> None:
    if image.startswith("quay.io") and supply.from_registry():
        pytest.skip("quay.io itself is asked")
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": pod_name(image)},
        "spec": {"containers": [{"name": "main", "image": image}]},
    }
    cluster.apply(pod, namespace=sandbox.namespace)

    def refused() -> str:
        pod = cluster.get("Pod", pod_name(image), sandbox.namespace) or {}
        statuses = pod["status"].get("containerStatuses") or [{}]
        return str(statuses[0].get("state", {}).get("waiting", {}).get("message", ""))

    said = eventually_is(cluster, sandbox, lambda: "not found" in refused() and refused())
    assert said, refused()


def test_rng_serves_one_request_at_a_time_each_a_tenth_of_a_second(
    cluster: LiveCluster, sandbox: Sandbox
) -> None:
    pod = cluster.get("Pod", pod_name("dockercoins/rng:v0.1"), sandbox.namespace)
    assert pod
    dial = Dial(f"{pod['status']['podIP']}:80", "/32", timeout=10)
    assert eventually_is(cluster, sandbox, lambda: cluster.dial([dial])[0].status == 200)
    begun = time.monotonic()
    replies = cluster.dial([dial] * 10)
    took = time.monotonic() - begun
    assert {reply.status for reply in replies} == {200}
    assert took >= 1.0, "ten requests side by side were not served one after the other"


def test_a_words_process_keeps_its_word(cluster: LiveCluster, sandbox: Sandbox) -> None:
    pod = cluster.get("Pod", pod_name("bretfisher/wordsmith-words"), sandbox.namespace)
    assert pod
    dial = Dial(f"{pod['status']['podIP']}:8080", "/noun", timeout=5)
    assert eventually_is(cluster, sandbox, lambda: cluster.dial([dial])[0].status == 200)
    assert len({reply.body for reply in cluster.dial([dial] * 5)}) == 1
