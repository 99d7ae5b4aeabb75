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

    A link gives way, too: where we choose the place, it may have been laid by a learner.
    Characters that UTF-8 does not have (half a surrogate pair) are written as `?`.
    Raises OSError when it cannot be written; what was there is intact then.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(rendered, str):
        _write_file(rendered, target)
    else:
        _write_folder(rendered, target)


def write_to(rendered: Rendered, target: Path) -> None:
    """Write as `write`, to a place that a person has named.

    There a link is followed; a device or a pipe stays what it is, and the text goes into it.
    """
    mode = _mode(target)
    if not isinstance(rendered, str) and mode and not stat.S_ISDIR(mode):
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(target))
    if isinstance(rendered, str) and mode and not stat.S_ISREG(mode):
        target.write_text(rendered, encoding="utf-8", errors="replace")  # a folder refuses it by itself
    else:
        write(rendered, Path(os.path.realpath(target)))


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
        if target.is_symlink():
            target.unlink()
        elif target.exists():
            target.rename(old)
        new.rename(target)
    except OSError:
        if old.exists() and not target.exists():
            old.rename(target)
        raise
    finally:
        shutil.rmtree(new, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)
