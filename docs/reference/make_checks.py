"""Write checks.md, the reference of the checks, from the docstrings of `checks/`.

python docs/reference/make_checks.py            write the page
python docs/reference/make_checks.py --check    write nothing, fail when the page is stale
python docs/reference/make_checks.py --strict   write nothing when an example or a message is missing
"""

from __future__ import annotations

import argparse
import doctest
import inspect
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import FunctionType, ModuleType

import checks
from checks import CheckFailed, Solution, faults, recording
from checks.adverbs import seconds
from checks.fake import Fake
from checks.noun import _HOLD, _READING, Noun
from docs.reference import scenes as common
from docs.reference import (
    scenes_commands,
    scenes_configuration,
    scenes_probes,
    scenes_resources,
    scenes_services,
)
from docs.reference.scenes import NAMESPACE, Scene

PAGE = Path(__file__).with_name("checks.md")
INTRO = f"""\
<!-- Made by docs/reference/make_checks.py from the docstrings of checks/: change those, then `make docs`. -->
<!-- fmt: off -->

# The checks

A claim is one graded test: what it promises stands in its docstring, and below it are lines of three words, \
an adverb, a noun, a check. \
`eventually(app.service("web")).answers()` reads the Service `web` again and again until it answers. Without \
an adverb a check reads once:

```python
from checks import Solution, eventually, graded


@graded(points=1)
def test_web_answers(app: Solution) -> None:
    \"\"\"Service `web` answers on port 80.\"\"\"
    eventually(app.service("web")).answers("/", status=200)
```

`app` is what the submission made: every graded test gets it, and takes its nouns from it. A check that \
finds its condition false raises `CheckFailed`, whose message the learner reads; each message below is what \
the example above it says in the namespace `{NAMESPACE}`. A claim that has no meaning raises `UsageError`, \
which is for the author.

**Patience** is how long `eventually` waits before it gives up, **hold** how long a condition has to stay \
true before `eventually` believes it. A noun has both; some checks have a hold of their own. \
What is true of a workload or a pod has to hold anew when one of its containers was started again.

What **disturbs** is no check but a context manager: it changes the cluster, runs the block, and heals."""
EMPTY = "when the submission is empty"
WORDS = {
    "name": '"web"',
    "kind": '"ConfigMap"',
    "question": '"how-many-pods"',
    "names": '"3.3"',
    "which": '"readiness"',
}
"""What the page calls a noun with, by parameter."""
ADVERBS = ("eventually", "consistently", "throughout")
WIDE = 100
"""Characters of a signature on one line."""


@dataclass(frozen=True)
class Shown:
    """An example, and the message with which it fails."""

    example: str
    where: str
    """The scene in words."""
    message: str
    """Empty when the example has none to give."""


@dataclass(frozen=True)
class Entry:
    """A check or what disturbs, as the page shows it."""

    name: str
    """`Service.answers`, `faults.killed`."""
    signature: str
    prose: str
    disturbs: bool
    hold: float | None
    """Of the check itself, None when it is the noun's."""
    shown: list[Shown]


@dataclass(frozen=True)
class Section:
    """A noun, or what several nouns have in common, as the page shows it."""

    noun: type[Noun]
    ways: list[str]
    """How a test gets one."""
    entries: list[Entry]
    """What the class defines itself."""


class _Word(str):
    """An annotation or a default that a signature shows as it is written here."""

    __slots__ = ()
    __repr__ = str.__str__


def scenes() -> list[Scene]:
    """Make all scenes; each serves once, as an example leaves its traces in a cluster."""
    rooms = (
        common,
        scenes_services,
        scenes_probes,
        scenes_configuration,
        scenes_resources,
        scenes_commands,
    )
    return [scene for room in rooms for scene in room.scenes()]


def exported() -> list[type[Noun]]:
    """Return the nouns that `checks` exports, in the order in which `Solution` has them."""
    order = [kind for _, kind, _ in getters(Solution)]
    found = (getattr(checks, name) for name in checks.__all__)
    nouns = [item for item in found if isinstance(item, type) and issubclass(item, Noun)]
    return sorted(nouns, key=lambda noun: [*order, noun.__name__].index(noun.__name__))


def documented() -> list[type[Noun]]:
    """Return the exported nouns, and before them the classes from which they have some of their checks."""
    nouns = exported()
    bases = (base for noun in nouns for base in reversed(noun.__mro__) if base in nouns or own(base))
    return list(dict.fromkeys(bases))


def own(owner: type | ModuleType) -> list[str]:
    """Return the names of the checks, and of what disturbs, that a class or module defines itself."""
    found = {name: item for name, item in vars(owner).items() if reads(item) or disturbs(item)}
    return sorted((name for name in found if name[0] != "_"), key=lambda name: disturbs(found[name]))


def reads(item: object) -> bool:
    """Return whether this is a check."""
    return hasattr(item, _READING)


def disturbs(item: object) -> bool:
    """Return whether this is a context manager."""
    return hasattr(item, "__wrapped__") and inspect.isgeneratorfunction(inspect.unwrap(item))


def sections() -> list[Section]:
    """Read all nouns and their checks."""
    made = scenes()
    return [
        Section(noun, list(ways(noun)), [entry(noun, name, made) for name in own(noun)])
        for noun in documented()
    ]


def disturbances() -> list[Entry]:
    """Read the faults."""
    made = scenes()
    return [entry(faults, name, made) for name in own(faults)]


def adverbs() -> list[Entry]:
    """Read the adverbs."""
    made = scenes()
    return [replace(entry(checks, name, made), disturbs=False) for name in ADVERBS]


def entry(owner: type[Noun] | ModuleType, name: str, made: Sequence[Scene]) -> Entry:
    """Read a check or what disturbs, and run its examples."""
    item = vars(owner)[name]
    full = name if owner is checks else f"{owner.__name__.rpartition('.')[2]}.{name}"
    prose, example = parts(item)
    shown = []
    for scene in [scene for scene in made if scene.check == full] or [Scene(full, EMPTY, Fake())]:
        text = scene.example or example
        message, failed = run(full, text, scene)
        # Whatever fails on the way to the check is not the check's message.
        telling = failed == name if reads(item) else owner is checks or scene.where != EMPTY
        shown.append(Shown(text, scene.where, message if telling else ""))
    hold = getattr(item, _HOLD, None)
    return Entry(full, signature(owner, name), prose, disturbs(item), hold, shown)


def parts(thing: object) -> tuple[str, str]:
    """Return the prose of a docstring, and the lines of its examples."""
    found = doctest.DocTestParser().parse(inspect.getdoc(thing) or "")
    prose = "".join(part if isinstance(part, str) else part.want for part in found)
    prose = re.sub(r"^ {4}(\w+): ", r"- `\1`: ", prose, flags=re.MULTILINE)  # below "Raises:"
    example = "".join(part.source for part in found if isinstance(part, doctest.Example))
    return re.sub(r"\n{3,}", "\n\n", prose).strip(), example.strip()


def run(name: str, example: str, scene: Scene) -> tuple[str, str]:
    """Return the message with which the example fails, and the check that failed, if one did."""
    known = {word: getattr(checks, word) for word in checks.__all__}
    app = Solution(scene.cluster, NAMESPACE, scene.answers, commands=scene.commands)
    try:
        with scene.cluster.time(), recording() as record:
            exec(example, {**known, "app": app})  # noqa: S102 - our own docstrings
    except CheckFailed as failure:
        failed = [each.check for each in record.observations if each.verdict == "failed"]
        return str(failure), next(iter(failed), "")
    except Exception as error:
        raise SystemExit(f"the example of {name} is wrong: {type(error).__name__}: {error}") from error
    return "", ""


def signature(owner: type | ModuleType, name: str) -> str:
    """Return how a check, a fault or an adverb is called."""
    first = 1 if isinstance(owner, type) else 0
    found = inspect.signature(vars(owner)[name])
    kept = [_plain(parameter) for parameter in list(found.parameters.values())[first:]]
    text = name + str(found.replace(parameters=kept, return_annotation=inspect.Signature.empty))
    if len(text) <= WIDE:
        return text
    inside = text.removeprefix(f"{name}(").removesuffix(")")
    lines = "".join(f"    {line},\n" for line in re.split(r", (?=\*|/|\w+:)", inside))
    return f"{name}(\n{lines})"


def _plain(parameter: inspect.Parameter) -> inspect.Parameter:
    default = _Word("{}") if isinstance(parameter.default, Mapping) else parameter.default
    return parameter.replace(annotation=_Word(parameter.annotation), default=default)


def ways(noun: type[Noun]) -> Iterator[str]:
    """Yield how a test gets a noun: from the solution, or from another noun."""
    for call, kind, said in getters(Solution):
        if kind == noun.__name__:
            yield f"`app.{call}`: {said}"
    for other in documented():
        first = next((call for call, kind, _ in getters(Solution) if is_a(kind, other)), "")
        for call, kind, said in getters(other):
            if kind == noun.__name__:
                yield f"`app.{first}.{call}`: {said}"


def is_a(kind: str, noun: type[Noun]) -> bool:
    """Return whether the noun of this name has the checks of a class."""
    return issubclass(getattr(checks, kind, object), noun)


def getters(owner: type) -> Iterator[tuple[str, str, str]]:
    """Yield each method and property that returns something: as it is called, of which type, what it says."""
    for name, member in vars(owner).items():
        function = member.fget if isinstance(member, property) else member
        if name.startswith("_") or not isinstance(function, FunctionType):
            continue
        kind = str(function.__annotations__.get("return")).removeprefix("list[").removesuffix("]")
        call = name if isinstance(member, property) else f"{name}({arguments(function)})"
        yield call, kind, parts(function)[0].partition("\n")[0].removeprefix("Return ")


def arguments(function: FunctionType) -> str:
    """Return what a method is called with: a name where it wants one, else its own words."""
    parameters = list(inspect.signature(function).parameters.values())[1:]
    return ", ".join(
        WORDS.get(parameter.name) or str(parameter.replace(annotation=inspect.Parameter.empty))
        for parameter in parameters
    )


def lacking(found: Sequence[Section], disturbed: Sequence[Entry]) -> Iterator[str]:
    """Yield what the docstrings and the scenes owe the page."""
    every = [*adverbs(), *(item for section in found for item in section.entries), *disturbed]
    for noun in [section.noun for section in found if not section.ways]:
        if noun in exported():
            yield f"no method of Solution returns a {noun.__name__}"
    for item in every:
        for shown in item.shown:
            if not shown.example:
                yield f"the docstring of {item.name} has no line with >>>"
            elif not shown.message and not (item.disturbs and shown.where == EMPTY):
                yield f"the example of {item.name} does not make it fail: it needs a scene"
    for name in sorted({scene.check for scene in scenes()} - {item.name for item in every}):
        yield f"there is a scene for {name}, which no class or module defines"


def page(found: Sequence[Section], disturbed: Sequence[Entry]) -> str:
    """Return the whole page."""
    blocks = [INTRO, "\n".join(index(found, disturbed)), "## Adverbs"]
    blocks += [line for item in adverbs() for line in of(item)]
    for section in found:
        blocks += [*of_noun(section, found), *(line for item in section.entries for line in of(item))]
    blocks += ["## Faults", parts(faults)[0]]
    blocks += [line for item in disturbed for line in of(item)]
    return "\n\n".join(blocks) + "\n"


def index(found: Sequence[Section], disturbed: Sequence[Entry]) -> Iterator[str]:
    """Yield one line for each exported noun, with links to all its checks."""
    yield f"- [Adverbs](#adverbs): {', '.join(map(link, ADVERBS))}"
    for section in found:
        if section.noun in exported():
            whole = [section, *(base for base in reversed(found) if _above(base, section))]
            yield f"- {link(section.noun.__name__)}: {links(item for each in whole for item in each.entries)}"
    yield f"- [Faults](#faults): {links(disturbed)}"


def _above(base: Section, section: Section) -> bool:
    return base is not section and issubclass(section.noun, base.noun)


def link(name: str) -> str:
    """Return a link to a heading."""
    return f"[{name.rpartition('.')[2]}](#{name.replace('.', '').lower()})"


def links(entries: Iterable[Entry]) -> str:
    """Return links to checks, and behind them to what disturbs."""
    items = list(entries)
    lists = [
        [link(item.name) for item in items if not item.disturbs],
        [link(item.name) for item in items if item.disturbs],
    ]
    return "; disturbs: ".join(", ".join(names) for names in lists if names)


def of_noun(section: Section, found: Sequence[Section]) -> Iterator[str]:
    """Yield the blocks that begin a noun's section."""
    noun = section.noun
    yield f"## {noun.__name__}"
    yield parts(noun)[0]
    lines = list(section.ways)
    if noun in exported():
        lines.append(f"Patience {seconds(noun.patience)}, hold {seconds(noun.hold)}")
        for base in reversed(found):
            if _above(base, section):
                lines.append(f"Also, as every {link(base.noun.__name__)}: {links(base.entries)}")
    below = [each.noun for each in found if _above(section, each) and each.noun in exported()]
    if below:
        lines.append(f"Nouns with these checks: {', '.join(link(each.__name__) for each in below)}")
    yield "\n".join(f"- {line}" for line in lines)


def of(item: Entry) -> Iterator[str]:
    """Yield the blocks of a check, or of what disturbs."""
    yield f"### {item.name}"
    yield fenced("python", item.signature)
    yield item.prose
    if item.disturbs:
        yield "Disturbs: a context manager."
    if item.hold is not None:
        yield f"Hold {seconds(item.hold)}" + (
            ": one reading that is true is enough." * (not item.hold) or "."
        )
    for number, shown in enumerate(item.shown):
        if shown.example and (number == 0 or shown.example != item.shown[number - 1].example):
            yield fenced("python", shown.example)
        if shown.message:
            yield f"The message {shown.where}:"
            yield fenced("text", shown.message)


def fenced(language: str, text: str) -> str:
    """Return a fenced block."""
    return f"```{language}\n{text}\n```"


def main(words: Sequence[str] | None = None) -> int:
    """Write the page or look at it, and return the exit code."""
    parser = argparse.ArgumentParser(description="Write the reference of the checks.")
    parser.add_argument("--check", action="store_true", help="write nothing, fail when the page is stale")
    parser.add_argument("--strict", action="store_true", help="fail when an example or a message is missing")
    options = parser.parse_args(words)
    found, disturbed = sections(), disturbances()
    if options.strict and (owed := list(lacking(found, disturbed))):
        print("\n".join(owed), file=sys.stderr)
        return 1
    text = page(found, disturbed)
    if not options.check:
        PAGE.write_text(text, encoding="utf-8", newline="\n")
    elif not PAGE.is_file() or PAGE.read_bytes() != text.encode():
        print(f"{PAGE.name} is not what the docstrings of checks/ say: run make docs", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
