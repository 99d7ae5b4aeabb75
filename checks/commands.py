"""Commands that a learner handed in, judged by running them again.

What a step prints is its standard output. Messages and warnings on standard error do not count, but are
shown when something is wrong.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from checks.cluster import Cluster, Object
from checks.errors import CheckFailed, UsageError
from checks.graded import step_key
from checks.message import clean, ending, listed, shorten
from checks.noun import Noun, check
from checks.objects import name, terminating, uid
from checks.observations import said

SCRIPT = "steps.sh"
"""Where learners write their commands."""

Words = str | Collection[str] | Callable[[], str | Collection[str]]
Line = str | Collection[str]
"""A line, or several of which one is printed."""

_LONG = 1000
"""Characters of an output that a message shows."""
_LINES = 20
"""Lines of it."""
_MOST = 10
"""Words or lines that a message lists."""


@dataclass(frozen=True)
class Ran:
    """What one run of a step did."""

    code: int | None
    """The exit code; None when it did not end within its time."""
    output: str
    """What it printed, at most the last 64 KiB, cleaned."""
    errors: str = ""
    """What it said on standard error, as much of it."""
    seconds: float = 0.0
    """How long it took; of one that did not end, how long it was given."""


class Runner(Protocol):
    """Runs the steps of one submission, as the learner and where they have run before.

    Both ways to run one raise `GraderError` when it could not be run, and `UsageError` when the claim is
    judged at another moment than it has to be.
    """

    @property
    def steps(self) -> Mapping[str, str]:
        """The steps in their order: their names, and where each stands in what was handed in."""
        ...

    def run(self, name: str) -> Ran:
        """Run a step once more."""
        ...

    def run_due(self, name: str) -> None:
        """Run the step whose turn it is; asked again, tell the same.

        Raises:
            CheckFailed: it failed.
        """
        ...


class Commands(Noun):
    """A step of the learner's commands. Each reading of a check is a run of the step.

    It runs as the learner, in the folder where all steps run. It may depend on anything in the cluster, so
    only patience ends `eventually`. What a check compares it with is read right after the run.

    Of several names, the first that the submission has counts.
    """

    kind = "Step"
    kinds: ClassVar[tuple[str, ...]] = ()  # a step may change things itself: that is no reason to run again
    hold = 0.0
    lag = 0.0
    poll = 5.0  # a run starts processes: ten `kubectl` take seconds of a busy machine

    def __init__(
        self, cluster: Cluster, namespace: str, names: Sequence[str], runner: Runner | None = None
    ) -> None:
        if not names or not all(isinstance(each, str) and each.strip() for each in names):
            raise UsageError(f"app.step(…) takes the name of a step, or several, not {tuple(names)!r}")
        self._names = [each.strip() for each in names]
        self._runner = runner
        self._steps = dict(runner.steps) if runner else {}
        there = {step_key(each): each for each in self._steps}
        found = next((there[step_key(each)] for each in self._names if step_key(each) in there), None)
        super().__init__(cluster, namespace, found or self._names[0])

    def settled(self) -> str | None:
        """Return the same at all times; failures say for themselves when a run may end otherwise."""
        return "handed in"

    def get(self) -> Object | None:
        """Return None: a step is no object of the cluster."""
        return None

    @check
    def succeeds(self) -> None:
        """The step ends with exit code 0.

        >>> eventually(app.step("compare")).succeeds()
        """
        self._good()

    @check
    def fails(self) -> None:
        """The step ends with another exit code than 0. One that does not end in time does not fail.

        >>> eventually(app.step("compare")).fails()
        """
        ran = self._ran()
        if ran.code == 0:
            found = f"exit code 0, and it printed {_shown(ran)}"
            raise self._failure("ends with another exit code than 0", found, ran)

    @check
    def prints(self, *words: Words, but_not: Words = ()) -> None:
        """The step ends with exit code 0, and prints all of these words, and none of `but_not`.

        A word stands alone: no letter, digit, `-` or `_` is next to it, and no dot with one of them behind
        it. So blanks, quotes, commas, brackets, `/`, `:` and `=` end a word: `web-1` is in `pod/web-1` and
        in `"web-1",`, and not in `web-10`, `my-web-1` or `web-1.shop`. Case counts.

        Each is a word, several of them, or a function that reads them from the cluster. Functions that find
        no word at all fail the check.

        Raises:
            UsageError: there is no word, or something else.

        >>> eventually(app.step("list the pods")).prints(
        ...     lambda: [pod.name for pod in app.pods], but_not="decoy"
        ... )
        """
        if not words:
            raise UsageError("prints(…) needs a word, such as prints('web-1')")
        for given in (*words, but_not):
            if not callable(given):
                _words_of_author(given)
        ran = self._good()
        wanted = [word for given in words for word in _words_of_author(_read(given))]
        if not wanted:
            raise self._nothing_there(ran)
        unwanted = _words_of_author(_read(but_not))
        lacking = [word for word in wanted if not _has_word(ran.output, word)]
        surplus = [word for word in unwanted if _has_word(ran.output, word)]
        if lacking or surplus:
            expected = f"prints {_quoted(wanted)}" + (f", and not {_quoted(unwanted)}" if unwanted else "")
            wrong = [f"no {_quoted(lacking, 'or')}"] if lacking else []
            wrong += [f"{_quoted(surplus)}, which must not be there"] if surplus else []
            # a word that is too much is shown where it stands, however long the output is
            there = [line for line in _lines(ran.output) if any(_has_word(line, word) for word in surplus)]
            where = f", in {_shown(ran)}" if lacking or not there else f":\n{_list(there)}"
            raise self._failure(expected, " but ".join(wrong) + where, ran)

    @check
    def prints_lines(self, *lines: Line | Callable[[], Iterable[Line]]) -> None:
        """The step ends with exit code 0, and prints these lines, in any order, and no others.

        A line is a text, or several texts of which it has to be one; each takes another line of the output.
        A function reads lines from the cluster. Blanks around lines, and empty lines, do not count.
        Functions that find no line at all fail the check.

        Raises:
            UsageError: there is no line, or something else.

        >>> eventually(app.step("endpoints")).prints_lines(
        ...     lambda: [f"{pod['status']['podIP']}:8888" for pod in app.deployment("web").ready_pods()]
        ... )
        """
        if not lines:
            raise UsageError("prints_lines(…) needs a line, such as prints_lines('10.0.0.1:8888')")
        for given in lines:
            if not callable(given):
                _forms_of_author(given)
        ran = self._good()
        wanted = [
            _forms_of_author(line)
            for given in lines
            for line in (_several(_read(given)) if callable(given) else [given])
        ]
        if not wanted:
            raise self._nothing_there(ran)
        printed = _lines(ran.output)
        lacking, surplus = _matched(wanted, printed)
        if lacking or surplus:
            wrong = [f"it lacks {len(lacking)}:", _list(map(_either, lacking))] if lacking else []
            wrong += [f"it has {len(surplus)} more:", _list(_counted(surplus))] if surplus else []
            raise self._failure(
                f"prints {_count(len(wanted), 'line')}:\n{_list(map(_either, wanted))}",
                "\n".join([_count(len(printed), "line"), *wrong]),
                ran,
            )

    @check
    def prints_json(self, value: Any) -> None:  # noqa: ANN401 - JSON has no narrower type
        """The step ends with exit code 0, and what it prints is this value, as JSON.

        A list may be printed as one document, or as a stream of its items; either in any order. `value` may
        be a function that reads it from the cluster; one that finds an empty value fails the check. 1 and 1.0
        are equal, 1 and true are not.

        Raises:
            UsageError: the value cannot be JSON.

        >>> eventually(app.step("report")).prints_json([{"name": "web", "maxSurge": "25%"}])
        """
        if not callable(value):
            _canonical_of_author(value)
        ran = self._good()
        wanted = _read(value)
        if callable(value) and wanted in ([], {}, ""):
            raise self._nothing_there(ran)
        expected = f"prints, as JSON: {shorten(_canonical_of_author(wanted), _LONG)}"
        try:
            documents = _documents(ran.output)
            if isinstance(wanted, list | tuple):
                whole = len(documents) == 1 and isinstance(documents[0], list)
                items = documents[0] if whole else documents
                equal = sorted(map(_canonical, items)) == sorted(map(_canonical, wanted))
            else:
                equal = [_canonical(each) for each in documents] == [_canonical(wanted)]
        except (ValueError, RecursionError):
            raise self._failure(expected, f"no JSON: {_shown(ran)}", ran) from None
        if not equal:
            raise self._failure(expected, _shown(ran), ran)

    @check
    def prints_different(
        self,
        at_least: int = 3,
        runs: int = 20,
        *,
        among: Collection[str] | Callable[[], Collection[str]],
    ) -> None:
        """Of several runs, each ends with exit code 0 and prints one line of `among`, and not all the same.

        As soon as `at_least` different lines were printed, the step is not run any more; `runs` is the most.
        `among` may be a function that reads the lines from the cluster, after every run; one that finds none
        fails the check. One reading of this check is all the runs.

        Raises:
            UsageError: the numbers leave no way to be true, or `among` is something else.

        >>> eventually(app.step("ask")).prints_different(among=lambda: [pod.name for pod in app.pods])
        """
        for number in (at_least, runs):
            if isinstance(number, bool) or not isinstance(number, int):
                raise UsageError(f"prints_different(…) takes numbers of runs, not {number!r}")
        if not 1 <= at_least <= runs:
            raise UsageError(f"prints_different(…): {runs} runs cannot give {at_least} different lines")
        if not callable(among):
            _words_of_author(among)
        seen: dict[str, None] = {}
        for number in range(1, runs + 1):
            ran = self._good()
            allowed = _words_of_author(_read(among))
            if not allowed:
                raise self._nothing_there(ran)
            printed = _lines(ran.output)
            if len(printed) != 1 or printed[0] not in allowed:
                raise self._failure(
                    f"prints one line, which is {_quoted(allowed, 'or')}",
                    _shown(ran) if number == 1 else f"in run {number}: {_shown(ran)}",
                    ran,
                )
            seen[printed[0]] = None
            if len(seen) >= at_least:
                return
        raise self._failure(
            f"prints at least {_count(at_least, 'different line')} in {_count(runs, 'run')}",
            f"{len(seen)}: {_quoted(list(seen))}",
        )

    @check
    def leaves_nothing(self, *kinds: str) -> None:
        """The step ends with exit code 0, and what is in the namespace then was there before the run.

        `kinds` are written as in a manifest; without any, it is about pods. Objects on their way out do not
        count, and what the step deletes is not asked for. A step that makes an object of a fixed name has
        made it when it ran in its turn, so that is there before.

        Raises:
            UsageError: something is no kind.

        >>> eventually(app.step("ping")).leaves_nothing()
        """
        if not all(isinstance(kind, str) and kind.strip() for kind in kinds):
            raise UsageError(f"leaves_nothing(…) takes kinds such as 'Pod', not {kinds!r}")
        kinds = kinds or ("Pod",)
        before = {uid(obj) for obj in self._objects(kinds)}
        self._good()
        left = [obj for obj in self._objects(kinds) if uid(obj) not in before]
        if left:
            # names in the cause: findings that differ at each run would be read again at once, and leave more
            raise CheckFailed(
                expected=f"{self} leaves no {' or '.join(kinds)} that was not there before it ran",
                found=f"{len(left)} more than before",
                because=listed(sorted(f"{obj['kind']} `{name(obj)}` is left" for obj in left), _MOST),
                look_at=self._steps[self.name],
                settles=False,
            )

    @check
    def runs(self) -> None:
        """The step runs now, for the first time, and ends well: for a claim that is judged `during` it.

        Raises:
            UsageError: it is not this step's turn.

        >>> with throughout(app.deployment("web").keeps_available, 8):
        ...     app.step("update").runs()
        """
        self._there().run_due(self.name)

    def _objects(self, kinds: Sequence[str]) -> list[Object]:
        found = [{**obj, "kind": kind} for kind in kinds for obj in self.cluster.list(kind, self.namespace)]
        return [obj for obj in found if not terminating(obj)]

    def _there(self) -> Runner:
        """Return what runs the step.

        Raises:
            CheckFailed: the submission has no such step.
        """
        if self._runner and self.name in self._steps:
            return self._runner
        wanted = " or ".join(f"`{each}`" for each in self._names)
        if not self._steps:
            raise CheckFailed(
                expected=f"commands in steps ({SCRIPT}), with a step named {wanted}", found="no commands"
            )
        raise CheckFailed(
            expected=f"{SCRIPT} has a step named {wanted}",
            found="its steps are: " + ", ".join(f"`{each}`" for each in self._steps),
            look_at=f"grep '# step:' {SCRIPT}",
        )

    def _ran(self) -> Ran:
        """Run the step.

        Raises:
            CheckFailed: there is none, or it does not end.
        """
        ran = self._there().run(self.name)
        said(ran.output or ran.errors)
        if ran.code is None:
            raise self._failure("ends by itself", f"it did not end within {ran.seconds:.0f} s", ran)
        return ran

    def _good(self) -> Ran:
        """Run the step.

        Raises:
            CheckFailed: there is none, it does not end, or its exit code is not 0.
        """
        ran = self._ran()
        if ran.code != 0:
            words = "\n".join(filter(None, (ran.output, ran.errors)))
            raise CheckFailed(
                expected=f"{self} ends with exit code 0",
                found=f"exit code {ran.code}",
                because=f"it said:\n{ending(words)}" if words else "",
                look_at=self._steps[self.name],
                settles=False,
            )
        return ran

    def _nothing_there(self, ran: Ran) -> CheckFailed:
        return self._failure("has something to print", "nothing of it is in the cluster", ran)

    def _failure(self, expected: str, found: str, ran: Ran | None = None) -> CheckFailed:
        errors = ending(ran.errors) if ran else ""
        return CheckFailed(
            expected=f"{self} {expected}",
            found=found,
            because=f"it said on standard error:\n{errors}" if errors else "",
            look_at=self._steps[self.name],
            settles=False,
            again=ran is None or ran.code is not None,
        )


def _read(given: Any) -> Any:  # noqa: ANN401 - what is given is looked at afterwards
    """Return what is given, or what it reads now; its failures and errors are the check's."""
    if not callable(given):
        return given
    try:
        return given()
    except CheckFailed as failure:
        failure.settles = False
        raise


def _several(given: Any) -> list[Any]:  # noqa: ANN401
    if isinstance(given, str | Mapping) or not isinstance(given, Iterable):
        raise UsageError(f"a function gives a list of texts, not {given!r}")
    return sorted(given) if isinstance(given, Set) else list(given)


def _words_of_author(given: object) -> list[str]:
    words = [given] if isinstance(given, str) else _several(given)
    for word in words:
        if not isinstance(word, str) or not word.strip():
            raise UsageError(f"a word is a text that is not empty, not {word!r}")
    return [_even(word) for word in dict.fromkeys(words)]


def _forms_of_author(line: object) -> list[str]:
    forms = _words_of_author(line)
    if not forms or any("\n" in form for form in forms):
        raise UsageError(f"a line is a text, or several of which it is one, not {line!r}")
    return forms


def _even(text: str) -> str:
    """Return a text as it is compared with an output, which is cleaned."""
    return clean(text).strip()


def _has_word(output: str, word: str) -> bool:
    return bool(re.search(rf"(?<![\w-])(?<!\w\.){re.escape(word)}(?![\w-]|\.[\w-])", output))


def _lines(output: str) -> list[str]:
    return [line.strip() for line in output.split("\n") if line.strip()]


def _counted(lines: Sequence[str]) -> list[str]:
    """Return each line once, and how often it is there."""
    return [line if number == 1 else f"{line} ({number} times)" for line, number in Counter(lines).items()]


def _matched(
    wanted: Sequence[Sequence[str]], printed: Sequence[str]
) -> tuple[list[Sequence[str]], list[str]]:
    """Give each wanted line one of the printed; return the wanted that got none, and the printed left over.

    Lines may have forms in common, so one that took a line makes room when it can take another.
    """
    places: dict[str, list[int]] = {}
    for place, line in enumerate(printed):
        places.setdefault(line, []).append(place)
    taken: dict[int, int] = {}

    def takes(number: int, tried: set[int]) -> bool:
        for place in (place for form in wanted[number] for place in places.get(form, ())[: len(wanted)]):
            if place not in tried:
                tried.add(place)
                if place not in taken or takes(taken[place], tried):
                    taken[place] = number
                    return True
        return False

    lacking = [forms for number, forms in enumerate(wanted) if not takes(number, set())]
    return lacking, [line for place, line in enumerate(printed) if place not in taken]


def _documents(output: str) -> list[Any]:
    """Return the JSON documents of a stream; raises ValueError or RecursionError when it is none."""
    decoder = json.JSONDecoder(parse_constant=_no_json)
    found, place = [], 0
    while place < len(output):
        if output[place].isspace():
            place += 1
            continue
        document, place = decoder.raw_decode(output, place)
        found.append(document)
    return found


def _no_json(word: str) -> None:
    raise ValueError(f"{word} is no JSON")


def _canonical(value: object) -> str:
    """Return the same text for equal values."""
    return json.dumps(_whole(value), sort_keys=True, ensure_ascii=False, allow_nan=False)


def _whole(value: object) -> object:
    """Return a value in which whole numbers are integers."""
    if isinstance(value, Mapping):
        return {key: _whole(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_whole(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _canonical_of_author(value: object) -> str:
    try:
        return _canonical(value)
    except (TypeError, ValueError) as error:
        raise UsageError(f"prints_json(…) takes what JSON can hold: {error}") from error


def _shown(ran: Ran) -> str:
    """Return an output as a message shows it: short, on lines of its own when it has several."""
    if not ran.output:
        return "nothing"
    text = listed(shorten(ran.output, _LONG).splitlines(), _LINES)
    return f"\n{text}" if "\n" in text else f"`{text}`"


def _quoted(words: Sequence[str], last: str = "and") -> str:
    shown = [f"`{word}`" for word in words[:_MOST]]
    shown += [f"{len(words) - _MOST} more"] if len(words) > _MOST else []
    return f" {last} ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))


def _list(lines: Iterable[str]) -> str:
    return listed([f"  {shorten(line, 200)}" for line in lines], _MOST)


def _either(forms: Sequence[str]) -> str:
    others = len(forms) - 1
    return forms[0] + (f" (or {_count(others, 'other')})" if others else "")


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'s' * (number != 1)}"
