"""Commands to the runner of GitHub Actions, read by its own rules."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace

import pytest
from golden import same

from reports.exporters import github_actions
from reports.model import ClaimResult, Noticed, Run
from reports.text import plain

TOKEN = "5f" * 32


@dataclass(frozen=True)
class Command:
    name: str
    properties: dict[str, str]
    data: str


def obeyed(log: str) -> list[Command]:
    """Return what the runner obeys in a log.

    The rules of TryParseV2 in https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
    and of stop-commands in src/Runner.Worker/ActionCommandManager.cs; `##[name]` is its older form.
    """
    commands, stopped_by = [], None
    for line in re.split("\r\n|\r|\n", log):
        assert "##[" not in line
        head, end, data = line.lstrip()[2:].partition("::")
        if not line.lstrip().startswith("::") or not end:
            continue
        name, _, rest = head.partition(" ")
        if stopped_by:
            stopped_by = None if name == stopped_by else stopped_by
            continue
        if name == "stop-commands":
            stopped_by = data
            continue
        pairs = (pair.split("=", 1) for pair in rest.strip().split(",") if pair)
        commands.append(
            Command(name, {key: unescaped(value, PROPERTY) for key, value in pairs}, unescaped(data, DATA))
        )
    assert stopped_by is None
    return commands


DATA = {"\r": "%0D", "\n": "%0A", "%": "%25"}
PROPERTY = {"\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C", "%": "%25"}


def unescaped(text: str, codes: dict[str, str]) -> str:
    for sign, code in codes.items():
        text = text.replace(code, sign)
    return text


def annotations(runs: list[Run]) -> list[Command]:
    return [each for each in obeyed(github_actions.render(runs, TOKEN)) if "group" not in each.name]


@pytest.mark.parametrize("name", ["passing", "failing"])
def test_it_is_as_agreed(name, request):
    same(f"github-actions-{name}.txt", github_actions.render([request.getfixturevalue(name)], TOKEN))


def test_each_verdict_has_a_kind_of_its_own_word(failing):
    failing.problems = ["the namespace stays"]
    assert [(each.name, each.properties["title"].partition(":")[0]) for each in annotations([failing])] == [
        ("error", "failed"),
        ("error", "failed"),
        ("warning", "could not be graded as it should"),
        ("warning", "grader error"),
        ("warning", "selector-matches-nothing"),
        ("notice", "score 1/10.5 so far, not final"),
        ("notice", "not reached"),
        ("notice", "skipped"),
    ]
    assert annotations([failing])[0].data.startswith("expected: blue-6d4f-x2x1p, green-5b9c-q7j8k\nfound: ")


def test_a_run_in_which_all_holds_has_one_notice(passing):
    passing.findings = [Noticed("image-latest", "warning", "it is odd", "web.yaml")]
    assert annotations([passing]) == [
        Command("notice", {"title": "score 3.5/3.5"}, "next: nothing: all claims hold")
    ]


@pytest.mark.parametrize(
    ("where", "place"),
    [
        ("web.yaml, line 12, column 3", {"file": "web.yaml", "line": "12", "col": "3"}),
        ("web.yaml, line 12", {"file": "web.yaml", "line": "12"}),
        ("web.yaml:12:3", {"file": "web.yaml", "line": "12", "col": "3"}),
        ("sub/a,b: 100%.yaml:7", {"file": "sub/a,b: 100%.yaml", "line": "7"}),
        ("a%2Cb%0A::error::x.yaml:7", {"file": "a%2Cb%0A::error::x.yaml", "line": "7"}),
        ("web.yaml", {"file": "web.yaml"}),
        ("", {}),
    ],
)
def test_a_finding_stands_at_its_place(failing, where, place):
    failing.findings = [Noticed("dead-label", "error", "it is 100%0A wrong", where, "it is so", "mend it")]
    [found] = [each for each in annotations([failing]) if each.properties["title"] == "dead-label"]
    assert found == Command(
        "error", {**place, "title": "dead-label"}, "it is 100%0A wrong\nit is so\nmend it"
    )


def test_ten_of_a_kind_at_most_and_the_last_says_how_many_more(failing):
    failing.findings = [Noticed(f"rule-{n}", "error", "wrong", "a.yaml") for n in range(9)]
    failing.claims += [ClaimResult(f"test_{n}", f"Claim {n}", 1, "not_reached") for n in range(20)]
    runs = [failing, replace(failing, submission="carol")]
    made = annotations(runs)
    assert Counter(each.name for each in made) == {"error": 10, "notice": 10, "warning": 2}
    errors = [each.properties["title"] for each in made if each.name == "error"]
    assert errors[0].startswith("bob: failed: Service `web` sends traffic")
    assert errors[9] == "and 13 more"
    one = [each.properties["title"] for each in annotations([failing]) if each.name == "error"]
    rules = [f"rule-{n}" for n in range(7)]
    assert [title.partition(":")[0] for title in one] == ["failed", "failed", *rules, "and 2 more"]


def test_exactly_ten_are_all_shown(failing):
    failing.findings = [Noticed(f"rule-{n}", "error", "wrong", "a.yaml") for n in range(8)]
    errors = [each for each in annotations([failing]) if each.name == "error"]
    assert len(errors) == 10
    assert errors[9].properties["title"] == "rule-7"


def test_the_reasons_are_in_the_log_where_nothing_is_obeyed(failing):
    failing.claims[1].title = "::error::x"
    text = github_actions.render([failing], TOKEN)
    start, end = text.index(f"::stop-commands::{TOKEN}\n"), text.index(f"\n::{TOKEN}::\n")
    part = text[start:end]
    assert [each.data for each in obeyed(text) if each.name == "group"] == ["score 1/10.5 so far, not final"]
    assert "    because: green-5b9c-q7j8k is Ready but has no label" in part
    assert "noticed: web.yaml, line 12, column 3: Service `web` selects no pod" in part
    assert text.count(TOKEN) == 2


def test_the_token_is_new_each_time_and_long(failing):
    found = {re.search("::stop-commands::(.+)", github_actions.render([failing]))[1] for _ in range(20)}
    assert len(found) == 20
    assert {len(token) for token in found} == {64}


def test_no_word_of_a_learner_is_obeyed(poisoned):
    made = annotations([poisoned])
    assert Counter(each.name for each in made) == {"error": 2, "warning": 3, "notice": 3}
    assert all(set(each.properties) <= {"title", "file", "line", "col"} for each in made)
    text = github_actions.render([poisoned], TOKEN)
    assert plain(text) == text
    assert max(len(each.data) for each in made) < 5000
    assert len(text) < 200_000


def test_a_learner_who_ends_the_part_too_early_does_not(failing):
    """Even with the token known: no line of a learner begins with a command."""
    failing.claims[1].cause = replace(
        failing.claims[1].cause, found=f"x\n::{TOKEN}::\n::error::mine\n::x y=z::w"
    )
    assert "mine" not in [each.data for each in annotations([failing])]
