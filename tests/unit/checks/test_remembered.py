"""What a claim remembers is there for later claims, and is what it was."""

from __future__ import annotations

import pytest

from checks import Deployment, Pod, Solution, UsageError
from checks.fake import Fake


@pytest.fixture
def app() -> Solution:
    return Solution(Fake(), "k-1")


def test_what_was_remembered_is_recalled(app: Solution) -> None:
    pod = Pod(app.cluster, app.namespace, "web-1", uid="u-1")
    app.remember(first=pod)
    app.remember(second="word", third=0)
    kept: Pod = app.recall("first", Pod)
    assert kept is pod
    assert app.recall("first") is pod
    assert (app.recall("second", str), app.recall("third")) == ("word", 0)


def test_what_is_remembered_later_takes_the_place(app: Solution) -> None:
    app.remember(word="old")
    app.remember(word="new")
    assert app.recall("word") == "new"


def test_what_nobody_remembered_is_a_mistake_that_names_what_there_is(app: Solution) -> None:
    with pytest.raises(UsageError) as refused:
        app.recall("pod", Pod)
    assert str(refused.value) == (
        "recall('pod'): kept so far: nothing; write app.remember(pod=…) in a claim that this one needs"
    )
    app.remember(first=1, second=2)
    with pytest.raises(UsageError, match="kept so far: first, second; "):
        app.recall("pod")


def test_what_is_of_another_kind_is_a_mistake(app: Solution) -> None:
    app.remember(web=app.deployment("web"))
    assert isinstance(app.recall("web", Deployment), Deployment)
    with pytest.raises(UsageError) as refused:
        app.recall("web", Pod)
    assert str(refused.value) == "recall('web'): it is <Deployment `web` in k-1>, no Pod"
