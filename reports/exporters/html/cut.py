"""Texts cut to what a page has room for, always saying so."""

from __future__ import annotations

from reports.text import clip, one_line


def tail(text: str, most: int) -> str:
    """Return the last `most` characters of a text, and how many there are before them."""
    left = len(text) - most
    return text if left <= 0 else f"({left} characters before) … {text[left:]}"


def middle(text: str, most: int) -> str:
    """Return a name on one line without its middle: what tells names apart stands at their ends."""
    text = one_line(clip(text, 1000))
    if len(text) <= most:
        return text
    front = (most - 1) // 2
    return f"{text[:front]}…{text[len(text) - (most - 1 - front) :]}"
