"""How much faster results are judged again than they were judged, and how long a class of 50 takes.

    python bench/replay.py RESULTS

RESULTS is a folder that `kubeproctor grade --output` wrote. Prints for how many claims the verdicts are the
same, the ratio of the seconds that judging took then and takes now (goal: 50), and the seconds of
`kubeproctor regrade` with another weight for 50 submissions, copies of those there are (goal: 30).
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from fixtures import assignment
from fixtures.replay import replaying, tape
from reports import result_json

CLASS = 50


def main(results: Path) -> None:
    """Measure, and print the figures."""
    folders = sorted(file.parent for file in results.glob("**/readings.jsonl.gz"))
    if not folders:
        sys.exit(f"there is no result in {results}: kubeproctor grade --output writes some")
    then = now = 0.0
    claims = same = 0
    for folder in folders:
        run = result_json.read(folder / "result.json")
        recorded = tape.read(folder / tape.FILE)
        begun = time.perf_counter()
        again = replaying.replay(run, recorded, assignment.load(run.assignment))
        now += time.perf_counter() - begun
        then += sum(claim.seconds for claim in run.claims)
        for claim in again.claims:
            before = run.claim(claim.id)
            claims += 1
            same += bool(before and (before.verdict, before.cause) == (claim.verdict, claim.cause))
    print(f"{len(folders)} runs, {claims} claims, {same} with the same verdict and cause")
    print(f"judged in {then:.1f} s, judged again in {now:.2f} s: {then / now:.0f} times faster")
    with tempfile.TemporaryDirectory() as place:
        for number in range(CLASS):
            shutil.copytree(folders[number % len(folders)], Path(place) / "class" / f"learner-{number:02}")
        (policy := Path(place) / "policy.toml").write_text("[claims.test_both_versions_run]\npoints = 5\n")
        begun = time.perf_counter()
        command = [
            sys.executable,
            "-m",
            "kubeproctor",
            "regrade",
            str(Path(place) / "class"),
            "--policy",
            policy,
        ]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        print(f"a class of {CLASS}: {time.perf_counter() - begun:.1f} s; {done.stdout.splitlines()[-1]}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
