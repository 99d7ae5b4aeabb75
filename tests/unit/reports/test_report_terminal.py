"""The exact picture of a run in the terminal, and what a hostile learner cannot make of it."""

from __future__ import annotations

import io
import re

import pytest

from reports.model import Cause, Run
from reports.terminal import Terminal


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def eighty_columns(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)


def picture(run: Run, stream: io.StringIO | None = None, results: str = "", **options: int) -> str:
    """Return what a person saw when the run was over."""
    terminal = Terminal(stream := stream or io.StringIO(), **options)
    terminal.head(run)
    for claim in run.claims:
        terminal.claim(claim, run)
    terminal.summary(run, results)
    return stream.getvalue()


PASSING = """\
Assignment 4: custom load balancing · alice · cluster kubeproctor · namespace k-7f3a01
✓ Service `web` answers on port 80                                           1/1
✓ Service `web` reaches `blue` and `green`                               2.5/2.5

Score 3.5/3.5 · 2 passed, 0 failed, 0 not reached, 0 grader error
next      nothing: all claims hold
results   results/alice
"""

FAILING = """\
Services and policies · bob · cluster kubeproctor · namespace k-7f3a01
✓ Service `web` answers on port 80                                           1/1
✗ Service `web` sends traffic to the pods of `blue` and `green`, and to no   0/2
  other pod
    expected  blue-6d4f-x2x1p, green-5b9c-q7j8k
    found     blue-6d4f-x2x1p
    because   green-5b9c-q7j8k is Ready but has no label tier=front, which the
              selector asks for
    look at   kubectl -n k-7f3a01 get pods --show-labels --selector tier=front --output wide
    waited    30 s, 58 readings, all the same
    hint      A selector matches every pod that has all its labels.
- A pod that is deleted gets a successor                             not reached
    needs     Service `web` sends traffic to the pods of `blue` and `green`, and
              to no other pod (failed)
✗ Only `shop` reaches `web`, and nobody reaches `db`                         0/3
    found
    from \\ to    web:80   db:5432
    shop         allow    ALLOW  <- expected deny
    waited    30 s, 21 readings
! Nobody reads Secrets                                              grader error
    found     GraderError: the probe pod does not answer
○ Two pods share the load                                                skipped
    because   too slow

Score 1/10.5, 2.5 of them not graded · 1 passed, 2 failed, 1 not reached, 1 grader error, 1 skipped
noticed   web.yaml, line 12, column 3: Service `web` selects no pod of the
          submission
next      this is not the submission's fault: run it again; if it stays,
          kubeproctor doctor tells more
results   results/bob
"""


def test_a_passing_run_reads_as_it_always_does(passing):
    assert picture(passing, results="results/alice") == PASSING


def test_a_failing_run_reads_as_it_always_does(failing):
    assert picture(failing, results="results/bob") == FAILING


@pytest.mark.parametrize(("hints", "shown"), [(0, []), (1, [0]), (2, [0, 1]), (3, [0, 1, 2])])
def test_a_claim_that_failed_has_as_many_hints_as_are_asked_for(failing, hints, shown):
    said = [line for line in picture(failing, hints=hints).splitlines() if line.startswith("    hint")]
    assert said == [f"    hint      {failing.claims[1].hints[number]}" for number in shown]


def test_what_to_do_about_an_error_of_ours_is_no_hint_to_the_learner(failing):
    error = failing.claims[4]
    error.cause, error.hints = Cause(found="no engine answers", hint="start Docker"), ["Look again."]
    said = picture(failing, hints=0)
    assert "    hint      start Docker" in said
    assert "Look again." not in picture(failing, hints=3)


def test_hints_are_for_what_failed(failing):
    for claim in failing.claims:
        claim.hints = [f"Hint to {claim.id}."]
    said = picture(failing)
    assert re.findall(r"Hint to (\w+)", said) == ["test_routes", "test_policy"]


@pytest.mark.parametrize("columns", [40, 100, 500])
def test_points_stand_at_the_right_edge_whatever_the_width(failing, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    edges = {
        len(line) for line in picture(failing).splitlines() if re.search(r"  (\d/\d|not reached)$", line)
    }
    assert edges == {min(columns, 100)}


def test_the_next_step_is_the_first_failure_unless_something_is_our_fault(failing):
    failing.claims = [claim for claim in failing.claims if claim.verdict != "grader_error"]
    assert "next      see the first ✗: Service `web` sends traffic" in picture(failing)
    failing.problems = ["clean-up after test_answers: the namespace stays"]
    shown = picture(failing)
    assert "problem   clean-up after test_answers: the namespace stays" in shown
    assert "not the submission's fault" in shown


def test_colour_adds_nothing_but_colour(failing):
    coloured = picture(failing, Tty(), results="results/bob")
    assert "\x1b[1;31m✗ Service `web`" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == FAILING


def test_no_colour_is_obeyed_on_a_terminal(failing, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    assert picture(failing, Tty(), results="results/bob") == FAILING


def test_hostile_text_prints_no_control_character_and_no_command_of_a_ci(poisoned):
    shown = picture(poisoned)
    assert [char for char in set(shown) if not char.isprintable() and char != "\n"] == []
    assert [line for line in shown.splitlines() if line.lstrip().startswith("::")] == []
    assert "##vso[" not in shown
    assert "##[" not in shown


def test_hostile_text_cannot_look_like_a_verdict(poisoned):
    """What begins a line in the first column is ours: a mark and a title, or a word of the summary."""
    lines = picture(poisoned).splitlines()
    marks = [line[0] for line in lines if line[:2] in ("✓ ", "✗ ", "- ", "! ", "○ ")]
    assert marks == ["✓", "✗", "-", "✗", "!", "○"]


def test_a_long_text_is_cut_and_says_so(failing):
    failing.claims[1].cause = Cause(found="x" * (1 << 20))
    shown = picture(failing)
    assert len(shown) < 30_000
    assert "characters more)" in shown


def test_a_terminal_without_the_signs_still_gets_the_verdicts(failing):
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    Terminal(stream).claim(failing.claims[1], failing)
    assert b"\n\\u2717 Service `web` sends traffic" in raw.getvalue()


def test_a_reader_that_goes_away_does_not_end_the_run(failing):
    class Closed(io.StringIO):
        def flush(self) -> None:
            raise BrokenPipeError

    picture(failing, Closed())
