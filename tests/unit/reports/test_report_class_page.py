"""One page about a class, as an instructor reads it and as a browser loads it."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser

import golden
import pytest

from reports import files
from reports.exporters import class_page
from reports.exporters.class_page.summary import summarize
from reports.model import Adjustment, Cause, ClaimResult, Run

EACH = [("a", "pfn"), ("b", "pfs"), ("c", "pe ")]
CLAIMS = ["Service `web` answers", "`web` reaches `db`", "Nobody reads Secrets"]


def run_of(name: str, verdicts: str, **more: object) -> Run:
    """Return a run with a claim a letter, each worth 1 point; a blank one was not come to."""
    words = {"p": "passed", "f": "failed", "n": "not_reached", "e": "grader_error", "s": "skipped"}
    claims = [
        ClaimResult(
            f"test_{number}", CLAIMS[number], 1, words[letter], Cause(found="why") if letter in "fe" else None
        )
        for number, letter in enumerate(verdicts)
        if letter != " "
    ]
    facts = {"finished": "2026-03-01T10:00:09Z", "started": "2026-03-01T10:00:00Z"}
    return Run("services", "Services", name, claims, [f"test_{n}" for n in range(3)], **facts | more)


class Page(HTMLParser):
    """The page as a list of its tags, its cells by row, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[list[str]] = []
        self.cells: list[list[dict[str, str | None]]] = []
        self.inside = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, pairs):
        attrs = dict(pairs)
        self.tags.append((tag, attrs))
        if tag == "tr":
            self.rows.append([])
            self.cells.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self.cells[-1].append(attrs)
        self.inside = self.inside or tag in ("td", "th")
        if self.inside and "aria-label" in attrs:
            self.rows[-1][-1] += f"{attrs['aria-label']} "

    def handle_endtag(self, tag):
        self.inside = self.inside and tag not in ("td", "th")

    def handle_data(self, data):
        if self.inside:
            self.rows[-1][-1] += data

    def row(self, name: str) -> list[str]:
        [row] = [row for row in self.rows if row[0] == name]
        return row

    def submissions(self) -> list[tuple[list[str], list[dict[str, str | None]]]]:
        head = next(number for number, row in enumerate(self.rows) if row[:1] == ["Submission"])
        return list(zip(self.rows, self.cells, strict=True))[head + 1 :]


def main(text: str) -> str:
    """Return what is our part of a page: its head has the style of all pages."""
    return text[text.index("<main") : text.index("</main>")] + "\n"


def test_a_class_is_shown_as_agreed(passing, failing):
    golden.same(
        "class_page.html", main(class_page.render([passing, failing, replace(failing, submission="eve")]))
    )


def test_each_assignment_has_a_section_and_a_link_to_it(passing, failing):
    page = Page(class_page.render([passing, failing]))
    assert {each["href"] for tag, each in page.tags if tag == "a"} >= {"#a1", "#a2"}
    assert [each["id"] for tag, each in page.tags if tag == "section" and "id" in each] == ["a1", "a2"]
    ids = [each["id"] for _, each in page.tags if "id" in each]
    assert len(ids) == len(set(ids))
    refers = {word for _, each in page.tags for key in ("aria-labelledby", "aria-describedby", "for")
              for word in (each.get(key) or "").split()}  # fmt: skip
    assert refers <= set(ids)


@pytest.mark.parametrize(
    "runs", [[], [Run("services", "", "", started="", finished=None)]], ids=["none", "empty"]
)
def test_a_class_of_nothing_is_a_page(runs):
    page = Page(class_page.render(runs))
    assert ("main", {"id": "main", "tabindex": "-1"}) in page.tags


def test_what_a_score_is_is_told_apart():
    """A grader error, a problem of ours and a kill are to be run again; of none of them there is a score."""
    found = summarize(
        [
            run_of("all", "ppp"),
            run_of("none", "fff"),
            run_of("error", "ppe"),
            run_of("problem", "ppp", problems=["the namespace stays"]),
            run_of("killed", "p", finished=None),
            run_of("nothing", ""),
            run_of("left out", "sss"),
        ]
    )
    assert {row.name: row.state for row in found.rows} == {
        "all": "whole", "none": "whole",
        "error": "run again", "problem": "run again", "killed": "run again",
        "nothing": "not gradable", "left out": "not gradable",
    }  # fmt: skip
    assert found.shares == [1, 0]
    assert {found.rows[member].name for each in found.errors for member in each.members} == {
        "error", "problem", "killed"
    }  # fmt: skip


def test_no_score_is_written_that_is_not_final():
    page = Page(class_page.render([run_of("all", "ppp"), run_of("error", "ppe"), run_of("nothing", "")]))
    scores = {row[0]: (row[1], cells[1].get("data-v")) for row, cells in page.submissions()}
    assert scores == {
        "all": ("3 of 3", "3"),
        "error": ("run again 2 of 3 so far; 1 open", None),
        "nothing": ("not gradable 0 of 3 so far", None),
    }


def test_a_verdict_is_a_sign_and_a_word():
    page = Page(class_page.render([run_of("a", "pfn"), run_of("b", "es ")]))
    assert page.row("a")[2:5] == ["passed ✓", "failed ✗", "not reached -"]
    assert page.row("b")[2:5] == ["grader error !", "skipped ○", "not come to ·"]


def test_a_name_is_one_line():
    assert Page(class_page.render([run_of(" a\n\n  b ", "ppp")])).row("a b")


def test_a_claim_that_a_policy_hides_is_marked():
    run = run_of("a", "pp")
    run.claims[0].visibility = "after_due_date"
    page = Page(class_page.render([run]))
    assert [row[1] for row in page.rows if row[2].strip().startswith("100 %")] == [
        "Service web answers (after due date)", "web reaches db"
    ]  # fmt: skip


def test_a_failure_of_one_submission_is_counted_and_not_shown():
    found = summarize([run_of("a", "pff"), run_of("b", "pfp")])
    assert [(each.claim, each.members) for each in found.failures] == [("test_1", [0, 1])]
    assert found.alone == 1


def test_what_was_changed_about_a_score_is_beside_it():
    late = run_of("late", "ppf", adjustments=[Adjustment("handed in 1 day late: 25 % off", -0.5)])
    assert Page(class_page.render([late])).row("late")[1] == (
        "1.5 of 3 2 earned; handed in 1 day late: 25 % off"
    )


def test_a_run_that_stopped_at_its_first_failure_is_measured_by_all_claims():
    assert summarize([run_of("stopped", "pf"), run_of("all", "ppp")]).shares == [1 / 3, 1]


def test_the_hardest_claim_is_first_and_only_what_was_judged_counts():
    found = summarize([run_of("a", "pfn"), run_of("b", "pes"), run_of("c", "fpn"), run_of("d", "pf ")])
    assert [(each.number, each.share) for each in found.hardest] == [(2, 1 / 3), (1, 3 / 4), (3, None)]
    assert found.claims[1].counts == {
        "passed": 1, "failed": 2, "not_reached": 0, "grader_error": 1, "skipped": 0, "open": 0
    }  # fmt: skip
    assert found.claims[2].counts == {
        "passed": 0, "failed": 0, "not_reached": 2, "grader_error": 0, "skipped": 1, "open": 1
    }  # fmt: skip


def test_the_drawing_says_in_words_what_it_shows():
    text = class_page.render([run_of("a", "ppp"), run_of("b", "pff"), run_of("c", "fff"), run_of("d", "ppe")])
    assert re.search("<desc[^>]*>(.*)</desc>", text)[1] == (
        "0–9 % of the points: 1; 30–39 % of the points: 1; 100 % of the points: 1"
    )


def test_equal_submissions_are_together_and_nothing_is_said_without_their_form():
    forms = {"a": "1f", "b": "2e", "c": "1f"}
    runs = [run_of(name, "ppp", environment={"canonical": form}) for name, form in forms.items()]
    assert summarize(runs).same == [[0, 2]]
    assert "report only, no verdict" in class_page.render(runs)
    assert "canonical" not in class_page.render([run_of("a", "ppp"), run_of("b", "ppp")])


def test_a_time_that_is_none_is_shown_as_it_is():
    times = {"a": "2026-03-01T10:00:00+02:00", "b": "yesterday", "c": "0001-01-01T00:00:00+14:00", "d": None}
    rows = summarize([run_of(name, "ppp", handed_in=time) for name, time in times.items()]).rows
    assert [row.handed_in for row in rows] == [
        "2026-03-01 08:00", "yesterday", "0001-01-01T00:00:00+14:00", ""
    ]  # fmt: skip


def test_the_policy_of_the_page_allows_its_one_script_and_nothing_from_elsewhere(passing, failing):
    text = class_page.render([passing, failing])
    [script] = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    page = Page(text)
    [policy] = [
        each["content"] for tag, each in page.tags if each.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert re.search(r"script-src ([^;]*)", policy)[1] == f"'sha256-{digest}'"
    assert {
        each[key] for _, each in page.tags for key in ("src", "href") if key in each and each[key][0] != "#"
    } == set()
    assert [key for _, each in page.tags for key in each if key.startswith("on") or key == "style"] == []


def test_hostile_text_stays_text(poisoned, hostile, tmp_path):
    """The page has the tags that it always has, no character that acts, and it is not drowned."""
    known = Page(
        class_page.render([run_of(name, end, environment={"canonical": "1f"}) for name, end in EACH])
    )
    poisoned.user = poisoned.started = poisoned.handed_in = poisoned.environment["canonical"] = hostile
    poisoned.environment["kubeproctor"] = hostile
    poisoned.adjustments = [Adjustment(hostile, -1)]
    whole = replace(poisoned, problems=[], claims=[c for c in poisoned.claims if c.verdict != "grader_error"])
    text = class_page.render([poisoned, whole, run_of("a", "pfe")])
    files.write(text, file := tmp_path / "class.html")
    assert file.read_text(encoding="utf-8") == text
    assert re.findall(r"[^\n\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", text) == []
    assert re.findall("[\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]", text) == []
    page = Page(text)
    assert {tag for tag, _ in page.tags} <= {tag for tag, _ in known.tags}
    assert {key for _, each in page.tags for key in each} <= {key for _, each in known.tags for key in each}
    assert sum(tag == "script" for tag, _ in page.tags) == 1
    assert len(text) < 150_000


def test_a_large_class_fits(failing):
    """500 submissions with 15 claims, all failed for one cause, are a page of less than 5 MB."""
    claims = [replace(failing.claims[1], id=f"test_{number}", needs=[]) for number in range(15)]
    runs = [
        replace(failing, submission=f"student-{number}", claims=claims, planned=[]) for number in range(500)
    ]
    text = class_page.render(runs)
    assert len(text.encode()) < 5_000_000
    assert len(Page(text).submissions()) == 500
