"""A policy changes points and what is shown, never a verdict, and costs nothing where we are to blame."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reports.model import Adjustment, Cause, ClaimResult, Run
from reports.policy import Policy, load

DUE = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def write(tmp_path: Path):
    """Write a policy and read it."""

    def one(text: str) -> Policy:
        (file := tmp_path / "policy.toml").write_text(text)
        return load(file)

    return one


def scored(*claims: tuple[float, str], **more: str) -> Run:
    found = [ClaimResult(f"test_{number}", f"Claim {number}", points, verdict)  # type: ignore[arg-type]
             for number, (points, verdict) in enumerate(claims)]  # fmt: skip
    return Run("a", "A", "alice", found, planned=[each.id for each in found],
               finished="2026-03-01T10:00:09.000Z", **more)  # type: ignore[arg-type]  # fmt: skip


def test_without_one_nothing_changes(failing, passing):
    for run in (failing, passing):
        before = copy.deepcopy(run)
        assert Policy().apply(run).as_data() == before.as_data()
        assert Policy().seen_by_learners(run) is run
        assert run == before


LATE = "due = 2026-03-01T12:00:00Z\n[late]\npercent_a_day = 10\ngrace_minutes = 15\nmost = 50\n"


@pytest.mark.parametrize(
    ("handed_in", "percent"),
    [
        ("2026-03-01T12:00:00Z", 0),
        ("2026-03-01T12:15:00Z", 0),
        ("2026-03-01T12:15:01Z", 10),
        ("2026-03-02T12:00:00Z", 10),
        ("2026-03-02T12:00:01Z", 20),
        ("2026-03-02T14:00:00+02:00", 10),
        ("2026-04-01T00:00:00Z", 50),
    ],
)
def test_a_day_that_has_begun_costs_a_day_after_the_minutes_of_grace(write, handed_in, percent):
    run = write(LATE).apply(scored((4, "passed"), (6, "failed"), handed_in=handed_in))
    assert run.score == pytest.approx(4 - 4 * percent / 100)
    assert bool(run.adjustments) == bool(percent)
    assert (run.earned, run.possible) == (4, 10)


def test_what_is_known_of_a_submission_comes_from_the_policy(write):
    more = '[submissions.alice]\nuser = "u-1"\nhanded_in = 2026-03-09T12:00:00Z\ndue = 2026-03-09T12:00:00Z\n'
    run = write(LATE + more).apply(scored((4, "passed"), handed_in="2026-04-01T00:00:00Z"))
    assert (run.user, run.handed_in, run.score) == ("u-1", "2026-03-09T12:00:00.000Z", 4)


def test_attempts_after_the_free_ones_cost(write):
    rules = "[attempts]\nfree = 3\npercent_each = 20\nmost = 30\n[submissions.alice]\nattempt = {}\n"
    found = [write(rules.format(attempt)).apply(scored((10, "passed"))).score for attempt in (3, 4, 5, 99)]
    assert found == [10, 8, 7, 7]


@pytest.mark.parametrize(
    ("direction", "found"), [("nearest", [2.0, 2.5, 2.5]), ("up", [2.5, 2.5, 2.5]), ("down", [2.0, 2.0, 2.5])]
)
def test_the_score_is_rounded_last(write, direction, found):
    rules = write(f'[rounding]\nto = 0.5\ndirection = "{direction}"\n')
    assert [rules.apply(scored((points, "passed"))).score for points in (2.1, 2.25, 2.5)] == found
    assert write("[rounding]\nto = 0.1\n").apply(scored((0.3, "passed"))).adjustments == []


def test_penalties_are_of_the_points_earned_and_never_go_below_nothing(write):
    rules = LATE.replace("most = 50", "") + "[attempts]\nfree = 1\npercent_each = 100\n" \
        "[submissions.alice]\nattempt = 2\nhanded_in = 2026-04-01T00:00:00Z\n"  # fmt: skip
    run = write(rules).apply(scored((4, "passed"), (6, "failed")))
    assert [each.points for each in run.adjustments] == [-4, -4]
    assert run.score == 0


def test_a_run_that_is_not_whole_keeps_its_points(write):
    """Our own trouble must not cost a late day more."""
    run = write(LATE).apply(scored((4, "passed"), (6, "grader_error"), handed_in="2026-04-01T00:00:00Z"))
    assert (run.whole, run.adjustments, run.score) == (False, [], 4)


def test_a_claim_gets_other_points(write):
    run = write("[claims.test_1]\npoints = 2.5\n").apply(scored((1, "passed"), (1, "passed")))
    assert (run.earned, run.possible) == (3.5, 3.5)


def test_what_is_hidden_leaves_no_trace_but_verdict_and_points(write):
    rules = write('[claims.test_1]\nvisibility = "hidden"\n')
    run = scored((1, "passed"), (2, "failed"), (3, "not_reached"))
    secret = run.claims[1]
    secret.title, secret.cause, secret.hints = "secret title", Cause(found="secret cause"), ["secret hint"]
    secret.cites, secret.observations = ["secret cite"], [{"noun": "secret noun"}]
    run.claims[2].needs, run.claims[2].blocked_by = ["test_1"], "test_1"
    seen = rules.seen_by_learners(rules.apply(run))
    assert "secret" not in (text := str(seen.as_data()))
    assert "test_1" not in text
    assert (seen.claims[1].title, seen.claims[1].verdict) == ("Hidden claim 1", "failed")
    assert seen.claims[2].blocked_by == seen.claims[1].id
    assert (seen.earned, seen.possible, seen.exit_code) == (run.earned, run.possible, run.exit_code)


def test_a_hidden_claim_that_was_not_judged_has_no_name_either(write):
    rules = write('[claims.test_secret]\nvisibility = "hidden"\n')
    run = scored((1, "failed"))
    run.planned.append("test_secret")
    assert rules.seen_by_learners(rules.apply(run)).planned == ["test_0", "hidden-1"]


def test_no_problem_and_no_cause_of_another_claim_names_what_is_hidden(write):
    rules = write('[claims.test_1]\nvisibility = "hidden"\n[claims.test_left]\nvisibility = "hidden"\n')
    run = scored((1, "failed"), (2, "failed"), (2, "failed"))
    run.claims[1].title = "Backups survive"
    run.claims[0].cause = Cause(because="this claim needs one that is judged later: Backups survive")
    run.planned += ["test_left", "test_left_too"]
    run.problems = ["not judged: test_left, test_left_too", "clean-up after test_1: Backups survive, test_10"]
    seen = rules.seen_by_learners(rules.apply(run))
    assert seen.problems == [
        "not judged: hidden-2, test_left_too",
        "clean-up after hidden-1: Hidden claim 1, test_10",
    ]
    assert seen.claims[0].cause == Cause(because="this claim needs one that is judged later: Hidden claim 1")
    assert run.problems[0] == "not judged: test_left, test_left_too", "the run itself stays as it is"


@pytest.mark.parametrize(
    ("rules", "day", "shown"),
    [
        ('visibility = "after_due_date"\ndue = 2026-03-01T12:00:00Z', 1, False),
        ('visibility = "after_due_date"\ndue = 2026-03-01T12:00:00Z', 2, True),
        ('visibility = "after_due_date"', 2, False),
        ('visibility = "after_published"\ndue = 2026-03-01T12:00:00Z', 2, False),
        ('visibility = "after_published"\npublished = 2026-03-01T12:00:00Z', 2, True),
        ('visibility = "after_due_date"\ndue = 2026-03-01T12:00:00Z\n'
         "[submissions.alice]\ndue = 2026-03-03T12:00:00Z", 2, False),
    ],
)  # fmt: skip
def test_a_claim_is_seen_from_its_day_on(write, rules, day, shown):
    policy = write(rules)
    seen = policy.seen_by_learners(policy.apply(scored((1, "passed"))), datetime(2026, 3, day, tzinfo=UTC))
    assert (seen.claims[0].title == "Claim 0") is shown


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("due = ", "not TOML"),
        ("duo = 1", "duo"),
        ('due = "tomorrow"', "due: "),
        ("[late]\npercent_a_day = 101", "late.percent_a_day: "),
        ("[late]\nmost = 1", "percent_a_day"),
        ("[rounding]\nto = 0", "rounding.to: "),
        ('[claims.test_x]\nvisibility = "sometimes"', "claims.test_x.visibility: "),
        ("[submissions.alice]\nattempt = 0", "submissions.alice.attempt: "),
    ],
)
def test_what_is_no_policy_is_told_with_its_place(write, text, told):
    with pytest.raises(ValueError, match=told.replace(".", r"\.")):
        write(text)


def test_an_adjustment_survives_the_file(write):
    run = scored((4, "passed"))
    run.adjustments = [Adjustment("late", -1)]
    assert Run.from_data(run.as_data()).score == 3
