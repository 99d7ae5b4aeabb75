"""Matchers hold for all objects: what an object has matches it, and what it lacks is named by its path."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from checks import ABSENT
from checks.objects import selected
from checks.things import differences

KEYS = st.sampled_from(["name", "image", "port", "spec", "labels"])
LEAVES = st.integers(0, 3) | st.sampled_from(["web", "db", ""]) | st.booleans()
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)
OBJECTS = st.dictionaries(KEYS, VALUES, min_size=1, max_size=4)
LABELS = st.dictionaries(st.sampled_from("ab"), st.sampled_from("xy"))
many = settings(max_examples=60, database=None, deadline=None)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths of what is no mapping, through mappings alone: lists may find another item."""
    if isinstance(value, dict):
        return [each for key, inner in value.items() for each in leaves(inner, (*path, key))]
    return [path]


@many
@given(OBJECTS)
def test_an_object_matches_itself_and_what_is_left_of_it(found: dict[str, Any]) -> None:
    assert differences(found, found) == []
    for key in found:
        part = {other: value for other, value in found.items() if other != key}
        assert part == {} or differences(part, found) == []  # {} asks for an empty mapping
        assert {each.path[0] for each in differences(found, part)} == {key}


@many
@given(OBJECTS, st.data())
def test_what_is_changed_is_named_by_its_path(found: dict[str, Any], data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(leaves(found) or [()]))
    assume(path)
    wanted = copy.deepcopy(found)
    inside = wanted
    for key in path[:-1]:
        inside = inside[key]
    inside[path[-1]] = "something else"
    assert [each.path for each in differences(wanted, found)] == [path]
    inside[path[-1]] = ABSENT
    assert [each.path for each in differences(wanted, found)] == [path]


@many
@given(LABELS, st.sampled_from("ab"), st.lists(st.sampled_from("xy"), min_size=1))
def test_an_expression_and_its_opposite_divide_all_objects(
    labels: dict[str, str], key: str, values: list[str]
) -> None:
    obj = {"metadata": {"labels": labels}}

    def takes(operator: str, **rule: list[str]) -> bool:
        return selected(obj, {"matchExpressions": [{"key": key, "operator": operator, **rule}]})

    assert takes("In", values=values) is (labels.get(key) in values)
    assert takes("NotIn", values=values) is not takes("In", values=values)
    assert takes("Exists") is (key in labels)
    assert takes("DoesNotExist") is not takes("Exists")


@many
@given(LABELS, LABELS, st.sampled_from("ab"))
def test_all_that_a_selector_asks_for_has_to_be_there(
    labels: dict[str, str], asked: dict[str, str], key: str
) -> None:
    obj = {"metadata": {"labels": labels}}
    assert selected(obj, {"matchLabels": asked}) is (asked.items() <= labels.items())
    both = {"matchLabels": asked, "matchExpressions": [{"key": key, "operator": "Exists"}]}
    assert selected(obj, both) is (asked.items() <= labels.items() and key in labels)
    assert selected(obj, {})
