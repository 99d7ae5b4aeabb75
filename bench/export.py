"""How long the reports of a class of 500 take, and how much memory.

    python bench/export.py RESULTS

RESULTS is a folder that `kubeproctor grade --output` wrote. Copies of its results make a class of 500, of
which every report is written, one command each. Prints seconds and MB of each (goal: 20 s and 500 MB).
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path

from reports.exporters import EXPORTERS

CLASS = 500


def main(results: Path) -> None:
    """Measure, and print the figures."""
    found = sorted(results.glob("**/result.json"))
    if not found:
        sys.exit(f"there is no result in {results}: kubeproctor grade --output writes some")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "class")
        for number in range(CLASS):
            run = json.loads(found[number % len(found)].read_text())
            run["submission"]["name"] = name = f"learner-{number:03}"
            (folder / name).mkdir(parents=True)
            (folder / name / "result.json").write_text(json.dumps(run))
        read = sum(file.stat().st_size for file in found) / len(found) / 1000
        print(f"{CLASS} results of {read:.0f} kB on average")
        print(f"{'report':<20} {'seconds':>8} {'of CPU':>8} {'MB':>6}")
        for name in EXPORTERS:
            seconds, busy, memory = _written(folder, name)
            print(f"{name:<20} {seconds:8.1f} {busy:8.1f} {memory:6.0f}", flush=True)


def _written(folder: Path, name: str) -> tuple[float, float, float]:
    """Return what a report of the class took: seconds, those of a CPU, and at most so many MB of memory."""
    begun = time.perf_counter()
    child = os.posix_spawn(
        sys.executable,
        [sys.executable, "-m", "kubeproctor", "report", str(folder), "--to", name],
        os.environ,
        file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)],
    )
    _, status, used = os.wait4(child, 0)
    if status:
        sys.exit(f"kubeproctor report --to {name} ended with {os.waitstatus_to_exitcode(status)}")
    return time.perf_counter() - begun, used.ru_utime + used.ru_stime, used.ru_maxrss / 1000


if __name__ == "__main__":
    main(Path(sys.argv[1]))
