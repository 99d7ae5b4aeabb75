"""One claim as the page shows it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from reports.exporters.html.limits import Limits
from reports.exporters.html.seen import Seen, seen
from reports.model import Cause, ClaimResult, Run, Verdict
from reports.text import clip

LABELS = {"expected": "Expected", "found": "Found", "because": "Because", "waited": "Waited"}


@dataclass(frozen=True)
class Fact:
    """A labelled text of a cause."""

    label: str
    lines: list[str]
    table: bool
    """Whether its columns are to be kept as they are."""


@dataclass(frozen=True)
class Near:
    """Another claim that this one refers to."""

    title: str
    anchor: str | None
    """None where it was not judged, so that there is nothing to go to."""
    verdict: Verdict | None


@dataclass(frozen=True)
class Shown:
    """What the template needs of one claim."""

    anchor: str
    verdict: Verdict
    title: str
    points: float
    earned: float | None
    """None where nobody can say yet."""
    masked: bool
    before: list[Fact] = field(default_factory=list)
    after: list[Fact] = field(default_factory=list)
    look_at: str = ""
    cites: list[str] = field(default_factory=list)
    hints: list[str] = field(default_factory=list)
    to_do: str = ""
    """Of an error of ours."""
    needs: list[Near] = field(default_factory=list)
    blocked_by: Near | None = None
    seen: list[Seen] = field(default_factory=list)
    seconds: float = 0.0


def shown(run: Run, limits: Limits) -> list[Shown]:
    """Return the claims of a run, in order."""
    anchors = _anchors(run.claims)
    return [_shown(claim, run, anchors, limits) for claim in run.claims]


def _anchors(claims: Sequence[ClaimResult]) -> dict[str, str]:
    """Return by id where a claim stands: links into a page stay right as long as the id does."""
    anchors: dict[str, str] = {}
    for number, claim in enumerate(claims, 1):
        name = f"claim-{claim.id}" if re.fullmatch(r"[A-Za-z][\w.-]{0,120}", claim.id, re.ASCII) else ""
        anchors[claim.id] = name or f"claim.{number}"
    return anchors


def _shown(claim: ClaimResult, run: Run, anchors: Mapping[str, str], limits: Limits) -> Shown:
    cause = claim.cause or Cause()
    facts = {name: _fact(label, getattr(cause, name), limits) for name, label in LABELS.items()}
    told = claim.verdict != "passed"
    failed = claim.verdict == "failed"
    return Shown(
        anchors[claim.id],
        claim.verdict,
        clip(claim.title, limits.title) or claim.id,
        claim.points,
        claim.earned if not run.is_open(claim) else None,
        masked=claim.visibility != "visible" and claim.id.startswith("hidden-"),
        before=[fact for name, fact in facts.items() if fact and name != "waited"] if told else [],
        after=[fact for fact in [facts["waited"]] if fact] if told else [],
        look_at=clip(cause.look_at, limits.text) if told else "",
        cites=[clip(each, limits.text) for each in claim.cites] if told else [],
        hints=[clip(each, limits.text) for each in _hints(claim, cause)] if failed else [],
        to_do=clip(cause.hint, limits.text) if told and not failed else "",
        needs=[_near(id, run, anchors, limits) for id in claim.needs] if told else [],
        blocked_by=_near(claim.blocked_by, run, anchors, limits) if claim.blocked_by else None,
        seen=seen(claim, limits),
        seconds=claim.seconds,
    )


def _hints(claim: ClaimResult, cause: Cause) -> list[str]:
    return claim.hints or [hint for hint in [cause.hint] if hint]


def _fact(label: str, text: str, limits: Limits) -> Fact | None:
    lines = clip(text, limits.text).expandtabs().strip("\n").split("\n")
    if not text.strip():
        return None
    # As in the terminal, a text of several lines with columns keeps them.
    return Fact(label, lines, table=len(lines) > 1 and any("  " in line.strip() for line in lines))


def _near(id: str, run: Run, anchors: Mapping[str, str], limits: Limits) -> Near:
    claim = run.claim(id)
    if claim is None:
        return Near(clip(id, limits.title), None, None)
    return Near(clip(claim.title, limits.title), anchors[id], claim.verdict)
