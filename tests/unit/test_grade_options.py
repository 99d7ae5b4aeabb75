"""What is asked of `kubeproctor grade` reaches the grade of each submission, also when there are several."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubeproctor.grade import Options, grade

EVERYTHING = Options(
    assignment="web",
    cluster="kind:mine",
    form="commands",
    output=Path("there"),
    patience=2.5,
    hints=3,
    exitfirst=True,
)


@pytest.mark.parametrize("options", [Options("web"), EVERYTHING])
def test_options_read_as_they_are_written(options: Options) -> None:
    context = grade.make_context("grade", [*options.as_words(), "a", "b"])
    del context.params["submissions"], context.params["jobs"]
    assert Options(**context.params) == options
