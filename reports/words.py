"""The words of a report: one name a verdict, points as people write them, why, and what to do next."""

from __future__ import annotations

from reports.model import ClaimResult, Run, Verdict
from reports.text import one_line, plain

MARKS: dict[Verdict, str] = {
    "passed": "✓",
    "failed": "✗",
    "not_reached": "-",
    "grader_error": "!",
    "skipped": "○",
}
WORDS: dict[Verdict, str] = {
    "passed": "passed",
    "failed": "failed",
    "not_reached": "not reached",
    "grader_error": "grader error",
    "skipped": "skipped",
}

NOT_GRADED = "Not graded: this run is not whole, which is not the submission's fault. Run it again."
"""What a learner is told of a run without a final score."""


def number(points: float) -> str:
    """Write points without a needless fraction."""
    return f"{points:g}"


def next_step(run: Run) -> str:
    """Return the one thing to do now."""
    ours = next((claim for claim in run.claims if claim.verdict == "grader_error"), None)
    if run.problems or ours:
        return "this is not the submission's fault: run it again; if it stays, kubeproctor doctor tells more"
    failed = next((claim for claim in run.claims if claim.verdict == "failed"), None)
    if failed:
        return f"see the first ✗: {one_line(failed.title)}"
    if run.exit_code == 0:
        return "nothing: all claims hold"
    return "run it again: it did not come to its end" if run.claims else "nothing was judged"


def explain(claim: ClaimResult, run: Run) -> str:
    """Return why a claim has its verdict, one labelled line a fact."""
    lines = [f"{label}: {text}" for label, text in claim.cause.lines()] if claim.cause else []
    blocker = run.claim(claim.blocked_by) if claim.blocked_by else None
    if blocker:
        lines.insert(0, f"needs: {blocker.title} ({blocker.verdict.replace('_', ' ')})")
    return "\n".join(lines) or claim.verdict.replace("_", " ")


def told(claim: ClaimResult, run: Run) -> str:
    """Return the word for a verdict and, below it, why; learner text is harmless in it."""
    word, why = WORDS[claim.verdict], plain(explain(claim, run))
    return why if why == word else f"{word}\n{why}"
