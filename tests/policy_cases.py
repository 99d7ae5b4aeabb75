"""Read policy_cases.yaml: the pods, the policies, and the connections that they allow and deny."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from fixtures.images.policy.agent.model import Node, Pod, Policy, State, policy_of

TEXT = (Path(__file__).parent / "policy_cases.yaml").read_text()
DATA: dict[str, Any] = yaml.load(TEXT, yaml.CSafeLoader)
PLACES = {
    name: place["address"] for part in ("pods", "nodes", "outside") for name, place in DATA[part].items()
}


@dataclass(frozen=True)
class Dial:
    """One connection, by the names of its ends."""

    source: str
    target: str
    protocol: str
    port: int

    def __str__(self) -> str:
        return f"{self.source} -> {self.target} {self.protocol} {self.port}"


@dataclass(frozen=True)
class Case:
    """Policies and what they promise."""

    name: str
    policies: tuple[Policy, ...]
    allowed: tuple[Dial, ...]
    denied: tuple[Dial, ...]
    fault: str | None

    @property
    def state(self) -> State:
        return state_with(*self.policies)


def dial(text: str) -> Dial:
    source, _, target, protocol, port = text.split()
    assert {source, target} <= PLACES.keys()
    return Dial(source, target, protocol, int(port))


def pods() -> list[Pod]:
    return [
        Pod(
            namespace=pod["namespace"],
            name=name,
            uid=name,
            node=pod["node"],
            created="2026-01-01T00:00:00Z",
            labels=pod["labels"],
            addresses=(pod["address"],),
            ports=frozenset((n, p, i) for n, p, i in pod["ports"]),
        )
        for name, pod in DATA["pods"].items()
    ]


def policy(namespace: str, spec: dict[str, Any], name: str = "p", generation: int = 1) -> Policy:
    metadata = {"namespace": namespace, "name": name, "generation": generation}
    return policy_of({"metadata": metadata, "spec": spec})


def state_with(*policies: Policy) -> State:
    """The pods, namespaces and nodes of the file under these policies."""
    return State(
        pods={p.key: p for p in pods()},
        namespaces=DATA["namespaces"],
        policies={p.key: p for p in policies},
        nodes={n: Node(n, v["pod_range"], v["address"]) for n, v in DATA["nodes"].items()},
    )


def _case(raw: dict[str, Any]) -> Case:
    assert raw.keys() <= {"name", "says", "policies", "allowed", "denied", "fault"}
    assert raw["says"]
    return Case(
        name=raw["name"],
        policies=tuple(policy(**p, name=f"p{i}") for i, p in enumerate(raw["policies"])),
        allowed=tuple(map(dial, raw["allowed"])),
        denied=tuple(map(dial, raw["denied"])),
        fault=raw.get("fault"),
    )


CASES = [_case(raw) for raw in DATA["cases"]]
