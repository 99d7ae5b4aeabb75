"""Tables of words: a claim about every pair of a row and a column.

    subject       get pods   list secrets
    sa/viewer     yes        no

Two or more spaces stand between cells, one space is a part of a cell.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from checks.errors import UsageError
from checks.message import LIMIT

TRAFFIC = ALLOW, DENY, SKIP = "allow", "deny", "n/a"
RIGHTS = ("yes", "no", SKIP)

_BETWEEN = re.compile(" {2,}")
_GAP = "   "
_APART = "two or more spaces apart"


@dataclass(frozen=True)
class Table:
    """A word for every row and column, none left out."""

    corner: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]

    def cells(self) -> dict[tuple[str, str], str]:
        """Return the word of each (row, column), row by row."""
        return {
            (row, column): word
            for row, words in self.rows
            for column, word in zip(self.columns, words, strict=True)
        }


def parse(text: str, words: Sequence[str] = ("yes", "no")) -> Table:
    """Read a table whose cells are some of these words.

    Raises:
        UsageError: it is not total, names something twice or says another word (line 1 has the columns).
    """
    lines = _lines(text)
    if len(lines) < 2:
        raise UsageError(
            f"a table needs a line of columns and, below, one for each row, not {len(lines)} "
            f"line{'s' * (len(lines) != 1)}: write `subject   first column`, then `first row   {words[0]}`"
        )
    (_, (corner, *columns)), *rows = lines
    if not columns:
        raise UsageError(f"line 1 of the table has no column: write them behind `{corner}`, {_APART}")
    _once(((1, column) for column in columns), "column")
    _once(((number, cells[0]) for number, cells in rows), "row")
    for number, cells in rows:
        _row(number, cells, columns, words)
    return Table(corner, tuple(columns), tuple((head, tuple(said)) for _, (head, *said) in rows))


def _lines(text: str) -> list[tuple[int, list[str]]]:
    """Return number and cells of each line that is not empty."""
    if not isinstance(text, str):
        raise UsageError(f"a table is a text of lines, not {text!r}")
    numbered = enumerate(text.strip(" \n").split("\n"), 1)
    return [(number, _cells(number, line.strip(" "))) for number, line in numbered if line.strip(" ")]


def _cells(number: int, line: str) -> list[str]:
    if "\t" in line:
        raise UsageError(f"line {number} of the table has a tab: write spaces, two or more between cells")
    if hidden := [char for char in line if not char.isprintable()]:
        raise UsageError(
            f"line {number} of the table has {hidden[0]!r}, which nobody sees: write letters and spaces"
        )
    return _BETWEEN.split(line)


def _once(named: Iterable[tuple[int, str]], what: str) -> None:
    seen: set[str] = set()
    for number, name in named:
        if name in seen:
            raise UsageError(f"line {number} of the table has {what} `{name}` again: write each {what} once")
        seen.add(name)


def _row(number: int, cells: Sequence[str], columns: Sequence[str], words: Sequence[str]) -> None:
    head, *said = cells
    if len(said) != len(columns):
        raise UsageError(
            f"line {number} of the table (`{head}`) has {len(said)} word{'s' * (len(said) != 1)} for "
            f"{len(columns)} column{'s' * (len(columns) != 1)} ({', '.join(columns)}): "
            f"write {one_of(words)} for each, {_APART}"
        )
    for column, word in zip(columns, said, strict=True):
        if word not in words:
            raise UsageError(
                f"line {number} of the table (`{head}`) says `{word}` for `{column}`: write {one_of(words)}"
            )


def one_of(words: Sequence[str]) -> str:
    """Return words as a choice: one, two or three."""
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def render(table: Table, found: Mapping[tuple[str, str], str] | None = None) -> str:
    """Return the table in aligned columns, with the words that were found in it.

    What differs from the table is in capitals, and its row ends in what was expected. A (row, column) that
    is not in `found` is as expected.
    """
    found = found or {}
    grid, notes = [[table.corner, *table.columns]], [""]
    for row, words in table.rows:
        expected = dict(zip(table.columns, words, strict=True))
        now = {column: found.get((row, column), word) for column, word in expected.items()}
        wrong = {column: word for column, word in expected.items() if now[column] != word}
        grid.append([row, *(now[column].upper() if column in wrong else now[column] for column in now)])
        notes.append(_note(wrong))
    widths = [max(map(len, column)) for column in zip(*grid, strict=True)]
    lines = (
        _GAP.join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
        for cells in grid
    )
    return "\n".join(line + note for line, note in zip(lines, notes, strict=True))


def _note(wrong: Mapping[str, str]) -> str:
    if not wrong:
        return ""
    if len(set(wrong.values())) == 1:
        return f"  <- expected {next(iter(wrong.values()))}"
    return "  <- expected " + ", ".join(f"{word} ({column})" for column, word in wrong.items())


def report(table: Table, found: Mapping[tuple[str, str], str]) -> str:
    """Return the table as it was found; only the rows that differ if a message cannot hold all."""
    whole = render(table, found)
    if len(whole) <= LIMIT:
        return whole
    expected = table.cells()
    wrong = {cell[0] for cell, word in found.items() if word != expected.get(cell, word)}
    return render(replace(table, rows=tuple(row for row in table.rows if row[0] in wrong)), found)
