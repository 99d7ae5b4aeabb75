"""Markdown as its readers take it: what a learner wrote stays text, and what matters comes first."""

from __future__ import annotations

import dataclasses
import re

import pytest
from golden import same
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from reports.exporters import markdown
from reports.model import Adjustment, Cause, ClaimResult
from reports.text import one_line, plain

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
OURS = {
    "heading", "paragraph", "bullet_list", "list_item", "inline", "fence", "text", "code_inline", "strong",
    "softbreak",
}  # fmt: skip
MEANT = re.compile(r"[@#<>\[\]$&*_~\\|`\ud800-\udfff]|//|www\.|:\w+:")
"""What GitHub makes something of, beyond CommonMark: mentions, numbers, links, emoji, formulas."""
INJECTIONS = [
    "<img src=x onerror=alert(1)>",
    "[click](http://evil)",
    "![](http://evil/x.png)",
    "@everyone @org/team",
    "closes #1, GH-2, o/r#3",
    "# heading",
    "heading\n===\n\n---",
    "- [x] done",
    "1. one",
    "- one",
    "http://evil.example www.evil.example a@evil.example <http://evil>",
    "```\n<b>\n```\n# out\n~~~",
    "` `` ``` ````",
    "``a` ```b``",
    "| a | b |\n|---|---|\n| c | d |",
    "> quote\n\n    code\n\n<!-- x",
    ":tada: $x$ $`x`$ **bold** __b__ ~~gone~~ &lt; \\* [^1]",
    "[a]: http://evil\n[a]",
]


def tokens(text: str) -> list[Token]:
    """Return all tokens that a reader of CommonMark and of GitHub's tables finds, the inner ones too."""
    return [each for token in READER.parse(text) for each in (token, *(token.children or ()))]


def kinds(text: str) -> set[str]:
    return {token.type.removesuffix("_open").removesuffix("_close") for token in tokens(text)}


@pytest.mark.parametrize("name", ["passing", "failing"])
def test_it_is_as_agreed(name, request):
    same(f"markdown-{name}.md", markdown.render(request.getfixturevalue(name)))


def test_the_score_and_the_next_step_come_first_and_what_failed_before_what_passed(failing):
    failing.claims.pop(4)
    lines = [line for line in markdown.render(failing).splitlines() if line]
    assert lines[0] == "# Score 1/8.5"
    assert lines[1].startswith("**Next:** see the first ✗: Service `web` sends traffic")
    sections = [line for line in lines if line.startswith("## ")]
    assert sections == ["## Failed", "## Not reached", "## Noticed in the files", "## Skipped", "## Passed",
                        "## Graded on"]  # fmt: skip


def test_what_is_not_graded_is_open_and_what_a_failure_kept_from_being_judged_is_lost(failing):
    report = markdown.render(failing)
    assert "# Score 1/10.5 so far, not final\n" in report
    assert "\n2.5 of the points are not graded, and not lost.\n" in report
    assert "- ! **2 open** Nobody reads Secrets" in report
    assert "- ○ **0.5 open** Two pods share the load" in report
    assert "- – **0/2** A pod that is deleted" in report


def test_adjustments_and_what_was_not_come_to_are_said(passing):
    passing.adjustments = [Adjustment("handed in 2 days late: 20 % off", -0.7)]
    report = markdown.render(passing)
    assert report.startswith("# Score 2.8/3.5\n")
    assert "- -0.7: handed in 2 days late: 20 % off" in report
    passing.finished = None
    passing.planned = [*passing.planned, "test_more"]
    report = markdown.render(passing)
    assert report.startswith("# Score 2.8/3.5 so far, not final\n")
    assert "\nClaims that were not judged: 1.\n" in report


def test_a_run_without_claims_has_a_report(passing):
    passing.claims, passing.problems = [], ["no cluster"]
    report = markdown.render(passing)
    assert "no claim was judged" in report
    assert "- ! no cluster" in report


def test_hostile_text_stays_text(poisoned):
    report = markdown.render(poisoned)
    assert kinds(report) <= OURS
    assert plain(report) == report
    found = tokens(report)
    headings = [found[place + 1].content for place, token in enumerate(found) if token.type == "heading_open"]
    assert headings[0] == "Score 1/10.5 so far, not final"
    assert set(headings[1:]) <= {
        "Our problems",
        "Graded on",
        "Noticed in the files",
        *markdown.SECTIONS.values(),
    }
    assert [token.content for token in found if token.type == "text" and MEANT.search(token.content)] == []


@pytest.mark.parametrize("text", INJECTIONS)
def test_markup_of_a_learner_is_none(failing, text):
    failing.submission = failing.title = text
    failing.problems = [text]
    failing.environment = {text: text}
    failing.findings = [
        dataclasses.replace(failing.findings[0], severity=text, where=text, what=text, fix=text)
    ]
    for claim in failing.claims:
        claim.title = text
        claim.cause = Cause(*[text] * 6)
    report = markdown.render(failing)
    assert kinds(report) <= OURS
    levels = {token.tag for token in tokens(report) if token.type == "heading_open"}
    assert levels == {"h1", "h2"}
    assert (
        len(re.findall("^## ", report, re.MULTILINE))
        == sum(token.tag == "h2" for token in tokens(report)) / 2
    )
    texts = [token.content for token in tokens(report) if token.type == "text"]
    assert [said for said in texts if MEANT.search(said)] == []
    if "\n" in text:
        assert plain(text) in [token.content.removesuffix("\n") for token in tokens(report)]


HARD = st.text(st.sampled_from("`` ab1.:!*_<>[]()#@&\\|-=~$\n\t'\"") | st.characters(codec=None))


@given(HARD)
def test_a_sentence_is_plain_words_and_code_and_says_all_that_it_said(text):
    found = [token for token in tokens(f"x {markdown.prose(text)} x") if token.type != "inline"]
    assert {token.type for token in found} <= {"paragraph_open", "paragraph_close", "text", "code_inline"}
    assert not any(MEANT.search(token.content) for token in found if token.type == "text")
    said = "".join(token.content for token in found)
    assert re.sub(r"[`\s]", "", said) == "x" + re.sub(r"[`\s]", "", one_line(text)) + "x"


@given(HARD)
def test_a_code_span_is_one(text):
    [_, inline, _] = READER.parse(f"x {markdown.code_span(text)} x")
    assert [token.type for token in inline.children or ()] == ["text", "code_inline", "text"]
    assert (inline.children or ())[1].content.strip() == one_line(text)


@given(HARD)
def test_a_block_is_one_whatever_fences_it_holds(text):
    report = f"- x\n  - y:\n\n{markdown.block(text, '    ')}\n\n  - z\n"
    [fence] = [token for token in tokens(report) if token.type == "fence"]
    assert fence.content.removesuffix("\n") == plain(text).strip("\n")
    assert kinds(report) == {"bullet_list", "list_item", "paragraph", "inline", "text", "fence"}


@pytest.mark.parametrize("limit", [2000, 4000, 16_000, 1 << 20])
def test_a_limit_is_kept_and_the_least_important_is_dropped(failing, limit):
    for claim in failing.claims:
        if claim.cause:
            claim.cause = dataclasses.replace(claim.cause, found="é" * 16_000)
    failing.claims += [
        ClaimResult(f"test_{n}", f"Claim of number {n}", 1, "passed") for n in range(200)
    ]  # fmt: skip
    report = markdown.render(failing, limit)
    assert len(report.encode()) <= limit
    assert report.startswith("# Score 201/210.5 so far, not final\n")
    assert kinds(report) <= OURS
    left = re.search(r"… and (\d+) more, left out", report)
    shown = report.count("\n- ")
    if limit < 16_000:
        assert left
        assert shown + int(left[1]) == len(failing.claims) + 1 + len(failing.environment)
        assert "## Failed" in report
    else:
        assert not left
        assert "Claim of number 199" in report


def test_as_much_of_a_text_is_kept_as_fits(failing):
    failing.claims[1].cause = Cause(found="x" * 3000)
    assert "x" * 3000 in markdown.render(failing)
    report = markdown.render(failing, 3500)
    assert (
        f"{'x' * 200} … (2800 characters more)" in report
        or f"{'x' * 1000} … (2000 characters more)" in report
    )
