"""SARIF is valid against the official schema, whatever a learner calls a file, and points where it should."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import jsonschema_rs
import pytest

from fixtures.submission.findings import Finding
from fixtures.submission.lint.catalogue import rules
from fixtures.submission.model import Place
from reports.lint import Looked, Problem
from reports.sarif import SCHEMA, as_sarif

OFFICIAL = json.loads(Path(__file__).with_name("sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema_rs.Draft7Validator(OFFICIAL, validate_formats=True)
"""The schema is one of draft 4, which does not know `uri-reference` yet; all else is the same in draft 7."""
FOUND = [
    Finding("never-applied", "warning", "`a.yaml`: no step applies it", Place("a.yaml")),
    Finding("image-latest", "warning", "Pod `a`: it is odd", Place("sub/web.yaml", 3)),
    Finding("image-latest", "error", "Pod `b`: it is wrong", Place("web.yaml", 12, 9), "it is so", "mend it"),
]


def made(*looked: Looked) -> dict[str, Any]:
    written = as_sarif(looked, rules(), "1.0")
    assert written.isascii()
    data: dict[str, Any] = json.loads(written)
    assert [str(error) for error in VALIDATOR.iter_errors(data)] == []
    return data


def test_the_schema_is_the_official_one_and_refuses_what_is_wrong() -> None:
    assert OFFICIAL["id"] == SCHEMA == made()["$schema"]
    data = made(Looked("answer", FOUND))
    data["runs"][0]["results"][0]["level"] = "fatal"
    assert not VALIDATOR.is_valid(data)
    data = made(Looked("answer", FOUND))
    data["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] = "a b"
    assert not VALIDATOR.is_valid(data)


def test_a_finding_says_rule_level_message_and_place() -> None:
    (run,) = made(Looked("answer", FOUND, prefix="week 4/"))["runs"]
    assert run["tool"]["driver"]["name"] == "kubeproctor"
    assert run["tool"]["driver"]["rules"] == [
        {"id": id_, "shortDescription": {"text": short}, "help": {"text": rules()[id_]}}
        for id_, short in (("image-latest", "image latest"), ("never-applied", "never applied"))
    ]
    assert run["results"] == [
        {
            "ruleId": "never-applied",
            "ruleIndex": 1,
            "level": "warning",
            "message": {"text": "`a.yaml`: no step applies it"},
            "locations": [{"physicalLocation": {"artifactLocation": {"uri": "week%204/a.yaml"}}}],
        },
        {
            "ruleId": "image-latest",
            "ruleIndex": 0,
            "level": "warning",
            "message": {"text": "Pod `a`: it is odd"},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": "week%204/sub/web.yaml"},
                        "region": {"startLine": 3},
                    }
                }
            ],
        },
        {
            "ruleId": "image-latest",
            "ruleIndex": 0,
            "level": "error",
            "message": {"text": "Pod `b`: it is wrong\nbecause: it is so\nfix: mend it"},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": "week%204/web.yaml"},
                        "region": {"startLine": 12, "startColumn": 9},
                    }
                }
            ],
        },
    ]


def test_several_submissions_are_runs_that_a_host_can_tell_apart() -> None:
    runs = made(Looked("a/b", FOUND), Looked("c"))["runs"]
    ids = [run["automationDetails"]["id"] for run in runs]
    assert ids == ["kubeproctor-lint/a%2Fb/", "kubeproctor-lint/c/"]


def test_what_could_not_be_looked_at_is_no_clean_run() -> None:
    (run,) = made(Looked("a", problem=Problem("it cannot be read", "a.yaml, line 1", "", 2)))["runs"]
    assert run["results"] == []
    assert run["invocations"] == [
        {
            "executionSuccessful": False,
            "toolExecutionNotifications": [
                {"level": "error", "message": {"text": "it cannot be read: a.yaml, line 1"}}
            ],
        }
    ]
    assert made(Looked("a"))["runs"][0]["invocations"] == [{"executionSuccessful": True}]


@pytest.mark.parametrize(
    "name",
    ["a b.yaml", "a#b?c=d.yaml", "javascript:alert(1)", "//evil.example/a.yaml", "/etc/passwd", "%2e%2e/a",
     "ä.yaml", "a\\b", "[x](y)", "\udc80.yaml", "a\nb"],
)  # fmt: skip
def test_a_file_of_any_name_is_a_relative_path(name: str) -> None:
    (run,) = made(Looked("answer", [Finding("x", "error", "y", Place(name, 1, 1))]))["runs"]
    uri = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    parts = urlsplit(uri)
    assert (parts.scheme, parts.netloc, parts.query, parts.fragment) == ("", "", "", "")
    assert not uri.startswith("/")
    assert unquote(uri) == name.lstrip("/").replace("\udc80", "?")


def test_a_learner_writes_no_links_and_no_lines(hostile: str) -> None:
    text = f"[click]({hostile})\n{hostile}"
    found = Finding("x", "error", text, Place("a.yaml", 1, 1), text, text)
    (run,) = made(Looked(hostile[:1000], [found]))["runs"]
    message = run["results"][0]["message"]["text"]
    assert "](" not in message
    assert message.count("\n") == 2
    assert all(line.isprintable() for line in message.split("\n"))
