"""Jobs and CronJobs: how they end, how often, and when they run."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import ClassVar

from checks.cluster import Object
from checks.errors import CheckFailed, Hopeless, UsageError
from checks.message import shorten
from checks.noun import check
from checks.objects import condition, dig, finished, name, uid
from checks.workloads import Workload, hopeless

_MACROS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
"""Names of schedules.

Source: https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax
"""
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


class Job(Workload):
    """A Job and its pods.

    >>> eventually(app.job("backup")).completes()
    """

    kind = "Job"
    kinds: ClassVar[tuple[str, ...]] = ("Job", "Pod")
    patience = 120.0

    @check(hold=0)
    def completes(self) -> None:
        """The Job ends with success: it has condition Complete.

        >>> eventually(app.job("backup")).completes()
        """
        self._ends("Complete", "Failed")

    @check(hold=0)
    def fails(self) -> None:
        """The Job ends without success: it has condition Failed.

        >>> eventually(app.job("backup")).fails()
        """
        self._ends("Failed", "Complete")

    def _ends(self, wanted: str, other: str) -> None:
        job = self.read()
        if _is(job, wanted):
            return
        # a pod that never starts may still make the Job fail, at its deadline
        stuck = wanted == "Complete" and hopeless(_unended(self.owned_pods(job)), [])
        raise self._failure(job, f"{self} has condition {wanted}", final=_is(job, other) or stuck)

    @check
    def succeeded_times(self, n: int) -> None:
        """So many pods of the Job (`n`) have ended with success, neither more nor less.

        >>> eventually(app.job("backup")).succeeded_times(3)
        """
        if isinstance(n, bool) or not isinstance(n, int) or n < 0:
            raise UsageError(f"succeeded_times(…) takes a number of pods, not {n!r}")
        job = self.read()
        count = _succeeded(job)
        if count != n:
            final = count > n or _is(job, "Complete") or _is(job, "Failed")
            raise self._failure(job, f"{n} pod{'s' * (n != 1)} of {self} succeeded", final=final)

    def _failure(self, job: Object, expected: str, *, final: bool) -> CheckFailed:
        owned = self.owned_pods(job)
        return (Hopeless if final else CheckFailed)(
            expected=expected,
            found=_standing(job),
            because=lambda: self._why(job, owned),
            look_at=f"kubectl -n {self.namespace} describe job {self.name}",
        )

    def _why(self, job: Object, owned: Sequence[Object]) -> str:
        if _is(job, "Complete"):
            return ""
        if _is(job, "Failed"):
            failed = condition(job, "Failed")
            reason, message = str(failed.get("reason") or ""), str(failed.get("message") or "")
            last = sorted((pod for pod in owned if _phase(pod) == "Failed"), key=_age)[-1:]
            said = [": ".join(filter(None, (reason, shorten(message, 500)))), self.why_not_ready(last)]
            return "\n".join(filter(None, said))
        if dig(job, "spec", "suspend"):
            return "spec.suspend is true: it makes no pods until that is taken back"
        return self.why_not_ready([pod for pod in owned if _phase(pod) != "Succeeded"])


class CronJob(Workload):
    """A CronJob, the Jobs that were made from its template, and their pods.

    >>> with app.cron_job("backup").run_now() as job:
    ...     eventually(job).completes()
    """

    kind = "CronJob"
    kinds: ClassVar[tuple[str, ...]] = ("CronJob", "Job", "Pod")

    @check(hold=0)
    def scheduled(self, schedule: str) -> None:
        """The CronJob has this schedule, and is not suspended.

        Names are the same as what they stand for: `@hourly` as five fields, `sun` and `jan` as numbers.

        >>> eventually(app.cron_job("backup")).scheduled("*/5 * * * *")
        """
        if not isinstance(schedule, str) or not schedule.split():
            raise UsageError(f"scheduled(…) takes a schedule such as '*/5 * * * *', not {schedule!r}")
        cron_job = self.read()
        has, wanted = _even(dig(cron_job, "spec", "schedule", default="")), _even(schedule)
        suspended = bool(dig(cron_job, "spec", "suspend"))
        if _meant(has) != _meant(wanted) or suspended:
            raise CheckFailed(
                expected=f"schedule {wanted}, not suspended",
                found=(f"schedule {has}" if has else "no schedule") + ", suspended" * suspended,
                because="spec.suspend is true: no time makes it run" if suspended else "",
                look_at=f"kubectl -n {self.namespace} get cronjob {self.name}",
            )

    @contextmanager
    def run_now(self) -> Iterator[Job]:
        """Make a Job from the CronJob's template, as `kubectl create job --from` does; delete it at the end.

        That the CronJob is suspended, or keeps no history of its Jobs, changes nothing about what is made.

        Raises:
            CheckFailed: there is no such CronJob.

        >>> with app.cron_job("backup").run_now() as job:
        ...     eventually(job).completes()
        """
        job = _manual(self.read_now())
        try:
            self.cluster.create(job, self.namespace)
            yield Job(self.cluster, self.namespace, name(job))
        finally:
            self.cluster.delete("Job", name(job), self.namespace)

    def template(self, obj: Object) -> Object:
        """Return the template of the pods, empty if there is none."""
        return super().template(dig(obj, "spec", "jobTemplate", default={}))

    def owners(self, obj: Object) -> list[Object]:
        """Read the Jobs that the CronJob owns."""
        return self.owned("Job", [obj])


def _manual(cron_job: Object) -> Object:
    """Return a Job of a CronJob.

    Source: https://github.com/kubernetes/kubectl/blob/master/pkg/cmd/create/create_job.go
    """
    template = dig(cron_job, "spec", "jobTemplate", default={})
    owner = {"apiVersion": "batch/v1", "kind": "CronJob", "name": name(cron_job), "uid": uid(cron_job)}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": f"{name(cron_job)}-{secrets.token_hex(4)}",
            "labels": dig(template, "metadata", "labels", default={}),
            "annotations": {
                "cronjob.kubernetes.io/instantiate": "manual",
                **dig(template, "metadata", "annotations", default={}),
            },
            "ownerReferences": [{**owner, "controller": True}],
        },
        "spec": dig(template, "spec", default={}),
    }


def _even(schedule: str) -> str:
    return " ".join(schedule.split())


def _meant(schedule: str) -> list[str]:
    """Return the fields of a schedule, with numbers in place of names."""
    fields = _MACROS.get(schedule, schedule).split()
    if len(fields) == 5:
        fields[3:] = _numbers(fields[3], _MONTHS, 1), _numbers(fields[4], _DAYS, 0)
    return fields


def _numbers(field: str, names: Sequence[str], first: int) -> str:
    numbers = {each: str(number) for number, each in enumerate(names, first)}
    return re.sub("[A-Za-z]+", lambda word: numbers.get(word[0].lower(), word[0]), field)


def _is(job: Object, kind: str) -> bool:
    return bool(condition(job, kind).get("status") == "True")


def _succeeded(job: Object) -> int:
    return int(dig(job, "status", "succeeded", default=0))


def _standing(job: Object) -> str:
    """Return how far a Job has come."""
    completions = dig(job, "spec", "completions")
    count = f"{_succeeded(job)}{f' of {completions}' if completions else ''} succeeded"
    for kind in ("Complete", "Failed"):
        if _is(job, kind):
            return f"it has condition {kind}, {count}"
    suspended = ", it is suspended" if dig(job, "spec", "suspend") else ""
    return f"it has not ended: {count}, {dig(job, 'status', 'active', default=0)} active{suspended}"


def _phase(pod: Object) -> str:
    return str(dig(pod, "status", "phase", default="Unknown"))


def _age(pod: Object) -> tuple[str, str]:
    return str(dig(pod, "metadata", "creationTimestamp", default="")), name(pod)


def _unended(pods: Sequence[Object]) -> list[Object]:
    return [pod for pod in pods if not finished(pod)]
