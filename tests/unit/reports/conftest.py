"""Two runs as people meet them, and the texts that a hostile learner would like to see printed."""

from __future__ import annotations

import pytest

from reports.model import Cause, ClaimResult, Noticed, Run

HOSTILE = {
    "ansi": "\x1b[31mred\x1b[0m\x1b]8;;http://evil\x1b\\link\x9b2J",
    "script": "</script><script>alert(1)</script>]]>&lt;",
    "github command": "::set-output name=points::100",
    "azure command": "x ##vso[task.complete result=Succeeded] ##[add-mask]x",
    "null bytes": "a\0b\x08\x7f",
    "right to left": "moc\u202egpj.exe\u2066\u200b",
    "not unicode": "\udc80\ud800",
    "not xml": "\ufffe\uffff\x0b\x0c\x85\u2028",
    "returns": "passed\rfailed\r\n✓ Everything works  9/9",
    "long": "x" * (1 << 20),
}
ENVIRONMENT = {"cluster": "kubeproctor", "cluster uid": "5f0c-11", "namespace": "k-7f3a01"}


@pytest.fixture(params=HOSTILE.values(), ids=HOSTILE.keys())
def hostile(request: pytest.FixtureRequest) -> str:
    """A text that does harm where it is not escaped."""
    return request.param


@pytest.fixture
def passing() -> Run:
    """A run in which all claims hold."""
    return Run(
        "load-balancing",
        "Assignment 4: custom load balancing",
        "alice",
        [
            ClaimResult("test_answers", "Service `web` answers on port 80", 1, "passed", seconds=0.25),
            ClaimResult("test_both", "Service `web` reaches `blue` and `green`", 2.5, "passed", seconds=1.5),
        ],
        planned=["test_answers", "test_both"],
        environment=dict(ENVIRONMENT),
        started="2026-03-01T10:00:00.000Z",
        finished="2026-03-01T10:00:09.000Z",
    )


@pytest.fixture
def failing() -> Run:
    """A run that met each of the ends a claim can have."""
    routes = Cause(
        expected="blue-6d4f-x2x1p, green-5b9c-q7j8k",
        found="blue-6d4f-x2x1p",
        because="green-5b9c-q7j8k is Ready but has no label tier=front, which the selector asks for",
        look_at="kubectl -n k-7f3a01 get pods --show-labels --selector tier=front --output wide",
        waited="30 s, 58 readings, all the same",
        hint="A selector matches every pod that has all its labels.",
    )
    table = "from \\ to    web:80   db:5432\nshop         allow    ALLOW  <- expected deny"
    return Run(
        "services",
        "Services and policies",
        "bob",
        [
            ClaimResult("test_answers", "Service `web` answers on port 80", 1, "passed"),
            ClaimResult(
                "test_routes",
                "Service `web` sends traffic to the pods of `blue` and `green`, and to no other pod",
                2,
                "failed",
                routes,
                needs=["test_answers"],
                hints=[routes.hint, "Compare it with the labels of `green`.", "Give `green` tier=front."],
                observations=[
                    {
                        "noun": "Service `web`",
                        "check": "routes_to_exactly",
                        "adverb": "eventually",
                        "began": "2026-03-01T10:00:01.000Z",
                        "verdict": "failed",
                        "waited": "30 s, 58 readings, all the same",
                        "readings": [],
                    }
                ],
            ),
            ClaimResult(
                "test_survives",
                "A pod that is deleted gets a successor",
                2,
                "not_reached",
                needs=["test_routes"],
                blocked_by="test_routes",
            ),
            ClaimResult(
                "test_policy",
                "Only `shop` reaches `web`, and nobody reaches `db`",
                3,
                "failed",
                Cause(found=table, waited="30 s, 21 readings"),
            ),
            ClaimResult(
                "test_rights",
                "Nobody reads Secrets",
                2,
                "grader_error",
                Cause(found="GraderError: the probe pod does not answer"),
            ),
            ClaimResult("test_scale", "Two pods share the load", 0.5, "skipped", Cause(because="too slow")),
        ],
        planned=["test_answers", "test_routes", "test_survives", "test_policy", "test_rights", "test_scale"],
        findings=[
            Noticed(
                "selector-matches-nothing",
                "warning",
                "Service `web` selects no pod of the submission",
                "web.yaml, line 12, column 3",
                fix="give the pods the label",
            )
        ],
        environment=dict(ENVIRONMENT),
        started="2026-03-01T10:00:00.000Z",
        finished="2026-03-01T10:01:40.000Z",
    )


@pytest.fixture
def poisoned(failing: Run, hostile: str) -> Run:
    """The failing run with the hostile text in every place that it may come to."""
    failing.submission = failing.title = hostile
    failing.environment["namespace"] = hostile
    failing.problems = [hostile]
    failing.findings = [Noticed(*[hostile] * 6)]
    for claim in failing.claims:
        claim.title = hostile[:1000]
        if claim.verdict != "passed":
            claim.cause = Cause(*[f"{hostile}\n{hostile}", *[hostile] * 5])
    failing.claims[0].title = hostile  # once in all its length
    return failing
