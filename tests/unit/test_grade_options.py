"""What is asked of `kubeproctor grade` reaches the grade of each submission, also when there are several."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.errors import UsageError
from kubeproctor.grade import Options, grade, run

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


def test_a_policy_with_an_unknown_claim_is_refused_before_anything_is_graded(tmp_path: Path) -> None:
    (rules := tmp_path / "policy.toml").write_text('[claims.test_each_answer]\nvisibility = "hidden"\n')
    options = Options("custom-load-balancing", output=tmp_path / "results", rules=rules)
    with pytest.raises(UsageError, match="'test_each_answer'"):
        run([str(tmp_path)], options)
    assert not options.output.exists()
