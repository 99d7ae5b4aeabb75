"""A claim as a test of Allure, and a run that is not whole as one more."""

from __future__ import annotations

from collections.abc import Iterator

from allure_commons.model2 import Label, Parameter, Status, StatusDetails, TestResult
from allure_commons.types import LabelType, Severity

from reports.exporters.allure.attached import Attached
from reports.exporters.allure.clock import Moment, milliseconds
from reports.exporters.allure.ids import digest, uuid
from reports.exporters.allure.seen import evidence, steps
from reports.exporters.markdown import code_span, prose
from reports.model import COURSE, ClaimResult, Run, Verdict
from reports.text import clip, one_line, plain
from reports.words import NOT_GRADED, WORDS, explain, number

TITLE = 1000
"""Characters of a name: it is shown in a tree."""
MESSAGE = 4000
STATUS: dict[Verdict, str] = {
    "passed": Status.PASSED,
    "failed": Status.FAILED,
    "not_reached": Status.SKIPPED,
    "grader_error": Status.BROKEN,
    "skipped": Status.SKIPPED,
}
CRITICAL = 2
"""Points from which on a claim is critical."""
WHOLE = "The submission can be graded."
RUN = "run"
"""Its id; no claim has it, whose id is the name of a test."""


def of_claim(claim: ClaimResult, run: Run, moment: Moment) -> tuple[TestResult, dict[str, str]]:
    """Return a claim as a test, and the files attached to it."""
    result = _result(run, claim.id, claim.title, STATUS[claim.verdict], moment)
    severity = Severity.CRITICAL if claim.points >= CRITICAL else Severity.NORMAL
    result.labels.append(Label(LabelType.SEVERITY, severity.value))
    # `excluded` keeps it out of what tells one test from another
    result.parameters.append(Parameter(name="points", value=_points(claim, run), excluded=True))
    if claim.verdict != "passed":
        why = explain(claim, run)
        result.statusDetails = _details(why if claim.cause or claim.blocked_by else WORDS[claim.verdict])
    result.description = "\n\n".join(_described(claim)) or None
    attached = Attached(result.uuid)
    result.attachments = [attached.text(*line) for line in claim.cause.lines()] if claim.cause else []
    result.attachments += evidence(claim, attached)
    result.steps = list(steps(claim, attached))
    return result, attached.files


def of_run(run: Run) -> TestResult:
    """Return what keeps a run from being whole, as a test that is broken."""
    moment = milliseconds(run.started), milliseconds(run.finished or run.started)
    result = _result(run, RUN, WHOLE, Status.BROKEN, moment)
    result.labels.append(Label(LabelType.SEVERITY, Severity.BLOCKER.value))
    left = [f"claims that were not judged: {len(run.left)}"] if run.left else []
    result.statusDetails = _details("\n".join([NOT_GRADED, *run.problems, *left]))
    return result


def _result(run: Run, id: str, title: str, status: str, moment: Moment) -> TestResult:
    name = one_line(clip(title, TITLE)) or one_line(clip(id, TITLE))
    submission, feature = one_line(clip(run.submission, TITLE)), one_line(clip(run.title, TITLE))
    labels = {
        LabelType.EPIC: one_line(clip(run.environment.get("course") or COURSE, TITLE)),
        LabelType.FEATURE: feature,
        LabelType.STORY: name,
        LabelType.PARENT_SUITE: feature,
        LabelType.SUITE: submission,
        LabelType.FRAMEWORK: "kubeproctor",
    }
    start, stop = moment
    return TestResult(
        uuid=uuid(run.assignment, run.submission, run.started, id),
        # without the submission, those of a class would be retries of one test
        historyId=digest(run.assignment, run.submission, id),
        testCaseId=digest(run.assignment, id),
        fullName=one_line(f"{clip(run.assignment, TITLE)}#{clip(id, TITLE)}"),
        titlePath=[feature, submission],
        name=name,
        status=status,
        stage="finished",
        labels=[Label(*each) for each in labels.items()],
        parameters=[Parameter(name="submission", value=submission)],
        start=start,
        stop=stop,
    )


def _points(claim: ClaimResult, run: Run) -> str:
    worth = number(claim.points)
    return f"{worth} open" if run.is_open(claim) else f"{number(claim.earned)}/{worth}"


def _details(message: str) -> StatusDetails:
    return StatusDetails(message=plain(clip(message, MESSAGE)))


def _described(claim: ClaimResult) -> Iterator[str]:
    """Return paragraphs of Markdown: Allure shows them as such, and no word of them is markup but ours."""
    yield from (f"The course says: {prose(clip(cite, MESSAGE))}" for cite in claim.cites)
    if claim.after:
        yield f"Judged right after {code_span(clip(claim.after, TITLE))}"
