"""What can come of a check that does not pass.

Exception
├── AssertionError
│   └── CheckFailed     the condition was read, and it is false: the learner's
│       └── Hopeless    and waiting will not make it true
├── GraderError         the condition could not be read: ours, never costs points
│   └── Vanished        what was looked into ended meanwhile: a check reads again
└── UsageError          a claim is written wrong: its author's
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar

from checks.message import render

_explaining: ContextVar[bool] = ContextVar("explaining", default=False)


def explaining() -> bool:
    """Return whether a cause is being read: the verdict is out, and does not depend on it."""
    return _explaining.get()


class CheckFailed(AssertionError):
    """The condition was read, and it is false.

    `expected` and `found` are in the learner's terms; `because` is a cause that was read from the cluster,
    or a function that reads it, called only when the verdict is out; `look_at` is a command that changes
    nothing. `settles` False: what was found may change while nothing in the cluster does. `again` False: a
    second reading would take as long as this one.
    """

    def __init__(
        self,
        *,
        expected: str = "",
        found: str = "",
        because: str | Callable[[], str] = "",
        look_at: str = "",
        settles: bool = True,
        again: bool = True,
    ) -> None:
        super().__init__()
        self.expected, self.found, self.look_at = expected, found, look_at
        self.settles, self.again = settles, again
        self.because = because if isinstance(because, str) else ""
        self._cause = None if isinstance(because, str) else because
        self.waited = ""
        """How long, how many readings, how many different; set by the adverbs."""
        self.claim = ""
        """Title of the graded test; set by whoever runs it, as is `hint`."""
        self.hint = ""

    def read_cause(self) -> None:
        """Read the cause now, while the cluster is as it was judged."""
        if self._cause is not None:
            cause, self._cause = self._cause, None
            token = _explaining.set(True)
            try:
                self.because = cause()
            except GraderError:  # the verdict stands; its cause stays unknown
                self.because = ""
            finally:
                _explaining.reset(token)

    def render(self) -> str:
        """Return the lines that a learner reads: claim, expected, found, because, look at, waited, hint."""
        values = {
            "expected": self.expected,
            "found": self.found,
            "because": self.because,
            "look at": self.look_at,
            "waited": self.waited,
            "hint": self.hint,
        }
        return render(self.claim, values.items())

    def __str__(self) -> str:
        return self.render()


class Hopeless(CheckFailed):
    """The condition is false and stays so without help, such as an image that does not exist."""


class GraderError(Exception):
    """The condition could not be read. Never a pass, a fail or a "deny"."""


class Vanished(GraderError):
    """A pod or container ended while it was looked into; a check takes that for a false reading."""


class UsageError(Exception):
    """A claim uses the language of checks in a way that has no meaning; the message says what to write."""
