"""What was seen: the checks as steps with their readings, the evidence as attachments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from allure_commons.model2 import Attachment, Parameter, Status, TestStepResult

from reports.exporters.allure.attached import Attached
from reports.exporters.allure.clock import later, milliseconds
from reports.exporters.html.seen import MISSHAPEN
from reports.model import ClaimResult, Evidence
from reports.text import clip, one_line

NAME = 200
STATUS = {"passed": Status.PASSED, "failed": Status.FAILED}
"""Of a check; one that could not be read, or did not end, is broken."""


def steps(claim: ClaimResult, attached: Attached) -> Iterator[TestStepResult]:
    """Return a step for each check; one of another shape than ours is attached to a step as it is."""
    for each in claim.observations:
        try:
            yield _step(each, attached)
        except MISSHAPEN:
            shown = [attached.data("check", each)]
            yield TestStepResult(name="a check", status=Status.BROKEN, stage="finished", attachments=shown)


def evidence(claim: ClaimResult, attached: Attached) -> Iterator[Attachment]:
    """Attach what was seen beside the checks: a log as text, all else as data."""
    for each in claim.evidence:
        log = _log(each)
        yield attached.data(str(each.title), each.data) if log is None else attached.log(str(each.title), log)


def _step(observation: dict[str, Any], attached: Attached) -> TestStepResult:
    words = [str(observation[key]) for key in ("noun", "check", "adverb")]
    readings = [_reading(each) for each in observation["readings"]]
    start = milliseconds(observation["began"])
    last = observation["readings"][-1]["until"] if readings else 0
    return TestStepResult(
        name=one_line(clip(" ".join(words), NAME)),
        status=STATUS.get(observation["verdict"], Status.BROKEN),
        stage="finished",
        parameters=[Parameter(name="waited", value=one_line(clip(str(observation["waited"]), NAME)))],
        attachments=[attached.text("readings", "\n".join(readings))] if readings else [],
        start=start,
        stop=later(start, last),
    )


def _reading(reading: dict[str, Any]) -> str:
    span = f"{reading['at']:g} s" if reading["times"] == 1 else f"{reading['at']:g} to {reading['until']:g} s"
    times = f", {reading['times']:d} times" if reading["times"] != 1 else ""
    text = one_line(str(reading["text"]))
    return f"{'✓' if reading['ok'] else '✗'} {span}{times}" + (f": {text}" if text else "")


def _log(seen: Evidence) -> str | None:
    if seen.kind != "log":
        return None
    try:
        return f"{seen.data['container']}\n{seen.data['text']}"
    except MISSHAPEN:
        return None
