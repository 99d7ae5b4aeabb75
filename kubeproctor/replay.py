"""`kubeproctor replay`: judge a result again by the claims of today, without a cluster."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import click

from fixtures.errors import UsageError
from kubeproctor.report import (
    Asked,
    Kept,
    Report,
    export,
    found,
    keep,
    load_policy,
    policy_option,
    read,
    why,
)
from reports import policy
from reports.model import ClaimResult, Run
from reports.tables import table
from reports.text import log_lines, one_line
from reports.words import MARKS, WORDS, number

FOLDER = "replayed"
"""Below a result's folder: what was judged first stays as it is."""

assignment_option = click.option(
    "--assignment",
    "-a",
    metavar="NAME",
    help="Judge by this assignment, a name or a folder; else by its own.",
)
reports_option = click.option(
    "--to", "asked", multiple=True, type=Report(), help="A report to write of what came out; see `report`."
)


@click.command()
@click.argument("result", type=click.Path(path_type=Path), metavar="RUN")
@assignment_option
@reports_option
@policy_option
def replay(result: Path, assignment: str | None, asked: tuple[Asked, ...], rules: Path | None) -> None:
    """Judge RUN again, by the claims of today, on what the cluster said then.

    RUN is a result.json or its folder. Old and new verdicts are printed side by side; the new result goes
    into the folder `replayed` below the old one. A claim that asks what was not asked then needs a cluster:
    nobody guesses. The exit code is that of the new result.
    """
    [old, *more] = [read(file) for file in found([result])]
    if more:
        raise UsageError(f"{result} holds several results", fix="kubeproctor regrade takes them all")
    counted = load_policy(rules)
    new = again(old, assignment)
    for line in _side_by_side(old.run, new.run, counted):
        click.echo(log_lines(line))
    write([new], asked, counted)
    sys.exit(new.run.exit_code)


def again(old: Kept, assignment: str | None) -> Kept:
    """Judge one result again. Raises UsageError when what was recorded, or the assignment, cannot be read."""
    from fixtures import assignment as assignments
    from fixtures.replay import replaying
    from fixtures.replay.tape import FILE

    task = assignments.load(assignment or old.run.assignment)
    try:
        recorded = replaying.tape_of(old.run, old.folder)
    except (OSError, ValueError) as e:
        raise UsageError(
            "what the cluster said then cannot be read",
            where=f"{old.folder / FILE}: {why(e)}",
            fix="grade the submission again",
        ) from e
    return Kept(replaying.replay(old.run, recorded, task), old.folder / FOLDER)


def write(news: list[Kept], asked: Iterable[Asked], rules: policy.Policy) -> None:
    """Write new results and the reports that were asked for. Raises UsageError when one cannot be written."""
    for new in news:
        keep(new)
    export(news, asked, rules)


def _side_by_side(old: Run, new: Run, rules: policy.Policy) -> Iterator[str]:
    rows: list[Sequence[str]] = [("claim", "then", "now")]
    for claim in new.claims:
        before = old.claim(claim.id)
        rows.append((one_line(claim.title), verdict(before), verdict(claim)))
    counted = rules.apply(old), rules.apply(new)
    rows.append(("score", *(f"{number(run.score)}/{number(run.possible)}" for run in counted)))
    yield table(rows)
    for claim in new.claims:
        if claim.verdict == "grader_error" and claim.cause:
            yield f"{one_line(claim.title)}: {one_line(claim.cause.found)}"


def verdict(claim: ClaimResult | None) -> str:
    """Return a verdict as sign and word."""
    if claim is None:
        return "not there"
    return f"{MARKS[claim.verdict]} {WORDS[claim.verdict]}"
