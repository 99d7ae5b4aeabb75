"""Reports as they were last agreed on: files beside the tests, compared to the character.

After a change that is wanted: `KUBEPROCTOR_RENEW=1 python -m pytest tests/unit/reports`, then read the diff.
"""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).with_name("golden")


def same(name: str, text: str) -> None:
    """Fail unless the text is what the golden file of this name holds, line ends included."""
    file = FOLDER / name
    if os.environ.get("KUBEPROCTOR_RENEW"):
        FOLDER.mkdir(exist_ok=True)
        file.write_bytes(text.encode())
    assert text == file.read_bytes().decode()
