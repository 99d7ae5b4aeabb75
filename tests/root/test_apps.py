"""The probe and the stand-ins of the course's applications keep their own tests, written in Go."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from fixtures.images import golang

APPS = Path(golang.__file__).parent / "apps"
pytestmark = pytest.mark.network


@pytest.mark.parametrize("command", [["vet", "./..."], ["test", "./..."]], ids=["vet", "test"])
def test_the_go_code_is_sound(command: list[str]) -> None:
    done = subprocess.run(
        [golang.go(), *command],
        cwd=APPS,
        env=golang._environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
