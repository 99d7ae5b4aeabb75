"""`throughout` wants every reading from before a block until after it to be true."""

from __future__ import annotations

import pytest
from made import NS, Lamp, change, deploy, pod, told

from checks import (
    CheckFailed,
    Deployment,
    GraderError,
    Solution,
    UsageError,
    eventually,
    recording,
    throughout,
)
from checks.fake import Fake
from checks.noun import check
from checks.objects import name


def test_it_reads_before_the_block_in_it_and_after_it(cluster: Fake) -> None:
    lamp = Lamp(cluster, shows="on")
    with recording() as recorded, throughout(lamp.is_on):
        assert lamp.read_at == [0]
        cluster.wake((), None, 1.9)
    cluster.wake((), None, 5)
    assert lamp.read_at == [0, 0.5, 1.0, 1.5, 1.9]
    (seen,) = recorded.observations
    assert (seen.adverb, seen.verdict, seen.count) == ("throughout", "passed", 5)


def test_a_false_reading_is_told_at_the_end_of_the_block(cluster: Fake) -> None:
    lamp = Lamp(cluster, shows="on")
    lamp.turns("off", at=4.2)
    lamp.turns("on", at=4.201)
    with pytest.raises(CheckFailed) as failure, throughout(lamp.is_on):
        cluster.wake((), None, 8)
    assert cluster.now == 8
    assert failure.value.waited == "4.2 s after the beginning, in reading 10"
    assert lamp.read_at[-1] == 4.2


def test_what_is_false_before_leaves_the_block_alone(cluster: Fake) -> None:
    lamp, block = Lamp(cluster), []
    with pytest.raises(CheckFailed), throughout(lamp.is_on):
        block.append("entered")
    assert not block


def test_what_is_false_at_the_end_only_is_seen(cluster: Fake) -> None:
    lamp = Lamp(cluster, shows="on")
    with pytest.raises(CheckFailed), throughout(lamp.is_on):
        lamp.shows = "off"


def test_a_failure_of_the_block_comes_first(cluster: Fake) -> None:
    lamp = Lamp(cluster, shows="on")
    lamp.turns("off", at=1)

    def block() -> None:
        cluster.wake((), None, 2)
        raise KeyError

    with pytest.raises(KeyError), throughout(lamp.is_on):
        block()


def test_what_cannot_be_read_is_no_verdict_on_anybody(cluster: Fake) -> None:
    lamp = Lamp(cluster, shows="on")
    lamp.turns("hidden", at=2)
    lamp.turns("on", at=2.1)
    with recording() as recorded, pytest.raises(GraderError), throughout(lamp.is_on):
        cluster.wake((), None, 8)
    assert [item.verdict for item in recorded.observations] == ["grader error"]


@pytest.mark.parametrize("wrong", [print, Lamp.is_on, "is_on"])
def test_anything_but_a_check_of_a_noun_is_refused(wrong: object) -> None:
    with pytest.raises(UsageError, match="takes a check such as"), throughout(wrong):  # type: ignore[arg-type]
        pass


def test_a_method_that_is_no_check_is_refused(cluster: Fake) -> None:
    with pytest.raises(UsageError, match="not `get`"), throughout(Lamp(cluster).get):
        pass


class Dated(Lamp):
    """A lamp whose cause is the time when that is read."""

    @check
    def shines(self) -> None:
        """The lamp is on."""
        if self.shows != "on":
            raise CheckFailed(found=self.shows, because=lambda: f"read at {self.cluster.now:g} s")


def test_the_cause_is_read_while_it_is_false(cluster: Fake) -> None:
    lamp = Dated(cluster, shows="on")
    lamp.turns("off", at=1)
    with pytest.raises(CheckFailed) as failure, throughout(lamp.shines):
        cluster.wake((), None, 3)
    assert failure.value.because == "read at 1 s"


def roll_out(cluster: Fake, missing: int) -> None:
    """Replace the pods of `web` one after the other, each missing from second 1 to second 2."""
    for number in range(1, missing + 1):
        name = f"web-{number}"
        old = cluster.get("Pod", name, NS)
        assert old
        cluster.at(1, lambda name=name: cluster.remove("Pod", name, NS))
        cluster.at(2, lambda old=old: cluster.put(old))


def test_a_rollout_that_keeps_enough_pods_passes(app: Solution, cluster: Fake) -> None:
    deploy(cluster, "web", 4)
    roll_out(cluster, missing=1)
    with throughout(app.deployment("web").keeps_available, 3):
        eventually(app.deployment("web")).rolled_out()
        cluster.wake((), None, 3)


def test_a_rollout_that_keeps_too_few_fails_with_what_lets_it(app: Solution, cluster: Fake) -> None:
    deploy(cluster, "web", 4)
    roll_out(cluster, missing=2)
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "50%"}}
    change(cluster, "Deployment", "web", spec={"strategy": strategy})

    def use() -> None:
        with throughout(app.deployment("web").keeps_available, 3):
            cluster.wake((), None, 3)

    assert told(use) == (
        "expected  at least 3 Ready pods of Deployment `web`\n"
        "found     2: web-3, web-4\n"
        "because   its maxUnavailable of 50% lets 2 of 4 pods be missing during a rollout\n"
        "look at   kubectl -n k-1 get deployment,pods\n"
        "waited    1 s after the beginning, in reading 4"
    )


@pytest.mark.parametrize(
    ("strategy", "because"),
    [
        ({"type": "Recreate"}, "its strategy is Recreate: all old pods end before the first new one starts"),
        ({"rollingUpdate": {"maxUnavailable": 1}}, ""),
        ({"rollingUpdate": {"maxUnavailable": 2}}, "its maxUnavailable of 2 lets 2 of 4 pods be missing"),
        ({"rollingUpdate": {"maxUnavailable": "49%"}}, ""),
        ({}, ""),
    ],
)
def test_a_strategy_is_a_cause_when_it_lets_too_many_go(
    cluster: Fake, strategy: object, because: str
) -> None:
    deploy(cluster, "web", 4)
    change(cluster, "Deployment", "web", spec={"strategy": strategy})
    web = Deployment(cluster, NS, "web")
    found = web.may_be_missing(web.read(), 3)
    assert found.startswith(because) if because else not found


def test_too_few_replicas_are_a_cause(app: Solution, cluster: Fake) -> None:
    deploy(cluster, "web", 2)
    assert told(lambda: app.deployment("web").keeps_available(3)) == (
        "expected  at least 3 Ready pods of Deployment `web`\n"
        "found     2: web-1, web-2\n"
        "because   it asks for 2 replicas\n"
        "look at   kubectl -n k-1 get deployment,pods"
    )


def test_pods_that_are_not_ready_do_not_count(app: Solution, cluster: Fake) -> None:
    web = app.deployment("web")
    deploy(cluster, "web", 2, ready=False)
    cluster.put(pod("stranger", labels={"app": "web"}))
    with pytest.raises(CheckFailed) as failure:
        web.keeps_available(1)
    assert failure.value.found == "none"


def test_no_pod_at_all_is_nothing_to_keep(app: Solution) -> None:
    with pytest.raises(UsageError, match="1 or more, not 0"):
        app.deployment("web").keeps_available(0)


def test_what_is_counted_is_kept_reading_by_reading(cluster: Fake, app: Solution) -> None:
    web = deploy(cluster, "web", 2)
    cluster.at(0.7, lambda: cluster.remove("Pod", name(web[0]), NS))
    with (
        recording() as recorded,
        pytest.raises(CheckFailed),
        throughout(app.deployment("web").keeps_available, 2),
    ):
        cluster.wake((), None, 2)
    samples = recorded.observations[0].samples
    assert [(at, measured.value) for at, measured in samples] == [(0, 2), (0.5, 2), (0.7, 1)]
    assert {(each.what, each.unit, each.least) for _, each in samples} == {
        ("Ready pods of Deployment `web`", "pods", 2)
    }
