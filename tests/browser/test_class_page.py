"""An instructor with 500 submissions filters and sorts them, with a mouse or without."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.looking import PHONE, opened
from tests.browser.samples import STUDENTS

pytestmark = pytest.mark.browser

COLUMN = """(rows, column) => rows.filter((row) => !row.hidden)
  .map((row) => row.cells[column].dataset.v ?? row.cells[column].textContent)"""
WHOLE = f"{STUDENTS} of {STUDENTS} submissions are shown"


@pytest.fixture
def page(browser: Browser, files: dict[str, Path]) -> Iterator[Page]:
    """The page of the class on a desk."""
    with opened(browser, files["class"], 1280) as page:
        yield page


def head(page: Page, name: str) -> Locator:
    return page.get_by_role("columnheader", name=name, exact=True)


def column(page: Page, name: str) -> list[str]:
    """Return what the rows that are shown hold in a column, from the top."""
    place = head(page, name).evaluate("(cell) => cell.cellIndex")
    return page.locator(".submissions tbody tr").evaluate_all(COLUMN, place)


def numbers(found: list[str]) -> list[float]:
    """Return the numbers at the top of a column; below them is nothing but what has none."""
    read = [float(text) for text in found if text.replace(".", "", 1).isdigit()]
    assert [text for text in found[: len(read)] if not text.replace(".", "", 1).isdigit()] == []
    return read


def test_numbers_are_sorted_as_numbers_and_what_has_none_is_last(page: Page) -> None:
    score = head(page, "Score")
    expect(score).not_to_have_attribute("aria-sort", "ascending")
    score.get_by_role("button").click()
    expect(score).to_have_attribute("aria-sort", "ascending")
    rising = numbers(column(page, "Score"))
    assert rising == sorted(rising)
    assert {len(str(int(each))) for each in rising} == {1, 2}
    assert 0 < len(rising) < STUDENTS
    score.get_by_role("button").click()
    expect(score).to_have_attribute("aria-sort", "descending")
    assert numbers(column(page, "Score")) == rising[::-1]
    seconds = head(page, "Seconds")
    seconds.get_by_role("button").click()
    assert [*dict.fromkeys(numbers(column(page, "Seconds")))] == [8, 9, 65, 104, 1200]
    assert page.locator("[aria-sort]").count() == 1


def test_names_are_sorted_as_people_count(page: Page) -> None:
    head(page, "Score").get_by_role("button").click()
    head(page, "Submission").get_by_role("button").click()
    assert column(page, "Submission") == [f"student-{number}" for number in range(1, STUDENTS + 1)]


def test_a_claim_that_failed_comes_before_one_that_passed(page: Page) -> None:
    head(page, "claim 5").get_by_role("button").click()
    labels = page.locator(".submissions tbody tr td.v:nth-of-type(7) span").evaluate_all(
        "(signs) => [...new Set(signs.map((sign) => sign.getAttribute('aria-label')))]"
    )
    assert labels == ["failed", "passed"]


def test_the_same_can_be_done_with_keys_alone(page: Page) -> None:
    field = page.get_by_role("searchbox", name="Show only rows with")
    status = page.locator(".submissions [role=status]")
    expect(status).to_have_text(WHOLE)
    field.focus()
    page.keyboard.type("student-1 run again")
    shown = column(page, "Submission")
    assert shown == [f"student-{n}" for n in range(10, STUDENTS + 1, 10) if str(n).startswith("1")]
    expect(status).to_have_text(f"{len(shown)} of {STUDENTS} submissions are shown")
    page.keyboard.press("Tab")  # the region that scrolls
    page.keyboard.press("Tab")
    expect(head(page, "Submission").get_by_role("button")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Space")
    expect(head(page, "Submission")).to_have_attribute("aria-sort", "descending")
    expect(status).to_have_text(
        f"{len(shown)} of {STUDENTS} submissions are shown, sorted by submission, descending"
    )
    assert column(page, "Submission") == shown[::-1]
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    expect(field).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    assert len(column(page, "Submission")) == STUDENTS


def test_a_filter_reads_the_words_behind_the_signs(page: Page) -> None:
    page.get_by_role("searchbox").fill("GRADER error")
    assert column(page, "Submission") == [f"student-{n}" for n in range(10, STUDENTS + 1, 10)]
    page.get_by_role("searchbox").fill("nobody is called so")
    assert column(page, "Submission") == []
    expect(page.locator(".submissions [role=status]")).to_have_text(f"0 of {STUDENTS} submissions are shown")


def test_who_a_row_is_of_stays_in_sight_on_a_phone(browser: Browser, files: dict[str, Path]) -> None:
    with opened(browser, files["class"], PHONE) as page:
        page.locator(".submissions tbody tr").nth(199).locator("td").last.scroll_into_view_if_needed()
        expect(page.get_by_role("rowheader", name="student-200", exact=True)).to_be_in_viewport(ratio=0.9)
        expect(head(page, "Seconds")).to_be_in_viewport(ratio=0.9)
