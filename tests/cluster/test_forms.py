"""One answer is judged alike in whatever form it is handed in.

What is inside of a submission (manifests, a List, a kustomization, a chart, commands, both) is graded by
`test_assignments.py`, from the solutions of the assignment. Here it is what the files come in,
and a script that installs a chart.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from fixtures import assignment
from tests.commands import PROGRAM, ROOT

pytestmark = [pytest.mark.cluster, pytest.mark.shared]

TASK = assignment.load("custom-load-balancing")
RIGHT = TASK.folder / "solutions" / "manifests"
WRONG = TASK.folder / "wrong" / "label-on-deployment"
AT_ONCE = 3


def folder(answer: Path, place: Path) -> str:
    return str(answer)


def one_file(answer: Path, place: Path) -> str:
    (place / "all.txt").write_text("\n---\n".join(file.read_text() for file in sorted(answer.glob("*.yaml"))))
    return str(place / "all.txt")


def zipped(answer: Path, place: Path) -> str:
    return shutil.make_archive(str(place / "answer"), "zip", answer.parent, answer.name)


def tarred(answer: Path, place: Path) -> str:
    with tarfile.open(place / "answer.tar.gz", "w:gz") as archive:
        archive.add(answer, ".")
    return str(place / "answer.tar.gz")


def git_ref(answer: Path, place: Path) -> str:
    """The answer on a branch that is not checked out, in a folder of the repository."""
    repository = place / "repository"
    shutil.copytree(answer, repository / "week 4")

    def git(*words: str) -> None:
        who = ("-c", "user.name=learner", "-c", "user.email=learner@example.org")
        subprocess.run(["git", *who, *words], cwd=repository, check=True, capture_output=True)

    git("init", "--initial-branch=answer")
    git("add", ".")
    git("commit", "--message=answer")
    git("checkout", "--orphan", "main")
    git("rm", "-r", "--force", ".")
    git("commit", "--allow-empty", "--message=nothing")
    return f"git+{repository}@answer:week 4"


def chart_in_a_script(answer: Path, place: Path) -> str:
    """The answer as a chart that a script installs, after a look at what is there."""
    templates = place / "scripted" / "web" / "templates"
    shutil.copytree(answer, templates, ignore=shutil.ignore_patterns("*.toml"))  # Helm reads all files there
    (templates.parent / "Chart.yaml").write_text("apiVersion: v2\nname: web\nversion: 0.1.0\n")
    (place / "scripted" / "steps.sh").write_text(
        "# step: all\nkubectl get all\nkubectl get endpoints\nhelm install web ./web\n"
    )
    return str(place / "scripted")


def standard_input(answer: Path, place: Path) -> str:
    return "-"


FORMS: list[Callable[[Path, Path], str]] = [
    folder,
    one_file,
    zipped,
    tarred,
    git_ref,
    chart_in_a_script,
    standard_input,
]


def grade(form: Callable[[Path, Path], str], answer: Path, place: Path) -> dict[str, Any]:
    place.mkdir()
    spec, output = form(answer, place), place / "results"
    text = Path(one_file(answer, place)).read_bytes() if spec == "-" else None
    command = [*PROGRAM, "grade", spec, "--assignment", TASK.name, "--output", str(output)]
    done = subprocess.run(command, input=text, capture_output=True, cwd=ROOT, timeout=300, check=False)
    found = list(output.glob("*/result.json"))
    assert found, done.stdout.decode() + done.stderr.decode()
    result: dict[str, Any] = json.loads(found[0].read_text())
    return result


@pytest.fixture(scope="module")
def graded(cluster: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, bool], dict[str, Any]]:
    """The result of each form, of a right and of a wrong answer."""
    place = tmp_path_factory.mktemp("forms")
    asked = [(form, right) for form in FORMS for right in (True, False)]

    def one(case: tuple[Callable[[Path, Path], str], bool]) -> dict[str, Any]:
        form, right = case
        return grade(form, RIGHT if right else WRONG, place / f"{form.__name__}-{right}")

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return {
            (form.__name__, right): result
            for (form, right), result in zip(asked, pool.map(one, asked), strict=True)
        }


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_a_form_changes_no_verdict(form: Callable[[Path, Path], str], graded: dict[Any, Any]) -> None:
    def verdicts(form: Callable[[Path, Path], str], right: bool) -> dict[str, str]:
        return {claim["id"]: claim["verdict"] for claim in graded[form.__name__, right]["claims"]}

    assert set(verdicts(form, True).values()) == {"passed"}
    assert "failed" in verdicts(form, False).values(), "the control: a wrong answer fails"
    assert verdicts(form, False) == verdicts(folder, False)
