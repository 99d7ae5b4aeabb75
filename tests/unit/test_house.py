"""The house keeps its rules: which way imports point, what an assignment holds, where versions stand."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import yaml

from fixtures import assignment, exercises
from fixtures.clusters.provider import DEFAULT_KUBERNETES
from fixtures.pins import pins
from fixtures.proof.mutants import EQUIVALENT
from fixtures.setup_files import FOLDER
from fixtures.submission import intake
from fixtures.submission.answers_file import NAMES as ANSWERS
from fixtures.submission.model import STEPS

ROOT = Path(__file__).parents[2]
OURS = ("kubeproctor", "fixtures", "reports", "checks", "assignments", "tests", "bench")
MAY_IMPORT = {
    "kubeproctor": {"kubeproctor", "fixtures", "reports", "checks"},
    "fixtures": {"fixtures", "reports", "checks"},
    "reports": {"reports", "checks"},
    "checks": {"checks"},
    "assignments": {"checks"},
}
"""Of our folders and pytest."""
MERE_TYPES = {"__future__", "collections.abc", "typing"}
"""All that an assignment imports beside the language: what it does is said by checks alone."""
KNOWS_PYTEST = {"fixtures/grading.py", "fixtures/plugin.py", "fixtures/run_claims.py", "reports/allure.py"}
AGENT = "fixtures/images/policy/agent/"
"""Runs inside a node, where it is alone with Python's own library."""


@cache
def nodes(file: Path) -> tuple[ast.AST, ...]:
    """Return all that a file says: several tests look at each."""
    return tuple(ast.walk(ast.parse(file.read_text())))


def imports(file: Path) -> Iterator[tuple[str, int]]:
    for node in nodes(file):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield ("." * node.level + (node.module or ""), node.lineno)


def modules(folder: str) -> list[Path]:
    return sorted(file for file in (ROOT / folder).rglob("*.py") if "__pycache__" not in file.parts)


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_imports_point_one_way(folder: str) -> None:
    found = modules(folder)
    assert found
    wrong = []
    for file in found:
        place = str(file.relative_to(ROOT))
        allowed = MAY_IMPORT[folder] | ({"pytest", "_pytest"} if place in KNOWS_PYTEST else set())
        allowed |= {""} if place.startswith(AGENT) else set()
        for name, line in imports(file):
            top = name.partition(".")[0]
            ours = top in {*OURS, "pytest", "_pytest", ""}
            if (ours and top not in allowed) or (
                folder == "assignments" and not ours and name not in MERE_TYPES
            ):
                wrong.append(f"{place}:{line} imports {name or 'relatively'}")
    assert wrong == []


def test_what_runs_in_a_node_needs_nothing_but_python() -> None:
    wrong = [
        f"{file.name}:{line} imports {name}"
        for file in modules(AGENT)
        for name, line in imports(file)
        if (top := name.partition(".")[0]) not in sys.stdlib_module_names and top
    ]
    assert wrong == []


def test_the_list_of_who_knows_pytest_is_not_stale() -> None:
    for place in KNOWS_PYTEST:
        tops = {name.partition(".")[0] for name, _ in imports(ROOT / place)}
        assert "pytest" in tops, f"{place} no longer imports pytest"


# -- assignments -------------------------------------------------------------------------------------

FOLDERS = sorted(
    folder for folder in (ROOT / "assignments").iterdir() if folder.is_dir() and folder.name != "__pycache__"
)
each = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)


def visible(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir() if file.name != "__pycache__"}


def test_every_folder_of_assignments_is_one() -> None:
    assert [folder.name for folder in FOLDERS] == assignment.names() != []
    assert {file.name for file in (ROOT / "assignments").iterdir() if file.is_file()} <= {"__init__.py"}


@each
def test_an_assignment_has_its_files_and_no_stray_ones(folder: Path) -> None:
    task = assignment.read(folder)
    assert re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", folder.name)
    files = {"README.md", "design.md", "assignment.toml", exercises.FILE, task.tests.name}
    assert visible(folder) - {FOLDER, EQUIVALENT} == {*files, "starter", "phantom", "solutions", "wrong"}
    for name in files:
        assert (folder / name).read_text().strip(), f"{name} is empty"


@each
def test_an_assignments_task_and_design_bear_its_names(folder: Path) -> None:
    task = assignment.read(folder)
    assert (folder / "README.md").read_text().startswith(f"# {task.title}\n")
    assert folder.name in (folder / "design.md").read_text().splitlines()[0]
    assert f"--assignment {folder.name}" in (folder / "README.md").read_text()


@each
def test_what_an_assignment_ships_can_be_handed_in(folder: Path) -> None:
    """Right, wrong and begun: none is refused before a cluster has seen it."""
    task = assignment.read(folder)
    solutions, wrong = sorted((folder / "solutions").iterdir()), sorted((folder / "wrong").iterdir())
    assert len(solutions) >= 2
    assert len(wrong) >= 2
    for path in (*solutions, *wrong, folder / "starter", folder / "phantom"):
        if not is_rendered(path):  # those are read by tests/root, where the programs are
            task.accept(path)
    for path in wrong:
        assert set(tomllib.loads((path / "verdict.toml").read_text())) <= {"fails", "not_reached"}
    for path in (*solutions, *wrong, folder / "starter", folder / "phantom"):
        found = visible(path)
        stray = {name for name in found if not name.endswith(intake.MANIFESTS)} - {"verdict.toml", ANSWERS[0]}
        if not is_rendered(path) and STEPS not in found:  # a script may bring along what it needs
            assert not stray, f"{path} holds {stray}"


def is_rendered(submission: Path) -> bool:
    """Return whether it takes Helm or kustomize to read a submission."""
    return any(file.name in ("Chart.yaml", "kustomization.yaml") for file in submission.rglob("*.yaml"))


def claims(folder: Path) -> set[str]:
    tree = ast.parse(assignment.read(folder).tests.read_text())
    return {
        node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name[:5] == "test_"
    }


@each
def test_a_verdict_names_claims_that_there_are_and_a_word_that_must_appear(folder: Path) -> None:
    known = claims(folder)
    assert known
    for file in (folder / "wrong").glob("*/verdict.toml"):
        verdict = tomllib.loads(file.read_text())
        assert verdict["fails"], f"{file} fails nothing"
        assert {*verdict["fails"], *verdict.get("not_reached", [])} <= known
        assert all(isinstance(word, str) and word for word in verdict["fails"].values())


def test_no_two_assignments_have_one_title_or_one_chapter() -> None:
    tasks = [assignment.read(folder) for folder in FOLDERS]
    for values in ([task.title for task in tasks], [task.chapter for task in tasks]):
        assert len(values) == len(set(values))


# -- versions ------------------------------------------------------------------------------------------

PINNED_IN = {"pyproject.toml", "uv.lock", "fixtures/pins.toml"}
PROTOCOLS = {"0.4.0", "1.0.0", "2.1.0"}
"""Of the CNI specification and of SARIF: what we speak, not what we install."""
VERSION = re.compile(
    r"(?<![\w.])v?\d+\.\d+\.\d+(?:[-+][\w.]+)?(?![\w.]*\.\d)|@sha256:[0-9a-f]{8}|\bh1:[\w+/]{20}"
)
ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+(?:/\d+)?")


def committed() -> list[Path]:
    # the folder may belong to the user who called sudo
    command = ["git", "-c", "safe.directory=*", "ls-files"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in names.splitlines()]


def code_of(file: Path) -> str:
    """Return what is run: of Python all strings but docstrings, of all else the lines without comments."""
    if file.suffix != ".py":
        return "\n".join(line for line in file.read_text().splitlines() if not line.lstrip().startswith("#"))
    words = {id(node.value) for node in nodes(file) if isinstance(node, ast.Expr)}
    strings = (node for node in nodes(file) if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return "\n".join(str(node.value) for node in strings if id(node) not in words)


def test_versions_and_checksums_stand_in_the_pins_only() -> None:
    """Go's own files repeat some: a test below holds them to the pins. Images of the course are its words."""
    others = ("docs/", "tests/", "bench/", "assignments/", "LICENSE", "CHANGELOG.md")
    places = [
        file
        for file in committed()
        if (name := str(file.relative_to(ROOT))) not in PINNED_IN and not name.startswith(others)
        and file.suffix not in (".sum", ".mod", ".go", ".sql", ".md") and file.name != "catalogue.toml"
    ]  # fmt: skip
    assert len(places) > 50
    wrong = []
    for file in places:
        text = ADDRESS.sub("", code_of(file))
        found = {version for version in VERSION.findall(text) if version.removeprefix("v") not in PROTOCOLS}
        wrong += [f"{file.relative_to(ROOT)}: {version}" for version in sorted(found)]
    assert wrong == []


def test_the_only_go_versions_beside_the_pins_are_the_same() -> None:
    modules = {"kubernetes": "k8s.io/kubernetes", "etcd": "go.etcd.io/etcd/server/v3"}
    for name, module in modules.items():
        text = (ROOT / "fixtures" / "images" / name / "go.mod").read_text()
        found = re.search(rf"{re.escape(module)} (v\S+)", text)
        assert found
        assert found[1] == pins()["go"][name]["version"]


def test_pins_agree_with_each_other() -> None:
    assert DEFAULT_KUBERNETES in pins()["kubernetes"]
    for minor, pin in pins()["kubernetes"].items():
        built = pins()["go"][pin["go"]]
        assert pin["version"] == built["version"]
        assert pin["version"].startswith(f"v{minor}.")
        assert f"k8s.io/component-base/version.gitVersion={pin['version']}" in built["variables"]
        assert re.fullmatch(
            rf"docker\.io/kindest/node:v{re.escape(minor)}\.\d+@sha256:[0-9a-f]{{64}}", pin["image"]
        )
    for name, pin in pins()["go"].items():
        assert ("module" in pin) != ("folder" in pin), name
        assert "module" not in pin or re.fullmatch(r"h1:[\w+/]{43}=", pin["sum"]), name
        assert "folder" not in pin or (ROOT / "fixtures" / "images" / pin["folder"] / "go.mod").is_file(), (
            name
        )


# -- the distribution ------------------------------------------------------------------------------------


def test_what_is_run_from_an_installed_copy_is_in_the_distribution() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert set(packages) == set(MAY_IMPORT)
    assert project["project"]["scripts"].keys() == {"kubeproctor", "kubectl-proctor"}


def test_every_python_package_that_is_imported_is_a_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = {re.split(r"[^\w-]", dependency)[0] for dependency in project["dependencies"]}
    brought = {"yaml": "pyyaml", "allure": "allure-pytest", "allure_commons": "allure-pytest",
               "allure_pytest": "allure-pytest", "pytest_kind": "pytest-kind", "_pytest": "pytest",
               "jsonschema_rs": "jsonschema-rs", "urllib3": "kubernetes"}  # fmt: skip
    as_data = {"kubernetes-validate"}
    used = {
        name.partition(".")[0]
        for folder in MAY_IMPORT
        for file in modules(folder)
        for name, _ in imports(file)
    }
    foreign = used - set(sys.stdlib_module_names) - {*OURS, ""}
    assert {brought.get(name, name) for name in foreign} <= named
    assert named <= {brought.get(name, name) for name in foreign} | as_data, (
        "a dependency that nothing imports"
    )


def test_every_data_file_is_yaml_or_toml_that_can_be_read() -> None:
    for file in committed():
        if not file.is_file() or {"wrong", "templates"} & set(file.parts):
            continue
        if file.suffix in (".yaml", ".yml"):
            assert list(yaml.safe_load_all(file.read_text())), file
        elif file.suffix == ".toml":
            assert tomllib.loads(file.read_text()), file
