"""What a learner wrote down, right or wrong; the right answer is in no message."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made import NS, deploy, keep_moving, pod

from checks import Answer, CheckFailed, GraderError, Solution, UsageError, eventually
from checks.cluster import Object
from checks.fake import Fake
from checks.objects import ready

Use = Callable[[Answer], object]


def answer(cluster: Fake, given: Any) -> Answer:
    """Return what was given as the answer to the one question."""
    return Solution(cluster, NS, {"q": given}).answer("q")


def fails(use: Callable[[], object]) -> CheckFailed:
    """Return the failure of a claim that is false, its cause read."""
    with pytest.raises(CheckFailed) as failure:
        use()
    failure.value.read_cause()
    return failure.value


def pods(cluster: Fake) -> Callable[[], int]:
    """Return a function that counts the pods."""
    return lambda: len(cluster.list("Pod", NS))


CHECKS: dict[str, tuple[Use, str]] = {
    "is_number": (
        lambda it: it.is_number(3),
        "a number, in digits, without separators or a unit, such as 2 or 0.5",
    ),
    "is_text": (lambda it: it.is_text("blue"), "a text, in quotes"),
    "is_one_of": (lambda it: it.is_one_of({"blue", 3}), "one of several words or numbers"),
    "is_name_of": (lambda it: it.is_name_of(Solution(it.cluster, NS).deployment("web")), "a name, in quotes"),
}


@pytest.mark.parametrize("given", [None, "", " \n"], ids=["none", "empty", "space"])
@pytest.mark.parametrize(("use", "wanted"), CHECKS.values(), ids=CHECKS)
def test_without_an_answer_the_message_says_where_it_belongs(
    cluster: Fake, use: Use, wanted: str, given: Any
) -> None:
    assert str(fails(lambda: use(answer(cluster, given)))).splitlines() == [
        f"    expected  {wanted}, in answers.toml: q = …",
        "    found     no answer",
        "    look at   grep q answers.toml",
    ]


def test_a_question_nobody_answered_has_no_answer(app: Solution) -> None:
    assert fails(lambda: app.answer("q").is_number(0)).found == "no answer"
    assert fails(lambda: app.answers["q"].is_number(0)).found == "no answer"


@pytest.mark.parametrize(
    ("use", "says"),
    [
        (lambda it: it.is_number("3"), "truth is a number, not str"),
        (lambda it: it.is_number(True), "truth is a number, not bool"),
        (lambda it: it.is_number(float("nan")), "truth is a number"),
        (lambda it: it.is_number(lambda: None), "truth is a number, not NoneType"),
        (lambda it: it.is_number(3, tolerance=-1), "is 0 or more"),
        (lambda it: it.is_number(3, not_="45"), "not_ is a set"),
        (lambda it: it.is_number(3, not_={"4"}), "not_ is a number"),
        (lambda it: it.is_number(3, decoys={4}), "decoys maps"),
        (lambda it: it.is_text(3), "takes a text that is not empty, not int"),
        (lambda it: it.is_text(" "), "takes a text that is not empty"),
        (lambda it: it.is_text(lambda: ""), "takes a text that is not empty"),
        (lambda it: it.is_text("a", decoys="b"), "decoys maps"),
        (lambda it: it.is_one_of(set()), "needs an answer to accept"),
        (lambda it: it.is_one_of("blue"), "accepted is a set"),
        (lambda it: it.is_one_of({True}), "accepts texts and numbers, not bool"),
        (lambda it: it.is_one_of({"blue", ""}), "accepts texts and numbers"),
        (lambda it: it.is_one_of(lambda: "blue"), "accepted is a set"),
        (lambda it: it.is_name_of([]), "needs a noun"),
        (lambda it: it.is_name_of("web"), "takes nouns"),
        (lambda it: it.is_name_of(["web"]), "takes nouns"),
        (lambda it: it.is_name_of(lambda: None), "takes nouns"),
        (lambda it: Answer(it.cluster, NS, "how many?"), "a question has a key"),
    ],
)
def test_misuse_is_refused(cluster: Fake, use: Use, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        use(answer(cluster, "3"))
    assert cluster.calls == []


class TestIsNumber:
    """Numbers, however they are written."""

    @pytest.mark.parametrize("given", ["3", " 3 ", "3.0", "+3", "3.", "03", 3, 3.0])
    def test_the_true_number_passes(self, cluster: Fake, given: Any) -> None:
        answer(cluster, given).is_number(3)
        answer(cluster, given).is_number(lambda: 3.0)

    def test_decimals_are_what_is_written(self, cluster: Fake) -> None:
        answer(cluster, "0.3").is_number(0.3)
        answer(cluster, 0.1).is_number(0.2, tolerance=0.1)
        answer(cluster, "-.5").is_number(-0.5)
        with pytest.raises(CheckFailed):
            answer(cluster, "0.30000000000000004").is_number(0.3)

    @pytest.mark.parametrize(
        ("given", "found"),
        [
            ("1,000", '"1,000"'),
            ("1_000", '"1_000"'),
            ("1 000", '"1 000"'),
            ("1e3", '"1e3"'),
            ("three", '"three"'),
            ("1000 pods", '"1000 pods"'),
            ("NaN", '"NaN"'),
            ("١٠٠٠", '"١٠٠٠"'),
            ("10²", '"10²"'),
            (True, "true, without quotes"),
            (float("inf"), "inf, without quotes"),
            ([1000], "a list"),
            ({"a": 1}, "something that is neither text nor number"),
        ],
    )
    def test_what_is_no_number_is_refused_with_the_way_to_write_one(
        self, cluster: Fake, given: Any, found: str
    ) -> None:
        for truth in (1000, 1):
            assert str(fails(lambda truth=truth: answer(cluster, given).is_number(truth))).splitlines() == [
                "    expected  a number, in digits, without separators or a unit, such as 2 or 0.5",
                f"    found     q: {found}",
                "    look at   grep q answers.toml",
            ]

    def test_a_wrong_number_fails_and_the_truth_is_not_told(self, cluster: Fake) -> None:
        assert str(fails(lambda: answer(cluster, "4").is_number(777))).splitlines() == [
            "    expected  another number",
            '    found     q: "4"',
            "    look at   grep q answers.toml",
        ]

    def test_zero_is_an_answer(self, cluster: Fake) -> None:
        answer(cluster, 0).is_number(0)
        assert fails(lambda: answer(cluster, 0).is_number(1)).found == "q: 0"

    def test_tolerance_reaches_to_both_sides(self, cluster: Fake) -> None:
        for near in (95, "105", 100):
            answer(cluster, near).is_number(100, tolerance=5)
        for far in (94, "105.001"):
            failure = fails(lambda far=far: answer(cluster, far).is_number(100, tolerance=5))
            assert failure.expected == "a number, within 5 of the true one"

    def test_what_it_is_not_is_wrong_however_near_unless_it_is_the_truth(self, cluster: Fake) -> None:
        answer(cluster, 96).is_number(100, tolerance=5, not_={97})
        answer(cluster, 97).is_number(97, tolerance=5, not_={97})
        with pytest.raises(CheckFailed):
            answer(cluster, "97.0").is_number(100, tolerance=5, not_={97})

    def test_a_decoy_is_explained_unless_it_is_the_truth(self, cluster: Fake) -> None:
        decoys = {12: "you counted the pods of kube-system too"}
        assert str(fails(lambda: answer(cluster, " 12.0").is_number(3, decoys=decoys))).splitlines() == [
            "    expected  another number",
            '    found     q: " 12.0"',
            "    because   you counted the pods of kube-system too",
            "    look at   grep q answers.toml",
        ]
        assert fails(lambda: answer(cluster, 11).is_number(3, decoys=decoys)).because == ""
        answer(cluster, 12).is_number(12, decoys=decoys)

    def test_decoys_may_be_read_from_the_cluster_after_the_verdict(self, cluster: Fake) -> None:
        deploy(cluster, "web", 2)
        read = pods(cluster)
        failure = fails(lambda: answer(cluster, 2).is_number(1, decoys=lambda: {read(): "all of them"}))
        assert failure.because == "all of them"
        asked: list[int] = []
        keep_moving(cluster)
        cluster.at(20, lambda: cluster.put(pod("second")))
        it = eventually(answer(cluster, 4))
        it.is_number(pods(cluster), decoys=lambda: asked.append(1) or {})
        assert asked == []
        cluster.calls.clear()
        answer(cluster, 1).is_number(1, decoys=lambda: {read(): "all of them"})
        assert cluster.calls == []

    def test_a_number_as_long_as_a_book_is_only_wrong(self, cluster: Fake) -> None:
        for book in ("9" * 10_000, int("f" * 9_000, 16)):
            failure = fails(lambda book=book: answer(cluster, book).is_number(3))
            assert "more characters" in failure.found
            assert fails(lambda book=book: answer(cluster, book).is_text("x")).found == failure.found

    @settings(max_examples=100, database=None, deadline=None)
    @given(st.text() | st.integers() | st.floats() | st.booleans() | st.lists(st.integers()))
    def test_whatever_is_given_there_is_a_verdict_that_does_not_tell(self, given: Any) -> None:
        cluster = Fake()
        secret = 918273645
        for use in (
            lambda it: it.is_number(secret),
            lambda it: it.is_text(str(secret)),
            lambda it: it.is_one_of({secret}),
            lambda it: it.is_name_of(Solution(cluster, NS).deployment(f"d-{secret}")),
        ):
            with pytest.raises(CheckFailed) as failure:
                use(answer(cluster, given))
            assert str(secret) not in str(failure.value)


class TestIsText:
    """Texts, however they are spaced."""

    @pytest.mark.parametrize("given", ["Read Only", " read  only\n", "ＲＥＡＤ only"])
    def test_spaces_case_and_width_do_not_matter(self, cluster: Fake, given: str) -> None:
        answer(cluster, given).is_text("read only")
        answer(cluster, given).is_text(lambda: " READ only")

    def test_case_matters_where_it_is_said(self, cluster: Fake) -> None:
        answer(cluster, "ＲeadOnly").is_text("ReadOnly", ignoring_case=False)
        with pytest.raises(CheckFailed):
            answer(cluster, "readonly").is_text("ReadOnly", ignoring_case=False)

    def test_a_whole_number_without_quotes_is_a_text_too(self, cluster: Fake) -> None:
        answer(cluster, 8080).is_text("8080")

    @pytest.mark.parametrize(
        ("given", "found"), [(1.1, "1.1, without quotes"), (True, "true, without quotes"), ([], "a list")]
    )
    def test_what_loses_its_form_without_quotes_is_refused(
        self, cluster: Fake, given: Any, found: str
    ) -> None:
        assert str(fails(lambda: answer(cluster, given).is_text("1.10"))).splitlines() == [
            "    expected  a text, in quotes",
            f"    found     q: {found}",
            "    look at   grep q answers.toml",
        ]

    def test_another_text_fails_with_the_decoys_cause(self, cluster: Fake) -> None:
        decoys = {"Cluster IP": "that is the default, not what the Service has"}
        use = answer(cluster, "cluster ip").is_text
        assert str(fails(lambda: use("NodePort", decoys=decoys))).splitlines() == [
            "    expected  another text",
            '    found     q: "cluster ip"',
            "    because   that is the default, not what the Service has",
            "    look at   grep q answers.toml",
        ]


class TestIsOneOf:
    """One of several answers."""

    @pytest.mark.parametrize("given", ["Blue", " green ", 3, "3.0", "0", 0])
    def test_each_of_them_passes(self, cluster: Fake, given: Any) -> None:
        answer(cluster, given).is_one_of({"blue", "green", 3, 0})
        answer(cluster, given).is_one_of(lambda: ["blue", "green", 3, 0])

    def test_any_other_fails_and_they_are_not_told(self, cluster: Fake) -> None:
        decoys = {4: "one too many"}
        use = answer(cluster, "4.0").is_one_of
        assert str(fails(lambda: use({"blue", 3}, decoys=decoys))).splitlines() == [
            "    expected  one of the words or numbers that are right",
            '    found     q: "4.0"',
            "    because   one too many",
            "    look at   grep q answers.toml",
        ]
        assert fails(lambda: answer(cluster, True).is_one_of({1})).found == "q: true, without quotes"

    def test_a_function_that_finds_nothing_accepts_nothing(self, cluster: Fake) -> None:
        assert fails(lambda: answer(cluster, "blue").is_one_of(lambda: [])).found == 'q: "blue"'


class TestIsNameOf:
    """The name of something that is there."""

    def test_the_name_of_each_passes(self, cluster: Fake) -> None:
        deploy(cluster, "web", 2)
        app = Solution(cluster, NS)
        answer(cluster, " web-2 ").is_name_of(lambda: app.pods)
        answer(cluster, "web").is_name_of(app.deployment("web"))
        answer(cluster, "web").is_name_of([app.deployment("other"), app.deployment("web")])

    def test_another_name_fails(self, cluster: Fake) -> None:
        deploy(cluster, "web", 2)
        app = Solution(cluster, NS)
        use = answer(cluster, "web").is_name_of
        decoys = {"web": "that is the Deployment"}
        assert str(fails(lambda: use(lambda: app.pods, decoys=decoys))).splitlines() == [
            "    expected  the name of a Pod",
            '    found     q: "web"',
            "    because   that is the Deployment",
            "    look at   grep q answers.toml",
        ]

    def test_what_does_not_exist_has_no_name(self, cluster: Fake) -> None:
        app = Solution(cluster, NS)
        use = answer(cluster, "web").is_name_of
        assert fails(lambda: use(app.deployment("web"))).expected == "the name of a Deployment"
        nothing = fails(lambda: use(lambda: []))
        assert nothing.expected == "a name, but there is nothing that has one"
        with pytest.raises(CheckFailed, match="a pod in k-1"):
            use(lambda: app.pods)


class TestPatience:
    """An answer does not change; what it speaks of may."""

    def test_a_wrong_answer_is_judged_at_once(self, cluster: Fake) -> None:
        keep_moving(cluster)
        for use in (lambda it: it.is_number(4), lambda it: it.is_text("4"), lambda it: it.is_one_of({4})):
            with pytest.raises(CheckFailed, match="settled"):
                use(eventually(answer(cluster, 3)))
        assert cluster.now < 1

    def test_so_it_is_when_the_truth_is_read_from_what_is_at_rest(self, cluster: Fake) -> None:
        deploy(cluster, "web", 2)
        with pytest.raises(CheckFailed, match="settled"):
            eventually(answer(cluster, 3)).is_number(pods(cluster))
        assert cluster.now < 1
        eventually(answer(cluster, 2)).is_number(pods(cluster))
        assert cluster.now < 1

    def test_while_the_cluster_moves_the_truth_is_read_again(self, cluster: Fake) -> None:
        keep_moving(cluster)
        cluster.at(20, lambda: cluster.put(pod("second")))
        eventually(answer(cluster, 2)).is_number(pods(cluster))
        assert cluster.now == 20

    def test_a_truth_that_is_not_there_yet_is_waited_for(self, cluster: Fake) -> None:
        app = Solution(cluster, NS)
        deploy(cluster, "web", 0)
        cluster.scale("Deployment", "web", NS, 1)
        cluster.at(20, lambda: cluster.put(pod("web-1")))
        eventually(answer(cluster, 1)).is_number(lambda: len(app.pods))
        assert cluster.now == 20

    def test_so_it_is_while_the_second_namespace_of_the_sandbox_moves(self, cluster: Fake) -> None:
        app = Solution(cluster, NS, {"q": 1}, elsewhere="k-2")

        def starting(*, ready: bool) -> Object:
            made = pod("web-1", ready=ready)
            return {**made, "metadata": {**made["metadata"], "namespace": "k-2"}}

        def ready_pods() -> int:
            return len([each for each in app.elsewhere.pods if ready(each.read())])

        cluster.put(starting(ready=False))
        cluster.at(20, lambda: cluster.put(starting(ready=True)))
        eventually(app.answer("q")).is_number(ready_pods)
        assert 20 <= (passed := cluster.now) <= 20 + Answer.poll
        with pytest.raises(CheckFailed, match="settled"):
            eventually(app.answer("q")).is_number(lambda: ready_pods() + 1)
        assert cluster.now < passed + 1

    def test_a_truth_of_the_second_namespace_that_is_not_there_yet_is_waited_for(self, cluster: Fake) -> None:
        app = Solution(cluster, NS, {"q": "web"}, elsewhere="k-2")
        going = pod("web-0")
        moved = {**going["metadata"], "namespace": "k-2", "deletionTimestamp": "now"}
        cluster.put({**going, "metadata": moved})
        cluster.at(20, lambda: cluster.put({**pod("web"), "metadata": {"name": "web", "namespace": "k-2"}}))
        eventually(app.answer("q")).is_text(lambda: app.elsewhere.pods[0].name)
        assert 20 <= cluster.now <= 20 + Answer.poll

    def test_a_truth_that_cannot_be_read_is_nobodys_failure(self, cluster: Fake) -> None:
        cluster.fail("list", "the API server is away")
        with pytest.raises(GraderError, match="away"):
            answer(cluster, 3).is_number(pods(cluster))
