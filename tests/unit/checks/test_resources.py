"""Quantities by their value, and the objects that bound a namespace."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from made import meta

from checks import CheckFailed, Solution, UsageError, eventually
from checks.fake import Fake
from checks.quantities import quantity
from checks.resources import Quota

POWERS = {
    "": Fraction(1), "n": Fraction(1, 10**9), "u": Fraction(1, 10**6), "m": Fraction(1, 1000),
    "k": Fraction(10**3), "M": Fraction(10**6), "G": Fraction(10**9), "T": Fraction(10**12),
    "P": Fraction(10**15), "E": Fraction(10**18),
    "Ki": Fraction(2**10), "Mi": Fraction(2**20), "Gi": Fraction(2**30), "Ti": Fraction(2**40),
    "Pi": Fraction(2**50), "Ei": Fraction(2**60),
}  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("500m", "0.5"),
        ("1Gi", "1024Mi"),
        ("1.5Gi", "1536Mi"),
        ("1e3", "1k"),
        ("1E3", "1000"),
        ("1E", "1e18"),
        ("2E-3", "2m"),
        ("+1.", ".1e1"),
        ("-0", "0n"),
        ("0.1", 0.1),
        ("2", 2),
        ("1000000000000000000000n", "1T"),
    ],
)
def test_the_same_amount_is_written_in_many_ways(one: Any, other: Any) -> None:
    assert quantity(one) is not None
    assert quantity(one) == quantity(other)


@pytest.mark.parametrize(
    "text",
    ["", " 1", "1 ", "1\n", ".", "-", "m", "1K", "1ki", "1mi", "1Mib", "1MiB", "1e", "1e1.5", "1 Gi", "1,5",
     "--1", "1.2.3", "0x10", "٣", "NaN", "inf", "1_000", "1e9999999999", "9" * 101, None, True, float("nan"),
     float("inf"), ["1"], {}],
)  # fmt: skip
def test_what_is_no_quantity_has_no_value(text: object) -> None:
    assert quantity(text) is None


def test_a_number_that_python_would_not_write_has_no_value() -> None:
    assert quantity(10**5000) is None


@settings(max_examples=100, database=None, deadline=None)
@given(
    st.sampled_from(["", "+", "-"]),
    st.integers(0, 10**30),
    st.integers(0, 20),
    st.sampled_from(sorted(POWERS)),
)
@example("-", 1, 20, "Ei")
@example("", 10**30 - 1, 0, "Ei")
def test_the_value_is_exact(sign: str, digits: int, places: int, suffix: str) -> None:
    text = str(digits).rjust(places + 1, "0")
    number = f"{text[: len(text) - places]}.{text[len(text) - places :]}" if places else text
    value = Fraction(digits, 10**places) * POWERS[suffix] * (-1 if sign == "-" else 1)
    assert Fraction(quantity(sign + number + suffix) or Decimal(0)) == value


@settings(max_examples=100, database=None, deadline=None)
@given(st.text(st.sampled_from("0123456789.+-eEinumkKMGTP ٣\n")))
def test_no_text_is_too_strange(text: str) -> None:
    value = quantity(text)
    assert value is None or value.is_finite()


def quota(cluster: Fake, hard: Any, status: Any = None, **spec: Any) -> None:
    """Put a quota; it is in force unless a status says otherwise."""
    status = {"hard": hard} if status is None else status
    obj = {"kind": "ResourceQuota", "metadata": meta("ResourceQuota", "team"), "status": status}
    cluster.put({**obj, "spec": {"hard": hard, **spec}})


def limit_range(cluster: Fake, *limits: Any) -> None:
    """Put a LimitRange."""
    cluster.put(
        {"kind": "LimitRange", "metadata": meta("LimitRange", "usual"), "spec": {"limits": list(limits)}}
    )


def fails(use: Callable[[], object]) -> list[str]:
    """Return the message of a claim that is false."""
    with pytest.raises(CheckFailed) as failure:
        use()
    failure.value.read_cause()
    return str(failure.value).splitlines()


class TestQuota:
    """A ResourceQuota and what it allows."""

    def test_amounts_in_force_pass(self, cluster: Fake, app: Solution) -> None:
        quota(cluster, {"pods": "10", "requests.cpu": "2", "requests.memory": "1Gi"})
        app.quota("team").limits({"requests.cpu": "2000m", "requests.memory": "1024Mi"}, pods=10)
        app.quota("team").exists()

    @pytest.mark.parametrize("resource", ["cpu", "memory", "ephemeral-storage"])
    def test_requests_go_by_two_names(self, cluster: Fake, app: Solution, resource: str) -> None:
        for has, asked in [(resource, f"requests.{resource}"), (f"requests.{resource}", resource)]:
            quota(cluster, {has: "2"})
            app.quota("team").limits({asked: "2"})
            with pytest.raises(CheckFailed, match=f"found     {asked}: 2"):
                app.quota("team").limits({asked: "3"})
            with pytest.raises(CheckFailed, match="absent"):
                app.quota("team").limits({f"limits.{resource}": "2"})
            quota(cluster, {has: "2"}, {"hard": {has: "1"}})
            with pytest.raises(CheckFailed, match=f"in force[^\0]*found     {asked}: 1"):
                app.quota("team").limits({asked: "2"})

    def test_of_two_names_that_differ_each_says_its_own(self, cluster: Fake, app: Solution) -> None:
        quota(cluster, {"cpu": "1", "requests.cpu": "2"})
        app.quota("team").limits({"cpu": "1", "requests.cpu": "2"})

    def test_what_is_asked_for_otherwise_has_one_name(self, cluster: Fake, app: Solution) -> None:
        quota(cluster, {"requests.storage": "1Gi", "pods": "1"})
        for resource in ("storage", "requests.pods"):
            with pytest.raises(CheckFailed, match=f"{resource}: absent"):
                app.quota("team").limits({resource: "1"})

    def test_other_amounts_and_absent_ones_fail(self, cluster: Fake, app: Solution) -> None:
        quota(cluster, {"pods": "0", "services": "5"})
        assert fails(lambda: app.quota("team").limits({"pods": "10"}, secrets=0, services=5)) == [
            "    expected  pods: 10",
            "              secrets: 0",
            "    found     pods: 0",
            "              secrets: absent",
            "    look at   kubectl -n k-1 get resourcequota team -o yaml",
        ]

    @pytest.mark.parametrize("status", [{}, {"hard": None}, {"hard": {"pods": "5"}}])
    def test_what_is_not_in_force_fails(self, cluster: Fake, app: Solution, status: Any) -> None:
        quota(cluster, {"pods": "10"}, status)
        found = "5" if status.get("hard") else "absent"
        assert fails(lambda: app.quota("team").limits(pods="10")) == [
            "    expected  in force (status.hard):",
            "              pods: 10",
            f"    found     pods: {found}",
            "    look at   kubectl -n k-1 get resourcequota team -o yaml",
        ]

    def test_it_comes_into_force_in_its_time(self, cluster: Fake, app: Solution) -> None:
        quota(cluster, {"pods": "10"}, {})
        cluster.at(20, lambda: quota(cluster, {"pods": "10"}))
        eventually(app.quota("team")).limits(pods=10)
        with pytest.raises(CheckFailed, match="settled"):
            eventually(app.quota("team")).limits(pods=11)
        assert cluster.now < 20 + Quota.patience / 2

    @pytest.mark.parametrize(
        "spec",
        [
            {"scopes": ["BestEffort"]},
            {"scopeSelector": {"matchExpressions": [{"scopeName": "BestEffort", "operator": "Exists"}]}},
        ],
    )
    def test_one_for_some_pods_only_fails(self, cluster: Fake, app: Solution, spec: Any) -> None:
        quota(cluster, {"pods": "10"}, **spec)
        assert fails(lambda: app.quota("team").limits(pods=10)) == [
            "    expected  limits for all pods",
            "    found     only those of scope BestEffort",
            "    look at   kubectl -n k-1 get resourcequota team -o yaml",
        ]

    @pytest.mark.parametrize("spec", [{}, {"spec": {"hard": None}}])
    def test_one_without_fields_fails(self, cluster: Fake, app: Solution, spec: Any) -> None:
        cluster.put({"kind": "ResourceQuota", "metadata": meta("ResourceQuota", "team"), **spec})
        assert "    found     pods: absent" in fails(lambda: app.quota("team").limits(pods=0))

    def test_an_empty_namespace_fails(self, app: Solution) -> None:
        assert fails(lambda: app.quota("team").limits(pods=0)) == [
            "    expected  ResourceQuota `team` exists",
            "    found     no such ResourceQuota",
            "    look at   kubectl -n k-1 get resourcequota",
        ]


class TestLimitRange:
    """A LimitRange and what it gives."""

    def test_defaults_pass(self, cluster: Fake, app: Solution) -> None:
        limits = {"cpu": "500m", "memory": "256Mi"}
        limit_range(
            cluster,
            {"type": "Pod", "max": {"cpu": "4"}},
            {"type": "Container", "default": limits, "defaultRequest": {"cpu": "100m"}},
        )
        app.limit_range("usual").defaults(container={"cpu": "0.5"}, requests={"cpu": "0.1"})
        app.limit_range("usual").exists()

    def test_other_amounts_and_absent_ones_fail(self, cluster: Fake, app: Solution) -> None:
        limit_range(cluster, {"type": "Container", "default": {"cpu": "1"}, "max": {"memory": "1Gi"}})
        usual = app.limit_range("usual")
        assert fails(
            lambda: usual.defaults(container={"cpu": "2", "memory": "1Gi"}, requests={"cpu": "1"})
        ) == [
            "    expected  default.cpu: 2",
            "              default.memory: 1Gi",
            "              defaultRequest.cpu: 1",
            "    found     default.cpu: 1",
            "              default.memory: absent",
            "              defaultRequest.cpu: absent",
            "    look at   kubectl -n k-1 get limitrange usual -o yaml",
        ]

    @pytest.mark.parametrize("limits", [[], [{"type": "Pod", "default": {"cpu": "1"}}]])
    def test_a_limit_of_another_type_is_none(self, cluster: Fake, app: Solution, limits: Any) -> None:
        limit_range(cluster, *limits)
        assert fails(lambda: app.limit_range("usual").defaults(container={"cpu": "1"})) == [
            "    expected  a limit of type Container",
            "    found     there is none",
            "    look at   kubectl -n k-1 get limitrange usual -o yaml",
        ]

    def test_an_empty_namespace_fails(self, app: Solution) -> None:
        assert fails(lambda: app.limit_range("usual").defaults(container={"cpu": "1"})) == [
            "    expected  LimitRange `usual` exists",
            "    found     no such LimitRange",
            "    look at   kubectl -n k-1 get limitrange",
        ]


@pytest.mark.parametrize(
    ("use", "says"),
    [
        (lambda app: app.quota(""), "needs a name"),
        (lambda app: app.quota("team").limits(), "needs an amount"),
        (lambda app: app.quota("team").limits({}), "needs an amount"),
        (lambda app: app.quota("team").limits(pods="many"), "pods is an amount"),
        (lambda app: app.quota("team").limits(pods=True), "pods is an amount"),
        (lambda app: app.limit_range("usual").defaults(), "needs an amount"),
        (lambda app: app.limit_range("usual").defaults(requests={"cpu": "1K"}), "defaultRequest.cpu is an"),
    ],
)
def test_misuse_is_refused_before_anything_is_read(
    cluster: Fake, app: Solution, use: Callable[[Solution], object], says: str
) -> None:
    with pytest.raises(UsageError, match=says):
        use(app)
    assert cluster.calls == []
