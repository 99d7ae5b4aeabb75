"""The result for Artemis: a folder `customFeedbacks` with one JSON file a claim.

A test is named by the id of its claim: the names must be those that the solution of the exercise had when
Artemis registered its tests, and a title may change. Its points are set in Artemis, and so is whatever a
policy would add or take off: a feedback is successful or not, and holds no points.

What nobody can say is lost has no file, because the only other thing to say is that it is not successful. Of
a run that is not whole there is no feedback at all: Artemis takes a build without results for a failed one,
not for a graded one. `not-graded.txt` says why; Artemis reads `.json` only. A hidden claim is the test
`hidden-1`, and so on.

https://github.com/ls1intum/artemis-notification-plugin (the folder, `.json`) and CustomFeedbackParser.java of
https://github.com/ls1intum/Artemis (the fields, and the length of a message)
"""

from __future__ import annotations

import json
import re

from reports.model import ClaimResult, Run
from reports.text import clip, one_line, plain
from reports.words import NOT_GRADED, WORDS, told

LONGEST = 20_000
"""UTF-16 units of a message, as Java counts them; Artemis drops what is behind them without a word."""
WHY_NOT = "not-graded.txt"


def render(run: Run) -> dict[str, str]:
    """Return the files of `customFeedbacks`."""
    if not run.whole:
        return {WHY_NOT: _why_not(run)}
    feedbacks = [_feedback(claim, run) for claim in run.claims if not run.is_open(claim)]
    return {
        _file(number, str(each["name"])): json.dumps(each) + "\n" for number, each in enumerate(feedbacks, 1)
    }


def _file(number: int, name: str) -> str:
    """Return a name that is safe on any disk; the number keeps apart what would become the same."""
    return f"{number:03}-{re.sub(r'[^A-Za-z0-9_-]+', '_', name)[:80]}.json"


def _feedback(claim: ClaimResult, run: Run) -> dict[str, object]:
    message = _cut(f"{clip(one_line(claim.title), 1_000)}\n{told(claim, run)}", LONGEST)
    return {"name": one_line(claim.id), "successful": claim.verdict == "passed", "message": message}


def _why_not(run: Run) -> str:
    lines = [NOT_GRADED, *(f"problem: {plain(problem)}" for problem in run.problems)]
    lines += [f"{WORDS[claim.verdict]}: {clip(one_line(claim.title), 1_000)}" for claim in run.claims]
    return "\n".join(lines) + "\n"


def _cut(text: str, longest: int) -> str:
    units = text.encode("utf-16-le")
    if len(units) <= 2 * longest:
        return text
    kept = units[: 2 * (longest - 40)].decode("utf-16-le", "ignore")  # room for the note
    return f"{kept} … ({len(text) - len(kept)} characters more)"
