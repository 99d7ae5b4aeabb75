"""What files, ConfigMaps and Secrets hold, how it differs from what is wanted, and what is said of it."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from checks.cluster import Cluster, File
from checks.errors import UsageError
from checks.message import shorten
from checks.objects import dig

LIMIT = 64 * 1024
"""Bytes of a file that are read."""
LONG = 300
"""Characters of one value in a message."""
HIDDEN = "(from a Secret, not shown)"

_NOT_THERE = ("no such file", "no such file or directory", "not a directory")
_TOO_LONG = "longer than 64 KiB"


class Source(NamedTuple):
    """What variables or mounted files come from, such as a ConfigMap; an emptyDir has no name."""

    kind: str
    name: str

    def __str__(self) -> str:
        return "an emptyDir" if self.kind == "emptyDir" else f"{self.kind} `{self.name}`"


def quoted(value: str) -> str:
    """Return a value on one line; what is empty is seen."""
    return shorten(json.dumps(value, ensure_ascii=False), LONG)


def keys(data: Mapping[str, str]) -> str:
    """Return the keys of a ConfigMap or a Secret."""
    return shorten(", ".join(sorted(data)), LONG) or "none"


def contents(cluster: Cluster, namespace: str, source: Source) -> dict[str, str] | None:
    """Read what a ConfigMap or a Secret holds, undecodable bytes replaced; None when it does not exist."""
    obj = cluster.get(source.kind, source.name, namespace)
    if obj is None:
        return None
    plain: Mapping[str, Any] = dig(obj, "data", default={})
    if source.kind == "Secret":
        return {key: _decoded(value) for key, value in plain.items()}
    binary: Mapping[str, Any] = dig(obj, "binaryData", default={})
    return {
        **{key: str(value) for key, value in plain.items()},
        **{k: _decoded(v) for k, v in binary.items()},
    }


def _decoded(value: object) -> str:
    try:
        return base64.b64decode(str(value)).decode(errors="replace")
    except binascii.Error:
        return ""


class Unlike(NamedTuple):
    """How a file differs; what is said of its content may be a secret."""

    plain: str
    content: str = ""

    def told(self, hidden: bool, masked: Callable[[str], str]) -> str:
        """Say how the file differs, without its content if that is `hidden`."""
        if hidden and self.content:
            return f"{self.plain} {HIDDEN}"
        return f"{self.plain} {quoted(masked(self.content))}" if self.content else self.plain


def unlike(file: File, text: str | None, contains: str | None) -> Unlike | None:
    """Return how a file differs from what is wanted, None if it does not."""
    if file.text is None and file.detail == _TOO_LONG and text is None and contains is None:
        return None
    if file.text is None:
        return Unlike(file.detail or "nothing to read")
    if text is not None and file.text.removesuffix("\n") != text.removesuffix("\n"):
        return _first_difference(file.text.removesuffix("\n"), text.removesuffix("\n"))
    if contains is not None and contains not in file.text:
        return Unlike("it says", file.text) if file.text else Unlike("it is empty")
    return None


def _first_difference(found: str, wanted: str) -> Unlike:
    if not found:
        return Unlike("it is empty")
    has, wants = found.split("\n"), wanted.split("\n")
    if len(has) == len(wants) == 1:
        return Unlike("it says", found)
    at = next((at for at, (one, other) in enumerate(zip(has, wants, strict=False)) if one != other), None)
    if at is not None:
        return Unlike(f"line {at + 1} is", has[at]) if has[at] else Unlike(f"line {at + 1} is empty")
    if len(has) < len(wants):
        return Unlike(f"it ends after line {len(has)}")
    return Unlike(f"it goes on after line {len(wants)}:", "\n".join(has[len(wants) :]) or "\n")


def is_there(file: File) -> bool:
    """Return whether there is anything, be it a directory or what nobody may read."""
    return file.text is not None or file.detail not in _NOT_THERE


def refuse_no_content(text: str | None, contains: str | None) -> None:
    """Raise a UsageError for what no file can be compared with."""
    for word, value in (("text", text), ("contains", contains)):
        if value is not None and not isinstance(value, str):
            raise UsageError(f'has_file(…) takes {word}="blue", not {value!r}')
    if text is not None and contains is not None:
        raise UsageError("has_file(…) takes text=… or contains=…, not both")
    if contains == "":
        raise UsageError("has_file(…): every file contains an empty text")
    if len((text or contains or "").encode()) > LIMIT:
        raise UsageError("has_file(…): files of up to 64 KiB are read, the text is longer")


def wished(text: str | None, contains: str | None, hidden: bool) -> str:
    """Say which content is wanted, if any is."""
    wanted = text if contains is None else contains
    if wanted is None:
        return ""
    return f" {'with text' if contains is None else 'containing'} {HIDDEN if hidden else quoted(wanted)}"
