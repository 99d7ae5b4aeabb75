"""The ground that all HTML pages stand on: templates that escape, and one style for all.

Nothing reaches a page as it is: a text is made harmless (`reports.text.plain`) and then escaped, whether a
template thinks of it or not.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from reports.text import clip, one_line, plain
from reports.words import WORDS, number


@cache
def environment(*packages: str) -> Environment:
    """Return the environment of the templates of `packages`, which may extend those beside this module."""
    loaders = [PackageLoader(package) for package in (*packages, "reports.exporters.html")]
    made = Environment(
        loader=ChoiceLoader(loaders),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_harmless,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters.update(cut=clip, line=one_line, number=number, prose=prose, signed=signed)
    style = resources.files("reports.exporters.html").joinpath("style.css").read_text(encoding="utf-8")
    made.globals.update(style=Markup(style), words=WORDS)  # noqa: S704 - a file of ours
    return made


def prose(text: str) -> Markup:
    """Return one line in which what stands in `backticks` is code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(one_line(text)))))  # noqa: S704 - is escaped


def signed(points: float) -> str:
    """Write what is added or taken off, with its sign."""
    return f"{points:+g}".replace("-", "−")


def _harmless(value: object) -> object:
    return value if isinstance(value, Markup) or not isinstance(value, str) else plain(value)
