"""The form in which a failure reaches people: lines in a fixed order, safe to print anywhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

LIMIT = 2000
"""Characters of one value; identifiers of Kubernetes are far shorter and never cut."""
CANNOT_BE_SCHEDULED = "cannot be scheduled"
"""What the cause says of a pod that no node takes."""

_INDENT = 4
_LABEL = 10
_SEQUENCES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor, erase
    # OSC, DCS and the like. They hold no other's beginning: many that never end would take quadratic time.
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x90\x98\x9c-\x9f]*(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]*[0-~]"  # the short ones
)


def clean(text: str) -> str:
    """Return text without control sequences and without characters that print nothing; newlines stay.

    What a learner controls (logs, bodies, names) may otherwise move the cursor or reverse the reading order.
    """
    text = _SEQUENCES.sub("", text.replace("\r\n", "\n"))
    return "\n".join(line if line.isprintable() else _printing(line) for line in text.split("\n"))


def _printing(line: str) -> str:
    return "".join(char if char.isprintable() else " " if char.isspace() else "" for char in line)


def shorten(text: str, limit: int = LIMIT) -> str:
    """Return at most `limit` characters of a text, and how many are missing."""
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text) - limit} more characters)"


def listed(lines: Sequence[str], most: int = 5) -> str:
    """Return at most so many lines of a list, and how many are missing."""
    more = len(lines) - most
    return "\n".join([*lines[:most], *([f"and {more} more"] if more > 0 else [])])


def ending(text: str, most: int = 10, limit: int = 1000) -> str:
    """Return at most so many of the last lines of a text, and how many are missing."""
    lines = text.rstrip().splitlines()
    more, last = len(lines) - most, "\n".join(lines[-most:])
    last = f"…{last[-limit:]}" if len(last) > limit else last
    return f"({more} line{'s' * (more > 1)} before)\n{last}" if more > 0 else last


def render(claim: str, values: Iterable[tuple[str, str]]) -> str:
    """Return the claim and, below it, one aligned block for each (label, value) that is not empty."""
    lines = []
    if claim:
        lines.append(shorten(clean(claim)).replace("\n", " "))
    for label, value in values:
        first, *rest = shorten(clean(value).strip()).split("\n")
        if first:
            lines.append(" " * _INDENT + label.ljust(_LABEL) + first)
            lines += [" " * (_INDENT + _LABEL) + line for line in rest]
    return "\n".join(line.rstrip() for line in lines)
