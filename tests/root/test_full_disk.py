"""A disk that is really full: one message, exit code 3, and the store stays whole and goes on later."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fixtures.errors import CannotGrade
from fixtures.images import oci
from fixtures.images.oci import File
from fixtures.images.store import Store
from reports import result_json
from reports.model import ClaimResult, Run
from tests.commands import kubeproctor

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0, reason="a disk of its own is mounted by root"),
]

DISK = 4 << 20


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A disk of 4 MB as the cache folder; the state folder lies elsewhere."""
    place = tmp_path / "disk"
    place.mkdir()
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK},nr_inodes=64,mode=700", "tmpfs", place], check=True
    )
    monkeypatch.setenv("XDG_CACHE_HOME", str(place))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("PATH", str(tmp_path))  # no engine
    try:
        yield place
    finally:
        subprocess.run(["/bin/umount", place], check=True)


def fill(disk: Path) -> None:
    """Take every byte, and every place for another file."""
    with contextlib.suppress(OSError), (disk / "ballast").open("wb", buffering=0) as ballast:
        while ballast.write(b"x" * 4096):
            pass
    with contextlib.suppress(OSError):
        for number in itertools.count():
            (disk / f"empty-{number}").touch()
    assert shutil.disk_usage(disk).free < 4096


def build(store: Store, size: int) -> dict[str, Any]:
    """A small image as `kubeproctor images build` makes it."""

    def recipe(work: Path) -> dict[str, Any]:
        return {"layer": oci.layer(store, work, [File("a", b"x" * size)])}

    made = store.make("layer", {"size": size}, recipe)
    return oci.image(store, [made["layer"]], {"Cmd": ["a"]})


def files(folder: Path) -> set[str]:
    return {
        str(file.relative_to(folder))
        for file in folder.rglob("*")
        if file.is_file() and file.suffix != ".lock"
    }


def test_an_image_that_does_not_fit_leaves_the_store_as_it_was(disk: Path) -> None:
    store = Store()
    kept = build(store, 1 << 20)
    before = files(disk)
    with pytest.raises(CannotGrade, match=r"no space left while writing images \(\d MB free\)") as caught:
        build(store, DISK)
    assert caught.value.where == str(store.root)
    assert "kubeproctor images prune" in caught.value.fix
    assert caught.value.exit_code == 3
    assert files(disk) == before
    assert build(store, 1 << 20) == kept
    smaller = build(store, 2 << 20)
    assert {store.path(smaller["manifest"]).exists(), store.path(kept["manifest"]).exists()} == {True}


@pytest.mark.parametrize("what", ["blob", "record"])
def test_no_room_for_the_last_small_file_is_told_as_well(what: str, disk: Path) -> None:
    store = Store()
    fill(disk)
    with pytest.raises(CannotGrade, match="no space left"):
        _ = store.add(b"x" * 5000) if what == "blob" else store.make("x", {}, lambda _: {"text": "y" * 5000})
    assert not files(store.root)
    (disk / "ballast").unlink()
    for number in range(3):
        (disk / f"empty-{number}").unlink()
    assert store.make("x", {}, lambda _: {"text": "y"}) == {"text": "y"}


def test_a_command_on_a_full_disk_ends_with_one_message(disk: Path, tmp_path: Path) -> None:
    """State and cache on the full disk: not even a file for a traceback of ours could be written."""
    (disk / "kubeproctor").mkdir(mode=0o700)
    fill(disk)
    ended = kubeproctor("images", "verify", env={"XDG_STATE_HOME": str(disk)})
    assert ended.returncode == 3, ended
    assert "no space left" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert [line.partition(":")[0] for line in ended.stderr.splitlines()] == [
        "kubeproctor",
        "  where",
        "  fix",
    ]
    ended = kubeproctor("doctor", env={"XDG_STATE_HOME": str(disk), "KUBEPROCTOR_REGISTRY": "never"})
    assert ended.returncode == 3, ended
    assert "✗ 0 GB free for images\n    fix: free some space" in ended.stdout
    assert "Traceback" not in ended.stdout + ended.stderr


@pytest.mark.parametrize("why", ["No space left on device", "Read-only file system"])
def test_a_report_that_finds_no_place_leaves_the_results_there(why: str, disk: Path) -> None:
    run = Run("first-steps", "First steps", "alice", claims=[ClaimResult("test_it", "It is.", 1, "passed")])
    result_json.write(run, result := disk / "alice" / "result.json")
    (report := disk / "alice" / "junit.xml").write_text("of yesterday")
    before = result.read_bytes()
    if why.startswith("No space"):
        fill(disk)
    else:
        subprocess.run(["/bin/mount", "-o", "remount,ro", disk], check=True)
    ended = kubeproctor("report", str(disk), "--to", "junit", "--to", "html")
    assert ended.returncode == (3 if why.startswith("No space") else 2), ended
    assert ended.stderr.splitlines() == [
        "kubeproctor: the report junit cannot be written; earlier results are intact",
        f"  where: {report}: {why}",
        "  fix: name another place: NAME=PATH",
    ]
    assert (result.read_bytes(), report.read_text()) == (before, "of yesterday")
    assert sorted(file.name for file in (disk / "alice").iterdir()) == ["junit.xml", "result.json"]
