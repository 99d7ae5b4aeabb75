"""Steps of commands that are functions: for unit tests of the language, never for a verdict."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from checks.commands import Ran
from checks.errors import CheckFailed, GraderError, UsageError

Does = str | Ran | Callable[[], str | Ran]
"""What a run prints, with exit code 0, or all that it does; or a function that says it at each run."""


class FakeScript:
    """The steps of a submission, by name, and what each does.

    >>> Solution(cluster, "shop", commands=FakeScript({"list": "web-1"}))
    """

    def __init__(self, steps: Mapping[str, Does], *, due: str | None = None) -> None:
        self.does = dict(steps)
        self.due = due
        """The step whose turn it is."""
        self.ran: list[str] = []
        """The steps that ran, in order."""
        self.broken = ""
        """Why none can be run."""

    @property
    def steps(self) -> Mapping[str, str]:
        """Return the names, and lines as if each step was a command."""
        return {name: f"line {2 * number} of steps.sh" for number, name in enumerate(self.does, 1)}

    def run(self, name: str) -> Ran:
        """Do what a step does."""
        if self.broken:
            raise GraderError(self.broken)
        self.ran.append(name)
        does = self.does[name]
        said = does() if callable(does) else does
        return Ran(0, said) if isinstance(said, str) else said

    def run_due(self, name: str) -> None:
        """Do what the due step does."""
        if name != self.due:
            raise UsageError(f"step {name!r} is not due")
        ran = self.run(name)
        if ran.code != 0:
            raise CheckFailed(expected=f"step {name!r} ends with exit code 0", found=f"exit code {ran.code}")
