"""Fuzz what reads submissions: archives, YAML, JSON, scripts and answers, guided by coverage.

    uv run --with atheris python bench/fuzz.py [SECONDS]

Begins with what the assignments ship and with the hostile corpus. Anything but a submission or one message is
a find: the process ends with a traceback, and its input is in a file `crash-…` here. At the end it prints how
often it ran and how much memory it ever had, in MB; over 300 it ends with 1.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
from pathlib import Path

import atheris

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

with atheris.instrument_imports(include=["fixtures.submission", "yaml", "zipfile", "tarfile"]):
    from fixtures.errors import KubeproctorError
    from fixtures.submission.archives import read_archive
    from fixtures.submission.intake import from_tree
    from fixtures.submission.tree import Tree

SECONDS = 600
MEGABYTES = 300
NAMES = ("web.yaml", "web.json", "steps.sh", "answers.toml", "answers.yaml", "answer")
runs = 0


def one(data: bytes) -> None:
    """Read an archive, or a file under one of the names; the first byte says which."""
    global runs
    runs += 1
    if runs % 1000 == 0 and memory() > MEGABYTES:
        raise MemoryError(f"{memory()} MB after {runs} runs")
    which, content = (data[0] if data else 0), data[1:]
    try:
        if which >= len(NAMES) and (found := read_archive(content, "answer")):
            # charts and kustomizations are rendered by other programs, which this does not fuzz
            files = {name: text for name, text in found[1].items() if "hart.yaml" not in name}
            files = {name: text for name, text in files.items() if "ustomization" not in name}
            from_tree(Tree("answer", found[0], files))
        else:
            from_tree(Tree("answer", "file", {NAMES[which % len(NAMES)]: content}))
    except KubeproctorError as error:
        said = str(error)
        if "\x1b" in said or len(said) > 5000:
            raise ValueError(f"a message that harms: {said!r:.500}") from error


def memory() -> int:
    """Return the most that this process ever had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


def seeds(folder: Path) -> None:
    """Write what the fuzzer begins with."""
    from tests.hostile.cases import corpus

    for number, file in enumerate(sorted(ROOT.glob("assignments/*/*/*/**/*.*"))):
        if file.is_file():
            (folder / f"shipped-{number}").write_bytes(b"\0" + file.read_bytes())
    for case in corpus():
        (place := folder.parent / "cases" / case.id).mkdir(parents=True)
        if case.form in ("zip", "tar"):
            packed = Path(case.hand_in(place)).read_bytes()
            if len(packed) < 1 << 16:
                (folder / case.id).write_bytes(b"\xff" + packed)
        elif case.form == "files":
            for number, text in enumerate(case.content.values()):
                (folder / f"{case.id}-{number}").write_bytes(
                    bytes([number % len(NAMES)]) + str(text).encode()
                )


if __name__ == "__main__":
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    with tempfile.TemporaryDirectory() as place:
        (begin := Path(place, "seeds")).mkdir()
        seeds(begin)
        os.chdir(place)
        child = os.fork()  # libFuzzer ends its process, and what it leaves is to be looked at
        if not child:
            atheris.Setup([sys.argv[0], str(begin), f"-max_total_time={seconds}", "-rss_limit_mb=0"], one)
            atheris.Fuzz()
        _, status, used = os.wait4(child, 0)
        code = os.waitstatus_to_exitcode(status)
        for crash in Path(place).glob("crash-*"):
            (ROOT / crash.name).write_bytes(crash.read_bytes())
        strays = {path.name for path in Path(place).iterdir() if path.is_file() and "crash-" not in path.name}
        print(f"exit code {code}, {used.ru_maxrss >> 10} MB at most, stray files: {sorted(strays) or 'none'}")
    sys.exit(1 if code or strays or used.ru_maxrss >> 10 > MEGABYTES else 0)
