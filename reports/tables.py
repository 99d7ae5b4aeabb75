"""Tables for a terminal: a head line, words to the left, numbers to the right."""

from __future__ import annotations

from collections.abc import Sequence


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows in columns, the first row as head; all columns but the first are numbers."""
    from rich.console import Console  # costs time that --help should not pay
    from rich.table import Table

    head, *rest = rows
    found = Table(*head, box=None, pad_edge=False, header_style="bold")
    for column in found.columns[1:]:
        column.justify = "right"
    for row in rest:
        found.add_row(*row)
    console = Console(markup=False, highlight=False)
    with console.capture() as captured:
        console.print(found)
    return captured.get().rstrip()
