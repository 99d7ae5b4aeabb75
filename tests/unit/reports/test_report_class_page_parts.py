"""The parts of the page about a class: which failures are one, and how high a bar is."""

from __future__ import annotations

import pytest

from reports.exporters.class_page.clusters import LINES, Clusters, reason
from reports.exporters.class_page.histogram import histogram
from reports.model import Cause


def messages(*texts: str, names: tuple[str, ...] = ()) -> list[list[str]]:
    """Return the messages of the clusters of texts that one claim failed with."""
    clusters = Clusters(names)
    for member, text in enumerate(texts):
        clusters.add(member, "test_web", text)
    return [each.message for each in clusters.ordered()]


@pytest.mark.parametrize(
    ("one", "other", "shown"),
    [
        ("web-5b8677dc4f-ccr69 is Ready", "web-6c56f6949c-vbt75 is Ready", "web-… is Ready"),
        ("every-node-gsd9b is left", "every-node-vnrx2 is left", "every-node-gsd9b or vnrx2 is left"),
        ("there is Pod `app` in k-7f3a01", "there is Pod `my-app` in k-83230c",
         "there is Pod `app` or `my-app` in k-…"),
        ("10.96.0.10 refuses", "10.96.3.4 refuses", "10.… refuses"),
        ("192.168.1.10:80 refuses", "192.168.2.7:80 refuses", "192.168.2.7:80 or 192.168.1.10:80 refuses"),
        ("fd00:10::1 refuses", "fd00:10::2 refuses", "fd00:10::1 or fd00:10::2 refuses"),
        ("HTTP 404", "HTTP 403", "HTTP 403 or 404"),
        ("it took 4m50s", "it took 37s", "it took 37 or 4m50s"),
        ("uid 822573e7-29db-4782-b881-b533a59de498", "uid 5f0c11aa-0000-4782-b881-b533a59de498",
         "uid …"),
        ("web-ccr69-x\nweb-vbt75-x", "web-gsd9b-x", "web-ccr69 or gsd9b or vbt75-x"),
    ],
)  # fmt: skip
def test_what_differs_from_run_to_run_does_not_part_equal_failures(one, other, shown):
    assert messages(one, other) == [[shown]]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("no such Service", "no such Deployment"),
        ("it uses v1.37", "it uses v1.36"),
        ("`v1-nginx` has no label", "`v2-apache` has no label"),
        ("0 of 1 available", "0 of 1 available\nit does not stay up"),
        ("same\n" * 20 + "error", "same\n" * 20 + "warning"),
    ],
)
def test_what_says_something_else_is_another_failure(one, other):
    assert len(messages(one, other, names=("v1-nginx", "v2-apache"))) == 2


def test_equal_failures_of_two_claims_are_two():
    clusters = Clusters()
    clusters.add(0, "test_web", "no such Service")
    clusters.add(1, "test_db", "no such Service")
    assert [(each.claim, each.members) for each in clusters.ordered()] == [
        ("test_web", [0]),
        ("test_db", [1]),
    ]


def test_the_largest_is_first_and_counts_a_submission_once():
    clusters = Clusters()
    for member, text in [(0, "a"), (1, "b"), (2, "b"), (2, "b")]:
        clusters.add(member, "test_web", text)
    assert [each.members for each in clusters.ordered()] == [[1, 2], [0]]


def test_many_values_are_not_told_one_by_one():
    assert messages("HTTP 500", "HTTP 501", "HTTP 502") == [["HTTP 500 or 501 or 502"]]
    assert messages("HTTP 500", "HTTP 501", "HTTP 502", "HTTP 503") == [["HTTP …"]]


def test_a_long_message_is_read_from_its_beginning():
    [message] = messages("\n".join(f"line {'x' * number}" for number in range(50)))
    assert len(message) == LINES
    assert messages("x" * 5000 + "a", "x" * 5000 + "b") == [["x" * 1000]]


@pytest.mark.parametrize(
    ("cause", "text"),
    [
        (Cause(expected="e", found="f", because="b", hint="h"), "b"),
        (Cause(expected="e", found="f", hint="h"), "f"),
        (Cause(expected="e", hint="h"), "e"),
        (None, ""),
    ],
)
def test_the_reason_is_what_tells_best(cause, text):
    assert reason(cause) == text


@pytest.mark.parametrize(
    ("share", "label"),
    [(0, "0–9"), (0.0999, "0–9"), (0.1, "10–19"), (0.7, "70–79"), (0.1 + 0.7, "80–89"), (0.999, "90–99"),
     (1, "100"), (1.2, "100")],
)  # fmt: skip
def test_a_share_is_in_the_bar_that_its_label_names(share, label):
    assert [bar.label for bar in histogram([share]).bars if bar.count] == [label]


def test_bars_are_as_high_as_they_count_and_stand_on_one_line():
    bars = histogram([0, 0, 1]).bars
    assert bars[0].height == 2 * bars[-1].height > 0
    assert {round(bar.y + bar.height, 1) for bar in bars} == {168}
    assert [bar.height for bar in histogram([]).bars] == [0] * 11
