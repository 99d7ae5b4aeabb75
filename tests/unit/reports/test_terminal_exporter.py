"""`--to terminal`: what a grade printed, again, of a run that is over."""

from __future__ import annotations

import io
import re
import sys

import pytest
from golden import same
from rich_runs import rich_run
from spoils import SPOILS

from reports.exporters import EXPORTERS, render, terminal
from reports.terminal import Terminal


class Stdout(io.StringIO):
    """Standard output, a terminal or none, in any encoding."""

    encoding = "utf-8"

    def __init__(self, tty: bool, encoding: str = "utf-8") -> None:
        super().__init__()
        self.tty, self.encoding = tty, encoding

    def isatty(self) -> bool:
        return self.tty


@pytest.fixture(autouse=True)
def plain_surroundings(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys, "stdout", Stdout(False))


def live(run):
    """Return what the grade itself printed."""
    shown = Terminal(stream := io.StringIO())
    shown.head(run)
    for claim in run.claims:
        shown.claim(claim, run)
    shown.summary(run)
    return stream.getvalue()


def test_it_looks_as_it_did(passing, failing):
    for name, run in (("passing", passing), ("failing", failing), ("rich", rich_run())):
        same(f"terminal-{name}.txt", terminal.render([run]))
    same("terminal-adjusted.txt", terminal.render([rich_run(whole=True)]))


def test_it_is_what_the_grade_printed(passing, failing):
    for run in (passing, failing, rich_run()):
        assert terminal.render([run]) == live(run)


def test_runs_stand_below_each_other_with_a_blank_line_between(passing, failing):
    assert terminal.render([passing, failing]) == f"{live(passing)}\n{live(failing)}"
    assert EXPORTERS["terminal"].several
    assert EXPORTERS["terminal"].file == "", "it is printed"
    assert render("terminal", [passing]) == live(passing)


@pytest.mark.parametrize("columns", [40, 100, 500])
def test_what_is_no_terminal_has_80_columns(failing, monkeypatch, columns):
    expected = terminal.render([failing])
    monkeypatch.setenv("COLUMNS", str(columns))
    assert terminal.render([failing]) == expected


def test_a_terminal_has_the_width_and_the_colour_that_it_has(failing, monkeypatch):
    monkeypatch.setattr(sys, "stdout", Stdout(True))
    monkeypatch.setenv("COLUMNS", "100")
    coloured = terminal.render([failing])
    assert "\x1b[1;31m✗ Service `web`" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == live(failing)


def test_no_colour_is_obeyed_on_a_terminal(failing, monkeypatch):
    monkeypatch.setattr(sys, "stdout", Stdout(True))
    monkeypatch.setenv("NO_COLOR", "1")
    assert terminal.render([failing]) == live(failing)


def test_a_terminal_without_the_signs_still_gets_the_verdicts(failing, monkeypatch):
    monkeypatch.setattr(sys, "stdout", Stdout(False, "ascii"))
    shown = terminal.render([failing])
    assert shown.isascii()
    assert "\n\\u2717 Service `web` sends traffic" in shown


def test_the_score_after_a_policy_is_told_last(passing):
    *_, last = terminal.render([rich_run(whole=True)]).splitlines()
    assert last == "Score 6/16 after all adjustments"
    assert "adjusted" not in terminal.render([passing])


def test_a_run_that_was_killed_is_not_one_that_stopped_at_a_failure(failing):
    failing.finished, failing.claims = None, failing.claims[:1]
    shown = terminal.render([failing])
    assert "stopped" not in shown
    assert "problem   the run did not come to its end; claims that were not judged: 5" in shown
    assert "next      this is not the submission's fault" in shown
    assert failing.problems == [], "the run itself stays as it is"


@pytest.mark.parametrize("spoil", SPOILS)
def test_a_run_that_is_not_whole_says_so(passing, spoil):
    spoil(passing)
    assert "this is not the submission's fault: run it again" in terminal.render([passing])


def test_our_error_has_a_word_and_no_points(failing):
    [line] = [line for line in terminal.render([failing]).splitlines() if line.startswith("! ")]
    assert line.endswith("  grader error")
    assert "0/" not in line


def test_hostile_text_is_text(poisoned):
    shown = terminal.render([poisoned])
    assert [char for char in set(shown) if not char.isprintable() and char != "\n"] == []
    assert [line for line in shown.splitlines() if line.lstrip().startswith("::")] == []
    assert "##vso[" not in shown
    assert "##[" not in shown
    marks = [line[0] for line in shown.splitlines() if line[:2] in ("✓ ", "✗ ", "- ", "! ", "○ ")]
    assert marks == ["✓", "✗", "-", "✗", "!", "○"]


def test_hostile_text_brings_no_colour_of_its_own(poisoned, monkeypatch):
    monkeypatch.setattr(sys, "stdout", Stdout(True))
    shown = re.sub(r"\x1b\[(0|1|2|1;31|1;33|32)m", "", terminal.render([poisoned]))
    assert "\x1b" not in shown
