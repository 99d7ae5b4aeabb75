"""Names of claims that a learner may not see, taken out of what is said about others."""

from __future__ import annotations

import re
from collections.abc import Mapping

from reports.model import Cause


def without_names(text: str, names: Mapping[str, str]) -> str:
    """Return a text with other words in the place of names, where these stand as whole words."""
    longest_first = sorted(filter(None, names), key=len, reverse=True)  # a short one may stand in it
    if not longest_first:
        return text
    either = "|".join(map(re.escape, longest_first))
    return re.sub(rf"(?<!\w)(?:{either})(?!\w)", lambda found: names[found[0]], text)


def cause_without_names(cause: Cause | None, names: Mapping[str, str]) -> Cause | None:
    """Return a cause in which no text has these names: that of a step names what has to come before it."""
    if cause is None:
        return None
    return Cause(**{label: without_names(text, names) for label, text in vars(cause).items()})
