"""The result as GitHub Markdown, for a person: the score and what to do first, the reasons behind them.

No word of it is markup unless it is ours. A word that is more than a plain word stands in a code span or a
fenced block, where neither CommonMark (https://spec.commonmark.org/0.31.2/#code-spans) nor what GitHub adds
(https://github.github.com/gfm/, mentions, issue numbers, emoji) finds anything. There is no HTML at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from reports.model import ClaimResult, Noticed, Run, Verdict
from reports.text import clip, one_line, plain
from reports.words import MARKS, WORDS, next_step, number

LIMIT = 65_536
"""Bytes: what fits into a comment (65 536 characters), and many times into a step summary (1 MiB a step,
https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands#step-isolation-and-limits).
"""
SECTIONS: dict[Verdict, str] = {
    "failed": "Failed",
    "grader_error": "Not graded, through no fault of the submission",
    "not_reached": "Not reached",
    "skipped": "Skipped",
    "passed": "Passed",
}
LONGEST_WORD = 30
"""Characters: no hash of a commit is a word."""
DETAILS = 4000, 1000, 200
"""Characters kept of one text, the first with which all of the report fits."""
TITLE = 300
# Letters or a short number, and what stands around a word in a sentence.
WORD = re.compile(
    r"""["'(]*  (?: [^\W\d_]+ (?: ['’-] [^\W\d_]+ )*  |  \d{1,6} (?: [.,] \d{1,6} )?  |  [✓✗○…–—·→%/-] )?
        ["')]*  [.,:;!?]*""",
    re.VERBOSE,
)


def render(run: Run, limit: int = LIMIT) -> str:
    """Return a report of at most `limit` bytes; what does not fit is dropped from its end, and counted."""
    for most in DETAILS:
        report = "\n".join([*_head(run), *_entries(run, most)]) + "\n"
        if _size(report) <= limit:
            return report
    kept = "\n".join(_head(run)) + "\n"
    entries = list(_entries(run, most))
    while entries:
        note = f"\n… and {len(entries)} more, left out for want of room: `result.json` has them.\n"
        if _size(kept) + _size(entries[0]) + 1 + _size(note) > limit:
            return kept + note
        kept += entries.pop(0) + "\n"
    return kept


def prose(text: str) -> str:
    """Return a sentence in which plain words stay as they are and all else stands in code spans."""
    tokens = re.findall(r"`[^`]+`|[^`\s]+|`|\s+", one_line(text))
    parts: list[tuple[str, bool]] = []
    for token in tokens:
        if token.isspace() or (len(token) <= LONGEST_WORD and WORD.fullmatch(token)):
            parts.append((token, False))
            continue
        said = token.rstrip(".,:;!?") or token
        after = token[len(said) :]
        if len(token) > 2 and token[0] == token[-1] == "`":
            said = token[1:-1]
        if parts and parts[-1][1]:  # two spans that touch would be one with other bounds
            said = parts.pop()[0] + said
        parts += [(said, True), (after, False)][: 2 if after else 1]
    return "".join(code_span(said) if code else said for said, code in parts)


def code_span(text: str) -> str:
    """Return a code span that ends where the text does, whatever backticks it holds."""
    text = one_line(text) or " "
    fence = _longer_than_any(text, 1)
    edge = " " if "`" in (text[0], text[-1]) else ""
    return f"{fence}{edge}{text}{edge}{fence}"


def block(text: str, indent: str) -> str:
    """Return a fenced block, each line of it behind the indent of the list that it stands in."""
    text = plain(text).strip("\n")
    fence = _longer_than_any(text, 3)
    return "\n".join(indent + line for line in (f"{fence}text", *text.split("\n"), fence))


def _longer_than_any(text: str, least: int) -> str:
    return "`" * max(least, 1 + max((len(run) for run in re.findall("`+", text)), default=0))


def _size(text: str) -> int:
    return len(text.encode())


def _head(run: Run) -> Iterator[str]:
    score = f"# Score {number(run.score)}/{number(run.possible)}"
    yield score if run.whole else f"{score} so far, not final"
    yield f"\n**Next:** {prose(clip(next_step(run), TITLE))}\n"
    counts = [f"{run.count(verdict)} {WORDS[verdict]}" for verdict in MARKS if run.count(verdict)]
    whose = f"Submission {code_span(clip(run.submission, TITLE))}"
    yield f"{whose} · {prose(clip(run.title, TITLE))} · {code_span(run.started)}\n"
    yield f"{', '.join(counts) or 'no claim was judged'}"
    if run.ungraded:
        yield f"\n{number(run.ungraded)} of the points are not graded, and not lost."
    if run.left:
        yield f"\nClaims that were not judged: {len(run.left)}."


def _entries(run: Run, most: int) -> Iterator[str]:
    """Return what may be dropped, the most important first; a section's name is part of its first entry."""
    yield from _section("Our problems", [f"- ! {prose(clip(each, most))}" for each in run.problems])
    adjusted = [f"- {each.points:+g}: {prose(clip(each.what, most))}" for each in run.adjustments]
    yield from _section("Adjustments", adjusted)
    for verdict, name in SECTIONS.items():
        if verdict == "skipped":
            found = [_finding(each, most) for each in run.findings]
            yield from _section("Noticed in the files", found if run.exit_code else [])
        ended = [_claim(claim, run, most) for claim in run.claims if claim.verdict == verdict]
        yield from _section(name, ended)
    facts = [
        f"- {code_span(clip(key, TITLE))}: {code_span(clip(value, most))}"
        for key, value in run.environment.items()
    ]
    yield from _section("Graded on", facts)


def _finding(found: Noticed, most: int) -> str:
    kind, where = prose(clip(found.severity, TITLE)), code_span(clip(found.where, TITLE))
    lines = [f"- {where}: {kind}: {prose(clip(found.what, most))}"]
    for label, text in (("because", found.because), ("fix", found.fix)):
        if text:
            lines += _field(label, clip(text, most))
    return "\n".join(lines)


def _section(name: str, entries: list[str]) -> Iterator[str]:
    for place, entry in enumerate(entries):
        yield entry if place else f"\n## {name}\n\n{entry}"


def _claim(claim: ClaimResult, run: Run, most: int) -> str:
    points = f"{number(claim.earned)}/{number(claim.points)}"
    if run.is_open(claim):
        points = f"{number(claim.points)} open"
    mark = MARKS[claim.verdict].replace("-", "–")  # a hyphen would begin a list
    lines = [f"- {mark} **{points}** {prose(clip(claim.title, TITLE))}"]
    blocker = run.claim(claim.blocked_by) if claim.blocked_by else None
    if blocker:
        lines.append(f"  - needs: {prose(clip(blocker.title, TITLE))} ({WORDS[blocker.verdict]})")
    for label, text in claim.cause.lines() if claim.cause else []:
        lines += _field(label, clip(text, most))
    return "\n".join(lines)


def _field(label: str, text: str) -> Iterator[str]:
    if "\n" in text.strip("\n"):
        yield f"  - {label}:\n\n{block(text, '    ')}\n"
    elif label in ("because", "fix", "hint", "waited"):
        yield f"  - {label}: {prose(text)}"
    else:  # names, values and commands
        yield f"  - {label}: {code_span(text)}"
