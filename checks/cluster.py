"""What a noun may ask of a cluster: one small protocol with a live, a fake and a recorded implementation."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias

Object: TypeAlias = Mapping[str, Any]
"""A Kubernetes object as the API server returns it."""

Outcome = Literal["answered", "timeout", "refused", "dns", "other"]
"""How a connection ended; `other` keeps its words in `Reply.detail` and is never read as "denied"."""


@dataclass(frozen=True)
class Dial:
    """One fresh connection, closed after the answer."""

    address: str
    """`host:port`: an IP, a Service name or an FQDN."""
    path: str | None = "/"
    """What to GET over HTTP; None opens the connection and says no word."""
    protocol: Literal["tcp", "udp"] = "tcp"
    timeout: float = 3.0
    """Seconds for the whole exchange. On a busy node an application may have to wait for its turn."""


@dataclass(frozen=True)
class Reply:
    """What one dial brought back."""

    outcome: Outcome
    status: int | None = None
    """The HTTP status, None without HTTP."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Lower-case names; of a repeated header the last."""
    body: str = ""
    """At most 4 KiB, undecodable bytes replaced."""
    backend: str | None = None
    """IP of the pod that took the connection, as the node's connection tracking saw it; None if unknown."""
    detail: str = ""
    seconds: float = 0.0
    """How long it took."""


@dataclass(frozen=True)
class Names:
    """What DNS said about one name."""

    outcome: Literal["answered", "dns", "timeout"]
    """`dns`: there is no such name, or it has no such record."""
    answers: tuple[str, ...] = ()
    """Sorted; an address, a name with its dot at the end, or for SRV "priority weight port target"."""


@dataclass(frozen=True)
class File:
    """A file in a container."""

    text: str | None
    """At most 64 KiB, undecodable bytes replaced; None when there is nothing to read."""
    detail: str = ""
    """Why there is nothing to read, such as "no such file" or "a directory"."""


@dataclass(frozen=True)
class Inside:
    """What a running container has; the first two as its first process was started with them."""

    environment: Mapping[str, str]
    arguments: tuple[str, ...]
    """The program and what follows it on its command line."""
    files: Mapping[str, File] = field(default_factory=dict)
    """Those that were asked for, by their paths."""


@dataclass(frozen=True)
class Disturbance:
    """What goes wrong in one running pod while it is disturbed."""

    kind: Literal["fail", "delay", "cut", "freeze"]
    """fail: the node's connections to `port` are reset, or with a `path` its GETs there get HTTP 503;
    delay: connections to `port` are taken at once and go on after `seconds`;
    cut: no packet comes in or goes out; freeze: the processes of `container` stand still."""
    port: int = 0
    path: str | None = None
    seconds: float = 0.0
    container: str = ""


@dataclass(frozen=True)
class Ask:
    """One question to the API server's authorizer: may this user do that? (SubjectAccessReview)"""

    user: str
    groups: tuple[str, ...]
    """All of the user's: the authorizer knows of no membership by itself."""
    verb: str
    group: str = ""
    """The API group, empty for the core."""
    resource: str = ""
    """Plural, as in a URL (`pods`); empty for a question about `path`."""
    subresource: str = ""
    name: str = ""
    """One object; empty asks about all of them."""
    namespace: str = ""
    """Empty asks about all namespaces."""
    path: str = ""
    """A URL that is no resource, such as `/metrics`."""


@dataclass(frozen=True)
class Decision:
    """What the authorizer said."""

    allowed: bool
    reason: str = ""
    """Its words: they name the binding that allows."""


@dataclass(frozen=True)
class Resource:
    """A kind of object as the API serves it, or (`pods/exec`) a part of one."""

    group: str
    name: str
    """Plural, with a slash before a subresource."""
    namespaced: bool
    verbs: frozenset[str]
    """What it supports; RBAC would also grant others, which nobody can use."""
    version: str = ""
    """Of the group, as in a URL."""


class Cluster(Protocol):
    """Read and disturb one cluster. Kinds are written as in a manifest (`Deployment`, `EndpointSlice`).

    Every call raises `GraderError` when the cluster could not be observed; transient API errors
    (429, 5xx, resets) are retried inside, within `timeout` seconds of the call.
    """

    def lost(self) -> float:
        """Seconds so far in which the API server gave no answer: no learner's patience is spent on them."""
        ...

    def get(self, kind: str, name: str, namespace: str | None = None) -> Object | None:
        """Return one object, or None when it does not exist."""
        ...

    def list(
        self, kind: str, namespace: str | None = None, *, labels: Mapping[str, str] | None = None
    ) -> list[Object]:
        """Return the objects of a kind, of one namespace or (None) of all, that carry all `labels`."""
        ...

    def create(self, obj: Object, namespace: str | None = None) -> Object:
        """Create one object, in `namespace` if it names none itself; it must not exist yet."""
        ...

    def admit(self, obj: Object, namespace: str | None = None) -> Object | str:
        """Try to create one object, without making it.

        Returns what it would be after admission, or the words with which the API server refuses it: those of
        a quota, of Pod Security, a policy or a webhook.

        Raises:
            UsageError: the object itself is invalid, or has fields that its kind does not know.
            GraderError: also when the kind is not served, or an object of this name exists.
        """
        ...

    def patch(self, kind: str, name: str, namespace: str | None, body: Object) -> Object:
        """Apply a JSON merge patch and return the object; used by faults and steps only."""
        ...

    def scale(self, kind: str, name: str, namespace: str, replicas: int) -> None:
        """Set the number of replicas through the scale subresource."""
        ...

    def delete(self, kind: str, name: str, namespace: str | None = None, *, grace: int | None = None) -> None:
        """Delete one object; that it is gone already is fine. `grace` is in seconds."""
        ...

    def resources(self) -> builtins.list[Resource]:
        """Return what the API serves, of each group in its preferred version, subresources included."""
        ...

    def may(self, asked: Sequence[Ask]) -> builtins.list[Decision]:
        """Ask the authorizer side by side; one decision for each question, in order."""
        ...

    def tries(self, asked: Sequence[Ask]) -> builtins.list[Decision]:
        """Make the requests, so that they change nothing; tell which of them the API server lets pass.

        Each is made with a token of the service account that is its user; `Decision.reason` is the answer.
        It is one that get, list, create, update, patch or delete a resource, or get a part of one or a path.
        """
        ...

    def dial(self, dials: Sequence[Dial], source: Object | None = None) -> builtins.list[Reply]:
        """Make all connections side by side; one reply for each dial, in order.

        They come from the probe pod, or from the network of `source`, a running pod, as if one of its
        containers made them.
        """
        ...

    def lookup(
        self, names: Sequence[str], record: Literal["A", "CNAME", "SRV"] = "A"
    ) -> builtins.list[Names]:
        """Ask the cluster's DNS, from the probe pod; one answer for each name, in order."""
        ...

    def inside(self, pod: Object, container: str, files: Sequence[str] = ()) -> Inside:
        """Look into a running container of a running pod; no tool of its image is needed.

        Raises:
            GraderError: also when the container does not run.
        """
        ...

    def write(self, pod: Object, container: str, path: str, text: str | None) -> None:
        """Write a file in a running container, or (None) remove it; used by faults only."""
        ...

    def kill(self, pod: Object, container: str) -> None:
        """Kill the first process of a running container, and so the container; used by faults only."""
        ...

    def disturb(self, pod: Object, disturbance: Disturbance) -> AbstractContextManager[None]:
        """Disturb a running pod for as long as the block runs; healed even if this process is killed."""
        ...

    def alongside(
        self, look: Callable[[], None], kinds: Collection[str], namespace: str | None, every: float
    ) -> AbstractContextManager[None]:
        """Call `look` beside the block: at each change of these kinds, and every so many seconds.

        What `look` raises ends it, and is raised at the end of the block, if that ends well.
        """
        ...

    def wake(self, kinds: Collection[str], namespace: str | None, timeout: float) -> None:
        """Return at the next change of one of these kinds, or after `timeout` seconds."""
        ...

    def logs(self, pod: str, namespace: str, *, container: str | None = None, previous: bool = False) -> str:
        """Return the last 50 lines of a container's log, "" if there is none."""
        ...
