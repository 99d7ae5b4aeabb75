"""`kubeproctor lint`: say what is wrong with submissions before a cluster has seen them."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fixtures.clusters.provider import DEFAULT_KUBERNETES
from fixtures.submission.model import FORMS

if TYPE_CHECKING:
    from fixtures.assignment import Assignment
    from fixtures.submission.model import Form
    from reports.lint import Looked


@click.command()
@click.argument("submissions", nargs=-1, required=True)
@click.option("--assignment", "-a", metavar="NAME",
              help="The assignment that they answer: its name, or its folder.")  # fmt: skip
@click.option("--kubernetes", default=DEFAULT_KUBERNETES, show_default=True, metavar="MINOR",
              help="The release that they are for.")  # fmt: skip
@click.option("--format", "shape", type=click.Choice(["text", "json", "sarif"]), default="text",
              show_default=True, help="Text for people, JSON or SARIF for programs.")  # fmt: skip
@click.option("--form", type=click.Choice(FORMS), help="Read the files as this, whatever they look like.")
@click.option("--cluster", metavar="CLUSTER",
              help="Ask the API server of kind (brought up if need be), kind:NAME or context:NAME too; no "
              "object is made.")  # fmt: skip
def lint(
    submissions: tuple[str, ...],
    assignment: str | None,
    kubernetes: str,
    shape: str,
    form: Form | None,
    cluster: str | None,
) -> None:
    """Check SUBMISSIONS without a cluster, in less than a second once kubectl and helm are there.

    A submission is a folder, a file, a zip or tar archive, git+URL[@REF[:FOLDER]], or - for standard input.

    Exit codes: 0 no error, there may be warnings, 1 errors, 2 cannot be read, 3 could not look, 4 refused.
    """
    task = None
    if assignment:
        from fixtures import assignment as assignments

        task = assignments.load(assignment)
    looked = []
    for spec in submissions:
        each = _look(spec, task, kubernetes, form, cluster)
        looked.append(each)
        if shape == "text":
            _tell(each, first=len(looked) == 1)
    if shape == "json":
        from reports.lint import as_json

        click.echo(as_json(looked, kubernetes))
    elif shape == "sarif":
        from importlib.metadata import version

        from fixtures.submission.lint.catalogue import rules
        from reports.sarif import as_sarif

        click.echo(as_sarif(looked, rules(), version("kubeproctor")))
    sys.exit(max(_code(each) for each in looked))


def _look(
    spec: str, task: Assignment | None, kubernetes: str, form: Form | None, cluster: str | None
) -> Looked:
    from fixtures.errors import Refused, UsageError
    from fixtures.submission import intake
    from fixtures.submission.lint import run
    from fixtures.submission.sources import name_of
    from reports.lint import Looked, Problem

    try:
        # what an assignment does not take, and what is not safe to apply, is refused there
        submission = task.accept(spec, form) if task else intake.read(spec, form=form)
    except (Refused, UsageError) as e:
        return Looked(name_of(spec), problem=Problem(e.what, str(e.where), e.fix, e.exit_code))
    found = run.findings(submission, minor=kubernetes, images=task.images if task else None)
    if cluster:
        from fixtures import dry_run

        found += dry_run.findings(submission, cluster)
    return Looked(submission.name, found, prefix=_prefix(spec))


def _prefix(spec: str) -> str:
    """Return how the files of a submission are reached from here, "" where they are in no folder."""
    path = Path(spec)
    folder = (
        path if path.is_dir() else path.parent if path.suffix.lower() in (".yaml", ".yml", ".json") else None
    )
    if folder is None or not path.exists():
        return ""
    found = os.path.relpath(folder)
    return "" if found == "." else f"{Path(found).as_posix()}/"


def _code(looked: Looked) -> int:
    if looked.problem:
        return looked.problem.exit_code
    return 1 if looked.count("error") else 0


def _tell(looked: Looked, *, first: bool) -> None:
    from reports.lint import text
    from reports.text import log_lines, plain

    if problem := looked.problem:
        more = {"where": problem.where, "fix": problem.fix}
        lines = [problem.what, *(f"  {label}: {said}" for label, said in more.items() if said)]
        safe = log_lines(plain("\n".join(lines)))
        click.echo(f"kubeproctor: {safe}", err=True)
        return
    colour = not os.environ.get("NO_COLOR")  # where there is no terminal, click takes it out
    click.echo(("" if first else "\n") + text(looked, colour=colour))
