"""A Chromium is on the machine, or it is said why not.

`python -m tests.browser.chromium` installs it; `make test` does so. It is no business of
`kubeproctor doctor`: who grades needs no browser.
"""

from __future__ import annotations

import platform
import shutil
import sys

from fixtures.clusters.packages import install
from fixtures.errors import KubeproctorError

PACKAGE = "chromium-headless-shell"
"""Debian's Chromium without a window: what we need of it, and a fifth less to fetch than `chromium`."""
NAMES = (PACKAGE, "chromium", "google-chrome")
WHY_NOT = (
    "Ubuntu has Chromium as a snap only, which package registries do not bring: "
    "install Google Chrome to run these tests here"
)


def find() -> str:
    """Return the path of a browser, or an empty text."""
    found = (shutil.which(name) for name in NAMES)
    # a snap is shut off from the files that we want to show it
    return next((path for path in found if path and not path.startswith("/snap/")), "")


def packaged() -> bool:
    """Return whether this machine's package registry has Chromium: all do but Ubuntu's."""
    return platform.freedesktop_os_release().get("ID") != "ubuntu"


def main() -> int:
    """Install Chromium where it is missing, and say so where that cannot be."""
    try:
        if not find() and packaged():
            install([PACKAGE])
    except KubeproctorError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    if not find():
        print(f"tests/browser is skipped: {WHY_NOT}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
