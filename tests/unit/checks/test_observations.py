"""Every verdict leaves its readings behind, equal ones together."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from made import Lamp, keep_moving

from checks import CheckFailed, eventually, recording
from checks.fake import Fake
from checks.noun import conclude
from checks.observations import observe


def test_equal_readings_are_one_with_its_times(cluster: Fake) -> None:
    keep_moving(cluster)
    lamp = Lamp(cluster)
    lamp.turns("on", at=5)
    lamp.turns("off", at=6)
    lamp.turns("on", at=7)
    with recording() as recorded:
        eventually(lamp).is_on()
    (observation,) = recorded.observations
    assert [(reading.text, reading.ok, reading.at) for reading in observation.readings] == [
        ("off", False, 0),
        ("", True, 5),
        ("off", False, 6),
        ("", True, 7),
    ]
    assert observation.readings[-1].until == 10
    assert (observation.count, observation.different) == (len(lamp.read_at), 2)
    assert (observation.verdict, observation.check, observation.adverb) == ("passed", "is_on", "eventually")


def test_a_recording_is_plain_data(cluster: Fake) -> None:
    with recording() as recorded, pytest.raises(CheckFailed):
        Lamp(cluster, shows="\x1b[31mred\nand \udc80 long" + "g" * 1000).is_on()
    (data,) = json.loads(json.dumps(recorded.as_data()))
    assert data["verdict"] == "failed"
    (reading,) = data["readings"]
    assert reading["text"].startswith("red and long")
    assert len(reading["text"]) < 250


def test_recordings_are_separate_and_nothing_is_kept_outside(cluster: Fake) -> None:
    with recording() as outer:
        Lamp(cluster, shows="on").flashes()
        with recording() as inner:
            Lamp(cluster, shows="on").flashes()
    Lamp(cluster, shows="on").flashes()
    assert (len(outer), len(inner)) == (1, 1)


def test_whoever_records_hears_of_a_failure_also_from_another_thread() -> None:
    heard: list[CheckFailed] = []
    with recording() as mine:
        mine.failed = heard.append
        begun = observe("Lamp `one`", "lit", "eventually")
    failure = CheckFailed(expected="light", found="none")
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(conclude, begun, failure).exception() is failure
    assert heard == [failure]
