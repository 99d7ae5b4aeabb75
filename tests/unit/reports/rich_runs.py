"""A run that holds every verdict, every kind of evidence, and every part that a report can show."""

from __future__ import annotations

from typing import Any

from reports.model import Adjustment, Cause, ClaimResult, Evidence, Noticed, Run

OBJECTS: dict[str, Any] = {
    "nodes": [
        {"id": "service/web", "kind": "Service", "name": "web", "state": "ok", "text": "selects tier=front"},
        {"id": "service/db", "kind": "Service", "name": "db", "state": "broken", "text": "selects no pod"},
        {
            "id": "slice/web-7x2k9",
            "kind": "EndpointSlice",
            "name": "web-7x2k9",
            "state": "ok",
            "text": "1 endpoint",
        },
        {
            "id": "pod/blue",
            "kind": "Pod",
            "name": "blue-6d4f8b9c7-x2x1p",
            "state": "ok",
            "text": "Ready, 10.244.1.7",
        },
        {
            "id": "pod/green",
            "kind": "Pod",
            "name": "green-with-a-name-that-nobody-can-read-5b9c6d7f8-q7j8k",
            "state": "broken",
            "text": "Ready, but no label tier=front",
        },
        {
            "id": "pod/red",
            "kind": "Pod",
            "name": "red-7c9d5f6b4-m4m4m",
            "state": "pending",
            "text": "ContainerCreating",
        },
    ],
    "links": [
        {"from": "service/web", "to": "slice/web-7x2k9", "state": "ok", "text": ""},
        {"from": "slice/web-7x2k9", "to": "pod/blue", "state": "ok", "text": ""},
        {"from": "slice/web-7x2k9", "to": "pod/green", "state": "broken", "text": "not selected"},
        {"from": "slice/web-7x2k9", "to": "pod/red", "state": "pending", "text": "not ready"},
    ],
}
EVENTS: list[dict[str, Any]] = [
    {
        "at": "2026-03-01T10:00:21Z",
        "type": "Normal",
        "reason": "Scheduled",
        "about": "Pod/green-5b9c-q7j8k",
        "message": "Successfully assigned k-7f3a01/green-5b9c-q7j8k to kubeproctor-worker",
        "count": 1,
    },
    {
        "at": "2026-03-01T10:00:24Z",
        "type": "Normal",
        "reason": "Started",
        "about": "Pod/green-5b9c-q7j8k",
        "message": "Started container server",
        "count": 1,
    },
    {
        "at": "2026-03-01T10:00:33Z",
        "type": "Warning",
        "reason": "Unhealthy",
        "about": "Pod/green-5b9c-q7j8k",
        "message": 'Readiness probe failed: Get "http://10.244.1.9:8081/ready": connection refused',
        "count": 12,
    },
    {
        "at": "2026-03-01T10:00:47Z",
        "type": "Warning",
        "reason": "BackOff",
        "about": "Pod/green-5b9c-q7j8k",
        "message": "Back-off restarting failed container server",
        "count": 3,
    },
]
LOG = {
    "container": "green-5b9c-q7j8k/server",
    "text": "10:00:24 listening on 8080\n10:00:33 GET /ready 404\n10:00:38 GET /ready 404\n"
    "10:00:43 <html>\x1b[31mfatal\x1b[0m: no route for /ready\n",
}
TRAFFIC = {
    "what": "traffic",
    "rows": ["shop", "blue", "green", "stranger"],
    "columns": ["web:80", "blue:9090", "db:5432"],
    "expected": [
        ["allow", "deny", "deny"],
        ["n/a", "n/a", "allow"],
        ["n/a", "deny", "deny"],
        ["deny", "deny", "deny"],
    ],
    "found": [
        ["allow", "deny", "allow"],
        ["n/a", "n/a", "allow"],
        ["n/a", "deny", "deny"],
        ["deny", "deny", "allow"],
    ],
}
RIGHTS = {
    "what": "rights",
    "rows": ["sa/viewer", "sa/operator"],
    "columns": ["get pods", "list secrets", "delete pods", "create pods/exec"],
    "expected": [["yes", "no", "no", "no"], ["yes", "no", "yes", "no"]],
    "found": [["yes", "no", "no", "no"], ["yes", "no", "yes", "no"]],
}
SAMPLES = {
    "what": "answers",
    "unit": "% of requests",
    "least": 90,
    "points": [
        *([second / 2, 100] for second in range(17)),
        [8.5, 96],
        [9, 74],
        [9.5, 38],
        [10, 41],
        [10.5, 62],
        [11, 88],
        [11.5, 97],
        *([second / 2, 100] for second in range(24, 33)),
        [16.5, 86],
        *([second / 2, 100] for second in range(34, 41)),
    ],
}


def _reading(at: float, until: float, times: int, ok: bool, text: str) -> dict[str, Any]:
    return {
        "at": at,
        "until": until,
        "times": times,
        "ok": ok,
        "text": text,
        "digest": f"{hash(at):x}".zfill(16),
    }


def _observed(noun: str, check: str, verdict: str, *readings: dict[str, Any], **more: str) -> dict[str, Any]:
    looks = sum(each["times"] for each in readings)
    return {
        "noun": noun,
        "check": check,
        "adverb": "eventually",
        "began": "2026-03-01T10:00:02Z",
        "verdict": verdict,
        "waited": f"{readings[-1]['until']:g} s, {looks} readings, {len(readings)} different",
        "readings": list(readings),
        **more,
    }


def _claims() -> list[ClaimResult]:
    routes = Cause(
        expected="blue-6d4f8b9c7-x2x1p, green-5b9c6d7f8-q7j8k",
        found="blue-6d4f8b9c7-x2x1p",
        because="green-5b9c6d7f8-q7j8k is Ready but has no label tier=front, which the selector asks for\n"
        "the label tier=front is on the metadata of Deployment `green`, not on its pod template",
        look_at="kubectl -n k-7f3a01 get pods --show-labels --selector tier=front --output wide",
        waited="30 s, 58 readings, 3 different",
        hint="A selector matches every pod that has all its labels.",
    )
    table = (
        "from \\ to    web:80   blue:9090   db:5432\n"
        "shop         allow    deny        ALLOW  <- expected deny\n"
        "stranger     deny     deny        ALLOW  <- expected deny"
    )
    return [
        ClaimResult(
            "test_answers",
            "Service `web` answers on port 80",
            1,
            "passed",
            cites=["Reach the Service from inside the cluster."],
            observations=[
                _observed(
                    "Service `web`",
                    "answers",
                    "passed",
                    _reading(0, 1.2, 5, False, "connection refused"),
                    _reading(1.4, 1.4, 1, True, ""),
                )
            ],
            seconds=1.9,
        ),
        ClaimResult(
            "test_routes",
            "Service `web` sends traffic to the pods of `blue` and `green`, and to no other pod",
            2,
            "failed",
            routes,
            needs=["test_answers"],
            cites=[
                "The selector of that Service will need to match the pods created by both Deployments.",
                "That label should be different from the labels that the pods already have.",
            ],
            hints=[
                routes.hint,
                "Compare the labels of the two pods: `kubectl get pods --show-labels`.",
                "The pods get their labels from `spec.template.metadata.labels`.",
            ],
            observations=[
                _observed(
                    "Service `web`",
                    "routes_to_exactly",
                    "failed",
                    _reading(0, 4.1, 12, False, "no pod"),
                    _reading(4.5, 18.2, 26, True, ""),
                    _reading(18.7, 30, 20, False, "blue-6d4f8b9c7-x2x1p"),
                    began="2026-03-01T10:00:20Z",
                )
            ],
            evidence=[
                Evidence("objects", "From Service to pod", OBJECTS),
                Evidence("events", "Events of what the submission made", EVENTS),
                Evidence("log", "Last lines of the container", LOG),
            ],
            seconds=30.4,
        ),
        ClaimResult(
            "test_survives",
            "A pod that is deleted gets a successor",
            1,
            "not_reached",
            needs=["test_routes"],
            blocked_by="test_routes",
        ),
        ClaimResult(
            "test_shares",
            "Both versions share the load",
            1,
            "not_reached",
            needs=["test_rights"],
            blocked_by="test_rights",
        ),
        ClaimResult(
            "test_policy",
            "Only `shop` reaches `web`, and only `blue` reaches `db`",
            3,
            "failed",
            Cause(found=table, waited="30 s, 21 readings, all the same"),
            evidence=[Evidence("table", "Who reaches whom", TRAFFIC)],
            seconds=30.1,
        ),
        ClaimResult(
            "test_grants",
            "`viewer` may look, `operator` may also delete pods, nobody reads Secrets",
            2,
            "passed",
            evidence=[Evidence("table", "Who may do what", RIGHTS)],
            seconds=0.8,
        ),
        ClaimResult(
            "test_rollout",
            "While `web` is rolled out, nine of ten requests are answered",
            2,
            "failed",
            Cause(
                expected="at least 90 % of requests answered in every half second",
                found="38 % at 9.5 s",
                because="the readiness probe of `web` asks for /ready, which the container does not have",
                look_at="kubectl -n k-7f3a01 describe deployment web",
            ),
            hints=["A pod is in the rotation as soon as it is Ready."],
            evidence=[Evidence("samples", "Answers during the roll-out", SAMPLES)],
            seconds=22.5,
        ),
        ClaimResult(
            "test_rights",
            "Nobody reads Secrets of another namespace",
            2,
            "grader_error",
            Cause(
                found="the probe pod does not answer",
                hint="run it again: this is not the submission's fault",
            ),
            seconds=12.0,
        ),
        ClaimResult("test_scale", "Two pods share the load", 0.5, "skipped", Cause(because="too slow")),
        ClaimResult("hidden-1", "Hidden claim 1", 1, "failed", visibility="after_due_date"),
        ClaimResult("test_quota", "The namespace has a quota", 0.5, "passed", visibility="after_due_date"),
    ]


def rich_run(*, whole: bool = False) -> Run:
    """Return the run; with `whole` our own error is gone, and so a policy may adjust the points."""
    claims = _claims()
    if whole:
        for claim in claims:
            if claim.verdict == "grader_error" or claim.blocked_by == "test_rights":
                claim.verdict, claim.cause, claim.blocked_by = "passed", None, None
    return Run(
        "services",
        "Assignment 5: Services and policies",
        "team-7-bob",
        claims,
        planned=[claim.id for claim in claims],
        problems=[] if whole else ["the namespace k-7f3a01 could not be removed: it still holds a volume"],
        findings=[
            Noticed(
                "selector-matches-nothing",
                "warning",
                "Service `db` selects no pod of the submission",
                "db.yaml, line 12, column 3",
                "no pod template has the label app=db",
                "give the pods of `database` the label",
            ),
            Noticed(
                "tag-latest", "error", "Deployment `web` runs an image without a tag", "web.yaml, line 20"
            ),
        ],
        environment={
            "kubeproctor": "0.1.0",
            "python": "3.11.7",
            "cluster": "kubeproctor",
            "kubernetes": "1.37",
            "nodes": "2",
            "engine": "podman",
            "node image": "kubeproctor.local/node:v1.37.2-63ed37d79fd7",
            "namespace": "k-7f3a01",
        },
        timings={
            "cluster": 53.9,
            "sandbox": 0.136,
            "apply": 0.341,
            "before the first object": 54.8,
            "all": 152,
        },
        user="bob@example.org",
        handed_in="2026-02-28T22:15:00.000Z",
        adjustments=[
            Adjustment("handed in 2 days late: 10 % off", -0.65),
            Adjustment("rounded to 0.5", 0.15),
        ]
        if whole
        else [],
        started="2026-03-01T10:00:00.000Z",
        finished="2026-03-01T10:02:32.000Z",
    )
