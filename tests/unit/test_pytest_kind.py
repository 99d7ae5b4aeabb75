"""pytest_kind's traps: what it downloads, where it writes, how long it waits. Ours steps around each."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
KUBECONFIG = """\
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: u, user: {token: t}}]
contexts: [{name: c, context: {cluster: c, user: u}}]
current-context: c
"""
KIND = f"""#!/bin/sh
echo "$*" >> calls
[ "$1" = get ] && exit 0
for argument; do
    case $argument in --kubeconfig=*) printf '%s' '{KUBECONFIG}' > "${{argument#*=}}";; esac
done
"""

Create = Callable[[], subprocess.CompletedProcess[str]]


@pytest.fixture
def create(tmp_path: Path) -> Create:
    """Create a cluster through pytest_kind with a kind that writes down how it was called."""
    (tmp_path / "kind").write_text(KIND)
    (tmp_path / "kind").chmod(0o755)
    (tmp_path / "kubectl").write_text("#!/bin/sh\nexit 1\n")
    files = ("kubeconfig", "an/image:1", "kind", "kubectl", "kind.yaml")
    values = [name if "/" in name else str(tmp_path / name) for name in files]
    command = [sys.executable, "-m", "fixtures.clusters.kindrun", "create", "one", *values]
    # a download would go to this proxy, and fail at once
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HTTPS_PROXY": "http://127.0.0.1:9"}

    def run() -> subprocess.CompletedProcess[str]:
        # its standard input stays open while it works: the end of it is the end of its parent
        options = {"cwd": tmp_path, "env": environment, "text": True}
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        with subprocess.Popen(command, start_new_session=True, **options, **pipes) as process:
            code = process.wait(60)
            return subprocess.CompletedProcess(command, code, process.stdout.read(), process.stderr.read())

    return run


def test_nothing_is_downloaded_and_all_that_it_needs_is_given(create: Create, tmp_path: Path) -> None:
    done = create()
    assert done.returncode == 0, done.stderr
    calls = (tmp_path / "calls").read_text().splitlines()
    assert calls == [
        "get clusters",
        f"create cluster --name=one --kubeconfig={tmp_path}/kubeconfig --image=an/image:1 "
        f"--config {tmp_path}/kind.yaml",
    ]
    assert not [path for path in (tmp_path / ".pytest-kind").rglob("*") if path.is_file()]


def test_its_ten_second_port_forward_and_its_kubectl_are_never_used() -> None:
    used = re.compile(r"\.port_forward\(|\.kubectl\(|load_docker_image")
    files = [
        path for folder in ("fixtures", "checks", "kubeproctor") for path in (ROOT / folder).rglob("*.py")
    ]
    assert files
    assert not [path for path in files if used.search(path.read_text())]


def test_only_the_process_of_its_own_imports_it() -> None:
    files = [
        path for folder in ("fixtures", "checks", "kubeproctor") for path in (ROOT / folder).rglob("*.py")
    ]
    importing = [
        path.name for path in files if re.search(r"^\s*(from|import) pytest_kind", path.read_text(), re.M)
    ]
    assert importing == ["kindrun.py"]
