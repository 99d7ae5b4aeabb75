"""`app.network` on the cluster: tables that hold, tables that do not, and what it says then."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from checks import CheckFailed, Solution, eventually
from fixtures.live import LiveCluster
from fixtures.sandbox import open_sandbox

pytestmark = [pytest.mark.cluster, pytest.mark.shared]

PORTS = {"web": 80, "db": 6379, "shop": 80}
IMAGES = {"web": "nginx", "db": "redis", "shop": "httpd"}
OPEN = r"""
    from \ to    web:80   db:6379   dns
    shop         allow    allow     allow
    web          n/a      allow     allow
    stranger     allow    allow     allow
"""
CLOSED = r"""
    from \ to    web:80   db:6379   dns
    shop         allow    deny      allow
    web          n/a      allow     allow
    stranger     deny     deny      allow
"""
POLICIES: dict[str, dict[str, Any]] = {
    "web-from-shop": {
        "podSelector": {"matchLabels": {"app": "web"}},
        "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "shop"}}}]}],
    },
    "db-from-web": {
        "podSelector": {"matchLabels": {"app": "db"}},
        "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "web"}}}]}],
    },
}
NO_EGRESS: dict[str, Any] = {
    "podSelector": {"matchLabels": {"app": "shop"}},
    "policyTypes": ["Egress"],
    "egress": [{"to": [{"podSelector": {"matchLabels": {"app": "web"}}}]}],
}


def deployment(name: str) -> dict[str, Any]:
    labels = {"app": name}
    container = {"name": name, "image": IMAGES[name], "readinessProbe": {"tcpSocket": {"port": PORTS[name]}}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": 2 if name == "web" else 1,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }


@pytest.fixture(scope="module")
def app(cluster: LiveCluster) -> Iterator[Solution]:
    with open_sandbox(cluster, []) as sandbox:
        for name in PORTS:
            cluster.apply(deployment(name), namespace=sandbox.namespace)
        app = Solution(cluster, sandbox.namespace)
        for name in PORTS:
            eventually(app.deployment(name)).rolled_out()
        yield app


def apply(app: Solution, name: str, spec: dict[str, Any]) -> None:
    policy = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name},
        "spec": spec,
    }
    assert isinstance(app.cluster, LiveCluster)
    app.cluster.apply(policy, namespace=app.namespace)


@pytest.fixture
def closed(app: Solution) -> Iterator[None]:
    for name, spec in POLICIES.items():
        apply(app, name, spec)
    yield
    for name in (*POLICIES, "shop-out"):
        app.cluster.delete("NetworkPolicy", name, app.namespace)


def test_without_policies_all_is_open_and_the_closed_table_fails(app: Solution) -> None:
    eventually(app.network).allows_only(OPEN)
    with pytest.raises(CheckFailed) as failure:
        eventually(app.network).allows_only(CLOSED)
    assert "shop        allow    ALLOW     allow  <- expected deny" in failure.value.found
    assert "stranger    ALLOW    ALLOW     allow  <- expected deny" in failure.value.found
    assert "no policy selects db-" in failure.value.because
    assert "settled" in failure.value.waited


def test_policies_close_what_the_table_says(app: Solution, closed: None) -> None:
    eventually(app.network).allows_only(CLOSED)
    with pytest.raises(CheckFailed) as failure:
        eventually(app.network).allows_only(OPEN)
    assert "`db-from-web` selects db-" in failure.value.because


def test_an_egress_policy_that_forgets_dns_is_seen(app: Solution, closed: None) -> None:
    apply(app, "shop-out", NO_EGRESS)
    with pytest.raises(CheckFailed) as failure:
        eventually(app.network).allows_only(CLOSED)
    assert "shop        allow    deny      DENY  <- expected allow" in failure.value.found
    assert "`shop-out` selects shop-" in failure.value.because


def test_a_target_that_does_not_listen_is_not_denied(app: Solution) -> None:
    with pytest.raises(CheckFailed) as failure:
        eventually(app.network).allows_only("x  web:81\nshop  deny")
    assert failure.value.found == "connection refused"


def test_a_service_of_another_namespace_is_reached_by_its_name(app: Solution) -> None:
    eventually(app.network).allows_only(f"x  {app.namespace}/app=web:80\n{app.namespace}/shop  allow")
