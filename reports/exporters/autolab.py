"""The result for Autolab: what an autograder prints, a report and in the last line the scores as JSON.

Each claim is a problem of the lab and called by its id: Autolab wants names that match exactly, which an id
does in every run, and its parser changes a name in which a colon follows a letter or a digit, as titles have
it. A hidden claim is the problem `hidden-1`, and so on. What a policy adds or takes off is the problem
`adjustments`. A name that the lab does not define is an error in Autolab: define them all.

A score of `null` is none: the problem stays ungraded. What nobody can say is lost has it, and so has every
claim of a run that is not whole. To print no scores, or `{}`, is worse: each problem then gets 0 points.

https://docs.autolabproject.com/lab/#writing-autograders and app/helpers/assessment_autograde_core.rb of
https://github.com/autolab/Autolab
"""

from __future__ import annotations

import json
from textwrap import indent

from reports.model import ClaimResult, Run
from reports.text import clip, one_line, plain
from reports.words import NOT_GRADED, WORDS, explain, number

LARGEST = 512 * 1024
"""Bytes of the report: Tango takes 1000 KiB of output, and `make` prints as well."""
LONGEST = (16_384, 2_048, 256)
"""Characters kept of one text, the first with which the report is small enough."""
ADJUSTMENTS = "adjustments"


def render(run: Run) -> str:
    """Return a run as the output of an autograder."""
    return f"{_report(run)}\n{json.dumps({'scores': _scores(run)})}\n"


def _scores(run: Run) -> dict[str, float | None]:
    final = run.whole
    scores: dict[str, float | None] = {_problem(id): None for id in run.planned}
    for claim in run.claims:
        scores[_problem(claim.id)] = claim.earned if final and not run.is_open(claim) else None
    if run.adjustments:
        scores[ADJUSTMENTS] = round(run.score - run.earned, 9) if final else None
    return scores


def _problem(id: str) -> str:
    return one_line(id).replace(":", "_")


def _report(run: Run) -> str:
    """Return the report; its last line is ours, so that no text of a learner stands right before the scores.

    Autolab looks there for how to present the rest: https://docs.autolabproject.com/features/formatted-feedback/
    """
    claims = [(_line(claim, run), _told(claim, run)) for claim in run.claims]
    for longest in LONGEST:
        told = [f"{line}\n{indent(clip(why, longest), '    ')}" if why else line for line, why in claims]
        report = "\n".join([_head(run), "", *told, "", *_end(run, longest)])
        if len(report.encode()) <= LARGEST:
            return report
    left_out = f"{len(run.claims)} claims are left out: the report would be too large."
    return "\n".join([_head(run), "", left_out, _end(run, 0)[-1]])


def _head(run: Run) -> str:
    return f"{clip(one_line(run.title), 256)} · {clip(one_line(run.submission), 256)}"


def _line(claim: ClaimResult, run: Run) -> str:
    earned = "-" if run.is_open(claim) else number(claim.earned)
    points = f"{earned}/{number(claim.points)}"
    return f"{WORDS[claim.verdict]:<13} {points:>7}  {clip(one_line(claim.title), 1_024)}"


def _told(claim: ClaimResult, run: Run) -> str:
    told = plain(explain(claim, run))
    return "" if told == WORDS[claim.verdict] else told


def _end(run: Run, longest: int) -> list[str]:
    if not run.whole:
        problems = [clip(f"problem: {plain(problem)}", longest) for problem in run.problems]
        return [*problems, NOT_GRADED]
    lines = [f"{each.points:+g} points: {clip(one_line(each.what), longest)}" for each in run.adjustments]
    score = f"Score: {number(run.score)} of {number(run.possible)}"
    if run.ungraded:
        score += f", {number(run.ungraded)} of them not graded"
    return [*lines, score]
