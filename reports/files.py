"""Files that are whole at any moment: what was there stays until the new one is complete."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path

from reports.exporters import Rendered


def write(rendered: Rendered, target: Path) -> None:
    """Write a text as a file, or texts as a folder, in the place of what was there.

    A link is followed; a device or a pipe stays what it is, and the text goes into it.
    Characters that UTF-8 does not have (half a surrogate pair) are written as `?`.
    Raises OSError when it cannot be written; what was there is intact then.
    """
    mode = _mode(target)
    place = Path(os.path.realpath(target))
    if not isinstance(rendered, str):
        if mode and not stat.S_ISDIR(mode):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(target))
        place.parent.mkdir(parents=True, exist_ok=True)
        _write_folder(rendered, place)
    elif mode and not stat.S_ISREG(mode):
        target.write_text(rendered, encoding="utf-8", errors="replace")  # a folder refuses it by itself
    else:
        place.parent.mkdir(parents=True, exist_ok=True)
        _write_file(rendered, place)


def _mode(target: Path) -> int:
    """Return what is there, behind any links; 0 when there is nothing yet."""
    try:
        return target.stat().st_mode
    except FileNotFoundError:
        return 0


def _write_file(text: str, target: Path) -> None:
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        temporary.write_text(text, encoding="utf-8", errors="replace")
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _write_folder(texts: Mapping[str, str], target: Path) -> None:
    """Fill a new folder beside it and change places: a folder cannot be replaced by a full one."""
    new = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    old = new.with_name(f"{new.name}.old")
    try:
        new.chmod(0o755)
        for name, text in texts.items():
            (new / name).write_text(text, encoding="utf-8", errors="replace")
        if target.exists():
            target.rename(old)
        new.rename(target)
    except OSError:
        if old.exists() and not target.exists():
            old.rename(target)
        raise
    finally:
        shutil.rmtree(new, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)
