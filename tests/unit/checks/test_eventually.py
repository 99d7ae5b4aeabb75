"""`eventually` repeats a check from now until its patience is over, and wastes no time on the way."""

from __future__ import annotations

from itertools import pairwise

import pytest
from made import Lamp, deploy, keep_moving

from checks import CheckFailed, GraderError, Solution, UsageError, eventually, recording, set_patience
from checks.fake import Fake


def test_first_reading_is_made_at_once(cluster: Fake) -> None:
    lamp = Lamp(cluster, shows="on")
    eventually(lamp).flashes()
    assert lamp.read_at == [0]


@pytest.mark.parametrize("factor", [0.5, 1, 3])
def test_last_reading_is_made_at_the_deadline(cluster: Fake, factor: float) -> None:
    set_patience(factor)
    keep_moving(cluster)
    deadline = Lamp.patience * factor
    lamp = Lamp(cluster)
    lamp.turns("on", at=deadline, seen=False)
    eventually(lamp).flashes()
    assert lamp.read_at[-1] == deadline


def test_what_comes_after_the_deadline_is_too_late(cluster: Fake) -> None:
    keep_moving(cluster)
    lamp = Lamp(cluster)
    lamp.turns("on", at=Lamp.patience + 0.1)
    with pytest.raises(CheckFailed) as failure:
        eventually(lamp).flashes()
    assert cluster.now == lamp.read_at[-1] == Lamp.patience
    assert failure.value.waited.startswith("30 s, ")


def test_a_reading_that_takes_all_the_patience_is_followed_by_another(cluster: Fake) -> None:
    keep_moving(cluster)
    lamp = Lamp(cluster)
    lamp.takes = Lamp.patience + 5
    lamp.turns("on", at=Lamp.patience + 10)
    eventually(lamp).flashes()
    assert lamp.read_at == pytest.approx([0, Lamp.patience + 5], abs=0.1)


def test_a_change_is_read_when_it_happens(cluster: Fake) -> None:
    keep_moving(cluster)
    lamp = Lamp(cluster)
    lamp.turns("on", at=7.3)
    eventually(lamp).flashes()
    assert lamp.read_at[-1] == 7.3


def test_a_change_during_a_reading_is_not_missed(cluster: Fake) -> None:
    keep_moving(cluster)
    lamp = Lamp(cluster)
    cluster.at(10, lambda: setattr(lamp, "takes", 1.0))
    cluster.at(20, lambda: setattr(lamp, "takes", 0.0))
    lamp.turns("on", at=20.0)
    eventually(lamp).flashes()
    assert lamp.read_at[-1] < 21.01


def test_readings_become_rare_while_they_find_the_same(cluster: Fake) -> None:
    keep_moving(cluster)
    lamp = Lamp(cluster)
    lamp.turns("dim", at=20.1, seen=False)
    with pytest.raises(CheckFailed):
        eventually(lamp).flashes()
    gaps = [round(after - before, 3) for before, after in pairwise(lamp.read_at)]
    news = next(i for i, at in enumerate(lamp.read_at) if at >= 20.1)
    assert gaps[:4] == [0.25, 0.5, 1, 2]
    assert max(gaps) == 2
    assert gaps[news] == 0.25


@pytest.mark.parametrize("shown_before", ["off", "on"])
def test_what_cannot_be_read_is_no_verdict_on_anybody(cluster: Fake, shown_before: str) -> None:
    keep_moving(cluster)
    lamp = Lamp(cluster, shows=shown_before)
    lamp.turns("hidden", at=2)
    with recording() as recorded, pytest.raises(GraderError, match="cannot be seen"):
        eventually(lamp).is_on()
    assert lamp.read_at[-1] == 2
    assert [item.verdict for item in recorded.observations] == ["grader error"]


@pytest.mark.parametrize("call", ["wake", "list"])
def test_an_error_between_two_readings_is_the_graders_too(cluster: Fake, call: str) -> None:
    cluster.fail(call, "connection reset")
    with recording() as recorded, pytest.raises(GraderError, match="connection reset"):
        eventually(Lamp(cluster)).is_on()
    assert [item.verdict for item in recorded.observations] == ["grader error"]


def test_a_cause_that_cannot_be_read_leaves_the_verdict_alone(cluster: Fake, app: Solution) -> None:
    ended = {"state": {"terminated": {"exitCode": 1}}}
    deploy(cluster, "web", ready=False, state=ended)
    cluster.fail("logs", "no log today")
    with pytest.raises(CheckFailed) as failure:
        eventually(app.deployment("web")).rolled_out()
    assert (failure.value.found, failure.value.because) == ("0 of 1 available", "")


def test_several_nouns_have_to_be_true_at_once(cluster: Fake) -> None:
    keep_moving(cluster)
    one, two = Lamp(cluster, "one", "on"), Lamp(cluster, "two")
    one.turns("off", at=5)
    two.turns("on", at=5)
    one.turns("on", at=9)
    with recording() as recorded:
        eventually(one, two).flashes()
    assert cluster.now == 9
    assert [item.noun for item in recorded.observations] == ["Pod `one` and Pod `two`"]


def test_a_failure_says_how_long_was_waited_and_what_was_seen(cluster: Fake) -> None:
    keep_moving(cluster)
    lamp = Lamp(cluster)
    lamp.turns("dim", at=3)
    lamp.turns("off", at=4)
    with pytest.raises(CheckFailed) as failure:
        eventually(lamp).flashes()
    assert failure.value.waited == f"30 s, {len(lamp.read_at)} readings, 2 different"


@pytest.mark.parametrize(
    ("use", "says"),
    [
        (lambda c: eventually("web"), "takes a noun"),
        (lambda c: eventually(Lamp(c, "one"), "web"), "takes a noun"),
        (lambda c: eventually(eventually(Lamp(c))), "takes a noun"),
        (lambda c: eventually(Lamp(c)).shines, r"\(flashes, is_on\), not `shines`"),
        (lambda c: eventually(Lamp(c)).turns, "not `turns`"),
        (lambda c: eventually(Lamp(c)).name, "not `name`"),
        (lambda c: set_patience(0), "above 0"),
        (lambda c: set_patience(float("nan")), "above 0"),
        (lambda c: set_patience(float("inf")), "above 0"),
    ],
    ids=[
        "no noun",
        "no noun beside one",
        "an adverb",
        "no such check",
        "no check",
        "a value",
        "0",
        "nan",
        "inf",
    ],
)
def test_misuse_is_refused(cluster: Fake, use, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        use(cluster)


def test_nouns_of_two_kinds_are_refused(cluster: Fake, app: Solution) -> None:
    with pytest.raises(UsageError, match="one kind and namespace"):
        eventually(app.service("web"), app.deployment("web"))
    elsewhere = Lamp(cluster)
    elsewhere.namespace = "k-2"
    with pytest.raises(UsageError, match="one kind and namespace"):
        eventually(Lamp(cluster), elsewhere)


def test_a_check_reads_once_without_an_adverb(cluster: Fake) -> None:
    lamp = Lamp(cluster)
    lamp.turns("on", at=0.1)
    with recording() as recorded, pytest.raises(CheckFailed):
        lamp.is_on()
    assert lamp.read_at == [0]
    assert [(item.adverb, item.verdict) for item in recorded.observations] == [("", "failed")]


def test_time_in_which_nothing_could_be_read_is_no_patience_spent(cluster: Fake, app: Solution) -> None:
    """A server that was away for 20 s leaves a learner the same time to get it right."""
    deploy(cluster, "web", ready=False)
    late = app.deployment("web").patience + 10

    def away() -> None:
        cluster.silent = 20

    cluster.at(5, away)
    cluster.at(late, lambda: deploy(cluster, "web"))
    eventually(app.deployment("web")).rolled_out()
    assert cluster.now > late
