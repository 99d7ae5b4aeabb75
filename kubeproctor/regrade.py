"""`kubeproctor regrade`: judge the results of a class again, without a cluster."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from fixtures import progress
from kubeproctor.replay import again, assignment_option, reports_option, verdict, write
from kubeproctor.report import Asked, found, load_policy, policy_option, read
from reports.model import Run
from reports.tables import table
from reports.text import log_lines, one_line
from reports.words import number

Counted = tuple[Run, Run]
"""A run as it was judged, and as a policy counts it."""


@click.command()
@click.argument("results", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="RUN...")
@assignment_option
@reports_option
@policy_option
@click.option(
    "--policy-then",
    "rules_then",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The policy that the grades of then were given by, if --policy is a new one.",
)
def regrade(
    results: tuple[Path, ...],
    assignment: str | None,
    asked: tuple[Asked, ...],
    rules: Path | None,
    rules_then: Path | None,
) -> None:
    """Judge the RUNs of a class again, as `replay` does, and show whose grade changes.

    The exit code is 0 when every one has a grade, 3 when one needs a cluster.
    """
    counted = load_policy(rules)
    counted_then = load_policy(rules_then) if rules_then else counted
    olds = [read(file) for file in found(results)]
    news = []
    with progress.step(f"judge {len(olds)} results again", told=False) as current:
        for old in olds:
            news.append(again(old, assignment))
            current.update(f"{len(news)} are done")
    then = [(old.run, counted_then.apply(old.run)) for old in olds]
    for line in _changes(then, [(new.run, counted.apply(new.run)) for new in news]):
        click.echo(log_lines(line))
    write(news, asked, counted)
    sys.exit(0 if all(new.run.whole for new in news) else 3)


def _changes(olds: list[Counted], news: list[Counted]) -> Iterator[str]:
    rows: list[Sequence[str]] = [("submission", "then", "now", "claims changed")]
    for (old, counted_then), (new, counted_now) in zip(olds, news, strict=True):
        changed = [claim.id for claim in new.claims if verdict(claim) != verdict(old.claim(claim.id))]
        scores = [_score(counted_then), _score(counted_now)]
        if scores[0] != scores[1] or changed:
            rows.append((one_line(new.submission), *scores, str(len(changed))))
    if len(rows) > 1:
        yield table(rows)
    yield f"{len(rows) - 1} of {len(news)} grades change"
    open_ones = [one_line(new.submission) for new, _ in news if not new.whole]
    if open_ones:
        yield f"need a cluster: {', '.join(open_ones)}"


def _score(run: Run) -> str:
    return f"{number(run.score)}/{number(run.possible)}" if run.whole else "open"
