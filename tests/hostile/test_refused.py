"""What is hostile as it lies there is refused, with one clear message, before anything is applied."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures import assignment
from fixtures.errors import KubeproctorError, Refused, UsageError
from reports.text import plain
from tests.hostile.cases import ANSWERS, OUTCOMES, RIGHT, TASK, Case, corpus

STATIC = [case for case in corpus() if case.needs != "cluster"]
AS_ROOT = {"programs": [pytest.mark.root]}


def ids(case: Case) -> str:
    return f"{case.group}-{case.id}"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder to hand in from; afterwards no file is beside it, where we work or where work files go."""
    handed_in, here = tmp_path / "handed in", tmp_path / "here"
    handed_in.mkdir()
    here.mkdir()
    monkeypatch.chdir(here)
    with tempfile.TemporaryDirectory() as work:
        Path(work).chmod(0o711)  # who renders what is not trusted is nobody, and must get in
        monkeypatch.setattr(tempfile, "tempdir", work)
        yield handed_in
        assert not [*Path(work).iterdir(), *here.iterdir()]
    assert set(tmp_path.iterdir()) == {handed_in, here}


def test_the_corpus_is_what_it_says() -> None:
    assert len(corpus()) >= 100
    assert not [id for id, times in Counter(map(ids, corpus())).items() if times > 1]
    assert {outcome for case in corpus() for outcome in case.must} == OUTCOMES
    assert all(case.tries.strip() and case.needs in ("", "cluster", "programs") for case in corpus())
    needing = [case.id for case in STATIC if case.must.keys() & {"failed", "harmless"}]
    assert not needing, "without a cluster nothing can be seen of these"


def test_the_right_answer_is_taken(tmp_path: Path) -> None:
    (tmp_path / "web.yaml").write_text(RIGHT)
    (tmp_path / "answers.toml").write_text(ANSWERS)
    assert assignment.read(TASK).accept(tmp_path).forms == ("manifests", "answers")


@pytest.mark.parametrize(
    "case", [pytest.param(case, marks=AS_ROOT.get(case.needs, []), id=ids(case)) for case in STATIC]
)
def test_it_is_refused(case: Case, place: Path) -> None:
    spec = case.hand_in(place)
    made = {path: path.lstat().st_mtime_ns for path in place.rglob("*")}
    kind: type[KubeproctorError] = Refused if "refused" in case.must else UsageError
    with pytest.raises(kind) as refused:
        assignment.read(TASK).accept(spec)
    said = plain(str(refused.value))
    assert next(iter(case.must.values())) in said, said
    assert len(said) < 2000, "one message, whatever is in the submission"
    assert not [text for text in case.never if text in said]
    assert {path: path.lstat().st_mtime_ns for path in place.rglob("*")} == made, "it is only read"
