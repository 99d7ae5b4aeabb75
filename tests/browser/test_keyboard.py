"""Who has no mouse reaches all that can be opened or followed, in order, and sees where they are."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.looking import PHONE, opened

pytestmark = pytest.mark.browser

STOPS = "a[href], summary, button, input, .scroll"
# Which stop the focus is on, and what is wrong with it for eyes; null when the page has been left.
HERE = """(stops) => {
  const here = document.activeElement;
  if (here === document.body) return null;
  const style = getComputedStyle(here);
  const box = here.getBoundingClientRect();
  // a link over two lines has nothing in the middle of both, and a table may be higher than the screen
  const line = here.getClientRects()[0];
  const middle = (from, to, most) => (Math.max(from, 0) + Math.min(to, most)) / 2;
  const top = document.elementFromPoint(
    middle(line.left, line.right, innerWidth), middle(line.top, line.bottom, innerHeight));
  const wrong = [];
  if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) wrong.push("no outline");
  const away = box.bottom <= 0 || box.top >= innerHeight;
  if (away || box.right <= 0 || box.left >= innerWidth) wrong.push("off screen");
  if (!top || !(here.contains(top) || top.contains(here))) wrong.push("covered");
  const place = [...document.querySelectorAll(stops)].indexOf(here);
  return { place, wrong, html: here.outerHTML.slice(0, 120) };
}"""
SEEN = """(stops) => [...document.querySelectorAll(stops)]
  .map((each, place) => [each, place]).filter(([each]) => each.checkVisibility()).map(([, place]) => place)"""


def walk(page: Page) -> list[int]:
    """Go through the page with Tab and open with Enter what is folded; return the stops."""
    visited: list[int] = []
    while True:
        page.keyboard.press("Tab")
        here = page.evaluate(HERE, STOPS)
        if here is None or here["place"] in visited:
            return visited
        assert here["wrong"] == [], here["html"]
        visited.append(here["place"])
        if page.evaluate("document.activeElement.matches('details:not([open]) > summary')"):
            page.keyboard.press("Enter")


@pytest.mark.parametrize("width", [PHONE, 1280])
@pytest.mark.parametrize("name", ["open", "few"])
def test_tab_comes_to_everything_in_the_order_of_the_page(
    browser: Browser, files: dict[str, Path], name: str, width: int
) -> None:
    with opened(browser, files[name], width) as page:
        visited = walk(page)
        assert page.locator("details:not([open]) > summary:visible").count() == 0
        assert visited == page.evaluate(SEEN, STOPS)
        assert len(visited) > 30


def test_the_first_stop_leads_past_the_head(browser: Browser, files: dict[str, Path]) -> None:
    with opened(browser, files["open"], 1280) as page:
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to the result")).to_be_in_viewport(ratio=1)
        page.keyboard.press("Enter")
        expect(page.locator("main")).to_be_focused()


def test_a_link_to_a_claim_takes_the_focus_along(browser: Browser, files: dict[str, Path]) -> None:
    with opened(browser, files["open"], 1280) as page:
        page.get_by_role("link", name="7, failed: While").focus()
        page.keyboard.press("Enter")
        claim = page.get_by_role("article", name="failed While web is rolled out")
        expect(claim).to_be_focused()
        expect(claim.get_by_role("heading", level=3)).to_be_in_viewport(ratio=1)
        page.keyboard.press("Tab")
        expect(claim.locator("summary", has_text="Hint")).to_be_focused()


def test_a_screen_reader_is_told_what_the_eye_sees(browser: Browser, files: dict[str, Path]) -> None:
    with opened(browser, files["open"], 1280) as page:
        expect(page.locator("main > header")).to_match_aria_snapshot(HEAD)
        expect(page.locator("#claim-test_survives")).to_match_aria_snapshot(CLAIM)
        expect(page.locator("#claim-test_policy .matrix")).to_match_aria_snapshot(MATRIX)
        for picture in page.locator("svg:visible:not([aria-hidden]):not(svg svg)").all():
            assert picture.get_attribute("role") == "img"
        assert page.get_by_role("img", name="What leads where").count() == 1


HEAD = """
- 'heading "Assignment 5: Services and policies" [level=1]'
- paragraph: team-7-bob · bob@example.org
- paragraph:
  - text: Handed in
  - time: 28 February 2026, 22:15 UTC
"""
CLAIM = """
- article "not reached A pod that is deleted gets a successor 0 of 1 points":
  - heading "not reached A pod that is deleted gets a successor 0 of 1 points" [level=3]
  - paragraph:
    - text: Not judged because
    - link "Service web sends traffic to the pods of blue and green, and to no other pod"
    - text: did not pass.
"""
MATRIX = """
- 'table "Who reaches whom: what was found, and where it differs what was expected"':
  - rowgroup:
    - row:
      - columnheader "from \\\\ to"
      - 'columnheader "web:80"'
      - 'columnheader "blue:9090"'
      - 'columnheader "db:5432"'
  - rowgroup:
    - row:
      - rowheader "shop"
      - cell "allow"
      - cell "deny"
      - cell "allow expected deny"
"""
