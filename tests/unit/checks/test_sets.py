"""What is true of ReplicaSets, StatefulSets and DaemonSets, and of a Deployment's revisions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from made import (
    NS,
    change,
    daemon_set,
    deploy,
    meta,
    node,
    on,
    pod,
    replica_set,
    second,
    stateful_pod,
    stateful_set,
    told,
    waiting,
)

from checks import CheckFailed, Hopeless, Pod, Solution, UsageError
from checks.fake import Fake

Use = Callable[[Solution], object]
NOT_READY = [{"type": "Ready", "status": "False"}]
CONTROL_PLANE = "node-role.kubernetes.io/control-plane:NoSchedule"


def gone(app: Solution) -> Pod:
    """Return a pod that was there."""
    return Pod(app.cluster, NS, "web-1", "Pod-web-1")


@pytest.mark.parametrize(
    "use",
    [
        lambda app: app.replica_set("web").rolled_out(),
        lambda app: app.replica_set("web").replaces(gone(app)),
        lambda app: app.stateful_set("web").rolled_out(),
        lambda app: app.stateful_set("web").starts_in_order(),
        lambda app: app.stateful_set("web").replaces(gone(app)),
        lambda app: app.stateful_set("web").runs_image("nginx"),
        lambda app: app.stateful_set("web").selects_exactly(app="web"),
        lambda app: app.stateful_set("web").template_carries(app="web"),
        lambda app: app.daemon_set("web").rolled_out(),
        lambda app: app.daemon_set("web").runs_on_each_node(),
        lambda app: app.daemon_set("web").runs_on("worker"),
        lambda app: app.deployment("web").keeps_revisions(1),
        lambda app: app.deployment("web").has_template_of(1),
        lambda app: gone(app).is_ready(),
        lambda app: app.pod("web-1"),
    ],
)
@pytest.mark.parametrize("bare", [False, True], ids=["empty namespace", "bare objects"])
def test_nothing_passes_for_want_of_something_to_look_at(
    cluster: Fake, app: Solution, use: Use, bare: bool
) -> None:
    for kind in ("ReplicaSet", "StatefulSet", "DaemonSet", "Deployment") if bare else ():
        cluster.put({"kind": kind, "metadata": meta(kind, "web"), "spec": None, "status": None})
    if bare:
        node(cluster, "worker")
    assert "look at   kubectl -n k-1 " in told(lambda: use(app))


@pytest.mark.parametrize("noun", ["replica_set", "stateful_set"])
def test_nothing_is_scaled_that_is_not_there(cluster: Fake, app: Solution, noun: str) -> None:
    assert "found     no such" in told(lambda: getattr(app, noun)("web").scaled(to=2).__enter__())
    assert "scale" not in cluster.calls


class TestReplicaSet:
    """A number of pods that are alike."""

    def test_that_is_right_passes(self, cluster: Fake, app: Solution) -> None:
        replica_set(cluster, "web")
        web = app.replica_set("web")
        web.rolled_out()
        web.runs_image("nginx")
        web.selects_exactly(app="web")
        assert [item.name for item in web.pods] == ["web-1", "web-2"]

    @pytest.mark.parametrize(
        ("parts", "found"),
        [
            ({"spec": {"replicas": 0}}, "0 replicas are asked for"),
            ({"status": {"replicas": 3}}, "3 there, 2 asked for"),
            ({"status": {"availableReplicas": None}}, "0 of 2 available"),
        ],
        ids=["zero", "too many", "unavailable"],
    )
    def test_that_is_not_done_fails(self, cluster: Fake, app: Solution, parts: Any, found: str) -> None:
        replica_set(cluster, "web")
        change(cluster, "ReplicaSet", "web", **parts)
        with pytest.raises(CheckFailed) as failure:
            app.replica_set("web").rolled_out()
        assert failure.value.found == found

    def test_says_what_its_pods_wait_for(self, cluster: Fake, app: Solution) -> None:
        replica_set(cluster, "web")
        owner = cluster.get("ReplicaSet", "web", NS)
        state = waiting("ImagePullBackOff", "nginx:nope: not found")
        cluster.put(pod("web-2", owner=owner, ready=False, state=state))
        change(cluster, "ReplicaSet", "web", status={"availableReplicas": 1})
        assert told(app.replica_set("web").rolled_out) == (
            "expected  2 replicas available\n"
            "found     1 of 2 available\n"
            "because   web-2 cannot get image `nginx`: nginx:nope: not found\n"
            "look at   kubectl -n k-1 describe replicaset web"
        )
        with pytest.raises(Hopeless):
            app.replica_set("web").rolled_out()

    def test_replaces_a_pod_by_any_other(self, cluster: Fake, app: Solution) -> None:
        old = Pod.of(cluster, replica_set(cluster, "web")[0])
        web = app.replica_set("web")
        cluster.remove("Pod", "web-1", NS)
        assert told(lambda: web.replaces(old)) == (
            "expected  2 Ready pods of ReplicaSet `web` in place of web-1\n"
            "found     1 of 2 Ready\n"
            "look at   kubectl -n k-1 get pods"
        )
        cluster.put(pod("web-3", owner=cluster.get("ReplicaSet", "web", NS)))
        web.replaces(old)

    def test_is_scaled_and_scaled_back(self, cluster: Fake, app: Solution) -> None:
        replica_set(cluster, "web")
        with app.replica_set("web").scaled(to=0):
            assert cluster.get("ReplicaSet", "web", NS)["spec"]["replicas"] == 0
        assert cluster.get("ReplicaSet", "web", NS)["spec"]["replicas"] == 2


def partition(number: int) -> dict[str, Any]:
    """Return an update strategy that leaves the first pods as they are."""
    return {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": number}}}


class TestStatefulSet:
    """Pods that have numbers."""

    def test_that_is_right_passes(self, cluster: Fake, app: Solution) -> None:
        stateful_set(cluster, "db")
        db = app.stateful_set("db")
        db.rolled_out()
        db.starts_in_order()
        db.runs_image("nginx")
        db.selects_exactly(app="db")

    @pytest.mark.parametrize(
        ("spec", "status", "found"),
        [
            ({"replicas": 0}, {}, "0 replicas are asked for"),
            ({}, {"readyReplicas": 2}, "2 of 3 Ready"),
            ({}, {"readyReplicas": None}, "0 of 3 Ready"),
            ({}, {"updatedReplicas": 1}, "1 of 3 made from the present template"),
            (partition(2), {"updatedReplicas": 0}, "0 of 1 made from the present template"),
            ({}, {"replicas": 4}, "4 there, 3 asked for"),
            ({}, {"availableReplicas": 1}, "1 of 3 available"),
            ({}, {"updateRevision": "db-7c4"}, "revision db-5b9 is not replaced by db-7c4 yet"),
        ],
        ids=["zero", "not ready", "no count", "updating", "partition", "too many", "unavailable", "revision"],
    )
    def test_that_is_not_done_fails(
        self, cluster: Fake, app: Solution, spec: Any, status: Any, found: str
    ) -> None:
        stateful_set(cluster, "db")
        change(cluster, "StatefulSet", "db", spec=spec, status=status)
        with pytest.raises(CheckFailed) as failure:
            app.stateful_set("db").rolled_out()
        assert failure.value.found == found

    def test_is_not_judged_before_its_controller_has_seen_it(self, cluster: Fake, app: Solution) -> None:
        stateful_set(cluster, "db")
        cluster.patch("StatefulSet", "db", NS, {"spec": {"serviceName": "db"}})
        with pytest.raises(CheckFailed, match="the change is not taken up yet"):
            app.stateful_set("db").rolled_out()

    @pytest.mark.parametrize(
        ("spec", "status"),
        [
            (partition(2), {"updatedReplicas": 1, "updateRevision": "db-7c4"}),
            (partition(5), {"updatedReplicas": 0, "updateRevision": "db-7c4"}),
            ({"updateStrategy": {"type": "OnDelete"}}, {"updateRevision": "db-7c4"}),
        ],
        ids=["partition", "partition above all", "all deleted by hand"],
    )
    def test_keeps_old_pods_where_its_strategy_says_so(
        self, cluster: Fake, app: Solution, spec: Any, status: Any
    ) -> None:
        stateful_set(cluster, "db")
        change(cluster, "StatefulSet", "db", spec=spec, status=status)
        app.stateful_set("db").rolled_out()

    def test_says_that_nobody_deletes_its_pods(self, cluster: Fake, app: Solution) -> None:
        stateful_set(cluster, "db", updateStrategy={"type": "OnDelete"})
        change(cluster, "StatefulSet", "db", status={"updatedReplicas": 1})
        assert told(app.stateful_set("db").rolled_out) == (
            "expected  3 replicas available, of the present template only\n"
            "found     1 of 3 made from the present template\n"
            "because   updateStrategy is OnDelete: "
            "a pod gets the present template only when somebody deletes it\n"
            "look at   kubectl -n k-1 rollout status statefulset db"
        )

    def test_says_what_the_cluster_refuses_it(self, cluster: Fake, app: Solution) -> None:
        stateful_set(cluster, "db", 0)
        change(cluster, "StatefulSet", "db", spec={"replicas": 3, **partition(1)})
        about, message = {"uid": "StatefulSet-db"}, "create Pod db-0 failed: exceeded quota: sandbox"
        event = {"reason": "FailedCreate", "involvedObject": about, "message": message}
        cluster.put({"kind": "Event", "metadata": meta("Event", "db.1"), **event})
        assert told(app.stateful_set("db").rolled_out) == (
            "expected  3 replicas available, 2 of them of the present template\n"
            "found     0 of 3 Ready\n"
            "because   the cluster refuses to create its pods: "
            "create Pod db-0 failed: exceeded quota: sandbox\n"
            "look at   kubectl -n k-1 rollout status statefulset db"
        )

    @pytest.mark.parametrize("apart", [4, 5], ids=["in the same second", "later"])
    def test_starts_in_order_when_each_waits_for_the_one_before(
        self, cluster: Fake, app: Solution, apart: int
    ) -> None:
        stateful_set(cluster, "db", apart=apart, ordinals={"start": 0})
        app.stateful_set("db").starts_in_order()

    def test_names_begin_where_the_set_says(self, cluster: Fake, app: Solution) -> None:
        stateful_set(cluster, "db", ordinals={"start": 1})
        with pytest.raises(CheckFailed, match="there is no db-3"):
            app.stateful_set("db").starts_in_order()

    def test_starts_side_by_side_out_of_order(self, cluster: Fake, app: Solution) -> None:
        stateful_set(cluster, "db", apart=0, podManagementPolicy="Parallel")
        assert told(app.stateful_set("db").starts_in_order) == (
            "expected  db-0 before db-1 before db-2, each made when the one before it is Ready\n"
            "found     db-1 was made at 2026-01-01T00:00:00Z, db-0 is Ready since 2026-01-01T00:00:04Z\n"
            "because   podManagementPolicy is Parallel: no pod waits for another\n"
            "look at   kubectl -n k-1 get pods --sort-by=.metadata.creationTimestamp"
        )

    def test_a_pod_of_somebody_else_is_none_of_them(self, cluster: Fake, app: Solution) -> None:
        *_, last = stateful_set(cluster, "db")
        cluster.put({**last, "metadata": {**last["metadata"], "ownerReferences": []}})
        with pytest.raises(CheckFailed, match="there is no db-2"):
            app.stateful_set("db").starts_in_order()

    @pytest.mark.parametrize(
        ("count", "found"), [(0, "0 replicas are asked for"), (1, "1 replica is asked for")]
    )
    def test_fewer_than_two_pods_have_no_order(
        self, cluster: Fake, app: Solution, count: int, found: str
    ) -> None:
        stateful_set(cluster, "db", count)
        with pytest.raises(CheckFailed) as failure:
            app.stateful_set("db").starts_in_order()
        assert failure.value.expected == "2 replicas or more, one after the other"
        assert failure.value.found == found

    def test_order_is_not_seen_when_a_pod_is_not_ready_or_does_not_say_since_when(
        self, cluster: Fake, app: Solution
    ) -> None:
        stateful_set(cluster, "db")
        cluster.patch("Pod", "db-0", NS, {"status": {"conditions": NOT_READY}})
        with pytest.raises(CheckFailed, match="db-0 is not Ready, db-1 is there"):
            app.stateful_set("db").starts_in_order()
        since = [{"type": "Ready", "status": "True"}]
        cluster.patch("Pod", "db-0", NS, {"status": {"conditions": since}})
        with pytest.raises(CheckFailed, match=r"db-0 is Ready since \?"):
            app.stateful_set("db").starts_in_order()

    def test_says_which_pods_times_are_not_of_the_first_start(self, cluster: Fake, app: Solution) -> None:
        stateful_set(cluster, "db")
        owner = cluster.get("StatefulSet", "db", NS)
        cluster.remove("Pod", "db-0", NS)
        stateful_pod(cluster, owner, 0, made=60)
        since = [{"type": "Ready", "status": "True", "lastTransitionTime": second(70)}]
        again = {"containerStatuses": [{"name": "main", "restartCount": 1}], "conditions": since}
        cluster.patch("Pod", "db-1", NS, {"status": again})
        assert told(app.stateful_set("db").starts_in_order) == (
            "expected  db-0 before db-1 before db-2, each made when the one before it is Ready\n"
            "found     db-1 was made at 2026-01-01T00:00:05Z, db-0 is Ready since 2026-01-01T00:01:04Z\n"
            "because   db-0 was made again at 2026-01-01T00:01:00Z, after db-1\n"
            "          db-1 was restarted, and is Ready only since then\n"
            "look at   kubectl -n k-1 get pods --sort-by=.metadata.creationTimestamp"
        )

    def test_replaces_a_pod_by_one_of_its_name(self, cluster: Fake, app: Solution) -> None:
        old = Pod.of(cluster, stateful_set(cluster, "db")[1])
        db = app.stateful_set("db")
        with pytest.raises(CheckFailed, match="db-1 is still Ready"):
            db.replaces(old)
        cluster.remove("Pod", "db-1", NS)
        change(cluster, "StatefulSet", "db", spec={"replicas": 2})
        assert told(lambda: db.replaces(old)) == (
            "expected  another pod db-1, and 2 Ready pods of StatefulSet `db`\n"
            "found     no other pod db-1 is Ready\n"
            "look at   kubectl -n k-1 get pods"
        )
        stateful_pod(cluster, cluster.get("StatefulSet", "db", NS), 1, made=60, uid="another")
        db.replaces(old)
        change(cluster, "StatefulSet", "db", spec={"replicas": 4})
        with pytest.raises(CheckFailed, match="3 of 4 Ready"):
            db.replaces(old)

    def test_is_scaled_and_scaled_back(self, cluster: Fake, app: Solution) -> None:
        stateful_set(cluster, "db")
        with app.stateful_set("db").scaled(to=1):
            assert cluster.get("StatefulSet", "db", NS)["spec"]["replicas"] == 1
        assert cluster.get("StatefulSet", "db", NS)["spec"]["replicas"] == 3


class TestDaemonSet:
    """One pod for each node."""

    def test_that_is_right_passes(self, cluster: Fake, app: Solution) -> None:
        node(cluster, "control", None, CONTROL_PLANE)
        node(cluster, "one")
        node(cluster, "two")
        daemon_set(cluster, "agent", "one", "two")
        agent = app.daemon_set("agent")
        agent.rolled_out()
        agent.runs_on_each_node()
        agent.runs_on("two", "one")
        agent.runs_image("nginx")

    @pytest.mark.parametrize(
        ("status", "found"),
        [
            ({"updatedNumberScheduled": 1}, "1 of 2 made from the present template"),
            ({"numberAvailable": None}, "0 of 2 available"),
            ({"desiredNumberScheduled": 0}, "no node is to run one of its pods"),
        ],
        ids=["updating", "unavailable", "zero"],
    )
    def test_that_is_not_done_fails(self, cluster: Fake, app: Solution, status: Any, found: str) -> None:
        daemon_set(cluster, "agent", "one", "two")
        change(cluster, "DaemonSet", "agent", status=status)
        with pytest.raises(CheckFailed) as failure:
            app.daemon_set("agent").rolled_out()
        assert (failure.value.found, failure.value.because) == (found, "")

    def test_is_not_judged_before_its_controller_has_seen_it(self, cluster: Fake, app: Solution) -> None:
        daemon_set(cluster, "agent", "one")
        cluster.patch("DaemonSet", "agent", NS, {"spec": {"minReadySeconds": 1}})
        with pytest.raises(CheckFailed, match="the change is not taken up yet"):
            app.daemon_set("agent").rolled_out()

    def test_says_that_nobody_deletes_its_pods(self, cluster: Fake, app: Solution) -> None:
        daemon_set(cluster, "agent", "one", "two")
        by_hand = {"updateStrategy": {"type": "OnDelete"}}
        change(cluster, "DaemonSet", "agent", spec=by_hand, status={"updatedNumberScheduled": 0})
        assert told(app.daemon_set("agent").rolled_out) == (
            "expected  a pod available on each of 2 nodes, of the present template\n"
            "found     0 of 2 made from the present template\n"
            "because   updateStrategy is OnDelete: "
            "a pod gets the present template only when somebody deletes it\n"
            "look at   kubectl -n k-1 rollout status daemonset agent"
        )

    def test_says_which_node_selector_matches_no_node(self, cluster: Fake, app: Solution) -> None:
        node(cluster, "one")
        node(cluster, "two", {"disk": "hdd"})
        daemon_set(cluster, "agent", nodeSelector={"disk": "ssd"})
        assert told(app.daemon_set("agent").rolled_out) == (
            "expected  a pod available on a node or more, of the present template\n"
            "found     no node is to run one of its pods\n"
            "because   nodeSelector disk=ssd matches no node\n"
            "look at   kubectl -n k-1 rollout status daemonset agent"
        )

    def test_says_which_taints_keep_it_off(self, cluster: Fake, app: Solution) -> None:
        node(cluster, "one", {"disk": "ssd"}, "gpu=yes:NoExecute")
        node(cluster, "two")
        daemon_set(cluster, "agent", nodeSelector={"disk": "ssd"})
        with pytest.raises(CheckFailed) as failure:
            app.daemon_set("agent").rolled_out()
        assert failure.value.because == (
            "node one has taint gpu=yes:NoExecute, which the pod template does not tolerate\n"
            "node two has no label disk=ssd, which nodeSelector asks for"
        )

    def test_says_which_node_has_no_pod(self, cluster: Fake, app: Solution) -> None:
        for name in ("one", "two", "three"):
            disk = {"disk": "hdd"} if name == "two" else {"disk": "ssd"}
            node(cluster, name, disk, "old=:PreferNoSchedule")
        daemon_set(cluster, "agent", "one", nodeSelector={"disk": "ssd"})
        owner = cluster.get("DaemonSet", "agent", NS)
        crashes = {"lastState": {"terminated": {"exitCode": 2}}, **waiting("CrashLoopBackOff")}
        cluster.put(on(pod("agent-three", owner=owner, ready=False, state=crashes), "three"))
        assert told(app.daemon_set("agent").runs_on_each_node) == (
            "expected  a Ready pod of DaemonSet `agent` on one, three, two\n"
            "found     no Ready pod on three, two\n"
            "because   agent-three does not stay up: "
            "container main ended with exit code 2; its log is empty\n"
            "          node two has label disk=hdd, not disk=ssd, which nodeSelector asks for\n"
            "look at   kubectl -n k-1 get pods -o wide"
        )

    @pytest.mark.parametrize(
        ("tolerations", "tolerates"),
        [
            ([], False),
            ([{"operator": "Exists"}], True),
            ([{"key": "gpu", "operator": "Exists"}], True),
            ([{"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}], True),
            ([{"key": "gpu", "operator": "Exists", "effect": "NoExecute"}], False),
            ([{"key": "gpu", "value": "yes"}], True),
            ([{"key": "gpu", "operator": "Equal", "value": "no"}], False),
            ([{"key": "gpu"}], False),
            ([{"key": "cpu", "operator": "Exists"}], False),
            ([{"operator": "Equal", "value": "yes"}], False),
            ([{"key": "gpu", "operator": "Lt", "value": "yes"}], False),
        ],
    )
    def test_needs_no_pod_where_its_template_does_not_tolerate_a_taint(
        self, cluster: Fake, app: Solution, tolerations: list[Any], tolerates: bool
    ) -> None:
        node(cluster, "one")
        node(cluster, "two", None, "gpu=yes:NoSchedule")
        daemon_set(cluster, "agent", "one", tolerations=tolerations)
        if tolerates:
            with pytest.raises(CheckFailed, match="no Ready pod on two"):
                app.daemon_set("agent").runs_on_each_node()
        else:
            app.daemon_set("agent").runs_on_each_node()

    def test_that_tolerates_no_node_does_not_run_on_each(self, cluster: Fake, app: Solution) -> None:
        node(cluster, "control", None, CONTROL_PLANE)
        daemon_set(cluster, "agent")
        assert told(app.daemon_set("agent").runs_on_each_node) == (
            "expected  a Ready pod of DaemonSet `agent` on each node that it tolerates\n"
            "found     it tolerates no node\n"
            f"because   node control has taint {CONTROL_PLANE}, which the pod template does not tolerate\n"
            "look at   kubectl -n k-1 get pods -o wide"
        )

    def test_runs_on_these_nodes_and_no_other(self, cluster: Fake, app: Solution) -> None:
        for name in ("one", "two", "three"):
            node(cluster, name)
        daemon_set(cluster, "agent", "one", "two")
        agent = app.daemon_set("agent")
        assert told(lambda: agent.runs_on("two", "three")) == (
            "expected  a Ready pod of DaemonSet `agent` on three, two, on no other node\n"
            "found     no Ready pod on three and a pod on one\n"
            "look at   kubectl -n k-1 get pods -o wide"
        )
        with pytest.raises(CheckFailed) as failure:
            agent.runs_on("two")
        assert failure.value.found == "a pod on one"
        cluster.delete("Pod", "agent-one", NS)
        agent.runs_on("two")

    @pytest.mark.parametrize(
        ("use", "says"),
        [
            (lambda agent: agent.runs_on(), "takes names of nodes"),
            (lambda agent: agent.runs_on(""), "takes names of nodes"),
            (lambda agent: agent.runs_on(["one"]), "takes names of nodes"),
            (lambda agent: agent.runs_on("one", "nine"), r"nodes that the cluster has \(one\), not 'nine'"),
        ],
    )
    def test_takes_nodes_that_there_are(self, cluster: Fake, app: Solution, use: Any, says: str) -> None:
        node(cluster, "one")
        daemon_set(cluster, "agent", "one")
        with pytest.raises(UsageError, match=says):
            use(app.daemon_set("agent"))


REVISION = "deployment.kubernetes.io/revision"


def revision(cluster: Fake, number: int, image: str, history: str = "") -> None:
    """Put a ReplicaSet of a revision of Deployment `web`."""
    owner = cluster.get("Deployment", "web", NS)
    labels = {"app": "web", "pod-template-hash": f"5b9{number}"}
    template = {
        "metadata": {"labels": labels, "creationTimestamp": None},
        "spec": {"containers": [{"name": "main", "image": image}]},
    }
    notes = {REVISION: str(number), **({f"{REVISION}-history": history} if history else {})}
    named = {**meta("ReplicaSet", f"web-{number}", labels, owner), "annotations": notes}
    cluster.put({"kind": "ReplicaSet", "metadata": named, "spec": {"template": template}})


class TestRevisions:
    """What a Deployment was before, and may be again."""

    @pytest.fixture(autouse=True)
    def revisions(self, cluster: Fake) -> None:
        """Revision 2 has one image, 10 has the other, which revision 1 had."""
        deploy(cluster, "web", image="nginx:1.27")
        revision(cluster, 10, "nginx:1.27", history="1,3")
        revision(cluster, 2, "nginx:1.28")

    def test_are_kept(self, cluster: Fake, app: Solution) -> None:
        app.deployment("web").keeps_revisions(2)
        app.deployment("web").keeps_revisions(at_least=1)
        change(cluster, "Deployment", "web", spec={"revisionHistoryLimit": 1})
        assert told(lambda: app.deployment("web").keeps_revisions(3)) == (
            "expected  3 revisions of Deployment `web`, or more\n"
            "found     revisions 2, 10\n"
            "because   revisionHistoryLimit is 1: ReplicaSets of older revisions are deleted\n"
            "look at   kubectl -n k-1 rollout history deployment web"
        )

    def test_of_others_do_not_count(self, cluster: Fake, app: Solution) -> None:
        cluster.patch("ReplicaSet", "web-2", NS, {"metadata": {"ownerReferences": None}})
        change(cluster, "Deployment", "web", spec={"revisionHistoryLimit": 1})
        with pytest.raises(CheckFailed) as failure:
            app.deployment("web").keeps_revisions(2)
        assert (failure.value.found, failure.value.because) == ("revision 10", "")

    @pytest.mark.parametrize("number", [10, 1, 3])
    def test_are_rolled_back_to_under_their_old_numbers_too(self, app: Solution, number: int) -> None:
        app.deployment("web").has_template_of(number)

    def test_differ_in_what_is_said(self, cluster: Fake, app: Solution) -> None:
        template = {"metadata": {"labels": {"tier": "front"}}}
        change(cluster, "Deployment", "web", spec={"template": template})
        assert told(lambda: app.deployment("web").has_template_of(2)) == (
            "expected  the pod template of revision 2\n"
            "          metadata.labels.tier: (not set)\n"
            "          spec.containers[0].image: nginx:1.28\n"
            "found     another pod template\n"
            "          metadata.labels.tier: front\n"
            "          spec.containers[0].image: nginx:1.27\n"
            "look at   kubectl -n k-1 rollout history deployment web --revision=2"
        )

    def test_differ_in_what_is_empty(self, cluster: Fake, app: Solution) -> None:
        template = {"spec": {"volumes": [{"name": "a", "emptyDir": {}}]}}
        change(cluster, "Deployment", "web", spec={"template": template})
        with pytest.raises(CheckFailed, match=r"spec.volumes\[0\].emptyDir: {}"):
            app.deployment("web").has_template_of(10)

    def test_that_are_not_there_are_no_template(self, app: Solution) -> None:
        assert told(lambda: app.deployment("web").has_template_of(4)) == (
            "expected  the pod template of revision 4\n"
            "found     revisions 2, 10\n"
            "look at   kubectl -n k-1 rollout history deployment web"
        )

    @pytest.mark.parametrize("number", [0, -1, True, "1", 1.0, None])
    def test_are_numbers(self, app: Solution, number: Any) -> None:
        with pytest.raises(UsageError, match="takes a number of revisions, 1 or more, not"):
            app.deployment("web").keeps_revisions(number)
        with pytest.raises(UsageError, match="takes the number of a revision, 1 or more, not"):
            app.deployment("web").has_template_of(number)


class TestPod:
    """One pod by its name."""

    def test_is_the_one_that_has_the_name_now(self, cluster: Fake, app: Solution) -> None:
        cluster.put(pod("web"))
        web = app.pod("web")
        web.is_ready()
        cluster.remove("Pod", "web", NS)
        cluster.put({**pod("web"), "metadata": {"name": "web", "namespace": NS, "uid": "another"}})
        web.is_gone()
        assert app.pod("web").uid == "another"

    def test_that_is_not_there_is_missed(self, cluster: Fake, app: Solution) -> None:
        deploy(cluster, "web")
        assert told(lambda: app.pod("web")) == (
            "expected  Pod `web` exists\n"
            "found     no such Pod\n"
            "because   there is Deployment `web` in k-1, which is not a Pod\n"
            "look at   kubectl -n k-1 get pods"
        )
        with pytest.raises(UsageError, match="Pod needs a name"):
            app.pod("")

    def test_that_is_not_ready_says_why(self, cluster: Fake, app: Solution) -> None:
        cluster.put(pod("web", ready=False))
        assert told(app.pod("web").is_ready) == (
            "expected  web is Ready\n"
            "found     it is not Ready\n"
            "because   container main of web runs but is not Ready\n"
            "look at   kubectl -n k-1 describe pod web"
        )

    @pytest.mark.parametrize(
        ("parts", "found", "hopeless"),
        [
            ({"status": {"phase": "Succeeded"}}, "its phase is Succeeded", True),
            ({"status": {"phase": "Pending", "conditions": []}}, "its phase is Pending", False),
            ({"metadata": {"deletionTimestamp": "now"}}, "it is being deleted", False),
            (
                {"status": {"conditions": [], "containerStatuses": [waiting("InvalidImageName")]}},
                "it is not Ready",
                True,
            ),
        ],
        ids=["ended", "pending", "deleted", "no image"],
    )
    def test_is_hopeless_when_it_will_never_be_ready(
        self, cluster: Fake, app: Solution, parts: Any, found: str, hopeless: bool
    ) -> None:
        cluster.put(pod("web"))
        web = app.pod("web")
        cluster.patch("Pod", "web", NS, parts)
        with pytest.raises(CheckFailed) as failure:
            web.is_ready()
        assert failure.value.found == found
        assert isinstance(failure.value, Hopeless) == hopeless
