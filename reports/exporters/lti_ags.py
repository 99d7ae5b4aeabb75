"""The scores as an LMS takes them: one line of JSON a learner, each the body of one POST to LINEITEM/scores.

LTI Assignment and Grade Services 2.0: https://www.imsglobal.org/spec/lti-ags/v2p0#score-publish-service,
media type application/vnd.ims.lis.v1.score+json. A result whose learner is not known is left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from reports.model import Run
from reports.text import clip, one_line
from reports.words import MARKS, WORDS, number

COMMENT = 1000


def render(runs: Sequence[Run]) -> str:
    """Return JSON lines; a platform forgets an earlier score when it gets one without `scoreGiven`."""
    return "".join(json.dumps(_score(run)) + "\n" for run in runs if run.user)


def _score(run: Run) -> dict[str, Any]:
    score: dict[str, Any] = {"userId": run.user, "timestamp": run.finished or run.started}
    # Points that a skip left open are not the learner's to lose, so they are no part of the maximum.
    most = round(run.possible - run.ungraded, 6)
    if run.whole and most > 0:  # the maximum must be above 0
        score |= {"scoreGiven": round(run.score, 6), "scoreMaximum": most}
    score |= {
        "comment": clip("; ".join(_comment(run)), COMMENT),
        # What the learner did, and what we did.
        "activityProgress": "Completed" if run.whole else "Submitted",
        "gradingProgress": "FullyGraded" if run.whole else "Failed" if run.finished else "Pending",
    }
    if run.handed_in:
        score["submission"] = {"submittedAt": run.handed_in}
    return score


def _comment(run: Run) -> Iterator[str]:
    """Say it in words of ours only: platforms differ in whether they show a comment as text or as HTML."""
    if not run.whole:
        yield "not graded yet, through no fault of the submission"
        return
    yield ", ".join(f"{run.count(verdict)} {WORDS[verdict]}" for verdict in MARKS if run.count(verdict))
    for each in run.adjustments:
        yield one_line(f"{each.what} ({'+' if each.points > 0 else ''}{number(each.points)})")
