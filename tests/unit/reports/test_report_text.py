"""What a learner wrote, shown so that it can be read and does nothing."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.text import log_line, log_lines, one_line, plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
        ("a\0b\x7f", "a␀b␡"),
        ("\x9b2J", "<U+009B>2J"),
        ("x\u202ey\u200bz", "x<U+202E>y<U+200B>z"),
        ("\udc80", "<U+DC80>"),
        ("1\r2\n3\t4", "1␍2\n3\t4"),
        ("naïve ✓ 日本 😀", "naïve ✓ 日本 😀"),
    ],
)
def test_each_character_is_kept_or_named(text, shown):
    assert plain(text) == shown


@given(st.text(st.characters(codec=None)))
def test_nothing_is_left_that_a_terminal_obeys_or_xml_forbids(text):
    for character in plain(text):
        assert character in "\n\t" or unicodedata.category(character) not in (
            "Cc",
            "Cf",
            "Cs",
            "Cn",
            "Zl",
            "Zp",
        )
    assert not {"\n", "\t"} & set(one_line(text))


@pytest.mark.parametrize(
    "line",
    [
        "::set-output name=points::100",
        "   \u3000::error::x",
        "::endgroup::",
        "\t::add-matcher::/tmp/x",
    ],
)
def test_no_line_begins_with_a_command_of_github(line):
    assert not log_line(line).lstrip().startswith("::")


@pytest.mark.parametrize("line", ["x ##[add-mask]y", "##vso[task.complete]", "###[x]", "##teamcity[x]"])
def test_no_line_holds_a_command_in_brackets(line):
    shown = log_line(line)
    assert not any(start in shown for start in ("##[", "##vso[", "##teamcity["))
    assert shown.replace("<U+0023>", "#") == line


def test_each_line_of_a_text_is_made_harmless():
    assert log_lines("a\n::error::x\n\n##[x]\n") == "a\n<U+003A>:error::x\n\n<U+0023>#[x]\n"


@pytest.mark.parametrize("line", ["::1", "fe80::1 answers", "    ::/0", "## a heading [1]", "a[::2]"])
def test_what_is_no_command_stays_as_it_is(line):
    assert log_line(line) == line
