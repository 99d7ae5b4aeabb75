"""No check passes for want of something to look at: on an empty namespace, or on objects without fields."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from made import NS, meta, pod

from checks import CheckFailed, Deployment, Pod, Probe, Service, Solution
from checks.fake import Fake
from checks.noun import _is_check

Use = Callable[[Solution], None]


def web(app: Solution) -> Deployment:
    """Return the Deployment of all cases."""
    return app.deployment("web")


def gone(app: Solution) -> Pod:
    """Return a pod that was there."""
    return Pod(app.cluster, NS, "web-1", "Pod-web-1")


CHECKS: dict[str, Use] = {
    "Service.answers": lambda app: app.service("web").answers(),
    "Service.routes_to_exactly": lambda app: app.service("web").routes_to_exactly(web(app)),
    "Service.reaches_each": lambda app: app.service("web").reaches_each(web(app)),
    "Service.includes": lambda app: app.service("web").includes(gone(app)),
    "Service.excludes": lambda app: app.service("web").excludes(gone(app)),
    "Service.refuses": lambda app: app.service("web").refuses(),
    "Service.sticks_to_one_pod": lambda app: app.service("web").sticks_to_one_pod(),
    "Service.resolves_to_endpoints": lambda app: app.service("web").resolves_to_endpoints(),
    "Service.points_to": lambda app: app.service("web").points_to("kubernetes.io"),
    "Service.routes_to_addresses": lambda app: app.service("web").routes_to_addresses("192.0.2.7"),
    "Deployment.rolled_out": lambda app: web(app).rolled_out(),
    "Deployment.is_internal": lambda app: web(app).is_internal(),
    "Deployment.runs_image": lambda app: web(app).runs_image("nginx"),
    "Deployment.has_qos": lambda app: web(app).has_qos("BestEffort"),
    "Deployment.selects_exactly": lambda app: web(app).selects_exactly(app="web"),
    "Deployment.template_carries": lambda app: web(app).template_carries(app="web"),
    "Deployment.replaces": lambda app: web(app).replaces(gone(app)),
    "Deployment.keeps_available": lambda app: web(app).keeps_available(1),
    "Deployment.keeps_revisions": lambda app: web(app).keeps_revisions(1),
    "Deployment.has_template_of": lambda app: web(app).has_template_of(1),
    "Pod.is_ready": lambda app: gone(app).is_ready(),
    "Pod.keeps_running": lambda app: gone(app).keeps_running(),
    "Pod.restarts": lambda app: gone(app).restarts(),
    "Pod.has_qos": lambda app: gone(app).has_qos("BestEffort"),
    "Pod.never_restarted": lambda app: gone(app).never_restarted(),
    "Probe.asks": lambda app: web(app).probe("readiness").asks(port=80),
    "Probe.passes": lambda app: web(app).probe("readiness").passes(),
    "Probe.gives_time": lambda app: web(app).probe("readiness").gives_time(at_least=0),
}
OTHERS: dict[str, Use] = {
    "Solution.pods": lambda app: app.pods,
    "Deployment.pods": lambda app: web(app).pods,
    "Deployment.ready_pods": lambda app: web(app).ready_pods(),
    "Deployment.scaled": lambda app: web(app).scaled(to=2).__enter__(),
}
ABSENCE = {"Pod.is_gone"}
"""What an absence makes true; the pod it speaks of was read before."""


def test_every_check_is_here() -> None:
    nouns = (Service, Deployment, Pod, Probe)
    checks = {f"{noun.__name__}.{verb}" for noun in nouns for verb in dir(noun) if _is_check(noun, verb)}
    assert checks == CHECKS.keys() | ABSENCE


@pytest.mark.parametrize("use", [*CHECKS.values(), *OTHERS.values()], ids=[*CHECKS, *OTHERS])
def test_an_empty_namespace_fails(app: Solution, use: Use) -> None:
    with pytest.raises(CheckFailed) as failure:
        use(app)
    failure.value.read_cause()
    assert failure.value.expected
    assert failure.value.found
    assert failure.value.look_at.startswith(f"kubectl -n {NS} ")


def bare(cluster: Fake) -> None:
    """Put objects that have no field but their names."""
    for kind in ("Service", "Deployment", "Pod"):
        cluster.put({"kind": kind, "metadata": meta(kind, "web-1" if kind == "Pod" else "web")})


def hollow(cluster: Fake) -> None:
    """Put objects whose fields are null or empty."""
    fields = {"spec": {"selector": None, "ports": None, "template": {}}, "status": {"conditions": None}}
    for kind in ("Service", "Deployment", "Pod"):
        cluster.put({"kind": kind, "metadata": meta(kind, "web-1" if kind == "Pod" else "web"), **fields})
    cluster.put({"kind": "EndpointSlice", "metadata": meta("EndpointSlice", "web-x"), "endpoints": None})


@pytest.mark.parametrize("phantoms", [bare, hollow])
@pytest.mark.parametrize("use", CHECKS.values(), ids=CHECKS)
def test_phantoms_fail(cluster: Fake, app: Solution, use: Use, phantoms: Callable[[Fake], None]) -> None:
    phantoms(cluster)
    with pytest.raises(CheckFailed) as failure:
        use(app)
    assert failure.value.expected
    assert failure.value.found


def test_pods_of_others_are_nobodys(cluster: Fake, app: Solution) -> None:
    bare(cluster)
    cluster.put(pod("web-2", labels={"app": "web"}))
    with pytest.raises(CheckFailed, match="it has none"):
        web(app).pods  # noqa: B018 - to read it is to look
