"""The published schema of the result takes every result, and nothing that is none."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from rich_runs import rich_run

SCHEMA = json.loads((Path(__file__).parents[3] / "docs" / "reference" / "result.schema.json").read_text())


def strict(schema: Any) -> Any:
    """Return the schema as it is for what we write ourselves: no other fields."""
    if isinstance(schema, list):
        return [strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: strict(value) for key, value in schema.items()}
    if "properties" in found:
        found.setdefault("additionalProperties", False)
    return found


ONLY = jsonschema_rs.validator_for(strict(SCHEMA), validate_formats=True)
OPEN = jsonschema_rs.validator_for(SCHEMA, validate_formats=True)


@pytest.mark.parametrize("name", ["passing", "failing"])
def test_every_result_is_as_the_schema_says(request, name):
    ONLY.validate(json.loads(json.dumps(request.getfixturevalue(name).as_data())))


def test_all_that_a_result_can_hold_is_in_the_schema():
    ONLY.validate(json.loads(json.dumps(rich_run().as_data())))


def fields(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(data, dict):
        for key, value in data.items():
            if path != ("environment",) and path != ("timings",):
                yield (*path, key)
            yield from fields(value, (*path, key))
    elif isinstance(data, list):
        for place, value in enumerate(data):
            yield from fields(value, (*path, place))


def test_a_result_without_one_of_its_fields_is_none():
    whole = json.loads(json.dumps(rich_run().as_data()))
    paths = list(fields(whole))
    assert len(paths) > 200
    for *path, last in paths:
        broken = copy.deepcopy(whole)
        place = broken
        for step in path:
            place = place[step]
        del place[last]
        assert not OPEN.is_valid(broken), (*path, last)


def test_what_a_newer_program_adds_is_passed_over(failing):
    data = json.loads(json.dumps(failing.as_data()))
    data["claims"][0]["new"] = data["new"] = 1
    OPEN.validate(data)
    data["version"] = 2
    assert not OPEN.is_valid(data)
