"""`kubeproctor grade`: judge submissions on a real cluster and write what was found."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fixtures.submission.model import FORMS
from fixtures.submission.sources import STDIN, name_of
from kubeproctor.report import (
    RESULT,
    Asked,
    Kept,
    Report,
    export,
    keep,
    load_policy,
    policy_option,
    read,
    refuse_unknown,
)
from reports import policy
from reports.model import now

if TYPE_CHECKING:
    from fixtures.assignment import Assignment
    from fixtures.attempt import Ahead
    from fixtures.submission.model import Form, Submission


@click.command()
@click.argument("submissions", nargs=-1, required=True)
@click.option(
    "--assignment",
    "-a",
    required=True,
    metavar="NAME",
    help="The assignment to grade on: its name, or its folder.",
)
@click.option("--cluster", default="kind", show_default=True, help="kind, kind:NAME or context:NAME.")
@click.option("--form", type=click.Choice(FORMS), help="Read the files as this, whatever they look like.")
@click.option("--output", "-o", default="results", show_default=True, type=click.Path(path_type=Path),
              help="Folder for results, one folder a submission.")  # fmt: skip
@click.option(
    "--patience", default=1.0, show_default=True, help="Multiplies all patience, for slow machines."
)
@click.option(
    "--hints",
    default=1,
    show_default=True,
    type=click.IntRange(0, 3),
    help="So many hints to each claim that failed: 1 is a nudge, 3 is nearly the answer.",
)
@click.option("--report", "reports", multiple=True, type=Report(),
              help="One more report to write; `kubeproctor report --help` lists them.")  # fmt: skip
@policy_option
@click.option("--exitfirst", "-x", is_flag=True, help="Stop at the first claim that fails.")
@click.option(
    "--jobs", "-j", default=1, show_default=True, type=click.IntRange(1), help="Submissions at once."
)
@click.option("--queued", default=0.0, hidden=True)  # from the process that grades several to that of each
def grade(submissions: tuple[str, ...], jobs: int, **options: Any) -> None:  # noqa: ANN401 - see Options
    """Judge SUBMISSIONS by what they do on a real cluster.

    A submission is a folder, a file, a zip or tar archive, git+URL[@REF[:FOLDER]], or - for standard input.

    Writes result.json, junit.xml and allure-results for each. The exit code is the worst of all.
    """
    sys.exit(run(submissions, Options(**options), jobs))


@dataclass(frozen=True)
class Options:
    """How to grade, as the command line says."""

    assignment: str
    cluster: str = "kind"
    form: Form | None = None
    output: Path = Path("results")
    patience: float = 1.0
    hints: int = 1
    exitfirst: bool = False
    reports: tuple[Asked, ...] = ()
    rules: Path | None = None
    queued: float = 0.0
    """Seconds for which the submission waited for its turn among others."""

    def as_words(self) -> list[str]:
        """Return what each submission is graded with as words of a command line: reports are for all."""
        words = ["--assignment", self.assignment, "--cluster", self.cluster]
        words += ["--form", self.form] if self.form else []
        words += ["--output", str(self.output), "--patience", str(self.patience), "--hints", str(self.hints)]
        return [*words, "--exitfirst"] if self.exitfirst else words


def run(submissions: Sequence[str], options: Options, jobs: int = 1) -> int:
    """Grade submissions and write all reports; return the worst exit code."""
    rules = load_policy(options.rules)  # before an hour of grading, as is what follows
    if rules.claims:
        _refuse_unknown_claims(rules, options.assignment)
    _refuse_namesakes(submissions, options.output)
    begun = now()
    if len(submissions) == 1:
        code = _grade(submissions[0], options)
    else:
        code = _grade_several(submissions, options, jobs, begun)
    files = [options.output / name_of(each) / RESULT for each in submissions]
    kept = [each for file in files if (each := _new(file, begun))]
    if kept:  # of those that were refused there is at most the result of an earlier run
        export(kept, (Asked("junit"), Asked("allure"), *options.reports), rules)
    for each in kept:
        keep(each)  # with the time that its reports took
    return code


def _refuse_unknown_claims(rules: policy.Policy, assignment: str) -> None:
    from fixtures import assignment as assignments  # most runs have no policy
    from fixtures.proof import claims

    refuse_unknown(rules, claims.load(assignments.load(assignment)))


def _new(file: Path, since: str) -> Kept | None:
    """Return the result in a file, None if there is none, or one of an earlier run."""
    kept = read(file) if file.exists() else None
    return kept if kept and kept.run.started >= since else None


def _grade(spec: str, options: Options) -> int:
    from checks import UsageError as WrongClaim
    from checks import set_patience
    from fixtures import assignment as assignments
    from fixtures.attempt import Ahead
    from fixtures.errors import UsageError

    begun = time.monotonic()
    task = assignments.load(options.assignment)
    submission = task.accept(spec, options.form)
    intake = time.monotonic() - begun
    try:
        set_patience(options.patience)
    except WrongClaim as e:
        raise UsageError(str(e)) from e
    if task.why_own_cluster(submission):
        return _judge(task, submission, None, options, begun, intake)
    with Ahead(task, submission, options.cluster) as ahead:
        # imported at once, pytest and the Kubernetes client would only delay each other
        wait([ahead.opened])
        return _judge(task, submission, ahead, options, begun, intake)


def _judge(
    task: Assignment,
    submission: Submission,
    ahead: Ahead | None,
    options: Options,
    begun: float,
    intake: float,
) -> int:
    from fixtures import progress
    from fixtures.errors import UsageError, disk_is_full
    from fixtures.grading import Grading
    from fixtures.run_claims import run_claims
    from reports.terminal import Terminal

    folder = options.output / submission.name
    terminal = Terminal(hints=options.hints)
    grading = Grading(
        task,
        submission,
        cluster=options.cluster,
        ahead=ahead,
        begun=begun,
        timings={"queue": options.queued, "intake": intake},
        result=folder / "result.json",
        started=terminal.head,
        told=terminal.claim,
    )
    try:
        with os.fdopen(os.dup(2), "w") as stderr:  # pytest takes the other one
            progress.speak_to(stderr)
            try:
                run_claims(task.tests, grading, exitfirst=options.exitfirst)
            finally:
                progress.speak_to(None)
        if grading.stopped:
            raise grading.stopped
    except OSError as e:
        if disk_is_full(e):
            raise
        fix = "name another folder with --output"
        raise UsageError(f"results cannot be written to {folder}", where=e.strerror or str(e), fix=fix) from e
    terminal.summary(grading.run, str(folder))
    return grading.run.exit_code


def _refuse_namesakes(submissions: Sequence[str], output: Path) -> None:
    """Two of one name would write into one folder of results."""
    from fixtures.errors import UsageError

    seen: dict[str, str] = {}
    for spec in submissions:
        name = name_of(spec)
        if name in seen:
            raise UsageError(
                f"two submissions are named {name!r}",
                where=f"{seen[name]} and {spec}",
                fix=f"grade them one by one, each with a folder of its own instead of {output}: --output",
            )
        seen[name] = spec


def _grade_several(submissions: Sequence[str], options: Options, jobs: int, since: str) -> int:
    """Grade each in a process of its own; print each report whole, in the order given."""
    from fixtures import progress
    from fixtures.child import Grades
    from fixtures.clusters.provider import acquire, named

    if named(options.cluster).provider == "context":
        acquire(options.cluster)  # asks, if need be; what a child asks would be in its report
    # -P: Python files of the current folder, where submissions may lie, are nothing to import
    command = [sys.executable, "-P", "-m", "kubeproctor", "grade"]
    begun, grades = time.monotonic(), Grades()

    def one(spec: str) -> tuple[str, int]:
        with grades.begun(
            [*command, *options.as_words(), f"--queued={time.monotonic() - begun}", "--", spec],
            stdin=None if spec == STDIN else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as grading:
            said, _ = grading.communicate()
        code = grading.returncode
        # below 0 it was killed by a signal: nobody graded, and without a result nobody has either
        graded = code > 1 or _new(options.output / name_of(spec) / RESULT, since)
        return said, code if code >= 0 and graded else 3

    worst = 0
    with (
        ThreadPoolExecutor(jobs) as pool,
        progress.step(f"grade {len(submissions)} submissions", told=False) as current,
    ):
        try:
            for number, (text, code) in enumerate(pool.map(one, submissions)):
                current.update(f"{number + 1} are done")
                click.echo(text + "\n" * (number + 1 < len(submissions)), nl=False)
                worst = max(worst, code)
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            grades.end()
            raise
    return worst
