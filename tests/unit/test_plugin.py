"""Submissions graded by pytest inside pytest: real claims, a real sandbox, a stand-in for the API server."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner
from junitparser import JUnitXml

import fixtures.assignment
import fixtures.clusters.provider
import fixtures.grading
import fixtures.live
import fixtures.sandbox
import kubeproctor.grade
from checks import GraderError
from fixtures.clusters.provider import Handle, Kept
from fixtures.errors import CannotGrade, Refused, UsageError
from reports import result_json
from reports.model import ClaimResult, Run
from tests.unit.lab import PASSES, Lab, StandIn, lasting, prepared, served, verdicts

pytest_plugins = ["pytester"]


@pytest.fixture
def lab(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Lab:
    return prepared(pytester, monkeypatch)


# -- verdicts ------------------------------------------------------------------------------------------

OUTCOMES = '''
@graded(points=1)
def test_passes(app):
    """It passes."""
    answer(app).says("first")

@graded(points=2, hints=("Say yes.", "Not no."))
def test_fails(app):
    """It fails {0}."""
    answer(app).says("wrong")

@graded(points=4, needs=test_fails)
def test_below_failure(app):
    """It needs what failed."""
    answer(app).says("first")

@graded(points=8)
def test_unreadable(app):
    """It cannot be read."""
    answer(app).says("ours")

@graded(points=16, needs=test_unreadable)
def test_below_error(app):
    """It needs what could not be read."""
    answer(app).says("first")

@graded(points=32)
def test_crashes(app):
    """It has a mistake."""
    answer(app).says("first")
    {}["x"]

@graded(points=64)
def test_asserts(app):
    """It asserts by hand."""
    answer(app).says("first")
    assert answer(app).get()["data"]["first"] == "no"

@graded(points=128)
def test_gives_up(app):
    """It calls pytest.fail."""
    answer(app).says("first")
    pytest.fail("by hand")

@graded(points=256)
def test_checks_nothing(app):
    """It reads and checks nothing."""
    answer(app).get()

@graded(points=512)
def test_left_out(app):
    """It is left out."""
    pytest.skip("by policy")

@graded(points=1024, needs=(test_passes, test_left_out))
def test_below_skip(app):
    """It needs what was left out."""
    answer(app).says("first")

@graded(points=2048)
def test_leaves(app):
    """It leaves the process."""
    raise SystemExit(0)

def test_is_not_graded(app):
    assert True
'''


def test_each_outcome_is_told_apart_and_none_but_a_failure_costs_points(lab):
    lab.claims(OUTCOMES)
    run = lab.graded(
        "--alluredir", lab.pytester.path / "allure", submission=lab.submits(first="yes", ours="unreadable")
    )
    ends = {
        "test_passes": ("passed", None, "passed"),
        "test_fails": ("failed", None, "failed"),
        "test_below_failure": ("not_reached", "test_fails", "skipped"),
        "test_unreadable": ("grader_error", None, "broken"),
        "test_below_error": ("not_reached", "test_unreadable", "skipped"),
        "test_crashes": ("grader_error", None, "broken"),
        "test_asserts": ("grader_error", None, "broken"),
        "test_gives_up": ("grader_error", None, "broken"),
        "test_checks_nothing": ("grader_error", None, "broken"),
        "test_left_out": ("skipped", None, "skipped"),
        "test_below_skip": ("not_reached", "test_left_out", "skipped"),
        "test_leaves": ("grader_error", None, "broken"),
    }
    in_allure = {name: each["status"] for name, each in lab.allure(lab.pytester.path / "allure").items()}
    found = {claim.id: (claim.verdict, claim.blocked_by, in_allure[claim.id]) for claim in run.claims}
    assert found == ends
    assert run.planned == list(ends)
    assert run.claim("test_checks_nothing").cause.found == "GraderError: test_checks_nothing ran no check"
    assert run.exit_code == 3
    lost = run.possible - run.ungraded - run.earned
    assert (run.earned, lost) == (1, 2 + 4)


def test_a_verdict_keeps_its_readings_and_its_cause(lab):
    run = lab.graded(submission=lab.submits(first="yes", second="no"))
    first, second = run.claims
    assert run.exit_code == 1
    assert [(o["noun"], o["check"], o["verdict"]) for o in first.observations + second.observations] == [
        ("ConfigMap `answer`", "says", "passed"),
        ("ConfigMap `answer`", "says", "failed"),
    ]
    assert second.cause.lines() == [
        ("expected", "yes"),
        ("found", "no"),
        ("because", "no"),
        ("look at", "kubectl get configmaps"),
        ("hint", "It is yes."),
    ]
    assert second.needs == ["test_first"]


def test_allure_shows_a_learner_the_failure_and_no_traceback(lab):
    lab.claims(OUTCOMES)
    folder = lab.pytester.path / "allure"
    lab.graded("-k", "test_fails", "--alluredir", folder, submission=lab.submits(wrong="no"))
    failed = lab.allure(folder)["test_fails"]
    assert failed["name"] == "It fails {0}"
    trace = "It fails {0}\n    expected  yes\n    found     no\n    because   no\n"
    assert failed["statusDetails"]["trace"].startswith(trace)
    assert failed["statusDetails"]["trace"].endswith("hint      Say yes.")
    labels = {(label["name"], label["value"]) for label in failed["labels"]}
    assert {("feature", "Answers"), ("story", "It fails {0}"), ("severity", "critical")} < labels
    attached = {each["name"]: (folder / each["source"]).read_text() for each in failed["attachments"]}
    assert json.loads(attached.pop("observations"))[0]["check"] == "says"
    assert attached == {
        "expected": "yes",
        "found": "no",
        "because": "no",
        "look at": "kubectl get configmaps",
        "hint": "Say yes.",
    }


def test_both_ways_to_grade_give_the_same_result(lab):
    submission = lab.submits(first="yes", second="no")
    plain = lab.graded(submission=submission)
    code = lab.kubeproctor(submission)
    other = result_json.read(lab.pytester.path / "results" / "alice" / "result.json")

    assert code == 1
    assert lasting(plain) == lasting(other)


@pytest.mark.parametrize("options", ["-k first", "-x", "--co", "-p nowhere"])
def test_options_of_the_environment_are_for_other_tests(lab, monkeypatch, options):
    submission = lab.submits(first="no", second="no")
    assert lab.kubeproctor(submission) == 1
    file = lab.pytester.path / "results" / "alice" / "result.json"
    plain = result_json.read(file)
    monkeypatch.setenv("PYTEST_ADDOPTS", options)
    monkeypatch.setenv("PYTEST_PLUGINS", "nowhere")
    assert lab.kubeproctor(submission) == 1
    assert lasting(plain) == lasting(result_json.read(file))
    assert os.environ["PYTEST_ADDOPTS"] == options


# -- what the claims stand on --------------------------------------------------------------------------

REJECTED = fixtures.api.Rejected(422, "invalid", causes=[{"field": "data", "message": "must be nice"}])


@pytest.mark.parametrize(
    ("breaks", "verdict", "found", "code"),
    [
        ({"apply": REJECTED}, "failed", "data: must be nice", 1),
        ({"apply": GraderError("timed out")}, "grader_error", "GraderError: timed out", 3),
        ({"create": REJECTED}, "grader_error", "Rejected: invalid", 3),
        ({"create": RuntimeError("a mistake")}, "grader_error", "RuntimeError: a mistake", 3),
        (
            {"create": AssertionError("a mistake")},
            "grader_error",
            "GraderError: AssertionError: a mistake",
            3,
        ),
    ],
    ids=["object refused", "server gone", "namespace refused", "our mistake", "our assertion"],
)
def test_a_submission_that_the_cluster_refuses_fails_and_a_sandbox_that_cannot_be_made_does_not(
    lab, breaks, verdict, found, code
):
    StandIn.breaks = breaks
    lab.claims(PASSES.replace(", needs=test_first", ""))
    run = lab.graded("--alluredir", lab.pytester.path / "allure")
    assert verdicts(run) == {"test_first": verdict, "test_second": "not_reached"}
    assert run.claims[1].blocked_by == "test_first"
    assert run.claims[0].cause.found == found
    assert run.exit_code == code
    assert run.ungraded == (0 if code == 1 else run.possible)
    in_allure = {name: each["status"] for name, each in lab.allure(lab.pytester.path / "allure").items()}
    assert in_allure == {
        "test_first": "failed" if verdict == "failed" else "broken",
        "test_second": "skipped",
    }


def test_a_cluster_that_cannot_be_had_says_what_to_do(lab):
    def none(_: str) -> Handle:
        raise CannotGrade("no engine answers", where="docker info", fix="start Docker")

    lab.acquire = none
    run = lab.graded()
    assert run.claims[0].verdict == "grader_error"
    assert run.claims[0].cause.lines() == [
        ("found", "no engine answers"),
        ("because", "docker info"),
        ("hint", "start Docker"),
    ]


@pytest.mark.parametrize(
    ("error", "code"), [(UsageError("unknown cluster", fix="use kind"), 2), (Refused("nobody agreed"), 4)]
)
def test_a_cluster_that_may_not_be_used_is_no_verdict_on_a_submission(lab, error, code):
    def refuse(_: str) -> Handle:
        raise error

    lab.acquire = refuse
    found, said = lab.pytest()
    assert (found, str(error).splitlines()[0] in said) == (code, True)
    run = result_json.read(lab.result)
    assert (run.claims, run.finished, run.problems) == ([], None, [str(error)])
    if code == 4:
        with pytest.raises(Refused, match="nobody agreed"):
            lab.kubeproctor(lab.submits())


@pytest.mark.parametrize("breaks", [{}, {"apply": GraderError("no answer")}], ids=["", "and-does-not-answer"])
def test_a_kept_cluster_that_turns_out_unwell_is_no_verdict(lab, breaks):
    """The submission is applied while the look goes on; what it made there is deleted, and made anew."""
    look: Future[str | None] = Future()
    looks: list[str] = []

    def anew(_: str) -> Handle:
        StandIn.breaks = {}
        looks.append("anew")
        return Handle("new", "kind", Path(), "", "u2", "1.37", 1, "e", "i")

    lab.kept = Kept(Handle("old", "kind", Path(), "", "u1", "1.37", 1, "e", "i"), look, served())
    lab.acquire = anew
    StandIn.breaks = breaks
    look.set_result("cluster DNS does not answer")
    assert lab.kubeproctor(lab.submits(first="yes", second="yes")) == 0
    run = result_json.read(lab.pytester.path / "results" / "alice" / "result.json")
    assert run.environment["cluster"] == "new"
    assert looks == ["anew"]


def test_a_kept_cluster_that_is_well_is_used_and_a_mistake_on_it_is_the_learners(lab):
    look: Future[str | None] = Future()
    look.set_result(None)
    lab.kept = Kept(Handle("old", "kind", Path(), "", "u1", "1.37", 1, "e", "i"), look, served())
    lab.acquire = lambda _: pytest.fail("another cluster was asked for")
    assert lab.kubeproctor(lab.submits(first="yes", second="no")) == 1
    StandIn.breaks = {"apply": REJECTED}
    assert lab.kubeproctor(lab.submits(first="yes")) == 1


def test_a_result_says_how_long_each_phase_took(lab):
    assert lab.kubeproctor(lab.submits(first="yes", second="yes"), queued=7.5) == 0
    timings = result_json.read(lab.pytester.path / "results" / "alice" / "result.json").timings
    assert list(timings)[:2] == ["queue", "intake"]
    assert timings["queue"] == 7.5
    assert {"cluster", "sandbox", "apply", "look at the files", "export"} <= timings.keys()
    assert timings["export"] > 0


def test_what_stands_above_an_assignment_is_not_run(lab):
    (lab.pytester.path / "conftest.py").write_text("raise RuntimeError('of another project')")
    assert lab.kubeproctor(lab.submits(first="yes", second="yes")) == 0


def test_what_was_applied_ahead_is_deleted_when_no_claim_can_be_read(lab, monkeypatch):
    deleted: list[str] = []
    monkeypatch.setattr(StandIn, "delete", lambda _, kind, name: deleted.append(kind))
    look: Future[str | None] = Future()
    look.set_result(None)
    lab.kept = Kept(Handle("old", "kind", Path(), "", "u1", "1.37", 1, "e", "i"), look, served())
    lab.claims("this is no Python")
    assert lab.kubeproctor(lab.submits(first="yes")) == 3
    assert StandIn.objects["ConfigMap", "answer"], "it was never applied"
    assert deleted == ["Namespace", "Namespace"]


def test_images_that_cannot_be_served_to_a_kept_cluster_are_our_trouble(lab):
    look: Future[str | None] = Future()
    look.set_result(None)
    broken = served(CannotGrade("the registry does not answer"))
    lab.kept = Kept(Handle("old", "kind", Path(), "", "u1", "1.37", 1, "e", "i"), look, broken)
    lab.acquire = lambda _: pytest.fail("another cluster was asked for")
    assert lab.kubeproctor(lab.submits(first="yes", second="no")) == 3
    run = result_json.read(lab.pytester.path / "results" / "alice" / "result.json")
    assert "the registry does not answer" in str(run.claims[0].cause)


def test_a_clean_up_that_fails_leaves_the_verdicts_and_is_not_whole(lab):
    StandIn.breaks = {"delete": GraderError("the namespace \x1b[2Jstays")}
    run = lab.graded(submission=lab.submits(first="yes", second="yes"))
    assert verdicts(run) == {"test_first": "passed", "test_second": "passed"}
    assert run.problems == ["clean-up after test_second: the namespace ␛[2Jstays"]
    assert run.exit_code == 3


# -- the result on the way -----------------------------------------------------------------------------

WATCHES = '''
import pathlib, shutil
RESULT = pathlib.Path("result.json")

@graded(points=1)
def test_first(app):
    """The first is judged."""
    shutil.copy(RESULT, "before-first.json")
    answer(app).says("first")

@graded(points=1)
def test_second(app):
    """The second is judged."""
    shutil.copy(RESULT, "before-second.json")
    answer(app).says("first")
'''


def test_the_result_is_written_before_the_first_and_after_every_claim(lab):
    lab.claims(WATCHES)
    result_json.write(
        Run("old", "old", "old", [ClaimResult("x", "X", 1, "passed")], finished="then"), lab.result
    )
    run = lab.graded(submission=lab.submits(first="yes"))
    first, second = (
        result_json.read(lab.pytester.path / f"before-{name}.json") for name in ("first", "second")
    )
    assert (first.claims, first.finished, first.planned) == ([], None, ["test_first", "test_second"])
    assert (verdicts(second), second.finished) == ({"test_first": "passed"}, None)
    assert list(verdicts(run)) == run.planned
    assert run.finished


KILLS = '''
@pytest.fixture(scope="module")
def app():
    class Nothing:
        def get(self, *_): return {"data": {"first": "yes"}}
    return Solution(Nothing(), "k-1")

@graded(points=1)
def test_first(app):
    """The first is judged."""
    answer(app).says("first")

@graded(points=1)
def test_second(app):
    """The second kills the process."""
    os.kill(os.getpid(), signal.SIGKILL)

@graded(points=1)
def test_third(app):
    """The third is never come to."""
    answer(app).says("first")
'''


def process(lab: Lab, *arguments: str | Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", *map(str, arguments)],
        cwd=lab.pytester.path,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_process_that_is_killed_leaves_what_was_judged_so_far(lab):
    lab.claims(KILLS)
    given = ["--submission", lab.submits(), "--result", lab.result]
    done = process(lab, "-p", "fixtures.plugin", lab.folder, *given)
    assert done.returncode == -signal.SIGKILL, done.stdout + done.stderr
    run = result_json.read(lab.result)
    assert verdicts(run) == {"test_first": "passed"}
    assert run.planned == ["test_first", "test_second", "test_third"]
    assert (run.finished, run.exit_code) == (None, 3)


def test_an_interrupt_is_130_and_leaves_what_was_judged_so_far(lab):
    lab.claims(PASSES.replace('answer(app).says("second")', "raise KeyboardInterrupt"))
    submission = lab.submits(first="yes")
    code, _ = lab.pytest(submission=submission)
    run = result_json.read(lab.result)
    assert (code, verdicts(run), run.finished) == (130, {"test_first": "passed"}, None)
    with pytest.raises(KeyboardInterrupt):
        lab.kubeproctor(submission)


# -- runs without a verdict ----------------------------------------------------------------------------

LATE = '''
def later(app):
    """It stands below."""
later = graded(points=1)(later)

@graded(points=1, needs=later)
def test_first(app):
    """It needs what stands below."""

test_later = later
'''


@pytest.mark.parametrize(
    ("source", "options", "problem"),
    [
        (
            "import nothing_of_this_name",
            [],
            "cannot be read: ModuleNotFoundError: No module named 'nothing_of",
        ),
        ("@graded(points=0)\ndef test_x(app): '''X.'''", [], "points is a number above 0"),
        (LATE, [], "test_first needs later, which has to stand before it"),
        ("", [], "no claim was judged"),
        (PASSES, ["-k", "nothing"], "no claim was judged"),
    ],
    ids=["import fails", "claim written wrong", "needs a later one", "no claim", "all deselected"],
)
def test_an_assignment_without_claims_to_judge_is_not_graded(lab, source, options, problem):
    """Never an interrupt (130), never a learner's failure, and the reason is in the result."""
    lab.claims(source)
    run = lab.graded(*options)
    assert (run.exit_code, run.claims) == (3, [])
    assert any(problem in each for each in run.problems), run.problems


def test_claims_that_cannot_be_read_are_said_on_the_terminal(lab):
    """pytest itself is silent there."""
    lab.claims("import nothing_of_this_name")
    with real_stdout(said := lab.pytester.path / "stdout"):
        code = lab.kubeproctor(lab.submits())
    head, _, summary = said.read_text(encoding="utf-8").partition("\n")
    shown = " ".join(summary.split())
    assert (code, head) == (3, "Answers · alice · manifests")
    assert "test_answers.py cannot be read: ModuleNotFoundError: No module named 'nothing_of" in shown
    assert "not the submission's fault" in shown


def test_all_claims_skipped_is_not_graded(lab):
    lab.claims('@graded(points=1)\ndef test_x(app):\n    """X holds."""\n    pytest.skip("policy")')
    run = lab.graded()
    assert (verdicts(run), run.exit_code) == ({"test_x": "skipped"}, 3)


def test_a_claim_whose_need_was_deselected_is_not_reached(lab):
    run = lab.graded("-k", "second", submission=lab.submits(second="yes"))
    assert (verdicts(run), run.claims[0].blocked_by) == ({"test_second": "not_reached"}, "test_first")
    assert (run.planned, run.exit_code, run.ungraded) == (["test_second"], 3, 2)


def test_a_run_that_breaks_off_is_not_whole(lab, monkeypatch):
    """A mistake of ours after a passed claim is no pass."""
    monkeypatch.setattr("fixtures.grading._verdict", lambda _: 1 / 0)
    run = lab.graded(submission=lab.submits(first="yes", second="yes"))
    assert run.exit_code == 3
    assert "the run broke off: ZeroDivisionError: division by zero" in run.problems


def test_a_run_can_stop_at_the_first_claim_that_fails(lab):
    lab.claims(PASSES.replace(", needs=test_first", ""))
    run = lab.graded("-x", submission=lab.submits(first="no", second="yes"))
    assert (verdicts(run), run.problems) == ({"test_first": "failed"}, [])
    assert (run.exit_code, run.left) == (1, ["test_second"])


def test_who_stops_at_the_first_failure_is_told_what_was_left_out(lab):
    lab.claims(PASSES.replace(", needs=test_first", ""))
    with real_stdout(said := lab.pytester.path / "stdout"):
        code = lab.kubeproctor(lab.submits(first="no", second="yes"), exitfirst=True)
    assert code == 1
    assert "stopped   at the first claim that failed, 1 not judged" in said.read_text(encoding="utf-8")


def test_a_run_that_is_stopped_for_our_trouble_names_what_was_not_judged(lab):
    lab.claims(PASSES.replace(", needs=test_first", ""))
    run = lab.graded("-x", submission=lab.submits(first="unreadable", second="yes"))
    assert (verdicts(run), run.problems) == ({"test_first": "grader_error"}, ["not judged: test_second"])
    assert run.exit_code == 3


@pytest.mark.parametrize(
    ("options", "hand_in", "code", "said"),
    [
        (["--patience", "0"], {}, 2, "the patience factor is a finite number above 0"),
        (["other"], {}, 2, "--submission takes one assignment"),
        (["--submission", "missing"], {}, 2, "there is no missing"),
        ([], {"kind": "Secret"}, 4, "Secret `answer` asks for a kind that is not part of this task"),
        ([], {"kind": "[unfinished"}, 2, "not YAML"),
    ],
    ids=["patience", "two assignments", "no submission", "unsafe", "not YAML"],
)
def test_wrong_usage_is_2_and_an_unsafe_submission_4_before_anything_is_applied(
    lab, options, hand_in, code, said
):
    submission = lab.submits()
    if hand_in:
        text = f"apiVersion: v1\nkind: {hand_in['kind']}\nmetadata: {{name: answer}}\n"
        (submission / "answer.yaml").write_text(text)
    assert (found := lab.pytest(*options, submission=submission))[0] == code, found[1]
    assert said in found[1]
    assert StandIn.objects == {}
    assert not lab.result.exists()


def test_without_a_submission_claims_are_skipped_and_say_how(lab):
    done = lab.pytester.runpytest_inprocess("-p", "fixtures.plugin", "-rs", lab.folder)
    done.assert_outcomes(skipped=2)
    done.stdout.fnmatch_lines(["*no submission: pytest assignments/NAME --submission PATH"])


# -- what a person sees --------------------------------------------------------------------------------


@contextmanager
def real_stdout(file: Path) -> Iterator[None]:
    """Make descriptor 1 a file and sys.stdout a stream on it, as in a shell; pytest captures both here."""
    saved = os.dup(1)
    with file.open("w") as target, pytest.MonkeyPatch.context() as patch:
        os.dup2(target.fileno(), 1)
        try:
            with open(1, "w", encoding="utf-8", closefd=False) as stdout:
                patch.setattr(sys, "stdout", stdout)
                yield
        finally:
            os.dup2(saved, 1)
            os.close(saved)


def test_a_person_sees_the_whole_run_and_nothing_that_a_claim_prints(lab, monkeypatch):
    """Where a cluster is asked for, a person can also answer: the standard input is the real one."""
    noise = 'print("NOISE"); os.write(1, b"NOISE"); os.system("echo NOISE")'
    lab.claims(PASSES.replace("    answer", f"    {noise}\n    answer"))
    real = lab.acquire

    monkeypatch.setattr(sys, "stdin", terminal := object())

    def building(spec: str) -> Handle:
        assert sys.stdin is terminal
        print("building a cluster")
        return real(spec)

    lab.acquire = building
    with real_stdout(said := lab.pytester.path / "stdout"):
        code = lab.kubeproctor(lab.submits(first="yes", second="no"))
    shown = re.sub(r"k-[0-9a-f]{6}", "k-000000", said.read_text(encoding="utf-8"))
    assert code == 1
    shown = shown.replace(str(lab.pytester.path), "HERE")
    assert shown == textwrap.dedent("""\
        building a cluster
        Answers · alice · manifests · cluster c · namespace k-000000
        ✓ The first answer is yes                                                    1/1
        ✗ The second answer is yes                                                   0/2
            expected  yes
            found     no
            because   no
            look at   kubectl get configmaps
            hint      It is yes.

        Score 1/3 · 1 passed, 1 failed, 0 not reached, 0 grader error
        next      see the first ✗: The second answer is yes
        results   HERE/results/alice
        """)


def test_a_reader_that_goes_away_leaves_the_verdict_and_the_files(lab, monkeypatch):
    read, write = os.pipe()
    os.close(read)
    with open(write, "w") as gone:  # noqa: PTH123 - a descriptor
        monkeypatch.setattr(sys, "stdout", gone)
        code = lab.kubeproctor(lab.submits(first="yes", second="no"))
        monkeypatch.undo()
        os.dup2(os.open(os.devnull, os.O_WRONLY), write)
    assert code == 1
    assert (lab.pytester.path / "results" / "alice" / "junit.xml").exists()


HOSTILE = "\x1b[2J\x1b]0;x\x07</script>]]>\u202e\0\ufffe{0}\n::set-output name=points::100\n##[add-mask]x\n"


def test_a_hostile_answer_comes_to_every_report_as_text(lab):
    """One learner's text, over half a megabyte, on its way through a whole grade."""
    title = r"Hostile \x1b[2J \u202e {0} </script> title"
    lab.claims(f'''
        @graded(points=1)
        def test_fails(app):
            "{title}"
            answer(app).says("evil")

        @graded(points=1)
        def test_ours(app):
            "Ours."
            answer(app).says("fine")
            raise GraderError(answer(app).get()["data"]["evil"] + "\\udc80")
    ''')
    with real_stdout(said := lab.pytester.path / "stdout"):
        code = lab.kubeproctor(lab.submits("bob", evil=HOSTILE + "x" * 600_000, fine="yes"))
    assert code == 3
    folder = lab.pytester.path / "results" / "bob"

    run = result_json.read(folder / "result.json")
    assert verdicts(run) == {"test_fails": "failed", "test_ours": "grader_error"}
    assert run.claims[0].cause.found.startswith(HOSTILE)  # kept as it was, escaped by JSON
    assert (folder / "result.json").read_bytes().isascii()

    shown = said.read_text(encoding="utf-8")
    assert [char for char in set(shown) if not char.isprintable() and char != "\n"] == []
    assert [line for line in shown.splitlines() if line.lstrip().startswith("::")] == []
    assert "##[" not in shown
    assert len(shown) < 200_000

    [suite] = JUnitXml.fromfile(str(folder / "junit.xml"))
    assert (suite.tests, suite.failures, suite.errors) == (2, 1, 1)

    files = folder / "allure-results"
    ends = lab.allure(files)
    assert {name: each["status"] for name, each in ends.items()} == {
        "test_fails": "failed",
        "test_ours": "broken",
    }
    shown_title = "Hostile ␛[2J <U+202E> {0} </script> title"
    assert ends["test_fails"]["name"] == shown_title
    assert {"name": "story", "value": shown_title} in ends["test_fails"]["labels"]
    texts = [file.read_text(encoding="utf-8") for file in files.glob("*.txt")]
    texts += [each["statusDetails"]["message"] for each in ends.values()]
    assert len(texts) >= 7
    for text in texts:
        assert [char for char in set(text) if not char.isprintable() and char not in "\n\t"] == []
        assert len(text) < 50_000


# -- several submissions -------------------------------------------------------------------------------


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program in place of the grader of one submission, whose name is the exit code."""
    monkeypatch.chdir(tmp_path)
    judged = [ClaimResult("test_it", "It works", 1, "passed")]
    run = Run("answers", "Answers", "alice", judged, planned=["test_it"], started="2999-12-31T00:00:00.000Z")
    result_json.write(run, tmp_path / "judged.json")
    script = tmp_path / "python"
    script.write_text(
        "#!/bin/sh\nfor last; do :; done\n"
        'mkdir -p "results/$last" && cp judged.json "results/$last/result.json"\n'
        'echo "report of $last"\n[ "$last" = 9 ] && kill -9 $$\nexit "$last"\n'
    )
    script.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(script))
    return script


def test_of_several_submissions_each_is_told_how_long_it_waited(program):
    program.write_text("#!/bin/sh\necho $*; sleep .2; exit 0\n")
    done = CliRunner().invoke(kubeproctor.grade.grade, ["first", "last", "-a", "answers"])
    waited = [float(each) for each in re.findall(r"--queued=([\d.]+)", done.output)]
    assert len(waited) == 2, done.output
    assert waited[0] + 0.2 <= waited[1]


@pytest.mark.parametrize(
    ("codes", "wins"),
    [
        (["0", "00"], 0),
        (["1", "0"], 1),
        (["2", "1"], 2),
        (["1", "3", "2"], 3),
        (["3", "4", "1"], 4),
        (["130", "4"], 130),
        (["9", "1"], 3),
        (["4", "9"], 4),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) else f"{value}",
)
def test_of_several_submissions_the_highest_code_wins_and_a_killed_one_is_not_graded(program, codes, wins):
    """Each report stands whole, in the order given."""
    done = CliRunner().invoke(kubeproctor.grade.grade, [*codes, "-a", "answers", "--jobs", "3"])
    assert done.exit_code == wins
    assert [line for line in done.output.splitlines() if line] == [f"report of {code}" for code in codes]


def test_two_submissions_of_one_name_are_not_graded_into_one_folder(tmp_path):
    given = [str(tmp_path / who / "answer") for who in ("alice", "bob")]
    done = CliRunner().invoke(kubeproctor.grade.grade, [*given, "-a", "custom-load-balancing"])
    assert isinstance(done.exception, UsageError)
    assert "two submissions are named 'answer'" in str(done.exception)


# -- other people's projects ---------------------------------------------------------------------------

OURS = ("checks", "reports", "assignments", "kubeproctor", "fixtures.")
THEIRS = ("kubernetes", "yaml", "junitparser", "allure", "requests", "urllib3", "tenacity", "rich", "click")


def test_a_project_that_grades_nothing_imports_nothing_of_ours(lab):
    (lab.pytester.path / "test_theirs.py").write_text(
        "import sys\n"
        f"COSTLY = {OURS + THEIRS!r}\n"
        "def test_nothing():\n"
        "    assert 'fixtures.plugin' in sys.modules\n"
        "    found = {name for name in sys.modules if name.startswith(COSTLY)}\n"
        "    assert found == {'fixtures.plugin'}\n"
    )
    done = process(lab, "-p", "fixtures.plugin", "test_theirs.py")
    assert done.returncode == 0, done.stdout


def test_the_plugin_lives_with_all_plugins_that_come_with_it(lab, monkeypatch):
    """No two of them add one option: pytest would not even start."""
    monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    done = process(lab, "--help")
    assert done.returncode == 0, done.stderr
    for option in ("--submission=", "--cluster=", "--result=", "--cluster-name=", "--alluredir="):
        assert option in done.stdout
