"""A build that is killed leaves no process and no mount, and the same build again works and tidies up."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BUILD = """
import sys

from fixtures.images import catalogue
from fixtures.images.store import Store

recipe = next(r for r in catalogue.recipes() if r.name == sys.argv[1])
catalogue.build(Store(), recipe)
"""
pytestmark = [pytest.mark.root, pytest.mark.network]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cache")
    folder.chmod(0o700)
    return folder


def start(cache: Path, image: str = "busybox") -> subprocess.Popen[str]:
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", BUILD, image]
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)


def at_work(cache: Path) -> set[int]:
    """Processes that name the cache in their arguments or environment, or stand in it."""
    found = set()
    for process in Path("/proc").iterdir():
        if not process.name.isdigit() or int(process.name) == os.getpid():
            continue
        try:
            told = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
            if str(cache).encode() in told + str((process / "cwd").readlink()).encode():
                found.add(int(process.name))
        except OSError:
            continue
    return found


def mounts(cache: Path) -> list[str]:
    found = (line.split()[1] for line in Path("/proc/mounts").read_text().splitlines())
    return sorted(mount for mount in found if mount.startswith(str(cache)))


def work(cache: Path) -> list[Path]:
    return list((cache / "kubeproctor" / "images" / "work").glob("*/*"))


def until(condition: object, seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, what
        time.sleep(0.01)


@pytest.fixture(autouse=True)
def no_mount_stays(cache: Path) -> Iterator[None]:
    yield
    assert not mounts(cache)


@pytest.mark.parametrize("finished", [[], ["Debian bookworm base"]], ids=["in-the-base", "in-a-layer"])
def test_a_killed_build_leaves_nothing_at_work(finished: list[str], cache: Path) -> None:
    process = start(cache)
    assert process.stderr
    for step in finished:
        line = next(line for line in process.stderr if line.startswith("✓"))
        assert step in line
    until(lambda: work(cache), 60, "the build never began")
    process.send_signal(signal.SIGKILL)
    process.communicate()
    until(lambda: not at_work(cache), 10, f"still at work: {at_work(cache)}")
    assert work(cache), "the control: it was killed in the middle"


def test_the_same_build_again_works_and_tidies_up(cache: Path) -> None:
    process = start(cache)
    _, said = process.communicate(timeout=300)
    assert process.returncode == 0, said
    assert "Debian bookworm base" not in said, "what was finished before the kill is not made again"
    assert work(cache) == []
    assert at_work(cache) == set()


def test_two_layers_built_at_once_are_both_whole(cache: Path) -> None:
    both = [start(cache, image) for image in ("nginx", "httpd")]
    said = [process.communicate(timeout=300)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
