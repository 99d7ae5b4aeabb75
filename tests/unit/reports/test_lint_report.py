"""Findings read like those of a good compiler, and no text of a learner's is a command to who shows it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import click
import pytest

from fixtures.submission.findings import Finding
from fixtures.submission.model import Place
from reports.lint import Looked, Problem, as_json, text

FOUND = [
    Finding("a-rule", "error", "Service `web`: it is wrong", Place("web.yaml", 12, 9), "it is so", "mend it"),
    Finding("b-rule", "warning", "Pod `a`: it is odd", Place("sub/web.yaml", 3)),
    Finding("b-rule", "warning", "`web.yaml`: it is odder", Place("web.yaml")),
]


def poisoned(hostile: str) -> Looked:
    place = Place(hostile, 1, 1)
    return Looked(hostile, [Finding(hostile, "error", hostile, place, hostile, hostile)])


def test_each_finding_has_place_severity_what_rule_reason_and_way_out() -> None:
    assert text(Looked("answer", FOUND)) == (
        "web.yaml:12:9  error  Service `web`: it is wrong  [a-rule]\n"
        "  because: it is so\n"
        "  fix: mend it\n"
        "sub/web.yaml:3  warning  Pod `a`: it is odd  [b-rule]\n"
        "web.yaml  warning  `web.yaml`: it is odder  [b-rule]\n"
        "1 error, 2 warnings in answer"
    )


def test_nothing_found_is_said_in_one_line() -> None:
    assert text(Looked("answer")) == "0 errors, 0 warnings in answer"


def test_colour_adds_nothing_but_colour() -> None:
    looked = Looked("answer", FOUND)
    coloured = text(looked, colour=True)
    assert click.unstyle(coloured) == text(looked)
    assert click.style("error", fg="red", bold=True) in coloured
    assert click.style("warning", fg="yellow", bold=True) in coloured
    assert "\x1b" not in text(looked)


@pytest.mark.parametrize("colour", [False, True])
def test_text_of_a_learner_is_harmless(hostile: str, colour: bool) -> None:
    lines = click.unstyle(text(poisoned(hostile), colour=colour)).split("\n")
    assert len(lines) == 4
    assert all(line.isprintable() for line in lines)
    assert not any(re.match(r"\s*::.*::", line) or re.search(r"##\w*\[", line) for line in lines)


@pytest.mark.parametrize("colour", [False, True])
def test_a_command_is_not_put_together_from_two_parts(colour: bool) -> None:
    found = Finding("x", "error", "::", Place("::error", 1, 1), "#[command]", "##vso[task.complete]")
    lines = text(Looked("##[a]", [found]), colour=colour).split("\n")
    assert not any(re.match(r"\s*::.*::", line) or re.search(r"##\w*\[", line) for line in lines)


def test_the_json_is_what_the_reference_says() -> None:
    problem = Problem("it cannot be read", "a.yaml", "mend it", 2)
    data = json.loads(as_json([Looked("answer", FOUND[::2]), Looked("other", problem=problem)], "1.37"))
    assert data == {
        "version": 1,
        "kubernetes": "1.37",
        "submissions": [
            {
                "name": "answer",
                "errors": 1,
                "warnings": 1,
                "problem": None,
                "findings": [
                    {
                        "id": "a-rule",
                        "severity": "error",
                        "what": "Service `web`: it is wrong",
                        "because": "it is so",
                        "fix": "mend it",
                        "file": "web.yaml",
                        "line": 12,
                        "column": 9,
                    },
                    {
                        "id": "b-rule",
                        "severity": "warning",
                        "what": "`web.yaml`: it is odder",
                        "because": "",
                        "fix": "",
                        "file": "web.yaml",
                        "line": None,
                        "column": None,
                    },
                ],
            },
            {
                "name": "other",
                "errors": 0,
                "warnings": 0,
                "problem": {"what": "it cannot be read", "where": "a.yaml", "fix": "mend it"},
                "findings": [],
            },
        ],
    }


def test_the_json_gives_back_what_a_learner_wrote_and_is_ascii(hostile: str) -> None:
    written = as_json([poisoned(hostile)], "1.37")
    assert written.isascii()
    assert all(line.isprintable() for line in written.split("\n"))
    assert json.loads(written)["submissions"][0]["findings"][0]["what"] == hostile


def test_the_reference_names_each_field() -> None:
    page = (Path(__file__).parents[3] / "docs" / "reference" / "lint.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\| `([\w.\[\]]+)` \|", page, re.MULTILINE))

    def fields(value: object, path: str = "") -> set[str]:
        if isinstance(value, dict):
            below = [(f"{path}.{key}" if path else key, item) for key, item in value.items()]
            return {name for name, _ in below} | {name for at, item in below for name in fields(item, at)}
        if isinstance(value, list):
            return {name for item in value for name in fields(item, f"{path}[]")}
        return set()

    looked = [Looked("a", FOUND), Looked("b", problem=Problem("a", "b", "c", 2))]
    assert fields(json.loads(as_json(looked, "1.37"))) == named
