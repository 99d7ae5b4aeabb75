"""The results as commands to the runner of GitHub Actions: annotations, and the reasons in the log.

Print it in a step, and append the report `markdown` to $GITHUB_STEP_SUMMARY. Commands and their escapes:
https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands,
https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts. Of each kind a step may make ten
annotations, and what is more is dropped without a word, so one text is about all results:
https://github.com/actions/toolkit/blob/main/docs/problem-matchers.md#limitations.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from reports.model import ClaimResult, Noticed, Run
from reports.text import clip, log_line, one_line, plain
from reports.words import MARKS, WORDS, explain, next_step, number

Kind = Literal["error", "warning", "notice"]
MOST = 10
"""Annotations of one kind that a step may make."""
TITLE = 200
MESSAGE = 4000
LOG = 20_000
"""Characters of one claim in the log."""
PLACE = re.compile(r"(?P<file>.+?)(?:(?:, line |:)(?P<line>\d+)(?:(?:, column |:)(?P<col>\d+))?)?")


@dataclass(frozen=True)
class Annotation:
    """One mark, on a line of a file where there is one."""

    kind: Kind
    title: str
    message: str
    place: dict[str, str] = field(default_factory=dict)
    """`file`, `line` and `col`, as far as they are known."""

    def __str__(self) -> str:
        properties = {**self.place, "title": self.title}
        written = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
        return f"::{self.kind} {written}::{_data(self.message)}"


def render(runs: Sequence[Run], token: str | None = None) -> str:
    """Return what a step has to print; the `token` ends the part in which no command is obeyed."""
    token = token or secrets.token_hex(32)  # a learner who knew it could end that part
    annotations = [each for run in runs for each in _annotations(run, _whose(run, runs))]
    lines = [str(each) for kind in get_args(Kind) for each in _at_most(MOST, kind, annotations)]
    for run in runs:
        lines += [
            f"::group::{_data(one_line(_whose(run, runs) + _score(run)))}",
            f"::stop-commands::{token}",
            *(log_line(line) for line in _log(run)),
            f"::{token}::",
            "::endgroup::",
        ]
    return "\n".join(lines) + "\n"


def _whose(run: Run, runs: Sequence[Run]) -> str:
    return f"{clip(run.submission, TITLE // 4)}: " if len(runs) > 1 else ""


def _annotations(run: Run, whose: str) -> Iterator[Annotation]:
    """Return the most important first, of each kind."""
    yield Annotation("notice", f"{whose}{_score(run)}", f"next: {next_step(run)}")
    for problem in run.problems:
        yield Annotation("warning", f"{whose}could not be graded as it should", problem)
    kinds: dict[str, Kind] = {"failed": "error", "grader_error": "warning"}
    for verdict in ("failed", "grader_error", "not_reached", "skipped"):
        for claim in run.claims:
            if claim.verdict == verdict:
                title = f"{whose}{WORDS[claim.verdict]}: {clip(claim.title, TITLE)}"
                yield Annotation(kinds.get(verdict, "notice"), title, explain(claim, run))
    for found in run.findings if run.exit_code else ():  # they explain what failed
        message = "\n".join(part for part in (found.what, found.because, found.fix) if part)
        yield Annotation("error" if found.severity == "error" else "warning", f"{whose}{found.id}", message,
                         _place(found))  # fmt: skip


def _at_most(most: int, kind: Kind, annotations: Sequence[Annotation]) -> list[Annotation]:
    wanted = [each for each in annotations if each.kind == kind]
    if len(wanted) <= most:
        return wanted
    left = len(wanted) - most + 1
    return [*wanted[: most - 1], Annotation(kind, f"and {left} more", "the log of this step has all of them")]


def _place(found: Noticed) -> dict[str, str]:
    place = PLACE.fullmatch(one_line(found.where))
    return {key: value for key, value in place.groupdict().items() if value} if place else {}


def _score(run: Run) -> str:
    score = f"score {number(run.score)}/{number(run.possible)}"
    return score if run.whole else f"{score} so far, not final"


def _log(run: Run) -> Iterator[str]:
    yield one_line(f"{clip(run.title, TITLE)} · {clip(run.submission, TITLE)}")
    for claim in run.claims:
        yield _title(claim)
        if claim.verdict != "passed":
            yield from (f"    {line}" for line in plain(clip(explain(claim, run), LOG)).split("\n"))
    yield from (one_line(f"problem: {clip(each, MESSAGE)}") for each in run.problems)
    for each in run.findings:
        yield one_line(f"noticed: {clip(each.where, TITLE)}: {clip(each.what, MESSAGE)}")
    yield one_line(f"next: {clip(next_step(run), MESSAGE)}")


def _title(claim: ClaimResult) -> str:
    points = f"{number(claim.earned)}/{number(claim.points)}"
    if claim.verdict not in ("passed", "failed"):
        points = WORDS[claim.verdict]
    return f"{MARKS[claim.verdict]} {points}  {one_line(clip(claim.title, MESSAGE))}"


def _data(text: str) -> str:
    # The runner prints it again, and the page shows `##[group]` and its like as what they are.
    text = "\n".join(log_line(line) for line in plain(clip(text, MESSAGE)).split("\n"))
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(one_line(clip(text, TITLE))).replace(":", "%3A").replace(",", "%2C")
