"""Claims that are read between the steps of a script: `after` says which step, and no later one has run.

The steps run on this machine, each leaves its name in a file, and the claims read that file.
"""

from __future__ import annotations

import gc
import os
import signal
import textwrap
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

import fixtures.clusters.kind
from fixtures.clusters.provider import Handle, Kept
from reports import result_json
from reports.model import Run
from tests.unit.lab import Lab, StandIn, lasting, prepared, served, verdicts

pytest_plugins = ["pytester"]

KUBECTL = """\
#!/bin/sh
while [ "$1" != -- ]; do shift; done
shift
exec "$@"
"""
"""`kubectl exec … -- COMMAND` with the pod left out."""
LANGUAGE = '''
import pathlib

class Script(Noun):
    """What the steps have left."""
    kind = "Script"

    @check
    def has_run(self, *steps):
        file = pathlib.Path("ran")
        found = file.read_text().split() if file.exists() else []
        if found != list(steps):
            raise CheckFailed(expected=" ".join(steps), found=" ".join(found))

def script(app):
    return Script(app.cluster, app.namespace, "steps")
'''
CLAIMS = '''
@graded(points=1)
def test_end(app):
    """All have run."""
    script(app).has_run("create", "scale", "expose")

@graded(points=2, after="scale up")
def test_scaled(app):
    """It is scaled."""
    script(app).has_run("create", "scale")

@graded(points=4, after="create")
def test_created(app):
    """It is created."""
    script(app).has_run("create")

@graded(points=8, after="scale up", needs=test_scaled, hints=("Say scale up.",))
def test_scaled_and_more(app):
    """It is scaled and more."""
    script(app).has_run("create", "scale")
'''
CUT = "kill -9 $(cut -d' ' -f4 /proc/$PPID/stat)"
"""A step that ends the stand-in of `kubectl exec`, as if the connection had broken."""
STEPS = {"create": "", "scale up": "", "expose": ""}
IN_ORDER = ["test_created", "test_scaled", "test_scaled_and_more", "test_end"]


@pytest.fixture
def lab(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Lab:
    lab = prepared(pytester, monkeypatch)
    kubectl = pytester.path / "kubectl"
    kubectl.write_text(KUBECTL)
    kubectl.chmod(0o755)
    monkeypatch.setattr(fixtures.clusters.kind, "kubectl", lambda _: kubectl)
    claims(lab, CLAIMS)
    return lab


def claims(lab: Lab, source: str) -> None:
    lab.claims(LANGUAGE + textwrap.dedent(source))
    toml = lab.folder / "assignment.toml"
    toml.write_text(toml.read_text().replace('["manifests"]', '["manifests", "commands"]'))


def script(lab: Lab, steps: dict[str, str] = STEPS) -> Path:
    """Hand in steps; each leaves the first word of its name, then does what it is told to."""
    (folder := lab.pytester.path / "alice").mkdir(exist_ok=True)
    parts = [f"# step: {name}\necho {name.split()[0]} >> ran\n{more}\n" for name, more in steps.items()]
    (folder / "steps.sh").write_text("\n".join(parts))
    ran(lab, forget=True)
    return folder


def ran(lab: Lab, *, forget: bool = False) -> list[str]:
    file = lab.pytester.path / "ran"
    found = file.read_text().split() if file.exists() else []
    if forget:
        file.unlink(missing_ok=True)
    return found


def cause(run: Run, id: str) -> list[tuple[str, str]]:
    claim = run.claim(id)
    assert claim
    assert claim.cause
    return claim.cause.lines()


# -- order ---------------------------------------------------------------------------------------------


def test_a_claim_is_judged_after_its_step_and_before_the_next(lab):
    """Each claim reads which steps have run, so that one too many would fail it."""
    run = lab.graded(submission=script(lab))
    assert verdicts(run) == dict.fromkeys(IN_ORDER, "passed")
    assert list(verdicts(run)) == run.planned == IN_ORDER
    assert ran(lab) == ["create", "scale", "expose"]


def test_the_result_says_after_which_step_a_claim_was_judged(lab):
    lab.graded(submission=script(lab, {"create ": "", "scale UP": "", "expose": ""}))
    data = result_json.read(lab.result).as_data()
    assert {claim["id"]: claim["after"] for claim in data["claims"]} == {
        "test_created": "create",
        "test_scaled": "scale UP",
        "test_scaled_and_more": "scale UP",
        "test_end": None,
    }
    assert data["counts"]["passed"] == 4


def test_of_several_names_the_first_that_the_submission_has_counts(lab):
    claims(lab, CLAIMS.replace('after="create"', 'after=("begin", " EXPOSE ", "create")'))
    run = lab.graded(submission=script(lab))
    assert list(verdicts(run)) == ["test_scaled", "test_scaled_and_more", "test_end", "test_created"]
    assert run.claim("test_created").after == "expose"
    assert run.claim("test_created").cause.found == "create scale expose"


def test_both_ways_to_grade_commands_give_the_same_result(lab):
    submission = script(lab, {**STEPS, "expose": "exit 3"})
    plain = lab.graded(submission=submission)
    script(lab, {**STEPS, "expose": "exit 3"})
    code = lab.kubeproctor(submission)
    other = result_json.read(lab.pytester.path / "results" / "alice" / "result.json")

    assert code == 1
    assert lasting(plain) == lasting(other)
    assert list(verdicts(plain).values()) == ["passed", "passed", "passed", "failed"]


@pytest.mark.parametrize(
    ("source", "code", "steps"),
    [(CLAIMS, 0, ["create", "scale", "expose"]), ("this is no Python", 3, [])],
    ids=["claims", "no claims"],
)
def test_on_a_kept_cluster_no_step_runs_before_there_are_claims(lab, source, code, steps):
    look: Future[str | None] = Future()
    look.set_result(None)
    lab.kept = Kept(Handle("old", "kind", Path(), "", "u1", "1.37", 1, "e", "i"), look, served())
    lab.acquire = lambda _: pytest.fail("another cluster was asked for")
    claims(lab, source)
    assert lab.kubeproctor(script(lab)) == code
    assert ran(lab) == steps


# -- laziness ------------------------------------------------------------------------------------------


def test_no_step_runs_for_a_claim_that_is_not_reached_and_none_after_the_last_claim(lab):
    claims(
        lab,
        '''
        @graded(points=1, after="create")
        def test_created(app):
            """It is not as created."""
            script(app).has_run("nothing")

        @graded(points=1, after="scale up", needs=test_created)
        def test_scaled(app):
            """It is scaled."""
            script(app).has_run("create", "scale")
        ''',
    )
    run = lab.graded(submission=script(lab, {**STEPS, "expose": "exit 3"}))
    assert verdicts(run) == {"test_created": "failed", "test_scaled": "not_reached"}
    assert ran(lab) == ["create"]


def test_the_time_of_all_steps_is_told(lab):
    run = lab.graded(submission=script(lab, {**STEPS, "create": "sleep 0.2", "expose": "sleep 0.2"}))
    assert run.timings["apply"] >= 0.4
    assert "before the first object" in run.timings


# -- steps that fail -----------------------------------------------------------------------------------


def test_a_step_that_fails_leaves_the_verdicts_before_it_and_fails_the_next_claim(lab):
    folder = lab.pytester.path / "allure"
    submission = script(lab, {**STEPS, "scale up": "echo why; false | cat; echo never"})
    run = lab.graded("--alluredir", folder, submission=submission)
    assert verdicts(run) == {
        "test_created": "passed",
        "test_scaled": "failed",
        "test_scaled_and_more": "not_reached",
        "test_end": "not_reached",
    }
    assert cause(run, "test_scaled") == [
        ("expected", "step 'scale up' ends with exit code 0"),
        ("found", "exit code 1"),
        ("because", "it said:\nwhy"),
        ("look at", "line 5 of steps.sh"),
    ]
    assert {claim.blocked_by for claim in run.claims[2:]} == {"test_scaled"}
    assert (run.exit_code, run.earned, run.ungraded) == (1, 4, 0)
    assert ran(lab) == ["create", "scale"]
    assert {name: each["status"] for name, each in lab.allure(folder).items()} == {
        "test_created": "passed",
        "test_scaled": "failed",
        "test_scaled_and_more": "skipped",
        "test_end": "skipped",
    }


def test_a_step_that_cannot_be_run_costs_nobody_a_point(lab):
    run = lab.graded(submission=script(lab, {**STEPS, "scale up": CUT}))
    assert list(verdicts(run).values()) == ["passed", "grader_error", "not_reached", "not_reached"]
    assert (run.exit_code, run.earned, run.ungraded) == (3, 4, 11)


@pytest.fixture
def interruptible(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Ctrl-C as in a terminal, whoever has started the tests."""
    monkeypatch.setenv("GRADER", str(os.getpid()))
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, former)
    gc.collect()  # now, while that warning is expected


# subprocess.run kills what it ran and does not wait for it to be gone, of which its Popen warns
@pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning")
@pytest.mark.parametrize("way", ["pytest", "kubeproctor"])
def test_an_interrupt_ends_a_step_and_leaves_what_was_judged_so_far(lab, interruptible, monkeypatch, way):
    deleted: list[str] = []
    monkeypatch.setattr(StandIn, "delete", lambda _, kind, name: deleted.append(kind))
    waits = 'mkfifo wait; exec 3<>wait; kill -INT "$GRADER"; read -t 60 <&3; echo ended >> ran'
    submission = script(lab, {**STEPS, "scale up": waits})
    if way == "pytest":
        code, _ = lab.pytest(submission=submission)
        assert code == 130
        result = lab.result
    else:
        with pytest.raises(KeyboardInterrupt):
            lab.kubeproctor(submission)
        result = lab.pytester.path / "results" / "alice" / "result.json"
    assert ran(lab) == ["create", "scale"], "it was waited for"
    (lab.pytester.path / "wait").write_text("go\n")  # what of the step is left in no pod
    run = result_json.read(result)
    assert (verdicts(run), run.finished) == ({"test_created": "passed"}, None)
    assert deleted == ["Namespace", "Namespace"]


# -- steps that are not there --------------------------------------------------------------------------


def test_a_step_that_is_missing_costs_the_claims_that_ask_for_it_and_no_other(lab):
    run = lab.graded(submission=script(lab, {"create": "", "scale": "", "expose": ""}))
    assert verdicts(run) == {
        "test_scaled": "failed",
        "test_scaled_and_more": "not_reached",
        "test_created": "passed",
        "test_end": "passed",
    }
    assert cause(run, "test_scaled") == [
        ("expected", "steps.sh has a step named `scale up`"),
        ("found", "its steps are: `create`, `scale`, `expose`"),
        ("look at", "grep '# step:' steps.sh"),
    ]
    assert run.claim("test_scaled").after is None
    assert run.claim("test_scaled_and_more").blocked_by == "test_scaled"
    assert run.exit_code == 1


def test_a_claim_whose_step_is_missing_says_so_before_what_it_needs_is_judged(lab):
    claims(
        lab,
        '''
        @graded(points=1, after="create")
        def test_created(app):
            """It is created."""
            script(app).has_run("create")

        @graded(points=1, after=("scale up", "scale it up"), needs=test_created, hints=("Name your steps.",))
        def test_scaled(app):
            """It is scaled."""
            script(app).has_run("create", "scale")

        @graded(points=1, after="expose", needs=(test_created, test_scaled))
        def test_exposed(app):
            """It is exposed."""
            script(app).has_run("create", "expose")
        ''',
    )
    run = lab.graded(submission=script(lab, {"create": "", "expose": "", "more": ""}))
    assert verdicts(run) == {
        "test_scaled": "failed",
        "test_created": "passed",
        "test_exposed": "not_reached",
    }
    assert cause(run, "test_scaled") == [
        ("expected", "steps.sh has a step named `scale up` or `scale it up`"),
        ("found", "its steps are: `create`, `expose`, `more`"),
        ("look at", "grep '# step:' steps.sh"),
        ("hint", "Name your steps."),
    ]
    assert run.claim("test_exposed").blocked_by == "test_scaled"


def test_manifests_fail_the_claims_that_name_a_step_and_no_other(lab):
    claims(
        lab,
        '''
        @graded(points=1, after="create")
        def test_created(app):
            """It is created."""
            script(app).has_run("create")

        @graded(points=1)
        def test_first(app):
            """The first answer is yes."""
            answer(app).says("first")
        ''',
    )
    run = lab.graded(submission=lab.submits(first="yes"))
    assert verdicts(run) == {"test_created": "failed", "test_first": "passed"}
    assert cause(run, "test_created") == [
        ("expected", "commands in steps (steps.sh), with a step named `create`"),
        ("found", "manifests"),
    ]


# -- claims that need each other -----------------------------------------------------------------------

ACROSS = '''
@graded(points=1, after="create")
def test_created(app):
    """It is created."""
    script(app).has_run("create")
    app.remember(pod=answer(app), word="kept")

@graded(points=1, after="scale up", needs=test_created)
def test_scaled(app):
    """It is scaled."""
    assert isinstance(app.recall("pod", Answer), Answer)
    script(app).has_run("create", "scale", app.recall("word"))
'''


def test_a_claim_recalls_what_the_claim_that_it_needs_remembers(lab):
    claims(lab, ACROSS)
    run = lab.graded(submission=script(lab, {**STEPS, "scale up": "echo kept >> ran"}))
    assert verdicts(run) == {"test_created": "passed", "test_scaled": "passed"}


def test_what_nobody_remembered_is_a_mistake_of_the_assignment(lab):
    claims(lab, ACROSS.replace('app.recall("word")', 'app.recall("world")'))
    run = lab.graded(submission=script(lab))
    assert verdicts(run) == {"test_created": "passed", "test_scaled": "grader_error"}
    assert "recall('world'): kept so far: pod, word" in run.claim("test_scaled").cause.found


def test_a_claim_that_needs_one_of_the_end_is_a_mistake_of_the_assignment(lab):
    claims(lab, ACROSS.replace(', after="create"', ""))
    run = lab.graded(submission=script(lab))
    assert (run.exit_code, run.claims, ran(lab)) == (3, [], [])
    assert "@graded on test_scaled: it is judged after step 'scale up'" in run.problems[0]
    assert "needs test_created, judged when all steps have run" in run.problems[0]


def test_steps_in_another_order_than_the_claims_need_are_the_learners(lab):
    claims(lab, ACROSS)
    run = lab.graded(submission=script(lab, {"scale up": "", "create": ""}))
    assert verdicts(run) == {"test_scaled": "failed", "test_created": "failed"}
    assert cause(run, "test_scaled") == [
        ("expected", "in steps.sh, step `create` stands before step `scale up`"),
        ("found", "its steps are: `scale up`, `create`"),
        ("because", "this claim needs one that is judged after step `create`: It is created"),
        ("look at", "grep '# step:' steps.sh"),
    ]


def test_a_claim_that_comes_too_late_is_never_a_verdict(lab):
    """Such as by a plugin that runs failed tests first."""
    (lab.pytester.path / "backwards.py").write_text(
        "import pytest\n"
        "@pytest.hookimpl(wrapper=True)\n"
        "def pytest_collection_modifyitems(items):\n"
        "    yield\n"
        "    items.reverse()\n"
    )
    lab.pytester.syspathinsert()
    run = lab.graded("-p", "backwards", submission=script(lab))
    assert verdicts(run) == {
        "test_end": "passed",
        "test_scaled_and_more": "not_reached",
        "test_scaled": "grader_error",
        "test_created": "grader_error",
    }
    assert run.claim("test_created").cause.found == "GraderError: it is judged too late: 3 steps have run"
