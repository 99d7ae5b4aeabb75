"""JUnit XML as the CI systems read it."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from golden import same
from junitparser import Error, Failure, JUnitXml, Skipped

from reports import files
from reports.exporters import junit


@pytest.fixture
def read(tmp_path):
    """Write a run and read the file back."""

    def back(run) -> JUnitXml:
        files.write(junit.render(run), file := tmp_path / "new" / "junit.xml")
        return JUnitXml.fromfile(str(file))

    return back


@pytest.mark.parametrize("name", ["passing", "failing"])
def test_it_is_as_agreed(name, request):
    same(f"junit-{name}.xml", junit.render(request.getfixturevalue(name)))


def test_each_verdict_is_an_element_of_its_own(failing, read):
    [suite] = read(failing)
    ends = {case.classname: [type(result) for result in case.result] for case in suite}
    assert ends == {
        "services.test_answers": [],
        "services.test_routes": [Failure],
        "services.test_survives": [Skipped],
        "services.test_policy": [Failure],
        "services.test_rights": [Error],
        "services.test_scale": [Skipped],
    }
    assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (6, 2, 1, 2)


def test_a_failure_tells_the_cause_and_what_was_not_reached_names_what_it_needs(failing, read):
    [suite] = read(failing)
    _, routes, survives, *_ = (case.result for case in suite)
    assert routes[0].message == "expected: blue-6d4f-x2x1p, green-5b9c-q7j8k"
    assert routes[0].text.splitlines()[2:4] == [
        "because: green-5b9c-q7j8k is Ready but has no label tier=front, which the selector asks for",
        "look at: kubectl -n k-7f3a01 get pods --show-labels --selector tier=front --output wide",
    ]
    needed = "Service `web` sends traffic to the pods of `blue` and `green`, and to no other pod"
    assert survives[0].text == f"needs: {needed} (failed)"


def test_the_suite_says_whose_run_it_is_and_how_long_it_took(passing, read):
    [suite] = read(passing)
    facts = {each.name: each.value for each in suite.properties()}
    assert facts == {"submission": "alice", **passing.environment}
    assert suite.name == "load-balancing"
    assert suite.time == pytest.approx(1.75)
    assert suite.timestamp == "2026-03-01T10:00:00.000Z"


def test_a_run_that_judged_nothing_is_an_error_and_not_an_empty_success(passing, read):
    passing.claims, passing.problems = [], []
    [suite] = read(passing)
    assert (suite.tests, suite.errors) == (1, 1)


def test_a_problem_is_an_error_beside_the_claims(passing, read):
    passing.problems = ["the namespace stays"]
    [suite] = read(passing)
    assert (suite.tests, suite.errors) == (3, 1)
    assert list(suite)[-1].result[0].text == "the namespace stays"


def test_a_run_that_was_killed_is_an_error_whatever_passed_before(passing, read):
    passing.finished = None
    passing.planned = [*passing.planned, "test_more"]
    [suite] = read(passing)
    assert (suite.tests, suite.errors) == (3, 1)
    assert list(suite)[-1].result[0].text == "the run was not finished; claims that were not judged: 1"


def test_skips_alone_are_no_success(passing, read):
    for claim in passing.claims:
        claim.verdict = "skipped"
    [suite] = read(passing)
    assert (suite.errors, suite.skipped) == (1, 2)
    assert list(suite)[-1].result[0].text == "no claim was judged"


def test_a_grader_error_speaks_for_itself(failing, read):
    [suite] = read(failing)
    assert [case.name for case in suite if case.classname == "services"] == []


def test_two_claims_of_one_title_stay_two(passing, read):
    passing.claims[1].title = passing.claims[0].title
    [suite] = read(passing)
    assert len({(case.classname, case.name) for case in suite}) == 2


def test_a_name_has_an_end(passing, read):
    passing.claims[0].title = "x" * 5000
    [suite] = read(passing)
    assert max(len(case.name) for case in suite) == 1000


def test_hostile_text_stays_text(poisoned):
    """The file is well formed, holds characters of XML 1.0 only, and no element that we did not write."""
    text = junit.render(poisoned)
    assert re.findall(r"[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", text) == []
    assert re.findall(r"&#x?[0-9a-f]+;", text.replace("&#10;", "").replace("&#09;", "")) == []
    tags = {element.tag for element in ElementTree.fromstring(text).iter()}
    assert tags == {
        "testsuites", "testsuite", "properties", "property", "testcase", "failure", "error", "skipped"
    }  # fmt: skip
    [suite] = JUnitXml.fromstring(text.encode())
    assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (7, 2, 2, 2)
