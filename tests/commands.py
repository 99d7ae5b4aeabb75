"""The command line as tests call it: a process, as a person would start it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from fixtures.clusters.engine import find_engine
from fixtures.clusters.kind import LABEL

ROOT = Path(__file__).parent.parent
PROGRAM = [sys.executable, "-m", "kubeproctor"]


def kubeproctor(
    *arguments: str | Path, env: Mapping[str, str] | None = None, timeout: float = 300
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; `timeout` is in seconds."""
    return subprocess.run(
        [*PROGRAM, *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def started(*arguments: str | Path) -> subprocess.Popen[str]:
    """Start a command that is to be disturbed, deaf to SIGINT as what stands before `&` in a script is."""
    return subprocess.Popen(
        ["sh", "-c", "trap '' INT; exec \"$@\"", "sh", *PROGRAM, *map(str, arguments)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextlib.contextmanager
def gone_afterwards(*names: str) -> Iterator[None]:
    """Take these clusters down at the end, whatever happened."""
    try:
        yield
    finally:
        for name in names:
            kubeproctor("cluster", "down", "--name", name)


def containers_of(name: str) -> list[str]:
    """Return the names of a cluster's nodes as the engine has them."""
    ask = ("ps", "--all", "--format", "{{.Names}}", "--filter", f"label={LABEL}={name}")
    return str(find_engine().run(*ask).stdout).split()
