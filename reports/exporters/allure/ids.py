"""Ids that are the same whenever the same is written."""

from __future__ import annotations

import hashlib
import json
from uuid import NAMESPACE_URL, uuid5

NAMESPACE = uuid5(NAMESPACE_URL, "kubeproctor")


def uuid(*parts: str) -> str:
    """Return the id of one file."""
    return str(uuid5(NAMESPACE, json.dumps(parts)))


def digest(*parts: str) -> str:
    """Return the id of what several files are about, in the shape that Allure gives it."""
    return hashlib.md5(json.dumps(parts).encode(), usedforsecurity=False).hexdigest()
