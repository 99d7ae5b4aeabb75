"""`kubeproctor report`: write results again, in the format of whoever reads them."""

from __future__ import annotations

import difflib
import os
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from fixtures.errors import CannotGrade, UsageError, disk_is_full
from reports import files, policy, result_json
from reports.exporters import EXPORTERS, render
from reports.model import Run

RESULT = "result.json"
STDOUT = "-"


@dataclass(frozen=True)
class Asked:
    """One report that was asked for."""

    name: str
    path: str = ""
    """A file or folder, `-` for standard output; empty: where this report usually goes."""


class Report(click.ParamType[Asked]):
    """NAME or NAME=PATH."""

    name = "NAME[=PATH]"

    def convert(self, value: str | Asked, param: click.Parameter | None, ctx: click.Context | None) -> Asked:
        """Read what was asked for."""
        if isinstance(value, Asked):
            return value
        name, _, path = value.partition("=")
        if name not in EXPORTERS:
            self.fail(f"no report is named {name!r}; there are {', '.join(EXPORTERS)}", param, ctx)
        return Asked(name, path)


def policy_option(command: click.decorators.FC) -> click.decorators.FC:
    """Add --policy to a command."""
    return click.option(
        "--policy",
        "rules",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Late days, attempts, rounding, weights and what is hidden: a TOML file.",
    )(command)


@click.command()
@click.argument("results", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="RUN...")
@click.option("--to", "asked", multiple=True, required=True, type=Report(), help="The report to write.")
@policy_option
def report(results: tuple[Path, ...], asked: tuple[Asked, ...], rules: Path | None) -> None:
    """Write the results of RUNs as other reports.

    A RUN is a result.json, its folder, or a folder of such folders. NAME is one of the list below; without
    PATH a report goes beside the result that it is made of, or above all of them if it is about a class.
    """
    export([read(file) for file in found(results)], asked, load_policy(rules))


_WIDEST = max(map(len, EXPORTERS))
report.epilog = "\b\nReports:\n" + "\n".join(
    f"  {name:<{_WIDEST}}  {each.about}" for name, each in EXPORTERS.items()
)


@dataclass(frozen=True)
class Kept:
    """A run and the folder that its result is in."""

    run: Run
    folder: Path


def read(file: Path) -> Kept:
    """Read one result. Raises UsageError when it is none."""
    try:
        return Kept(result_json.read(file), file.parent)
    except (OSError, ValueError) as e:
        raise UsageError("this is no result that can be read", where=f"{file}: {why(e)}",
                         fix="name a result.json that `kubeproctor grade` wrote") from e  # fmt: skip


def keep(kept: Kept) -> None:
    """Write a result to its folder. Raises UsageError or CannotGrade when that cannot be."""
    with _writing("result", kept.folder / RESULT, "make the folder writable"):
        result_json.write(kept.run, kept.folder / RESULT)


def load_policy(rules: Path | None) -> policy.Policy:
    """Read a policy, None for one that changes nothing. Raises UsageError when it is not right."""
    try:
        return policy.load(rules) if rules else policy.Policy()
    except OSError as e:
        raise UsageError("the policy cannot be read", where=f"{rules}: {why(e)}",
                         fix="name a file that can be read") from e  # fmt: skip
    except ValueError as e:
        raise UsageError("the policy cannot be read", where=f"{rules}: {why(e)}",
                         fix="compare it with docs/reports.md") from e  # fmt: skip


def export(kept: Sequence[Kept], asked: Iterable[Asked], rules: policy.Policy) -> None:
    """Write the reports that were asked for, and note in each run how long those of its own took.

    Raises UsageError or CannotGrade when one cannot be written, UsageError for a policy of other claims.
    """
    known = {id for each in kept for id in (*each.run.planned, *(claim.id for claim in each.run.claims))}
    refuse_unknown(rules, known)
    settled = [Kept(rules.apply(each.run), each.folder) for each in kept]
    shown = [Kept(rules.seen_by_learners(each.run), each.folder) for each in settled]
    for each in asked:
        exporter = EXPORTERS[each.name]
        source = settled if exporter.knows_visibility else shown
        if exporter.several:
            above = Path(os.path.commonpath([one.folder.resolve() for one in source]))
            _write(each, [one.run for one in source], above)
            continue
        if each.path and each.path != STDOUT and len(source) > 1:
            raise UsageError(
                f"{each.path} cannot hold the reports of {len(source)} results",
                fix=f"leave the path out: each goes beside its result as {exporter.file}",
            )
        for one, of in zip(source, kept, strict=True):
            begun = time.monotonic()
            _write(each, [one.run], one.folder)
            of.run.timings["export"] = of.run.timings.get("export", 0.0) + time.monotonic() - begun


def refuse_unknown(rules: policy.Policy, known: Collection[str]) -> None:
    """Refuse a policy with a claim that there is not: one that is to be hidden would be shown."""
    for id in rules.claims:
        if known and id not in known:
            close = difflib.get_close_matches(id, known, n=1)
            raise UsageError(
                f"the policy has claim {id!r}, which there is not",
                where=str(rules.file or ""),
                fix=f"write {close[0]!r}" if close else f"take one of: {', '.join(sorted(known))}",
            )


def _write(asked: Asked, runs: Sequence[Run], folder: Path) -> None:
    exporter = EXPORTERS[asked.name]
    rendered = render(asked.name, runs)
    if asked.path == STDOUT or not (asked.path or exporter.file):
        if not isinstance(rendered, str):
            raise UsageError(f"the report {asked.name} is a folder: it cannot go to standard output")
        click.echo(rendered, nl=not rendered.endswith("\n"))
        return
    if isinstance(rendered, str):
        rendered = click.unstyle(rendered)  # a file is no terminal, whatever standard output is
    target = Path(asked.path) if asked.path else folder / exporter.file
    with _writing(f"report {asked.name}", target, "name another place: NAME=PATH"):
        (files.write_to if asked.path else files.write)(rendered, target)


@contextmanager
def _writing(what: str, target: Path, fix: str) -> Iterator[None]:
    try:
        yield
    except OSError as e:
        kind = CannotGrade if disk_is_full(e) else UsageError
        raise kind(f"the {what} cannot be written; earlier results are intact",
                   where=f"{target}: {why(e)}", fix=fix) from e  # fmt: skip


def found(results: Iterable[Path]) -> list[Path]:
    """Return the files of results. Raises UsageError for a folder without any."""
    files: list[Path] = []
    for each in results:
        if not each.is_dir():
            files.append(each)
        elif (file := each / RESULT).exists():
            files.append(file)
        elif several := sorted(each.glob(f"*/{RESULT}")):
            files += several
        else:
            raise UsageError(
                "there is no result in this folder",
                where=str(each),
                fix=f"name a folder with a {RESULT}, or one above such folders",
            )
    return files


def why(error: Exception) -> str:
    """Return what an error says, without its number and path."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
