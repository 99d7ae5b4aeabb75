"""`consistently` wants every reading of a time to be true."""

from __future__ import annotations

import pytest
from made import Lamp

from checks import CheckFailed, GraderError, UsageError, consistently, recording, set_patience
from checks.fake import Fake


@pytest.mark.parametrize("factor", [0.1, 10])
def test_it_reads_from_the_first_moment_to_the_last_whatever_the_patience(
    cluster: Fake, factor: float
) -> None:
    set_patience(factor)
    lamp = Lamp(cluster, shows="on")
    consistently(lamp, during=10).is_on()
    assert (lamp.read_at[0], lamp.read_at[-1]) == (0, 10)
    assert len(lamp.read_at) >= 20


@pytest.mark.parametrize("at", [0.1, 4.2, 10])
def test_a_change_within_the_time_is_seen_when_it_happens(cluster: Fake, at: float) -> None:
    lamp = Lamp(cluster, shows="on")
    lamp.turns("off", at=at)
    lamp.turns("on", at=at + 0.001)
    with pytest.raises(CheckFailed) as failure:
        consistently(lamp, during=10).is_on()
    assert cluster.now == at
    assert " of 10 s, true in " in failure.value.waited


def test_what_comes_after_the_time_is_of_no_interest(cluster: Fake) -> None:
    lamp = Lamp(cluster, shows="on")
    lamp.turns("off", at=10.1)
    consistently(lamp, during=10).is_on()


@pytest.mark.parametrize("shows", ["off", "burnt out", "wild"])
def test_one_false_reading_is_the_end(cluster: Fake, shows: str) -> None:
    lamp = Lamp(cluster, shows=shows)
    with pytest.raises(CheckFailed) as failure:
        consistently(lamp, during=10).is_on()
    assert lamp.read_at == [0]
    assert failure.value.waited == "0 s of 10 s, false from the start"


def test_time_in_which_nothing_could_be_read_is_not_seen(cluster: Fake) -> None:
    lamp = Lamp(cluster, shows="on")

    def away() -> None:
        cluster.advance(8)
        cluster.silent = 8

    cluster.at(2, away)
    consistently(lamp, during=10).is_on()
    assert lamp.read_at[-1] == 18


def test_what_cannot_be_read_is_no_verdict_on_anybody(cluster: Fake) -> None:
    lamp = Lamp(cluster, shows="on")
    lamp.turns("hidden", at=2)
    with recording() as recorded, pytest.raises(GraderError):
        consistently(lamp, during=10).is_on()
    assert [item.verdict for item in recorded.observations] == ["grader error"]


def test_it_holds_for_all_nouns(cluster: Fake) -> None:
    one, two = Lamp(cluster, "one", "on"), Lamp(cluster, "two", "on")
    two.turns("off", at=9)
    with pytest.raises(CheckFailed):
        consistently(one, two, during=10).is_on()
    assert cluster.now == 9


@pytest.mark.parametrize("during", [0, -1, float("nan"), float("inf"), True, "5"])
def test_a_time_that_is_none_is_refused(cluster: Fake, during: float) -> None:
    with pytest.raises(UsageError, match="seconds above 0"):
        consistently(Lamp(cluster), during=during)


def test_readings_that_take_long_follow_each_other_at_once(cluster: Fake) -> None:
    lamp = Lamp(cluster, shows="on")
    lamp.takes = 1.0
    consistently(lamp, during=4).is_on()
    assert lamp.read_at == pytest.approx([0, 1.01, 2.02, 3.03, 4.04])
