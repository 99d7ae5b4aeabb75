"""`kubeproctor coverage`: say what of the course's exercises the claims look at, and what is left."""

from __future__ import annotations

import sys
from pathlib import Path

import click


@click.command()
@click.argument("assignments", nargs=-1)
@click.option("--format", "shape", type=click.Choice(["text", "json"]), default="text",
              show_default=True, help="Text for people, JSON for programs.")  # fmt: skip
@click.option("--course", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="The course's text: what claims cite has to stand there, word for word.")  # fmt: skip
def coverage(assignments: tuple[str, ...], shape: str, course: Path | None) -> None:
    """Count what the claims of ASSIGNMENTS (all of them, if none is named) observe of the exercises.

    Each observation is linked to a claim, or reasoned away in exercises.toml. Needs no cluster.

    Exit codes: 0 nothing is left or wrong, 1 something is, 2 wrong usage, 3 an assignment cannot be read.
    """
    from fixtures import assignment as tasks
    from fixtures.proof.coverage import cover
    from reports import coverage as report

    words = None if course is None else _read(course)
    chosen = [tasks.load(name) for name in assignments or tasks.names()]
    found = [cover(task, words) for task in chosen]
    click.echo(report.as_json(found) if shape == "json" else report.text(found))
    sys.exit(1 if any(each.complaints for each in found) else 0)


def _read(course: Path) -> str:
    from fixtures.errors import UsageError

    try:
        return course.read_text(encoding="utf-8")
    except UnicodeDecodeError as e:
        raise UsageError("the course's text cannot be read", where=f"{course}: {e.reason}",
                         fix="save it as UTF-8") from e  # fmt: skip
    except OSError as e:
        raise UsageError("the course's text cannot be read", where=f"{course}: {e.strerror}",
                         fix="name a file that can be read") from e  # fmt: skip
