"""The reference of the checks says what their docstrings say, and shows what their examples give."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import checks
from checks import Service, faults
from checks.noun import Noun, _is_check, check
from docs.reference import make_checks

PAGE = make_checks.PAGE.read_text(encoding="utf-8")
HEADINGS = re.findall(r"^#{2,3} (.+)$", PAGE, re.MULTILINE)


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A page of this test's own, as the docstrings are."""
    monkeypatch.setattr(make_checks, "PAGE", page := tmp_path / "checks.md")
    assert make_checks.main([]) == 0
    return page


def exported() -> Iterator[type[Noun]]:
    for name in checks.__all__:
        item = getattr(checks, name)
        if isinstance(item, type) and issubclass(item, Noun):
            yield item


def test_the_page_is_what_the_docstrings_say() -> None:
    command = [sys.executable, make_checks.__file__, "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + "run make docs"


def test_every_noun_and_every_check_is_on_the_page_and_no_other() -> None:
    nouns = set(exported())
    assert nouns >= {checks.Service, checks.Deployment, checks.Pod}
    verbs = {f"{noun.__name__}.{verb}" for noun in nouns for verb in dir(noun) if _is_check(noun, verb)}
    disturbed = {
        f"faults.{name}"
        for name, item in vars(faults).items()
        if hasattr(item, "__wrapped__") and item.__module__ == faults.__name__ and name[0] != "_"
    }
    adverbs = {"Adverbs", "eventually", "consistently"}
    wanted = {"Faults", *adverbs, *disturbed, *verbs, *(noun.__name__ for noun in nouns)}
    assert sorted(HEADINGS) == sorted(wanted)


def test_every_link_on_the_page_leads_to_a_heading() -> None:
    places = {heading.replace(".", "").lower() for heading in HEADINGS}
    links = re.findall(r"\(#(.+?)\)", PAGE)
    assert set(links) == places


def test_the_first_sentence_of_every_check_is_on_the_page() -> None:
    for noun in exported():
        for verb in filter(lambda verb: _is_check(noun, verb), dir(noun)):
            assert getattr(noun, verb).__doc__.splitlines()[0].strip() in PAGE


def test_another_docstring_makes_the_page_stale(
    page: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert make_checks.main(["--check"]) == 0
    before = page.read_bytes()
    monkeypatch.setattr(Service.answers, "__doc__", f"Indeed. {Service.answers.__doc__}")
    assert make_checks.main(["--check"]) == 1
    assert capsys.readouterr().err == "checks.md is not what the docstrings of checks/ say: run make docs\n"
    assert page.read_bytes() == before


def test_another_message_makes_the_page_stale(page: Path) -> None:
    page.write_bytes(page.read_bytes().replace(b"connection refused", b"no answer in time"))
    assert make_checks.main(["--check"]) == 1


def test_a_page_that_is_not_there_is_stale(page: Path) -> None:
    page.unlink()
    assert make_checks.main(["--check"]) == 1
    assert not page.exists()


@pytest.mark.parametrize(
    ("example", "owed"),
    [
        ("", "the docstring of Service.refuses has no line with >>>"),
        (
            ">>> app.deployment('nope').pods",
            "the example of Service.refuses does not make it fail: it needs a scene in scenes.py",
        ),
        (
            ">>> app.service('web')",
            "the example of Service.refuses does not make it fail: it needs a scene in",
        ),
        (
            ">>> app.service('web').answers(status=404)",
            "the example of Service.refuses does not make it fail",
        ),
    ],
    ids=["no example", "fails on the way", "checks nothing", "another check"],
)
def test_strict_names_what_a_docstring_owes_and_writes_nothing(
    page: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], example: str, owed: str
) -> None:
    monkeypatch.setattr(Service.refuses, "__doc__", f"The Service refuses.\n\n{example}")
    before = page.read_bytes()
    assert make_checks.main(["--strict"]) == 1
    assert [line for line in capsys.readouterr().err.splitlines() if line.startswith(owed)]
    assert page.read_bytes() == before
    assert make_checks.main([]) == 0
    shown = page.read_text(encoding="utf-8").partition("### Service.refuses\n")[2].partition("\n##")[0]
    assert "The message" not in shown


def test_an_example_that_means_nothing_is_named(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        Service.refuses, "__doc__", "The Service refuses.\n\n>>> app.servcie('web').refuses()"
    )
    with pytest.raises(SystemExit, match=r"the example of Service\.refuses is wrong: AttributeError"):
        make_checks.main([])


def test_a_check_that_nouns_inherit_shows_each_by_its_own_name(monkeypatch: pytest.MonkeyPatch) -> None:
    class Workload(Noun):
        kind = "Workload"

        @check
        def runs(self) -> None:
            """The workload runs."""

    class Left(Workload):
        """One that a solution has."""

    class Right(Workload):
        """Another."""

    class Solution:
        def left(self, name: str) -> Left: ...
        def right(self, name: str) -> Right: ...

    monkeypatch.setattr(make_checks, "Solution", Solution)
    monkeypatch.setattr(make_checks, "nouns", lambda: [Left, Right])
    example = 'eventually(app.left("web")).runs()'
    assert make_checks.own(example, Left, "runs") == example
    assert make_checks.own(example, Right, "runs") == 'eventually(app.right("web")).runs()'
