"""What leads where among a learner's objects, in columns from the left to the right, and as an outline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reports.exporters.html.cut import middle
from reports.exporters.html.shape import mapping, objects
from reports.text import clip

WIDTH = 720
GAP = 72
"""Between columns: there the links and their marks are."""
HEIGHT = 68
ROOM = 18
"""Between rows."""
COLUMNS = 4
MOST = 40
"""Objects that are drawn; more nobody reads."""
TEXT = 200
STATES = {"ok": "ok", "broken": "broken", "pending": "pending"}


@dataclass(frozen=True)
class Node:
    """One object."""

    id: str
    kind: str
    name: str
    state: str
    text: str


@dataclass(frozen=True)
class Link:
    """What leads from one object to another, or fails to."""

    start: str
    end: str
    state: str
    text: str


@dataclass(frozen=True)
class Box:
    """A node at its place; its texts are as long as the box is wide."""

    node: Node
    x: float
    y: float
    width: float

    @property
    def name(self) -> str:
        """Return as much of the name as there is room for."""
        return middle(self.node.name, int((self.width - 24) / 7.9))

    @property
    def text(self) -> str:
        """Return as much of the text as there is room for."""
        letters = int((self.width - 24) / 6.6)
        text = middle(self.node.text, 10_000)
        return text if len(text) <= letters else f"{text[: letters - 1]}…"


@dataclass(frozen=True)
class Wire:
    """A link at its place."""

    link: Link
    path: str
    x: float
    y: float
    """The middle, where its mark stands."""


@dataclass
class Branch:
    """A node in the outline, the link that leads to it, and what it leads to."""

    node: Node
    link: Link | None
    below: list[Branch] = field(default_factory=list)


@dataclass(frozen=True)
class Topology:
    """The picture and the outline of the same objects."""

    boxes: list[Box]
    wires: list[Wire]
    outline: list[Branch]
    left_out: int

    @property
    def height(self) -> float:
        """Return how high the picture is."""
        return max(box.y for box in self.boxes) + HEIGHT + 2

    @property
    def troubles(self) -> list[str]:
        """Return what is broken or pending, a sentence each."""
        nodes = {box.node.id: box.node for box in self.boxes}
        of_nodes = [
            f"{_called(box.node)} is {box.node.state}" + (f": {box.node.text}" if box.node.text else "")
            for box in self.boxes
            if box.node.state != "ok"
        ]
        of_links = [
            f"{_called(nodes[wire.link.start])} does not lead to {_called(nodes[wire.link.end])}"
            + (f": {wire.link.text}" if wire.link.text else "")
            for wire in self.wires
            if wire.link.state == "broken"
        ]
        return of_nodes + of_links


def topology(data: object) -> Topology:
    """Return what `Evidence("objects")` holds."""
    known = mapping(data)
    found = [_node(each) for each in objects(known["nodes"])]
    if not found:
        raise ValueError("no objects")
    nodes = {node.id: node for node in found[:MOST]}
    links = [_link(each) for each in objects(known["links"])]
    links = [each for each in links if each.start in nodes and each.end in nodes and each.start != each.end]
    boxes = {box.node.id: box for box in _placed(_columns(nodes, links))}
    wires = [_wire(link, boxes[link.start], boxes[link.end]) for link in links]
    return Topology(list(boxes.values()), wires, _outline(nodes, links), len(found) - len(nodes))


def _node(data: Mapping[str, Any]) -> Node:
    kind, name, text = (clip(str(data.get(key) or ""), TEXT) for key in ("kind", "name", "text"))
    return Node(str(data["id"]), kind, name, _state(data), text)


def _link(data: Mapping[str, Any]) -> Link:
    return Link(str(data["from"]), str(data["to"]), _state(data), clip(str(data.get("text") or ""), TEXT))


def _state(data: Mapping[str, Any]) -> str:
    return STATES[data["state"]]


def _called(node: Node) -> str:
    return f"{node.kind} `{node.name}`"


def _columns(nodes: Mapping[str, Node], links: Sequence[Link]) -> list[list[Node]]:
    """Return the nodes by how many links lead to them at most, near to what leads to them."""
    depth = dict.fromkeys(nodes, 0)
    for _ in range(COLUMNS - 1):  # a longer way, and a circle, ends in the last column
        for link in links:
            depth[link.end] = min(max(depth[link.end], depth[link.start] + 1), COLUMNS - 1)
    columns: list[list[Node]] = []
    place: dict[str, float] = {}
    for level in sorted(set(depth.values())):
        column = [node for node in nodes.values() if depth[node.id] == level]
        before = {
            node.id: [place[link.start] for link in links if link.end == node.id and link.start in place]
            for node in column
        }
        column.sort(key=lambda node: sum(near) / len(near) if (near := before[node.id]) else 0)
        place |= {node.id: row / len(column) for row, node in enumerate(column)}
        columns.append(column)
    return columns


def _placed(columns: Sequence[Sequence[Node]]) -> Iterator[Box]:
    width = (WIDTH - 2 - GAP * (max(len(columns), 3) - 1)) / max(len(columns), 3)
    rows = max(len(column) for column in columns)
    for number, column in enumerate(columns):
        top = (rows - len(column)) * (HEIGHT + ROOM) / 2
        for row, node in enumerate(column):
            x = 1 + number * (width + GAP)
            yield Box(node, round(x, 1), round(1 + top + row * (HEIGHT + ROOM), 1), round(width, 1))


def _wire(link: Link, start: Box, end: Box) -> Wire:
    x1, y1 = start.x + start.width, start.y + HEIGHT / 2
    x2, y2 = end.x, end.y + HEIGHT / 2
    if x2 < x1:  # back, or to a neighbour above or below
        x1, x2 = start.x + start.width / 2, end.x + end.width / 2
    half = (x1 + x2) / 2
    path = f"M{x1:g} {y1:g}C{half:g} {y1:g} {half:g} {y2:g} {x2:g} {y2:g}"
    return Wire(link, path, round(half, 1), round((y1 + y2) / 2, 1))


def _outline(nodes: Mapping[str, Node], links: Sequence[Link]) -> list[Branch]:
    """Return the nodes below what leads to them: one to which two lead stands below both."""
    below = {id: [link for link in links if link.start == id] for id in nodes}
    reached = {link.end for link in links}
    told: set[str] = set()

    def branch(id: str, link: Link | None) -> Branch:
        made = Branch(nodes[id], link)
        if id not in told:  # once with all below it; the second time its name is enough
            told.add(id)
            made.below = [branch(each.end, each) for each in below[id]]
        return made

    outline = [branch(id, None) for id in nodes if id not in reached]
    outline += [branch(id, None) for id in nodes if id not in told]  # circles
    return outline
