"""`@graded` takes a sentence, points above 0 and graded tests, and refuses everything else."""

from __future__ import annotations

from typing import Any

import pytest

from checks import Claim, UsageError, claim_of, graded


def titled(docstring: str | None = "Service `web` answers.\n\n    More of it.\n    ") -> Any:
    """Return a test with this docstring."""

    def test_it(app: object) -> None: ...

    test_it.__doc__ = docstring
    return test_it


def test_a_claim_is_all_that_was_said() -> None:
    first = graded(points=1)(titled())
    second = graded(points=0.5, needs=first, hints=("Look.",), cites=("A sentence.",))(titled("It answers."))
    third = graded(points=2, needs=(first, second), cites=["One.", "Two."], observes=("q1.1-web/2",))(
        titled("It does.")
    )
    assert claim_of(first) == Claim("Service `web` answers", 1)
    assert claim_of(second) == Claim("It answers", 0.5, (first,), ("Look.",), ("A sentence.",))
    assert claim_of(third) == Claim(
        "It does", 2, (first, second), cites=("One.", "Two."), observes=("q1.1-web/2",)
    )


def test_the_test_stays_what_it_is() -> None:
    test = titled()
    assert graded(points=1)(test) is test


@pytest.mark.parametrize("docstring", [None, "", "\n  \n"])
def test_a_claim_without_a_sentence_is_refused(docstring: str | None) -> None:
    with pytest.raises(UsageError, match="@graded on test_it: its docstring needs a first line"):
        graded(points=1)(titled(docstring))


@pytest.mark.parametrize("title", ["The Service should answer.", "Should answer."])
def test_a_wish_is_refused(title: str) -> None:
    with pytest.raises(UsageError, match='without "should"'):
        graded(points=1)(titled(title))


def test_a_word_that_contains_should_is_none() -> None:
    graded(points=1)(titled("Deployment `shoulder` runs."))


@pytest.mark.parametrize("points", [0, -1, True, "1", None, float("nan"), float("inf")])
def test_points_are_a_number_above_0(points: Any) -> None:
    with pytest.raises(UsageError, match="points is a number above 0"):
        graded(points=points)(titled())


@pytest.mark.parametrize(
    "needs",
    [titled(), "test_it", (graded(points=1)(titled()), titled()), [graded(points=1)(titled())]],
    ids=["not graded", "a name", "one of two", "a list"],
)
def test_needs_are_graded_tests(needs: Any) -> None:
    with pytest.raises(UsageError, match="needs takes graded tests, not"):
        graded(points=1, needs=needs)(titled())


def test_cites_are_sentences() -> None:
    with pytest.raises(UsageError, match="a tuple of sentences"):
        graded(points=1, cites="One sentence.")(titled())


@pytest.mark.parametrize(
    "hints",
    ["Look.", ["Look."], None, (), ("Look.", ""), ("Look.", " "), (1,), ("One.", "Two.", "Three.", "Four.")],
)
def test_hints_are_one_to_three_sentences(hints: Any) -> None:
    if hints == ():  # as if it was not said
        graded(points=1, hints=hints)(titled())
        return
    with pytest.raises(UsageError, match="hints is a tuple of one to three sentences, not"):
        graded(points=1, hints=hints)(titled())


@pytest.mark.parametrize(
    "observes",
    ["q1/1", ["q1/1"], None, ("q1",), ("q1/0",), ("q1/01",), ("q1/x",), ("/1",), ("Q1/1",), ("a/q1/1",),
     ("q1/1\n",), ("q1/1", 1)],
)  # fmt: skip
def test_observes_names_observations(observes: Any) -> None:
    with pytest.raises(UsageError, match="observes is a tuple of EXERCISE/NUMBER, not"):
        graded(points=1, observes=observes)(titled())


def test_a_claim_is_judged_after_a_step_of_one_name_or_of_several() -> None:
    one = graded(points=1, after="scale up")(titled())
    several = graded(points=1, after=("scale", "scale up"), needs=one)(titled())
    assert claim_of(one) == Claim("Service `web` answers", 1, after=("scale up",))
    assert claim_of(several) == Claim("Service `web` answers", 1, (one,), after=("scale", "scale up"))


@pytest.mark.parametrize("after", ["", " ", ("scale", ""), ["scale"], None, 1, titled()])
def test_after_is_the_name_of_a_step(after: Any) -> None:
    with pytest.raises(UsageError, match="after is the name of a step, or a tuple of names, not"):
        graded(points=1, after=after)(titled())


def test_a_claim_after_a_step_does_not_need_one_of_the_end() -> None:
    early, end = graded(points=1, after="scale")(titled()), graded(points=1)(titled())
    end.__name__ = "test_end"
    graded(points=1, needs=(early, end))(titled())
    with pytest.raises(UsageError) as refused:
        graded(points=1, after=("scale up", "scale"), needs=(early, end))(titled())
    assert str(refused.value) == (
        "@graded on test_it: it is judged after step 'scale up' and needs test_end, judged when all steps "
        "have run: give test_end an after, too"
    )


def test_a_claim_is_judged_during_a_step_of_one_name_or_of_several() -> None:
    earlier = graded(points=1, after="create")(titled())
    one = graded(points=1, during="update", needs=earlier)(titled())
    several = graded(points=1, during=("update", "roll out"), needs=one)(titled())
    assert claim_of(one) == Claim("Service `web` answers", 1, (earlier,), during=("update",))
    assert claim_of(several) == Claim("Service `web` answers", 1, (one,), during=("update", "roll out"))


@pytest.mark.parametrize("during", ["", " ", ("scale", ""), ["scale"], None, 1, titled()])
def test_during_is_the_name_of_a_step(during: Any) -> None:
    with pytest.raises(UsageError, match="during is the name of a step, or a tuple of names, not"):
        graded(points=1, during=during)(titled())


def test_a_claim_is_not_judged_after_and_during_a_step() -> None:
    with pytest.raises(UsageError) as refused:
        graded(points=1, after=("a", "b"), during="c")(titled())
    said = "@graded on test_it: it is judged after step 'a' or during step 'c', not both"
    assert str(refused.value) == said


def test_a_claim_during_a_step_does_not_need_one_that_is_judged_later() -> None:
    end, after = graded(points=1)(titled()), graded(points=1, after=("build", "Update "))(titled())
    with pytest.raises(UsageError) as refused:
        graded(points=1, during="update", needs=end)(titled())
    assert str(refused.value) == (
        "@graded on test_it: it is judged during step 'update' and needs test_it, judged when all steps have "
        "run: give test_it an after, too"
    )
    with pytest.raises(UsageError) as refused:
        graded(points=1, during="update", needs=after)(titled())
    assert str(refused.value) == (
        "@graded on test_it: it is judged during step 'update' and needs test_it, judged after that step: "
        "give test_it an earlier step"
    )


def test_what_is_not_graded_makes_no_claim() -> None:
    pretender = titled()
    pretender.claim = "full marks"
    assert claim_of(titled()) is None
    assert claim_of(pretender) is None
    assert claim_of(None) is None
