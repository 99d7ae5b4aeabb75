"""The result as Allure shows it, through allure-pytest: labels and names before a claim, its cause after it.

allure-pytest tells failed from broken by the exception and takes `pytest.skip` for skipped, so the verdicts
come out right by themselves.
"""

from __future__ import annotations

import json
from collections.abc import Callable

import allure
import pytest

from reports.exporters.allure.results import CRITICAL
from reports.model import ClaimResult
from reports.text import one_line, plain


def label(
    item: pytest.Item, test: Callable[..., object], *, epic: str, feature: str, title: str, points: float
) -> None:
    """Name a test and say where it belongs: epic course, feature assignment, story and severity by claim.

    The ids of Allure come from the node id, which is one and the same in every run.
    """
    # The title is a format string to allure-pytest.
    allure.title(one_line(title).replace("{", "{{").replace("}", "}}"))(test)  # type: ignore[no-untyped-call]
    severity = allure.severity_level.CRITICAL if points >= CRITICAL else allure.severity_level.NORMAL
    labels = {"epic": epic, "feature": feature, "story": title, "severity": severity.value}
    for name, value in labels.items():
        item.add_marker(pytest.mark.allure_label(one_line(value), label_type=name))


def attach(claim: ClaimResult) -> None:
    """Attach the cause of the running claim, one text a fact, and the readings behind it."""
    for name, text in claim.cause.lines() if claim.cause else []:
        allure.attach(plain(text), name=name, attachment_type=allure.attachment_type.TEXT)
    if claim.observations:
        allure.attach(
            json.dumps(claim.observations, indent=1),
            name="observations",
            attachment_type=allure.attachment_type.JSON,
        )
