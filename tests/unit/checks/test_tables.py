"""Tables of words: total or refused, and drawn again with what was found."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from checks import UsageError
from checks.message import LIMIT
from checks.tables import Table, parse, render, report

RIGHTS = """
    subject       get pods   list secrets   delete pods   create pods/exec
    sa/viewer     yes        no             no            no
    sa/operator   yes        no             yes           no
"""
TRAFFIC = r"""
    from \ to    web:80   blue:9090   db:5432
    shop         allow    deny        deny
    blue         n/a      n/a         allow
"""
NETWORK = ("allow", "deny", "n/a")


def test_a_table_is_read_as_it_stands() -> None:
    assert parse(RIGHTS) == Table(
        "subject",
        ("get pods", "list secrets", "delete pods", "create pods/exec"),
        (("sa/viewer", ("yes", "no", "no", "no")), ("sa/operator", ("yes", "no", "yes", "no"))),
    )
    traffic = parse(TRAFFIC, NETWORK)
    assert traffic.corner == r"from \ to"
    assert traffic.cells()["blue", "db:5432"] == "allow"


def test_a_table_without_differences_is_drawn_as_it_was_written() -> None:
    lines = [line.strip() for line in RIGHTS.strip().splitlines()]
    assert render(parse(RIGHTS)).splitlines() == lines


def test_differences_are_in_capitals_and_say_what_was_expected() -> None:
    found = {
        ("sa/viewer", "list secrets"): "yes",
        ("sa/operator", "list secrets"): "yes",
        ("sa/operator", "delete pods"): "no",
        ("sa/operator", "get pods"): "yes",
    }
    assert render(parse(RIGHTS), found).splitlines() == [
        "subject       get pods   list secrets   delete pods   create pods/exec",
        "sa/viewer     yes        YES            no            no  <- expected no",
        "sa/operator   yes        YES            NO            no"
        "  <- expected no (list secrets), yes (delete pods)",
    ]


def test_a_table_that_no_message_holds_shows_the_rows_that_differ() -> None:
    rows = "\n".join(f"sa/{number:03}   no" for number in range(LIMIT // 10))
    table = parse(f"subject   get pods\n{rows}")
    found = {("sa/007", "get pods"): "yes", ("sa/008", "get pods"): "no"}
    assert report(table, found).splitlines() == [
        "subject   get pods",
        "sa/007    YES  <- expected no",
    ]
    assert report(parse(RIGHTS), {}) == render(parse(RIGHTS))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "a table is a text of lines, not None"),
        ("", "needs a line of columns and, below, one for each row, not 0 lines: write `subject"),
        (" \n\n ", "not 0 lines"),
        ("subject  get pods", "not 1 line:"),
        ("subject\nsa/a  yes", "line 1 of the table has no column: write them behind `subject`"),
        (
            "subject  get pods  list pods\nsa/a  yes",
            "line 2 of the table (`sa/a`) has 1 word for 2 columns (get pods, list pods): "
            "write yes or no for each, two or more spaces apart",
        ),
        ("subject  get pods\n\n\nsa/a  yes  no", "line 4 of the table (`sa/a`) has 2 words for 1 column "),
        ("subject  get pods\nsa/a yes", "line 2 of the table (`sa/a yes`) has 0 words"),
        ("a  b\nc  Yes", "line 2 of the table (`c`) says `Yes` for `b`: write yes or no"),
        ("\n\n    a  b\n    c  Yes\n", "line 2 of the table (`c`) says `Yes`"),
        ("a  b\nc  n/a", "says `n/a` for `b`: write yes or no"),
        ("a  b  b\nc  no  no", "line 1 of the table has column `b` again: write each column once"),
        ("a  b\nc  no\nc  yes", "line 3 of the table has row `c` again: write each row once"),
        ("a  b\nc\tno", "line 2 of the table has a tab: write spaces, two or more between cells"),
        ("a  b\nc  no\t", "line 2 of the table has a tab"),
        ("a  b\nc\u00a0  no", r"line 2 of the table has '\xa0', which nobody sees"),
        ("a  b\r\nc  no", r"line 1 of the table has '\r'"),
    ],
)  # fmt: skip
def test_what_is_no_table_says_where_and_what_to_write(text: str, says: str) -> None:
    with pytest.raises(UsageError, match=re.escape(says)):
        parse(text)


def test_all_words_are_named() -> None:
    with pytest.raises(UsageError, match="write allow, deny or n/a"):
        parse("a  b\nc  yes", NETWORK)


LETTERS = "abcdefghijklmnopqrstuvwxyz/"
HEADS = st.builds(
    lambda first, more: " ".join([first, *more]),
    st.text(LETTERS + r"*\.:-", min_size=1, max_size=5),
    st.lists(st.text(LETTERS, min_size=1, max_size=4), max_size=2),
)
WORDS = ("yes", "no", "n/a")


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """Make a table of any size."""
    columns = draw(st.lists(HEADS, min_size=1, max_size=4, unique=True))
    heads = draw(st.lists(HEADS, min_size=1, max_size=4, unique=True))
    words = st.tuples(*[st.sampled_from(WORDS)] * len(columns))
    return Table(draw(HEADS), tuple(columns), tuple((head, draw(words)) for head in heads))


@settings(max_examples=40, database=None, deadline=None)
@given(tables())
def test_what_is_drawn_reads_the_same(table: Table) -> None:
    drawn = render(table)
    assert parse(drawn, WORDS) == table
    assert render(parse(drawn, WORDS)) == drawn


@settings(max_examples=40, database=None, deadline=None)
@given(tables(), st.data())
def test_what_was_found_can_be_read_back_from_the_message(table: Table, data: st.DataObject) -> None:
    found = {cell: data.draw(st.sampled_from(WORDS)) for cell in table.cells()}
    lines = [line.partition("  <- ")[0] for line in render(table, found).splitlines()]
    both = (*WORDS, *(word.upper() for word in WORDS))
    for cell, word in parse("\n".join(lines), both).cells().items():
        assert word == (found[cell] if found[cell] == table.cells()[cell] else found[cell].upper())


CHARS = st.sampled_from(" \t\n\u00a0\u200bYyesno/ax-")


@settings(max_examples=60, database=None, deadline=None)
@given(tables(), st.data())
def test_damage_to_words_and_gaps_never_passes_for_something_else(table: Table, data: st.DataObject) -> None:
    """Heads are names, which nobody can tell from others; all else is caught or means the same."""
    drawn = render(table)
    heads = {*table.columns, table.corner, *(row for row, _ in table.rows)}
    start = data.draw(st.integers(0, len(drawn) - 1))
    width = data.draw(st.integers(0, 2))
    damaged = drawn[:start] + data.draw(st.text(CHARS, max_size=2)) + drawn[start + width :]
    try:
        read = parse(damaged, WORDS)
    except UsageError:
        return
    assume(heads == {*read.columns, read.corner, *(row for row, _ in read.rows)})
    assert read == table


@settings(max_examples=40, database=None, deadline=None)
@given(tables(), st.data())
def test_a_lost_or_doubled_cell_or_line_is_refused(table: Table, data: st.DataObject) -> None:
    lines = [re.split(" {2,}", line) for line in render(table).splitlines()]
    at = data.draw(st.integers(0, len(lines) - 1))
    cell = data.draw(st.integers(0, len(lines[at]) - 1))
    match data.draw(st.sampled_from(["cell lost", "cell doubled", "line doubled"])):
        case "cell lost":
            del lines[at][cell]
        case "cell doubled":
            lines[at].insert(cell, lines[at][cell])
        case _:
            lines.insert(at, lines[at])
    with pytest.raises(UsageError):
        parse("\n".join("  ".join(line) for line in lines), WORDS)
