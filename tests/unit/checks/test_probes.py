"""What probes ask, how long they bear no answer, and whether they pass; and what restarts tell of a pod."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from kubelet import GET, Kubelet, with_probes
from made import NS, deploy, meta, pod, serve, told, waiting

from checks import (
    CheckFailed,
    Hopeless,
    Pod,
    Probe,
    Solution,
    UsageError,
    consistently,
    eventually,
    faults,
    probes,
)
from checks.cluster import Disturbance, Reply
from checks.fake import Fake

HEALTHZ = {"httpGet": {"path": "/healthz", "port": 80}}
PING = {"exec": {"command": ["redis-cli", "ping"]}}
DIVE = "kubectl -n k-1 get deployment web -o yaml"


def probe(cluster: Fake, app: Solution, which: str = "readiness", **said: Any) -> Probe:
    """Put Deployment `web` with a probe, and return the noun."""
    deploy(cluster, "web", 2)
    with_probes(cluster, "web-1", "web-2", **{f"{which}Probe": said})
    return app.deployment("web").probe(which)


def status(cluster: Fake, name: str, **changes: Any) -> None:
    """Change the status of the only container of a pod."""
    obj = copy.deepcopy(dict(cluster.get("Pod", name, NS) or {}))
    obj["status"]["containerStatuses"][0] |= changes
    cluster.put(obj)


def event(cluster: Fake, name: str, message: str, reason: str = "Unhealthy", second: int = 0) -> None:
    """Put an event of a pod."""
    of = {"uid": f"Pod-{name}"}
    cluster.put(
        {
            "kind": "Event",
            "metadata": meta("Event", f"{name}-{reason}-{second}"),
            "reason": reason,
            "message": message,
            "involvedObject": of,
            "lastTimestamp": f"2026-01-01T00:00:{second:02}Z",
        }
    )


class TestAsks:
    """What the kubelet asks, as the pod template says it."""

    @pytest.mark.parametrize(
        ("said", "wanted"),
        [
            (HEALTHZ, {"path": "/healthz"}),
            (HEALTHZ, {"path": "/healthz", "port": 80}),
            (HEALTHZ, {"port": 80}),
            ({"httpGet": {"port": 80}}, {"path": "/"}),
            ({"httpGet": {"path": "", "port": 80}}, {"path": "/"}),
            ({"httpGet": {"path": "healthz", "port": 80}}, {"path": "/healthz"}),
            ({"httpGet": {"path": "/healthz?full=1", "port": 80}}, {"path": "/healthz?full=1"}),
            ({"httpGet": {"path": "/healthz", "port": "80"}}, {"port": 80}),
            ({"tcpSocket": {"port": 6379}}, {"port": 6379}),
            ({"grpc": {"port": 9090}}, {"port": 9090}),
            ({"grpc": {"port": 9090, "service": "ready"}}, {"port": 9090, "service": "ready"}),
            ({"grpc": {"port": 9090}}, {"service": ""}),
            (PING, {"command": ["redis-cli", "ping"]}),
            (PING, {"command": ("redis-cli", "ping")}),
        ],
        ids=str,
    )
    def test_what_is_as_it_is_wanted_passes(
        self, cluster: Fake, app: Solution, said: dict[str, Any], wanted: dict[str, Any]
    ) -> None:
        probe(cluster, app, **said).asks(**wanted)

    @pytest.mark.parametrize("wanted", [8080, "http"])
    def test_a_port_is_known_by_the_name_that_the_container_gives_it(
        self, cluster: Fake, app: Solution, wanted: int | str
    ) -> None:
        ports = [{"name": "http", "containerPort": 8080}]
        by_name = probe(cluster, app, httpGet={"port": "http"})
        with_probes(cluster, ports=ports)
        by_name.asks(port=wanted)
        with_probes(cluster, readinessProbe={"httpGet": {"port": 8080}})
        by_name.asks(port=wanted)
        with_probes(cluster, ports=[{"name": "web", "containerPort": 8080}])
        if wanted == "http":
            with pytest.raises(CheckFailed):
                by_name.asks(port=wanted)

    @pytest.mark.parametrize(
        ("said", "wanted", "found"),
        [
            (HEALTHZ, {"path": "/health"}, "GET /healthz on port 80"),
            (HEALTHZ, {"path": "/healthz", "port": 8080}, "GET /healthz on port 80"),
            (HEALTHZ, {"command": ["redis-cli", "ping"]}, "GET /healthz on port 80"),
            (HEALTHZ, {"service": ""}, "GET /healthz on port 80"),
            ({"tcpSocket": {"port": 80}}, {"path": "/"}, "a TCP connection to port 80"),
            ({"grpc": {"port": 80}}, {"path": "/"}, "the gRPC health on port 80"),
            (
                {"grpc": {"port": 80, "service": "a"}},
                {"service": "b"},
                "the gRPC health of a on port 80",
            ),
            (PING, {"port": 6379}, 'command ["redis-cli", "ping"]'),
            (PING, {"command": ["redis-cli", "PING"]}, 'command ["redis-cli", "ping"]'),
            ({"httpGet": {"port": "http"}}, {"port": 80}, "GET / on port http"),
            ({"httpGet": {"port": "http"}}, {"port": "http"}, "GET / on port http"),
            (
                {"httpGet": {"port": 443, "scheme": "HTTPS", "host": "a.example"}},
                {"port": 80},
                "GET / on port 443 of a.example over HTTPS",
            ),
            ({}, {"port": 80}, "nothing"),
            ({"exec": {}}, {"command": ["true"]}, "command []"),
            ({"httpGet": {}}, {"port": 80}, "GET / on port (none)"),
        ],
        ids=str,
    )
    def test_what_is_otherwise_fails(
        self, cluster: Fake, app: Solution, said: dict[str, Any], wanted: dict[str, Any], found: str
    ) -> None:
        with pytest.raises(CheckFailed) as failure:
            probe(cluster, app, **said).asks(**wanted)
        assert failure.value.found == found

    def test_message(self, cluster: Fake, app: Solution) -> None:
        health = probe(cluster, app, httpGet={"path": "/healt", "port": 80})
        assert told(lambda: health.asks(path="/healthz", port=80)) == (
            "expected  readiness probe of Deployment `web`: GET /healthz on port 80\n"
            f"found     GET /healt on port 80\nlook at   {DIVE}"
        )

    def test_a_command_that_is_a_single_word_is_explained(self, cluster: Fake, app: Solution) -> None:
        ping = probe(cluster, app, "liveness", exec={"command": ["redis-cli ping"]})
        assert told(lambda: ping.asks(command=["redis-cli", "ping"])) == (
            'expected  liveness probe of Deployment `web`: command ["redis-cli", "ping"]\n'
            'found     command ["redis-cli ping"]\n'
            "because   the command is a single word with spaces in it: a program of that whole name is "
            "looked for\n"
            f"look at   {DIVE}"
        )

    def test_a_port_that_nobody_names_is_explained(self, cluster: Fake, app: Solution) -> None:
        by_name = probe(cluster, app, tcpSocket={"port": "http"})
        assert "because   no port of container main has the name http" in told(lambda: by_name.asks(port=80))

    def test_a_probe_of_another_sort_is_named(self, cluster: Fake, app: Solution) -> None:
        probe(cluster, app, "readiness", **GET)
        live = app.deployment("web").probe("liveness")
        assert told(lambda: live.asks(path="/")) == (
            "expected  a livenessProbe on a container of Deployment `web`\n"
            "found     container main has a readinessProbe\n"
            f"look at   {DIVE}"
        )

    def test_without_the_workload_it_says_so(self, app: Solution) -> None:
        assert told(lambda: app.deployment("web").probe("readiness").asks(path="/")) == (
            "expected  Deployment `web` exists\n"
            "found     no such Deployment\n"
            "look at   kubectl -n k-1 get deployments"
        )

    def test_one_of_several_is_named_by_its_container(self, cluster: Fake, app: Solution) -> None:
        deploy(cluster, "web")
        containers = [
            {"name": "app", "readinessProbe": HEALTHZ},
            {"name": "proxy", "readinessProbe": {"tcpSocket": {"port": 8080}}},
            {"name": "log"},
        ]
        sidecar = {"name": "mesh", "restartPolicy": "Always", "readinessProbe": {"tcpSocket": {"port": 1}}}
        spec = {"containers": containers, "initContainers": [sidecar, {"name": "init"}]}
        cluster.patch("Deployment", "web", NS, {"spec": {"template": {"spec": spec}}})
        web = app.deployment("web")
        web.probe("readiness", container="proxy").asks(port=8080)
        web.probe("readiness", container="mesh").asks(port=1)
        with pytest.raises(CheckFailed, match="app, proxy, mesh"):
            web.probe("readiness").asks(path="/healthz")
        with pytest.raises(CheckFailed, match="container log has no probe"):
            web.probe("readiness", container="log").asks(port=1)
        with pytest.raises(CheckFailed, match="no container nginx"):
            web.probe("readiness", container="nginx").asks(port=1)

    @pytest.mark.parametrize(
        "wanted",
        [
            {},
            {"path": "/", "command": ["true"]},
            {"path": "/", "service": ""},
            {"port": 80, "command": ["true"]},
            {"path": "healthz"},
            {"path": 80},
            {"port": 0},
            {"port": True},
            {"port": ""},
            {"port": 80.0},
            {"command": "redis-cli ping"},
            {"command": []},
            {"command": [1]},
            {"service": 1},
        ],
        ids=str,
    )
    def test_what_no_probe_can_ask_is_refused(self, app: Solution, wanted: dict[str, Any]) -> None:
        with pytest.raises(UsageError, match="asks"):
            app.deployment("web").probe("readiness").asks(**wanted)


class TestGivesTime:
    """How long a probe bears no answer."""

    @pytest.mark.parametrize(
        ("which", "said", "takes"),
        [
            ("readiness", {}, 30),
            ("readiness", {"initialDelaySeconds": 60, "periodSeconds": 5, "failureThreshold": 2}, 10),
            ("liveness", {}, 30),
            ("liveness", {"initialDelaySeconds": 10, "periodSeconds": 1}, 13),
            ("startup", {"failureThreshold": 12}, 120),
            ("startup", {"periodSeconds": None, "failureThreshold": 1, "initialDelaySeconds": 5}, 15),
        ],
    )
    def test_it_is_what_the_numbers_of_the_probe_say(
        self, cluster: Fake, app: Solution, which: str, said: dict[str, Any], takes: int
    ) -> None:
        found = probe(cluster, app, which, **GET, **said)
        found.gives_time(at_least=takes)
        found.gives_time(at_most=takes)
        found.gives_time(at_least=takes, at_most=takes)
        for wrong in ({"at_least": takes + 1}, {"at_most": takes - 0.5}):
            with pytest.raises(CheckFailed, match=f"{takes} s: "):
                found.gives_time(**wrong)

    def test_message(self, cluster: Fake, app: Solution) -> None:
        start = probe(cluster, app, "startup", **GET, periodSeconds=5)
        assert told(lambda: start.gives_time(at_least=60, at_most=120)) == (
            "expected  startup probe of Deployment `web`: at least 60 s, at most 120 s until the container "
            "is restarted\n"
            "found     15 s: initialDelaySeconds 0 + failureThreshold 3 × periodSeconds 5\n"
            f"look at   {DIVE}"
        )

    def test_message_of_readiness(self, cluster: Fake, app: Solution) -> None:
        ready = probe(cluster, app, "readiness", **GET)
        assert told(lambda: ready.gives_time(at_most=10)) == (
            "expected  readiness probe of Deployment `web`: at most 10 s until the container is not ready\n"
            "found     30 s: failureThreshold 3 × periodSeconds 10\n"
            f"look at   {DIVE}"
        )

    @pytest.mark.parametrize(
        "bounds", [{}, {"at_least": -1}, {"at_most": "10"}, {"at_least": True}, {"at_least": 2, "at_most": 1}]
    )
    def test_bounds_without_a_meaning_are_refused(self, app: Solution, bounds: dict[str, Any]) -> None:
        with pytest.raises(UsageError, match="gives_time"):
            app.deployment("web").probe("startup").gives_time(**bounds)


class TestPasses:
    """Whether the kubelet gets what it asks for."""

    def test_readiness_is_that_the_container_is_ready(self, cluster: Fake, app: Solution) -> None:
        ready = probe(cluster, app, **HEALTHZ)
        eventually(ready).passes()
        # The pod's own condition may lag, or wait for a gate: neither is the probe's.
        cluster.patch("Pod", "web-1", NS, {"status": {"conditions": [{"type": "Ready", "status": "False"}]}})
        ready.passes()
        status(cluster, "web-2", ready=False)
        with pytest.raises(CheckFailed, match="container main of web-2 is not ready"):
            ready.passes()

    def test_message_names_the_field_that_is_wrong(self, cluster: Fake, app: Solution) -> None:
        ready = probe(cluster, app, httpGet={"path": "/healt", "port": 80})
        status(cluster, "web-1", ready=False)
        serve(cluster, *cluster.list("Pod", NS), status=404)
        event(cluster, "web-1", "Readiness probe failed: HTTP probe failed with statuscode: 404", second=1)
        event(cluster, "web-1", "Liveness probe failed: HTTP probe failed with statuscode: 500", second=2)
        assert told(ready.passes) == (
            "expected  every running pod of Deployment `web` passes its readiness probe\n"
            "found     container main of web-1 is not ready\n"
            "because   web-1: Readiness probe failed: HTTP probe failed with statuscode: 404\n"
            "          the readiness probe asks GET /healt on port 80, which answers 404\n"
            "look at   kubectl -n k-1 describe pod web-1"
        )

    def test_message_names_the_port_that_is_open_instead(self, cluster: Fake, app: Solution) -> None:
        ready = probe(cluster, app, tcpSocket={"port": 8080})
        status(cluster, "web-1", ready=False)
        with_probes(cluster, "web-1", ports=[{"containerPort": 80}, {"containerPort": 53, "protocol": "UDP"}])
        serve(cluster, *cluster.list("Pod", NS))
        assert (
            "because   the readiness probe asks a TCP connection to port 8080, where nothing listens; "
            "port 80 is open there"
        ) in told(ready.passes)

    def test_startup_is_that_the_container_has_started(self, cluster: Fake, app: Solution) -> None:
        start = probe(cluster, app, "startup", **HEALTHZ)
        for name in ("web-1", "web-2"):
            status(cluster, name, started=True)
        start.passes()
        status(cluster, "web-1", started=False)
        assert told(start.passes) == (
            "expected  every running pod of Deployment `web` passes its startup probe\n"
            "found     container main of web-1 has not started\n"
            "because   the startup probe asks GET /healthz on port 80, where nothing listens\n"
            "look at   kubectl -n k-1 describe pod web-1"
        )

    def test_liveness_is_that_there_is_no_restart_since_the_noun_was_made(
        self, cluster: Fake, app: Solution
    ) -> None:
        deploy(cluster, "web", 2)
        with_probes(cluster, "web-1", "web-2", livenessProbe=PING)
        status(cluster, "web-1", restartCount=2)
        live = app.deployment("web").probe("liveness")
        consistently(live, during=10).passes()
        cluster.at(cluster.now + 4, lambda: status(cluster, "web-1", restartCount=3))
        event(cluster, "web-1", "Liveness probe failed: Could not connect to Redis")
        assert told(lambda: consistently(live, during=10).passes()) == (
            "expected  every running pod of Deployment `web` passes its liveness probe\n"
            "found     container main of web-1 was restarted\n"
            "because   web-1: Liveness probe failed: Could not connect to Redis\n"
            "look at   kubectl -n k-1 describe pod web-1\n"
            "waited    4 s of 10 s, true in 8 readings before"
        )
        app.deployment("web").probe("liveness").passes()

    @pytest.mark.parametrize(
        ("said", "reply", "because"),
        [
            (GET, Reply("answered", 404), "the liveness probe asks GET / on port 80, which answers 404"),
            (GET, None, "the liveness probe asks GET / on port 80, where nothing listens"),
            (
                {"tcpSocket": {"port": 80}},
                None,
                "the liveness probe asks a TCP connection to port 80, where nothing listens",
            ),
        ],
        ids=["not found", "refused", "TCP refused"],
    )
    def test_liveness_that_would_be_refused_to_us_fails_before_the_restart(
        self, cluster: Fake, app: Solution, said: dict[str, Any], reply: Reply | None, because: str
    ) -> None:
        live = probe(cluster, app, "liveness", **said)
        serve(cluster, *cluster.list("Pod", NS))
        live.passes()
        cluster.serving.pop(("10.0.0.2", 80))
        if reply:
            cluster.serving["10.0.0.2", 80] = reply
        with pytest.raises(CheckFailed, match="main of web-2 gives no good answer") as failure:
            live.passes()
        failure.value.read_cause()
        assert failure.value.because == because
        assert not failure.value.settles

    @pytest.mark.parametrize(
        ("said", "reply"),
        [
            (GET, Reply("answered", 302)),
            (GET, Reply("timeout")),
            ({"httpGet": {"port": 80, "scheme": "HTTPS"}}, Reply("answered", 400)),
            ({"httpGet": {"port": 80, "httpHeaders": [{"name": "Host"}]}}, Reply("answered", 404)),
            ({"httpGet": {"port": 80, "host": "10.9.9.9"}}, Reply("answered", 404)),
            (PING, Reply("refused")),
        ],
        ids=["redirect", "a policy", "HTTPS", "headers", "another host", "command"],
    )
    def test_liveness_is_not_judged_by_what_we_cannot_ask_as_the_kubelet_does(
        self, cluster: Fake, app: Solution, said: dict[str, Any], reply: Reply
    ) -> None:
        live = probe(cluster, app, "liveness", **said)
        for ip in ("10.0.0.1", "10.0.0.2"):
            cluster.serving[ip, 80] = reply
        live.passes()

    def test_a_container_that_does_not_run_passes_nothing(self, cluster: Fake, app: Solution) -> None:
        live = probe(cluster, app, "liveness", **PING)
        status(cluster, "web-2", **waiting("CrashLoopBackOff", "back-off 10s"))
        assert told(live.passes) == (
            "expected  every running pod of Deployment `web` passes its liveness probe\n"
            "found     container main of web-2 does not run\n"
            "look at   kubectl -n k-1 describe pod web-2"
        )

    def test_only_pods_that_run_are_asked_and_one_has_to(self, cluster: Fake, app: Solution) -> None:
        ready = probe(cluster, app, **HEALTHZ)
        cluster.patch("Pod", "web-1", NS, {"status": {"phase": "Pending"}})
        ready.passes()
        cluster.patch("Pod", "web-2", NS, {"metadata": {"deletionTimestamp": "now"}})
        with pytest.raises(CheckFailed, match="Deployment `web` has a running pod"):
            ready.passes()

    def test_a_pod_of_an_older_template_has_no_probe(self, cluster: Fake, app: Solution) -> None:
        deploy(cluster, "web")
        with_probes(cluster, readinessProbe=GET)
        with pytest.raises(CheckFailed, match="web-1 has no readiness probe"):
            app.deployment("web").probe("readiness").passes()


class TestProbe:
    """The noun."""

    def test_is_called_after_what_has_it(self, cluster: Fake, app: Solution) -> None:
        cluster.put(pod("lease"))
        assert str(app.deployment("web").probe("readiness")) == "readiness probe of Deployment `web`"
        assert str(app.pod("lease").probe("liveness")) == "liveness probe of Pod `lease`"

    def test_of_a_bare_pod_is_that_of_its_spec(self, cluster: Fake, app: Solution) -> None:
        obj = pod("lease")
        obj["spec"]["containers"][0]["livenessProbe"] = PING
        cluster.put(obj)
        live = app.pod("lease").probe("liveness")
        live.asks(command=["redis-cli", "ping"])
        live.passes()
        cluster.patch("Pod", "lease", NS, {"status": {"phase": "Failed"}})
        assert told(live.passes) == (
            "expected  lease runs\n"
            "found     its phase is Failed\n"
            "because   lease has failed\n"
            "look at   kubectl -n k-1 describe pod lease"
        )
        cluster.remove("Pod", "lease", NS)
        with pytest.raises(CheckFailed, match="no such Pod"):
            live.asks(port=80)

    @pytest.mark.parametrize("which", ["ready", "", None, "readinessProbe"])
    def test_is_of_one_of_three_sorts(self, app: Solution, which: Any) -> None:
        with pytest.raises(UsageError, match="'readiness', 'liveness' or 'startup'"):
            app.deployment("web").probe(which)

    def test_is_read_when_just_one_container_has_it(self, cluster: Fake, app: Solution) -> None:
        assert probe(cluster, app, **GET).get() == GET
        assert app.deployment("web").probe("startup").get() is None

    @pytest.mark.parametrize("use", [Probe.passes, lambda live: live.asks(port=80)], ids=["passes", "asks"])
    def test_without_pods_or_fields_nothing_passes(
        self, cluster: Fake, app: Solution, use: Callable[[Probe], None]
    ) -> None:
        for fields in ({}, {"spec": {"template": {}}, "status": None}, {"spec": None}):
            cluster.put({"kind": "Deployment", "metadata": meta("Deployment", "web"), **fields})
            for which in probes.WHICH:
                with pytest.raises(CheckFailed, match=f"a {which}Probe on a container of Deployment `web`"):
                    use(app.deployment("web").probe(which))


@pytest.fixture
def web(cluster: Fake) -> Iterator[Pod]:
    """A pod that was restarted once before anybody looked."""
    obj = pod("web")
    obj["status"]["containerStatuses"][0]["restartCount"] = 1
    return Pod.of(cluster, cluster.put(obj))


class TestRestarts:
    """A container that was started again."""

    def test_is_told_from_restarts_before(self, cluster: Fake, web: Pod) -> None:
        status(cluster, "web", restartCount=2)
        web.restarts()

    def test_message_when_nobody_probes_it(self, web: Pod) -> None:
        assert told(lambda: eventually(web).restarts()) == (
            "expected  a container of web is started again\n"
            "found     no restart\n"
            "because   no container has a livenessProbe: container main has no probe\n"
            "look at   kubectl -n k-1 describe pod web\n"
            "waited    30 s, 19 readings, all the same"
        )

    def test_message_when_the_pod_has_ended_for_good(self, cluster: Fake, web: Pod) -> None:
        cluster.patch("Pod", "web", NS, {"status": {"phase": "Failed"}, "spec": {"restartPolicy": "Never"}})
        with pytest.raises(Hopeless):
            web.restarts()
        assert told(web.restarts) == (
            "expected  a container of web is started again\n"
            "found     its phase is Failed\n"
            "because   its restartPolicy is Never\n"
            "look at   kubectl -n k-1 describe pod web"
        )

    def test_of_a_probed_pod_is_told_what_the_kubelet_says_of_the_probe(
        self, cluster: Fake, app: Solution
    ) -> None:
        probe(cluster, app, "liveness", **GET)
        pod = app.deployment("web").pods[0]
        asks = "the livenessProbe of container main (GET / on port 80)"
        assert f"because   {asks} has not failed\n" in told(pod.restarts)
        event(cluster, "web-1", "Liveness probe failed: HTTP 503")
        often = f"because   {asks} failed, but not often enough: Liveness probe failed: HTTP 503\n"
        assert often in told(pod.restarts)
        event(cluster, "web-1", "Container main failed liveness probe, will be restarted", "Killing")
        told_to_end = "because   container main has been told to end, and has 30 s for that: Liveness"
        assert told_to_end in told(pod.restarts)

    def test_another_pod_of_the_name_is_no_restart(self, cluster: Fake, web: Pod) -> None:
        cluster.remove("Pod", "web", NS)
        cluster.put({**pod("web"), "metadata": {"name": "web", "namespace": NS, "uid": "another"}})
        status(cluster, "web", restartCount=5)
        with pytest.raises(CheckFailed, match="it is gone"):
            web.restarts()


class TestNeverRestarted:
    """Containers that still run for the first time."""

    def test_restarts_before_anybody_looked_count_as_well(self, cluster: Fake, web: Pod) -> None:
        event(cluster, "web", "Startup probe failed: connection refused")
        event(cluster, "web", "Container main failed startup probe, will be restarted", reason="Killing")
        assert told(web.never_restarted) == (
            "expected  the containers of web run, each for the first time\n"
            "found     container main restarted once\n"
            "because   Container main failed startup probe, will be restarted\n"
            "          Startup probe failed: connection refused\n"
            "look at   kubectl -n k-1 describe pod web"
        )
        status(cluster, "web", restartCount=0)
        eventually(web).never_restarted()

    @pytest.mark.parametrize(
        ("changes", "found"),
        [
            ({"containerStatuses": None}, "no container has run"),
            ({"containerStatuses": []}, "no container has run"),
            ({"initContainerStatuses": [{"name": "init", "restartCount": 3}]}, "init restarted 3 times"),
        ],
        ids=["no status", "no container", "init container"],
    )
    def test_containers_have_to_have_run(
        self, cluster: Fake, web: Pod, changes: dict[str, Any], found: str
    ) -> None:
        status(cluster, "web", restartCount=0)
        cluster.patch("Pod", "web", NS, {"status": changes})
        with pytest.raises(CheckFailed, match=found):
            web.never_restarted()

    def test_a_container_that_waits_does_not_run(self, cluster: Fake, web: Pod) -> None:
        status(cluster, "web", restartCount=0, **waiting("CrashLoopBackOff"))
        with pytest.raises(CheckFailed, match="container main does not run"):
            web.never_restarted()


def test_a_startup_probe_protects_a_slow_start_from_the_liveness_probe(cluster: Fake, app: Solution) -> None:
    deploy(cluster, "web")
    with_probes(cluster, "web-1", livenessProbe=GET, startupProbe={**GET, "failureThreshold": 12})
    serve(cluster, *cluster.list("Pod", NS))
    kubelet = Kubelet(cluster)
    kubelet.ready("web-1", False)
    (web,) = app.deployment("web").pods
    start = app.deployment("web").probe("startup")
    start.gives_time(at_least=100, at_most=120)
    status(cluster, "web-1", started=False)
    cluster.at(50, lambda: (status(cluster, "web-1", started=True), kubelet.ready("web-1", True)))
    eventually(start).passes()
    eventually(web).never_restarted()
    with faults.not_live(web):
        assert cluster.disturbed == [("web-1", Disturbance("fail", port=80, path="/"))]
        eventually(web).restarts()
    eventually(web).is_ready()
