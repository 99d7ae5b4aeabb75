"""What evidence must look like to become a picture: a result of another day may hold anything.

All of these raise TypeError or ValueError where the data has another shape.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any


def mapping(data: object) -> Mapping[str, Any]:
    """Return data that is an object of JSON."""
    if not isinstance(data, Mapping):
        raise TypeError("not an object")
    return data


def several(data: object) -> Sequence[Any]:
    """Return data that is a list of JSON."""
    if not isinstance(data, Sequence) or isinstance(data, str):
        raise TypeError("not a list")
    return data


def objects(data: object) -> list[Mapping[str, Any]]:
    """Return data that is a list of objects."""
    return [mapping(each) for each in several(data)]


def words(data: object) -> list[str]:
    """Return data that is a list, each entry as text."""
    return ["" if each is None else str(each) for each in several(data)]


def quantity(value: object) -> float:
    """Return a number that can be drawn."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError(f"{value!r} is not a number")
    return value


def moment(text: object) -> datetime:
    """Return a time that is written as RFC 3339, in UTC."""
    time = datetime.fromisoformat(str(text))
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
