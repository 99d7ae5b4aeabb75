"""`Service.sticks_to_one_pod`: one client stays with one pod, though it has a choice."""

from __future__ import annotations

import pytest
from made import NS, deploy, expose, serve, told

from checks import CheckFailed, GraderError, Solution, UsageError
from checks.cluster import Reply
from checks.fake import Fake


@pytest.fixture
def web(cluster: Fake) -> Fake:
    """A Service with two pods that sends each client to one of them."""
    serve(cluster, *deploy(cluster, "web", 2))
    expose(cluster, "web", {"app": "web"}, sessionAffinity="ClientIP")
    return cluster


def test_passes_when_all_requests_go_to_one_of_two_pods(web: Fake, app: Solution) -> None:
    app.service("web").sticks_to_one_pod()
    app.service("web").sticks_to_one_pod(requests=10, path=None)


@pytest.mark.parametrize(
    ("affinity", "cause"),
    [("None", "spec.sessionAffinity is None"), (None, "spec.sessionAffinity is None")],
    ids=["None", "left out"],
)
def test_without_affinity_the_requests_are_spread(
    web: Fake, app: Solution, affinity: str | None, cause: str
) -> None:
    web.patch("Service", "web", NS, {"spec": {"sessionAffinity": affinity}})
    assert told(lambda: app.service("web").sticks_to_one_pod()) == (
        "expected  20 requests, all answered by one pod\n"
        "found     web-1, web-2\n"
        f"because   {cause}\n"
        "look at   kubectl -n k-1 get endpointslices -l kubernetes.io/service-name=web"
    )


def test_a_wrong_answer_is_not_put_down_to_affinity(web: Fake, app: Solution) -> None:
    said = told(lambda: app.service("web").answers("/", status=404))
    assert "found     HTTP 200" in said
    assert "sessionAffinity" not in said


def test_one_endpoint_is_no_choice(cluster: Fake, app: Solution) -> None:
    serve(cluster, *deploy(cluster, "web"))
    expose(cluster, "web", {"app": "web"}, sessionAffinity="ClientIP")
    assert told(lambda: app.service("web").sticks_to_one_pod()) == (
        "expected  2 endpoints or more to choose from\n"
        "found     web-1\n"
        "look at   kubectl -n k-1 get endpointslices -l kubernetes.io/service-name=web"
    )
    assert "dial" not in cluster.calls


def test_no_endpoint_is_no_choice_and_the_selector_is_to_blame(cluster: Fake, app: Solution) -> None:
    deploy(cluster, "web", 2)
    expose(cluster, "web", {"app": "wbe"}, sessionAffinity="ClientIP")
    with pytest.raises(CheckFailed) as failure:
        app.service("web").sticks_to_one_pod()
    failure.value.read_cause()
    assert failure.value.found == "no endpoint"
    assert "no pod carries app=wbe" in failure.value.because


def test_a_headless_service_leaves_the_choice_to_the_client(web: Fake, app: Solution) -> None:
    web.patch("Service", "web", NS, {"spec": {"clusterIP": "None", "sessionAffinity": None}})
    with pytest.raises(CheckFailed) as failure:
        app.service("web").sticks_to_one_pod()
    failure.value.read_cause()
    assert failure.value.because.startswith("the Service is headless: clients choose")


def test_a_pod_that_stays_silent_sticks_to_nobody(web: Fake, app: Solution) -> None:
    web.serving["10.0.0.1", 80] = Reply("timeout")
    with pytest.raises(CheckFailed) as failure:
        app.service("web").sticks_to_one_pod()
    assert failure.value.found == "web-1: no answer in time 20"


def test_affinity_is_not_to_blame_for_silence(web: Fake, app: Solution) -> None:
    web.patch("Service", "web", NS, {"spec": {"sessionAffinity": "None"}})
    web.serving.clear()
    with pytest.raises(CheckFailed) as failure:
        app.service("web").sticks_to_one_pod()
    assert failure.value.because == "the Service sends to port 80, where nothing listens in web-1"


def test_requests_of_which_some_stay_unanswered_do_not_pass_for_the_others(
    web: Fake, app: Solution, monkeypatch: pytest.MonkeyPatch
) -> None:
    some = [Reply("answered", 200, backend="10.0.0.1")] * 19 + [Reply("timeout")]
    monkeypatch.setattr(web, "dial", lambda dials: some[-len(dials) :])
    with pytest.raises(CheckFailed) as failure:
        app.service("web").sticks_to_one_pod()
    assert failure.value.found == "web-1 19, no answer in time 1"
    assert not failure.value.because
    assert not failure.value.settles


def test_spread_that_the_spec_asks_for_does_not_pass_by_waiting(web: Fake, app: Solution) -> None:
    web.patch("Service", "web", NS, {"spec": {"sessionAffinity": "None"}})
    with pytest.raises(CheckFailed) as failure:
        app.service("web").sticks_to_one_pod()
    assert failure.value.settles


def test_an_answer_from_who_knows_where_is_no_verdict(web: Fake, app: Solution) -> None:
    web.traced = False
    with pytest.raises(GraderError, match="connection tracking"):
        app.service("web").sticks_to_one_pod()


@pytest.mark.parametrize("requests", [0, 1, 9, True, "20", 20.0])
def test_requests_too_few_to_prove_anything_are_refused(web: Fake, app: Solution, requests: object) -> None:
    web.calls.clear()
    with pytest.raises(UsageError, match=r"takes 10 or more, not"):
        app.service("web").sticks_to_one_pod(requests=requests)  # type: ignore[arg-type]
    assert web.calls == []


def test_an_empty_namespace_fails(app: Solution) -> None:
    assert told(lambda: app.service("web").sticks_to_one_pod()) == (
        "expected  Service `web` exists\nfound     no such Service\nlook at   kubectl -n k-1 get services"
    )
