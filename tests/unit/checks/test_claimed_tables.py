"""A table that is not total, or says another word, is known when its claim is collected."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from checks import UsageError

HEAD = '''"""Claims."""

from checks import Solution, eventually, graded, throughout

TRAFFIC = """
    from        web:80   {dns}
    web         n/a      allow
    stranger    {open}   TURNED
"""
'''
CLAIM = '''

@graded(points=1)
def test_it(app: Solution) -> None:
    """It is so."""
    SAID
'''
WHERE = r"^the table at test_it\.py:5: line 3 of the table \(`stranger`\) "
SAID = [
    "eventually(app.network).allows_only(TRAFFIC)",
    "eventually(app.network).allows_only(traffic=TRAFFIC)",
    "eventually(app.network).allows_only(TRAFFIC.format(dns='dns', open='deny'))",
    "table, other = TRAFFIC.format(dns='dns', open='deny'), 1\n    app.network.allows_only(table)",
    "with throughout(app.network.allows_only, TRAFFIC):\n        pass",
    "for _ in range(2):\n        eventually(app.network).allows_only(TRAFFIC)",
]


def collect(folder: Path, word: str, said: str) -> None:
    """Import a file with one claim."""
    file = folder / "test_it.py"
    file.write_text(HEAD.replace("TURNED", word) + CLAIM.replace("SAID", said))
    runpy.run_path(str(file))


@pytest.mark.parametrize("said", SAID)
def test_a_table_is_found_however_it_is_given(tmp_path: Path, said: str) -> None:
    collect(tmp_path, "deny", said)
    with pytest.raises(UsageError, match=WHERE + "says `no` for"):
        collect(tmp_path, "no", said)
    with pytest.raises(UsageError, match=WHERE + "has 1 word for 2"):
        collect(tmp_path, "", said)


def test_each_check_has_words_of_its_own(tmp_path: Path) -> None:
    rights = 'eventually(app.access).grants_only("""\n    subject   get pods\n    sa/web    WORD\n    """)'
    collect(tmp_path, "deny", rights.replace("WORD", "no"))
    with pytest.raises(UsageError, match=r"test_it\.py:15: line 2 of the table .* write yes, no or n/a"):
        collect(tmp_path, "deny", rights.replace("WORD", "deny"))


def test_what_is_put_together_otherwise_is_left_to_the_run(tmp_path: Path) -> None:
    collect(tmp_path, "no", "eventually(app.network).allows_only(''.join(TRAFFIC))")
    collect(tmp_path, "no", "table = table.format()\n    eventually(app.network).allows_only(table)")
    collect(tmp_path, "no", "t = TRAFFIC\n    t = t.strip()\n    eventually(app.network).allows_only(t)")
    collect(
        tmp_path, "deny\n    {rows}", "eventually(app.network).allows_only(TRAFFIC.format(rows='x  allow'))"
    )
