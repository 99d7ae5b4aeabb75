"""What a class makes of a verdict: weights, late days, attempts, rounding, what learners may see.

A policy is a TOML file, described in docs/reports.md. It changes points and what is shown, never a verdict,
and it takes nothing off a run that is not whole: our own trouble costs no points.
"""

from __future__ import annotations

import dataclasses
import math
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, get_args

from reports.hidden import cause_without_names, without_names
from reports.model import Adjustment, ClaimResult, Run, Visibility, rfc3339

Direction = Literal["nearest", "up", "down"]

_NUMBER = {"type": "number", "minimum": 0}
_PERCENT = {"type": "number", "minimum": 0, "maximum": 100}
_VISIBILITY = {"enum": list(get_args(Visibility))}


def _table(properties: Mapping[str, object], *required: str) -> dict[str, object]:
    return {
        "type": "object", "properties": properties, "required": list(required), "additionalProperties": False
    }  # fmt: skip


_TIME = {"type": "string", "format": "date-time"}
SCHEMA = _table(
    {
        "due": _TIME,
        "published": _TIME,
        "visibility": _VISIBILITY,
        "late": _table({"percent_a_day": _PERCENT, "grace_minutes": _NUMBER, "most": _PERCENT},
                       "percent_a_day"),
        "attempts": _table({"free": {"type": "integer", "minimum": 1}, "percent_each": _PERCENT,
                            "most": _PERCENT}, "free", "percent_each"),
        "rounding": _table({"to": {"type": "number", "exclusiveMinimum": 0},
                            "direction": {"enum": list(get_args(Direction))}}, "to"),
        "claims": {"type": "object", "additionalProperties": _table(
            {"points": _NUMBER, "visibility": _VISIBILITY})},
        "submissions": {"type": "object", "additionalProperties": _table(
            {"user": {"type": "string"}, "handed_in": _TIME, "due": _TIME,
             "attempt": {"type": "integer", "minimum": 1}})},
    }
)  # fmt: skip


@dataclass(frozen=True)
class Late:
    """What a day after the due date costs, in percent of the points that were earned."""

    percent_a_day: float
    """For each day that has begun."""
    grace_minutes: float = 0
    most: float = 100


@dataclass(frozen=True)
class Attempts:
    """What more attempts than the free ones cost, in percent of the points that were earned."""

    free: int
    percent_each: float
    most: float = 100


@dataclass(frozen=True)
class Rounding:
    """To which step a score is rounded."""

    to: float
    direction: Direction = "nearest"


@dataclass(frozen=True)
class Submitted:
    """What the class knows of one submission; a `due` of its own is an extension."""

    user: str = ""
    handed_in: datetime | None = None
    due: datetime | None = None
    attempt: int = 1


@dataclass(frozen=True)
class Changed:
    """What a policy says of one claim; None leaves what the assignment says."""

    points: float | None = None
    visibility: Visibility | None = None


@dataclass(frozen=True)
class Policy:
    """All of it; the default changes nothing."""

    due: datetime | None = None
    published: datetime | None = None
    """When grades are published: from then on `after_published` is visible."""
    visibility: Visibility = "visible"
    """Of the claims of which nothing else is said."""
    late: Late | None = None
    attempts: Attempts | None = None
    rounding: Rounding | None = None
    claims: Mapping[str, Changed] = field(default_factory=dict)
    submissions: Mapping[str, Submitted] = field(default_factory=dict)
    file: Path | None = None
    """Where it was read."""

    def apply(self, run: Run) -> Run:
        """Return the run as this policy counts it; the run itself stays as it is."""
        known = self.submissions.get(run.submission, Submitted())
        handed_in = known.handed_in or _time(run.handed_in)
        settled = dataclasses.replace(
            run,
            claims=[self._claim(claim) for claim in run.claims],
            user=known.user or run.user,
            handed_in=rfc3339(handed_in) if handed_in else None,
            adjustments=[],
        )
        if settled.whole:
            for adjust in (self._late(known.due or self.due, handed_in), self._attempts(known.attempt),
                           self._round):  # fmt: skip
                settled.adjustments += [each for each in [adjust(settled)] if each and each.points]
        return settled

    def _claim(self, claim: ClaimResult) -> ClaimResult:
        changed = self.claims.get(claim.id, Changed())
        return dataclasses.replace(
            claim,
            points=claim.points if changed.points is None else changed.points,
            visibility=self._visibility(claim.id),
        )

    def _visibility(self, id: str) -> Visibility:
        return self.claims.get(id, Changed()).visibility or self.visibility

    def _late(self, due: datetime | None, handed_in: datetime | None) -> Callable[[Run], Adjustment | None]:
        late, days = self.late, 0
        if late and due and handed_in and handed_in > due + timedelta(minutes=late.grace_minutes):
            days = math.ceil((handed_in - due) / timedelta(days=1))

        def penalty(run: Run) -> Adjustment | None:
            if not late or not days:
                return None
            percent = min(late.most, days * late.percent_a_day)
            what = f"handed in {days} {'day' if days == 1 else 'days'} late: {percent:g} % off"
            return Adjustment(what, -run.earned * percent / 100)

        return penalty

    def _attempts(self, attempt: int) -> Callable[[Run], Adjustment | None]:
        def penalty(run: Run) -> Adjustment | None:
            if not self.attempts or attempt <= self.attempts.free:
                return None
            percent = min(self.attempts.most, (attempt - self.attempts.free) * self.attempts.percent_each)
            what = f"attempt {attempt}, {self.attempts.free} are free: {percent:g} % off"
            return Adjustment(what, -run.earned * percent / 100)

        return penalty

    def _round(self, run: Run) -> Adjustment | None:
        if self.rounding is None:
            return None
        steps = round(run.score / self.rounding.to, 9)  # 0.3 / 0.1 is a little less than 3
        whole = {"up": math.ceil(steps), "down": math.floor(steps), "nearest": math.floor(steps + 0.5)}
        rounded = whole[self.rounding.direction] * self.rounding.to
        return Adjustment(f"rounded to {self.rounding.to:g}", round(rounded - run.score, 9))

    def seen_by_learners(self, run: Run, now: datetime | None = None) -> Run:
        """Return a run without anything that its learner may not see yet; verdicts and points stay.

        A claim that is hidden has no name, no cause and no readings, also where others or our problems refer
        to it.
        """
        moment = now or datetime.now(UTC)
        due = self.submissions.get(run.submission, Submitted()).due or self.due
        open_since = {"after_due_date": due, "after_published": self.published}

        def hidden(visibility: Visibility) -> bool:
            since = open_since.get(visibility)
            return visibility != "visible" and (since is None or moment < since)

        ids = [claim.id for claim in run.claims if hidden(claim.visibility)]
        ids += [id for id in run.left if hidden(self._visibility(id))]
        if not ids:
            return run
        masks = {id: f"hidden-{number}" for number, id in enumerate(ids, 1)}
        names = {claim.title: _title(masks[claim.id]) for claim in run.claims if claim.id in masks} | masks
        return dataclasses.replace(
            run,
            claims=[_masked(claim, masks, names) for claim in run.claims],
            planned=[masks.get(id, id) for id in run.planned],
            problems=[without_names(problem, names) for problem in run.problems],
        )


def _title(mask: str) -> str:
    return f"Hidden claim {mask.removeprefix('hidden-')}"


def _masked(claim: ClaimResult, masks: Mapping[str, str], names: Mapping[str, str]) -> ClaimResult:
    needs = [masks.get(need, need) for need in claim.needs]
    blocked_by = masks.get(claim.blocked_by, claim.blocked_by) if claim.blocked_by else None
    if (id := masks.get(claim.id)) is None:
        cause = cause_without_names(claim.cause, names)
        return dataclasses.replace(claim, cause=cause, needs=needs, blocked_by=blocked_by)
    return ClaimResult(id, _title(id), claim.points, claim.verdict, needs=needs, blocked_by=blocked_by,
                       visibility=claim.visibility, seconds=claim.seconds)  # fmt: skip


def load(file: Path) -> Policy:
    """Read a policy.

    Raises OSError when there is no file, ValueError with place and reason when it is not a policy.
    """
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as e:
        raise ValueError(f"not TOML: {e}") from e
    import jsonschema_rs  # most runs have no policy

    validator = jsonschema_rs.validator_for(SCHEMA, validate_formats=True)
    error = next(validator.iter_errors(plain := _plain(data)), None)
    if error is not None:
        place = ".".join(map(str, error.instance_path))
        raise ValueError(f"{place}: {error.message}" if place else error.message)
    return Policy(
        due=_time(plain.get("due")),
        published=_time(plain.get("published")),
        visibility=plain.get("visibility", "visible"),
        late=Late(**plain["late"]) if "late" in plain else None,
        attempts=Attempts(**plain["attempts"]) if "attempts" in plain else None,
        rounding=Rounding(**plain["rounding"]) if "rounding" in plain else None,
        claims={id: Changed(**each) for id, each in plain.get("claims", {}).items()},
        submissions={
            name: Submitted(**each | {key: _time(each.get(key)) for key in ("handed_in", "due")})
            for name, each in plain.get("submissions", {}).items()
        },
        file=file,
    )


def _plain(data: Any) -> Any:  # noqa: ANN401 - what TOML can hold
    """Return TOML's data with its times as text, as JSON has them; one without an offset is in UTC."""
    if isinstance(data, dict):
        return {key: _plain(value) for key, value in data.items()}
    if isinstance(data, datetime):
        return rfc3339(data if data.tzinfo else data.replace(tzinfo=UTC))
    return data


def _time(text: str | None) -> datetime | None:
    if not text:
        return None
    time = datetime.fromisoformat(text)
    return time if time.tzinfo else time.replace(tzinfo=UTC)
