"""What stands beside the results: what the run stood on, and how its ends are called."""

from __future__ import annotations

import json
import re

from reports.model import Run
from reports.text import clip, one_line
from reports.words import number

LONGEST = 1000
"""Characters of a value: it is shown in a table."""
CATEGORIES = (
    json.dumps(
        [
            {"name": "The submission does not do it", "matchedStatuses": ["failed"]},
            {"name": "Could not be graded", "matchedStatuses": ["broken"]},
            {"name": "Not reached, or left out", "matchedStatuses": ["skipped"]},
        ],
        indent=1,
    )
    + "\n"
)


def environment(run: Run) -> str:
    """Return a properties file, in ASCII: https://allurereport.org/docs/how-it-works-environment-file/."""
    lines = [f"{_key(key)}={_value(value)}" for key, value in {**run.facts, **_score(run)}.items()]
    return "\n".join(lines) + "\n"


def _score(run: Run) -> dict[str, str]:
    score = f"{number(run.score)}/{number(run.possible)}"
    told = {"score": score if run.whole else f"{score} so far, not final"}
    adjusted = [f"{each.points:+g} {each.what}" for each in run.adjustments]
    return told | ({"adjustments": "; ".join(adjusted)} if adjusted else {})


def _key(text: str) -> str:
    return re.sub(r"[^\w.-]+", "_", text, flags=re.ASCII)


def _value(text: str) -> str:
    # A properties file escapes as JSON does, and is Latin-1.
    return json.dumps(one_line(clip(text, LONGEST)))[1:-1]
