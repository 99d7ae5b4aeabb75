"""What ends while it is looked into is looked at again, and is no error of the grader's."""

from __future__ import annotations

import pytest
from made import Lamp

from checks import CheckFailed, GraderError, eventually
from checks.errors import Vanished
from checks.fake import Fake
from checks.noun import check


class Box(Lamp):
    """A noun whose pod ends while it is looked into."""

    until = 5.0
    error: type[GraderError] = Vanished

    @check
    def is_open(self) -> None:
        """The box can be looked into."""
        if self.cluster.now < self.until:
            raise self.error("web-1 ended while we looked")


def test_it_is_read_again(cluster: Fake) -> None:
    eventually(Box(cluster)).is_open()
    assert cluster.now >= Box.until


def test_what_never_stays_is_the_learners(cluster: Fake) -> None:
    box = Box(cluster)
    box.until = 100
    with pytest.raises(CheckFailed) as failure:
        eventually(box).is_open()
    assert failure.value.expected == "Pod `lamp` stays while it is looked into"
    assert failure.value.found == "web-1 ended while we looked"
    assert failure.value.waited.startswith("30 s")


def test_any_other_error_is_ours(cluster: Fake) -> None:
    box = Box(cluster)
    box.error = GraderError
    with pytest.raises(GraderError):
        eventually(box).is_open()
    assert cluster.now == 0
