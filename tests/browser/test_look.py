"""Each page is whole on a phone, a tablet and a desk, by day and by night, and axe-core finds nothing in it.

The pictures are kept in results/browser.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.looking import PHONE, WIDTHS, keep, opened, too_wide, unfold, violations

pytestmark = pytest.mark.browser

SMALLEST = 11
"""Pixels of the smallest letters: the numbers in the signs of a timeline."""


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    ("name", "scheme"),
    [("open", "light"), ("open", "dark"), ("few", "light"), ("few", "dark"), ("final", "dark"),
     ("hostile", "light")],
)  # fmt: skip
def test_a_page_fits_and_axe_finds_nothing(
    browser: Browser, files: dict[str, Path], name: str, scheme: str, width: int
) -> None:
    with opened(browser, files[name], width, scheme) as page:
        keep(page, f"{name}-{width}-{scheme}")
        assert too_wide(page, width) == []
        unfold(page)
        keep(page, f"{name}-{width}-{scheme}-unfolded")
        assert too_wide(page, width) == []
        assert violations(page) == []


@pytest.mark.parametrize("name", ["open", "few"])
def test_it_is_dark_when_that_is_asked_for_and_light_otherwise(
    browser: Browser, files: dict[str, Path], name: str
) -> None:
    def ground(scheme: str) -> int:
        with opened(browser, files[name], 1280, scheme) as page:
            colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        return sum(int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(","))

    assert ground("dark") < 0x40 * 3
    assert ground("light") > 0xE0 * 3


@pytest.mark.parametrize("name", ["open", "few"])
def test_no_letter_is_too_small_on_a_phone(browser: Browser, files: dict[str, Path], name: str) -> None:
    with opened(browser, files[name], PHONE) as page:
        unfold(page)
        small = page.evaluate(SMALL, SMALLEST)
    assert small == []


SMALL = """(least) => {
  const found = new Set();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const holder = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !holder.checkVisibility()) continue;
    if (holder.closest("title, desc, script, .unseen")) continue;
    const scale = holder.getScreenCTM ? holder.getScreenCTM().a : 1;
    const size = parseFloat(getComputedStyle(holder).fontSize) * scale;
    if (size < least - 0.01) found.add(`${size.toFixed(1)} px: ${holder.outerHTML.slice(0, 80)}`);
  }
  return [...found].slice(0, 20);
}"""


def test_what_a_learner_writes_makes_no_element_and_runs_nothing(
    browser: Browser, files: dict[str, Path]
) -> None:
    with opened(browser, files["hostile"], 1280) as page:
        assert page.locator("script, iframe, img, object, embed, form, link, [onclick]").count() == 0
        assert page.evaluate("document.body.innerText.includes('<script>alert(1)</script>')")


@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_of_a_large_class_fits(browser: Browser, files: dict[str, Path], width: int) -> None:
    with opened(browser, files["class"], width) as page:
        keep(page, f"class-{width}")
        assert too_wide(page, width) == []
        unfold(page)
        assert too_wide(page, width) == []
