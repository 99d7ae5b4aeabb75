"""One real run with every end in it, through every report, and judged again without the cluster."""

from __future__ import annotations

import base64
import csv
import gzip
import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from junitparser import JUnitXml

from fixtures import assignment
from reports import result_json
from reports.exporters import EXPORTERS
from reports.model import Run
from tests.commands import ROOT, kubeproctor

pytestmark = [pytest.mark.cluster, pytest.mark.shared]

TASK = Path(__file__).parent / "reported"
SCHEMAS = ROOT / "tests" / "unit" / "reports"
CANARY = "c4n4ry-of-the-shop"
SHOP = f"""\
apiVersion: v1
kind: Secret
metadata: {{name: shop}}
stringData: {{password: {CANARY}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec:
      containers:
      - name: web
        image: nginx
        env: [{{name: PASSWORD, valueFrom: {{secretKeyRef: {{name: shop, key: password}}}}}}]
---
apiVersion: v1
kind: Service
metadata: {{name: web}}
spec: {{selector: {{app: wbe}}, ports: [{{port: 80}}]}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: worker}}
spec:
  selector: {{matchLabels: {{app: worker}}}}
  template:
    metadata: {{labels: {{app: worker}}}}
    spec:
      containers:
      - name: worker
        image: alpine
        command: [sh, -c, "echo connecting with $PASSWORD; exit 3"]
        env: [{{name: PASSWORD, valueFrom: {{secretKeyRef: {{name: shop, key: password}}}}}}]
        readinessProbe: {{exec: {{command: ["false"]}}}}
"""
POLICY = """\
[claims.test_web_answers]
visibility = "hidden"
[submissions.alice]
user = "u-1"
"""
VERDICTS = {
    "test_web_runs": "passed",
    "test_web_is_told_the_password": "failed",
    "test_web_answers": "failed",
    "test_web_stays": "passed",
    "test_strangers_stay_out": "failed",
    "test_worker_runs": "failed",
    "test_worker_keeps_running": "not_reached",
    "test_widgets": "grader_error",
}


@pytest.fixture(scope="module")
def place(cluster: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of one graded submission, with all reports in it."""
    folder = tmp_path_factory.mktemp("reported")
    (alice := folder / "alice").mkdir()
    (alice / "shop.yaml").write_text(SHOP)
    (folder / "policy.toml").write_text(POLICY)
    found = kubeproctor("grade", alice, "--assignment", TASK, "--output", folder / "results")
    assert found.returncode == 3, found.stdout + found.stderr
    assert CANARY not in found.stdout + found.stderr
    place = folder / "results" / "alice"
    asked = [name if each.file else f"{name}={place / name}.txt" for name, each in EXPORTERS.items()]
    to = [word for each in asked for word in ("--to", each)]
    found = kubeproctor("report", folder / "results", "--policy", folder / "policy.toml", *to)
    assert found.returncode == 0, found.stderr
    return place


@pytest.fixture(scope="module")
def run(place: Path) -> Run:
    return result_json.read(place / "result.json")


def schema(name: str) -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for(json.loads((SCHEMAS / f"{name}.schema.json").read_text()))


def test_the_run_has_every_end(run: Run) -> None:
    assert {claim.id: claim.verdict for claim in run.claims} == VERDICTS
    assert (run.earned, run.possible, run.ungraded) == (3, 12, 2)
    assert run.environment["claims"] == assignment.read(TASK).digest[:12]
    assert 0 < run.timings["intake"] < run.timings["all"]
    assert (run.timings["queue"], run.timings["export"] > 0) == (0, True)


def test_the_result_is_as_its_schema_says(place: Path) -> None:
    published = json.loads((ROOT / "docs" / "reference" / "result.schema.json").read_text())
    jsonschema_rs.validate(published, json.loads((place / "result.json").read_text()))


@pytest.mark.parametrize("name", ["gradescope", "prairielearn", "exercism"])
def test_a_result_in_json_is_as_its_format_says(place: Path, name: str) -> None:
    data = json.loads((place / EXPORTERS[name].file).read_text())
    schema(name).validate(data)
    assert "score" not in data, "a run of which we could not see all has none"


def test_the_scores_of_others_are_as_their_formats_say(place: Path) -> None:
    *_, last = (place / "autolab.txt").read_text().splitlines()
    schema("autolab").validate(scores := json.loads(last))
    assert set(scores["scores"].values()) == {None}
    assert [file.name for file in (place / "customFeedbacks").iterdir()] == ["not-graded.txt"]
    line = (place / "classroom.txt").read_text().removeprefix("result=")
    schema("github-classroom-result").validate(data := json.loads(base64.b64decode(line)))
    assert (data["status"], data["max_score"]) == ("error", 0)
    [score] = [json.loads(line) for line in (place / "lti-ags.jsonl").read_text().splitlines()]
    schema("lti-ags-score").validate(score)
    assert (score["gradingProgress"], "scoreGiven" in score) == ("Failed", False)
    [row] = csv.DictReader((place / "grades.csv").read_text().splitlines())
    assert (row["final"], row["score"], row["open"]) == ("no", "", "2")


def test_the_readers_of_ci_see_each_end(place: Path) -> None:
    [suite] = JUnitXml.fromfile(str(place / "junit.xml"))
    assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (8, 4, 1, 1)
    said = (place / "github-actions.txt").read_text()
    assert said.count("::error title=failed") == 4
    assert "::warning title=grader error" in said


def test_allure_tells_failed_from_broken(place: Path) -> None:
    results = [json.loads(file.read_text()) for file in (place / "allure-results").glob("*-result.json")]
    ends = {each["fullName"].rpartition("#")[2]: each["status"] for each in results}
    words = {"grader_error": "broken", "not_reached": "skipped"}
    seen = {"hidden-1" if id == "test_web_answers" else id: verdict for id, verdict in VERDICTS.items()}
    ends.pop("run", None)  # what went wrong beside the claims
    assert ends == {id: words.get(verdict, verdict) for id, verdict in seen.items()}


@pytest.mark.parametrize("name", ["html", "class-page", "markdown"])
def test_people_see_each_end(place: Path, name: str) -> None:
    text = (place / EXPORTERS[name].file).read_text()
    for word in ("failed", "not reached", "grader error"):
        assert word in text.lower()


def test_what_is_hidden_is_seen_by_those_who_grade_only(place: Path) -> None:
    title = "answers at port 80"
    for name, exporter in EXPORTERS.items():
        file = place / (exporter.file or f"{name}.txt")
        text = file.read_text() if file.is_file() else "".join(each.read_text() for each in file.iterdir())
        if not exporter.knows_visibility:
            assert title not in text, name
            assert "test_web_answers" not in text, name


def test_no_secret_stands_anywhere(place: Path) -> None:
    forms = [CANARY, base64.b64encode(CANARY.encode()).decode()]
    for file in place.rglob("*"):
        if file.is_file():
            data = file.read_bytes()
            text = (gzip.decompress(data) if file.suffix == ".gz" else data).decode(errors="replace")
            assert not [form for form in forms if form in text], file
            assert "eyJhbGciOi" not in text, file


def test_the_evidence_is_small_and_shows_what_is_broken(place: Path, run: Run) -> None:
    assert sum((place / name).stat().st_size for name in ("result.json", "readings.jsonl.gz")) < 2_000_000
    broken = run.claim("test_worker_runs")
    assert broken
    kinds = {each.kind: each.data for each in broken.evidence}
    states = {node["id"]: node["state"] for node in kinds["objects"]["nodes"]}
    assert (states["Service/web"], states["Deployment/worker"]) == ("broken", "broken")
    assert "connecting with <redacted>" in kinds["log"]["text"]
    assert {event["reason"] for event in kinds["events"]} >= {"BackOff"}


def test_the_evidence_shows_who_reaches_whom_and_what_was_counted(run: Run) -> None:
    seen = {each.kind: each.data for claim in run.claims for each in claim.evidence}
    table, samples = seen["table"], seen["samples"]
    assert (table["expected"], table["found"]) == ([["deny"]], [["allow"]])
    assert {value for _, value in samples["points"]} == {2}
    assert (samples["unit"], samples["least"]) == ("pods", 1)


def test_the_same_verdicts_come_without_the_cluster(place: Path, run: Run) -> None:
    found = kubeproctor("replay", place, "--assignment", TASK)
    assert found.returncode == 3, found.stdout + found.stderr
    again = result_json.read(place / "replayed" / "result.json")
    secret = "test_web_is_told_the_password"
    for claim in again.claims:
        then = run.claim(claim.id)
        assert then
        if claim.id == secret:
            assert claim.cause
            assert "secret" in claim.cause.found
        else:
            assert (claim.verdict, claim.cause) == (then.verdict, then.cause)
            assert claim.evidence == then.evidence
