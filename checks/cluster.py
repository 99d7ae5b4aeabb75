"""What a noun may ask of a cluster: one small protocol with a live, a fake and a recorded implementation."""

from __future__ import annotations

import builtins
from collections.abc import Collection, Mapping, Sequence
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
    timeout: float = 1.0
    """Seconds for the whole exchange."""


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

    def dial(self, dials: Sequence[Dial], source: Object | None = None) -> builtins.list[Reply]:
        """Make all connections side by side; one reply for each dial, in order.

        They come from the probe pod, or from the network of `source`, a running pod, as if one of its
        containers made them.
        """
        ...

    def wake(self, kinds: Collection[str], namespace: str | None, timeout: float) -> None:
        """Return at the next change of one of these kinds, or after `timeout` seconds."""
        ...

    def logs(self, pod: str, namespace: str, *, container: str | None = None, previous: bool = False) -> str:
        """Return the last 50 lines of a container's log, "" if there is none."""
        ...
