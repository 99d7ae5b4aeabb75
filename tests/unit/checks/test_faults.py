"""Faults disturb what they say, and heal it whatever happens inside."""

from __future__ import annotations

import copy
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, ClassVar

import pytest
from kubelet import GET, Kubelet, with_probes
from made import NS, deploy, expose, meta, node, on, pod, serve, told, waiting

from checks import (
    CheckFailed,
    GraderError,
    Pod,
    Service,
    Solution,
    UsageError,
    consistently,
    eventually,
    faults,
    observations,
)
from checks.cluster import Disturbance, Inside, Object
from checks.fake import Fake
from checks.objects import labels

FRONT = {"tier": "front"}


@pytest.fixture
def blue(cluster: Fake) -> Pod:
    """A pod of Deployment `blue`, with a label that only the Service asks for."""
    (obj,) = deploy(cluster, "blue", labels=FRONT)
    return Pod.of(cluster, obj)


@pytest.fixture
def web(cluster: Fake, app: Solution, blue: Pod) -> Service:
    """The Service in front of it."""
    expose(cluster, "web", {"app": "blue", **FRONT})
    return app.service("web")


def carried(item: Pod) -> dict[str, str]:
    """Return the pod's labels."""
    return dict(labels(item.get() or {}))


def test_out_of_rotation_takes_the_label_that_the_owner_does_not_need(blue: Pod, web: Service) -> None:
    with faults.out_of_rotation(blue, web):
        assert carried(blue) == {"app": "blue"}
    assert carried(blue) == {"app": "blue", **FRONT}


@pytest.mark.parametrize("error", [CheckFailed, GraderError, KeyboardInterrupt, ZeroDivisionError])
def test_out_of_rotation_heals_when_the_body_raises(
    blue: Pod, web: Service, error: type[BaseException]
) -> None:
    with pytest.raises(error), faults.out_of_rotation(blue, web):
        raise error
    assert carried(blue) == {"app": "blue", **FRONT}


def test_out_of_rotation_heals_when_nobody_knows_whether_it_began(
    cluster: Fake, blue: Pod, web: Service
) -> None:
    def lose_the_answer(*args: object) -> None:
        monkey.undo()
        cluster.patch(*args)
        raise GraderError("connection reset")

    monkey = pytest.MonkeyPatch()
    monkey.setattr(cluster, "patch", lose_the_answer)
    with pytest.raises(GraderError, match="connection reset"), faults.out_of_rotation(blue, web):
        pytest.fail("the body runs only when the fault is there")
    assert carried(blue) == {"app": "blue", **FRONT}


def test_out_of_rotation_has_nothing_to_heal_on_a_pod_that_is_gone(
    cluster: Fake, blue: Pod, web: Service
) -> None:
    with faults.out_of_rotation(blue, web):
        cluster.remove("Pod", "blue-1", NS)
        cluster.put({**pod("blue-1"), "metadata": {"name": "blue-1", "namespace": NS, "uid": "another"}})
    assert labels(cluster.get("Pod", "blue-1", NS) or {}) == {}


def test_out_of_rotation_works_on_a_pod_that_nobody_owns(cluster: Fake, app: Solution) -> None:
    bare = Pod.of(cluster, cluster.put(pod("bare", labels=FRONT)))
    expose(cluster, "web", FRONT)
    with faults.out_of_rotation(bare, app.service("web")):
        assert carried(bare) == {}
    assert carried(bare) == FRONT


@pytest.mark.parametrize(
    ("selector", "says"),
    [
        ({"app": "green"}, r"found     its selector is app=green"),
        ({}, "found     its selector is empty"),
        ({"app": "blue"}, "because   Deployment|because   ReplicaSet `blue-rs` selects its pods by app"),
    ],
    ids=["not selected", "no selector", "the owner's own label"],
)
def test_out_of_rotation_fails_where_it_is_not_possible(
    cluster: Fake, app: Solution, blue: Pod, selector: dict[str, str], says: str
) -> None:
    expose(cluster, "web", selector)
    before = carried(blue)
    with (
        pytest.raises(CheckFailed, match=says),
        faults.out_of_rotation(blue, app.service("web")),
    ):
        pytest.fail("the body runs only when the fault is there")
    assert carried(blue) == before
    assert "patch" not in cluster.calls


def test_out_of_rotation_needs_the_service(app: Solution, blue: Pod) -> None:
    with pytest.raises(CheckFailed, match="no such Service"):
        faults.out_of_rotation(blue, app.service("web")).__enter__()


def test_labels_that_the_owner_selects_by_expression_are_its_own_too(
    cluster: Fake, app: Solution, blue: Pod, web: Service
) -> None:
    rule = {"key": "tier", "operator": "Exists"}
    cluster.patch("ReplicaSet", "blue-rs", NS, {"spec": {"selector": {"matchExpressions": [rule]}}})
    with pytest.raises(CheckFailed, match="selects its pods by app, tier"):
        faults.out_of_rotation(blue, web).__enter__()


def test_killed_deletes_the_pod_with_a_short_grace(cluster: Fake, blue: Pod) -> None:
    with faults.killed(blue):
        obj = blue.get()
        assert obj
        assert obj["metadata"]["deletionTimestamp"]
        cluster.advance(faults.GRACE)
        blue.is_gone()


def test_killed_ends_when_the_pod_is_gone(cluster: Fake, blue: Pod) -> None:
    with faults.killed(blue):
        began = cluster.now
    assert blue.get() is None
    assert cluster.now == began + faults.GRACE


def test_killed_does_not_wait_for_ever_for_a_pod_that_somebody_holds(
    cluster: Fake, blue: Pod, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "remove", lambda *_: None)
    with faults.killed(blue):
        began = cluster.now
    assert blue.get()
    assert cluster.now == began + faults.ENDS


@pytest.mark.parametrize("grace", [0, 30], ids=["gone", "going"])
def test_nothing_is_done_to_a_pod_that_is_gone(cluster: Fake, blue: Pod, web: Service, grace: int) -> None:
    cluster.delete("Pod", "blue-1", NS, grace=grace)
    cluster.calls.clear()
    for fault in (faults.killed(blue), faults.out_of_rotation(blue, web)):
        with pytest.raises(CheckFailed, match="blue-1 runs"):
            fault.__enter__()
    assert not {"delete", "patch"} & set(cluster.calls)


class TestScaled:
    """Another number of replicas for a while."""

    def replicas(self, cluster: Fake) -> object:
        """Return how many are asked for."""
        found = cluster.get("Deployment", "blue", NS)
        assert found
        return found["spec"]["replicas"]

    @pytest.mark.parametrize("error", [CheckFailed, KeyboardInterrupt])
    def test_heals_whatever_happens(
        self, cluster: Fake, app: Solution, blue: Pod, error: type[BaseException]
    ) -> None:
        with pytest.raises(error), app.deployment("blue").scaled(to=0):
            raise error
        assert self.replicas(cluster) == 1

    def test_is_there_in_the_body_and_over_after_it(self, cluster: Fake, app: Solution, blue: Pod) -> None:
        with app.deployment("blue").scaled(to=0):
            assert self.replicas(cluster) == 0
        assert self.replicas(cluster) == 1

    def test_heals_when_nobody_knows_whether_it_began(self, cluster: Fake, app: Solution, blue: Pod) -> None:
        cluster.fail("scale", "connection reset")
        with pytest.raises(GraderError), app.deployment("blue").scaled(to=3):
            pytest.fail("the body runs only when the fault is there")
        assert cluster.calls.count("scale") == 2

    def test_of_what_does_not_exist_says_why(self, cluster: Fake, app: Solution, blue: Pod) -> None:
        with pytest.raises(CheckFailed, match="because   there is Deployment `blue`"):
            app.deployment("blu").scaled(to=0).__enter__()

    @pytest.mark.parametrize("to", [-1, True, 1.5, None])
    def test_takes_a_number_of_replicas(self, app: Solution, to: object) -> None:
        with pytest.raises(UsageError, match="a number of replicas"):
            app.deployment("blue").scaled(to=to).__enter__()


@pytest.mark.parametrize(
    "use",
    [
        lambda app: faults.killed(app.deployment("blue")),
        lambda app: faults.out_of_rotation("blue-1", app.service("web")),
        lambda app: faults.out_of_rotation(Pod(app.cluster, NS, "blue-1", "1"), "web"),
    ],
    ids=["a Deployment", "a name of a pod", "a name of a Service"],
)
def test_faults_take_nouns(app: Solution, use) -> None:
    with pytest.raises(UsageError, match="not"):
        use(app).__enter__()


ERRORS = [CheckFailed, GraderError, KeyboardInterrupt, ZeroDivisionError]


@pytest.fixture
def sick(cluster: Fake) -> Pod:
    """A pod whose only container has both probes."""
    (obj,) = deploy(cluster, "web")
    with_probes(cluster, "web-1", readinessProbe=GET, livenessProbe={"tcpSocket": {"port": 80}})
    cluster.insides["web-1", "main"] = Inside({}, ("nginx",))
    return Pod.of(cluster, obj)


def container(cluster: Fake, **fields: Any) -> None:
    """Change the only container of the pod."""
    obj = copy.deepcopy(dict(cluster.get("Pod", "web-1", NS) or {}))
    obj["spec"]["containers"][0] |= fields
    cluster.put(obj)


class TestProbesFail:
    """What a probe of a pod asks fails."""

    @pytest.mark.parametrize(
        ("asks", "done"),
        [
            (GET, Disturbance("fail", port=80, path="/")),
            ({"httpGet": {"port": 80}}, Disturbance("fail", port=80, path="/")),
            (
                {"httpGet": {"path": "/ready?full=1", "port": "http"}},
                Disturbance("fail", port=8080, path="/ready?full=1"),
            ),
            ({"httpGet": {"port": 80, "host": "10.0.0.1"}}, Disturbance("fail", port=80, path="/")),
            (
                {"httpGet": {"path": "/so gut/ü%20?a=%2F#b", "port": 80}},
                Disturbance("fail", port=80, path="/so%20gut/%C3%BC%20?a=%2F"),
            ),
            (
                {"httpGet": {"path": "/ready", "port": 443, "scheme": "HTTPS"}},
                Disturbance("fail", port=443, path=None),
            ),
            ({"tcpSocket": {"port": 6379}}, Disturbance("fail", port=6379, path=None)),
            ({"grpc": {"port": 9090}}, Disturbance("fail", port=9090, path=None)),
            ({"exec": {"command": ["true"]}}, Disturbance("freeze", container="main")),
        ],
        ids=["HTTP", "no path", "name and query", "own host", "odd path", "HTTPS", "TCP", "gRPC", "command"],
    )
    @pytest.mark.parametrize("which", ["readiness", "liveness"])
    def test_in_the_way_in_which_it_asks(
        self, cluster: Fake, sick: Pod, which: str, asks: Object, done: Disturbance
    ) -> None:
        container(cluster, readinessProbe=None, livenessProbe=None)
        container(cluster, ports=[{"name": "http", "containerPort": 8080}], **{f"{which}Probe": dict(asks)})
        fault = faults.not_ready if which == "readiness" else faults.not_live
        with fault(sick):
            assert cluster.disturbed == [("web-1", done)]
        assert cluster.disturbed == []

    def test_of_the_first_container_that_has_one_or_of_the_one_that_is_named(
        self, cluster: Fake, sick: Pod
    ) -> None:
        containers = [
            {"name": "log"},
            {"name": "main", "readinessProbe": GET},
            {"name": "proxy", "readinessProbe": {"tcpSocket": {"port": 15020}}},
        ]
        cluster.patch("Pod", "web-1", NS, {"spec": {"containers": containers}})
        with faults.not_ready(sick):
            assert cluster.disturbed[0][1].port == 80
        with faults.not_ready(sick, container="proxy"):
            assert cluster.disturbed[0][1].port == 15020
        assert told(faults.not_ready(sick, container="log").__enter__) == (
            "expected  a readinessProbe on container log of web-1\n"
            "found     container log has no probe\n"
            "look at   kubectl -n k-1 get pod web-1 -o yaml"
        )
        with pytest.raises(CheckFailed, match="no container db"):
            faults.not_ready(sick, container="db").__enter__()

    def test_is_refused_without_the_probe(self, cluster: Fake, sick: Pod) -> None:
        container(cluster, livenessProbe=None)
        assert told(faults.not_live(sick).__enter__) == (
            "expected  a livenessProbe on a container of web-1\n"
            "found     container main has a readinessProbe\n"
            "look at   kubectl -n k-1 get pod web-1 -o yaml"
        )
        assert "disturb" not in cluster.calls

    @pytest.mark.parametrize(
        ("asks", "found", "because"),
        [
            ({"httpGet": {"port": 80, "host": "db.example"}}, "GET / on port 80 of db.example", ""),
            (
                {"tcpSocket": {"port": 80, "host": "127.0.0.1"}},
                "a TCP connection to port 80 of 127.0.0.1",
                "",
            ),
            (
                {"httpGet": {"port": "web"}},
                "GET / on port web",
                "because   no port of container main has that name\n",
            ),
            ({}, "nothing", ""),
        ],
        ids=["another host", "the node", "no such name", "nothing"],
    )
    def test_is_refused_where_the_probe_asks_no_port_of_the_pod(
        self, cluster: Fake, sick: Pod, asks: dict[str, Any], found: str, because: str
    ) -> None:
        container(cluster, readinessProbe=asks)
        assert told(faults.not_ready(sick).__enter__) == (
            "expected  a readinessProbe that asks a port of web-1\n"
            f"found     {found}\n"
            f"{because}"
            "look at   kubectl -n k-1 get pod web-1 -o yaml"
        )

    def test_a_container_has_to_run_to_stand_still(self, cluster: Fake, sick: Pod) -> None:
        container(cluster, readinessProbe={"exec": {"command": ["true"]}})
        statuses = [{"name": "main", "ready": False, **waiting("CrashLoopBackOff", "back-off 10s")}]
        cluster.patch("Pod", "web-1", NS, {"status": {"containerStatuses": statuses}})
        cluster.patch("Pod", "web-1", NS, {"status": {"conditions": [{"type": "Ready", "status": "False"}]}})
        assert told(faults.not_ready(sick).__enter__) == (
            "expected  container main of web-1 runs\n"
            "found     it does not run\n"
            "because   web-1 waits (CrashLoopBackOff): back-off 10s\n"
            "look at   kubectl -n k-1 describe pod web-1"
        )


class TestReadinessShieldsUsers:
    """A pod that is not ready leaves the Service, stays as it is, and comes back: as a whole."""

    def judge(self, app: Solution) -> None:
        """Judge Service `web` and a pod behind it."""
        web, sick = app.service("web"), app.deployment("web").pods[0]
        with faults.not_ready(sick):
            eventually(web).excludes(sick)
            consistently(sick, during=10).keeps_running(ready=False)
        eventually(web).includes(sick)

    def arrange(self, cluster: Fake, **probes: Any) -> None:
        """Put the Deployment, its Service, and a kubelet."""
        serve(cluster, *deploy(cluster, "web", 2))
        with_probes(cluster, "web-1", "web-2", **probes)
        expose(cluster, "web", {"app": "web"})
        Kubelet(cluster, "web")

    def test_with_a_readiness_probe(self, cluster: Fake, app: Solution) -> None:
        self.arrange(cluster, readinessProbe=GET)
        self.judge(app)
        assert 30 < cluster.now < 60
        assert cluster.disturbed == []

    def test_with_one_that_is_slow_to_act(self, cluster: Fake, app: Solution) -> None:
        self.arrange(cluster, readinessProbe={**GET, "failureThreshold": 10})
        self.judge(app)
        assert cluster.now > 100

    def test_with_a_liveness_probe_that_asks_the_same(self, cluster: Fake, app: Solution) -> None:
        self.arrange(cluster, readinessProbe=GET, livenessProbe={**GET, "periodSeconds": 11})
        with pytest.raises(CheckFailed, match="it was restarted once"):
            self.judge(app)
        assert cluster.disturbed == []

    def test_with_a_liveness_probe_instead(self, cluster: Fake, app: Solution) -> None:
        self.arrange(cluster, livenessProbe=GET)
        with pytest.raises(CheckFailed, match="container main has a livenessProbe"):
            self.judge(app)

    def test_with_a_service_that_does_not_care(self, cluster: Fake, app: Solution) -> None:
        self.arrange(cluster, readinessProbe=GET)
        Kubelet(cluster)
        with pytest.raises(CheckFailed, match="expected  web-1 not among the endpoints"):
            self.judge(app)
        assert 30 <= cluster.now < 90


class TestLivenessRestarts:
    """A pod that does not live is started again."""

    def judge(self, app: Solution) -> None:
        """Judge the pod of Deployment `web`."""
        pod = app.deployment("web").pods[0]
        with faults.not_live(pod):
            eventually(pod).restarts()

    def test_with_a_liveness_probe(self, cluster: Fake, app: Solution) -> None:
        deploy(cluster, "web")
        with_probes(cluster, "web-1", livenessProbe=GET)
        Kubelet(cluster)
        self.judge(app)
        assert cluster.now == 30

    def test_with_one_that_never_trips(self, cluster: Fake, app: Solution) -> None:
        deploy(cluster, "web")
        with_probes(cluster, "web-1", livenessProbe={**GET, "failureThreshold": 1000})
        Kubelet(cluster)
        with pytest.raises(CheckFailed, match="found     no restart"):
            self.judge(app)
        assert cluster.now == pytest.approx(Pod.patience + faults.LONGEST)

    def test_patience_is_what_it_was_behind_the_block(self, cluster: Fake, app: Solution, sick: Pod) -> None:
        with faults.not_live(sick), faults.not_ready(sick):
            pass
        with pytest.raises(CheckFailed, match="waited    30 s"):
            eventually(sick).restarts()
        with pytest.raises(CheckFailed, match="settled"):
            eventually(app.deployment("nope")).rolled_out()


class TestSlow:
    """Connections that take longer."""

    def test_of_a_pod_is_of_the_only_port_that_it_declares_or_of_the_one_that_is_named(
        self, cluster: Fake, sick: Pod
    ) -> None:
        container(cluster, ports=[{"containerPort": 80}, {"containerPort": 53, "protocol": "UDP"}])
        with faults.slow(sick, seconds=2):
            assert cluster.disturbed == [("web-1", Disturbance("delay", port=80, seconds=2.0))]
        with faults.slow(sick, seconds=0.5, port=8080):
            assert cluster.disturbed == [("web-1", Disturbance("delay", port=8080, seconds=0.5))]
        assert cluster.disturbed == []

    @pytest.mark.parametrize(
        ("ports", "found"), [([], "none"), ([{"containerPort": 80}, {"containerPort": 443}], "80, 443")]
    )
    def test_of_a_pod_is_refused_when_that_says_not_which(
        self, cluster: Fake, sick: Pod, ports: list[Object], found: str
    ) -> None:
        container(cluster, ports=ports)
        assert told(faults.slow(sick, seconds=2).__enter__) == (
            "expected  one containerPort of web-1\n"
            f"found     {found}\n"
            "look at   kubectl -n k-1 get pod web-1 -o yaml"
        )

    def test_of_a_service_is_of_all_pods_behind_it_where_they_get_its_traffic(
        self, cluster: Fake, app: Solution
    ) -> None:
        serve(cluster, *deploy(cluster, "web", 2))
        deploy(cluster, "other", net=3)
        expose(cluster, "web", {"app": "web"}, target=8080)
        with faults.slow(app.service("web"), seconds=2):
            slowed = Disturbance("delay", port=8080, seconds=2.0)
            assert cluster.disturbed == [("web-1", slowed), ("web-2", slowed)]
        assert cluster.disturbed == []

    def test_of_a_service_is_refused_when_nobody_is_behind_it(self, cluster: Fake, app: Solution) -> None:
        deploy(cluster, "web", ready=False)
        expose(cluster, "web", {"app": "web"})
        assert told(faults.slow(app.service("web"), seconds=2).__enter__) == (
            "expected  a Ready pod behind Service `web`\n"
            "found     no endpoint\n"
            "because   container main of web-1 runs but is not Ready\n"
            "look at   kubectl -n k-1 get endpointslices -l kubernetes.io/service-name=web"
        )
        with pytest.raises(CheckFailed, match="no such Service"):
            faults.slow(app.service("nope"), seconds=2).__enter__()

    def test_of_a_service_heals_those_that_were_slowed_when_another_one_cannot_be(
        self, cluster: Fake, app: Solution
    ) -> None:
        deploy(cluster, "web", 2)
        expose(cluster, "web", {"app": "web"})

        def lose(pod: Object, disturbance: Disturbance, begins: bool) -> None:
            cluster.fail("disturb", "connection reset")

        cluster.reacts = lose
        with pytest.raises(GraderError), faults.slow(app.service("web"), seconds=2):
            pytest.fail("the body runs only when the fault is there")
        assert cluster.disturbed == []

    @pytest.mark.parametrize(
        "wrong",
        [{"seconds": 0}, {"seconds": True}, {"seconds": "2"}, {"seconds": 1, "port": 0}],
        ids=str,
    )
    def test_takes_seconds_and_a_port(self, sick: Pod, wrong: dict[str, Any]) -> None:
        with pytest.raises(UsageError, match="slow"):
            faults.slow(sick, **wrong).__enter__()

    def test_takes_no_port_beside_a_service(self, app: Solution) -> None:
        with pytest.raises(UsageError, match=r"app\.service\('web', port=…\)"):
            faults.slow(app.service("web"), seconds=1, port=80).__enter__()


def test_unreachable_cuts_the_pod_off(cluster: Fake, app: Solution, sick: Pod) -> None:
    serve(cluster, *deploy(cluster, "blue", 2, net=2))
    with_probes(cluster, "blue-1", "blue-2", owner="blue", readinessProbe=GET)
    expose(cluster, "web", {"app": "blue"})
    Kubelet(cluster, "web")
    lost = app.deployment("blue").pods[0]
    with faults.unreachable(lost):
        assert cluster.disturbed == [("blue-1", Disturbance("cut"))]
        eventually(app.service("web")).excludes(lost)
    eventually(app.service("web")).includes(lost)


class TestRestarted:
    """The first process of a container is killed."""

    def test_once_and_before_the_body(self, cluster: Fake, sick: Pod) -> None:
        with faults.restarted(sick):
            assert cluster.calls.count("kill") == 1
            eventually(sick).restarts()
        assert cluster.calls.count("kill") == 1

    def test_of_the_first_container_or_of_the_one_that_is_named(self, cluster: Fake, sick: Pod) -> None:
        runs = [
            {"name": name, "restartCount": 0, "state": {"running": {}}} for name in ("main", "proxy", "mesh")
        ]
        spec = {
            "containers": [{"name": "main"}, {"name": "proxy"}],
            "initContainers": [{"name": "mesh", "restartPolicy": "Always"}, {"name": "init"}],
        }
        cluster.patch("Pod", "web-1", NS, {"spec": spec, "status": {"containerStatuses": runs}})
        killed: list[str] = []
        monkey = pytest.MonkeyPatch()
        monkey.setattr(cluster, "kill", lambda pod, container: killed.append(container))
        for wanted in (None, "proxy", "mesh"):
            with faults.restarted(sick, container=wanted):
                pass
        assert killed == ["main", "proxy", "mesh"]
        assert told(faults.restarted(sick, container="init").__enter__) == (
            "expected  a container init in web-1\n"
            "found     main, proxy, mesh\n"
            "look at   kubectl -n k-1 get pod web-1 -o yaml"
        )
        monkey.undo()

    def test_is_refused_when_the_container_does_not_run(self, cluster: Fake, sick: Pod) -> None:
        cluster.patch("Pod", "web-1", NS, {"status": {"containerStatuses": []}})
        with pytest.raises(CheckFailed, match="container main of web-1 runs"):
            faults.restarted(sick).__enter__()
        assert "kill" not in cluster.calls


class TestCordoned:
    """A node that takes no new pod."""

    def unschedulable(self, cluster: Fake) -> object:
        """Return what the node says."""
        return (cluster.get("Node", "worker") or {})["spec"].get("unschedulable", "nothing")

    @pytest.fixture
    def worker(self, cluster: Fake) -> Pod:
        """A pod on a node."""
        node(cluster, "worker")
        return Pod.of(cluster, cluster.put(on(pod("web-1"), "worker")))

    def test_by_a_pod_that_is_on_it_or_by_its_name(self, cluster: Fake, app: Solution, worker: Pod) -> None:
        for noun in (worker, app.object("Node", "worker", namespaced=False)):
            with faults.cordoned(noun):
                assert self.unschedulable(cluster) is True
            assert self.unschedulable(cluster) == "nothing"

    @pytest.mark.parametrize("error", ERRORS)
    def test_heals_whatever_happens(self, cluster: Fake, worker: Pod, error: type[BaseException]) -> None:
        with pytest.raises(error), faults.cordoned(worker):
            raise error
        assert self.unschedulable(cluster) == "nothing"

    @pytest.mark.parametrize(("before", "calls"), [(True, 0), (False, 2)])
    def test_leaves_what_was_before(self, cluster: Fake, worker: Pod, before: bool, calls: int) -> None:
        cluster.patch("Node", "worker", None, {"spec": {"unschedulable": before}})
        cluster.calls.clear()
        with faults.cordoned(worker):
            assert self.unschedulable(cluster) is True
        assert self.unschedulable(cluster) is before
        assert cluster.calls.count("patch") == calls

    def test_has_nothing_to_heal_on_a_node_that_is_gone(self, cluster: Fake, worker: Pod) -> None:
        with faults.cordoned(worker):
            cluster.remove("Node", "worker", None)

    def test_needs_a_node(self, cluster: Fake, app: Solution, worker: Pod) -> None:
        with pytest.raises(UsageError, match="there is no node wroker, only: worker"):
            faults.cordoned(app.object("Node", "wroker", namespaced=False)).__enter__()
        cluster.patch("Pod", "web-1", NS, {"spec": {"nodeName": None}})
        assert told(faults.cordoned(worker).__enter__) == (
            "expected  web-1 is on a node\n"
            "found     it is on none\n"
            "look at   kubectl -n k-1 describe pod web-1"
        )


class TestChanged:
    """An object that has other values for a while."""

    OLD: ClassVar[dict[str, Any]] = {
        "data": {"colour": "blue", "shape": "round"},
        "binaryData": {"a": "YQ=="},
        "list": [1, {"a": 2}],
        "number": 3,
    }

    def fields(self, cluster: Fake) -> dict[str, Any]:
        """Return the fields of the ConfigMap."""
        obj = dict(cluster.get("ConfigMap", "web", NS) or {})
        return {key: value for key, value in obj.items() if key not in ("kind", "metadata")}

    @pytest.fixture
    def settings(self, cluster: Fake) -> None:
        """A ConfigMap."""
        cluster.put({"kind": "ConfigMap", "metadata": meta("ConfigMap", "web"), **self.OLD})

    @pytest.mark.parametrize(
        ("fields", "then"),
        [
            ({"data": {"colour": "red"}}, {"data": {"colour": "red", "shape": "round"}}),
            ({"data": {"size": "big"}}, {"data": {**OLD["data"], "size": "big"}}),
            ({"data": {"colour": None, "size": None}}, {"data": {"shape": "round"}}),
            ({"data": None}, {"data": ...}),
            ({"data": "scalar"}, {"data": "scalar"}),
            ({"list": [4]}, {"list": [4]}),
            ({"list": {"a": 1}}, {"list": {"a": 1}}),
            ({"number": {"a": {"b": 1}}, "fresh": {"a": {"b": 1}}}, {"number": {"a": {"b": 1}}}),
            ({"binaryData": {"a": {"b": {"c": 1}}}}, {"binaryData": {"a": {"b": {"c": 1}}}}),
        ],
        ids=str,
    )
    def test_for_the_block_and_as_before_behind_it(
        self, cluster: Fake, app: Solution, settings: None, fields: dict[str, Any], then: dict[str, Any]
    ) -> None:
        with faults.changed(app.object("ConfigMap", "web"), **fields):
            assert {key: self.fields(cluster).get(key, ...) for key in then} == then
        assert self.fields(cluster) == self.OLD

    @pytest.mark.parametrize("error", ERRORS)
    def test_heals_whatever_happens(
        self, cluster: Fake, app: Solution, settings: None, error: type[BaseException]
    ) -> None:
        with pytest.raises(error), faults.changed(app.object("ConfigMap", "web"), data={"colour": "red"}):
            raise error
        assert self.fields(cluster) == self.OLD

    def test_heals_when_nobody_knows_whether_it_began(
        self, cluster: Fake, app: Solution, settings: None
    ) -> None:
        cluster.fail("patch", "connection reset")
        with pytest.raises(GraderError), faults.changed(app.object("ConfigMap", "web"), data=None):
            pytest.fail("the body runs only when the fault is there")
        assert cluster.calls.count("patch") == 2

    def test_leaves_what_others_change_meanwhile(self, cluster: Fake, app: Solution, settings: None) -> None:
        with faults.changed(app.object("ConfigMap", "web"), data={"colour": "red"}):
            cluster.patch("ConfigMap", "web", NS, {"data": {"shape": "square"}})
        assert self.fields(cluster)["data"] == {"colour": "blue", "shape": "square"}

    @pytest.mark.parametrize("again", [False, True], ids=["gone", "another one"])
    def test_leaves_an_object_alone_that_is_another_one(
        self, cluster: Fake, app: Solution, settings: None, again: bool
    ) -> None:
        with faults.changed(app.object("ConfigMap", "web"), data={"colour": "red"}):
            cluster.remove("ConfigMap", "web", NS)
            if again:
                other = {**meta("ConfigMap", "web"), "uid": "another"}
                cluster.put({"kind": "ConfigMap", "metadata": other, "data": {"colour": "green"}})
        assert self.fields(cluster) == ({"data": {"colour": "green"}} if again else {})

    def test_takes_nouns_that_are_objects(self, cluster: Fake, app: Solution) -> None:
        (obj,) = deploy(cluster, "web")
        expose(cluster, "web", {"app": "web"})
        node(cluster, "worker")
        wide = app.object("Node", "worker", namespaced=False)
        for noun in (app.deployment("web"), app.service("web"), Pod.of(cluster, obj), wide):
            with faults.changed(noun, metadata={"labels": {"a": "b"}}):
                assert (noun.get() or {})["metadata"]["labels"]["a"] == "b"
            assert "a" not in (noun.get() or {})["metadata"]["labels"]

    def test_needs_the_object(self, cluster: Fake, app: Solution, settings: None) -> None:
        assert told(faults.changed(app.object("ConfigMap", "wbe"), data={}).__enter__) == (
            "expected  ConfigMap `wbe` exists\n"
            "found     no such ConfigMap\n"
            "because   there is ConfigMap `web` in k-1\n"
            "look at   kubectl -n k-1 get configmap"
        )

    @pytest.mark.parametrize(
        ("kind", "volume", "waited"),
        [
            ("ConfigMap", {"configMap": {"name": "web"}}, 150),
            ("ConfigMap", {"projected": {"sources": [{"configMap": {"name": "web"}}]}}, 150),
            ("ConfigMap", {"configMap": {"name": "other"}}, 30),
            ("ConfigMap", {"secret": {"secretName": "web"}}, 30),
            ("Secret", {"secret": {"secretName": "web"}}, 150),
            ("Secret", {"emptyDir": {}}, 30),
            ("Deployment", {"configMap": {"name": "web"}}, 30),
        ],
        ids=str,
    )
    def test_lets_nothing_be_settled_while_it_is_under_way(
        self, cluster: Fake, app: Solution, sick: Pod, settings: None, kind: str, volume: Object, waited: int
    ) -> None:
        cluster.put({"kind": "Secret", "metadata": meta("Secret", "web")})
        pod = copy.deepcopy(dict(sick.read()))
        pod["spec"]["volumes"] = [{"name": "settings", **volume}]
        cluster.put(pod)
        with (
            pytest.raises(CheckFailed, match=f"waited    {waited} s") as failure,
            faults.changed(app.object(kind, "web"), metadata={"labels": {"a": "b"}}),
        ):
            eventually(app.service("web")).answers()
        assert "settled" not in failure.value.waited


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize(
    "fault",
    [
        faults.not_ready,
        faults.not_live,
        faults.unreachable,
        lambda pod: faults.slow(pod, seconds=1),
    ],
    ids=["not_ready", "not_live", "unreachable", "slow"],
)
def test_disturbances_heal_whatever_happens(
    cluster: Fake,
    sick: Pod,
    fault: Callable[[Pod], AbstractContextManager[None]],
    error: type[BaseException],
) -> None:
    begun = []
    cluster.reacts = lambda pod, disturbance, begins: begun.append(begins)
    with pytest.raises(error), fault(sick):
        raise error
    assert begun == [True, False]
    assert cluster.disturbed == []


ON_PODS: dict[str, Callable[[Any], AbstractContextManager[None]]] = {
    "restarted": faults.restarted,
    "not_ready": faults.not_ready,
    "not_live": faults.not_live,
    "unreachable": faults.unreachable,
    "slow": lambda pod: faults.slow(pod, seconds=1),
}


@pytest.mark.parametrize("fault", ON_PODS.values(), ids=ON_PODS)
class TestOnPods:
    """Faults of a pod that runs."""

    def test_a_pod_that_is_gone_is_not_touched(
        self, cluster: Fake, sick: Pod, fault: Callable[[Any], AbstractContextManager[None]]
    ) -> None:
        cluster.remove("Pod", "web-1", NS)
        assert told(fault(sick).__enter__) == (
            "expected  web-1 runs\nfound     it is gone\nlook at   kubectl -n k-1 get pods"
        )
        assert not {"disturb", "kill"} & set(cluster.calls)

    def test_a_pod_that_does_not_run_is_explained(
        self, cluster: Fake, sick: Pod, fault: Callable[[Any], AbstractContextManager[None]]
    ) -> None:
        message = "0/1 nodes are available"
        conditions = [{"type": "PodScheduled", "status": "False", "message": message}]
        cluster.patch("Pod", "web-1", NS, {"status": {"phase": "Pending", "conditions": conditions}})
        assert told(fault(sick).__enter__) == (
            "expected  web-1 runs\n"
            "found     its phase is Pending\n"
            "because   web-1 cannot be scheduled: 0/1 nodes are available\n"
            "look at   kubectl -n k-1 describe pod web-1"
        )

    def test_a_phantom_is_refused(
        self, cluster: Fake, sick: Pod, fault: Callable[[Any], AbstractContextManager[None]]
    ) -> None:
        cluster.put({"kind": "Pod", "metadata": meta("Pod", "web-1"), "status": {"phase": "Running"}})
        if fault is faults.unreachable:
            return
        with pytest.raises(CheckFailed):
            fault(sick).__enter__()

    @pytest.mark.parametrize("taken", ["web-1", None])
    def test_what_is_no_pod_is_refused(
        self, fault: Callable[[Any], AbstractContextManager[None]], taken: object
    ) -> None:
        with pytest.raises(UsageError, match="takes a pod"):
            fault(taken).__enter__()


@pytest.mark.parametrize(
    "use",
    [
        lambda app: faults.cordoned("worker"),
        lambda app: faults.cordoned(app.service("web")),
        lambda app: faults.changed(app.network, data={}),
        lambda app: faults.changed("web", data={}),
        lambda app: faults.changed(app.object("ConfigMap", "web")),
        lambda app: faults.changed(app.object("ConfigMap", "web"), status={}),
    ],
    ids=["a name", "a Service", "no object", "a name of an object", "no field", "status"],
)
def test_faults_of_objects_take_objects(app: Solution, use) -> None:
    with pytest.raises(UsageError, match=r"(takes|needs)"):
        use(app).__enter__()


DONE: dict[str, Callable[[Solution, Pod], AbstractContextManager[None]]] = {
    "pod web-1 deleted": lambda app, pod: faults.killed(pod),
    "pod web-1 cut off": lambda app, pod: faults.unreachable(pod),
    "container main of pod web-1 killed": lambda app, pod: faults.restarted(pod),
    "the readiness probe of pod web-1 fail": lambda app, pod: faults.not_ready(pod),
    "the liveness probe of pod web-1 fail": lambda app, pod: faults.not_live(pod),
    "pod web-1 slowed by 1.5 s": lambda app, pod: faults.slow(pod, seconds=1.5, port=80),
    "Deployment `web` scaled to 0": lambda app, pod: app.deployment("web").scaled(to=0),
    "Deployment `web` changed (spec.replicas, metadata.labels)": lambda app, pod: faults.changed(
        app.deployment("web"), spec={"replicas": 2}, metadata={"labels": {"a": "secret"}}
    ),
}


@pytest.mark.parametrize("what", DONE)
def test_who_fails_meanwhile_or_afterwards_hears_what_the_grader_had_done(
    app: Solution, sick: Pod, what: str
) -> None:
    def waited() -> str:
        with pytest.raises(CheckFailed) as failure:
            app.object("ConfigMap", "none").exists()
        return failure.value.waited

    with observations.recording():
        assert waited() == ""
        with DONE[what](app, sick):
            assert waited() == f"one reading, while the grader had {what}"
        assert waited() == f"one reading, after the grader had {what}"
    assert waited() == ""


def test_the_last_things_that_were_done_are_told_once(app: Solution, sick: Pod) -> None:
    with observations.recording():
        for number in (1, 2, 1, 3, 4):
            with app.deployment("web").scaled(to=number):
                pass
        with app.deployment("web").scaled(to=4), pytest.raises(CheckFailed) as failure:
            app.object("ConfigMap", "none").exists()
    assert failure.value.waited == (
        "one reading, while the grader had Deployment `web` scaled to 4, after the grader had "
        "Deployment `web` scaled to 1, Deployment `web` scaled to 2 and Deployment `web` scaled to 3"
    )
