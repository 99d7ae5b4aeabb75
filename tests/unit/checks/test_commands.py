"""A step of the learner's commands is judged by what each run of it does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count

import pytest
from made import NS, deploy, pod, told

from checks import (
    CheckFailed,
    GraderError,
    Solution,
    UsageError,
    consistently,
    eventually,
    recording,
    throughout,
)
from checks.commands import Ran
from checks.fake import Fake
from checks.fake_script import Does, FakeScript

Use = Callable[[Solution], object]

AT = "look at   line 2 of steps.sh"


def solved(cluster: Fake, does: Does, **options: str) -> Solution:
    """Return a solution with one step, `ask`."""
    return Solution(cluster, NS, commands=FakeScript({"ask": does}, **options))


def names(app: Solution) -> Callable[[], list[str]]:
    """Return what reads the names of all pods."""
    return lambda: [pod.name for pod in app.pods]


def fails(use: Callable[[], object]) -> CheckFailed:
    """Return the failure of a check."""
    with pytest.raises(CheckFailed) as failure:
        use()
    return failure.value


CHECKS: dict[str, Use] = {
    "succeeds": lambda app: app.step("ask").succeeds(),
    "fails": lambda app: app.step("ask").fails(),
    "prints": lambda app: app.step("ask").prints("web-1"),
    "prints_lines": lambda app: app.step("ask").prints_lines("web-1"),
    "prints_json": lambda app: app.step("ask").prints_json([]),
    "prints_different": lambda app: app.step("ask").prints_different(among=["web-1"]),
    "leaves_nothing": lambda app: app.step("ask").leaves_nothing(),
    "runs": lambda app: app.step("ask").runs(),
}
ends_well = {name: use for name, use in CHECKS.items() if name not in ("fails", "runs")}


# -- what all checks have in common --------------------------------------------------------------------


@pytest.mark.parametrize("use", CHECKS.values(), ids=CHECKS)
def test_a_submission_without_commands_fails(app: Solution, use: Use) -> None:
    assert told(lambda: use(app)) == (
        "expected  commands in steps (steps.sh), with a step named `ask`\nfound     no commands"
    )


@pytest.mark.parametrize("use", CHECKS.values(), ids=CHECKS)
def test_a_step_that_is_missing_fails_and_none_is_run(cluster: Fake, use: Use) -> None:
    script = FakeScript({"list": "web-1", "scale": ""})
    assert told(lambda: use(Solution(cluster, NS, commands=script))) == (
        "expected  steps.sh has a step named `ask`\n"
        "found     its steps are: `list`, `scale`\n"
        "look at   grep '# step:' steps.sh"
    )
    assert script.ran == []


def test_a_step_that_is_missing_is_not_waited_for(cluster: Fake) -> None:
    fails(lambda: eventually(Solution(cluster, NS, commands=FakeScript({"list": ""})).step("ask")).succeeds())
    assert cluster.now < 1


def test_of_several_names_the_first_that_the_script_has_counts(cluster: Fake) -> None:
    script = FakeScript({"List": "", "Ask it": ""})
    app = Solution(cluster, NS, commands=script)
    assert str(app.step("ask", " ask IT ", "list")) == "Step `Ask it`"
    app.step("ask", " ask IT ", "list").succeeds()
    assert script.ran == ["Ask it"]
    with pytest.raises(CheckFailed, match="named `ask` or `nobody`"):
        app.step("ask", "nobody").succeeds()


@pytest.mark.parametrize("use", ends_well.values(), ids=ends_well)
def test_a_run_with_another_exit_code_fails(cluster: Fake, use: Use) -> None:
    app = solved(cluster, Ran(3, "web-1", "no such pod"))
    assert told(lambda: use(app)) == (
        "expected  Step `ask` ends with exit code 0\n"
        "found     exit code 3\n"
        "because   it said:\n"
        "          web-1\n"
        "          no such pod\n" + AT
    )


def test_of_what_a_run_said_without_end_only_the_end_is_told(cluster: Fake) -> None:
    said = told(lambda: solved(cluster, Ran(1, "y\n" * 700, "")).step("ask").succeeds())
    assert said.count("\n          y") == 10
    assert "(690 lines before)" in said
    shown = told(lambda: solved(cluster, Ran(0, "y\n" * 400)).step("ask").prints("web"))
    assert shown.count("\n          y") == 20
    assert "more" in shown


@pytest.mark.parametrize("name", [name for name in CHECKS if name != "runs"])
def test_a_run_that_does_not_end_fails_every_check(cluster: Fake, name: str) -> None:
    app = solved(cluster, Ran(None, "web-1", "still there", 120.0))
    assert told(lambda: CHECKS[name](app)) == (
        "expected  Step `ask` ends by itself\n"
        "found     it did not end within 120 s\n"
        "because   it said on standard error:\n"
        "          still there\n" + AT
    )


@pytest.mark.parametrize("use", CHECKS.values(), ids=CHECKS)
def test_what_could_not_be_run_is_no_verdict(cluster: Fake, use: Use) -> None:
    script = FakeScript({"ask": "web-1"}, due="ask")
    script.broken = "the connection broke"
    with pytest.raises(GraderError, match="the connection broke"):
        use(Solution(cluster, NS, commands=script))


def test_it_is_run_again_until_it_is_right_and_once_is_enough(cluster: Fake) -> None:
    app = solved(cluster, lambda: "old" if cluster.now < 5 else "new")
    eventually(app.step("ask")).prints("new")
    assert 5 <= cluster.now < 8


def test_a_wrong_step_gets_all_its_patience_although_the_namespace_is_at_rest(cluster: Fake) -> None:
    script = FakeScript({"ask": "old"})
    failure = fails(lambda: eventually(Solution(cluster, NS, commands=script).step("ask")).prints("new"))
    assert cluster.now == 30
    assert len(script.ran) <= 11
    assert failure.waited.startswith("30 s, ")


def test_a_step_that_hangs_has_had_its_time(cluster: Fake) -> None:
    def hang() -> Ran:
        cluster.advance(120)
        return Ran(None, "", "", 120.0)

    script = FakeScript({"ask": hang})
    fails(lambda: eventually(Solution(cluster, NS, commands=script).step("ask")).prints("new"))
    assert script.ran == ["ask"]


def test_a_step_that_takes_all_the_patience_is_run_once_more(cluster: Fake) -> None:
    def late() -> str:
        cluster.advance(40)
        return "new" if cluster.now > 50 else "old"

    eventually(solved(cluster, late).step("ask")).prints("new")
    assert cluster.now >= 80


def test_the_adverbs_run_it_at_every_reading(cluster: Fake) -> None:
    script = FakeScript({"ask": "web-1"})
    step = Solution(cluster, NS, commands=script).step("ask")
    consistently(step, during=2).prints("web-1")
    with throughout(step.prints, "web-1"):
        cluster.wake((), None, 2)
    assert len(script.ran) == 5 + 6


def test_every_reading_keeps_what_was_printed(cluster: Fake) -> None:
    outputs = iter(["one\ntwo", "three", "web-1 \x1b[31mred"])
    app = solved(cluster, lambda: next(outputs))
    with recording() as recorded:
        eventually(app.step("ask")).prints("web-1")
        app.cluster.calls.clear()
    (seen,) = recorded.observations
    assert [reading.ok for reading in seen.readings] == [False, False, True]
    assert "one two" in seen.readings[0].text
    assert seen.readings[-1].text == "web-1 red"


def test_a_step_has_a_name(cluster: Fake, app: Solution) -> None:
    for wrong in ((), ("",), (" ",), (3,), ("ask", None)):
        with pytest.raises(UsageError, match="takes the name of a step, or several"):
            app.step(*wrong)  # type: ignore[arg-type]


def test_the_second_namespace_has_the_same_steps(cluster: Fake) -> None:
    script = FakeScript({"ask": lambda: cluster.put(pod("left")) and ""})
    app = Solution(cluster, NS, elsewhere="k-1-elsewhere", commands=script)
    app.elsewhere.step("ask").leaves_nothing()
    cluster.remove("Pod", "left", NS)
    fails(lambda: app.step("ask").leaves_nothing())


# -- exit codes ----------------------------------------------------------------------------------------


def test_it_succeeds(cluster: Fake) -> None:
    solved(cluster, "").step("ask").succeeds()


@pytest.mark.parametrize("code", [1, 3, 124, 137])
def test_it_fails(cluster: Fake, code: int) -> None:
    solved(cluster, Ran(code, "")).step("ask").fails()


def test_what_succeeds_does_not_fail(cluster: Fake) -> None:
    app = solved(cluster, Ran(0, "all\nequal", "a warning"))
    assert told(lambda: app.step("ask").fails()) == (
        "expected  Step `ask` ends with another exit code than 0\n"
        "found     exit code 0, and it printed\n"
        "          all\n"
        "          equal\n"
        "because   it said on standard error:\n"
        "          a warning\n" + AT
    )


# -- words ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "output",
    ["web-1", "x web-1 y", "pod/web-1", '{"name": "web-1"}', "[pod/web-1/main] tick", "a,web-1,b", "(web-1)",
     "name=web-1", "web-1:8888", "It is web-1.", "'web-1'", "<web-1>", "web-1\n", "web-10 web-1"],
)  # fmt: skip
def test_a_word_stands_alone(cluster: Fake, output: str) -> None:
    solved(cluster, output).step("ask").prints("web-1")


@pytest.mark.parametrize(
    "output",
    ["", "web-10", "my-web-1", "web-1-x", "web-1.shop", "a.web-1", "web-1_", "WEB-1", "web -1", "äweb-1"],
)
def test_a_part_of_a_longer_name_is_no_word(cluster: Fake, output: str) -> None:
    fails(lambda: solved(cluster, output).step("ask").prints("web-1"))


@pytest.mark.parametrize(
    ("word", "output", "there"),
    [
        ("10.0.0.1", "10.0.0.1/24", True),
        ("10.0.0.1", "10.0.0.1:80", True),
        ("10.0.0.1", "10.0.0.10", False),
        ("10.0.0.1", "110.0.0.1", False),
        ("10.0.0.1", "10.0.0.1.5", False),
        ("10.0.0.1", "5.10.0.0.1", False),
        ("25%", "25%", True),
        ("3", "3.5", False),
        ("containerd://2.0", "containerd://2.0 amd64", True),
        ("system:anonymous", 'User "system:anonymous" cannot', True),
        ("a.*", "abc", False),
        ("a\tb", "a b", True),
    ],
)
def test_words_hold_what_names_addresses_and_values_hold(
    cluster: Fake, word: str, output: str, there: bool
) -> None:
    step = solved(cluster, output).step("ask")
    step.prints(word) if there else fails(lambda: step.prints(word))


def test_words_are_read_after_the_run(cluster: Fake) -> None:
    def scales() -> str:
        deploy(cluster, "web", 2)
        return "web-1 web-2"

    app = solved(cluster, scales)
    app.step("ask").prints(names(app))
    cluster.put(pod("web-3"))
    fails(lambda: app.step("ask").prints(names(app)))


def test_words_that_are_missing_and_decoys_are_told(cluster: Fake) -> None:
    deploy(cluster, "web", 2)
    app = solved(cluster, Ran(0, "NAME\nweb-1\ndecoy", "a warning"))
    assert told(lambda: app.step("ask").prints(names(app), "NAME", but_not={"other", "decoy"})) == (
        "expected  Step `ask` prints `web-1`, `web-2` and `NAME`, and not `decoy` and `other`\n"
        "found     no `web-2` but `decoy`, which must not be there, in\n"
        "          NAME\n"
        "          web-1\n"
        "          decoy\n"
        "because   it said on standard error:\n"
        "          a warning\n" + AT
    )
    assert told(lambda: app.step("ask").prints("web-3")) == (
        "expected  Step `ask` prints `web-3`\n"
        "found     no `web-3`, in\n"
        "          NAME\n"
        "          web-1\n"
        "          decoy\n"
        "because   it said on standard error:\n"
        "          a warning\n" + AT
    )


def test_decoys_may_be_read_too_and_may_be_none(cluster: Fake) -> None:
    deploy(cluster, "web", 1)
    app = solved(cluster, "web-1 first\n" * 200 + "web-1 decoy\nnot-decoy")
    app.step("ask").prints("web-1", but_not=list)
    failure = fails(lambda: app.step("ask").prints("web-1", but_not=lambda: "decoy"))
    assert failure.found == "`decoy`, which must not be there:\n  web-1 decoy"


def test_many_words_are_counted(cluster: Fake) -> None:
    failure = fails(lambda: solved(cluster, "").step("ask").prints([f"w{number}" for number in range(13)]))
    assert failure.expected.endswith("`w8`, `w9` and 3 more")
    assert failure.found.endswith("`w9` or 3 more, in nothing")


def test_nobodys_words_are_printed_by_nobody(cluster: Fake) -> None:
    app = solved(cluster, "everything")
    assert told(lambda: app.step("ask").prints(list)) == (
        "expected  Step `ask` has something to print\nfound     nothing of it is in the cluster\n" + AT
    )
    failure = fails(lambda: app.step("ask").prints(names(app)))
    assert (failure.expected, failure.settles) == (f"a pod in {NS}", False)


# -- lines ---------------------------------------------------------------------------------------------


def test_lines_are_these_in_any_order(cluster: Fake) -> None:
    deploy(cluster, "web", 3)
    app = solved(cluster, "\n  web-3 \nweb-1\n\nweb-2\n")
    app.step("ask").prints_lines("web-1", "web-2", "web-3")
    app.step("ask").prints_lines(names(app))
    app.step("ask").prints_lines("web-3", lambda: ["web-1", "web-2"])


def test_lines_that_are_missing_and_lines_too_many_are_told(cluster: Fake) -> None:
    app = solved(cluster, "a\na\nc")
    assert told(lambda: app.step("ask").prints_lines("a", ["b", "B", "beta"])) == (
        "expected  Step `ask` prints 2 lines:\n"
        "            a\n"
        "            b (or 2 others)\n"
        "found     3 lines\n"
        "          it lacks 1:\n"
        "            b (or 2 others)\n"
        "          it has 2 more:\n"
        "            a\n"
        "            c\n" + AT
    )


def test_one_line_too_many_or_too_few_fails(cluster: Fake) -> None:
    step = solved(cluster, "a\nb").step("ask")
    step.prints_lines("b", "a")
    assert fails(lambda: step.prints_lines("a")).found == "2 lines\nit has 1 more:\n  b"
    assert fails(lambda: step.prints_lines("a", "b", "b")).found == "2 lines\nit lacks 1:\n  b"
    assert (
        fails(lambda: solved(cluster, "").step("ask").prints_lines("a")).found == "0 lines\nit lacks 1:\n  a"
    )


def test_a_line_takes_another_of_its_forms_to_make_room(cluster: Fake) -> None:
    """As the last lines of several clocks, which may be the same."""
    step = solved(cluster, "12:00\n12:01\n12:02").step("ask")
    step.prints_lines(["12:00", "12:01"], ["12:00"], ["12:00", "12:01", "12:02"])
    fails(lambda: step.prints_lines(["12:00", "12:01"], ["12:00"], ["12:00", "12:01"]))


def test_lines_of_nothing_are_printed_by_nobody(cluster: Fake) -> None:
    assert told(lambda: solved(cluster, "").step("ask").prints_lines(list)) == (
        "expected  Step `ask` has something to print\nfound     nothing of it is in the cluster\n" + AT
    )


def test_a_flood_of_lines_takes_no_long_time(cluster: Fake) -> None:
    flood = solved(cluster, "a\n" * 32_000).step("ask")
    failure = fails(lambda: flood.prints_lines(*["a"] * 20, "b"))
    assert failure.found.startswith("32000 lines\nit lacks 1:\n  b\nit has 31980 more:\n  a (31980 times)")
    assert len(failure.found) < 500


# -- JSON ----------------------------------------------------------------------------------------------

ONE, TWO = {"name": "a", "surge": "25%"}, {"name": "b", "surge": 1}


@pytest.mark.parametrize(
    ("output", "value"),
    [
        ('{"surge": "25%", "name": "a"}', ONE),
        ('[{"name": "a", "surge": "25%"}, {"name": "b", "surge": 1.0}]', [TWO, ONE]),
        ('{"name": "b", "surge": 1}\n{\n "name": "a", "surge": "25%"}', [ONE, TWO]),
        ('{"name": "a", "surge": "25%"}', [ONE]),
        ("null", None),
        ("[]", []),
        ('"ü"', "ü"),
        ("3", lambda: 3),
    ],
)
def test_what_is_equal_as_json_is_right(cluster: Fake, output: str, value: object) -> None:
    solved(cluster, output).step("ask").prints_json(value)


@pytest.mark.parametrize(
    ("output", "value"),
    [
        ('{"name": "a"}', ONE),
        ('{"name": "a", "surge": "25%"}', [ONE, TWO]),
        ('{"name": "a", "surge": "25%"}{"name": "a", "surge": "25%"}', ONE),
        ('[{"name": "a", "surge": "25%"}]', ONE),
        ("true", 1),
        ('"1"', 1),
        ('{"a": [1, 2]}', {"a": [2, 1]}),
        ("[[1], [1]]", [[1]]),
        ("1e999", 1),
    ],
)
def test_what_is_another_value_is_wrong(cluster: Fake, output: str, value: object) -> None:
    fails(lambda: solved(cluster, output).step("ask").prints_json(value))


def test_another_value_is_told(cluster: Fake) -> None:
    assert told(lambda: solved(cluster, '{"name": "b"}').step("ask").prints_json(lambda: [ONE])) == (
        'expected  Step `ask` prints, as JSON: [{"name": "a", "surge": "25%"}]\n'
        'found     `{"name": "b"}`\n' + AT
    )


@pytest.mark.parametrize("output", ["", "web", '{"a"', "NaN", "[" * 60_000, "9" * 5000 + "x", '{"a": 1} web'])
def test_what_is_no_json_is_told(cluster: Fake, output: str) -> None:
    failure = fails(lambda: solved(cluster, output).step("ask").prints_json(ONE))
    assert failure.expected.startswith("Step `ask` prints, as JSON: ")
    assert failure.found.startswith("no JSON: " if output else "nothing")


@pytest.mark.parametrize("nothing", [[], {}, ""])
def test_a_value_of_nothing_is_printed_by_nobody(cluster: Fake, nothing: object) -> None:
    failure = fails(lambda: solved(cluster, "[]").step("ask").prints_json(lambda: nothing))
    assert failure.found == "nothing of it is in the cluster"


# -- several runs --------------------------------------------------------------------------------------


def rotating(*lines: str) -> Callable[[], str]:
    """Return what prints one line after the other, and then from the first again."""
    turn = count()
    return lambda: lines[next(turn) % len(lines)]


def test_different_lines_end_the_runs(cluster: Fake) -> None:
    script = FakeScript({"ask": rotating("web-1", "web-1", "web-2", "web-3")})
    deploy(cluster, "web", 3)
    app = Solution(cluster, NS, commands=script)
    app.step("ask").prints_different(among=names(app))
    assert len(script.ran) == 4


def test_the_same_line_again_and_again_is_told(cluster: Fake) -> None:
    script = FakeScript({"ask": rotating("web-1", "web-2")})
    app = Solution(cluster, NS, commands=script)
    assert told(lambda: app.step("ask").prints_different(3, 10, among=["web-1", "web-2", "web-3"])) == (
        "expected  Step `ask` prints at least 3 different lines in 10 runs\n"
        "found     2: `web-1` and `web-2`\n" + AT
    )
    assert len(script.ran) == 10


def test_a_line_of_nobody_is_told_with_its_run(cluster: Fake) -> None:
    app = solved(cluster, rotating("web-1", "decoy"))
    assert told(lambda: app.step("ask").prints_different(among={"web-2", "web-1"})) == (
        "expected  Step `ask` prints one line, which is `web-1` or `web-2`\n"
        "found     in run 2: `decoy`\n" + AT
    )


@pytest.mark.parametrize(("output", "found"), [("", "nothing"), ("web-1\nweb-2", "\nweb-1\nweb-2")])
def test_each_run_prints_one_line(cluster: Fake, output: str, found: str) -> None:
    app = solved(cluster, output)
    assert fails(lambda: app.step("ask").prints_different(among=["web-1", "web-2"])).found == found


def test_lines_among_nothing_are_printed_by_nobody(cluster: Fake) -> None:
    failure = fails(lambda: solved(cluster, "web-1").step("ask").prints_different(among=list))
    assert failure.found == "nothing of it is in the cluster"


# -- what is left --------------------------------------------------------------------------------------


def leaving(cluster: Fake, kind: str = "Pod") -> Callable[[], str]:
    """Return what leaves another object at each run."""
    turn = count(1)

    def runs() -> str:
        helper = f"helper-{next(turn)}"
        cluster.put({**pod(helper), "kind": kind})
        return helper

    return runs


def test_what_was_there_before_and_what_goes_are_not_left(cluster: Fake) -> None:
    def runs() -> str:
        cluster.put(pod("helper"))
        cluster.delete("Pod", "helper", NS)
        cluster.remove("Pod", "web-2", NS)
        return ""

    deploy(cluster, "web", 2)
    solved(cluster, runs).step("ask").leaves_nothing()
    assert cluster.get("Pod", "helper", NS), "on its way out"


def test_what_is_left_is_told(cluster: Fake) -> None:
    deploy(cluster, "web", 1)
    app = solved(cluster, leaving(cluster))
    assert told(lambda: app.step("ask").leaves_nothing()) == (
        "expected  Step `ask` leaves no Pod that was not there before it ran\n"
        "found     1 more than before\nbecause   Pod `helper-1` is left\n" + AT
    )


def test_a_pod_of_the_same_name_is_another(cluster: Fake) -> None:
    def runs() -> str:
        cluster.remove("Pod", "web-1", NS)
        cluster.put({**pod("web-1"), "metadata": {"name": "web-1", "namespace": NS, "uid": "another"}})
        return ""

    cluster.put(pod("web-1"))
    fails(lambda: solved(cluster, runs).step("ask").leaves_nothing())


def test_only_the_kinds_that_are_asked_for_count(cluster: Fake) -> None:
    app = solved(cluster, leaving(cluster, "Secret"))
    app.step("ask").leaves_nothing()
    failure = fails(lambda: app.step("ask").leaves_nothing("Pod", "Secret"))
    assert failure.expected == "Step `ask` leaves no Pod or Secret that was not there before it ran"
    assert failure.because == "Secret `helper-2` is left"


# -- the first run -------------------------------------------------------------------------------------


def test_the_due_step_runs(cluster: Fake) -> None:
    script = FakeScript({"ask": ""}, due="ask")
    with recording() as recorded:
        Solution(cluster, NS, commands=script).step("ask").runs()
    assert script.ran == ["ask"]
    assert [(seen.check, seen.verdict) for seen in recorded.observations] == [("runs", "passed")]


def test_a_due_step_that_fails_fails(cluster: Fake) -> None:
    app = solved(cluster, Ran(2, ""), due="ask")
    assert told(lambda: app.step("ask").runs()) == (
        "expected  step 'ask' ends with exit code 0\nfound     exit code 2"
    )


def test_a_step_that_is_not_due_is_a_mistake_of_the_author(cluster: Fake) -> None:
    with pytest.raises(UsageError, match="not due"):
        solved(cluster, "").step("ask").runs()


def test_what_a_step_disturbs_while_it_runs_is_seen(cluster: Fake) -> None:
    deploy(cluster, "web", 2)

    def updates() -> str:
        cluster.wake((), None, 1)
        cluster.remove("Pod", "web-1", NS)
        cluster.wake((), None, 1)
        cluster.put(pod("web-1", owner=cluster.list("ReplicaSet", NS)[0], labels={"app": "web"}))
        return ""

    app = solved(cluster, updates, due="ask")

    def use() -> None:
        with throughout(app.deployment("web").keeps_available, 2):
            app.step("ask").runs()

    failure = fails(use)
    assert failure.found == "1: web-2"
    assert cluster.now == 2, "the step was not broken off"


# -- misuse --------------------------------------------------------------------------------------------


def misuses() -> Iterator[tuple[str, Use]]:
    """Yield claims without a meaning, and what is said of each."""
    yield "needs a word", lambda app: app.step("ask").prints()
    yield "needs a word", lambda app: app.step("ask").prints(but_not="decoy")
    for wrong in ("", " ", ["web-1", ""], [1]):
        yield "a word is a text", lambda app, wrong=wrong: app.step("ask").prints(wrong)
        yield "a word is a text", lambda app, wrong=wrong: app.step("ask").prints("a", but_not=wrong)
        yield "a word is a text", lambda app, wrong=wrong: app.step("ask").prints(lambda: wrong)
    yield "not 3", lambda app: app.step("ask").prints(3)
    yield "needs a line", lambda app: app.step("ask").prints_lines()
    yield "a line is a text", lambda app: app.step("ask").prints_lines([])
    yield "a line is a text", lambda app: app.step("ask").prints_lines("a\nb")
    yield "gives a list of texts", lambda app: app.step("ask").prints_lines(lambda: "web-1")
    yield "what JSON can hold", lambda app: app.step("ask").prints_json({1, 2})
    yield "what JSON can hold", lambda app: app.step("ask").prints_json(float("nan"))
    yield "numbers of runs", lambda app: app.step("ask").prints_different(True, among=["a"])
    yield "numbers of runs", lambda app: app.step("ask").prints_different(2, "3", among=["a"])
    yield "0 different lines", lambda app: app.step("ask").prints_different(0, among=["a"])
    yield "2 runs cannot give 3", lambda app: app.step("ask").prints_different(3, 2, among=["a"])
    yield "takes kinds such as", lambda app: app.step("ask").leaves_nothing("")


@pytest.mark.parametrize(("says", "use"), list(misuses()))
def test_misuse_is_refused(cluster: Fake, says: str, use: Use) -> None:
    with pytest.raises(UsageError, match=says):
        use(solved(cluster, "web-1"))
