"""`--to allure`: results that Allure's own model holds, each with its status, and nothing hostile in them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from allure_commons import model2
from golden import same
from rich_runs import rich_run
from spoils import SPOILS

from reports import files
from reports.exporters import EXPORTERS, allure
from reports.exporters.allure.attached import LARGEST
from reports.model import Adjustment, Cause, ClaimResult, Evidence, Run

WORDS = {
    "passed": "passed",
    "failed": "failed",
    "not_reached": "skipped",
    "grader_error": "broken",
    "skipped": "skipped",
}
HELD = {
    "statusDetails": model2.StatusDetails,
    "steps": model2.TestStepResult,
    "attachments": model2.Attachment,
    "parameters": model2.Parameter,
    "labels": model2.Label,
}
STATUSES = {value for key, value in vars(model2.Status).items() if key.isupper()} - {"unknown"}


def held(kind: type, data: dict[str, Any]) -> None:
    """Fail unless Allure's model has a place for all of it: its classes refuse an unknown word."""
    kind(**data)
    for key, part in HELD.items():
        for each in [data[key]] if isinstance(data.get(key), dict) else data.get(key, []):
            held(part, each)
    if "status" in data:
        assert data["status"] in STATUSES
        assert data["stage"] == "finished"
        assert data["name"]
        assert 0 <= data.get("start", 0) <= data.get("stop", 0) < 10**14


def attachments(data: dict[str, Any]) -> list[dict[str, str]]:
    return [
        *data.get("attachments", []),
        *(one for step in data.get("steps", []) for one in attachments(step)),
    ]


@pytest.fixture
def read(tmp_path):
    """Write a run and read back its results by id of the claim, as Allure would from the folder."""

    def back(run: Run) -> dict[str, dict[str, Any]]:
        files.write(allure.render(run), folder := tmp_path / "allure-results")
        results, named = {}, {"environment.properties", "categories.json"}
        for file in folder.glob("*-result.json"):
            data = json.loads(file.read_text("ascii"))
            held(model2.TestResult, data)
            assert file.name == f"{data['uuid']}-result.json"
            results[data["fullName"].rpartition("#")[2]] = data
            named |= {file.name, *(each["source"] for each in attachments(data))}
            for each in attachments(data):
                text = (folder / each["source"]).read_text("utf-8")
                assert len(text) < LARGEST + 100
                if each["type"] == "application/json":
                    json.loads(text, parse_constant=pytest.fail)
                else:
                    assert each["type"] == "text/plain"
                    assert text.replace("\n", "").replace("\t", "").isprintable()
        assert {each.name for each in folder.iterdir()} == named, "each file is an attachment of one result"
        return results

    return back


def text_of(run: Run) -> str:
    return "".join(f"== {name}\n{text.rstrip()}\n" for name, text in allure.render(run).items())


def labels(result: dict[str, Any]) -> dict[str, str]:
    return {each["name"]: each["value"] for each in result["labels"]}


def parameters(result: dict[str, Any]) -> dict[str, str]:
    return {each["name"]: each["value"] for each in result["parameters"]}


def shown(run: Run, result: dict[str, Any]) -> dict[str, str]:
    rendered = allure.render(run)
    return {each["name"]: rendered[each["source"]] for each in attachments(result)}


def test_it_looks_as_it_did(passing, failing):
    for name, run in (("passing", passing), ("failing", failing), ("rich", rich_run())):
        same(f"allure-{name}.txt", text_of(run))


@pytest.mark.parametrize("whole", [True, False])
def test_each_verdict_has_its_status(read, whole):
    run = rich_run(whole=whole)
    ends = {id: each["status"] for id, each in read(run).items()}
    if not whole:
        assert ends.pop("run") == "broken"
    assert ends == {claim.id: WORDS[claim.verdict] for claim in run.claims}


def test_what_was_not_reached_or_left_out_says_why(failing, read):
    found = read(failing)
    why = {id: found[id]["statusDetails"]["message"] for id in ("test_survives", "test_scale")}
    assert why["test_survives"].startswith("needs: Service `web` sends traffic")
    assert why["test_scale"] == "because: too slow"
    assert "statusDetails" not in found["test_answers"]


def test_labels_say_where_a_claim_belongs(failing, read):
    found = read(failing)
    assert labels(found["test_routes"]) == {
        "epic": "Kubernetes Mastery",
        "feature": "Services and policies",
        "story": failing.claims[1].title,
        "severity": "critical",
        "parentSuite": "Services and policies",
        "suite": "bob",
        "framework": "kubeproctor",
    }
    assert labels(found["test_answers"])["severity"] == "normal"


def test_the_epic_is_the_course_that_the_result_names(passing, read):
    passing.environment["course"] = "Another\ncourse"
    assert labels(read(passing)["test_both"])["epic"] == "Another course"


def test_our_error_is_never_zero_points(failing, read):
    points = {id: parameters(each)["points"] for id, each in read(failing).items()}
    assert points == {
        "test_answers": "1/1",
        "test_routes": "0/2",
        "test_survives": "0/2",  # what it needs failed
        "test_policy": "0/3",
        "test_rights": "2 open",
        "test_scale": "0.5 open",
    }


@pytest.mark.parametrize("spoil", SPOILS)
def test_a_run_that_is_not_whole_has_a_broken_test(passing, spoil, read):
    spoil(passing)
    found = read(passing)
    assert "broken" in {each["status"] for each in found.values()}
    if "run" in found:
        assert found["run"]["statusDetails"]["message"].startswith("Not graded: ")
    assert "score=0/0 so far" in environment(passing) or "3.5 so far, not final" in environment(passing)


def test_a_problem_and_what_was_not_judged_stand_in_the_broken_test(passing, read):
    passing.problems, passing.planned = ["the namespace stays"], [*passing.planned, "test_more"]
    message = read(passing)["run"]["statusDetails"]["message"]
    assert message.split("\n")[1:] == ["the namespace stays", "claims that were not judged: 1"]


def test_a_check_is_a_step_with_its_readings():
    run = rich_run()
    found = {each["fullName"]: each for each in map(json.loads, results(run))}["services#test_routes"]
    [step] = found["steps"]
    assert step["name"] == "Service `web` routes_to_exactly eventually"
    assert step["status"] == "failed"
    assert step["parameters"] == [{"name": "waited", "value": "30 s, 58 readings, 3 different"}]
    assert moment(step["start"]) == "10:00:20"
    assert step["stop"] - step["start"] == 30_000
    assert shown(run, step)["readings"].split("\n") == [
        "✗ 0 to 4.1 s, 12 times: no pod", "✓ 4.5 to 18.2 s, 26 times",
        "✗ 18.7 to 30 s, 20 times: blue-6d4f8b9c7-x2x1p"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("verdict", "status"),
    [("passed", "passed"), ("failed", "failed"), ("grader error", "broken"), ("not finished", "broken")],
)
def test_a_check_that_could_not_be_read_is_broken(failing, verdict, status, read):
    failing.claims[1].observations[0]["verdict"] = verdict
    assert read(failing)["test_routes"]["steps"][0]["status"] == status


def test_causes_and_evidence_are_attached():
    run = rich_run()
    found = {each["fullName"]: each for each in map(json.loads, results(run))}["services#test_routes"]
    attached = shown(run, found)
    assert list(attached)[:6] == ["expected", "found", "because", "look at", "waited", "hint"]
    assert attached["found"] == "blue-6d4f8b9c7-x2x1p"
    assert json.loads(attached["From Service to pod"])["nodes"][0]["id"] == "service/web"
    assert attached["Last lines of the container"].startswith("green-5b9c-q7j8k/server\n10:00:24")
    assert "␛[31mfatal" in attached["Last lines of the container"]


def results(run: Run) -> list[str]:
    return [text for name, text in allure.render(run).items() if name.endswith("-result.json")]


def moment(milliseconds: int) -> str:
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%H:%M:%S}"


def test_a_claim_begins_with_its_first_check_or_after_the_one_before(failing, read):
    failing.claims[0].seconds, failing.claims[1].seconds = 0.5, 30
    found = read(failing)
    assert [moment(found[id]["start"]) for id in ("test_answers", "test_routes", "test_survives")] == [
        "10:00:00", "10:00:01", "10:00:31"
    ]  # fmt: skip
    assert found["test_routes"]["stop"] - found["test_routes"]["start"] == 30_000


@pytest.mark.parametrize("wrong", ["", "yesterday", "0001-01-01T00:00:00Z", "9" * 30])
def test_a_time_that_is_none_is_left_out(passing, wrong, read):
    passing.started = passing.finished = wrong
    for each in read(passing).values():
        assert not {"start", "stop"} & set(each)


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), -5, "soon", None])
def test_a_length_that_is_none_is_no_length(passing, seconds, read):
    passing.claims[0].seconds = seconds
    found = read(passing)["test_answers"]
    assert found["start"] == found["stop"]


def test_ids_tell_submissions_apart_and_know_a_claim_again(passing, read):
    first = read(passing)["test_both"]
    assert read(passing)["test_both"] == first
    passing.started = "2026-03-02T10:00:00.000Z"
    later = read(passing)["test_both"]
    assert (later["historyId"], later["testCaseId"]) == (first["historyId"], first["testCaseId"])
    assert later["uuid"] != first["uuid"]
    passing.submission = "bob"
    other = read(passing)["test_both"]
    assert other["testCaseId"] == first["testCaseId"]
    assert other["historyId"] != first["historyId"], "it would be a retry of the other"
    # Allure 3 makes its own id of the parameters
    kept = [each for each in other["parameters"] if not each.get("excluded")]
    assert kept == [{"name": "submission", "value": "bob"}]


def test_a_hidden_claim_has_no_more_than_its_verdict():
    found = {each["fullName"]: each for each in map(json.loads, results(rich_run()))}["services#hidden-1"]
    assert (found["name"], found["status"]) == ("Hidden claim 1", "failed")
    assert found["statusDetails"] == {"message": "failed"}
    assert not {"attachments", "steps", "description"} & set(found)


def test_what_the_course_says_is_prose(failing, read):
    failing.claims[0].cites = ["Use <b>one</b> [x](http://evil) Service."]
    failing.claims[0].after = "kubectl apply `x`"
    described = read(failing)["test_answers"]["description"]
    assert described.split("\n\n") == [
        "The course says: Use `<b>one</b>` `[x](http://evil)` Service.",
        "Judged right after `` kubectl apply `x` ``",
    ]


def environment(run: Run) -> str:
    return allure.render(run)["environment.properties"]


def test_the_environment_has_what_the_run_stood_on_and_the_score(passing):
    passing.adjustments = [Adjustment("1 day late", -0.35), Adjustment("rounded", -0.15)]
    passing.environment |= {"engine": "C:\\engine = \u202e\N{GRINNING FACE}", "a=b:c": "x"}
    assert environment(passing).splitlines() == [
        "submission=alice",
        "cluster=kubeproctor",
        "cluster_uid=5f0c-11",
        "namespace=k-7f3a01",
        r"engine=C:\\engine = <U+202E>\ud83d\ude00",
        "a_b_c=x",
        "score=3/3.5",
        "adjustments=-0.35 1 day late; -0.15 rounded",
    ]


def test_each_status_is_called_what_it_means(passing):
    named = json.loads(allure.render(passing)["categories.json"])
    assert {status: each["name"] for each in named for status in each["matchedStatuses"]} == {
        "failed": "The submission does not do it",
        "broken": "Could not be graded",
        "skipped": "Not reached, or left out",
    }


def test_it_goes_where_a_grade_puts_it():
    assert EXPORTERS["allure"].file == "allure-results"
    assert not EXPORTERS["allure"].knows_visibility


ODD = [
    {"noun": "x"},
    {"noun": "x", "check": "y", "adverb": "", "began": 7, "waited": None, "verdict": [], "readings": [{}]},
    "a text",
    {"deep": [[float("inf")]]},
    None,
]


def test_a_check_of_another_shape_is_kept_as_it_is(failing, read):
    failing.claims[0].observations = ODD  # type: ignore[assignment]
    steps = read(failing)["test_answers"]["steps"]
    assert [step["name"] for step in steps] == ["a check"] * len(ODD)
    assert '"noun": "x"' in shown(failing, steps[0])["check"]


def test_hostile_text_is_text(poisoned, hostile, read):
    for claim in poisoned.claims:
        claim.cites = claim.hints = [hostile]
        claim.after = hostile
        claim.observations = [
            {"noun": hostile, "check": hostile, "adverb": hostile, "began": hostile, "verdict": "failed",
             "waited": hostile, "readings": [{"at": 0, "until": 1, "times": 2, "ok": True, "text": hostile}]},
        ]  # fmt: skip
        claim.evidence = [
            Evidence("log", hostile, {"container": hostile, "text": hostile}),
            Evidence("log", hostile, hostile),
            Evidence("objects", hostile, {"text": hostile, "number": float("nan")}),
        ]
    poisoned.assignment = hostile
    found = read(poisoned)
    assert {id: each["status"] for id, each in found.items()} == {
        "run": "broken",
        **{claim.id: WORDS[claim.verdict] for claim in poisoned.claims},
    }
    for data in found.values():
        for text in texts(data):
            assert text.replace("\n", "").replace("\t", "").isprintable()
            assert len(text) < 20_000
    names = allure.render(poisoned)
    assert [name for name in names if "/" in name or name.startswith(".")] == []
    lines = names["environment.properties"].splitlines()
    keys = ["submission", "cluster", "cluster_uid", "namespace", "score"]
    assert [line.partition("=")[0] for line in lines] == keys


def texts(data: Any) -> list[str]:
    if isinstance(data, str):
        return [data]
    parts = data.values() if isinstance(data, dict) else data if isinstance(data, list) else []
    return [text for part in parts for text in texts(part)]


def test_a_log_keeps_its_end(failing, read):
    log = "begin" + "x" * (1 << 20) + "end"
    failing.claims[1].evidence = [Evidence("log", "Log", {"container": "web/app", "text": log})]
    text = shown(failing, read(failing)["test_routes"])["Log"]
    assert text.endswith("end")
    assert text.startswith("(")
    assert "characters before" in text


def test_data_that_is_too_long_is_a_text_that_says_so(failing, read):
    failing.claims[1].evidence = [Evidence("objects", "Objects", ["x" * (1 << 20)])]
    assert "characters more)" in shown(failing, read(failing)["test_routes"])["Objects"]


def test_a_claim_without_a_title_is_called_by_its_id(passing, read):
    passing.claims[0].title = " "
    assert read(passing)["test_answers"]["name"] == "test_answers"


def test_a_long_cause_is_cut_in_the_message_and_whole_beside_it(passing, read):
    passing.claims[0].verdict, passing.claims[0].cause = "failed", Cause(found="x" * 16_000)
    result = read(passing)["test_answers"]
    assert "characters more)" in result["statusDetails"]["message"]
    assert shown(passing, result)["found"] == "x" * 16_000


def test_claims_of_like_names_keep_their_own_files(passing, read):
    passing.claims = [ClaimResult(id, "It holds", 1, "passed") for id in ("a/b", "a b", "a_b", "A_b")]
    assert len(read(passing)) == 4
