"""What a class made of one assignment: all that the page shows of it, before a word of HTML is written."""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from reports.exporters.class_page.clusters import Cluster, Clusters, reason
from reports.exporters.class_page.histogram import Histogram, histogram
from reports.model import LONGEST, VERDICTS, ClaimResult, Run, Verdict, Visibility
from reports.text import one_line
from reports.words import number

State = Literal["whole", "run again", "not gradable"]
"""Whether a score is final, is kept from being so by a trouble of ours, or there was nothing to judge."""

Cell = Verdict | Literal["open"]
"""What a claim came to; `open`: the run did not come to it."""

FIRST: tuple[Cell, ...] = ("grader_error", "failed", "not_reached", "open", "skipped", "passed")
"""The order in which verdicts are sorted: what asks for a look comes first."""
NAME, TITLE = 80, 300
"""Characters that are shown of a name and of a title."""
CLUSTERS = 40
"""As many clusters are shown, the largest: what fewer have in common is read in their own reports."""


@dataclass(frozen=True)
class ClaimCount:
    """One claim, over all submissions."""

    number: int
    id: str
    title: str
    visibility: Visibility
    counts: dict[Cell, int]

    @property
    def judged(self) -> int:
        """Return how many submissions it was judged of: only what passed or failed says something of it."""
        return self.counts["passed"] + self.counts["failed"]

    @property
    def share(self) -> float | None:
        """Return the share that passed of those that were judged, None when none was."""
        return self.counts["passed"] / self.judged if self.judged else None


@dataclass(frozen=True)
class Row:
    """One submission."""

    name: str
    user: str
    state: State
    score: float
    possible: float
    notes: list[str]
    """What else is to be known of the score."""
    cells: list[Cell]
    handed_in: str
    seconds: float | None

    @property
    def who(self) -> str:
        """Return the name and, if it says more, whose it is."""
        return f"{self.name} ({self.user})" if self.user not in ("", self.name) else self.name


@dataclass(frozen=True)
class Summary:
    """One assignment."""

    title: str
    name: str
    rows: list[Row]
    claims: list[ClaimCount]
    histogram: Histogram
    shares: list[float]
    """Of the points, of the submissions that have a final score; 1 is all."""
    failures: list[Cluster]
    """Equal failures of several submissions."""
    failures_left: int
    """How many clusters more there are."""
    alone: int
    """How many failures no other submission has."""
    errors: list[Cluster]
    """What went wrong on our side."""
    same: list[list[int]]
    """Submissions that have one canonical form, by their place in `rows`."""
    facts: list[str]
    """When, and what it was graded with."""

    def count(self, state: State) -> int:
        """Return how many submissions are in a state."""
        return sum(row.state == state for row in self.rows)

    @property
    def full(self) -> int:
        """Return how many have all points."""
        return sum(share >= 1 for share in self.shares)

    @property
    def median(self) -> float:
        """Return the share in the middle."""
        return statistics.median(self.shares)

    @property
    def mean(self) -> float:
        """Return the share on average."""
        return statistics.fmean(self.shares)

    @property
    def hardest(self) -> list[ClaimCount]:
        """Return the claims, the one that the smallest share passed first, those never judged last."""
        return sorted(self.claims, key=lambda claim: 2 if claim.share is None else claim.share)

    def claim(self, id: str) -> ClaimCount | None:
        """Return the claim of this id."""
        return next((claim for claim in self.claims if claim.id == id), None)

    def names(self, members: Sequence[int]) -> list[str]:
        """Return who these submissions are of."""
        return [self.rows[member].who for member in members]


def summarize(runs: Sequence[Run]) -> Summary:
    """Count what the runs of one assignment have found, in the order in which they are given."""
    claims = _claims(runs)
    # a run that stopped at its first failure does not know what the claims behind it are worth
    most = max(run.possible for run in runs)
    rows = [_row(run, [claim.id for claim in claims], most if run.left else run.possible) for run in runs]
    shares = [row.score / row.possible for row in rows if row.state == "whole" and row.possible]
    failures, errors = _clusters(runs)
    several = [cluster for cluster in failures if len(cluster.members) > 1]
    return Summary(
        title=short(runs[0].title, TITLE) or short(runs[0].assignment, TITLE),
        name=short(runs[0].assignment, NAME),
        rows=rows,
        claims=claims,
        histogram=histogram(shares),
        shares=shares,
        failures=several[:CLUSTERS],
        failures_left=len(several[CLUSTERS:]),
        alone=len(failures) - len(several),
        errors=errors,
        same=_same(runs),
        facts=_facts(runs),
    )


def short(text: str, most: int) -> str:
    """Return a text on one line, made harmless, of at most so many characters."""
    shown = one_line(text[:LONGEST])
    return shown if len(shown) <= most else shown[: most - 1] + "…"


def state(run: Run) -> State:
    """Return what a run's score is."""
    if run.whole:
        return "whole"
    ours = run.finished is None or run.problems or run.count("grader_error")
    return "run again" if ours else "not gradable"


def _claims(runs: Sequence[Run]) -> list[ClaimCount]:
    ids = dict.fromkeys(id for run in runs for id in (*run.planned, *(claim.id for claim in run.claims)))
    known: dict[str, ClaimResult] = {}
    counts: dict[str, dict[Cell, int]] = {id: dict.fromkeys((*VERDICTS, "open"), 0) for id in ids}
    for run in runs:
        for claim in run.claims:
            known.setdefault(claim.id, claim)
            counts[claim.id][claim.verdict] += 1
    for count in counts.values():
        count["open"] = len(runs) - sum(count.values())
    found = []
    for place, id in enumerate(ids, 1):
        one = known.get(id)
        title = short(one.title if one else id, TITLE)
        found.append(ClaimCount(place, id, title, one.visibility if one else "visible", counts[id]))
    return found


def _row(run: Run, ids: Sequence[str], possible: float) -> Row:
    ends = {claim.id: claim.verdict for claim in run.claims}
    final = run.whole
    notes = [] if final else [f"{number(run.earned)} of {number(possible)} so far"]
    if run.ungraded:
        notes.append(f"{number(run.ungraded)} open")
    if final and run.adjustments:
        notes.append(f"{number(run.earned)} earned")
        notes += [short(each.what, NAME) for each in run.adjustments]
    return Row(
        name=short(run.submission, NAME) or "(without a name)",
        user=short(run.user, NAME),
        state=state(run),
        score=run.score,
        possible=possible,
        notes=notes,
        cells=[ends.get(id, "open") for id in ids],
        handed_in=_time(run.handed_in),
        seconds=_seconds(run),
    )


def _clusters(runs: Sequence[Run]) -> tuple[list[Cluster], list[Cluster]]:
    """Return what the submissions failed at, and what we did."""
    names = {name for run in runs for claim in run.claims for name in re.findall("`([^`]+)`", claim.title)}
    failures, errors = Clusters(names), Clusters(names)
    for member, run in enumerate(runs):
        for problem in run.problems:
            errors.add(member, "", problem)
        for claim in run.claims:
            if claim.verdict == "failed":
                failures.add(member, claim.id, reason(claim.cause))
            elif claim.verdict == "grader_error":
                errors.add(member, "", reason(claim.cause))  # whichever claim it hits, it is one trouble
        if run.finished is None:
            errors.add(member, "", "the run did not finish")
    return failures.ordered(), errors.ordered()


def _same(runs: Sequence[Run]) -> list[list[int]]:
    groups: dict[str, list[int]] = {}
    for member, run in enumerate(runs):
        if form := run.environment.get("canonical"):
            groups.setdefault(form, []).append(member)
    several = [members for members in groups.values() if len(members) > 1]
    return sorted(several, key=lambda members: -len(members))


def _facts(runs: Sequence[Run]) -> list[str]:
    times = sorted(filter(None, (_time(run.started) for run in runs)))
    facts = (
        [f"graded {times[0]}" + (f" to {times[-1]}" if times[-1] != times[0] else "") + " (UTC)"]
        if times
        else []
    )
    for word in ("kubeproctor", "kubernetes"):
        found = {run.environment[word] for run in runs if run.environment.get(word)}
        facts += [f"{word} {short(' and '.join(sorted(found)), NAME)}"] if found else []
    return facts


def _moment(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text or "")
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):  # OverflowError: the first day of the year 1, east of Greenwich
        return None


def _time(text: str | None) -> str:
    moment = _moment(text)
    return moment.strftime("%Y-%m-%d %H:%M") if moment else short(text or "", 30)


def _seconds(run: Run) -> float | None:
    started, finished = _moment(run.started), _moment(run.finished)
    return (finished - started).total_seconds() if started and finished else None
