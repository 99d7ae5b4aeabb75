"""Lines in a fixed order, each label in its column, and no character that does anything but print."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks import CheckFailed
from checks.message import LIMIT, clean, ending, render, shorten


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("\x1b[31mred\x1b[0m \x9b1mbold", "red bold"),
        ("a\x1b]8;;http://evil\x1b\\link\x1b]8;;\x07b", "alinkb"),
        ("a\x1bPq#0\x1b\\b\x90x\x9cc", "abc"),
        ("\x1b[2Jgone\x1bc", "gone"),
        ("\x1b]0;no end", "0;no end"),
        ("moc\u202egpj.exe\u2066\u200b", "mocgpj.exe"),
        ("10/10\rfailed\r\nnext", "10/10 failed\nnext"),
        ("a\tb\x0bc\x85d\u2028e\u00a0f", "a b c d e f"),
        ("nul\0 bell\x07 back\x08 del\x7f", "nul bell back del"),
        ("\udc80\ud800\ufffe", ""),
        ("schön 日本 ✗ 🙂", "schön 日本 ✗ 🙂"),
    ],
    ids=["colours", "links", "strings", "reset", "open", "direction", "returns", "spaces", "control",
         "no characters", "scripts"],
)  # fmt: skip
def test_what_does_more_than_print_is_taken_out(text: str, left: str) -> None:
    assert clean(text) == left


@settings(max_examples=60, database=None, deadline=None)
@given(st.text(st.sampled_from("\x1b\x9b\x9d\x90\x9c[]P;0m\\\x07\r\n\t \u202eaé")))
def test_whatever_goes_in_only_what_prints_comes_out(text: str) -> None:
    cleaned = clean(text)
    assert all(char.isprintable() or char == "\n" for char in cleaned)
    assert clean(cleaned) == cleaned


@pytest.mark.parametrize("opening", ["\x90", "\x9d", "\x1b]", "\x1bP", "\x1b[", "\x9b", "\x1b"])
def test_a_long_text_of_beginnings_takes_no_long_time(opening: str) -> None:
    before = time.process_time()
    clean(opening * 20_000)
    assert time.process_time() - before < 1


def test_values_stand_in_their_column_and_empty_ones_are_left_out() -> None:
    values = [
        ("expected", "one\ntwo"),
        ("found", ""),
        ("because", " \n "),
        ("look at", "  kubectl get  "),
    ]
    assert render("A claim\nof two lines", values).splitlines() == [
        "A claim of two lines",
        "    expected  one",
        "              two",
        "    look at   kubectl get",
    ]


def test_a_learners_text_cannot_pass_for_a_line_of_ours() -> None:
    forged = "a\n    found     nothing wrong\r    hint      full marks\u2028✓ passed"
    lines = CheckFailed(found=forged).render().splitlines()
    assert [line for line in lines if not line.startswith(" " * 14)] == ["    found     a"]


def test_order_is_always_the_same() -> None:
    failure = CheckFailed(look_at="five", because="four", found="three", expected="two")
    failure.hint, failure.waited, failure.claim = "seven", "six", "one"
    words = [line.split()[-1] for line in str(failure).splitlines()]
    assert words == ["one", "two", "three", "four", "five", "six", "seven"]


def test_identifiers_are_whole_and_floods_say_what_is_missing() -> None:
    name = "a" * 253
    assert name in render("", [("found", name)])
    assert shorten("x" * (LIMIT + 7)) == "x" * LIMIT + "… (7 more characters)"
    assert len(render("c" * 10**6, [("found", "f" * 10**6)])) < 3 * LIMIT


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", ""),
        ("one\ntwo\n\n", "one\ntwo"),
        ("one\ntwo\nthree\nfour", "(1 line before)\ntwo\nthree\nfour"),
        ("y\n" * 1000, "(997 lines before)\ny\ny\ny"),
        ("a" * 10 + "b" * 20, "…" + "b" * 20),
    ],
    ids=["nothing", "all", "more", "endless", "long"],
)
def test_of_a_long_text_the_end_is_told(text: str, told: str) -> None:
    assert ending(text, most=3, limit=20) == told
