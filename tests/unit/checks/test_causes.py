"""Causes are sentences about what was read; where nothing explains a failure, nothing is said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from made import NS, deploy, endpoints, expose, meta, pod, serve, waiting

from checks import CheckFailed, Pod, Solution, explain
from checks.fake import Fake


def cause(read: Callable[[], object]) -> str:
    """Return why a reading failed."""
    with pytest.raises(CheckFailed) as failure:
        read()
    failure.value.read_cause()
    return failure.value.because


@pytest.mark.parametrize(
    ("there", "says"),
    [
        (("StatefulSet", "web"), "there is StatefulSet `web` in k-1, which is not a Deployment"),
        (("Deployment", "wbe"), "there is Deployment `wbe` in k-1"),
        (("Deployment", "completely-different"), ""),
    ],
    ids=["another kind", "a name that is close", "nothing like it"],
)
def test_missing_object(cluster: Fake, app: Solution, there: tuple[str, str], says: str) -> None:
    kind, name = there
    cluster.put({"kind": kind, "metadata": meta(kind, name)})
    assert cause(app.deployment("web").rolled_out) == says


class TestSelector:
    """Why a Service has no endpoints, or others."""

    @pytest.mark.parametrize(
        ("selector", "says"),
        [
            (None, "the Service has no selector, so nothing fills in its endpoints"),
            (
                {"app": "wbe"},
                "no pod carries app=wbe, which the selector asks for\n"
                "no pod has app=wbe: the pods have app=db and app=web",
            ),
            (
                {"app": "web", "tear": "front"},
                "no pod carries app=web,tear=front, which the selector asks for\n"
                "no pod has tear=front: none has a label tear at all",
            ),
            (
                {"app": "web", "tier": "back"},
                "no pod carries app=web,tier=back, which the selector asks for",
            ),
        ],
        ids=["none", "another value", "another key", "each of them on another pod"],
    )
    def test_selects_nobody(self, cluster: Fake, app: Solution, selector: Any, says: str) -> None:
        deploy(cluster, "web", labels={"tier": "front"})
        deploy(cluster, "db", labels={"tier": "back"})
        expose(cluster, "web", selector)
        assert cause(app.service("web").answers) == says

    def test_without_pods(self, cluster: Fake, app: Solution) -> None:
        expose(cluster, "web", {"app": "web"})
        assert cause(app.service("web").answers) == f"there is no pod in {NS}"

    def test_label_on_the_deployment_only(self, cluster: Fake, app: Solution) -> None:
        deploy(cluster, "web")
        cluster.patch("Deployment", "web", NS, {"metadata": {"labels": {"tier": "front"}}})
        expose(cluster, "web", {"tier": "front"})
        assert cause(app.service("web").answers).endswith(
            "the label tier=front is on the metadata of Deployment `web`, not on its pod template"
        )

    def test_pods_that_are_not_selected_and_pods_that_should_not_be(
        self, cluster: Fake, app: Solution
    ) -> None:
        deploy(cluster, "blue", labels={"tier": "front"})
        deploy(cluster, "green", 5, net=2)
        deploy(cluster, "grey", labels={"tier": "front"}, net=3)
        expose(cluster, "web", {"tier": "front"})
        web, blue, green = app.service("web"), app.deployment("blue"), app.deployment("green")
        lines = cause(lambda: web.routes_to_exactly(blue, green)).splitlines()
        assert lines[0] == "green-1 is Ready but has no label tier=front, which the selector asks for"
        assert lines[3:] == ["and so 2 more"]
        assert (
            cause(lambda: web.routes_to_exactly(blue))
            == "grey-1 carries tier=front, all that the selector asks for"
        )

    def test_no_selector_is_no_cause_where_there_are_endpoints(self, cluster: Fake, app: Solution) -> None:
        serve(cluster, *deploy(cluster, "web"), status=500)
        expose(cluster, "web", {"app": "web"})
        cluster.patch("Service", "web", NS, {"spec": {"selector": None}})
        assert cause(app.service("web").answers) == ""


EXIT_1 = {"terminated": {"exitCode": 1, "reason": "Error"}}
OOM = {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (
            {"state": waiting("ImagePullBackOff", "not found")},
            "web cannot get image `nginx`: not found",
        ),
        ({"state": waiting("ErrImagePull")}, "web cannot get image `nginx`: ErrImagePull"),
        (
            {"state": waiting("CreateContainerConfigError", 'secret "db" not found')},
            'web waits (CreateContainerConfigError): secret "db" not found',
        ),
        (
            {"state": {**waiting("CrashLoopBackOff"), "lastState": EXIT_1}},
            "web does not stay up: container main ended with exit code 1; its log ends:\nlast words",
        ),
        (
            {"state": {**waiting("CrashLoopBackOff"), "lastState": OOM}},
            "web does not stay up: container main ended with exit code 137 "
            "(OOMKilled: it wanted more memory than its limit); its log ends:\nlast words",
        ),
        (
            {"state": {"state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}}, "lastState": EXIT_1}},
            "web was restarted and is not Ready yet; before, container main ended with exit code 1; "
            "its log ends:\nlast words",
        ),
        (
            {"state": {"state": EXIT_1}, "phase": "Failed"},
            "web does not stay up: container main ended with exit code 1; its log ends:\nlast words",
        ),
        (
            {"conditions": [{"type": "PodScheduled", "status": "False", "message": "0/1 nodes"}]},
            "web cannot be scheduled: 0/1 nodes",
        ),
        ({"phase": "Succeeded"}, "web has ended"),
        (
            {"phase": "Failed", "containerStatuses": [], "reason": "Evicted"},
            "web has failed: Evicted",
        ),
        ({"phase": "Failed", "containerStatuses": []}, "web has failed"),
        ({}, "container main of web runs but is not Ready: Readiness probe failed: 404"),
        ({"containerStatuses": []}, ""),
    ],
    ids=[
        "no image",
        "no image, no words",
        "no Secret",
        "crash",
        "memory",
        "restarted",
        "ended badly",
        "unscheduled",
        "ended well",
        "evicted",
        "failed, no words",
        "probe",
        "nothing known",
    ],
)
def test_pod_that_is_not_ready(cluster: Fake, made: dict[str, Any], says: str) -> None:
    made = {"conditions": [{"type": "Ready", "status": "False"}], **made}
    obj = cluster.put(pod("web", ready=False, **made))
    cluster.said["web", "main", True] = "first words\n" + "more\n" * 9 + "last words\n"
    for number, message in enumerate(["Readiness probe failed: 500", "Readiness probe failed: 404"]):
        event = {"reason": "Unhealthy", "message": message, "lastTimestamp": f"2026-01-01T00:00:0{number}Z"}
        about = {"involvedObject": {"uid": obj["metadata"]["uid"]}}
        cluster.put({"kind": "Event", "metadata": meta("Event", f"web.{number}"), **event, **about})
    assert explain.pods_not_ready(cluster, [obj]) == says.replace("last words", "more\n" * 4 + "last words")


def test_a_pod_that_is_ready_needs_no_cause(cluster: Fake) -> None:
    assert explain.pods_not_ready(cluster, [cluster.put(pod("web"))]) == ""


def test_an_init_container_that_fails_is_named_before_the_one_that_waits_for_it(cluster: Fake) -> None:
    before = {"name": "setup", "ready": False, **waiting("CrashLoopBackOff"), "lastState": EXIT_1}
    obj = cluster.put(
        pod("web", ready=False, state=waiting("PodInitializing"), initContainerStatuses=[before])
    )
    assert explain.pods_not_ready(cluster, [obj]) == (
        "web does not stay up: container setup ended with exit code 1; its log is empty"
    )


def test_an_init_container_that_is_done_is_no_cause(cluster: Fake) -> None:
    done = {"name": "setup", "ready": False, "state": {"terminated": {"exitCode": 0}}}
    obj = cluster.put(pod("web", ready=False, state=waiting("PodInitializing"), initContainerStatuses=[done]))
    assert explain.pods_not_ready(cluster, [obj]) == "web waits (PodInitializing)"


class TestPort:
    """A Service that sends to a port where nobody listens."""

    def test_names_the_port_that_is_open(self, cluster: Fake, app: Solution) -> None:
        serve(cluster, *deploy(cluster, "web", ports=(8080, 9090)), port=8080)
        expose(cluster, "web", {"app": "web"}, target=80)
        assert cause(app.service("web").answers) == (
            "the Service sends to port 80, where nothing listens in web-1; port 8080 is open there"
        )

    def test_names_no_port_that_is_not(self, cluster: Fake, app: Solution) -> None:
        deploy(cluster, "web", ports=(8080,))
        expose(cluster, "web", {"app": "web"}, target=80)
        assert cause(app.service("web").answers) == (
            "the Service sends to port 80, where nothing listens in web-1"
        )

    def test_is_no_cause_where_somebody_answers(self, cluster: Fake, app: Solution) -> None:
        serve(cluster, *deploy(cluster, "web"), status=404)
        expose(cluster, "web", {"app": "web"})
        assert cause(app.service("web").answers) == ""


def test_affinity_is_named_when_one_pod_gets_all(cluster: Fake, app: Solution) -> None:
    blue, green = deploy(cluster, "blue", net=1), deploy(cluster, "green", net=2)
    for obj in (*blue, *green):
        cluster.patch("Pod", obj["metadata"]["name"], NS, {"metadata": {"labels": {"tier": "front"}}})
    serve(cluster, *blue, *green)
    expose(cluster, "web", {"tier": "front"}, sessionAffinity="ClientIP")
    web, nouns = app.service("web"), (app.deployment("blue"), app.deployment("green"))
    assert "sessionAffinity: ClientIP" in cause(lambda: web.reaches_each(*nouns))


def test_causes_are_read_when_the_verdict_is_out_and_once(cluster: Fake, app: Solution) -> None:
    deploy(cluster, "web", ready=False, state={"state": EXIT_1})
    expose(cluster, "web", {"app": "web"})
    cluster.at(1, lambda: endpoints(cluster, "web"))
    with pytest.raises(CheckFailed):
        app.deployment("web").rolled_out()
    assert cluster.calls.count("logs") == 2


def test_an_unready_pod_is_what_keeps_a_service_silent(cluster: Fake, app: Solution) -> None:
    (obj,) = deploy(cluster, "web", ready=False, state=waiting("ImagePullBackOff", "not found"))
    expose(cluster, "web", {"app": "web"})
    says = "web-1 cannot get image `nginx`: not found"
    assert cause(app.service("web").answers) == says
    assert cause(lambda: app.service("web").includes(Pod.of(cluster, obj))) == says
    assert cause(lambda: app.deployment("web").ready_pods()) == says
