"""What a person reads: a head line, every claim as it is judged, a summary. Whole without colour."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections.abc import Iterator
from typing import TextIO

from reports.model import ClaimResult, Run, Verdict
from reports.text import log_line, one_line, plain
from reports.words import MARKS, WORDS, next_step, number

STYLES: dict[Verdict, str] = {
    "passed": "green",
    "failed": "bold red",
    "not_reached": "dim",
    "grader_error": "bold yellow",
    "skipped": "dim",
}
WIDEST = 100
LABEL = 10
"""Columns of the word before a text, its blank included."""
INDENT = " " * 4
NOTICED = 5
"""How many findings of the look at the files are shown: the report of a grade is about its claims."""


class Terminal:
    """Writes one run to a stream while it goes on, with so many `hints` to a claim that failed."""

    def __init__(self, stream: TextIO | None = None, *, hints: int = 1) -> None:
        self._stream = stream or sys.stdout
        self._hints = hints
        self._width = max(40, min(WIDEST, shutil.get_terminal_size().columns))
        self._colour = self._stream.isatty() and not os.environ.get("NO_COLOR")
        self._headed = False
        self._gone = False
        """Whether the reader went away."""

    def head(self, run: Run) -> None:
        """Say what is graded and where; said before anything else, at the latest with the first verdict."""
        self._headed = True
        where = [
            f"{word} {run.environment[word]}" for word in ("cluster", "namespace") if word in run.environment
        ]
        forms = [run.environment[word] for word in ("forms",) if word in run.environment]
        self._put(" · ".join(one_line(part) for part in (run.title, run.submission, *forms, *where)), "bold")

    def claim(self, claim: ClaimResult, run: Run) -> None:
        """Say a verdict and, unless it passed, why."""
        if not self._headed:
            self.head(run)
        for place, line in enumerate(self._title(claim)):
            self._put(line, STYLES[claim.verdict] if place == 0 else "")
        blocker = run.claim(claim.blocked_by) if claim.blocked_by else None
        if blocker:
            self._field("needs", f"{one_line(blocker.title)} ({WORDS[blocker.verdict]})")
        for label, text in claim.cause.lines() if claim.cause else []:
            if label != "hint" or claim.verdict != "failed":  # of an error of ours it says what to do
                self._field(label, text)
        for hint in claim.hints[: self._hints] if claim.verdict == "failed" else []:
            self._field("hint", hint)

    def summary(self, run: Run, results: str = "") -> None:
        """Say the score, how many claims met which end, what to do next, and where the files are."""
        if not self._headed:
            self.head(run)
        self._put("")
        score = f"Score {number(run.earned)}/{number(run.possible)}"
        if run.ungraded:
            score += f", {number(run.ungraded)} of them not graded"
        counts = [f"{run.count(verdict)} {WORDS[verdict]}" for verdict in MARKS if verdict != "skipped"]
        if run.count("skipped"):
            counts.append(f"{run.count('skipped')} skipped")
        self._put(f"{score} · {', '.join(counts)}", "bold")
        if run.left and not run.problems:
            self._field("stopped", f"at the first claim that failed, {len(run.left)} not judged", indent="")
        for problem in run.problems:
            self._field("problem", problem, indent="")
        for found in run.findings[:NOTICED] if run.exit_code else ():
            # on one line each: they are pointers for the claims above
            self._field("noticed", one_line(f"{found.where}: {found.what}"), indent="")
        if run.exit_code and len(run.findings) > NOTICED:
            self._field("noticed", f"and {len(run.findings) - NOTICED} more: kubeproctor lint", indent="")
        self._field("next", next_step(run), indent="")
        if results:
            self._field("results", results, indent="")

    def _title(self, claim: ClaimResult) -> list[str]:
        points = f"{number(claim.earned)}/{number(claim.points)}"
        if claim.verdict not in ("passed", "failed"):
            points = WORDS[claim.verdict]
        room = self._width - len(points) - 4
        lines = textwrap.wrap(
            one_line(claim.title), room, break_long_words=False, break_on_hyphens=False
        ) or [claim.id]
        first, *rest = lines
        return [f"{MARKS[claim.verdict]} {first:<{room}}  {points}", *(f"  {line}" for line in rest)]

    def _field(self, label: str, text: str, indent: str = INDENT) -> None:
        """Write a text behind its label; a text of several lines is a table and keeps its own columns."""
        text = plain(text).expandtabs().rstrip()
        if "\n" in text:
            self._put(indent + label)
            for line in text.strip("\n").split("\n"):
                self._put(INDENT + line)  # the first column is for verdicts
            return
        for line in self._wrapped(label, text, indent):
            self._put(line)

    def _wrapped(self, label: str, text: str, indent: str) -> Iterator[str]:
        start = f"{indent}{label:<{LABEL}}"
        if label == "look at":  # a command is copied, so it stays on one line
            yield start + text
            return
        yield from textwrap.wrap(
            text,
            max(20, self._width),
            initial_indent=start,
            subsequent_indent=" " * len(start),
            break_long_words=False,
            break_on_hyphens=False,
        )

    def _put(self, line: str, style: str = "") -> None:
        if self._gone:
            return
        line = log_line(line)
        # A terminal without the check mark must not end the run.
        encoding = self._stream.encoding or "utf-8"
        line = line.encode(encoding, "backslashreplace").decode(encoding)
        try:
            if self._colour and style:
                from rich.console import Console  # costs time that a pipe should not pay
                from rich.text import Text

                Console(file=self._stream, soft_wrap=True, highlight=False).print(Text(line, style=style))
            else:
                self._stream.write(line + "\n")
            self._stream.flush()
        except BrokenPipeError:  # `| head`: the verdicts are still written to files and end in an exit code
            self._gone = True
