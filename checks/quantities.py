"""Quantities: amounts of resources as manifests write them, by their exact value."""

from __future__ import annotations

import re
from decimal import Decimal

Quantity = str | int | float
"""An amount: `500m`, `1Gi`, `2`."""

_LONGEST = 100
"""Characters; what is longer is no quantity that anybody means, and may take long to compute."""
_FORM = re.compile(
    r"(?P<sign>[+-]?)(?:(?P<whole>[0-9]+)(?:\.(?P<part>[0-9]*))?|\.(?P<only>[0-9]+))"
    r"(?:(?P<suffix>[KMGTPE]i|[numkMGTPE])|[eE](?P<exponent>[+-]?[0-9]{1,9}))?"
)
_DECIMAL = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}


def quantity(value: object) -> Decimal | None:
    """Return the exact value of a quantity, None for what is none.

    Source: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = value if isinstance(value, str) else str(Decimal(value) if isinstance(value, int) else value)
    form = _FORM.fullmatch(text) if len(text) <= _LONGEST else None
    if form is None:
        return None
    part, suffix = form["part"] or form["only"] or "", form["suffix"] or ""
    digits = int((form["whole"] or "") + part) << _BINARY.get(suffix, 0)
    exponent = int(form["exponent"] or _DECIMAL.get(suffix, 0)) - len(part)
    return Decimal(f"{form['sign']}{digits}e{exponent}")  # unlike arithmetic, this never rounds
