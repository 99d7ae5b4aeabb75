"""What is true of a Deployment, and what only looks like it."""

from __future__ import annotations

from typing import Any

import pytest
from made import NS, deploy, expose, pod, told, waiting

from checks import CheckFailed, Hopeless, Pod, Solution, eventually
from checks.fake import Fake
from checks.workloads import Workload

NO_SUCH_IMAGE = waiting("ImagePullBackOff", 'image "nginx:nope" not found')
NO_NETWORK = waiting("ImagePullBackOff", "dial tcp: i/o timeout")


def status(cluster: Fake, **changes: Any) -> None:
    """Change the status of Deployment `web`."""
    cluster.patch("Deployment", "web", NS, {"status": changes})


def spec(cluster: Fake, **changes: Any) -> None:
    """Change the spec of Deployment `web`."""
    cluster.patch("Deployment", "web", NS, {"spec": changes})


def test_a_right_deployment_passes(cluster: Fake, app: Solution) -> None:
    deploy(cluster, "web", 2, {"tier": "front"})
    web = app.deployment("web")
    web.rolled_out()
    web.runs_image("nginx", "httpd")
    web.selects_exactly(app="web")
    web.template_carries(tier="front")
    assert [item.name for item in web.pods] == ["web-1", "web-2"]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda c: spec(c, replicas=0), "0 replicas are asked for"),
        (lambda c: spec(c, replicas=3), "the change is not taken up yet"),
        (lambda c: status(c, updatedReplicas=1), "1 of 2 made from the present template"),
        (lambda c: status(c, replicas=3), "1 of an older template still there"),
        (lambda c: status(c, replicas=3, updatedReplicas=3, availableReplicas=3), "3 there, 2 asked for"),
        (lambda c: status(c, availableReplicas=1), "1 of 2 available"),
        (
            lambda c: status(
                c,
                availableReplicas=1,
                conditions=[{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}],
            ),
            "1 of 2 available, progress deadline exceeded",
        ),
    ],
    ids=["zero", "unobserved", "updating", "old ones", "scaling down", "unavailable", "deadline"],
)
def test_an_unfinished_rollout_fails(cluster: Fake, app: Solution, change: Any, found: str) -> None:
    deploy(cluster, "web", 2)
    change(cluster)
    with pytest.raises(CheckFailed) as failure:
        app.deployment("web").rolled_out()
    assert failure.value.found == found


@pytest.mark.parametrize(
    ("states", "hopeless"),
    [
        ([NO_SUCH_IMAGE, NO_SUCH_IMAGE], True),
        ([waiting("InvalidImageName")], True),
        ([NO_SUCH_IMAGE, NO_NETWORK], False),
        ([waiting("CrashLoopBackOff")], False),
    ],
    ids=["no such image", "no image name", "one may come", "crashing"],
)
def test_only_what_is_missing_for_good_is_hopeless(
    cluster: Fake, app: Solution, states: list[Any], hopeless: bool
) -> None:
    deploy(cluster, "web", len(states), ready=False)
    for number, state in enumerate(states, 1):
        old = cluster.get("Pod", f"web-{number}", NS)
        new = pod(f"web-{number}", ready=False, state=state)
        cluster.put({**old, "status": new["status"]})
    with pytest.raises(CheckFailed) as failure:
        app.deployment("web").rolled_out()
    assert isinstance(failure.value, Hopeless) == hopeless


@pytest.mark.parametrize(
    ("message", "hopeless"),
    [
        ('pods "web-1" is forbidden: violates PodSecurity "baseline:latest": privileged', True),
        ('pods "web-1" is forbidden: exceeded quota: sandbox', False),
    ],
    ids=["pod security", "quota"],
)
def test_a_refused_pod_is_explained(cluster: Fake, app: Solution, message: str, hopeless: bool) -> None:
    deploy(cluster, "web", 0)
    spec(cluster, replicas=1)
    status(cluster, observedGeneration=2)
    failed = [{"type": "ReplicaFailure", "status": "True", "message": message}]
    cluster.patch("ReplicaSet", "web-rs", NS, {"status": {"conditions": failed}})
    with pytest.raises(CheckFailed) as failure:
        app.deployment("web").rolled_out()
    failure.value.read_cause()
    assert failure.value.because == f"the cluster refuses to create its pods: {message}"
    assert isinstance(failure.value, Hopeless) == hopeless


def restart(cluster: Fake, times: int) -> None:
    """Let the container of pod `web-1` have crashed so often; it is up again, and Ready."""
    status = {"name": "main", "ready": True, "image": "nginx", "restartCount": times}
    status["lastState"] = {"terminated": {"exitCode": 3}}
    cluster.patch("Pod", "web-1", NS, {"status": {"containerStatuses": [status]}})


@pytest.mark.parametrize("verb", ["rolled_out", "is_ready"])
def test_what_crashes_between_two_readings_does_not_stand(cluster: Fake, app: Solution, verb: str) -> None:
    [made] = deploy(cluster, "web")
    for times in range(1, 100):
        cluster.at(2 * times, lambda times=times: restart(cluster, times))
    noun = app.deployment("web") if verb == "rolled_out" else Pod.of(cluster, made)
    message = told(getattr(eventually(noun), verb))
    assert "found     web-1 was restarted\n" in message
    assert "because   web-1 does not stay up: container main ended with exit code 3" in message
    assert cluster.now >= noun.patience


def test_what_is_restarted_once_has_to_hold_from_then_on(cluster: Fake, app: Solution) -> None:
    deploy(cluster, "web")
    cluster.at(2, lambda: restart(cluster, 1))
    eventually(app.deployment("web")).rolled_out()
    assert 2 + Workload.hold <= cluster.now < 2.5 + Workload.hold


def test_pods_belong_to_whom_they_are_owned_by_whatever_their_labels(cluster: Fake, app: Solution) -> None:
    deploy(cluster, "web")
    deploy(cluster, "other", labels={"app": "web"})
    cluster.put(pod("bare", labels={"app": "web"}))
    assert [item.name for item in app.deployment("web").pods] == ["web-1"]
    assert [item.name for item in app.pods] == ["bare", "other-1", "web-1"]


def test_pods_on_their_way_out_or_ended_are_left_out(cluster: Fake, app: Solution) -> None:
    deploy(cluster, "web", 3)
    cluster.delete("Pod", "web-1", NS)
    cluster.patch("Pod", "web-2", NS, {"status": {"phase": "Failed"}})
    assert [item.name for item in app.deployment("web").pods] == ["web-3"]
    assert [item.name for item in app.pods] == ["web-3"]


def test_selector_is_read_in_both_its_forms(cluster: Fake, app: Solution) -> None:
    deploy(cluster, "web")
    one = {"key": "tier", "operator": "In", "values": ["front"]}
    spec(cluster, selector={"matchExpressions": [one]})
    app.deployment("web").selects_exactly(app="web", tier="front")
    two = {"key": "tier", "operator": "In", "values": ["front", "back"]}
    spec(cluster, selector={"matchExpressions": [two, {"key": "old", "operator": "DoesNotExist"}]})
    with pytest.raises(CheckFailed) as failure:
        app.deployment("web").selects_exactly(app="web")
    assert failure.value.found == "app=web,tier In front back,old DoesNotExist"


def test_a_selector_with_one_label_more_or_less_fails(cluster: Fake, app: Solution) -> None:
    deploy(cluster, "web")
    with pytest.raises(CheckFailed):
        app.deployment("web").selects_exactly(app="web", tier="front")
    spec(cluster, selector={"matchLabels": {"tier": "front"}})
    with pytest.raises(CheckFailed, match="app=web,tier=front"):
        app.deployment("web").selects_exactly(app="web")


def test_a_label_on_the_deployment_alone_is_not_on_its_template(cluster: Fake, app: Solution) -> None:
    deploy(cluster, "web")
    cluster.patch("Deployment", "web", NS, {"metadata": {"labels": {"tier": "front"}}})
    with pytest.raises(CheckFailed) as failure:
        app.deployment("web").template_carries(tier="front")
    assert failure.value.found == "pod template with app=web"
    assert (
        failure.value.because == "tier=front is on the metadata of Deployment `web`, not on its pod template"
    )


def test_a_label_that_one_pod_lacks_fails(cluster: Fake, app: Solution) -> None:
    deploy(cluster, "web", 2, {"tier": "front"})
    cluster.patch("Pod", "web-2", NS, {"metadata": {"labels": {"tier": "back"}}})
    with pytest.raises(CheckFailed) as failure:
        app.deployment("web").template_carries(tier="front")
    assert failure.value.found == "web-2 has label tier=back, not tier=front"


def test_another_image_fails(cluster: Fake, app: Solution) -> None:
    deploy(cluster, "web", image="nginx:1.27")
    with pytest.raises(CheckFailed) as failure:
        app.deployment("web").runs_image("httpd", "nginx:1.28")
    assert (failure.value.expected, failure.value.found) == (
        "Deployment `web` runs httpd or nginx:1.28",
        "nginx:1.27",
    )


class TestIsInternal:
    """Nobody calls the pods from outside of the cluster."""

    @pytest.mark.parametrize(
        ("spec", "door"),
        [
            ({"type": "NodePort", "ports": [{"port": 80, "nodePort": 30080}]},
             "type NodePort, port 30080 of every node"),
            ({"type": "LoadBalancer"}, "type LoadBalancer"),
            ({"externalIPs": ["192.0.2.1", "192.0.2.2"]}, "externalIPs 192.0.2.1, 192.0.2.2"),
        ],
        ids=["node port", "load balancer", "external addresses"],
    )  # fmt: skip
    def test_a_door_of_any_name_is_found(
        self, cluster: Fake, app: Solution, spec: dict[str, Any], door: str
    ) -> None:
        deploy(cluster, "web")
        expose(cluster, "web", {"app": "web"})
        expose(cluster, "of-others", {"app": "db"}, **spec)
        app.deployment("web").is_internal()
        expose(cluster, "outside", {"app": "web"}, **spec)
        with pytest.raises(CheckFailed) as failure:
            app.deployment("web").is_internal()
        assert failure.value.found == f"Service `outside`: {door}"

    def test_a_label_that_one_pod_has_is_enough(self, cluster: Fake, app: Solution) -> None:
        deploy(cluster, "web", 2)
        cluster.patch("Pod", "web-2", NS, {"metadata": {"labels": {"chosen": "yes"}}})
        expose(cluster, "outside", {"chosen": "yes"}, type="NodePort")
        with pytest.raises(CheckFailed):
            app.deployment("web").is_internal()

    def test_an_address_that_somebody_wrote_down_is_enough(self, cluster: Fake, app: Solution) -> None:
        (pod,) = deploy(cluster, "web")
        expose(cluster, "outside", None, type="NodePort")
        cluster.put(
            {
                "kind": "EndpointSlice",
                "metadata": {
                    "name": "outside-1",
                    "namespace": NS,
                    "labels": {"kubernetes.io/service-name": "outside"},
                },
                "addressType": "IPv4",
                "endpoints": [{"addresses": ["192.0.2.1"]}, {"addresses": [pod["status"]["podIP"]]}],
            }
        )
        with pytest.raises(CheckFailed):
            app.deployment("web").is_internal()


class TestReplaces:
    """Another pod in place of one that was there."""

    def test_needs_the_old_one_gone_and_as_many_ready_as_are_asked_for(
        self, cluster: Fake, app: Solution
    ) -> None:
        old, _ = deploy(cluster, "web", 2)
        web, gone = app.deployment("web"), Pod.of(cluster, old)
        with pytest.raises(CheckFailed, match="web-1 is still Ready"):
            web.replaces(gone)
        cluster.delete("Pod", "web-1", NS)
        with pytest.raises(CheckFailed, match="1 of 2 Ready"):
            web.replaces(gone)
        owner = cluster.get("ReplicaSet", "web-rs", NS)
        cluster.put(pod("web-3", owner=owner))
        web.replaces(gone)
        cluster.advance(60)
        web.replaces(gone)

    def test_counts_no_pod_that_somebody_else_owns(self, cluster: Fake, app: Solution) -> None:
        (old,) = deploy(cluster, "web")
        cluster.remove("Pod", "web-1", NS)
        cluster.put(pod("web-2", labels={"app": "web"}))
        with pytest.raises(CheckFailed, match="0 of 1 Ready"):
            app.deployment("web").replaces(Pod.of(cluster, old))

    def test_is_not_done_by_scaling_to_nothing(self, cluster: Fake, app: Solution) -> None:
        (old,) = deploy(cluster, "web")
        cluster.remove("Pod", "web-1", NS)
        spec(cluster, replicas=0)
        with pytest.raises(CheckFailed, match="0 of 1 Ready"):
            app.deployment("web").replaces(Pod.of(cluster, old))
