"""The result as JSON: the machine's format of this project, described in docs/reference/result.md."""

from __future__ import annotations

import json
from pathlib import Path

from reports import files
from reports.model import Run


def write(run: Run, target: Path) -> None:
    """Write a run so that whoever reads the file finds a whole one, at any moment.

    Non-ASCII and control characters are escaped as JSON has it, so that the file is harmless on a terminal.
    Raises OSError when the file cannot be written.
    """
    files.write(json.dumps(run.as_data(), indent=1) + "\n", target)


def read(source: Path) -> Run:
    """Read a result.

    Raises OSError when there is no file, ValueError when it holds no result of this version.
    """
    return Run.from_data(json.loads(source.read_text(encoding="utf-8")))
