"""Every assignment is graded as its folder says: right gets all, wrong fails for the stated reason."""

from __future__ import annotations

import json
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from fixtures import assignment
from tests.commands import kubeproctor

pytestmark = [pytest.mark.cluster, pytest.mark.shared]

AT_ONCE = 3
"""Submissions graded side by side: grading waits more than it works."""
SOLUTIONS = [
    path for name in assignment.names() for path in sorted(assignment.ROOT.glob(f"{name}/solutions/*"))
]
WRONG = [path for name in assignment.names() for path in sorted(assignment.ROOT.glob(f"{name}/wrong/*"))]
STARTERS = [assignment.ROOT / name / "starter" for name in assignment.names()]


def short(path: Path) -> str:
    return str(path.relative_to(assignment.ROOT))


@pytest.fixture(scope="module")
def graded(
    cluster: Any, tmp_path_factory: pytest.TempPathFactory
) -> dict[Path, tuple[int, dict[str, Any], str]]:
    """Exit code, result and output of each shipped submission."""
    output = tmp_path_factory.mktemp("graded")

    def grade(path: Path) -> tuple[int, dict[str, Any], str]:
        name = path.relative_to(assignment.ROOT).parts[0]
        done = kubeproctor("grade", path, "--assignment", name, "--output", output / short(path))
        found = output / short(path) / path.name / "result.json"
        result = json.loads(found.read_text()) if found.exists() else {}
        return done.returncode, result, done.stdout + done.stderr

    paths = [*SOLUTIONS, *STARTERS, *WRONG]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip(paths, pool.map(grade, paths), strict=True))


def verdicts(result: dict[str, Any]) -> dict[str, str]:
    return {claim["id"]: claim["verdict"] for claim in result["claims"]}


def test_there_is_something_to_prove() -> None:
    assert len(SOLUTIONS) >= 2 * len(STARTERS)
    assert len(WRONG) >= 2 * len(STARTERS)


@pytest.mark.parametrize("path", SOLUTIONS, ids=short)
def test_a_right_solution_gets_all_points(path: Path, graded: dict[Path, Any]) -> None:
    code, result, output = graded[path]
    assert code == 0, output
    assert set(verdicts(result).values()) == {"passed"}, output
    assert result["points"]["earned"] == result["points"]["possible"] > 0


@pytest.mark.parametrize("path", WRONG, ids=short)
def test_a_wrong_submission_fails_exactly_the_stated_claims_for_the_stated_reason(
    path: Path, graded: dict[Path, Any]
) -> None:
    code, result, output = graded[path]
    stated = tomllib.loads((path / "verdict.toml").read_text())
    assert set(stated) <= {"fails", "not_reached"}, "an unknown key would state nothing"
    assert code == 1, output
    found = verdicts(result)
    assert {claim for claim, verdict in found.items() if verdict == "failed"} == set(stated["fails"]), output
    assert {claim for claim, verdict in found.items() if verdict == "not_reached"} == set(
        stated.get("not_reached", [])
    ), output
    assert set(found.values()) <= {"passed", "failed", "not_reached"}, output
    for claim in result["claims"]:
        if claim["id"] in stated["fails"]:
            said = " ".join(str(claim["cause"][part]) for part in ("found", "because"))
            assert stated["fails"][claim["id"]] in said, said


@pytest.mark.parametrize("path", STARTERS, ids=short)
def test_the_starter_gets_no_point(path: Path, graded: dict[Path, Any]) -> None:
    code, result, output = graded[path]
    assert code == 1, output
    assert result["points"]["earned"] == 0, output
    assert "failed" in verdicts(result).values(), output


def test_nothing_is_left_of_all_these(cluster: Any, graded: dict[Path, Any]) -> None:
    used = {result["environment"]["namespace"] for _, result, _ in graded.values()}
    assert len(used) == len(graded), "each submission has a namespace of its own"
    there = {ns["metadata"]["name"]: ns for ns in cluster.list("Namespace")}
    for name in [*used, *(f"{name}-learner" for name in used)]:
        assert name not in there or there[name]["metadata"].get("deletionTimestamp"), name
