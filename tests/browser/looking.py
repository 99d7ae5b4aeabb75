"""A page is opened as readers open it: a file, on a screen of some width, in a browser without complaints."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

KEPT = Path(__file__).parents[2] / "results" / "browser"
PHONE = 360
WIDTHS = (PHONE, 768, 1280)
HEIGHT = 800
AXE = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
"""All rules that are on by themselves, and the one of WCAG 2.2 that is not."""


@contextmanager
def opened(browser: Browser, file: Path, width: int, scheme: str = "light", **more: object) -> Iterator[Page]:
    """Open a file and see that it asks for nothing else, and that no warning and no error is said."""
    phone = width == PHONE
    context = browser.new_context(
        viewport={"width": width, "height": HEIGHT}, color_scheme=scheme, is_mobile=phone, has_touch=phone,
        **more,
    )  # fmt: skip
    page = context.new_page()
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda line: said.append(f"{line.type}: {line.text}"))
    page.on("pageerror", lambda error: said.append(f"error: {error}"))
    page.on("dialog", lambda dialog: (said.append(f"error: {dialog.message}"), dialog.dismiss()))
    page.on("request", lambda request: asked.append(request.url))
    try:
        page.goto(file.as_uri())
        yield page
        assert [line for line in said if line.startswith(("warning", "error"))] == []
        assert asked == [file.as_uri()]
    finally:
        context.close()


def unfold(page: Page) -> None:
    """Open all that folds."""
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true })")


def violations(page: Page) -> list[str]:
    """Return what axe-core objects to, a line an element."""
    found = Axe().run(page, options=AXE).response["violations"]
    return [f"{rule['id']}: {node['html'][:200]}" for rule in found for node in rule["nodes"]]


def too_wide(page: Page, width: int) -> list[str]:
    """Return what sticks out to the right of the page, past what scrolls by itself."""
    if page.evaluate("document.documentElement.scrollWidth") <= width:
        return []
    return page.evaluate(
        """(width) => [...document.querySelectorAll("body *")]
          .filter((each) => each.getBoundingClientRect().right > width && !each.closest(".scroll"))
          .map((each) => each.outerHTML.slice(0, 120))""",
        width,
    ) or ["something"]


def keep(page: Page, name: str) -> None:
    """Write the whole page as a picture for people to look at."""
    page.screenshot(path=KEPT / f"{name}.png", full_page=True)
