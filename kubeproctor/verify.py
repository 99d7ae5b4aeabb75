"""`kubeproctor verify`: grade the graders, and say what their verdicts are worth."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

if TYPE_CHECKING:
    from fixtures.assignment import Assignment
    from fixtures.proof.cases import Case, Sort
    from fixtures.proof.outcomes import Outcome, Record
    from reports.proof import Proof

WHOLE, CLAIM = 0.95, 0.80
"""Shares of mutants that must be killed: of all, and of those of each claim."""


@click.command()
@click.argument("assignments", nargs=-1)
@click.option(
    "--tier",
    type=click.Choice(["fake", "cluster"]),
    default="cluster",
    show_default=True,
    help="fake: what can be proved in seconds, without a cluster.",
)
@click.option("--changed", is_flag=True,
              help="Leave out what was proved before and has not changed since; where only claims have, "
              "let them judge what was seen then.")  # fmt: skip
@click.option("--cluster", default="kind", show_default=True, help="kind, kind:NAME or context:NAME.")
@click.option(
    "--jobs", "-j", default=4, show_default=True, type=click.IntRange(1), help="Submissions at once."
)
@click.option("--only", multiple=True, metavar="SORT",
              type=click.Choice(["empty", "starter", "phantom", "right", "wrong", "mutant"]),
              help="Grade one sort only: empty, starter, phantom, right, wrong or mutant.")  # fmt: skip
@click.option("--each", metavar="N", type=click.IntRange(1),
              help="Grade at most N mutants of one operator, as different as can be.")  # fmt: skip
@click.option("--again", default=0, metavar="TIMES", type=click.IntRange(0),
              help="Only grade each right solution again, so many times.")  # fmt: skip
@click.option("--report", metavar="FOLDER", type=click.Path(path_type=Path, file_okay=False),
              help="Write proof.md, proof.json and proof/NAME.md there.")  # fmt: skip
def verify(
    assignments: tuple[str, ...],
    tier: Literal["fake", "cluster"],
    changed: bool,
    cluster: str,
    jobs: int,
    only: tuple[Sort, ...],
    each: int | None,
    again: int,
    report: Path | None,
) -> None:
    """Prove that the claims of ASSIGNMENTS (all of them, if none is named) can fail, and fail rightly.

    What does nothing gets no point, each solution all, each wrong submission fails the claims that its
    verdict.toml names, and solutions with one change each (mutants) fail some claim. A run that was
    interrupted goes on where it stopped.

    With --again, nothing but right solutions is graded, with more --jobs than the machine has cores: whatever
    changes a verdict then is a flake.

    Exit codes: 0 proved, 1 not proved, 2 wrong usage, 3 something could not be graded.
    """
    from fixtures import assignment as tasks
    from fixtures.proof import claims
    from fixtures.proof.cases import cases, sample
    from fixtures.proof.outcomes import Record, alone
    from reports.text import log_lines, plain

    chosen = [tasks.load(name) for name in assignments or tasks.names()]
    if again:
        only = ("right",)
    whole = tier == "cluster" and (not only or "mutant" in only)
    found = {task.name: cases(task, claims.load(task), mutants=whole) for task in chosen}
    wrong = [line for task in chosen for line in _without_cluster(task, found[task.name])]
    for line in wrong:
        click.echo(log_lines(plain(line)))
    number = sum(map(len, found.values()))
    click.echo(f"without a cluster: {number} cases of {len(chosen)} assignments, {len(wrong)} complaints")
    code = 1 if wrong else 0
    if tier == "cluster":
        taken = {name: sample(cases, each) if each else cases for name, cases in found.items()}
        left_out = {name: len(found[name]) - len(cases) for name, cases in taken.items()}
        every = [case for cases in taken.values() for case in cases if not only or case.sort in only]
        if again:
            every = [replace(case, turn=turn + 1) for turn in range(again) for case in every]
        with alone():
            code = max(code, _prove(chosen, every, left_out, Record(reuse=changed), cluster, jobs, report))
    sys.exit(code)


def _without_cluster(task: Assignment, found: Sequence[Case]) -> list[str]:
    """Return what is wrong with an assignment, as far as that is seen without a cluster."""
    from fixtures.proof import claims, coverage, lints, unmade
    from fixtures.proof.cases import POINTLESS

    wrong = [str(each) for each in lints.findings(task.folder)]
    wrong += coverage.complaints(task)
    tests = claims.tests(task)
    for case in found:
        if case.sort in POINTLESS:
            wrong += [f"{case}: {claim} passes" for claim in unmade.passes(case, tests)]
    return wrong


def _prove(
    tasks: Sequence[Assignment],
    cases: Sequence[Case],
    left_out: Mapping[str, int],
    record: Record,
    cluster: str,
    jobs: int,
    report: Path | None,
) -> int:
    """Grade all cases, say what they prove, and return the exit code."""
    from fixtures import progress
    from fixtures.clusters.provider import acquire
    from fixtures.proof import claims, score
    from fixtures.proof.mutants import equivalents
    from fixtures.proof.proving import prove

    handle = acquire(cluster)
    where = f"Kubernetes {handle.kubernetes}, {handle.engine}"
    proofs = {task.name: score.begin(task, claims.load(task), where) for task in tasks}
    for name, proof in proofs.items():
        proof.left_out = left_out[name]
    marked = {task.name: equivalents(task.folder) for task in tasks}

    def told(case: Case, outcome: Outcome) -> None:
        name = case.assignment.name
        for line in score.add(proofs[name], case, outcome, marked[name]):
            progress.note(line)

    prove(cases, record, cluster=cluster, jobs=jobs, told=told)
    record.end()
    found = list(proofs.values())
    low = score.below(found, whole=WHOLE, claim=CLAIM)
    _say(found, low)
    if report:
        _write(found, report)
    if any(proof.ungraded for proof in found):
        return 3
    return 1 if low or any(proof.complaints or proof.others for proof in found) else 0


def _say(proofs: Sequence[Proof], low: Sequence[str]) -> None:
    from reports import proof as report
    from reports.text import log_lines, plain

    for proof in proofs:
        for found in proof.survivors:
            click.echo(log_lines(report.survivor(found)))
    told = [line for proof in proofs for line in (*proof.complaints, *proof.ungraded, *proof.others)]
    for line in [*told, *low]:
        click.echo(log_lines(plain(line)))
    click.echo(report.summary(proofs))


def _write(proofs: Sequence[Proof], folder: Path) -> None:
    """Write the report: a page of all, and one for each of `proofs`.

    What it says of others stays, and what it says of sorts of submissions that were not graded now.
    """
    from fixtures import assignment
    from fixtures.errors import UsageError
    from reports import proof as report

    file, proved = folder / "proof.json", {each.name for each in proofs}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        before = report.from_data(json.loads(file.read_text())) if file.exists() else []
        others = [each for each in before if each.name in {*assignment.names()} - proved]
        olds = {each.name: each for each in before}
        proofs = [each.with_rest_of(olds[each.name]) if each.name in olds else each for each in proofs]
        every = sorted([*others, *proofs], key=lambda each: each.name)
        (folder / "proof.md").write_text(report.markdown(every))
        (folder / "proof").mkdir(exist_ok=True)
        for each in proofs:
            (folder / "proof" / f"{each.name}.md").write_text(report.messages(each))
        file.write_text(json.dumps(report.as_data(every), indent=1) + "\n")
    except (OSError, ValueError) as e:
        where = e.strerror or str(e) if isinstance(e, OSError) else f"{file}: {e}"
        fix = "name another folder with --report"
        raise UsageError(f"the proof cannot be written to {folder}", where=where, fix=fix) from e
