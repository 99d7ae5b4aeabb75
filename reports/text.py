"""Learner text made harmless: what it says stays readable, what it would do to a reader's screen does not."""

from __future__ import annotations

import re

KEPT = "\t"


def plain(text: str) -> str:
    """Show every control character as a visible sign: ESC as ␛, a bidi override as <U+202E>.

    What comes out may be written to a terminal and, once escaped by its library, into XML 1.0.
    """
    # most lines are printable, and long ones cost time
    return "\n".join(line if line.isprintable() else _visible(line) for line in text.split("\n"))


def _visible(line: str) -> str:
    return "".join(character if _harmless(character) else _shown(character) for character in line)


def one_line(text: str) -> str:
    """As `plain`, with all white space shrunk to single blanks."""
    return plain(" ".join(text.split()))


def log_line(line: str) -> str:
    """Return a line that no CI takes for a command of its own when it stands in its log.

    GitHub obeys `::name …::` behind any white space and, as Azure Pipelines and TeamCity do with theirs,
    `##[name]` anywhere: https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
    """
    line = re.sub(r"^(\s*):(?=:.*::)", r"\1<U+003A>", line)
    return re.sub(r"#(?=#\w*\[)", "<U+0023>", line)


def log_lines(text: str) -> str:
    """As `log_line`, of each line of a text."""
    return "\n".join(map(log_line, text.split("\n")))


def clip(text: str, most: int) -> str:
    """Cut a text to about `most` characters, and say in it how many are missing."""
    return text if len(text) <= most else f"{text[:most]} … ({len(text) - most} characters more)"


def _harmless(character: str) -> bool:
    # isprintable() is False for controls, format characters (bidi, zero width), surrogates, private use,
    # non-characters and every separator but the blank.
    return character in KEPT or character.isprintable()


def _shown(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)  # the Unicode block "Control Pictures" holds them in the same order
    if code == 0x7F:
        return "\u2421"
    return f"<U+{code:04X}>"
