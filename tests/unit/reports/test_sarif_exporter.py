"""`--to sarif`: the findings of a run, valid against the official schema, each at its line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import jsonschema_rs
import pytest
from golden import same
from rich_runs import rich_run

from reports.exporters import sarif
from reports.model import Noticed, Run

OFFICIAL = json.loads(Path(__file__).with_name("sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema_rs.Draft7Validator(OFFICIAL, validate_formats=True)


def made(run: Run) -> dict[str, Any]:
    """Return the only run of the document."""
    written = sarif.render(run)
    assert written.isascii()
    data = json.loads(written)
    assert [str(error) for error in VALIDATOR.iter_errors(data)] == []
    [only] = data["runs"]
    return only


def place(run: Run, where: str) -> dict[str, Any]:
    run.findings = [Noticed("x", "error", "y", where)]
    [result] = made(run)["results"]
    found = result["locations"][0]["physicalLocation"]
    return {"uri": found["artifactLocation"]["uri"], **found.get("region", {})}


def test_it_looks_as_it_did(passing, failing):
    for name, run in (("passing", passing), ("failing", failing), ("rich", rich_run())):
        same(f"sarif-{name}.json", sarif.render(run))


def test_a_finding_says_rule_level_message_and_place():
    first, second = made(rich_run())["results"]
    assert (first["ruleId"], first["level"]) == ("selector-matches-nothing", "warning")
    assert first["message"]["text"].split("\n") == [
        "Service `db` selects no pod of the submission",
        "because: no pod template has the label app=db",
        "fix: give the pods of `database` the label",
    ]
    assert (second["ruleId"], second["level"]) == ("tag-latest", "error")


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("a.yaml", {"uri": "a.yaml"}),
        ("sub/a b.yaml, line 3", {"uri": "sub/a%20b.yaml", "startLine": 3}),
        ("a.yaml, line 12, column 9", {"uri": "a.yaml", "startLine": 12, "startColumn": 9}),
        ("a, line 1.yaml, line 2", {"uri": "a%2C%20line%201.yaml", "startLine": 2}),
        ("a.yaml, line 0, column 0", {"uri": "a.yaml"}),
        ("a.yaml, line " + "9" * 5000, {"uri": "a.yaml"}),
        ("a.yaml, line 1" + "0" * 12, {"uri": "a.yaml"}),
        ("", {"uri": "."}),
        (" \n", {"uri": "."}),
    ],
    ids=lambda each: str(each)[:20],
)
def test_a_place_is_read_as_a_file_writes_it(passing, where, found):
    shown = place(passing, where)
    shown["uri"] = shown["uri"] if len(shown["uri"]) < 100 else "a.yaml"  # of a number that was cut
    assert shown == found


def test_what_was_not_looked_at_is_no_clean_run(passing):
    assert made(passing)["invocations"] == [{"executionSuccessful": True}]
    passing.environment["look at the files"] = "failed: OSError('no room')"
    [invocation] = made(passing)["invocations"]
    assert invocation["executionSuccessful"] is False
    [told] = invocation["toolExecutionNotifications"]
    assert told["message"]["text"] == "the files were not looked at: failed: OSError('no room')"


def test_a_run_that_was_killed_before_the_look_is_no_clean_run(passing):
    passing.finished = None
    assert made(passing)["invocations"][0]["executionSuccessful"] is False


def test_a_verdict_of_ours_is_no_finding_and_changes_none(failing):
    failing.problems = ["the cluster is gone"]
    assert [each["ruleId"] for each in made(failing)["results"]] == ["selector-matches-nothing"]
    failing.findings = []
    assert made(failing)["results"] == []


def test_a_severity_of_another_word_is_a_warning(passing):
    passing.findings = [Noticed("x", "fatal", "y", "a.yaml")]
    [result] = made(passing)["results"]
    assert result["level"] == "warning"


def test_the_version_is_that_which_looked():
    assert made(rich_run())["tool"]["driver"]["version"] == "0.1.0"


@pytest.mark.parametrize("id", ["", "/", "[x](http://evil)", "a\nb", "\udc80", "../../x", "日本"])
def test_a_rule_has_a_name_whatever_it_is_called(passing, id):
    passing.findings = [Noticed(id, "error", "y", "a.yaml")]
    run = made(passing)
    [rule] = run["tool"]["driver"]["rules"]
    assert rule["id"] == run["results"][0]["ruleId"] != ""
    assert rule["id"].isascii()
    assert "](" not in rule["help"]["text"] + rule["shortDescription"]["text"]


def test_hostile_text_is_text(poisoned):
    run = made(poisoned)
    [result] = run["results"]
    message = result["message"]["text"]
    assert "](" not in message
    assert message.count("\n") == 2
    assert all(line.isprintable() for line in message.split("\n"))
    parts = urlsplit(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"])
    assert (parts.scheme, parts.netloc, parts.query, parts.fragment) == ("", "", "", "")
    assert unquote(parts.path).isprintable()
    assert len(sarif.render(poisoned)) < 100_000
