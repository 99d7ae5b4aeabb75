"""The result as JUnit XML: what failed is a failure, what we could not see an error, the rest is skipped.

There is no standard; this is what GitLab reads (https://docs.gitlab.com/ci/testing/unit_test_reports/) and
the actions that read it on GitHub. It has no place for points. `file` is left out: a reader looks for it in
the learner's repository, and the test is not there.
"""

from __future__ import annotations

import io

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from reports.model import ClaimResult, Run
from reports.text import one_line, plain
from reports.words import explain

TITLE = 1000
"""Characters of a name: it is shown in a table."""


def render(run: Run) -> str:
    """Return a run as one test suite."""
    suite = TestSuite(run.assignment)
    suite.timestamp = run.started
    for key, value in run.facts.items():
        suite.add_property(key, plain(value))
    for claim in run.claims:
        suite.add_testcase(_case(claim, run))
    if run.problems or not (run.whole or run.count("grader_error")):
        # Without it a run that was killed would look like a success.
        case = TestCase("The submission can be graded.", run.assignment)
        case.result = [_result(Error, "problem", "\n".join(run.problems) or _unfinished(run))]
        suite.add_testcase(case)
    suite.time = round(sum(claim.seconds for claim in run.claims), 3)
    document = JUnitXml("kubeproctor")
    document.add_testsuite(suite)
    document.update_statistics()  # type: ignore[no-untyped-call]
    written = io.BytesIO()
    document.write(written, pretty=True)
    return written.getvalue().decode()


def _unfinished(run: Run) -> str:
    if run.left:
        return f"the run was not finished; claims that were not judged: {len(run.left)}"
    return "not all claims could be judged" if run.count("passed") else "no claim was judged"


def _case(claim: ClaimResult, run: Run) -> TestCase:
    # Readers drop the second of two cases of one name; the id is unique where a title might not be.
    case = TestCase(one_line(claim.title[:TITLE]), f"{run.assignment}.{claim.id}", round(claim.seconds, 3))
    # Some readers show the body only, some the attribute only.
    body = explain(claim, run)
    if claim.verdict == "failed":
        case.result = [_result(Failure, "CheckFailed", body)]
    elif claim.verdict == "grader_error":
        case.result = [_result(Error, "GraderError", body)]
    elif claim.verdict != "passed":
        case.result = [_result(Skipped, claim.verdict, body)]
    return case


def _result(
    kind: type[Failure] | type[Error] | type[Skipped], word: str, body: str
) -> Failure | Error | Skipped:
    result = kind(one_line(body.partition("\n")[0]), word)
    result.text = plain(body)
    return result
