"""The table of a class: open points are no zeros, and no cell is a formula."""

from __future__ import annotations

import csv
import dataclasses
import io
import re

import pytest
from golden import same
from hypothesis import given
from hypothesis import strategies as st

from reports.exporters import EXPORTERS, gradebook
from reports.model import Adjustment, Run
from reports.text import plain

SIGNS = tuple("=+-@＝＋－＠")


def rows(*runs: Run) -> list[dict[str, str]]:
    written = gradebook.render(runs)
    assert written.endswith("\r\n")
    return list(csv.DictReader(io.StringIO(written, newline=""), strict=True))


def test_it_is_as_agreed(passing, failing):
    same("gradebook.csv", gradebook.render([passing, failing]))


def test_a_row_a_submission_and_a_column_a_claim(failing):
    other = dataclasses.replace(
        failing, submission="carol", user="u-19", handed_in="2026-03-01T09:58:00.000Z"
    )
    first, second = rows(failing, other)
    assert list(first) == [*gradebook.FACTS, *failing.planned]
    assert [first["submission"], second["submission"]] == ["bob", "carol"]
    assert (second["user"], second["handed in"]) == ("u-19", "2026-03-01T09:58:00.000Z")


def test_what_is_open_has_a_word_and_never_a_zero(failing):
    [row] = rows(failing)
    assert [row[id] for id in failing.planned] == ["1", "0", "0", "0", "grader error", "skipped"]
    assert (row["final"], row["score"], row["possible"], row["open"]) == ("no", "", "10.5", "2.5")
    failing.claims[2].blocked_by = "test_rights"
    assert rows(failing)[0]["test_survives"] == "not reached"


def test_a_run_that_was_killed_has_no_score_and_says_what_was_not_judged(passing):
    passing.finished = None
    passing.claims.pop()
    [row] = rows(passing)
    assert (row["final"], row["score"], row["test_answers"], row["test_both"]) == (
        "no",
        "",
        "1",
        "not judged",
    )


def test_a_final_score_is_the_adjusted_one(passing):
    passing.adjustments = [Adjustment("handed in 2 days late: 20 % off", -0.7)]
    [row] = rows(passing)
    assert (row["final"], row["score"]) == ("yes", "2.8")
    assert row["adjustments"] == "handed in 2 days late: 20 % off: -0.7"


def test_claims_of_two_assignments_are_told_apart(passing, failing):
    first, second = rows(passing, failing)
    assert (first["load-balancing/test_answers"], first["services/test_answers"]) == ("1", "")
    assert (second["load-balancing/test_answers"], second["services/test_answers"]) == ("", "1")


def test_points_are_written_whole(passing):
    passing.claims[0].points = 1234567.125
    assert rows(passing)[0]["test_answers"] == "1234567.125"


def test_who_grades_sees_the_names_of_hidden_claims():
    assert EXPORTERS["gradebook"].knows_visibility


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("+1+1", "'+1+1"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("＝1", "'＝1"),
        (" =1", "' =1"),
        ("\t=1", "␉'=1"),
        ("\r=1", "␍'=1"),
        ("a\n=1", "a␊'=1"),
        ("a;=1", "a;'=1"),
        ('",=1', "\",'=1"),
        ("-12.5", "-12.5"),
        ("alice-b@example.org", "alice-b@example.org"),
    ],
)
def test_a_formula_is_text(passing, text, shown):
    passing.submission = text
    assert rows(passing)[0]["submission"] == shown


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@given(st.text(st.sampled_from("=+-@;,|'\" \t\r\n1a") | st.characters(codec=None)))
def test_no_cell_begins_with_a_sign_whichever_delimiter_a_reader_takes(delimiter, text):
    run = Run("a", "A", text, user=text, started="2026-03-01T10:00:00.000Z")
    written = gradebook.render([run])
    assert plain(written.replace("\r\n", "")) == written.replace("\r\n", "")
    lines = list(csv.reader(io.StringIO(written, newline=""), delimiter=delimiter))
    assert len(lines) == 2
    for cell in lines[1]:
        assert re.fullmatch(r"-[0-9]+(\.[0-9]+)?", cell) or cell.lstrip()[:1] not in SIGNS


def test_hostile_text_stays_in_its_cell(poisoned, hostile):
    poisoned.user = hostile
    poisoned.adjustments = [Adjustment(hostile, 1)]
    [row] = rows(poisoned)
    assert list(row) == [*gradebook.FACTS, *poisoned.planned]
    assert all(len(cell) < 32_767 for cell in row.values())
    assert row["test_answers"] == "1"
