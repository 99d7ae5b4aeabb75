"""What a learner wrote down: answers to questions about a cluster, compared with what the cluster says.

The truth itself is in no message: it would be the answer.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import TypeVar

from checks.cluster import Cluster, Object
from checks.errors import CheckFailed, UsageError
from checks.message import shorten
from checks.noun import Noun, check
from checks.rest import at_rest

FILE = "answers.toml"
"""Where learners write their answers."""

Value = str | int | float | bool
Number = int | float | Decimal
Decoys = Mapping[str, str] | Mapping[int, str] | Mapping[float, str]
"""Well-known wrong answers, and what to say of each."""

T = TypeVar("T")

_NONE: Mapping[str, str] = MappingProxyType({})
_KEY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_LONG = 200
_DIGITS = "in digits, without separators or a unit, such as 2 or 0.5"


class Answers:
    """All that a learner wrote down, by the keys of the questions.

    >>> app.answers["how-many-pods"].is_number(lambda: len(app.pods))
    """

    def __init__(
        self,
        cluster: Cluster,
        namespace: str,
        given: Mapping[str, Value],
        *,
        elsewhere: str | None = None,
    ) -> None:
        self.cluster, self.namespace, self.given, self.elsewhere = cluster, namespace, given, elsewhere

    def __getitem__(self, question: str) -> Answer:
        given = self.given.get(question)
        return Answer(self.cluster, self.namespace, question, given, elsewhere=self.elsewhere)


class Answer(Noun):
    """The answer to one question. It never changes, so a wrong one is judged at once.

    What it is compared with may change: while a namespace of the sandbox is not at rest, a wrong answer is
    read again.
    """

    kind = "Answer"
    hold = 0.0
    lag = 0.0

    def __init__(
        self,
        cluster: Cluster,
        namespace: str,
        name: str,
        given: object = None,
        *,
        elsewhere: str | None = None,
    ) -> None:
        super().__init__(cluster, namespace, name)
        if not _KEY.fullmatch(name):
            raise UsageError(f"a question has a key such as 'how-many-pods', not {name!r}")
        self.given, self.elsewhere = given, elsewhere

    def get(self) -> Object | None:
        """Return None: an answer is no object of the cluster."""
        return None

    def settled(self) -> str | None:
        """Return the same at all times; failures say for themselves when something else may change."""
        return "written down"

    @check
    def is_number(
        self,
        truth: Number | Callable[[], Number],
        tolerance: Number = 0,
        not_: Collection[Number] = (),
        *,
        decoys: Decoys | Callable[[], Decoys] = _NONE,
    ) -> None:
        """The answer is the true number, or as near to it as `tolerance`.

        `truth` may be a function that reads the cluster. Numbers in `not_` are wrong however near they are;
        `decoys` maps wrong numbers to the causes to show for them.

        Raises:
            UsageError: what is no number is said to be one.

        >>> eventually(app.answer("how-many-pods")).is_number(
        ...     lambda: len(app.pods), decoys={2: "that counts pods that have ended, too"}
        ... )
        """
        within = _number_of_author(tolerance, "tolerance")
        if within < 0:
            raise UsageError(f"is_number(…, tolerance=…) is 0 or more, not {tolerance!r}")
        never = [_number_of_author(value, "not_") for value in _several(not_, "not_")]
        if not callable(truth):
            _number_of_author(truth, "truth")
        _check_decoys(decoys)
        expected = f"a number, within {tolerance} of the true one" if within else "another number"
        answer = self._answer_as(_number, f"a number, {_DIGITS}")
        true = _number_of_author(self._read(truth), "truth")
        near = true - within <= answer <= true + within
        if answer != true and (not near or answer in never):
            raise self._wrong(expected, lambda wrong: _number(wrong) == answer, decoys, callable(truth))

    @check
    def is_text(
        self,
        truth: str | Callable[[], str],
        ignoring_case: bool = True,
        *,
        decoys: Decoys | Callable[[], Decoys] = _NONE,
    ) -> None:
        """The answer is the true text, however its words are spaced.

        `truth` may be a function that reads the cluster; `decoys` maps wrong texts to the causes to show
        for them.

        Raises:
            UsageError: what is no text, or an empty one, is said to be true.

        >>> eventually(app.answer("strategy")).is_text("RollingUpdate")
        """

        def form(value: object) -> str | None:
            return _text(value, ignoring_case)

        if not callable(truth):
            _text_of_author(truth, form)
        _check_decoys(decoys)
        answer = self._answer_as(form, "a text, in quotes")
        if answer != _text_of_author(self._read(truth), form):
            raise self._wrong("another text", lambda wrong: form(wrong) == answer, decoys, callable(truth))

    @check
    def is_one_of(
        self,
        accepted: Collection[str | Number] | Callable[[], Collection[str | Number]],
        *,
        decoys: Decoys | Callable[[], Decoys] = _NONE,
    ) -> None:
        """The answer is one of the accepted texts, whatever its case, or one of the accepted numbers.

        `accepted` may be a function that reads the cluster; one that finds nothing accepts nothing.

        Raises:
            UsageError: nothing is accepted, or something that is neither a text nor a number.

        >>> eventually(app.answer("port")).is_one_of({80, "http"})
        """
        if not callable(accepted):
            if not _several(accepted, "accepted"):
                raise UsageError("is_one_of(…) needs an answer to accept, such as is_one_of({'blue'})")
            _forms_of_author(accepted)
        _check_decoys(decoys)
        answer = self._answer_as(_either, "one of several words or numbers")
        if answer.isdisjoint(_forms_of_author(self._read(accepted))):
            expected = "one of the words or numbers that are right"
            raise self._wrong(
                expected,
                lambda wrong: not answer.isdisjoint(_either(wrong) or ()),
                decoys,
                callable(accepted),
            )

    @check
    def is_name_of(
        self,
        nouns: Noun | Collection[Noun] | Callable[[], Noun | Collection[Noun]],
        *,
        decoys: Decoys | Callable[[], Decoys] = _NONE,
    ) -> None:
        """The answer is the name of one of these nouns, and that noun exists.

        `nouns` may be a function that reads the cluster; one that finds nothing accepts nothing.

        Raises:
            UsageError: there is no noun, or something else.

        >>> eventually(app.answer("broken-deployment")).is_name_of(app.deployment("web"))
        """
        if not callable(nouns) and not _nouns(nouns):
            raise UsageError("is_name_of(…) needs a noun, such as is_name_of(app.deployment('web'))")
        _check_decoys(decoys)
        answer = self._answer_as(_name, "a name, in quotes")
        there = _nouns(self._read(nouns))
        if not any(noun.name == answer and noun.get() is not None for noun in there):
            kinds = " or ".join(sorted({noun.kind for noun in there}))
            raise self._wrong(
                f"the name of a {kinds}" if there else "a name, but there is nothing that has one",
                lambda wrong: _name(wrong) == answer,
                decoys,
                True,
            )

    def _answer_as(self, form: Callable[[object], T | None], wanted: str) -> T:
        """Return the answer in the form in which it is compared.

        Raises:
            CheckFailed: there is no answer, or one of another form.
        """
        if self.given is None or (isinstance(self.given, str) and not self.given.strip()):
            raise self._failure(f"{wanted}, in {FILE}: {self.name} = …", "no answer")
        answer = form(self.given)
        if answer is None:
            raise self._failure(wanted, f"{self.name}: {_shown(self.given)}")
        return answer

    def _read(self, truth: T | Callable[[], T]) -> T:
        """Read what is true now; its failures and errors are the check's."""
        if not callable(truth):
            return truth
        try:
            read: T = truth()
        except CheckFailed as failure:
            failure.settles = failure.settles and self._at_rest()
            raise
        return read

    def _wrong(
        self,
        expected: str,
        is_it: Callable[[object], bool],
        decoys: Decoys | Callable[[], Decoys],
        from_cluster: bool,
    ) -> CheckFailed:
        """Return the failure of a wrong answer; `is_it` tells whether it is the same as a decoy."""

        def cause() -> str:
            known = decoys() if callable(decoys) else decoys
            return next((why for wrong, why in known.items() if is_it(wrong)), "")

        settles = not from_cluster or self._at_rest()
        found = f"{self.name}: {_shown(self.given)}"
        return self._failure(expected, found, because=cause, settles=settles)

    def _failure(
        self, expected: str, found: str, because: str | Callable[[], str] = "", settles: bool = True
    ) -> CheckFailed:
        return CheckFailed(
            expected=expected,
            found=found,
            because=because,
            look_at=f"grep {self.name} {FILE}",
            settles=settles,
        )

    def _at_rest(self) -> bool:
        # nobody knows which of them the truth is read from
        return at_rest(self.cluster, filter(None, (self.namespace, self.elsewhere)))


def _number(value: object) -> Decimal | None:
    """Return the exact value of a number as people write it, None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float):
        return Decimal(repr(value)) if math.isfinite(value) else None
    if isinstance(value, int | Decimal):
        return Decimal(value) if Decimal(value).is_finite() else None
    text = value.strip() if isinstance(value, str) else ""
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def _text(value: object, ignoring_case: bool = True) -> str | None:
    """Return a text in the form in which it is compared, None for what is none."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = unicodedata.normalize("NFKC", _written(value))
    if ignoring_case:
        text = unicodedata.normalize("NFKC", text.casefold())
    return " ".join(text.split())


def _either(value: object) -> frozenset[str | Decimal] | None:
    """Return what a value is as a number and as a text, None if it is neither."""
    forms = {form for form in (_number(value), _text(value)) if form is not None}
    return frozenset(forms) or None


def _name(value: object) -> str | None:
    return value.strip() if isinstance(value, str) else None


def _written(value: str | int) -> str:
    # Python refuses to write very long integers, which TOML can give in hexadecimal.
    return value if isinstance(value, str) else str(Decimal(value))


def _shown(value: object) -> str:
    """Return an answer as it was written, and what it is when that is not seen."""
    if isinstance(value, bool):
        return f"{str(value).lower()}, without quotes"
    if isinstance(value, str):
        return f'"{shorten(value, _LONG)}"'
    if isinstance(value, int):
        return shorten(_written(value), _LONG)
    if isinstance(value, float):
        return f"{value!r}, without quotes"
    return "a list" if isinstance(value, list | tuple) else "something that is neither text nor number"


def _several(values: object, what: str) -> Collection[str | Number]:
    if isinstance(values, str) or not isinstance(values, Collection):
        raise UsageError(f"{what} is a set such as {{1, 2}}, not {values!r}")
    return values


def _number_of_author(value: object, what: str) -> Decimal:
    number = None if isinstance(value, str) else _number(value)
    if number is None:
        raise UsageError(f"is_number(…): {what} is a number, not {type(value).__name__}")
    return number


def _text_of_author(value: object, form: Callable[[object], str | None]) -> str:
    text = form(value) if isinstance(value, str) else None
    if not text:
        raise UsageError(f"is_text(…) takes a text that is not empty, not {type(value).__name__}")
    return text


def _forms_of_author(accepted: object) -> frozenset[str | Decimal]:
    forms: set[str | Decimal] = set()
    for value in _several(accepted, "accepted"):
        form = _number(value) if not isinstance(value, str) else _text(value)
        if not form and form != 0:
            raise UsageError(f"is_one_of(…) accepts texts and numbers, not {type(value).__name__}")
        forms.add(form)
    return frozenset(forms)


def _nouns(nouns: object) -> list[Noun]:
    found: list[Noun] = []
    for noun in nouns if isinstance(nouns, Collection) and not isinstance(nouns, str) else [nouns]:
        if not isinstance(noun, Noun):
            raise UsageError(f"is_name_of(…) takes nouns such as app.deployment('web'), not {noun!r}")
        found.append(noun)
    return found


def _check_decoys(decoys: object) -> None:
    if not callable(decoys) and not isinstance(decoys, Mapping):
        raise UsageError(f"decoys maps wrong answers to causes, such as {{3: '…'}}, not {decoys!r}")
