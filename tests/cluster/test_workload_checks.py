"""The other workloads and plain objects on the cluster: checks pass, and fail, on what controllers do."""

from __future__ import annotations

import pytest

from checks import ABSENT, CheckFailed, Hopeless, Solution, eventually
from checks.objects import name
from tests.manifests import Made, job, template, workload

pytestmark = [pytest.mark.cluster, pytest.mark.shared]


def test_a_stateful_set_starts_in_order_and_its_pod_comes_back_under_its_name(
    app: Solution, made: Made
) -> None:
    db = app.stateful_set("db")
    made(workload("StatefulSet", "db", replicas=2, serviceName="db"))
    eventually(db).rolled_out()
    eventually(db).starts_in_order()
    first = db.pods[0]
    assert first.name == "db-0"
    app.cluster.delete("Pod", first.name, app.namespace, grace=1)
    eventually(db).replaces(first)
    eventually(db).rolled_out()
    assert db.pods[0].uid != first.uid


def test_a_parallel_stateful_set_is_told_from_an_ordered_one(app: Solution, made: Made) -> None:
    slow = template("p", initContainers=[{"name": "wait", "image": "busybox", "command": ["sleep", "2"]}])
    made(workload("StatefulSet", "p", slow, replicas=2, serviceName="p", podManagementPolicy="Parallel"))
    eventually(app.stateful_set("p")).rolled_out()
    with pytest.raises(CheckFailed) as failure:
        app.stateful_set("p").starts_in_order()
    assert "Parallel" in failure.value.because


def test_a_daemon_set_runs_on_each_node_or_says_which_label_the_node_lacks(app: Solution, made: Made) -> None:
    everywhere = [{"operator": "Exists"}]
    made(workload("DaemonSet", "agent", template("agent", tolerations=everywhere)))
    eventually(app.daemon_set("agent")).rolled_out()
    agent, [node, *_] = app.daemon_set("agent"), [name(item) for item in app.cluster.list("Node")]
    eventually(agent).runs_on_each_node()
    eventually(agent).runs_on(node)
    made(workload("DaemonSet", "ssd", template("ssd", tolerations=everywhere, nodeSelector={"disk": "ssd"})))
    with pytest.raises(CheckFailed) as failure:
        eventually(app.daemon_set("ssd")).rolled_out()
    assert "disk=ssd" in failure.value.because
    for covers in (app.daemon_set("ssd").runs_on_each_node, lambda: app.daemon_set("ssd").runs_on(node)):
        with pytest.raises(CheckFailed, match=node):
            covers()


def test_a_replica_set_is_scaled_and_scaled_back(app: Solution, made: Made) -> None:
    made(workload("ReplicaSet", "rs", replicas=1))
    rs = app.replica_set("rs")
    eventually(rs).rolled_out()
    with rs.scaled(to=2):
        eventually(rs).rolled_out()
        assert len(rs.pods) == 2
    eventually(rs).rolled_out()
    assert len(rs.pods) == 1


def test_a_rollback_has_the_template_of_the_first_revision(app: Solution, made: Made) -> None:
    web = app.deployment("web")
    made(workload("Deployment", "web"))
    eventually(web).rolled_out()
    other = template("web")
    other["spec"]["containers"][0]["image"] = "httpd"
    made(workload("Deployment", "web", other))
    eventually(web).rolled_out()
    eventually(web).keeps_revisions(2)
    for check in (lambda: web.keeps_revisions(3), lambda: web.has_template_of(1)):
        with pytest.raises(CheckFailed):
            check()
    made(workload("Deployment", "web"))
    eventually(web).has_template_of(1)


def test_jobs_complete_or_fail_and_say_what_they_said(app: Solution, made: Made) -> None:
    made(job("good", "echo done", completions=2, parallelism=2))
    made(job("bad", "echo the disk is full; exit 3"))
    eventually(app.job("good")).completes()
    app.job("good").succeeded_times(2)
    with pytest.raises(CheckFailed, match="2 of 2 succeeded"):
        app.job("good").succeeded_times(3)
    eventually(app.job("bad")).fails()
    with pytest.raises(Hopeless) as failure:
        eventually(app.job("bad")).completes()
    assert "the disk is full" in failure.value.because


def test_a_cron_jobs_template_runs_now_and_leaves_nothing(app: Solution, made: Made) -> None:
    nightly = {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": "nightly"},
        "spec": {"schedule": "0 3 * * *", "jobTemplate": {"spec": job("x", "echo done")["spec"]}},
    }
    made(nightly)
    app.cron_job("nightly").scheduled("0 3 * * *")
    with pytest.raises(CheckFailed):
        app.cron_job("nightly").scheduled("0 4 * * *")
    with app.cron_job("nightly").run_now() as run:
        eventually(run).completes()
    eventually(app.object("Job", run.name)).is_gone()


def test_objects_match_by_what_is_asked_and_tell_absent_from_zero(app: Solution, made: Made) -> None:
    made({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web"}, "data": {"PORT": "0"}})
    web = app.object("ConfigMap", "web")
    eventually(web).exists()
    eventually(web).matches({"data": {"PORT": "0", "HOST": ABSENT}})
    with pytest.raises(CheckFailed) as failure:
        eventually(web).matches({"data": {"PORT": ABSENT}})
    assert "data.PORT" in failure.value.expected
    assert failure.value.waited.endswith("settled: nothing was still changing")
    made(workload("Deployment", "cond"))
    eventually(app.object("Deployment", "cond")).has_condition("Available")


def test_who_owns_runs_and_carries_what_is_seen_on_what_controllers_made(app: Solution, made: Made) -> None:
    made({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "reader"}})
    made(workload("Deployment", "web", template("web", serviceAccountName="reader")))
    web = app.deployment("web")
    eventually(web).rolled_out()
    web.selects_exactly(app="web")
    replica_set = app.object("ReplicaSet", web.pods[0].read()["metadata"]["ownerReferences"][0]["name"])
    replica_set.is_owned_by(web)
    replica_set.carries(app="web")
    eventually(app.service_account("reader")).serves(web)
    wrong = {
        "app=web": lambda: web.selects_exactly(app="web", tier="front"),
        "Deployment `web`": lambda: app.object("ServiceAccount", "reader").is_owned_by(web),
        "tier": lambda: replica_set.carries(tier="front"),
        "runs as `reader`": lambda: app.service_account("default").serves(web),
    }
    for says, check in wrong.items():
        with pytest.raises(CheckFailed, match=says):
            check()


def test_defaults_of_a_limit_range_are_those_in_force(app: Solution, made: Made) -> None:
    limits = [{"type": "Container", "default": {"memory": "64Mi"}, "defaultRequest": {"cpu": "10m"}}]
    made(
        {"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "small"}, "spec": {"limits": limits}}
    )
    small = app.limit_range("small")
    eventually(small).defaults(container={"memory": "65536Ki"}, requests={"cpu": "0.01"})
    with pytest.raises(CheckFailed, match="64Mi"):
        small.defaults(container={"memory": "128Mi"})
    made(workload("Deployment", "modest"))
    eventually(app.deployment("modest")).rolled_out()
    [container] = app.deployment("modest").pods[0].read()["spec"]["containers"]
    assert container["resources"]["limits"]["memory"] == "64Mi"
    assert container["resources"]["requests"]["cpu"] == "10m"


def test_quotas_in_force_and_a_pod_that_one_refuses(app: Solution, made: Made) -> None:
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "few"},
        "spec": {"hard": {"pods": "0", "configmaps": "1k"}},
    }
    made(quota)
    eventually(app.quota("few")).limits({"pods": 0, "configmaps": "1000"})
    made(workload("ReplicaSet", "more", replicas=1))
    with pytest.raises(CheckFailed) as failure:
        eventually(app.replica_set("more")).rolled_out()
    assert "exceeded quota: few" in failure.value.because


def test_an_answer_is_held_against_the_live_truth(app: Solution, made: Made) -> None:
    made(workload("ReplicaSet", "two", replicas=2))
    two = app.replica_set("two")
    eventually(two).rolled_out()
    eventually(app.answer("pods")).is_number(lambda: len(two.pods))
    with two.scaled(to=3):
        eventually(two).rolled_out()
        with pytest.raises(CheckFailed) as failure:
            eventually(app.answer("pods")).is_number(lambda: len(two.pods), decoys={2: "that was before"})
    assert failure.value.because == "that was before"
    assert "3" not in failure.value.expected
