"""What is hostile on a cluster is contained: it gets its verdict, a neighbour keeps its own, all is gone."""

from __future__ import annotations

import gzip
import json
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fixtures.live import LiveCluster
from fixtures.own_cluster import own_cluster
from fixtures.sandbox import OWNER
from tests.commands import PROGRAM, ROOT
from tests.hostile.cases import ANSWERS, RIGHT, TASK, Case, corpus
from tests.leaks import difference, snapshot

pytestmark = [pytest.mark.cluster, pytest.mark.alone, pytest.mark.timeout(3000)]

LIVE = [case for case in corpus() if case.needs == "cluster"]
AT_ONCE = 6
GRADED = 300.0
"""Seconds in which a grade ends, whatever the submission does."""


@dataclass(frozen=True)
class Graded:
    """What came of one grade."""

    code: int
    said: str
    result: dict[str, Any]
    folder: Path

    @property
    def verdicts(self) -> dict[str, str]:
        return {claim["id"]: claim["verdict"] for claim in self.result.get("claims", ())}


def grade(spec: str, output: Path) -> Graded:
    command = [*PROGRAM, "grade", spec, "--assignment", str(TASK), "--output", str(output)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=GRADED, check=False)
    found = next(output.glob("*/result.json"), None)
    result = json.loads(found.read_text()) if found else {}
    return Graded(done.returncode, (done.stdout + done.stderr).decode(errors="replace"), result, output)


@dataclass(frozen=True)
class Everything:
    """All grades of the corpus, those of the neighbour meanwhile, and what there was before."""

    cases: dict[str, Graded]
    neighbour: list[Graded]
    before: dict[str, set[str]]


@pytest.fixture(scope="module")
def graded(
    cluster: LiveCluster, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Everything]:
    mine = [item for item in request.session.items if item.path == Path(__file__)]
    asked = {item.callspec.params["case"].id for item in mine if hasattr(item, "callspec")}
    cases = [case for case in LIVE if case.id in asked]
    place = tmp_path_factory.mktemp("hostile")
    (right := place / "right").mkdir()
    (right / "web.yaml").write_text(RIGHT)
    (right / "answers.toml").write_text(ANSWERS)
    with own_cluster("kind", "some of these need one"):
        pass  # it is kept: made now, it is no trace of a submission
    before, over = snapshot(), threading.Event()

    def one(case: Case) -> Graded:
        (folder := place / case.id).mkdir()
        return grade(case.hand_in(folder), folder / "results")

    def beside() -> list[Graded]:
        found: list[Graded] = []
        while not over.is_set():
            found.append(grade(str(right), place / f"neighbour-{len(found)}"))
        return found

    with ThreadPoolExecutor(1) as next_door, ThreadPoolExecutor(AT_ONCE) as pool:
        neighbour = next_door.submit(beside)
        try:
            found = dict(zip([case.id for case in cases], pool.map(one, cases), strict=True))
        finally:
            over.set()
        yield Everything(found, neighbour.result(), before)


@pytest.mark.parametrize("case", LIVE, ids=lambda case: f"{case.group}-{case.id}")
def test_it_is_contained(case: Case, graded: Everything) -> None:
    found = graded.cases[case.id]
    match next(iter(case.must.items())):
        case ("refused", words):
            assert (found.code, words in found.said) == (4, True), found.said
        case ("unread", words):
            assert (found.code, words in found.said) == (2, True), found.said
        case ("harmless", _):
            assert found.code == 0, found.said
        case ("failed", claims):
            assert found.code == 1, found.said
            assert {id for id, verdict in found.verdicts.items() if verdict == "failed"} == set(claims), (
                found.said
            )
            for claim in found.result["claims"]:
                if words := claims.get(claim["id"]):
                    assert words in f"{claim['cause']['found']} {claim['cause']['because']}", found.said
    assert not [text for text in case.never if text in found.said]
    assert "Traceback" not in found.said
    written = found.said + "".join(text_of(file) for file in found.folder.rglob("*") if file.is_file())
    assert "\x1b" not in written


def text_of(file: Path) -> str:
    data = file.read_bytes()
    return (gzip.decompress(data) if file.suffix == ".gz" else data).decode()


def test_the_neighbour_keeps_its_verdicts(graded: Everything) -> None:
    assert len(graded.neighbour) >= 3, "it was graded all the while"
    for found in graded.neighbour:
        assert set(found.verdicts.values()) == {"passed"}, found.said
        assert found.code == 0, found.said


def test_nothing_is_left(graded: Everything, cluster: LiveCluster) -> None:
    assert not difference(graded.before, snapshot())
    for namespace in cluster.list("Namespace", labels={OWNER: "sandbox"}):
        assert namespace["metadata"].get("deletionTimestamp"), namespace["metadata"]["name"]
