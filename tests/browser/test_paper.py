"""A page can be printed: nothing on it is cut, hidden or left out."""

from __future__ import annotations

import re
from pathlib import Path

import pypdfium2
import pytest
from playwright.sync_api import Browser

from tests.browser.looking import KEPT, opened

pytestmark = pytest.mark.browser

# What is folded on a screen is printed as well, but no pictures' names and nothing for ears only.
TEXTS = """() => {
  const found = [];
  const texts = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const holder = texts.currentNode.parentElement;
    if (holder.closest("title, desc, .unseen, .strip, .filter, [role=status]")) continue;
    if (holder.matches(".tick")) continue; // has a rim of paper, and is written twice for it
    if (texts.currentNode.data.trim()) found.push(texts.currentNode.data);
  }
  return found;
}"""
ROW = re.compile(r"student\d+user\d+@")
"""The beginning of a row, as `letters` leaves it."""


def letters(text: str) -> str:
    """Return what is left of a text when lines may end anywhere, and few fonts have signs for controls."""
    return re.sub(r"[\s\-\u2010\ufffe\x02\u2400-\u2426]", "", text).casefold()


@pytest.mark.parametrize("name", ["open", "hostile", "few", "class"])
@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_all_of_a_page_is_on_paper(browser: Browser, files: dict[str, Path], name: str, paper: str) -> None:
    with opened(browser, files[name], 1280, "dark") as page:
        wanted = page.evaluate(TEXTS)
        file = KEPT / f"{name}-{paper}.pdf"
        page.pdf(path=file, format=paper)
    with pypdfium2.PdfDocument(file) as printed:
        assert len(printed) > 1
        read = []
        for sheet in printed:
            text = sheet.get_textpage()
            read.append(letters(text.get_text_range()))
            if ROW.search(read[-1]):
                assert "handedin(utc)" in read[-1], "the head of a table is not on each of its sheets"
            width, height = sheet.get_size()
            for number in range(text.count_rects()):
                left, bottom, right, top = text.get_rect(number)
                assert left >= 0
                assert bottom >= 0
                assert right <= width
                assert top <= height
    said = "".join(read)
    assert [text for text in wanted if letters(text) not in said] == []
