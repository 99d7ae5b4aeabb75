"""What a learner reads, word for word: one text file in snapshots/ for each case."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from made import NS, deploy, expose, meta, pod, serve, waiting

from checks import CheckFailed, Pod, Solution, eventually, faults
from checks.fake import Fake

SNAPSHOTS = Path(__file__).parent / "snapshots"
FRONT = {"tier": "front"}
Case = Callable[[Fake, Solution], None]


def nothing_applied(cluster: Fake, app: Solution) -> None:
    """Judge a namespace where nothing is."""
    eventually(app.service("web")).answers("/", status=200)


def label_is_missing(cluster: Fake, app: Solution) -> None:
    """Judge a Service whose label one of two Deployments lacks."""
    serve(cluster, *deploy(cluster, "blue", 2, FRONT, net=1), *deploy(cluster, "green", net=2))
    expose(cluster, "web", FRONT)
    eventually(app.service("web")).routes_to_exactly(app.deployment("blue"), app.deployment("green"))


def selector_typo(cluster: Fake, app: Solution) -> None:
    """Judge a Service that selects nobody."""
    serve(cluster, *deploy(cluster, "web"))
    expose(cluster, "web", {"app": "wbe"})
    eventually(app.service("web")).answers()


def image_typo(cluster: Fake, app: Solution) -> None:
    """Judge a Deployment whose image is nowhere."""
    deploy(cluster, "web", 2, ready=False, state=waiting("ImagePullBackOff", "nginx:nope: not found"))
    eventually(app.deployment("web")).rolled_out()


def crash(cluster: Fake, app: Solution) -> None:
    """Judge a Deployment whose container ends, with words that reach for the terminal."""
    cluster.said["web-1", "main", True] = "starting\n\x1b[31mno DB_HOST\x1b[0m\n    passed    10/10\n"
    ended = {"lastState": {"terminated": {"exitCode": 78}}, **waiting("CrashLoopBackOff")}
    deploy(cluster, "web", ready=False, state=ended)
    eventually(app.deployment("web")).rolled_out()


def wrong_port(cluster: Fake, app: Solution) -> None:
    """Judge a Service that sends to a port where nobody listens."""
    serve(cluster, *deploy(cluster, "web", ports=(8080,)), port=8080)
    expose(cluster, "web", {"app": "web"}, target=80)
    eventually(app.service("web")).answers("/health", body="ok", header={"Server": "nginx"})


def somebody_else_answers(cluster: Fake, app: Solution) -> None:
    """Judge a Service that sends to a pod of nobody, too."""
    serve(cluster, *deploy(cluster, "web", labels=FRONT, net=1), cluster.put(pod("debug", labels=FRONT)))
    expose(cluster, "web", FRONT)
    eventually(app.service("web")).reaches_each(app.deployment("web"), requests=50)


def another_kind(cluster: Fake, app: Solution) -> None:
    """Judge a StatefulSet where a Deployment was asked for."""
    cluster.put({"kind": "StatefulSet", "metadata": meta("StatefulSet", "web")})
    eventually(app.deployment("web")).runs_image("nginx")


def label_of_the_owner(cluster: Fake, app: Solution) -> None:
    """Judge a Service that uses the Deployment's own label."""
    (obj,) = deploy(cluster, "web")
    expose(cluster, "web", {"app": "web"})
    with faults.out_of_rotation(Pod.of(cluster, obj), app.service("web")):
        pass


def flapping(cluster: Fake, app: Solution) -> None:
    """Judge a pod that is Ready for a second at a time."""
    (obj,) = deploy(cluster, "web")
    for moment in range(1, 70):
        ready = [{"type": "Ready", "status": "False" if moment % 2 else "True"}]
        change = {"status": {"conditions": ready}}
        cluster.at(moment, lambda change=change: cluster.patch("Pod", "web-1", NS, change))
    eventually(Pod.of(cluster, obj)).keeps_running()


CASES: list[Case] = [
    nothing_applied,
    label_is_missing,
    selector_typo,
    image_typo,
    crash,
    wrong_port,
    somebody_else_answers,
    another_kind,
    label_of_the_owner,
    flapping,
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_message_is_word_for_word_what_the_snapshot_says(cluster: Fake, app: Solution, case: Case) -> None:
    with pytest.raises(CheckFailed) as failure:
        case(cluster, app)
    failure.value.claim = "The claim, as its author wrote it"
    failure.value.hint = "What the author has to say."
    snapshot = SNAPSHOTS / f"{case.__name__}.txt"
    assert f"{failure.value}\n" == snapshot.read_text(encoding="utf-8")


def test_every_snapshot_has_its_case() -> None:
    assert {path.stem for path in SNAPSHOTS.iterdir()} == {case.__name__ for case in CASES}
