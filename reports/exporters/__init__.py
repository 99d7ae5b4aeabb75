"""The exporters: one module each, which turns results into the text that one reader takes.

A module here has `render(run)`, or `render(runs)` when one document is about a whole class, and returns a
text, or the texts of a folder by file name. It reads the result model and nothing else, and it writes
nothing: `reports.files` does, in one way for all.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from reports.model import Run

Rendered = str | Mapping[str, str]
"""A text, or the texts of a folder by file name."""


@dataclass(frozen=True)
class Exporter:
    """What is known of an exporter before its module is imported."""

    about: str
    file: str
    """Where it goes, below the folder of a result or of a class; empty: to standard output."""
    several: bool = False
    """Whether one document is about all results."""
    knows_visibility: bool = False
    """Whether its target hides claims itself; the others never get what is hidden."""


EXPORTERS: dict[str, Exporter] = {
    "junit": Exporter("JUnit XML, as GitLab and other CI systems read it", "junit.xml"),
}
"""By name; a name is a module of this package, with `_` for `-`."""


def render(name: str, runs: Sequence[Run]) -> Rendered:
    """Return what the exporter `name` makes of runs: of all of them, or of the only one.

    Raises KeyError for an unknown name.
    """
    exporter = EXPORTERS[name]
    module = importlib.import_module(f"{__name__}.{name.replace('-', '_')}")
    if exporter.several:
        return cast("Rendered", module.render(runs))
    [run] = runs
    return cast("Rendered", module.render(run))
