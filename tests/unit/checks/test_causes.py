"""Causes are sentences about what was read; where nothing explains a failure, nothing is said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from made import NS, deploy, endpoints, expose, meta, node, pod, serve, waiting

from checks import CheckFailed, Pod, Service, Solution, explain
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


class TestElsewhere:
    """An object that is in another namespace of the same sandbox."""

    def put(self, cluster: Fake, namespace: str, kind: str = "Deployment", owner: str = "sandbox") -> None:
        labels = {"kubeproctor.local/owner": owner}
        cluster.put({"kind": "Namespace", "metadata": {"name": namespace, "labels": labels}})
        cluster.put({"kind": kind, "metadata": {**meta(kind, "web"), "namespace": namespace}})

    def test_is_named_before_one_of_another_kind(self, cluster: Fake, app: Solution) -> None:
        self.put(cluster, f"{NS}-2")
        self.put(cluster, NS, kind="StatefulSet")
        says = f"there is Deployment `web` in namespace {NS}-2, not in {NS}"
        assert cause(app.deployment("web").rolled_out) == says

    @pytest.mark.parametrize(
        ("namespace", "owner"),
        [(f"{NS}1-2", "sandbox"), ("k-2", "sandbox"), (f"{NS}-2", "somebody")],
        ids=["of another sandbox", "a sandbox of its own", "no sandbox"],
    )
    def test_is_not_looked_for_among_other_people(
        self, cluster: Fake, app: Solution, namespace: str, owner: str
    ) -> None:
        self.put(cluster, namespace, owner=owner)
        assert cause(app.deployment("web").rolled_out) == ""

    def test_a_role_there_is_of_no_use_to_a_binding_here(self, cluster: Fake, app: Solution) -> None:
        self.put(cluster, f"{NS}-2", kind="Role")
        cluster.put({"kind": "ServiceAccount", "metadata": meta("ServiceAccount", "viewer")})
        binding = {
            "roleRef": {"kind": "Role", "name": "web"},
            "subjects": [{"kind": "ServiceAccount", "name": "viewer"}],
        }
        cluster.put({"kind": "RoleBinding", "metadata": meta("RoleBinding", "viewer"), **binding})
        assert cause(lambda: app.access.grants_only("subject  get pods\nsa/viewer  yes")) == (
            f"RoleBinding `viewer` refers to Role `web`, which does not exist in {NS}; "
            f"there is one in namespace {NS}-2, of no use here"
        )


def test_a_service_of_the_same_name_is_not_taken_for_a_workload(cluster: Fake, app: Solution) -> None:
    expose(cluster, "web", {"app": "web"})
    assert cause(app.deployment("web").rolled_out) == ""


def test_a_workload_of_the_same_name_is_not_taken_for_a_service(cluster: Fake, app: Solution) -> None:
    deploy(cluster, "web")
    assert cause(app.service("web").answers) == ""


class TestSelector:
    """Why a Service has no endpoints, or others."""

    @pytest.mark.parametrize(
        ("selector", "says"),
        [
            (None, "the Service has no selector, so nothing fills in its endpoints"),
            (
                {"app": "wbe"},
                "no pod carries app=wbe, which the selector asks for: the pods have app=db and app=web",
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

    def test_a_deployment_that_asks_for_no_pods_is_named(self, cluster: Fake, app: Solution) -> None:
        deploy(cluster, "web", 0)
        expose(cluster, "web", {"app": "web"})
        says = (
            "no pod carries app=web, which the selector asks for: "
            "Deployment `web` makes such pods, but asks for 0 replicas"
        )
        assert cause(app.service("web").answers) == says
        deploy(cluster, "db")
        assert cause(app.service("web").answers) == says

    def test_without_pods(self, cluster: Fake, app: Solution) -> None:
        expose(cluster, "web", {"app": "web"})
        assert cause(app.service("web").answers) == f"there is no pod in {NS}"

    def test_pods_that_the_cluster_refuses(self, cluster: Fake, app: Solution) -> None:
        deploy(cluster, "web", 0)
        failure = {"type": "ReplicaFailure", "status": "True", "message": "exceeded quota: few"}
        cluster.patch("ReplicaSet", "web-rs", NS, {"status": {"conditions": [failure]}})
        deploy(cluster, "db")
        expose(cluster, "web", {"app": "web"})
        assert cause(app.service("web").answers) == (
            "the cluster refuses to create its pods: exceeded quota: few"
        )
        expose(cluster, "web", {"app": "wbe"})
        assert cause(app.service("web").answers).startswith("no pod carries app=wbe")

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
        assert lines[3:] == ["and 2 more like these"]
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
NO_PROGRAM = {
    "terminated": {
        "exitCode": 128,
        "reason": "StartError",
        "message": "failed to create containerd task: failed to create shim task: OCI runtime create failed: "
        "runc create failed: unable to start container process: error during container init: "
        'exec: "ngnix": executable file not found in $PATH',
    }
}


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
        (
            {
                "conditions": [
                    {
                        "type": "PodScheduled",
                        "status": "False",
                        "message": "0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are …",
                    }
                ]
            },
            "web cannot be scheduled: 0/1 nodes are available: 1 Insufficient cpu.",
        ),
        (
            {
                "state": waiting(
                    "ImagePullBackOff",
                    'Back-off pulling image "x:1": ErrImagePull: rpc error: code = NotFound desc = failed to '
                    'pull and unpack image "docker.io/library/x:1": failed to resolve reference '
                    '"docker.io/library/x:1": docker.io/library/x:1: not found',
                )
            },
            "web cannot get image `nginx`: docker.io/library/x:1: not found",
        ),
        (
            {"state": {**waiting("CrashLoopBackOff", "back-off 10s"), "lastState": NO_PROGRAM}},
            'container main of web cannot start: exec: "ngnix": executable file not found in $PATH',
        ),
        (
            {"state": waiting("RunContainerError", NO_PROGRAM["terminated"]["message"])},
            'container main of web cannot start: exec: "ngnix": executable file not found in $PATH',
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
        "unscheduled, with a word on preemption",
        "no image, in the runtime's words",
        "no program",
        "no program, for the first time",
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


def event(cluster: Fake, about: Any, reason: str, message: str, at: str, container: str = "main") -> None:
    """Put an event of the kubelet about a container."""
    where = {"uid": about["metadata"]["uid"], "fieldPath": f"spec.containers{{{container}}}"}
    made = {"reason": reason, "message": message, "lastTimestamp": at, "involvedObject": where}
    cluster.put({"kind": "Event", "metadata": meta("Event", f"{reason}.{container}.{at}"), **made})


def at(second: int) -> str:
    """Return a moment."""
    return f"2026-01-01T00:00:{second:02}Z"


class TestProbe:
    """What probes say, of which container, and what they do to it."""

    def unready(self, cluster: Fake, **state: Any) -> Any:
        state = state or {"state": {"running": {"startedAt": at(0)}}}
        return cluster.put(pod("web", ready=False, state=state))

    def killed(self, cluster: Fake) -> Any:
        last = {"exitCode": 0, "startedAt": at(10), "finishedAt": at(20)}
        return self.unready(cluster, **waiting("CrashLoopBackOff"), lastState={"terminated": last})

    @pytest.mark.parametrize(
        ("started", "says"),
        [(True, ": Readiness probe failed: 404"), (False, ": Startup probe failed: 500")],
    )
    def test_the_one_that_keeps_it_from_being_ready(self, cluster: Fake, started: bool, says: str) -> None:
        state = {"state": {"running": {"startedAt": at(0)}}, "started": started}
        obj = self.unready(cluster, **state)
        event(cluster, obj, "Unhealthy", "Readiness probe failed: 404", at(1))
        event(cluster, obj, "Unhealthy", "Startup probe failed: 500", at(2))
        event(cluster, obj, "Unhealthy", "Liveness probe failed: 503", at(3))
        event(cluster, obj, "Unhealthy", "Readiness probe failed: of another", at(4), container="other")
        assert explain.pods_not_ready(cluster, [obj]) == f"container main of web runs but is not Ready{says}"

    @pytest.mark.parametrize("probe", ["Liveness", "Startup"])
    def test_that_ended_the_container(self, cluster: Fake, probe: str) -> None:
        obj = self.killed(cluster)
        cluster.said["web", "main", True] = "last words\n"
        event(
            cluster, obj, "Killing", f"Container main failed {probe.lower()} probe, will be restarted", at(15)
        )
        event(cluster, obj, "Unhealthy", f"{probe} probe failed: 404", at(14))
        assert explain.pods_not_ready(cluster, [obj]) == (
            "web does not stay up: container main ended with exit code 0; "
            f"it was killed: {probe} probe failed: 404"
        )

    @pytest.mark.parametrize(
        ("when", "container", "says"),
        [
            (5, "main", "; it was killed before: Liveness probe failed: 404"),
            (25, "main", "; it was killed before: Liveness probe failed: 404"),
            (15, "other", ""),
        ],
    )
    def test_that_ended_another_container_or_this_one_at_another_time(
        self, cluster: Fake, when: int, container: str, says: str
    ) -> None:
        obj = self.killed(cluster)
        said = f"Container {container} failed liveness probe, will be restarted"
        event(cluster, obj, "Killing", said, at(when), container)
        event(cluster, obj, "Unhealthy", "Liveness probe failed: 404", at(14))
        assert explain.pods_not_ready(cluster, [obj]) == (
            f"web does not stay up: container main ended with exit code 0{says}; its log is empty"
        )


def test_a_volume_that_cannot_be_mounted(cluster: Fake) -> None:
    obj = cluster.put(pod("web", ready=False, state=waiting("ContainerCreating")))
    event(cluster, obj, "FailedMount", 'configmap "pages" not found', at(1))
    assert explain.pods_not_ready(cluster, [obj]) == (
        'web waits (ContainerCreating): configmap "pages" not found'
    )


@pytest.mark.parametrize(
    ("has", "says"),
    [
        ({"disk": "hdd"}, "\nno node has the label disk=ssd, which its nodeSelector asks for"),
        ({"disk": "ssd"}, ""),
    ],
)
def test_a_node_selector_is_named_if_it_is_why(cluster: Fake, has: dict[str, str], says: str) -> None:
    node(cluster, "one", has)
    waits = {"type": "PodScheduled", "status": "False", "message": "0/1 nodes are available"}
    obj = pod("web", ready=False, conditions=[waits])
    obj["spec"]["nodeSelector"] = {"disk": "ssd"}
    assert explain.pods_not_ready(cluster, [cluster.put(obj)]) == (
        f"web cannot be scheduled: 0/1 nodes are available{says}"
    )


def test_what_the_kubelet_says_in_place_of_a_log_is_no_log(cluster: Fake) -> None:
    obj = cluster.put(pod("web", ready=False, state={**waiting("CrashLoopBackOff"), "lastState": EXIT_1}))
    cluster.said["web", "main", True] = "unable to retrieve container logs for containerd://49ff85"
    assert explain.pods_not_ready(cluster, [obj]).endswith("its log is empty")
    cluster.said["web", "main", False] = "now"
    assert explain.pods_not_ready(cluster, [obj]).endswith("its log ends:\nnow")


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


class TestShutOff:
    """A Service whose pods answer themselves, and not their clients."""

    @pytest.fixture
    def web(self, cluster: Fake, app: Solution) -> Service:
        serve(cluster, *deploy(cluster, "web"))
        expose(cluster, "web", {"app": "web"})
        return app.service("web")

    def policy(self, cluster: Fake, name: str, **spec: Any) -> None:
        cluster.put({"kind": "NetworkPolicy", "metadata": meta("NetworkPolicy", name), "spec": spec})

    def test_names_the_policies(self, cluster: Fake, web: Service) -> None:
        cluster.blocks = lambda source, ip, dial: source is None
        self.policy(cluster, "closed", podSelector={"matchLabels": {"app": "web"}})
        self.policy(cluster, "outwards", podSelector={}, policyTypes=["Egress"])
        says = (
            "web-1 answers itself on port 80, but not the client: "
            "NetworkPolicy {} it for Ingress, and no rule allows this"
        )
        assert cause(web.answers) == says.format("`closed` selects")
        self.policy(cluster, "all", podSelector={})
        assert cause(web.answers) == says.format("`all` and `closed` select")

    def test_is_looked_for_in_little_time(self, cluster: Fake, web: Service) -> None:
        given: list[float] = []
        cluster.blocks = lambda source, ip, dial: given.append(dial.timeout) is None and source is None
        self.policy(cluster, "closed", podSelector={})
        assert cause(web.answers) != ""
        assert given[-3:] == [1, 1, 1]

    def test_is_no_cause_without_a_policy(self, cluster: Fake, web: Service) -> None:
        cluster.blocks = lambda source, ip, dial: source is None
        self.policy(cluster, "other", podSelector={"matchLabels": {"app": "db"}})
        assert cause(web.answers) == ""

    def test_is_no_cause_where_a_pod_does_not_answer_itself(self, cluster: Fake, web: Service) -> None:
        cluster.blocks = lambda source, ip, dial: True
        self.policy(cluster, "closed", podSelector={})
        assert cause(web.answers) == ""

    def test_is_no_cause_where_the_client_is_let_in(self, cluster: Fake, web: Service) -> None:
        serve(cluster, cluster.list("Pod", NS)[0], status=404)
        self.policy(cluster, "open", podSelector={}, ingress=[{}])
        assert cause(web.answers) == ""


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
