"""Claims that run a step themselves: again, to judge what it does, or in its turn, to look at it meanwhile.

As in `test_steps`, the steps run on this machine, and each run leaves the step's name in a file.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import fixtures.clusters.kind
import fixtures.toolbox
from tests.unit.lab import Lab, prepared, verdicts
from tests.unit.test_steps import CUT, KUBECTL, cause, claims, ran, script

pytest_plugins = ["pytester"]

BREAKS = KUBECTL.replace('exec "$@"', '[ -e broken ] && { echo lost connection >&2; exit 1; }\nexec "$@"')


@pytest.fixture
def lab(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Lab:
    lab = prepared(pytester, monkeypatch)
    kubectl = pytester.path / "kubectl"
    kubectl.write_text(BREAKS)
    kubectl.chmod(0o755)
    monkeypatch.setattr(fixtures.clusters.kind, "kubectl", lambda _: kubectl)
    return lab


# -- again ---------------------------------------------------------------------------------------------

ASKS = '''
from checks import eventually

@graded(points=1, after="ask")
def test_asks(app):
    """It asks."""
    {}

@graded(points=1)
def test_end(app):
    """It goes on."""
    script(app).has_run({})
'''


def asks(lab: Lab, claim: str, *runs: str) -> None:
    """Judge a claim after step `ask`, and at the end which steps have run."""
    claims(lab, ASKS.format(claim, ", ".join(map(repr, runs))))


def test_each_reading_runs_the_step_once_more_and_counts_what_it_prints(lab):
    asks(lab, 'app.step("ask").prints_lines("web-1")', "ask", "ask", "more")
    run = lab.graded(submission=script(lab, {"ask": "echo web-1; echo warning >&2", "more": ""}))
    assert verdicts(run) == {"test_asks": "passed", "test_end": "passed"}, run
    (seen,) = run.claim("test_asks").observations
    assert (seen["noun"], seen["readings"][0]["text"]) == ("Step `ask`", "web-1")


def test_a_run_that_goes_wrong_is_the_learners_and_the_script_goes_on(lab):
    asks(lab, 'app.step("ask").prints("web-1")', "ask", "ask", "more")
    once = "echo web-1; if [ -e once ]; then echo no >&2; exit 3; fi; touch once"
    run = lab.graded(submission=script(lab, {"ask": once, "more": ""}))
    assert verdicts(run) == {"test_asks": "failed", "test_end": "passed"}
    assert cause(run, "test_asks") == [
        ("expected", "Step `ask` ends with exit code 0"),
        ("found", "exit code 3"),
        ("because", "it said:\nweb-1\nno"),
        ("look at", "line 1 of steps.sh"),
    ]


def test_what_kubectl_adds_is_not_the_learners(lab):
    asks(lab, 'app.step("ask").succeeds()', "ask", "ask")
    once = "[ ! -e once ] || { echo 'command terminated with exit code 3' >&2; exit 3; }; touch once"
    run = lab.graded(submission=script(lab, {"ask": once}))
    assert [label for label, _ in cause(run, "test_asks")] == ["expected", "found", "look at"]


def test_a_run_that_does_not_end_is_the_learners(lab, monkeypatch):
    monkeypatch.setattr(fixtures.toolbox, "STEP_SECONDS", 1)
    asks(lab, 'app.step("ask").fails()', "ask", "ask")
    run = lab.graded(submission=script(lab, {"ask": "[ ! -e once ] || sleep 9; touch once"}))
    assert verdicts(run) == {"test_asks": "failed", "test_end": "passed"}
    assert ("found", "it did not end within 1 s") in cause(run, "test_asks")


@pytest.mark.parametrize("code", [124, 137])
def test_an_exit_code_alone_does_not_say_that_it_took_too_long(lab, code):
    asks(lab, 'app.step("ask").fails()', "ask", "ask")
    run = lab.graded(submission=script(lab, {"ask": f"[ ! -e once ] || exit {code}; touch once"}))
    assert verdicts(run) == {"test_asks": "passed", "test_end": "passed"}


def test_a_run_whose_connection_breaks_is_no_failure(lab):
    asks(lab, 'app.step("ask").fails()', "ask")
    run = lab.graded(submission=script(lab, {"ask": "touch broken"}))
    assert verdicts(run) == {"test_asks": "grader_error", "test_end": "passed"}
    assert "step 'ask' could not be run to its end: lost connection" in run.claim("test_asks").cause.found


def test_a_step_that_has_not_run_is_not_run_early(lab):
    asks(lab, 'app.step("more").succeeds()', "ask", "more")
    run = lab.graded(submission=script(lab, {"ask": "", "more": ""}))
    assert verdicts(run) == {"test_asks": "grader_error", "test_end": "passed"}
    assert "'more'): it has not run yet in its turn; write after='more'" in run.claim("test_asks").cause.found


# -- during --------------------------------------------------------------------------------------------

DURING = '''
from checks import eventually, throughout

@graded(points=1, during="update")
def test_update(app):
    """It works while it is updated."""
    script(app).has_run("create")
    app.step("update").runs()

@graded(points=2, after="update")
def test_updated(app):
    """It is updated."""
    script(app).has_run("create", "update")

@graded(points=4, after="create")
def test_created(app):
    """It is created."""
    script(app).has_run("create")
'''
STEPS = {"create": "", "update": "", "more": ""}
IN_ORDER = ["test_created", "test_update", "test_updated"]


def during(lab: Lab, old: str = "", new: str = "") -> None:
    assert old in DURING
    claims(lab, DURING.replace(old, new) if old else DURING)


def test_a_claim_runs_the_step_in_its_turn(lab):
    during(lab)
    run = lab.graded(submission=script(lab, STEPS))
    assert verdicts(run) == dict.fromkeys(IN_ORDER, "passed")
    assert list(verdicts(run)) == run.planned == IN_ORDER
    assert ran(lab) == ["create", "update"]
    assert [claim.after for claim in run.claims] == ["create", None, "update"]


def test_a_check_is_held_against_all_of_the_step(lab):
    during(
        lab,
        '    app.step("update").runs()',
        '    with throughout(script(app).has_run, "create"):\n        app.step("update").runs()',
    )
    lab_alongside(lab)
    run = lab.graded(submission=script(lab, STEPS))
    assert verdicts(run) == {"test_created": "passed", "test_update": "failed", "test_updated": "passed"}
    assert ("found", "create update") in cause(run, "test_update")


def lab_alongside(lab: Lab) -> None:
    """Let the stand-in look before and after a block, and not beside it."""
    source = (lab.folder / "test_answers.py").read_text()
    beside = "import contextlib\nfrom tests.unit.lab import StandIn\n"
    beside += "StandIn.alongside = lambda *_: contextlib.nullcontext()\n"
    (lab.folder / "test_answers.py").write_text(beside + source)


def test_a_step_that_a_claim_leaves_alone_runs_before_the_next(lab):
    during(lab, '    app.step("update").runs()', "")
    run = lab.graded(submission=script(lab, STEPS))
    assert verdicts(run) == dict.fromkeys(IN_ORDER, "passed")
    assert ran(lab) == ["create", "update"]


def test_a_claim_that_fails_before_the_step_does_not_keep_it_from_running(lab):
    during(lab, 'has_run("create")\n    app', 'has_run("nothing")\n    app')
    run = lab.graded(submission=script(lab, STEPS))
    assert verdicts(run) == {"test_created": "passed", "test_update": "failed", "test_updated": "passed"}


@pytest.mark.parametrize("adverb", ["app.step", "eventually(app.step"])
def test_a_step_that_fails_fails_its_claim_and_nothing_runs_after_it(lab, adverb):
    during(lab, 'app.step("update")', f'{adverb}("update"){")" * adverb.count("(")}')
    run = lab.graded(submission=script(lab, {**STEPS, "update": "echo why; exit 3"}))
    assert verdicts(run) == {"test_created": "passed", "test_update": "failed", "test_updated": "not_reached"}
    assert run.claim("test_updated").blocked_by == "test_update"
    assert cause(run, "test_update")[:4] == [
        ("expected", "step 'update' ends with exit code 0"),
        ("found", "exit code 3"),
        ("because", "it said:\nwhy"),
        ("look at", "line 5 of steps.sh"),
    ]
    assert ran(lab) == ["create", "update"]


def test_a_step_that_cannot_be_run_costs_nobody_a_point(lab):
    during(lab)
    run = lab.graded(submission=script(lab, {**STEPS, "update": CUT}))
    assert list(verdicts(run).values()) == ["passed", "grader_error", "not_reached"]
    assert ran(lab) == ["create", "update"]


def test_it_runs_once(lab):
    during(lab, '    app.step("update").runs()', '    app.step("update").runs()\n' * 2)
    run = lab.graded(submission=script(lab, STEPS))
    assert list(verdicts(run).values()) == ["passed", "grader_error", "passed"]
    assert "app.step('update').runs(): it has run already" in run.claim("test_update").cause.found


def test_it_runs_in_its_turn_only(lab):
    during(lab, 'app.step("update").runs()', 'app.step("more").runs()')
    run = lab.graded(submission=script(lab, STEPS))
    assert "app.step('more').runs(): it has another step before it" in run.claim("test_update").cause.found
    assert ran(lab) == ["create", "update"]


def test_a_step_that_is_missing_fails_the_claim(lab):
    during(lab)
    run = lab.graded(submission=script(lab, {"create": ""}))
    assert list(verdicts(run).values()) == ["failed", "failed", "passed"]
    assert cause(run, "test_update")[0] == ("expected", "steps.sh has a step named `update`")


def test_manifests_fail_the_claim(lab):
    during(lab)
    run = lab.graded(submission=lab.submits(first="yes"))
    assert cause(run, "test_update")[0] == (
        "expected",
        "commands in steps (steps.sh), with a step named `update`",
    )


def test_two_claims_cannot_both_run_a_step(lab):
    during(lab, 'after="create"', 'during=("build", "Update ")')
    run = lab.graded(submission=script(lab, STEPS))
    assert (run.exit_code, run.claims, ran(lab)) == (3, [], [])
    assert "test_update and test_created are both judged during step 'update'" in run.problems[0]


def test_steps_in_another_order_than_the_claims_need_are_the_learners(lab):
    """The step that a claim runs comes next, when the claim that needs it is judged."""
    during(lab, 'after="create")', 'after="create", needs=test_update)')
    run = lab.graded(submission=script(lab, STEPS))
    assert verdicts(run)["test_created"] == "failed"
    assert cause(run, "test_created") == [
        ("expected", "in steps.sh, step `update` stands before step `create`"),
        ("found", "its steps are: `create`, `update`, `more`"),
        ("because", "this claim needs one that is judged during step `update`: It works while it is updated"),
        ("look at", "grep '# step:' steps.sh"),
    ]


def test_the_files_of_a_submission_say_where_a_step_stands(lab: Lab, tmp_path: Path) -> None:
    during(lab)
    (folder := tmp_path / "bob").mkdir()
    (folder / "steps.sh").write_text("# step: create\necho create >> ran\n# step: UPDATE\nexit 7\n")
    run = lab.graded(submission=folder)
    assert ("look at", "line 3 of steps.sh") in cause(run, "test_update")
