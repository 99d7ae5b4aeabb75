"""What `kubeproctor verify` has proved: a model, a table for terminals, a page for people."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reports.tables import table
from reports.text import one_line, plain

VERSION = 1
"""Of proof.json."""
NARROW = 6
"""How many columns a terminal of 80 has room for."""
HEAD = """\
# The proof

Made by `kubeproctor verify`; do not edit it.

A check that has never failed proves nothing, so the graders are graded themselves:

- what does nothing gets no point: empty steps, the starter, objects that exist and do nothing (phantom);
- each right solution gets all points;
- each wrong submission fails exactly the claims that it has to, for the reason that its `verdict.toml` names;
- right solutions with one change each (mutants) fail some claim.
"""

TERMS = [
    "- refused: mutants that are not taken before any claim is judged; they prove nothing",
    "- left out: mutants that were not graded, as those of a sample stand for them",
    "- p50, p95: seconds of a whole grade of a right solution, beside others",
    "- outside: those that no claim takes (p50), for the exercise's setup and the solution's own commands",
    "- graded again: right solutions, many times, on a busy machine; another verdict then is a flake",
]
"""What the columns of the first table are."""
MESSAGES = """\
Made by `kubeproctor verify`; do not edit it. By wrong submission: the claims that it fails, and what
is said of each. `…` stands for what differs from run to run."""
_RANDOM = "[bcdfghjklmnpqrstvwxz2456789]"
_UNSTEADY = {
    r"\bk-[0-9a-f]{6}\b": "k-…",
    rf"(?<=[a-z0-9])-{_RANDOM}{{8,10}}(-{_RANDOM}{{5}})?\b": "-…",
    r"\b10(\.\d{1,3}){3}\b": "10.…",
    r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[0-9a-f]{32,}\b": "…",
    r"(?<=  )(\d+[hm])?\d+[hms](?= *(\n|$))": "…",
}
"""Namespaces of sandboxes, names of ReplicaSets and their pods, addresses of Services and pods, identifiers
of objects and containers, and ages, in the last column of what kubectl prints."""


@dataclass
class Tally:
    """Mutants by what became of them."""

    killed: int = 0
    survived: int = 0
    refused: int = 0
    """Not taken by the grader before any claim: they prove nothing."""
    equivalent: int = 0
    """Marked by hand: they are right, too."""

    @property
    def score(self) -> float | None:
        """Return the share of mutants that are killed, None when there is none to kill."""
        whole = self.killed + self.survived
        return self.killed / whole if whole else None


@dataclass(frozen=True)
class Survivor:
    """A mutant that no claim fails."""

    id: str
    solution: str
    what: str
    file: str
    line: int
    before: str
    after: str
    reason: str = ""
    """Why it is right, too, if it is."""


@dataclass
class ClaimProof:
    """What is proved of one claim."""

    id: str
    title: str
    points: float
    passes: list[str] = field(default_factory=list)
    """Solutions for which it holds."""
    fails: list[str] = field(default_factory=list)
    """Wrong submissions that fail it, as stated."""
    kills: int = 0
    """Mutants of which it is the first claim to fail: the others are not judged any more."""
    mutants: Tally = field(default_factory=Tally)
    """Those of the things that its title names."""
    seconds: list[float] = field(default_factory=list)
    """How long it took each time that it held."""
    others: int = 0
    """How often it had another verdict when right solutions were graded again."""


@dataclass
class Proof:
    """What is proved of one assignment."""

    name: str
    title: str
    claims: list[ClaimProof]
    complaints: list[str] = field(default_factory=list)
    """What is not as it has to be."""
    ungraded: list[str] = field(default_factory=list)
    """What nobody can say anything of, for a trouble of ours."""
    mutants: Tally = field(default_factory=Tally)
    left_out: int = 0
    """Mutants that a sample does without."""
    survivors: list[Survivor] = field(default_factory=list)
    equivalent: list[Survivor] = field(default_factory=list)
    graded: dict[str, int] = field(default_factory=dict)
    """Submissions by sort."""
    judged_again: dict[str, int] = field(default_factory=dict)
    """Those of them that today's claims have judged by what an earlier grade saw."""
    seconds: list[float] = field(default_factory=list)
    """Of each grade of a right solution."""
    loads: list[float] = field(default_factory=list)
    """Processes to a core at the end of each grade of a right solution that was graded again."""
    others: list[str] = field(default_factory=list)
    """Verdicts of theirs that were not as before."""
    messages: dict[str, dict[str, str]] = field(default_factory=dict)
    """What was found, and why, by wrong submission and claim: what changes from run to run is left out."""
    made_of: str = ""
    """A digest of the assignment as it was proved."""
    where: str = ""
    """What it was proved on."""

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data, as proof.json holds it."""
        return dataclasses.asdict(self)

    def with_rest_of(self, before: Proof) -> Proof:
        """Return this proof with what `before` says of sorts that were not graded now.

        Of an assignment that has changed since, nothing of `before` counts.
        """
        if before.made_of != self.made_of:
            return self
        rest = before.graded.keys() - self.graded.keys()
        olds = {claim.id: claim for claim in before.claims}
        parts = [part for sort, part in _PARTS.items() if sort in rest]
        parts += [] if self.loads else [_AGAIN]
        for new, old in [(self, before), *((claim, olds[claim.id]) for claim in self.claims)]:
            for name in (name for part in parts for name in part if hasattr(new, name)):
                setattr(new, name, getattr(old, name))
        starts = tuple(f"{self.name} · {sort}" for sort in rest)
        for name in ("complaints", "ungraded"):
            kept = [line for line in getattr(before, name) if line.startswith(starts)]
            setattr(self, name, kept + getattr(self, name))
        self.graded = before.graded | self.graded
        self.judged_again |= {sort: n for sort, n in before.judged_again.items() if sort in rest}
        return self

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Proof:
        """Read what `as_data` wrote. Raises KeyError or TypeError when it is something else."""
        claims = [ClaimProof(**{**each, "mutants": Tally(**each["mutants"])}) for each in data["claims"]]
        mutants = {each: [Survivor(**one) for one in data[each]] for each in ("survivors", "equivalent")}
        return cls(**{**data, "claims": claims, "mutants": Tally(**data["mutants"]), **mutants})


_PARTS = {
    "right": ("passes", "seconds"),
    "wrong": ("fails", "messages"),
    "mutant": ("mutants", "left_out", "kills", "survivors", "equivalent"),
}
"""What a proof, or its claims, hold of one sort of submissions only."""
_AGAIN = ("loads", "others")


def percentile(values: Sequence[float], share: float) -> float | None:
    """Return the value below which a share of all lies (nearest rank), None of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None


def _summary(proofs: Sequence[Proof]) -> list[list[str]]:
    """Return a table of all assignments, its head first."""
    head = ["assignment", "no point", "right", "wrong", "mutants", "killed", "refused", "left out"]
    rows = [[*head, "p50", "p95", "outside", "graded again", "other verdicts"]]
    for each in proofs:
        pointless = sum(each.graded.get(sort, 0) for sort in ("empty", "starter", "phantom"))
        rows.append(
            [
                each.name,
                str(pointless),
                str(each.graded.get("right", 0)),
                str(each.graded.get("wrong", 0)),
                str(each.mutants.killed + each.mutants.survived),
                _share(each.mutants),
                str(each.mutants.refused),
                str(each.left_out or ""),
                _seconds(each.seconds, 0.5),
                _seconds(each.seconds, 0.95),
                _seconds(_outside(each), 0.5),
                str(len(each.loads) or ""),
                str(len(each.others)) if each.loads else "",
            ]
        )
    return rows


def summary(proofs: Sequence[Proof]) -> str:
    """Return the table of all assignments for a terminal."""
    return table([row[:NARROW] for row in _summary(proofs)])


def survivor(found: Survivor) -> str:
    """Return a mutant that no claim fails, with the lines that it changes."""
    said = [f"survives: {found.what}", f"  {found.solution}/{found.file}:{found.line}  {found.id}"]
    said += [f"  - {each}" for each in found.before.splitlines()]
    said += [f"  + {each}" for each in found.after.splitlines()]
    return plain("\n".join(said))


def as_data(proofs: Sequence[Proof]) -> dict[str, Any]:
    """Return what proof.json holds."""
    return {"version": VERSION, "assignments": [each.as_data() for each in proofs]}


def from_data(data: object) -> list[Proof]:
    """Read what proof.json holds. Raises ValueError when it is of another version, or something else."""
    if not isinstance(data, Mapping) or data.get("version") != VERSION:
        raise ValueError(f"not a proof of version {VERSION}")
    try:
        return [Proof.from_data(each) for each in data["assignments"]]
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a proof of kubeproctor: {error}") from error


def markdown(proofs: Sequence[Proof]) -> str:
    """Return the page."""
    whole = Tally(
        killed=sum(each.mutants.killed for each in proofs),
        survived=sum(each.mutants.survived for each in proofs),
    )
    number = whole.killed + whole.survived
    mutants = f"{_share(whole)} of {number} mutants are killed" if number else "No mutant has been graded yet"
    lines = [HEAD, f"{mutants}.", "", *_table(_summary(proofs)), ""]
    lines += TERMS
    for each in proofs:
        lines += [
            "",
            f"## {each.title}",
            "",
            f"Proved on {each.where}.{_judged_again(each)}{_again(each)}",
            "",
            *_claims(each),
        ]
    return "\n".join(lines) + "\n"


def messages(proof: Proof) -> str:
    """Return the page with what each wrong submission of an assignment is told."""
    titles = {claim.id: claim.title for claim in proof.claims}
    lines = [f"# {proof.title}: what wrong submissions are told", "", MESSAGES]
    for name, told in sorted(proof.messages.items()):
        lines += ["", f"## `{name}`"]
        for claim, message in told.items():
            lines += ["", one_line(titles.get(claim, claim)), ""]
            lines += [f"    {each.rstrip()}" for each in plain(message).splitlines() if each.strip()]
    return "\n".join(lines) + "\n"


def steady(message: str) -> str:
    """Return a message without what is another in each run: random ends of names, and addresses."""
    for found, shown in _UNSTEADY.items():
        message = re.sub(found, shown, message)
    return message


def _judged_again(proof: Proof) -> str:
    number, whole = sum(proof.judged_again.values()), sum(proof.graded.values())
    said = f" Of {whole} submissions, {number} were judged again by what an earlier grade had seen."
    return said if number else ""


def _again(proof: Proof) -> str:
    if not proof.loads:
        return ""
    load = percentile(proof.loads, 0.5)
    found = f"{len(proof.others)} other verdicts" if proof.others else "no other verdict"
    return (
        f" Right solutions graded again {len(proof.loads)} times, at {load:.1f} processes to a core: {found}."
    )


def _claims(proof: Proof) -> Iterator[str]:
    head = [
        "claim",
        "solutions",
        "wrong ones that fail it",
        "mutants that fail it first",
        "killed of its own",
    ]
    again = len(proof.loads)
    yield from _table([[*head, "p50", "p95", "flakes"], *(_claim(claim, again) for claim in proof.claims)])
    yield from ("", "### Other verdicts", "") if proof.others else ()
    yield from (f"- {one_line(each)}" for each in proof.others)
    for title, mutants in (
        ("Mutants that survive", proof.survivors),
        ("Mutants that are right, too", proof.equivalent),
    ):
        yield from ("", f"### {title}", "") if mutants else ()
        for each in mutants:
            reason = f": {each.reason}" if each.reason else ""
            yield f"- `{each.id}` {one_line(each.what)} ({each.solution}/{each.file}:{each.line}){reason}"


def _claim(claim: ClaimProof, again: int) -> list[str]:
    return [
        one_line(claim.title),
        str(len(claim.passes)),
        ", ".join(claim.fails) or "none",
        str(claim.kills),
        _share(claim.mutants),
        _seconds(claim.seconds, 0.5),
        _seconds(claim.seconds, 0.95),
        f"{claim.others} of {again}" if again else "",
    ]


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    head, *rest = rows
    yield "| " + " | ".join(head) + " |"
    yield "|---" * len(head) + "|"
    for row in rest:
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"


def _share(tally: Tally) -> str:
    # rounded down: 100 % is only what is all
    return "" if tally.score is None else f"{math.floor(tally.score * 1000) / 10:g}%"


def _outside(proof: Proof) -> list[float]:
    """Return how long each grade of a right solution took beside its claims: to set up, and its own steps."""
    each = [claim.seconds for claim in proof.claims]
    if any(len(seconds) != len(proof.seconds) for seconds in each):
        return []  # some claim did not pass: nobody knows in which grade
    return [whole - sum(of) for whole, *of in zip(proof.seconds, *each, strict=True)]


def _seconds(values: Sequence[float], share: float) -> str:
    found = percentile(values, share)
    return "" if found is None else f"{found:.1f} s"
