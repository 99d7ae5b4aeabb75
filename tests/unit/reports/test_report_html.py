"""The page: whole in itself, read by eye, by ear and on paper, and deaf to what a learner writes into it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from importlib import resources
from itertools import pairwise

import pytest
from rich_runs import rich_run

from reports.exporters import html
from reports.exporters.html.limits import LARGEST
from reports.model import Adjustment, Cause, ClaimResult, Evidence, Run

VOID = {"meta", "br"}


@dataclass
class Element:
    """An element, and the texts and elements in it."""

    tag: str
    attributes: dict[str, str]
    inside: list[Element | str] = field(default_factory=list)

    def all(self, tag: str = "", **wanted: str) -> list[Element]:
        """Return the elements below this one, of a tag and with attributes; `class_` is one of many."""
        found = []
        for each in self.inside:
            if isinstance(each, Element):
                if (not tag or each.tag == tag) and all(each.has(*one) for one in wanted.items()):
                    found.append(each)
                found += each.all(tag, **wanted)
        return found

    def has(self, name: str, value: str) -> bool:
        held = self.attributes.get(name.rstrip("_").replace("_", "-"), "")
        return value in held.split() if name == "class_" else held == value

    @property
    def text(self) -> str:
        """All text in it, on one line."""
        parts = [each if isinstance(each, str) else f" {each.text} " for each in self.inside]
        return " ".join("".join(parts).split())


class Reader(HTMLParser):
    """Reads a page and takes none in which an element is not closed where it was opened."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Element("", {})
        self.open = [self.root]

    def handle_starttag(self, tag, attributes):
        made = Element(tag, {name: value or "" for name, value in attributes})
        assert len(made.attributes) == len(attributes), f"an attribute twice in {tag}"
        self.open[-1].inside.append(made)
        if tag not in VOID:
            self.open.append(made)

    def handle_startendtag(self, tag, attributes):
        assert any(each.tag == "svg" for each in self.open), f"<{tag}/> is not closed in HTML"
        self.handle_starttag(tag, attributes)
        self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop().tag == tag

    def handle_data(self, text):
        self.open[-1].inside.append(text)


def read(run: Run) -> Element:
    reader = Reader()
    reader.feed(html.render(run))
    reader.close()
    assert reader.open == [reader.root]
    return reader.root


def article(page: Element, id: str) -> Element:
    [found] = page.all("article", id=f"claim-{id}")
    return found


def facts(found: Element) -> dict[str, str]:
    return {row.all("dt")[0].text: row.all("dd")[0].text for row in found.all("dl")[0].all("div")
            if row.all("dt")}  # fmt: skip


@pytest.fixture(params=["rich", "rich and whole", "passing", "failing", "no claims", "killed"])
def run(request, passing, failing) -> Run:
    """A run of each sort."""
    return {
        "rich": rich_run(),
        "rich and whole": rich_run(whole=True),
        "passing": passing,
        "failing": failing,
        "no claims": Run("services", "Services", "bob", problems=["no cluster"], planned=["test_a"]),
        "killed": Run("services", "Services", "bob", failing.claims[:2], planned=failing.planned),
    }[request.param]


def test_the_page_loads_nothing_runs_nothing_and_says_so_to_the_browser(run):
    page = read(run)
    [policy] = page.all("meta", http_equiv="Content-Security-Policy")
    assert policy.attributes["content"] == (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
    )
    for each in page.all():
        assert each.tag not in {"script", "link", "img", "iframe", "object", "form", "base"}
        assert not {name for name in each.attributes if name.startswith("on") or name in ("src", "srcset")}
        assert each.attributes.get("href", "#").startswith("#")
    [style] = page.all("style")
    assert "@import" not in style.text
    assert set(re.findall(r"url\(.*?\)", style.text)) == {"url(#hatch)"}


def test_every_reference_leads_to_the_one_element_that_has_the_id(run):
    page = read(run)
    ids = [each.attributes["id"] for each in page.all() if "id" in each.attributes]
    assert len(ids) == len(set(ids))
    for each in page.all():
        named = [*each.attributes.get("aria-labelledby", "").split(), each.attributes.get("href", "#")[1:]]
        assert {name for name in named if name} <= set(ids)


def test_headings_and_landmarks_are_in_order(run):
    page = read(run)
    levels = [int(each.tag[1]) for each in page.all() if re.fullmatch("h[1-6]", each.tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert len(page.all("main")) == 1
    assert page.all("html")[0].attributes["lang"] == "en"
    assert page.all("title")[0].text
    assert all("aria-labelledby" in each.attributes for each in page.all("section"))
    names = [each.all("h2")[0].text for each in page.all("section")]
    order = ["Score", "Score so far", "Next step", "What went wrong on our side", "Claims",
             "What a look at the files found", "Adjustments", "Environment", "Timings"]  # fmt: skip
    assert names == [name for name in order if name in names]


def test_pictures_and_tables_can_be_heard(run):
    page = read(run)
    for table in page.all("table"):
        assert [each.tag for each in table.inside if isinstance(each, Element)] == [
            "caption",
            "thead",
            "tbody",
        ]
        assert table.all("caption")[0].text
        assert {each.attributes.get("scope") for each in table.all("th")} <= {"col", "row"}
        assert table.all("tbody")[0].all("th")
    ids = {each.attributes["id"]: each.text for each in page.all() if "id" in each.attributes}
    inner = {id(below) for each in page.all("svg") for below in each.all("svg")}
    for picture in page.all("svg"):
        if id(picture) not in inner and picture.attributes.get("aria-hidden") != "true":
            assert picture.attributes["role"] == "img"
            names = picture.attributes.get("aria-labelledby", "").split()
            assert picture.attributes.get("aria-label") or [ids[name] for name in names]
            assert all(ids[name] for name in names)
    for each in page.all(tabindex="0"):
        assert each.attributes["aria-label"]


def test_each_claim_has_its_mark_its_word_and_its_points():
    page = read(rich_run())
    heads = {each.attributes["id"]: each.all("h3")[0] for each in page.all("article")}
    marks = {id: [use.attributes["href"] for use in head.all("use")] for id, head in heads.items()}
    assert marks["claim-test_answers"] == ["#mark-passed"]
    assert marks["claim-test_routes"] == ["#mark-failed"]
    assert heads["claim-test_answers"].text == "passed Service web answers on port 80 1 / of 1 points"
    assert heads["claim-test_survives"].text.startswith(
        "not reached A pod that is deleted gets a successor 0 /"
    )
    assert heads["claim-test_rights"].text.startswith("grader error ")
    assert heads["claim-test_scale"].text.startswith("skipped ")
    assert len(heads) == 11


@pytest.mark.parametrize("id", ["test_rights", "test_shares", "test_scale"])
def test_points_that_nobody_has_lost_are_never_shown_as_nothing(id):
    [points] = article(read(rich_run()), id).all("span", class_="points")
    assert points.text.startswith("not graded, worth")
    assert "0 /" not in points.text


def test_a_failure_says_why_in_the_order_of_the_terminal_with_the_course_and_a_command_to_copy():
    run = rich_run()
    found = article(read(run), "test_routes")
    assert list(facts(found)) == [
        "Expected", "Found", "Because", "In the course", "Look at", "Waited", "Needs"
    ]  # fmt: skip
    assert len(found.all("blockquote")) == 2
    [command] = found.all("pre", class_="command")
    assert "".join(_texts(command)) == run.claims[1].cause.look_at
    assert facts(found)["Needs"] == "Service web answers on port 80 (passed)"
    assert found.all("a", href="#claim-test_answers")


def test_hints_are_folded_one_by_one():
    hints = article(read(rich_run()), "test_routes").all("details", class_="hint")
    assert [each.all("summary")[0].text for each in hints] == [
        f"Hint {number} of 3 for claim 2" for number in (1, 2, 3)
    ]
    assert not any("open" in each.attributes for each in hints)
    assert hints[2].all("p")[0].text == "The pods get their labels from spec.template.metadata.labels ."


def test_only_a_failure_has_hints_and_an_error_of_ours_says_what_to_do():
    run = rich_run()
    for claim in run.claims:
        claim.hints = ["a hint"]
    page = read(run)
    hinted = [each.attributes["id"] for each in page.all("article") if each.all("details", class_="hint")]
    assert hinted == ["claim-test_routes", "claim-test_policy", "claim-test_rollout", "claim-hidden-1"]
    assert facts(article(page, "test_rights")) == {
        "Found": "the probe pod does not answer",
        "What to do": "run it again: this is not the submission's fault",
    }


def test_what_was_not_reached_links_to_what_stands_in_the_way():
    found = article(read(rich_run()), "test_survives")
    [link] = found.all("a")
    assert link.attributes["href"] == "#claim-test_routes"
    assert "did not pass" in found.text


def test_what_passed_does_not_explain_itself():
    run = rich_run()
    run.claims[0].cause = Cause(found="something")
    run.claims[0].hints = ["a hint"]
    found = article(read(run), "test_answers")
    assert found.all("dl") == []
    assert found.all("details", class_="hint") == []


def test_the_next_step_leads_to_the_claim_it_speaks_of(passing):
    [link] = read(rich_run(whole=True)).all("section", class_="next")[0].all("a")
    assert link.attributes["href"] == "#claim-test_routes"
    [link] = read(rich_run()).all("section", class_="next")[0].all("a")
    assert link.attributes["href"] == "#claim-test_rights"
    assert read(passing).all("section", class_="next")[0].all("a") == []


def test_a_score_is_called_final_only_when_it_is(passing, failing):
    assert "This score is final" in read(passing).all("section", class_="score")[0].text
    score = read(failing).all("section", class_="score")[0].text
    assert "This score is final" not in score
    assert "Not a final score. 2.5 of 10.5 points are not graded yet" in score
    failing.finished = None
    assert "did not come to its end" in read(failing).text


def test_a_run_without_claims_has_no_score_and_no_zero():
    score = read(Run("services", "Services", "bob", problems=["no cluster"])).all("section", class_="score")[
        0
    ]
    assert "There is no score" in score.text
    assert "0" not in score.text


def test_adjustments_are_a_sum_that_ends_in_the_score(passing):
    passing.adjustments = [Adjustment("late", -0.75), Adjustment("bonus", 0.25)]
    page = read(passing)
    assert page.all("p", class_="figure")[0].text == "3 of 3.5 points"
    rows = [row.text for row in page.all("table", class_="sums")[0].all("tbody")[0].all("tr")]
    assert rows == ["earned 3.5", "late −0.75", "bonus +0.25", "score 3"]


def test_claims_that_were_not_judged_are_counted(failing):
    failing.claims = failing.claims[:2]
    text = read(failing).all("section", class_="score")[0].text
    assert "4 claims were not judged: the run stopped at the first that failed" in text
    failing.finished = None
    assert "4 claims were not judged: the run did not come to them" in read(failing).text


def test_a_hidden_claim_tells_that_it_is_hidden_and_one_that_is_open_by_now_does_not():
    page = read(rich_run())
    assert "not shown yet" in article(page, "hidden-1").text
    assert "not shown yet" not in article(page, "test_quota").text


def test_a_name_that_is_no_anchor_gets_a_number_for_one(passing):
    passing.claims[1].id = 'x" onclick="alert(1)'
    assert [each.attributes["id"] for each in read(passing).all("article")] == [
        "claim-test_answers",
        "claim.2",
    ]


def test_the_same_run_makes_the_same_page(run):
    assert html.render(run) == html.render(run)


def test_hostile_text_stays_text(poisoned, hostile):
    """The page has no element that we did not write, and no character that does anything."""
    known = {each.tag for each in read(rich_run()).all()}
    page = html.render(poisoned)
    assert {each.tag for each in read(poisoned).all()} <= known
    assert re.findall(r"[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", page) == []
    assert re.findall("[\x80-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]", page) == []
    assert len(page.encode()) < LARGEST


def test_hostile_evidence_stays_text(hostile):
    def spoilt(data):
        match data:
            case dict():
                return {key: value if key in ("id", "from", "to", "state", "at") else spoilt(value)
                        for key, value in data.items()}  # fmt: skip
            case list():
                return [spoilt(each) for each in data]
            case str():
                return hostile
        return data

    run = rich_run()
    known = {each.tag for each in read(run).all()}
    for claim in run.claims:
        claim.evidence = [
            Evidence(each.kind, hostile, {**spoilt(each.data), "what": "traffic"}
                     if each.kind == "table" else spoilt(each.data))
            for each in claim.evidence
        ]  # fmt: skip
        claim.observations = spoilt(claim.observations)
        claim.hints, claim.cites, claim.needs = [hostile] * 3, [hostile] * 3, [hostile]
    page = html.render(run)
    assert {each.tag for each in read(run).all()} <= known
    assert re.findall(r"[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", page) == []
    assert '<svg class="map"' in page
    assert len(page.encode()) < LARGEST


def test_a_page_that_would_be_too_large_leaves_out_what_was_seen_and_says_so():
    run = rich_run()
    assert "would be too large" not in html.render(run)
    assert len(html.render(run).encode()) < LARGEST
    run.claims = run.claims[1:2] * 11
    run.claims = [
        ClaimResult(f"test_{number}", "\u202e" * 2000, 1, "failed", Cause(*["\u202e<" * 9000] * 6),
                    cites=["\u202e" * 9000] * 2, hints=["\u202e" * 9000] * 3, evidence=claim.evidence,
                    needs=["test_0"], observations=claim.observations * 5)
        for number, claim in enumerate(run.claims)
    ]  # fmt: skip
    page = html.render(run)
    assert "would be too large" in page
    assert len(page.encode()) < LARGEST
    assert page.count("characters more)") > 50


MISSHAPEN = [None, "", 3, [], {}, [3], {"nodes": [{}], "links": []}, {"points": [], "least": None},
             {"rows": ["a"], "columns": ["b", "c"], "expected": [["x", "y"]], "found": [["x"]], "what": ""},
             {"points": [[0, float("nan")]], "what": "", "unit": "", "least": None},
             {"container": None}, [{"at": "yesterday"}]]  # fmt: skip


@pytest.mark.parametrize("data", MISSHAPEN, ids=map(repr, MISSHAPEN))
@pytest.mark.parametrize("kind", ["objects", "events", "log", "table", "samples"])
def test_evidence_of_another_shape_is_shown_as_it_is(passing, kind, data):
    passing.claims[0].evidence = [Evidence(kind, "What was seen there", data)]
    [section] = article(read(passing), "test_answers").all("div", class_="plain")
    assert section.all("h4")[0].text == "What was seen there"
    assert section.all("pre")


@pytest.mark.parametrize("readings", [None, [], [{}], [{"at": "x", "ok": True}]])
def test_readings_of_another_shape_do_not_end_the_page(passing, readings):
    passing.claims[0].observations = [{"noun": "x", "check": "y", "readings": readings}]
    assert article(read(passing), "test_answers").all("details") == []


def _texts(element: Element):
    for each in element.inside:
        yield from [each] if isinstance(each, str) else _texts(each)


def _luminance(colour: str) -> float:
    digits = colour.removeprefix("#")
    digits = "".join(each * 2 for each in digits) if len(digits) == 3 else digits
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _palettes() -> list[dict[str, str]]:
    style = resources.files("reports.exporters.html").joinpath("style.css").read_text()
    found = [
        dict(re.findall(r"--([\w-]+): (#\w+)", block))
        for block in re.findall(r":root \{(.*?)\}", style, re.S)
    ]
    return [palette for palette in found if palette]


@pytest.mark.parametrize("palette", _palettes(), ids=["light", "dark", "print"])
@pytest.mark.parametrize("ground", ["paper", "card", "wash"])
def test_every_text_can_be_told_from_its_ground(palette, ground):
    """WCAG 2.2, 1.4.3: https://www.w3.org/TR/WCAG22/#contrast-minimum."""

    def contrast(one: str, other: str) -> float:
        dark, light = sorted((_luminance(palette[one]), _luminance(palette[other])))
        return (light + 0.05) / (dark + 0.05)

    words = {name: contrast(name, ground) for name in ("ink", "muted", "link", "passed", "failed", "error")}
    assert {name: ratio for name, ratio in words.items() if ratio < 4.5} == {}
    marks = {name: contrast("on-mark", name) for name in ("passed", "failed", "error")}
    assert {name: ratio for name, ratio in marks.items() if ratio < 4.5} == {}
    assert contrast("edge", "paper") >= 3
