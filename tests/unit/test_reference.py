"""The reference of the checks says what their docstrings say, and shows what their examples give."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import checks
from checks import ServiceAccount, faults
from checks.fake import Fake
from checks.noun import Noun, _is_check, check
from docs.reference import make_checks
from docs.reference.scenes import Scene

PAGE = make_checks.PAGE.read_text(encoding="utf-8")
HEADINGS = re.findall(r"^#{2,3} (.+)$", PAGE, re.MULTILINE)


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small page of this test's own: one noun, with one check."""
    monkeypatch.setattr(make_checks, "PAGE", page := tmp_path / "checks.md")
    monkeypatch.setattr(make_checks, "documented", lambda: [ServiceAccount])
    monkeypatch.setattr(make_checks, "disturbances", list)
    monkeypatch.setattr(make_checks, "adverbs", list)
    monkeypatch.setattr(make_checks, "scenes", list)
    assert make_checks.main(["--strict"]) == 0
    return page


def classes() -> Iterator[type[Noun]]:
    """Yield the exported nouns, and the classes from which they have checks."""
    exported = [getattr(checks, name) for name in checks.__all__]
    nouns = [item for item in exported if isinstance(item, type) and issubclass(item, Noun)]
    assert {checks.Service, checks.Deployment, checks.Pod, checks.Network} <= set(nouns)
    yield from {
        base for noun in nouns for base in noun.__mro__ if base in nouns or any(_verbs(base, _is_check))
    }


def _verbs(owner: type, kind: Callable[[type, str], bool]) -> Iterator[str]:
    return (name for name in vars(owner) if name[0] != "_" and kind(owner, name))


def _disturbs(owner: object, name: str) -> bool:
    return inspect.isgeneratorfunction(inspect.unwrap(getattr(owner, name)))


def section(page: str, heading: str) -> str:
    """Return what is below a heading, up to the next."""
    return page.partition(f"# {heading}\n")[2].partition("\n##")[0]


def test_the_page_is_what_the_docstrings_say_and_none_lacks_an_example(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = make_checks.main(["--check", "--strict"])
    assert (code, capsys.readouterr().err) == (0, "")


def test_each_check_and_each_disturbance_is_on_the_page_once_and_nothing_else() -> None:
    wanted = {"Adverbs", *make_checks.ADVERBS, "Faults"}
    wanted |= {f"faults.{name}" for name in vars(faults) if name[0] != "_" and _disturbs(faults, name)}
    assert wanted >= {"throughout", "faults.killed", "faults.not_ready", "faults.marked"}
    for owner in classes():
        verbs = [*_verbs(owner, _is_check), *_verbs(owner, _disturbs)]
        wanted |= {owner.__name__, *(f"{owner.__name__}.{verb}" for verb in verbs)}
    assert wanted >= {"Replicated.scaled", "CronJob.run_now", "Thing.matches", "Workload.runs_image"}
    assert sorted(HEADINGS) == sorted(wanted)


def test_every_link_on_the_page_leads_to_a_heading_and_every_heading_is_linked() -> None:
    places = {heading.replace(".", "").lower() for heading in HEADINGS}
    assert set(re.findall(r"\(#(.+?)\)", PAGE)) == places


def test_the_first_sentence_of_every_check_is_below_its_name() -> None:
    for owner in classes():
        for verb in _verbs(owner, _is_check):
            first = (vars(owner)[verb].__doc__ or "").splitlines()[0]
            assert first in section(PAGE, f"{owner.__name__}.{verb}")


def test_a_noun_links_to_the_checks_that_it_inherits() -> None:
    for name in ("Deployment", "StatefulSet"):
        index = next(line for line in PAGE.splitlines() if line.startswith(f"- [{name}](#"))
        for text in (index, section(PAGE, name)):
            assert "[rolled_out](#longrunningrolled_out)" in text
            assert "[runs_image](#workloadruns_image)" in text
            assert "disturbs: [scaled](#replicatedscaled)" in text
    assert "[StatefulSet](#statefulset)" in section(PAGE, "Workload")


def test_a_page_that_is_not_what_the_docstrings_say_is_stale(
    page: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert make_checks.main(["--check"]) == 0
    before = page.read_bytes()
    monkeypatch.setattr(ServiceAccount.serves, "__doc__", f"Indeed. {ServiceAccount.serves.__doc__}")
    assert make_checks.main(["--check"]) == 1
    assert capsys.readouterr().err == "checks.md is not what the docstrings of checks/ say: run make docs\n"
    assert page.read_bytes() == before


def test_another_message_makes_the_page_stale(page: Path) -> None:
    changed = page.read_bytes().replace(b"no such ServiceAccount", b"nobody of that name")
    assert changed != page.read_bytes()
    page.write_bytes(changed)
    assert make_checks.main(["--check"]) == 1


def test_a_page_that_is_not_there_is_stale(page: Path) -> None:
    page.unlink()
    assert make_checks.main(["--check"]) == 1
    assert not page.exists()


NO_FAILURE = "the example of ServiceAccount.serves does not make it fail: it needs a scene\n"


@pytest.mark.parametrize(
    ("example", "owed"),
    [
        ("", "the docstring of ServiceAccount.serves has no line with >>>\n"),
        (">>> app.deployment('nope').pods", NO_FAILURE),
        (">>> app.service_account('viewer')", NO_FAILURE),
        (">>> app.service('web').answers(status=404)", NO_FAILURE),
    ],
    ids=["no example", "fails on the way", "checks nothing", "another check"],
)
def test_strict_names_what_a_docstring_owes_and_writes_nothing(
    page: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], example: str, owed: str
) -> None:
    monkeypatch.setattr(ServiceAccount.serves, "__doc__", f"It serves.\n\n{example}")
    before = page.read_bytes()
    assert make_checks.main(["--strict"]) == 1
    assert capsys.readouterr().err == owed
    assert page.read_bytes() == before
    assert make_checks.main([]) == 0
    assert "The message" not in section(page.read_text(encoding="utf-8"), "ServiceAccount.serves")


def test_an_example_that_means_nothing_is_named(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ServiceAccount.serves, "__doc__", "It serves.\n\n>>> app.servcie('web').refuses()")
    with pytest.raises(SystemExit, match=r"the example of ServiceAccount\.serves is wrong: AttributeError"):
        make_checks.main([])


def test_a_scene_of_no_check_is_named(
    page: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(make_checks, "scenes", lambda: [Scene("Pod.flies", "in the air", Fake())])
    assert make_checks.main(["--strict"]) == 1
    assert capsys.readouterr().err == "there is a scene for Pod.flies, which no class or module defines\n"


def test_a_check_shows_one_message_for_each_of_its_scenes(
    page: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = "eventually(app.service_account('ops')).serves(app.deployment('web'))"
    made = [
        Scene("ServiceAccount.serves", "here", Fake()),
        Scene("ServiceAccount.serves", "there", Fake(), other),
    ]
    monkeypatch.setattr(make_checks, "scenes", lambda: made)
    assert make_checks.main(["--strict"]) == 0
    shown = section(page.read_text(encoding="utf-8"), "ServiceAccount.serves")
    assert re.findall("The message (.+):", shown) == ["here", "there"]
    assert f"```python\n{other}\n```" in shown
    assert re.findall(r"ServiceAccount `(\w+)` exists", shown) == ["viewer", "ops"]


class Wide(Noun):
    """Something to be called with much."""

    kind = "Wide"

    @check
    def takes(
        self,
        first: Callable[[], int] | dict[str, int],
        /,
        *,
        second: tuple[int, str] = (1, "a, b"),
        third: str = "the third of three arguments",
    ) -> None:
        """It takes them."""


def test_a_long_signature_has_a_line_for_each_argument() -> None:
    assert make_checks.signature(Wide, "takes").splitlines() == [
        "takes(",
        "    first: Callable[[], int] | dict[str, int],",
        "    /,",
        "    *,",
        "    second: tuple[int, str] = (1, 'a, b'),",
        "    third: str = 'the third of three arguments',",
        ")",
    ]
