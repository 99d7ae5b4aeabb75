"""Chapter Healthchecks: what becomes of a container that fails its probes, and what does not."""

from typing import Any

from checks import ABSENT, Solution, consistently, eventually, faults, graded, throughout

SLOW_START = ["sh", "-c", "sleep 20; exec nginx -g 'daemon off;'"]
FILE, STOP = "/tmp/alive", "/tmp/stop"  # noqa: S108 - of the learner's container, not ours
WEB_SERVICES = ("hasher", "rng", "webui")
ONLY_ERRORS = (
    "echo 'events {} http { server { listen 80; return 500; } }' > /tmp/errors.conf; "
    "exec nginx -c /tmp/errors.conf -g 'daemon off;'"
)
# Each question about overload with its answer, and with what is said to whoever gives another one.
WHAT_OVERLOAD_DOES = {
    "overload-comes-from": (
        "outside",
        {"inside": "rng is in order: it answers as fast as ever, but too many ask at once"},
    ),
    "restarts-make-capacity": (
        "smaller",
        {
            "larger": "a container that starts again serves nobody meanwhile",
            "the same": "a container that starts again serves nobody meanwhile",
        },
    ),
    "short-timeout-low-threshold": (
        "readiness",
        {
            "liveness": "a liveness probe that gives up sooner restarts more containers that are only busy",
            "startup": "a startup probe asks only until the container has started",
        },
    ),
    "long-timeout-high-threshold": (
        "liveness",
        {
            "readiness": "a readiness probe that gives up late leaves a busy pod in the rotation",
            "startup": "a startup probe asks only until the container has started",
        },
    ),
}


# -- pods with a liveness probe --------------------------------------------------------------------------


@graded(
    points=2,
    after="pods",
    observes=("rng-with-liveness/3", "rng-with-liveness/4"),
    hints=(
        "Which probe does kubectl describe pod show, what does it ask, and what are its numbers?",
        "Only one of the three probes has a container restarted. A high failure threshold means that it is "
        "restarted late, or never.",
        "Put the manifest of the slides to use as it stands: its probe asks for the page / at the port "
        "where rng listens.",
    ),
    cites=(
        "If the liveness probe fails, the container is killed",
        "OnFailure or Always: the container is restarted",
    ),
)
def test_failing_rng_is_restarted(app: Solution) -> None:
    """Pod `rng-with-liveness` is asked for path / each second; its container is restarted when that fails."""
    pod = app.pod("rng-with-liveness")
    eventually(pod.probe("liveness")).asks(path="/", port=80)
    numbers = {"initialDelaySeconds": 10, "periodSeconds": 1}
    container = {"name": "rng", "image": "dockercoins/rng:v0.1", "livenessProbe": numbers}
    eventually(app.object("Pod", "rng-with-liveness")).matches({"spec": {"containers": [container]}})
    eventually(pod.probe("liveness")).gives_time(at_most=20)
    eventually(pod).is_ready()
    with faults.not_live(pod):
        eventually(pod).restarts()


@graded(
    points=2,
    after="pods",
    observes=("redis-with-liveness/2", "redis-with-liveness/3"),
    hints=(
        "What would the probe see of a Redis that hangs, and what happens to the container then?",
        "A server that hangs still takes connections: only a question that it has to answer shows it. A "
        "command is a list of words.",
        "Let the liveness probe run redis-cli with the word ping, as in the slides, and give it a few "
        "seconds for that.",
    ),
    cites=(
        "If the Redis process becomes unresponsive, it will be killed.",
        "a command is executed in the container",
    ),
)
def test_frozen_redis_is_restarted(app: Solution) -> None:
    """Pod `redis-with-liveness` is asked by `redis-cli ping`, and is restarted when Redis stands still."""
    pod = app.pod("redis-with-liveness")
    eventually(pod.probe("liveness")).asks(command=["redis-cli", "ping"])
    eventually(pod.probe("liveness")).gives_time(at_least=10, at_most=60)
    eventually(pod).is_ready()
    with faults.not_live(pod):
        eventually(pod).restarts()


@graded(
    points=2,
    after="pods",
    observes=("startup-probe/1", "startup-probe/2", "startup-probe/3"),
    hints=(
        "How long does the server take to start, and after how many seconds would each probe give up?",
        "While a startup probe has not passed, no other probe is asked. A delay is rigid: it lasts as long "
        "when the start is quick, and is too short when the start is slow.",
        "The startup probe gets many failures times a few seconds, the liveness probe 3 times 5 seconds and "
        "no delay; both ask the server, at port 80.",
    ),
    cites=("startupProbe works better when a container start time can vary a lot",),
)
def test_slow_start_is_spared(app: Solution) -> None:
    """Pod `slow-start` has a minute or more to start, and is restarted 15 seconds after it fails later on."""
    pod = app.pod("slow-start")
    eventually(app.object("Pod", "slow-start")).matches({"spec": {"containers": [{"command": SLOW_START}]}})
    eventually(pod.probe("startup")).asks(port=80)
    eventually(pod.probe("liveness")).asks(path="/", port=80)
    eventually(pod.probe("startup")).gives_time(at_least=60, at_most=180)
    eventually(pod.probe("liveness")).gives_time(at_least=10, at_most=15)
    eventually(pod.probe("startup")).passes()
    eventually(pod).is_ready()
    eventually(pod).never_restarted()
    with faults.not_live(pod):
        eventually(pod).restarts()


@graded(
    points=2,
    during="stall",
    observes=("liveness-restart-file/1", "liveness-restart-file/3", "liveness-restart-file/4"),
    hints=(
        "Stop the loop by hand, and run the probe's command with kubectl exec now and a quarter of a minute "
        "later: what are its exit codes?",
        "A file that is there can be old: it is the time of its last touch that tells whether the loop "
        "goes on.",
        "Take the seconds of now (date) less those of the file (stat), and let test say whether that is "
        "less than ten.",
    ),
    cites=(
        "touch a file during each iteration of the main loop",
        "check the timestamp of that file from an exec probe",
    ),
)
def test_stalled_lease_is_restarted(app: Solution) -> None:
    """Pod `lease` is restarted when its loop stops touching the file, and is Ready again afterwards."""
    pod = app.pod("lease")
    eventually(pod.probe("liveness")).gives_time(at_least=10, at_most=30)
    eventually(pod).never_restarted()  # the claims before took longer than the probe bears
    eventually(pod.container()).has_file(FILE)
    app.step("stall").runs()
    consistently(pod.container(), during=0.1).has_file(STOP)  # at once: the probe soon ends this container
    eventually(pod.container()).lacks_file(STOP)  # a new container has files of its own
    eventually(pod).restarts()
    eventually(pod.container()).has_file(FILE)


# -- DockerCoins -----------------------------------------------------------------------------------------


@graded(
    points=2,
    during="dockercoins",
    observes=(
        "dockercoins-http-liveness/1",
        "dockercoins-http-liveness/3",
        "dockercoins-http-liveness/4",
    ),
    hints=(
        "What does kubectl describe deployment show as Liveness of each of the five parts?",
        "A probe belongs to a container, so it stands beside the image. Who serves no HTTP cannot be asked "
        "by HTTP.",
        "Add the probe of the slides to the three manifests whose parts have a page at /, and apply them "
        "over what is there; leave worker alone.",
    ),
    cites=(
        "Each of the 3 web services (hasher, rng, webui) has a trivial route on /",
        "It will use the default timeout (1 second).",
        "It will use the default failure threshold (3 failed attempts = dead).",
    ),
)
def test_web_services_are_asked(app: Solution) -> None:
    """Step `dockercoins` has `hasher`, `rng` and `webui` asked for path / by HTTP, and nobody else."""
    uids = {name: app.deployment(name).read()["metadata"]["uid"] for name in WEB_SERVICES}
    app.step("dockercoins").runs()
    hasher, rng, webui = (app.deployment(name) for name in WEB_SERVICES)
    eventually(hasher.probe("liveness"), rng.probe("liveness"), webui.probe("liveness")).asks(
        path="/", port=80
    )
    numbers = {"initialDelaySeconds": 30, "periodSeconds": 5, "timeoutSeconds": 1, "failureThreshold": 3}
    for name in WEB_SERVICES:
        eventually(app.object("Deployment", name)).matches(
            {"metadata": {"uid": uids[name]}, **in_container({"livenessProbe": numbers})}
        )
    eventually(app.object("Deployment", "worker")).matches(in_container({"livenessProbe": ABSENT}))
    eventually(app.object("Deployment", "redis")).matches(
        in_container({"livenessProbe": {"httpGet": ABSENT}})
    )
    eventually(hasher, rng, webui).rolled_out()
    eventually(
        app.object("Pod", "rng-with-liveness"),
        app.object("Pod", "redis-with-liveness"),
        app.object("Pod", "slow-start"),
        app.object("Pod", "lease"),
    ).is_gone()


@graded(
    points=1,
    observes=("redis-tini/2",),
    hints=(
        "What does kubectl get deployment redis -o yaml say of the probe, and of process namespaces?",
        "Who starts programs in a container needs somebody who collects them when they have ended. Where "
        "the containers of a pod share their processes, the pod's own first process does so.",
        "Beside containers, in the pod's spec, stands the field that lets them share; the probe runs "
        "redis-cli with ping, after 30 seconds and every 5.",
    ),
    cites=(
        "When using exec probes, we should make sure that we have a zombie reaper",
        "Or share the PID namespace between containers of a pod",
    ),
)
def test_redis_has_a_reaper(app: Solution) -> None:
    """`redis` of DockerCoins is asked by `redis-cli ping`, has a reaper, and counts the hashes."""
    redis = app.deployment("redis")
    eventually(redis.probe("liveness")).asks(command=["redis-cli", "ping"])
    numbers = in_container({"livenessProbe": {"initialDelaySeconds": 30, "periodSeconds": 5}})
    numbers["spec"]["template"]["spec"]["shareProcessNamespace"] = True
    eventually(app.object("Deployment", "redis")).matches(numbers)
    eventually(redis).rolled_out()
    eventually(app.service("webui")).answers("/json", body='"hashes":"')


# -- readiness -------------------------------------------------------------------------------------------


@graded(
    points=2,
    after="web",
    observes=(
        "readiness-removes-from-service/1",
        "readiness-removes-from-service/2",
        "readiness-removes-from-service/3",
        "readiness-removes-from-service/4",
    ),
    hints=(
        "Delete the file in one pod: what do kubectl get pods and kubectl get endpointslices show?",
        "A pod that is not ready is left alone and gets no traffic; a pod that is not alive is restarted. "
        "You want the first only.",
        "Give the container a readiness probe that asks for /healthy at port 80 every few seconds, no "
        "liveness probe, and the Service the label of the pods.",
    ),
    cites=(
        "if the pod is a member of a service, it is temporarily removed",
        "it is re-added as soon as the readiness probe passes again",
    ),
)
def test_unready_pod_gets_no_traffic(app: Solution) -> None:
    """A pod of `web` that fails at /healthy leaves Service `web`, is not restarted, and comes back."""
    web, service = app.deployment("web"), app.service("web")
    eventually(web.probe("readiness")).asks(path="/healthy", port=80)
    eventually(web.probe("readiness")).gives_time(at_most=20)
    eventually(app.object("Deployment", "web")).matches({"spec": {"replicas": 2}})
    eventually(web).rolled_out()
    eventually(service).routes_to_exactly(web)
    sick = web.pods[0]
    with faults.not_ready(sick), throughout(sick.keeps_running, ready=False):
        eventually(service).excludes(sick)
    eventually(service).includes(sick)
    eventually(service).routes_to_exactly(web)
    unwatched = {"containers": [{"livenessProbe": ABSENT}]}
    eventually(app.object("Deployment", "web")).matches({"spec": {"template": {"spec": unwatched}}})


@graded(
    points=2,
    after="web",
    needs=test_unready_pod_gets_no_traffic,
    observes=(
        "bad-release-does-not-replace-good/1",
        "bad-release-does-not-replace-good/3",
    ),
    hints=(
        "Try it: give web a container that answers errors only. Which pods are there a minute later?",
        "A rollout goes on when new pods are ready. What it may take away before that is one number of "
        "its strategy, and how long it may stand still is another one of the Deployment.",
        "Let no pod be unavailable, let one more be there, and set the progress deadline to the 20 seconds "
        "that the task asks for.",
    ),
    cites=("Rolling updates proceed when containers are actually ready",),
)
def test_bad_release_replaces_nothing(app: Solution) -> None:
    """A release of `web` that answers errors replaces no pod, and has failed after its deadline."""
    web, service = app.deployment("web"), app.service("web")
    eventually(app.object("Deployment", "web")).matches({"spec": {"progressDeadlineSeconds": 20}})
    (container, *others) = web.read()["spec"]["template"]["spec"]["containers"]
    bad = {**container, "command": ["sh", "-c", ONLY_ERRORS], "args": []}
    release = {"template": {"spec": {"containers": [bad, *others]}}}
    eventually(web).rolled_out()
    with throughout(web.keeps_available, 2), faults.changed(web, spec=release):
        eventually(service).answers("/")
        eventually(app.object("Deployment", "web")).has_condition(
            "Progressing", "False", "ProgressDeadlineExceeded"
        )
        eventually(service).answers("/")
    eventually(web).rolled_out()


# -- overload --------------------------------------------------------------------------------------------


@graded(
    points=3,
    during="overload",
    needs=test_web_services_are_asked,
    observes=(
        "overload-trips-liveness/1",
        "overload-trips-liveness/2",
        "overload-trips-liveness/3",
        "overload-trips-liveness/4",
    ),
    hints=(
        "While the load is on, what do kubectl get pods -w and kubectl get events show of rng?",
        "rng serves one request after the other, a tenth of a second each, but answers / at once. A probe "
        "that waits behind ten others comes too late; the first 30 seconds nobody asks.",
        "Send thirty requests at a time for /1 to Service rng, by ab or by many curls, until the restart "
        "count of rng's pod has gone up.",
    ),
    cites=(
        "When the liveness probe fails 3 times in a row, the container is restarted",
        "We need to make sure that the healthcheck doesn't trip when performance degrades due to external "
        "pressure",
        "readiness check with a short timeout / low failure threshold",
        "liveness check with a longer timeout / higher failure threshold",
    ),
)
def test_overload_restarts_rng(app: Solution) -> None:
    """Step `overload` has `rng` restarted by its own probe; the answers say why, and what is better."""
    for question, (word, others) in WHAT_OVERLOAD_DOES.items():
        eventually(app.answer(question)).is_text(word, decoys=others)
    rng = app.deployment("rng")
    pod = rng.pods[0]
    app.step("overload").runs()
    eventually(pod).restarts()
    eventually(rng).rolled_out()
    eventually(app.service("rng")).answers("/", body="RNG running on")


def in_container(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a Deployment of one pod that has these in a container."""
    return {"spec": {"replicas": 1, "template": {"spec": {"containers": [fields]}}}}
