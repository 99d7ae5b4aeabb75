"""A verdict comes before the patience is over when waiting cannot change it, and is then the same."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made import Lamp, deploy, expose, keep_moving, pod, serve

from checks import CheckFailed, Solution, eventually, set_patience
from checks.adverbs import HOPELESS
from checks.fake import Fake


def test_a_false_claim_is_judged_as_soon_as_nothing_moves(cluster: Fake) -> None:
    lamp = Lamp(cluster)
    with pytest.raises(CheckFailed) as failure:
        eventually(lamp).is_on()
    assert Lamp.lag <= cluster.now <= Lamp.lag + Lamp.poll
    assert len(lamp.read_at) >= 2
    assert failure.value.waited.endswith("all the same, settled: nothing was still changing")


def test_the_wait_begins_when_the_last_object_has_come_to_rest(cluster: Fake) -> None:
    keep_moving(cluster)
    cluster.at(12, lambda: cluster.put(pod("moving")))
    with pytest.raises(CheckFailed):
        eventually(Lamp(cluster)).is_on()
    assert 12 + Lamp.lag <= cluster.now <= 12 + Lamp.lag + Lamp.poll


def test_a_change_between_two_states_of_rest_begins_the_wait_anew(cluster: Fake) -> None:
    cluster.at(2, lambda: cluster.put(pod("another")))
    with pytest.raises(CheckFailed):
        eventually(Lamp(cluster)).is_on()
    assert cluster.now >= 2 + Lamp.lag


def test_another_finding_begins_the_wait_anew(cluster: Fake) -> None:
    lamp = Lamp(cluster)
    lamp.turns("dim", at=2.5, seen=False)
    lamp.turns("on", at=4.5, seen=False)
    eventually(lamp).is_on()


def test_what_may_change_by_itself_is_given_all_its_time(cluster: Fake) -> None:
    with pytest.raises(CheckFailed) as failure:
        eventually(Lamp(cluster, shows="wild")).is_on()
    assert cluster.now == Lamp.patience
    assert failure.value.waited.startswith("30 s")
    assert "settled" not in failure.value.waited


def test_the_wait_grows_with_the_patience(cluster: Fake) -> None:
    set_patience(4)
    with pytest.raises(CheckFailed):
        eventually(Lamp(cluster)).is_on()
    assert 4 * Lamp.lag <= cluster.now <= 4 * Lamp.lag + Lamp.poll


def test_a_claim_about_an_empty_namespace_takes_seconds(cluster: Fake, app: Solution) -> None:
    with pytest.raises(CheckFailed):
        eventually(app.service("web")).answers()
    with pytest.raises(CheckFailed):
        eventually(app.deployment("web")).rolled_out()
    assert cluster.now < 10


def test_a_service_that_selects_nobody_is_judged_early_and_an_http_error_late(
    cluster: Fake, app: Solution
) -> None:
    serve(cluster, *deploy(cluster, "web"), status=500)
    expose(cluster, "typo", {"app": "wbe"}, clusterIP="10.96.0.2")
    expose(cluster, "web", {"app": "web"})
    with pytest.raises(CheckFailed):
        eventually(app.service("typo")).answers()
    early = cluster.now
    with pytest.raises(CheckFailed):
        eventually(app.service("web")).answers()
    assert early < 6
    assert cluster.now - early == app.service("web").patience


@pytest.mark.parametrize("factor", [1, 2])
def test_hopeless_is_believed_after_two_looks_and_some_seconds(cluster: Fake, factor: float) -> None:
    set_patience(factor)
    keep_moving(cluster)
    lamp = Lamp(cluster, shows="burnt out")
    with pytest.raises(CheckFailed) as failure:
        eventually(lamp).is_on()
    assert HOPELESS * factor <= lamp.read_at[-1] <= HOPELESS * factor + Lamp.poll
    assert len(lamp.read_at) >= 2
    assert failure.value.waited.endswith(", hopeless: waiting does not change this")


def test_one_hopeless_look_is_not_enough_however_long_it_takes(cluster: Fake) -> None:
    keep_moving(cluster)
    lamp = Lamp(cluster, shows="burnt out")
    lamp.takes = 11.0
    lamp.turns("on", at=10.5)
    eventually(lamp).flashes()


@pytest.mark.parametrize("between", ["off", "on"])
def test_a_recovery_begins_the_hopeless_time_anew(cluster: Fake, between: str) -> None:
    keep_moving(cluster)
    lamp = Lamp(cluster, shows="burnt out")
    lamp.turns(between, at=9)
    lamp.turns("burnt out", at=9.5)
    lamp.turns("on", at=19)
    eventually(lamp).is_on()


class Late(Lamp):
    """A lamp of which nobody knows that it is at rest."""

    def settled(self) -> None:
        """Say that something may always come."""


def verdict(lamp: type[Lamp], changes: list[tuple[float, str]], trailing: tuple[float, str]) -> str:
    """Judge a lamp in a namespace that moves until the last change, and that one effect still follows."""
    cluster = Fake()
    keep_moving(cluster)
    it = lamp(cluster)
    now = 0.0
    for pause, shows in changes:
        now += pause
        it.turns(shows, at=now)
    cluster.at(now, lambda: cluster.put(pod("moving")))
    lag, shows = trailing
    it.turns(shows, at=now + lag, seen=False)
    with cluster.time():
        try:
            eventually(it).is_on()
        except CheckFailed as failure:
            return f"failed: {failure.found}"
    return "passed"


shown = st.sampled_from(["off", "dim", "on", "wild"])


@settings(max_examples=60, database=None, deadline=None)
@given(
    changes=st.lists(st.tuples(st.floats(0.1, 8), shown), max_size=5),
    trailing=st.tuples(st.floats(0.01, Lamp.lag - 0.01), shown),
)
def test_early_and_late_verdict_agree(changes: list[tuple[float, str]], trailing: tuple[float, str]) -> None:
    assert verdict(Lamp, changes, trailing) == verdict(Late, changes, trailing)


def test_the_namespace_is_asked_only_after_a_reading_that_was_false(cluster: Fake) -> None:
    deploy(cluster, "web")
    cluster.calls.clear()
    eventually(Lamp(cluster, shows="on")).is_on()
    assert "list" not in cluster.calls


class Slow(Lamp):
    """A lamp that settles in its own way, at a time of its own."""

    settles_at = 0.0

    def settled(self) -> str | None:
        return "dark" if self.cluster.now >= self.settles_at else None


def test_it_is_settled_when_all_nouns_are(cluster: Fake) -> None:
    one, two = Slow(cluster, "one"), Slow(cluster, "two", "on")
    two.settles_at = 9.0
    with pytest.raises(CheckFailed) as failure:
        eventually(one, two).is_on()
    assert 9 + Lamp.lag <= cluster.now <= 9 + Lamp.lag + Lamp.poll
    assert "settled" in failure.value.waited
