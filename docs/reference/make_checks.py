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
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType
from typing import Any

import checks
from checks import CheckFailed, Solution, faults, recording
from checks.adverbs import consistently, eventually, seconds
from checks.fake import Fake
from checks.noun import Noun, _is_check, reading_of
from docs.reference.scenes import NAMESPACE, Scene, scenes

PAGE = Path(__file__).with_name("checks.md")
INTRO = f"""\
<!-- Made by docs/reference/make_checks.py from the docstrings of checks/: change those, then `make docs`. -->
<!-- fmt: off -->

# The checks

A claim is a sentence of three words: an adverb, a noun, a check. `eventually(app.service("web")).answers()` \
reads the Service `web` again and again until it answers; without an adverb a check reads once. A check that \
finds its condition false raises `CheckFailed`, whose message the learner reads.

`app` is what the submission made: every graded test gets it. **Patience** is how long `eventually` waits \
before it gives up, **hold** how long a condition has to stay true before `eventually` believes it. Each \
message below is what the example above it says in the namespace `{NAMESPACE}`."""
NOTHING = "where nothing was applied yet"


@dataclass(frozen=True)
class Entry:
    """A check or a fault, as the page shows it."""

    name: str
    """`Service.answers`, `faults.killed`."""
    signature: str
    prose: str
    example: str
    where: str
    """The scene in words."""
    message: str
    """Empty when the example has none to give."""


@dataclass(frozen=True)
class Section:
    """A noun, as the page shows it."""

    noun: type[Noun]
    ways: list[str]
    """How a test gets one."""
    checks: list[Entry]


class _Word(str):
    """An annotation that a signature shows as it was written."""

    __slots__ = ()
    __repr__ = str.__str__


def nouns() -> list[type[Noun]]:
    """Return the nouns that `checks` exports, by name."""
    exported = (getattr(checks, name) for name in sorted(checks.__all__))
    return [item for item in exported if isinstance(item, type) and issubclass(item, Noun)]


def sections() -> list[Section]:
    """Read all nouns and their checks."""
    made = scenes()
    return [
        Section(noun, ways(noun), [entry(noun, verb, made) for verb in dir(noun) if _is_check(noun, verb)])
        for noun in nouns()
    ]


def disturbances() -> list[Entry]:
    """Read the faults: the context managers that their module makes and does not keep to itself."""
    found = [
        name
        for name, item in sorted(vars(faults).items())
        if not name.startswith("_")
        and getattr(item, "__module__", "") == faults.__name__
        and inspect.isgeneratorfunction(inspect.unwrap(item))
    ]
    made = scenes()
    return [entry(faults, name, made) for name in found]


def entry(owner: Any, verb: str, made: Mapping[str, Scene]) -> Entry:  # noqa: ANN401 - a noun's class, or the module of the faults
    """Read one check or fault, and run its example."""
    name = f"{owner.__name__.rpartition('.')[2]}.{verb}"
    prose, example = parts(getattr(owner, verb))
    scene = made.get(name, Scene(name, NOTHING, Fake()))
    message = ""
    if isinstance(owner, type):
        example = own(example, owner, verb)
        message, failed = run(name, example, scene.cluster)
        # Whatever fails on the way to the check is not the check's message.
        message = message if failed == verb else ""
    elif scene.where != NOTHING:
        message, _ = run(name, example, scene.cluster)
    return Entry(name, signature(owner, verb), prose, example, scene.where, message)


def parts(thing: object) -> tuple[str, str]:
    """Return the prose of a docstring, and the lines of its examples."""
    found = doctest.DocTestParser().parse(inspect.getdoc(thing) or "")
    prose = "".join(part if isinstance(part, str) else part.want for part in found)
    prose = re.sub(r"^ {4}(\w+): ", r"- `\1`: ", prose, flags=re.MULTILINE)  # below "Raises:"
    example = "".join(part.source for part in found if isinstance(part, doctest.Example))
    return re.sub(r"\n{3,}", "\n\n", prose).strip(), example.strip()


def own(example: str, noun: type[Noun], verb: str) -> str:
    """Return the example of a check that several nouns inherit, as it is written for this one."""
    base = next(kind for kind in noun.__mro__ if verb in vars(kind))
    mine = next((call for call, _ in getters(Solution, noun)), None)
    if base is noun or mine is None:
        return example
    akin = [call for other in nouns() if issubclass(other, base) for call, _ in getters(Solution, other)]
    names = "|".join(re.escape(call.partition("(")[0]) for call in akin)
    return re.sub(rf"\bapp\.(?:{names})\(", f"app.{mine.partition('(')[0]}(", example)


def run(name: str, example: str, cluster: Fake) -> tuple[str, str]:
    """Return the message with which the example fails, and the check that failed, if one did."""
    known = {word: getattr(checks, word) for word in checks.__all__}
    try:
        with cluster.time(), recording() as record:
            exec(example, {**known, "app": Solution(cluster, NAMESPACE)})  # noqa: S102 - our own docstrings
    except CheckFailed as failure:
        failed = [each.check for each in record.observations if each.verdict == "failed"]
        return str(failure), next(iter(failed), "")
    except Exception as error:
        raise SystemExit(f"the example of {name} is wrong: {type(error).__name__}: {error}") from error
    return "", ""


def signature(owner: Any, verb: str) -> str:  # noqa: ANN401 - see entry
    """Return how a check, a fault or an adverb is called."""
    first = 1 if isinstance(owner, type) else 0
    found = inspect.signature(getattr(owner, verb))
    kept = [
        parameter.replace(annotation=_Word(parameter.annotation))
        for parameter in list(found.parameters.values())[first:]
    ]
    return verb + str(found.replace(parameters=kept, return_annotation=inspect.Signature.empty))


def ways(noun: type[Noun]) -> list[str]:
    """Return how a test gets a noun: from the solution, or from another noun."""
    found = {f"app.{call}": said for call, said in getters(Solution, noun)}
    for other in nouns():
        for first, _ in getters(Solution, other):
            found |= {f"app.{first}.{call}": said for call, said in getters(other, noun)}
    return [
        f"{', '.join(f'`{call}`' for call in found if found[call] == said)}: {said}"
        for said in dict.fromkeys(found.values())
    ]


def getters(owner: type, noun: type[Noun]) -> Iterator[tuple[str, str]]:
    """Yield the methods and properties that return a noun, as they are called, with what they say."""
    for name in dir(owner):
        member = inspect.getattr_static(owner, name)
        function = member.fget if isinstance(member, property) else member
        if name.startswith("_") or not isinstance(function, FunctionType):
            continue
        returned = str(function.__annotations__.get("return"))
        if returned in (noun.__name__, f"list[{noun.__name__}]"):
            call = name if isinstance(member, property) else f"{name}({arguments(function)})"
            first = "[0]" if returned.startswith("list[") else ""
            yield call + first, parts(function)[0].partition("\n")[0]


def arguments(function: FunctionType) -> str:
    """Return what a method is called with: a name where it wants one, else its own words."""
    parameters = list(inspect.signature(function).parameters.values())[1:]
    return ", ".join(
        '"web"' if parameter.name == "name" else str(parameter.replace(annotation=inspect.Parameter.empty))
        for parameter in parameters
    )


def lacking(found: Sequence[Section], disturbed: Sequence[Entry]) -> Iterator[str]:
    """Yield what the docstrings and the scenes owe the page."""
    every = [item for section in found for item in section.checks]
    for section in found:
        if not section.ways:
            yield f"no method of Solution returns a {section.noun.__name__}"
    for item in [*every, *disturbed]:
        if not item.example:
            yield f"the docstring of {item.name} has no line with >>>"
    for item in [*every, *(item for item in disturbed if item.where != NOTHING)]:
        if item.example and not item.message:
            yield f"the example of {item.name} does not make it fail: it needs a scene in scenes.py"
    for name in sorted(scenes().keys() - {item.name for item in [*every, *disturbed]}):
        yield f"scenes.py has a scene for {name}, which is no check"


def page(found: Sequence[Section], disturbed: Sequence[Entry]) -> str:
    """Return the whole page."""
    blocks = [INTRO, "\n".join(index(found, disturbed)), "## Adverbs"]
    for adverb in (eventually, consistently):
        prose, _ = parts(adverb)
        blocks += [f"### {adverb.__name__}", fenced("python", signature(checks, adverb.__name__)), prose]
    for section in found:
        blocks += [*of_noun(section), *(line for item in section.checks for line in of_check(section, item))]
    blocks += ["## Faults", parts(faults)[0]]
    for item in disturbed:
        blocks += [f"### {item.name}", fenced("python", f"with faults.{item.signature}: ..."), item.prose]
        blocks += shown(item)
    return "\n\n".join(blocks) + "\n"


def index(found: Sequence[Section], disturbed: Sequence[Entry]) -> Iterator[str]:
    """Yield one line for each noun, with links to its checks."""
    links = {"Adverbs": ["eventually", "consistently"]}
    links |= {section.noun.__name__: [item.name for item in section.checks] for section in found}
    links |= {"Faults": [item.name for item in disturbed]}
    for title, names in links.items():
        to = (f"[{name.rpartition('.')[2]}](#{name.replace('.', '').lower()})" for name in names)
        yield f"- [{title}](#{title.lower()}): {', '.join(to)}"


def of_noun(section: Section) -> Iterator[str]:
    """Yield the blocks that begin a noun's section."""
    noun, (prose, example) = section.noun, parts(section.noun)
    yield f"## {noun.__name__}"
    yield prose
    if example:
        yield fenced("python", example)
    times = f"- Patience {seconds(noun.patience)}, hold {seconds(noun.hold)}"
    yield "\n".join([*(f"- {way}" for way in section.ways), times])


def of_check(section: Section, item: Entry) -> Iterator[str]:
    """Yield the blocks of one check."""
    _, hold = reading_of(section.noun.__new__(section.noun), item.name.rpartition(".")[2])
    yield f"### {item.name}"
    yield fenced("python", item.signature)
    yield item.prose
    if hold != section.noun.hold:
        yield f"Hold {seconds(hold)}." if hold else "Hold 0 s: one reading that is true is enough."
    yield from shown(item)


def shown(item: Entry) -> Iterator[str]:
    """Yield an example and its message, if there are any."""
    if item.example:
        yield fenced("python", item.example)
    if item.message:
        yield f"The message {item.where}:"
        yield fenced("text", item.message)


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
