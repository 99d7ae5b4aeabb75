"""The one result model: what a run found out, from which every exporter reads and nothing else.

A verdict is one of five words and they are never mixed:

passed        the claim is true of the submission
failed        the claim is not true of the submission
not_reached   a claim it needs did not pass, so it was not judged
grader_error  we could not observe; never costs points
skipped       left out by the author of the claim, with pytest.skip
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, get_args

VERSION = 1
"""Raised when a field changes its meaning or goes away; a new field alone does not raise it."""

Verdict = Literal["passed", "failed", "not_reached", "grader_error", "skipped"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)

Visibility = Literal["visible", "hidden", "after_due_date", "after_published"]
"""When a learner may see a claim, in the words of Gradescope; its points count at any time."""

EvidenceKind = Literal["objects", "events", "log", "table", "samples"]

LONGEST = 16 * 1024
"""Characters kept of one text: a learner's object must not fill the disk of who grades."""
COURSE = "Kubernetes Mastery"
"""It has no version of its own: a digest of the claims says what was judged by."""


def shorten(text: str) -> str:
    """Cut a text to at most `LONGEST` characters and say so in it; what was cut once stays as it is."""
    if len(text) <= LONGEST:
        return text
    kept = LONGEST - 40  # room for the note
    return f"{text[:kept]} … ({len(text) - kept} characters more)"


def rfc3339(moment: datetime) -> str:
    """Write a time in UTC, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def now() -> str:
    """Return the time in UTC, to the millisecond, as RFC 3339 writes it."""
    return rfc3339(datetime.now(UTC))


@dataclass(frozen=True)
class Cause:
    """Why a claim has its verdict, in the order in which it is always shown; an empty text is left out."""

    expected: str = ""
    found: str = ""
    because: str = ""
    look_at: str = ""
    """A read-only command."""
    waited: str = ""
    hint: str = ""
    """The first of the claim's hints; of a grader error, what to do."""

    def __post_init__(self) -> None:
        for each in dataclasses.fields(self):
            object.__setattr__(self, each.name, shorten(getattr(self, each.name)))

    def lines(self) -> list[tuple[str, str]]:
        """Return (label, text) of what is there, in the order in which it is shown."""
        pairs = [(each.name.replace("_", " "), getattr(self, each.name)) for each in dataclasses.fields(self)]
        return [(label, text) for label, text in pairs if text]


@dataclass(frozen=True)
class Evidence:
    """What was seen beside the readings, as plain data that JSON can hold; `data` has the shape of its kind.

    objects   {"nodes": [{"id", "kind", "name", "state", "text"}], "links": [{"from", "to", "state", "text"}]}
              of what the learner made: Services -> slices -> pods; a state is `ok`, `broken` or `pending`
    events    [{"at", "type", "reason", "about", "message", "count"}], the oldest first, `at` as RFC 3339
    log       {"container": "POD/CONTAINER", "text"}, the end of it
    table     {"what": "traffic" or "rights", "rows", "columns", "expected", "found"}, the last two by row
    samples   {"what", "unit", "least", "points": [[seconds, value]]}, `least` is None or what must be kept
    """

    kind: EvidenceKind
    title: str
    data: Any


@dataclass
class ClaimResult:
    """One claim and its verdict."""

    id: str
    """Unique in the assignment and the same in every run: the name of the test."""
    title: str
    points: float
    """What the claim is worth."""
    verdict: Verdict
    cause: Cause | None = None
    needs: list[str] = field(default_factory=list)
    """Ids of the claims that must have passed."""
    blocked_by: str | None = None
    """Id of the claim that kept a `not_reached` one from being judged."""
    after: str | None = None
    """Name of the step after which it is judged; None: when all have run, or it has no such step."""
    cites: list[str] = field(default_factory=list)
    hints: list[str] = field(default_factory=list)
    """From a nudge to nearly the answer."""
    observations: list[dict[str, Any]] = field(default_factory=list)
    """The readings behind the verdict."""
    evidence: list[Evidence] = field(default_factory=list)
    """What was seen beside them."""
    visibility: Visibility = "visible"
    seconds: float = 0.0

    @property
    def earned(self) -> float:
        """Points earned: all or none."""
        return self.points if self.verdict == "passed" else 0


@dataclass(frozen=True)
class Noticed:
    """What a look at the files found, without a cluster; it explains, and changes no verdict."""

    id: str
    severity: str
    """`error` or `warning`."""
    what: str
    where: str
    """File, line and column, as far as they are known."""
    because: str = ""
    fix: str = ""


@dataclass(frozen=True)
class Adjustment:
    """What a policy adds to the points that were earned, or takes off them."""

    what: str
    points: float
    """Below 0 for a penalty."""


@dataclass
class Run:
    """One submission, graded once on one assignment."""

    assignment: str
    title: str
    submission: str
    """The name it is reported under."""
    claims: list[ClaimResult] = field(default_factory=list)
    planned: list[str] = field(default_factory=list)
    """Ids of all claims that this run was to judge, in order."""
    problems: list[str] = field(default_factory=list)
    """What went wrong on our side outside a claim: a cluster that is not there, a clean-up that failed."""
    findings: list[Noticed] = field(default_factory=list)
    """What a look at the files found."""
    environment: dict[str, str] = field(default_factory=dict)
    """Names and versions of what the run stood on: kubeproctor, python, cluster, kubernetes, namespace …"""
    timings: dict[str, float] = field(default_factory=dict)
    """Seconds by phase."""
    user: str = ""
    """Who handed it in, as the platform names people; empty: not known."""
    handed_in: str | None = None
    """When, as RFC 3339; None: not known."""
    adjustments: list[Adjustment] = field(default_factory=list)
    """What a policy changed; empty unless one was given."""
    started: str = field(default_factory=now)
    finished: str | None = None
    """None in the file of a run that was killed."""

    def count(self, verdict: Verdict) -> int:
        """Return how many claims have this verdict."""
        return sum(claim.verdict == verdict for claim in self.claims)

    def claim(self, id: str) -> ClaimResult | None:
        """Return the claim of this id, None before it was judged."""
        return next((claim for claim in self.claims if claim.id == id), None)

    @property
    def left(self) -> list[str]:
        """Ids of planned claims without a verdict: of a whole run, those behind the first that failed."""
        return [id for id in self.planned if self.claim(id) is None]

    @property
    def earned(self) -> float:
        """Points of the claims that passed."""
        return sum(claim.earned for claim in self.claims)

    @property
    def score(self) -> float:
        """Points after all adjustments: what a gradebook gets, if the run is `whole`."""
        return max(0.0, self.earned + sum(each.points for each in self.adjustments))

    @property
    def whole(self) -> bool:
        """Whether the score is final: nothing was left ungraded, by us or by a kill."""
        return self.exit_code in (0, 1)

    @property
    def possible(self) -> float:
        """Points of all claims so far: in the file of a run that was killed, those that it came to."""
        return sum(claim.points for claim in self.claims)

    @property
    def facts(self) -> dict[str, str]:
        """What was graded, and what the run stood on."""
        return {"submission": self.submission, **self.environment}

    @property
    def ungraded(self) -> float:
        """Points that nobody can say are lost: grader errors, what these kept from being judged, skips."""
        return sum(claim.points for claim in self.claims if self.is_open(claim))

    def is_open(self, claim: ClaimResult) -> bool:
        """Return whether nobody can say that a claim's points are lost."""
        if claim.verdict in ("grader_error", "skipped"):
            return True
        if claim.verdict != "not_reached" or claim.blocked_by is None:
            return False
        blocker = self.claim(claim.blocked_by)
        return blocker is None or self.is_open(blocker)

    @property
    def exit_code(self) -> int:
        """0 all passed · 1 the submission failed a claim · 3 not graded, or not whole."""
        judged = self.count("passed") + self.count("failed")
        if self.finished is None or self.problems or self.count("grader_error") or not judged:
            return 3
        if self.count("failed"):
            return 1
        return 3 if self.count("not_reached") else 0  # what stands in the way did not fail: nobody knows

    def as_data(self) -> dict[str, Any]:
        """Return the run as plain data, as docs/reference/result.md describes it."""
        return {
            "version": VERSION,
            "assignment": {"name": self.assignment, "title": self.title},
            "submission": {"name": self.submission, "user": self.user, "handed_in": self.handed_in},
            "started": self.started,
            "finished": self.finished,
            "exit_code": self.exit_code,
            "points": {
                "earned": self.earned,
                "possible": self.possible,
                "ungraded": self.ungraded,
                "score": self.score,
            },
            "adjustments": [dataclasses.asdict(each) for each in self.adjustments],
            "counts": {verdict: self.count(verdict) for verdict in VERDICTS},
            "claims": [{**dataclasses.asdict(claim), "earned": claim.earned} for claim in self.claims],
            "planned": self.planned,
            "problems": self.problems,
            "findings": [dataclasses.asdict(each) for each in self.findings],
            "environment": self.environment,
            "timings": {phase: round(seconds, 3) for phase, seconds in self.timings.items()},
        }

    @classmethod
    def from_data(cls, data: object) -> Run:
        """Read what `as_data` wrote.

        Fields that this program does not know are left out: a newer one may have added them.
        Raises ValueError if it is of another version, or not a result at all.
        """
        if not isinstance(data, Mapping) or "version" not in data:
            raise ValueError("not a result of kubeproctor")
        if data["version"] != VERSION:
            raise ValueError(f"result of version {data.get('version')!r}, this program reads {VERSION}")
        try:
            claims = []
            for each in data["claims"]:
                kept = _known(ClaimResult, each)
                if kept["verdict"] not in VERDICTS:
                    raise ValueError(f"unknown verdict {kept['verdict']!r}")
                kept["cause"] = Cause(**_known(Cause, kept["cause"])) if kept["cause"] else None
                kept["evidence"] = [Evidence(**_known(Evidence, one)) for one in kept.get("evidence", ())]
                claims.append(ClaimResult(**kept))
            return cls(
                assignment=data["assignment"]["name"],
                title=data["assignment"]["title"],
                submission=data["submission"]["name"],
                user=data["submission"].get("user", ""),
                handed_in=data["submission"].get("handed_in"),
                adjustments=[Adjustment(**_known(Adjustment, each)) for each in data.get("adjustments", ())],
                claims=claims,
                planned=list(data["planned"]),
                problems=list(data["problems"]),
                findings=[Noticed(**_known(Noticed, each)) for each in data["findings"]],
                environment=dict(data["environment"]),
                timings=dict(data["timings"]),
                started=data["started"],
                finished=data["finished"],
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not a result of kubeproctor: {error}") from error


def _known(kind: type, data: Mapping[str, Any]) -> dict[str, Any]:
    return {each.name: data[each.name] for each in dataclasses.fields(kind) if each.name in data}
