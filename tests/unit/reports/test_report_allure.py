"""What Allure gets beside its own results; the results themselves are looked at in test_plugin.py."""

from __future__ import annotations

import json
import re

from reports import allure


def properties(text: str) -> dict[str, str]:
    """Read a properties file as Java does, as far as ours goes."""
    pairs = [re.match(r"(\S+?)=(.*)", line).groups() for line in text.splitlines()]
    unescape = re.compile(r"(?:\\u[0-9a-f]{4})+|\\(.)")

    def one(found: re.Match[str]) -> str:
        units = bytes.fromhex(found[0].replace("\\u", "")) if not found[1] else None
        return found[1] if units is None else units.decode("utf-16-be")

    return {key: unescape.sub(one, value) for key, value in pairs}


def test_the_environment_comes_through_a_properties_file(passing, tmp_path):
    passing.environment |= {"engine": "C:\\engine = \u202e\N{GRINNING FACE}", "kubernetes": ""}
    allure.finish(passing, tmp_path / "new")
    text = (tmp_path / "new" / "environment.properties").read_text(encoding="ascii")
    assert properties(text) == {
        "submission": "alice",
        "cluster": "kubeproctor",
        "cluster_uid": "5f0c-11",
        "namespace": "k-7f3a01",
        "engine": "C:\\engine = <U+202E>\N{GRINNING FACE}",
        "kubernetes": "",
    }


def test_hostile_text_adds_no_line_to_the_environment(poisoned, tmp_path):
    allure.finish(poisoned, tmp_path)
    lines = (tmp_path / "environment.properties").read_text(encoding="ascii").splitlines()
    assert [line.partition("=")[0] for line in lines] == ["submission", "cluster", "cluster_uid", "namespace"]


def test_each_status_of_allure_is_called_what_it_means(passing, tmp_path):
    allure.finish(passing, tmp_path)
    named = json.loads((tmp_path / "categories.json").read_text(encoding="utf-8"))
    assert {status: each["name"] for each in named for status in each["matchedStatuses"]} == {
        "failed": "The submission does not do it",
        "broken": "Could not be graded",
        "skipped": "Not reached",
    }
