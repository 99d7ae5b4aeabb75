"""Faults disturb what they say, and heal it whatever happens inside."""

from __future__ import annotations

import pytest
from made import NS, deploy, expose, pod

from checks import CheckFailed, GraderError, Pod, Service, Solution, UsageError, faults
from checks.fake import Fake
from checks.objects import labels

FRONT = {"tier": "front"}


@pytest.fixture
def blue(cluster: Fake) -> Pod:
    """A pod of Deployment `blue`, with a label that only the Service asks for."""
    (obj,) = deploy(cluster, "blue", labels=FRONT)
    return Pod.of(cluster, obj)


@pytest.fixture
def web(cluster: Fake, app: Solution, blue: Pod) -> Service:
    """The Service in front of it."""
    expose(cluster, "web", {"app": "blue", **FRONT})
    return app.service("web")


def carried(item: Pod) -> dict[str, str]:
    """Return the pod's labels."""
    return dict(labels(item.get() or {}))


def test_out_of_rotation_takes_the_label_that_the_owner_does_not_need(blue: Pod, web: Service) -> None:
    with faults.out_of_rotation(blue, web):
        assert carried(blue) == {"app": "blue"}
    assert carried(blue) == {"app": "blue", **FRONT}


@pytest.mark.parametrize("error", [CheckFailed, GraderError, KeyboardInterrupt, ZeroDivisionError])
def test_out_of_rotation_heals_when_the_body_raises(
    blue: Pod, web: Service, error: type[BaseException]
) -> None:
    with pytest.raises(error), faults.out_of_rotation(blue, web):
        raise error
    assert carried(blue) == {"app": "blue", **FRONT}


def test_out_of_rotation_heals_when_nobody_knows_whether_it_began(
    cluster: Fake, blue: Pod, web: Service
) -> None:
    def lose_the_answer(*args: object) -> None:
        monkey.undo()
        cluster.patch(*args)
        raise GraderError("connection reset")

    monkey = pytest.MonkeyPatch()
    monkey.setattr(cluster, "patch", lose_the_answer)
    with pytest.raises(GraderError, match="connection reset"), faults.out_of_rotation(blue, web):
        pytest.fail("the body runs only when the fault is there")
    assert carried(blue) == {"app": "blue", **FRONT}


def test_out_of_rotation_has_nothing_to_heal_on_a_pod_that_is_gone(
    cluster: Fake, blue: Pod, web: Service
) -> None:
    with faults.out_of_rotation(blue, web):
        cluster.remove("Pod", "blue-1", NS)
        cluster.put({**pod("blue-1"), "metadata": {"name": "blue-1", "namespace": NS, "uid": "another"}})
    assert labels(cluster.get("Pod", "blue-1", NS) or {}) == {}


def test_out_of_rotation_works_on_a_pod_that_nobody_owns(cluster: Fake, app: Solution) -> None:
    bare = Pod.of(cluster, cluster.put(pod("bare", labels=FRONT)))
    expose(cluster, "web", FRONT)
    with faults.out_of_rotation(bare, app.service("web")):
        assert carried(bare) == {}
    assert carried(bare) == FRONT


@pytest.mark.parametrize(
    ("selector", "says"),
    [
        ({"app": "green"}, r"found     its selector is app=green"),
        ({}, "found     its selector is empty"),
        ({"app": "blue"}, "because   Deployment|because   ReplicaSet `blue-rs` selects its pods by app"),
    ],
    ids=["not selected", "no selector", "the owner's own label"],
)
def test_out_of_rotation_fails_where_it_is_not_possible(
    cluster: Fake, app: Solution, blue: Pod, selector: dict[str, str], says: str
) -> None:
    expose(cluster, "web", selector)
    before = carried(blue)
    with (
        pytest.raises(CheckFailed, match=says),
        faults.out_of_rotation(blue, app.service("web")),
    ):
        pytest.fail("the body runs only when the fault is there")
    assert carried(blue) == before
    assert "patch" not in cluster.calls


def test_out_of_rotation_needs_the_service(app: Solution, blue: Pod) -> None:
    with pytest.raises(CheckFailed, match="no such Service"):
        faults.out_of_rotation(blue, app.service("web")).__enter__()


def test_labels_that_the_owner_selects_by_expression_are_its_own_too(
    cluster: Fake, app: Solution, blue: Pod, web: Service
) -> None:
    rule = {"key": "tier", "operator": "Exists"}
    cluster.patch("ReplicaSet", "blue-rs", NS, {"spec": {"selector": {"matchExpressions": [rule]}}})
    with pytest.raises(CheckFailed, match="selects its pods by app, tier"):
        faults.out_of_rotation(blue, web).__enter__()


def test_killed_deletes_the_pod_with_a_short_grace(cluster: Fake, blue: Pod) -> None:
    with faults.killed(blue):
        obj = blue.get()
        assert obj
        assert obj["metadata"]["deletionTimestamp"]
        cluster.advance(faults.GRACE)
        blue.is_gone()


@pytest.mark.parametrize("grace", [0, 30], ids=["gone", "going"])
def test_nothing_is_done_to_a_pod_that_is_gone(cluster: Fake, blue: Pod, web: Service, grace: int) -> None:
    cluster.delete("Pod", "blue-1", NS, grace=grace)
    cluster.calls.clear()
    for fault in (faults.killed(blue), faults.out_of_rotation(blue, web)):
        with pytest.raises(CheckFailed, match="blue-1 runs"):
            fault.__enter__()
    assert not {"delete", "patch"} & set(cluster.calls)


class TestScaled:
    """Another number of replicas for a while."""

    def replicas(self, cluster: Fake) -> object:
        """Return how many are asked for."""
        found = cluster.get("Deployment", "blue", NS)
        assert found
        return found["spec"]["replicas"]

    @pytest.mark.parametrize("error", [CheckFailed, KeyboardInterrupt])
    def test_heals_whatever_happens(
        self, cluster: Fake, app: Solution, blue: Pod, error: type[BaseException]
    ) -> None:
        with pytest.raises(error), app.deployment("blue").scaled(to=0):
            raise error
        assert self.replicas(cluster) == 1

    def test_is_there_in_the_body_and_over_after_it(self, cluster: Fake, app: Solution, blue: Pod) -> None:
        with app.deployment("blue").scaled(to=0):
            assert self.replicas(cluster) == 0
        assert self.replicas(cluster) == 1

    def test_heals_when_nobody_knows_whether_it_began(self, cluster: Fake, app: Solution, blue: Pod) -> None:
        cluster.fail("scale", "connection reset")
        with pytest.raises(GraderError), app.deployment("blue").scaled(to=3):
            pytest.fail("the body runs only when the fault is there")
        assert cluster.calls.count("scale") == 2

    def test_of_what_does_not_exist_says_why(self, cluster: Fake, app: Solution, blue: Pod) -> None:
        with pytest.raises(CheckFailed, match="because   there is Deployment `blue`"):
            app.deployment("blu").scaled(to=0).__enter__()

    @pytest.mark.parametrize("to", [-1, True, 1.5, None])
    def test_takes_a_number_of_replicas(self, app: Solution, to: object) -> None:
        with pytest.raises(UsageError, match="a number of replicas"):
            app.deployment("blue").scaled(to=to).__enter__()


@pytest.mark.parametrize(
    "use",
    [
        lambda app: faults.killed(app.deployment("blue")),
        lambda app: faults.out_of_rotation("blue-1", app.service("web")),
        lambda app: faults.out_of_rotation(Pod(app.cluster, NS, "blue-1", "1"), "web"),
    ],
    ids=["a Deployment", "a name of a pod", "a name of a Service"],
)
def test_faults_take_nouns(app: Solution, use) -> None:
    with pytest.raises(UsageError, match="not"):
        use(app).__enter__()
