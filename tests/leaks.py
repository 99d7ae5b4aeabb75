"""What a command could leave behind on this machine: listed before and after, and compared."""

from __future__ import annotations

import os
from pathlib import Path

from fixtures.clusters.engine import find_engine
from fixtures.paths import cache_dir, state_dir


def snapshot() -> dict[str, set[str]]:
    """Return containers, volumes, networks, mounts, processes of kind, and files but the stored images."""
    engine = find_engine()

    def ask(*arguments: str) -> set[str]:
        return set(engine.run(*arguments).stdout.split("\n")) - {""}

    return {
        "containers": ask("ps", "--all", "--format", "{{.Names}}"),
        "volumes": ask("volume", "ls", "--format", "{{.Name}}"),
        "networks": ask("network", "ls", "--format", "{{.Name}}"),
        "mounts": {line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()},
        "state": _files(state_dir(), skip=("logs", ".lock")),
        "work": _files(cache_dir() / "images" / "work"),
        "kind processes": _processes("kind", "kindrun"),
    }


def difference(before: dict[str, set[str]], after: dict[str, set[str]]) -> dict[str, set[str]]:
    """Return what came, by sort; empty when nothing did."""
    return {sort: came for sort in before if (came := after[sort] - before[sort])}


def _files(folder: Path, skip: tuple[str, ...] = ()) -> set[str]:
    found = (str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    return {path for path in found if not any(word in path for word in skip)}


def _processes(*words: str) -> set[str]:
    found = set()
    for process in Path("/proc").iterdir():
        if not process.name.isdigit() or int(process.name) == os.getpid():
            continue
        try:
            command = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        names = {Path(part.decode(errors="replace")).name for part in command[:3]}
        if any(word in name.split(".") for word in words for name in names):
            found.add(f"{process.name} {' '.join(sorted(names))}")
    return found
