"""Whether many submissions of one assignment, graded at once on one cluster, get the verdicts of one alone.

    python bench/side_by_side.py [AT_ONCE] [ROUNDS]

Grades the right and wrong submissions of an assignment one after the other, then AT_ONCE of them side by
side, ROUNDS times, and prints every verdict that differs. Ends with 1 if there is one.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from pathlib import Path

from fixtures import assignment

TASK = "custom-load-balancing"
AT_ONCE, ROUNDS = 20, 20
Verdicts = dict[str, str]


def grade(path: Path, output: Path) -> Verdicts:
    """Return the verdict of every claim."""
    command = [sys.executable, "-m", "kubeproctor", "grade", str(path), "-a", TASK, "-o", str(output)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        result = json.loads((output / path.name / "result.json").read_text())
    except FileNotFoundError:
        return {"no result": done.stdout + done.stderr}
    return {claim["id"]: claim["verdict"] for claim in result["claims"]}


def main(at_once: int, rounds: int) -> int:
    """Compare, and print what differs."""
    folder = assignment.ROOT / TASK
    paths = [*sorted(folder.glob("solutions/*")), *sorted(folder.glob("wrong/*")), folder / "starter"]
    wrong = 0
    with tempfile.TemporaryDirectory() as place:
        begun = time.monotonic()
        alone = {path: grade(path, Path(place, "alone", str(n))) for n, path in enumerate(paths)}
        each = (time.monotonic() - begun) / len(paths)
        print(f"one after the other: {len(paths)} submissions, {each:.1f} s each", flush=True)
        for number in range(1, rounds + 1):
            these = list(islice(cycle(paths), at_once))
            begun = time.monotonic()
            with ThreadPoolExecutor(at_once) as pool:
                outputs = [Path(place, str(number), str(n)) for n in range(at_once)]
                found = list(pool.map(grade, these, outputs))
            for path, verdicts in zip(these, found, strict=True):
                if verdicts != alone[path]:
                    wrong += 1
                    print(f"  {path.name}: {verdicts}\n    alone {alone[path]}", flush=True)
            took = time.monotonic() - begun
            print(f"round {number}: {at_once} at once, {took:.0f} s, {wrong} differ so far", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:]]
    sys.exit(main(*given, *(AT_ONCE, ROUNDS)[len(given) :]))
