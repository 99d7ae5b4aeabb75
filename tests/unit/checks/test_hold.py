"""A condition counts when it has been true for as long as it has to hold, never for one lucky reading."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made import Lamp, keep_moving

from checks import CheckFailed, eventually, recording
from checks.fake import Fake


def test_a_true_condition_passes_when_it_has_held(cluster: Fake) -> None:
    lamp = Lamp(cluster, shows="on")
    eventually(lamp).is_on()
    assert cluster.now == Lamp.hold


def test_an_interruption_starts_the_time_anew(cluster: Fake) -> None:
    lamp = Lamp(cluster, shows="on")
    lamp.turns("off", at=2.9)
    lamp.turns("on", at=3.0)
    eventually(lamp).is_on()
    assert cluster.now == 3.0 + Lamp.hold


def test_what_is_true_at_the_deadline_may_go_on_to_hold(cluster: Fake) -> None:
    keep_moving(cluster)
    lamp = Lamp(cluster)
    lamp.turns("on", at=Lamp.patience)
    eventually(lamp).is_on()
    assert cluster.now == Lamp.patience + Lamp.hold


def test_what_is_lost_after_the_deadline_gets_no_second_chance(cluster: Fake) -> None:
    keep_moving(cluster)
    lamp = Lamp(cluster)
    lamp.turns("on", at=Lamp.patience)
    lamp.turns("off", at=Lamp.patience + 2)
    lamp.turns("on", at=Lamp.patience + 2.1)
    with pytest.raises(CheckFailed) as failure:
        eventually(lamp).is_on()
    assert failure.value.waited.endswith("; true for 1.5 s at most, it has to hold for 3 s")


def test_the_time_that_a_reading_takes_does_not_count(cluster: Fake) -> None:
    lamp = Lamp(cluster, shows="on")
    lamp.takes = 5.0
    eventually(lamp).is_on()
    first, *_, last = lamp.read_at
    assert last - (first + lamp.takes) >= Lamp.hold


def test_time_in_which_nothing_could_be_read_does_not_count(cluster: Fake) -> None:
    lamp = Lamp(cluster, shows="on")

    def away() -> None:
        cluster.advance(20)
        cluster.silent = 20

    cluster.at(1, away)
    eventually(lamp).is_on()
    assert cluster.now == 20 + Lamp.hold


@settings(max_examples=30, database=None, deadline=None)
@given(times=st.lists(st.floats(0.1, 6), min_size=1, max_size=10), seen=st.booleans())
def test_a_pass_means_that_all_readings_of_the_last_seconds_were_true(times: list[float], seen: bool) -> None:
    cluster = Fake()
    keep_moving(cluster)
    lamp = Lamp(cluster)
    now = 0.0
    for i, duration in enumerate(times):
        now += duration
        lamp.turns("off" if i % 2 else "on", at=now, seen=seen)
    with cluster.time(), recording() as recorded:
        try:
            eventually(lamp).is_on()
        except CheckFailed:
            passed = False
        else:
            passed = True
    last = recorded.observations[0].readings[-1]
    held = last.until - last.at if last.ok else 0
    assert passed == (held >= Lamp.hold - 0.001)


def test_readings_that_take_long_follow_each_other_at_once(cluster: Fake) -> None:
    lamp = Lamp(cluster, shows="on")
    lamp.takes = 1.0
    eventually(lamp).is_on()
    assert lamp.read_at == pytest.approx([0, 1.01, 2.02, 3.03, 4.04])
