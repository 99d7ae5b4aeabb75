"""The language is what `checks` exports, and it stands on nothing of the house."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from types import ModuleType

import pytest

import checks

FOLDER = Path(checks.__file__).parent
NAMES = {
    "nouns": {
        "Solution",
        "Service",
        "Deployment",
        "Pod",
        "Network",
        "Access",
        "Admission",
        "ServiceAccount",
        "ReplicaSet",
        "StatefulSet",
        "DaemonSet",
        "Job",
        "CronJob",
        "Thing",
        "Quota",
        "LimitRange",
        "Answers",
        "Answer",
        "Probe",
        "Container",
        "Commands",
        "VolumeClaim",
    },
    "fields": {"ABSENT", "Field"},
    "adverbs": {"eventually", "consistently", "throughout", "set_patience"},
    "faults": {"faults"},
    "claims": {"graded", "Claim", "claim_of"},
    "readings": {"Observation", "Recording", "recording"},
    "errors": {"CheckFailed", "Hopeless", "GraderError", "UsageError"},
}


def test_exports_are_these_and_no_others() -> None:
    assert set(checks.__all__) == set().union(*NAMES.values())
    public = {name for name, value in vars(checks).items() if not name.startswith("_")}
    submodules = {name for name in public if isinstance(getattr(checks, name), ModuleType)}
    assert public - submodules == set(checks.__all__) - {"faults"}


@pytest.mark.parametrize("module", sorted(FOLDER.rglob("*.py")), ids=lambda path: path.stem)
def test_module_imports_only_the_standard_library_tenacity_and_its_siblings(module: Path) -> None:
    imported = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            imported.add((node.module or "").partition(".")[0])
    assert imported - sys.stdlib_module_names <= {"checks", "tenacity"}


def test_fake_is_for_tests_only() -> None:
    users = [path for path in FOLDER.rglob("*.py") if "checks.fake" in path.read_text(encoding="utf-8")]
    assert users == []
