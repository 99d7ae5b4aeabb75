"""The result for Allure: a folder `allure-results` with one file a claim, and the files attached to it.

Failed is what the learner's submission does not do, broken what we could not see; what was not reached or
left out is skipped, and says why. A run that is not whole has one more broken test, or else one that was
killed would look like a success. Points are a parameter of each test, the score stands in the environment.

Ids come from the assignment, the submission and the claim, so that results of a class may lie in one folder,
and the same claim of a later run is the next in its history.

https://allurereport.org/docs/how-it-works-test-result-file/
"""

from __future__ import annotations

import json

from allure_commons.logger import AllureMemoryLogger
from allure_commons.model2 import TEST_CASE_PATTERN

from reports.exporters.allure.beside import CATEGORIES, environment
from reports.exporters.allure.clock import moments
from reports.exporters.allure.results import of_claim, of_run
from reports.model import Run


def render(run: Run) -> dict[str, str]:
    """Return the files of `allure-results`."""
    # turns results into data; `reports.files` writes them
    logger = AllureMemoryLogger()  # type: ignore[no-untyped-call]
    files: dict[str, str] = {}
    for claim, moment in zip(run.claims, moments(run), strict=True):
        result, attached = of_claim(claim, run, moment)
        logger.report_result(result)  # type: ignore[no-untyped-call]
        files |= attached
    if run.problems or not (run.whole or run.count("grader_error")):
        logger.report_result(of_run(run))  # type: ignore[no-untyped-call]
    for case in logger.test_cases:
        files[TEST_CASE_PATTERN.format(prefix=case["uuid"])] = json.dumps(case, indent=1) + "\n"
    return files | {"environment.properties": environment(run), "categories.json": CATEGORIES}
