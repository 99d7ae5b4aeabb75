"""How Jobs end, and what a CronJob would run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from made import NS, cron_job, ended, job, meta, pod, told, waiting

from checks import CheckFailed, GraderError, Hopeless, Job, Solution, UsageError, eventually
from checks.fake import Fake

Use = Callable[[Solution], object]
NO_SUCH_IMAGE = waiting("ImagePullBackOff", "busybox:nope: not found")


@pytest.mark.parametrize("bare", [False, True], ids=["empty namespace", "bare objects"])
@pytest.mark.parametrize(
    "use",
    [
        lambda app: app.job("sum").completes(),
        lambda app: app.job("sum").fails(),
        lambda app: app.job("sum").succeeded_times(1),
        lambda app: app.job("sum").runs_image("busybox"),
        lambda app: app.job("sum").template_carries(app="sum"),
        lambda app: app.cron_job("sum").scheduled("* * * * *"),
        lambda app: app.cron_job("sum").runs_image("busybox"),
        lambda app: app.cron_job("sum").template_carries(app="sum"),
        lambda app: app.cron_job("sum").pods,
    ],
)
def test_nothing_passes_for_want_of_something_to_look_at(
    cluster: Fake, app: Solution, use: Use, bare: bool
) -> None:
    for kind in ("Job", "CronJob") if bare else ():
        cluster.put({"kind": kind, "metadata": meta(kind, "sum"), "spec": None, "status": None})
    assert "look at   kubectl -n k-1 " in told(lambda: use(app))


class TestJob:
    """Pods that are to end."""

    def test_that_completed_completes(self, cluster: Fake, app: Solution) -> None:
        owner = job(cluster, "sum", ends="Complete", succeeded=2)
        ended(cluster, "sum-1", owner, 0)
        app.job("sum").completes()
        app.job("sum").succeeded_times(2)
        app.job("sum").runs_image("nginx")
        with pytest.raises(Hopeless) as failure:
            app.job("sum").fails()
        assert failure.value.found == "it has condition Complete, 2 of 2 succeeded"

    def test_that_failed_fails(self, cluster: Fake, app: Solution) -> None:
        job(cluster, "sum", ends="Failed")
        app.job("sum").fails()

    def test_that_failed_says_why_and_what_its_last_pod_said(self, cluster: Fake, app: Solution) -> None:
        owner = job(cluster, "sum", succeeded=1, failed=2)
        why = {"reason": "BackoffLimitExceeded", "message": "Job has reached the specified backoff limit"}
        failed = [{"type": "Failed", "status": "True", **why}]
        cluster.patch("Job", "sum", NS, {"status": {"conditions": failed}})
        ended(cluster, "sum-a", owner, 3, made=9)
        ended(cluster, "sum-b", owner, 4, made=5)
        ended(cluster, "sum-c", owner, 0, made=12)
        cluster.said["sum-a", "main", False] = "starting\nno numbers\n"
        assert told(app.job("sum").completes) == (
            "expected  Job `sum` has condition Complete\n"
            "found     it has condition Failed, 1 of 2 succeeded\n"
            "because   BackoffLimitExceeded: Job has reached the specified backoff limit\n"
            "          sum-a does not stay up: container main ended with exit code 3; its log ends:\n"
            "          starting\n"
            "          no numbers\n"
            "look at   kubectl -n k-1 describe job sum"
        )
        with pytest.raises(Hopeless):
            app.job("sum").completes()

    def test_condition_that_is_not_true_is_no_end(self, cluster: Fake, app: Solution) -> None:
        job(cluster, "sum")
        conditions = [
            {"type": "Complete", "status": "False"},
            {"type": "SuccessCriteriaMet", "status": "True"},
        ]
        cluster.patch("Job", "sum", NS, {"status": {"conditions": conditions}})
        with pytest.raises(CheckFailed, match="it has not ended"):
            app.job("sum").completes()

    def test_that_goes_on_says_what_its_pods_wait_for(self, cluster: Fake, app: Solution) -> None:
        owner = job(cluster, "sum", active=1, succeeded=1)
        ended(cluster, "sum-1", owner, 0)
        cluster.put(pod("sum-2", owner=owner, ready=False, state=waiting("ErrImagePull", "i/o timeout")))
        assert told(app.job("sum").fails) == (
            "expected  Job `sum` has condition Failed\n"
            "found     it has not ended: 1 of 2 succeeded, 1 active\n"
            "because   sum-2 cannot get image `nginx`: i/o timeout\n"
            "look at   kubectl -n k-1 describe job sum"
        )

    def test_without_its_image_does_not_complete_but_may_fail(self, cluster: Fake, app: Solution) -> None:
        owner = job(cluster, "sum", active=1)
        cluster.put(pod("sum-1", owner=owner, ready=False, state=NO_SUCH_IMAGE))
        with pytest.raises(Hopeless):
            app.job("sum").completes()
        with pytest.raises(CheckFailed) as failure:
            app.job("sum").fails()
        assert not isinstance(failure.value, Hopeless)

    def test_that_is_suspended_says_so(self, cluster: Fake, app: Solution) -> None:
        job(cluster, "sum")
        cluster.patch("Job", "sum", NS, {"spec": {"suspend": True, "completions": None}})
        assert told(app.job("sum").completes) == (
            "expected  Job `sum` has condition Complete\n"
            "found     it has not ended: 0 succeeded, 0 active, it is suspended\n"
            "because   spec.suspend is true: it makes no pods until that is taken back\n"
            "look at   kubectl -n k-1 describe job sum"
        )

    def test_is_waited_for(self, cluster: Fake, app: Solution) -> None:
        job(cluster, "sum", active=1)
        cluster.at(40, lambda: job(cluster, "sum", ends="Complete", succeeded=2))
        eventually(app.job("sum")).completes()
        assert cluster.now == 40

    @pytest.mark.parametrize(
        ("ends", "succeeded", "wanted", "hopeless"),
        [("", 3, 2, True), ("", 1, 2, False), ("Failed", 1, 2, True), ("", None, 1, False)],
        ids=["too many", "so far", "ended", "none"],
    )
    def test_counts_pods_that_succeeded(
        self, cluster: Fake, app: Solution, ends: str, succeeded: int | None, wanted: int, hopeless: bool
    ) -> None:
        job(cluster, "sum", ends=ends, succeeded=succeeded)
        app.job("sum").succeeded_times(succeeded or 0)
        with pytest.raises(CheckFailed) as failure:
            app.job("sum").succeeded_times(wanted)
        assert isinstance(failure.value, Hopeless) == hopeless

    def test_says_how_many_succeeded(self, cluster: Fake, app: Solution) -> None:
        job(cluster, "sum", active=1)
        assert told(lambda: app.job("sum").succeeded_times(1)) == (
            "expected  1 pod of Job `sum` succeeded\n"
            "found     it has not ended: 0 of 2 succeeded, 1 active\n"
            "look at   kubectl -n k-1 describe job sum"
        )

    @pytest.mark.parametrize("n", [-1, True, "2", None])
    def test_succeeds_a_number_of_times(self, app: Solution, n: Any) -> None:
        with pytest.raises(UsageError, match="takes a number of pods, not"):
            app.job("sum").succeeded_times(n)


class TestCronJob:
    """What runs by the clock, and now."""

    def test_has_its_schedule_whatever_the_spaces(self, cluster: Fake, app: Solution) -> None:
        cron_job(cluster, "sum", " */5  * * * *")
        app.cron_job("sum").scheduled("*/5 * *  * * ")
        app.cron_job("sum").runs_image("busybox:1.36")

    @pytest.mark.parametrize(
        ("name", "fields"),
        [
            ("@hourly", "0 * * * *"),
            ("@daily", "0 0 * * *"),
            ("@midnight", "0 0 * * *"),
            ("@weekly", "0 0 * * 0"),
            ("@monthly", "0 0 1 * *"),
            ("@yearly", "0 0 1 1 *"),
            ("@annually", "0 0 1 1 *"),
        ],
    )
    def test_has_its_schedule_by_its_name(self, cluster: Fake, app: Solution, name: str, fields: str) -> None:
        for has, wanted in [(name, fields), (fields, name), (name, name)]:
            cron_job(cluster, "sum", has)
            app.cron_job("sum").scheduled(wanted)
        cron_job(cluster, "sum", name)
        assert told(lambda: app.cron_job("sum").scheduled("1 * * * *")).splitlines()[:2] == [
            "expected  schedule 1 * * * *, not suspended",
            f"found     schedule {name}",
        ]

    @pytest.mark.parametrize(
        ("has", "wanted"),
        [
            ("0 3 * * SUN", "0 3 * * 0"),
            ("0 3 1 Jan,12 mon-FRI/2", "0 3 1 1,DEC 1-5/2"),
            ("@weekly", "0 0 * * sun"),
        ],
    )
    def test_days_and_months_have_names(self, cluster: Fake, app: Solution, has: str, wanted: str) -> None:
        cron_job(cluster, "sum", has)
        app.cron_job("sum").scheduled(wanted)
        for other in ("0 3 * * 1", "0 3 * sun *", "0 3 * *"):
            with pytest.raises(CheckFailed):
                app.cron_job("sum").scheduled(other)

    def test_has_no_other_schedule(self, cluster: Fake, app: Solution) -> None:
        cron_job(cluster, "sum")
        assert told(lambda: app.cron_job("sum").scheduled("0 * * * *")) == (
            "expected  schedule 0 * * * *, not suspended\n"
            "found     schedule */5 * * * *\n"
            "look at   kubectl -n k-1 get cronjob sum"
        )

    def test_that_is_suspended_has_no_schedule(self, cluster: Fake, app: Solution) -> None:
        cron_job(cluster, "sum", suspend=True)
        assert told(lambda: app.cron_job("sum").scheduled("*/5 * * * *")) == (
            "expected  schedule */5 * * * *, not suspended\n"
            "found     schedule */5 * * * *, suspended\n"
            "because   spec.suspend is true: no time makes it run\n"
            "look at   kubectl -n k-1 get cronjob sum"
        )

    @pytest.mark.parametrize("schedule", ["", "  ", None, 5])
    def test_schedule_is_a_text(self, app: Solution, schedule: Any) -> None:
        with pytest.raises(UsageError, match="takes a schedule such as"):
            app.cron_job("sum").scheduled(schedule)

    def test_runs_now_as_kubectl_makes_a_job_of_it(self, cluster: Fake, app: Solution) -> None:
        owner = cron_job(cluster, "sum")
        with app.cron_job("sum").run_now() as made:
            assert isinstance(made, Job)
            obj = made.get()
            assert obj["apiVersion"] == "batch/v1"
            assert obj["metadata"]["namespace"] == NS
            assert obj["metadata"]["labels"] == {"app": "sum"}
            assert obj["metadata"]["annotations"] == {
                "note": "mine",
                "cronjob.kubernetes.io/instantiate": "manual",
            }
            assert obj["metadata"]["ownerReferences"] == [
                {
                    "apiVersion": "batch/v1",
                    "kind": "CronJob",
                    "name": "sum",
                    "uid": owner["metadata"]["uid"],
                    "controller": True,
                }
            ]
            assert obj["spec"] == owner["spec"]["jobTemplate"]["spec"]
            cluster.put(pod("sum-1", owner=obj))
            assert [item.name for item in app.cron_job("sum").pods] == ["sum-1"]
            with app.cron_job("sum").run_now() as another:
                assert another.name != made.name
                assert another.name.startswith("sum-")
        assert cluster.list("Job", NS) == []

    @pytest.mark.parametrize("error", [CheckFailed, GraderError, KeyboardInterrupt])
    def test_deletes_its_job_whatever_happens(
        self, cluster: Fake, app: Solution, error: type[BaseException]
    ) -> None:
        cron_job(cluster, "sum")
        with pytest.raises(error), app.cron_job("sum").run_now() as made:
            _raise(error, made)
        assert cluster.list("Job", NS) == []

    def test_deletes_its_job_when_nobody_knows_whether_it_was_made(
        self, cluster: Fake, app: Solution, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        cron_job(cluster, "sum")
        create = cluster.create

        def lose_the_answer(*args: Any) -> None:
            create(*args)
            raise GraderError("connection reset")

        monkeypatch.setattr(cluster, "create", lose_the_answer)
        with pytest.raises(GraderError, match="connection reset"), app.cron_job("sum").run_now():
            pytest.fail("the body runs only when the Job is there")
        assert cluster.list("Job", NS) == []

    def test_that_is_not_there_does_not_run(self, cluster: Fake, app: Solution) -> None:
        job(cluster, "sum")
        assert told(lambda: app.cron_job("sum").run_now().__enter__()) == (
            "expected  CronJob `sum` exists\n"
            "found     no such CronJob\n"
            "because   there is Job `sum` in k-1, which is not a CronJob\n"
            "look at   kubectl -n k-1 get cronjobs"
        )
        assert "create" not in cluster.calls


def _raise(error: type[BaseException], made: Job) -> None:
    assert made.get()
    raise error


def test_fake_creates_only_what_is_not_there(cluster: Fake) -> None:
    obj = {"kind": "Job", "metadata": {"name": "sum"}}
    assert cluster.create(obj, NS)["metadata"]["namespace"] == NS
    with pytest.raises(GraderError, match="there is a Job sum already"):
        cluster.create(obj, NS)
