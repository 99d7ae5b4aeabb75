"""The result as one HTML page, for a phone, a desk, a printer and a screen reader.

The page needs nothing but itself: no script, no font, no picture from elsewhere; its policy forbids them all.
"""

from __future__ import annotations

from reports.exporters.html.claims import shown
from reports.exporters.html.limits import LARGEST, STEPS, Limits
from reports.exporters.html.page import environment
from reports.exporters.html.summary import duration, summary
from reports.model import Run


def render(run: Run) -> str:
    """Return a run as a page, with less of what was seen where all of it would make the page too large."""
    pages = (_page(run, limits) for limits in STEPS)
    page = next(pages)
    for smaller in pages:
        if len(page.encode()) <= LARGEST:
            break
        page = smaller
    return page


def _page(run: Run, limits: Limits) -> str:
    template = environment().get_template("page.html.j2")
    claims = shown(run, limits)
    anchors = {claim.id: each.anchor for claim, each in zip(run.claims, claims, strict=True)}
    return template.render(
        run=run, summary=summary(run), claims=claims, anchors=anchors, limits=limits,
        cut=limits is not STEPS[0], duration=duration,
    )  # fmt: skip
