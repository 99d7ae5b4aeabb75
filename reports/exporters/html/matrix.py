"""Who reaches whom, and who may do what: each cell of a table says what was asked and what was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reports.exporters.html.shape import mapping, words

MOST = 60
"""Rows or columns; no exercise has as many."""


@dataclass(frozen=True)
class Cell:
    """One row under one column."""

    column: str
    expected: str
    found: str
    """Empty where nothing was found out."""

    @property
    def differs(self) -> bool:
        """Whether something else was found than was asked for."""
        return bool(self.found) and self.found.casefold() != self.expected.casefold()


@dataclass(frozen=True)
class Row:
    """All cells of one subject or source."""

    name: str
    cells: list[Cell]


@dataclass(frozen=True)
class Matrix:
    """A table as it is read aloud: row by row."""

    corner: str
    columns: list[str]
    rows: list[Row]

    @property
    def differences(self) -> list[tuple[Row, Cell]]:
        """Return what is not as it was asked for."""
        return [(row, cell) for row in self.rows for cell in row.cells if cell.differs]

    @property
    def size(self) -> int:
        """Return how many cells there are."""
        return sum(len(row.cells) for row in self.rows)


def matrix(data: object) -> Matrix:
    """Return what `Evidence("table")` holds.

    Raises ValueError when a row has more or fewer cells than there are columns.
    """
    table = mapping(data)
    columns, names = words(table["columns"]), words(table["rows"])
    if not columns or not names or len(columns) > MOST or len(names) > MOST:
        raise ValueError("no table of a size to show")
    expected, found = (_by_row(table[key], names, len(columns)) for key in ("expected", "found"))
    rows = [
        Row(name, [Cell(*each) for each in zip(columns, wanted, seen, strict=True)])
        for name, wanted, seen in zip(names, expected, found, strict=True)
    ]
    return Matrix({"traffic": "from \\ to", "rights": "subject"}.get(str(table["what"]), ""), columns, rows)


def _by_row(data: Any, names: Sequence[str], width: int) -> list[list[str]]:  # noqa: ANN401 - what JSON can hold
    rows = [data[name] for name in names] if isinstance(data, Mapping) else data
    lines = [words(row) for row in rows]
    if any(len(line) != width for line in lines):
        raise ValueError("a row has more or fewer cells than there are columns")
    return lines
