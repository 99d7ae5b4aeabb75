"""A missing browser is installed where a registry has one, and is a reason to skip nowhere else."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest

from fixtures.errors import CannotGrade
from tests.browser import chromium


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """A machine without a browser; what is asked of its package registry."""
    asked: list[list[str]] = []
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(platform, "freedesktop_os_release", lambda: {"ID": "debian"})
    monkeypatch.setattr(chromium, "install", asked.append)
    return asked


def program(file: Path) -> None:
    file.write_text("#!/bin/sh\n")
    file.chmod(0o755)


def test_what_is_missing_is_installed_and_what_is_there_is_not(
    asked: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def install(packages: list[str]) -> None:
        asked.append(packages)
        program(tmp_path / packages[0])

    monkeypatch.setattr(chromium, "install", install)
    assert [chromium.main(), chromium.main()] == [0, 0]
    assert asked == [["chromium-headless-shell"]]
    assert chromium.find() == str(tmp_path / "chromium-headless-shell")


def test_ubuntu_is_asked_for_nothing_and_the_reason_is_said(
    asked: list[list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(platform, "freedesktop_os_release", lambda: {"ID": "ubuntu", "ID_LIKE": "debian"})
    assert chromium.main() == 0
    assert asked == []
    assert "tests/browser is skipped: Ubuntu has Chromium as a snap only" in capsys.readouterr().err


def test_an_installation_that_fails_ends_with_its_reason(
    asked: list[list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def install(packages: list[str]) -> None:
        raise CannotGrade("`apt-get update -qq` failed", where="E: no network")

    monkeypatch.setattr(chromium, "install", install)
    assert chromium.main() == 3
    assert "E: no network" in capsys.readouterr().err


def test_a_snap_is_no_browser_for_us(asked: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"chromium": "/snap/bin/chromium", "google-chrome": "/usr/bin/google-chrome"}
    monkeypatch.setattr(chromium.shutil, "which", found.get)
    assert chromium.find() == "/usr/bin/google-chrome"
    del found["google-chrome"]
    assert chromium.find() == ""
