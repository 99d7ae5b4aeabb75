"""What dials brought back: how they ended, who took them, and which answers are not as wanted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from checks.cluster import Reply
from checks.errors import GraderError
from checks.message import shorten

_WORDS = {
    "timeout": "no answer in time",
    "refused": "connection refused",
    "dns": "the name was not found",
    "other": "no answer",
}


def words(reply: Reply) -> str:
    """Return how a connection without an answer ended: one word for all that ended alike, to be counted."""
    return _WORDS[reply.outcome]


def how_it_ended(reply: Reply) -> str:
    """Return how a connection without an answer ended, with what is known beyond that."""
    return words(reply) + (f": {reply.detail}" if reply.outcome == "other" and reply.detail else "")


def backend(reply: Reply) -> str:
    """Return the IP of the pod that answered.

    Raises:
        GraderError: it is not known.
    """
    if reply.backend is None:
        raise GraderError(
            "a request was answered, but the node's connection tracking does not say by which pod"
        )
    return reply.backend


class Wanted(NamedTuple):
    """What an HTTP answer is to bring."""

    status: int
    body: str | None
    """A text that the body contains."""
    header: Mapping[str, str]
    """Lower-case names, and texts that their values contain."""

    def __str__(self) -> str:
        header = [f"header {key} with {value!r}" for key, value in sorted(self.header.items())]
        body = [f"{self.body!r} in the body"] if self.body is not None else []
        return ", ".join([f"HTTP {self.status}", *header, *body])

    def unlike(self, reply: Reply) -> str:
        """Return what is wrong with a reply, or nothing."""
        if reply.outcome != "answered":
            return how_it_ended(reply)
        if reply.status != self.status:
            return f"HTTP {reply.status}"
        for key, value in sorted(self.header.items()):
            if key not in reply.headers:
                return f"no header {key}"
            if value not in reply.headers[key]:
                return f"header {key} with {reply.headers[key]!r}"
        if self.body is not None and self.body not in reply.body:
            return f"HTTP {self.status} with body {shorten(repr(reply.body), 200)}"
        return ""
