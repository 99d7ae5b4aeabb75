"""The results of a class as one CSV file (RFC 4180): a row a submission, a column a claim.

`score` is empty where it is not final, and a claim that is not graded has a word in the place of its points:
no program that adds numbers up takes either for a 0.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

from reports.model import Run
from reports.text import clip, plain
from reports.words import WORDS

LONGEST = 30_000
"""Characters of a cell; Excel takes 32 767."""
FACTS = ["assignment", "submission", "user", "handed in", "final", "score", "possible", "open", "adjustments"]


def render(runs: Sequence[Run]) -> str:
    """Return the table, its rows as the runs come, its claims in the order in which they are judged."""
    several = len({run.assignment for run in runs}) > 1
    columns: dict[tuple[str, str], str] = {}
    for run in runs:
        for id in (*run.planned, *(claim.id for claim in run.claims)):
            columns[run.assignment, id] = f"{run.assignment}/{id}" if several else id
    table = [[*FACTS, *columns.values()]]
    table += [[*_facts(run), *(_points(run, *column) for column in columns)] for run in runs]
    written = io.StringIO()
    csv.writer(written).writerows([[_cell(text) for text in row] for row in table])
    return written.getvalue()


def _facts(run: Run) -> list[str]:
    return [
        run.assignment,
        run.submission,
        run.user,
        run.handed_in or "",
        "yes" if run.whole else "no",
        _number(run.score) if run.whole else "",
        _number(run.possible),
        _number(run.ungraded),
        "; ".join(f"{each.what}: {_number(each.points)}" for each in run.adjustments),
    ]


def _points(run: Run, assignment: str, id: str) -> str:
    """Return what a claim earned, or the word for why nobody knows; empty: it is none of this run."""
    if run.assignment != assignment:
        return ""
    claim = run.claim(id)
    if claim is None:
        return "not judged" if id in run.planned else ""
    return WORDS[claim.verdict] if run.is_open(claim) else _number(claim.earned)


def _number(points: float) -> str:
    return f"{points:.10g}"


def _cell(text: str) -> str:
    """Return a text of which no spreadsheet makes a formula, wherever it begins a cell.

    https://owasp.org/www-community/attacks/CSV_Injection: an apostrophe before the sign, at the start and
    behind whatever another reader may take for the end of a cell.
    """
    if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text):
        return text
    text = plain(clip(text, LONGEST)).replace("\t", "␉").replace("\n", "␊")
    return re.sub(r"""(^|[;,|"'␉␊␍])(\s*[=+\-@＝＋－＠])""", r"\1'\2", text)
