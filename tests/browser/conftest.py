"""What all tests in a browser share: one browser, and the pages as files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser import chromium
from tests.browser.samples import PAGES

pytest.register_assert_rewrite("tests.browser.looking")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium without a window; only where no registry brings one is it no failure to have none."""
    path = chromium.find()
    if not path and not chromium.packaged():
        pytest.skip(chromium.WHY_NOT)
    assert path, "Chromium is missing: python -m tests.browser.chromium installs it"
    with sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=path)
        yield running
        running.close()


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The sample pages, by name."""
    folder = tmp_path_factory.mktemp("pages")
    made = {name: folder / f"{name}.html" for name in PAGES}
    for name, file in made.items():
        file.write_text(PAGES[name](), encoding="utf-8")
    return made
