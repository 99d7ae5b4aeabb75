"""Keep what a bench has measured, as JSON beside it, so that the next run can be compared with the last."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

FIGURES = Path(__file__).parent / "figures"


def keep(name: str, found: Mapping[str, object]) -> None:
    """Print the figures of a bench, and write them to `figures/NAME.json` with the number of cores."""
    text = json.dumps({"cores": os.cpu_count(), **found}, indent=2, sort_keys=True)
    FIGURES.mkdir(exist_ok=True)
    (FIGURES / f"{name}.json").write_text(text + "\n")
    print(text)
