"""What the cluster would take, and what it would refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from made import NS, meta, told

from checks import ABSENT, CheckFailed, GraderError, Solution, UsageError, eventually
from checks.cluster import Object
from checks.fake import Fake
from fixtures.api import Rejected
from fixtures.live import is_refusal

MAIN = {"name": "main", "image": "nginx"}
POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"generateName": "try-"},
    "spec": {"containers": [MAIN]},
}
LIMITED = {"spec": {"containers": [{"name": "main", "resources": {"limits": {"memory": "256Mi"}}}]}}
EXCEEDED = 'pods "try-8vzqd" is forbidden: exceeded quota: team, requested: pods=1, used: pods=4'


def quota(cluster: Fake, used: str = "3", **status: Any) -> None:
    """Put a quota of four pods."""
    hard = {"pods": "4"}
    status = {"hard": hard, "used": {"pods": used}, **status}
    obj = {"kind": "ResourceQuota", "metadata": meta("ResourceQuota", "team"), "spec": {"hard": hard}}
    cluster.put({**obj, "status": status})


def limited(amount: str) -> Callable[[Object], Object]:
    """Return an admission that sets a limit."""
    main = {**MAIN, "resources": {"limits": {"memory": amount}}}
    return lambda obj: {**obj, "spec": {"containers": [main]}}


class TestAdmits:
    def test_an_object_is_taken_and_not_made(self, cluster: Fake, app: Solution) -> None:
        app.admission.admits(POD)
        assert cluster.list("Pod") == []
        assert "create" not in cluster.calls

    def test_defaults_are_compared_by_value(self, cluster: Fake, app: Solution) -> None:
        cluster.admits = limited("0.25Gi")
        app.admission.admits(POD, LIMITED)
        app.admission.admits(POD, {"spec": {"nodeName": ABSENT}, "metadata": {"namespace": NS}})

    def test_an_empty_namespace_sets_no_defaults(self, app: Solution) -> None:
        assert told(lambda: app.admission.admits(POD, LIMITED)).splitlines() == [
            'expected  spec.containers[0].resources.limits.memory: "256Mi"',
            "found     spec.containers[0].resources.limits.memory: absent",
            f"because   there is no LimitRange in {NS}",
            f"look at   kubectl -n {NS} create --dry-run=server -f -",
        ]

    def test_another_default_fails_without_a_cause(self, cluster: Fake, app: Solution) -> None:
        cluster.admits = limited("128Mi")
        cluster.put({"kind": "LimitRange", "metadata": meta("LimitRange", "defaults")})
        assert "because" not in told(lambda: app.admission.admits(POD, LIMITED))

    def test_a_refusal_fails(self, cluster: Fake, app: Solution) -> None:
        cluster.admits = lambda obj: EXCEEDED
        quota(cluster, "4")
        assert told(lambda: app.admission.admits(POD)).splitlines() == [
            "expected  the cluster takes Pod `try-`",
            "found     it is refused: exceeded quota: team, requested: pods=1, used: pods=4",
            f"look at   kubectl -n {NS} create --dry-run=server -f -",
        ]

    def test_it_waits_for_the_quota_to_count_again(self, cluster: Fake, app: Solution) -> None:
        cluster.admits = lambda obj: EXCEEDED
        quota(cluster, "4")
        cluster.at(12, lambda: setattr(cluster, "admits", lambda obj: obj))
        eventually(app.admission).admits(POD)
        assert cluster.now >= 12

    def test_what_is_there_already_is_no_refusal(self, cluster: Fake, app: Solution) -> None:
        cluster.put({"kind": "Pod", "metadata": meta("Pod", "web")})
        with pytest.raises(GraderError, match="already"):
            app.admission.admits({**POD, "metadata": {"name": "web"}})


class TestRefuses:
    def test_the_words_are_found(self, cluster: Fake, app: Solution) -> None:
        cluster.admits = lambda obj: EXCEEDED
        app.admission.refuses(POD, saying="exceeded quota: team")

    def test_an_empty_namespace_refuses_nothing(self, app: Solution) -> None:
        assert told(lambda: app.admission.refuses(POD, saying="exceeded quota")).splitlines() == [
            'expected  the cluster refuses Pod `try-`, saying "exceeded quota"',
            "found     the cluster takes it",
            f"because   there is no ResourceQuota in {NS}",
            f"look at   kubectl -n {NS} create --dry-run=server -f -",
        ]

    def test_words_in_an_object_that_is_taken_are_none(self, app: Solution) -> None:
        with pytest.raises(CheckFailed, match="the cluster takes it"):
            app.admission.refuses({**POD, "metadata": {"name": "quota"}}, saying="quota")

    def test_other_words_fail(self, cluster: Fake, app: Solution) -> None:
        words = "failed quota: team: must specify limits.cpu for: main"
        cluster.admits = lambda obj: f'pods "try-8vzqd" is forbidden: {words}'
        assert told(lambda: app.admission.refuses(POD, saying="exceeded quota")).splitlines() == [
            'expected  the cluster refuses Pod `try-`, saying "exceeded quota"',
            f"found     it is refused: {words}",
            f"look at   kubectl -n {NS} create --dry-run=server -f -",
        ]

    def test_the_quota_is_told(self, cluster: Fake, app: Solution) -> None:
        quota(cluster)
        because = "because   ResourceQuota `team`: 3 of 4 pods in use"
        assert because in told(lambda: app.admission.refuses(POD, saying="exceeded quota")).splitlines()

    @pytest.mark.parametrize(
        ("labels", "has"),
        [
            ({"pod-security.kubernetes.io/enforce": "baseline"}, "has {}=baseline"),
            ({}, "has no label {}"),
        ],
    )
    def test_the_level_of_pod_security_is_told(
        self, cluster: Fake, app: Solution, labels: dict[str, str], has: str
    ) -> None:
        cluster.put({"kind": "Namespace", "metadata": {"name": NS, "labels": labels}})
        because = f"because   namespace {NS} {has.format('pod-security.kubernetes.io/enforce')}"
        assert because in told(lambda: app.admission.refuses(POD, saying="violates PodSecurity")).splitlines()

    def test_a_quota_that_comes_into_force_later_is_waited_for(self, cluster: Fake, app: Solution) -> None:
        quota(cluster, hard={})
        assert app.admission.settled() is None
        assert "ResourceQuota `team` is not in force yet" in told(
            lambda: app.admission.refuses(POD, saying="exceeded quota")
        )

        def enforce() -> None:
            quota(cluster, "4")
            cluster.admits = lambda obj: EXCEEDED

        cluster.at(20, enforce)
        eventually(app.admission).refuses(POD, saying="exceeded quota")

    def test_it_is_settled_soon(self, cluster: Fake, app: Solution) -> None:
        quota(cluster)
        with pytest.raises(CheckFailed):
            eventually(app.admission).refuses(POD, saying="exceeded quota")
        assert cluster.now < 10

    @pytest.mark.parametrize("kind", ["ResourceQuota", "LimitRange"])
    def test_a_change_of_a_rule_is_a_change(self, cluster: Fake, app: Solution, kind: str) -> None:
        before = app.admission.settled()
        cluster.put({"kind": kind, "metadata": meta(kind, "team")})
        assert None not in (before, app.admission.settled())
        assert before != app.admission.settled()


class TestInvalid:
    def test_an_invalid_manifest_is_its_authors(self, cluster: Fake, app: Solution) -> None:
        def invalid(obj: Object) -> Object:
            raise UsageError('Pod "try-x" is invalid: spec.containers: Required value')

        cluster.admits = invalid
        for use in (
            lambda: eventually(app.admission).refuses(POD, saying="invalid"),
            lambda: app.admission.admits(POD),
        ):
            with pytest.raises(UsageError, match="Required value"):
                use()
        assert cluster.now == 0

    def test_what_is_invalid_here_only_is_refused(self, cluster: Fake, app: Solution) -> None:
        words = "must be less than or equal to memory limit of 64Mi"

        def invalid(obj: Object) -> Object:
            if obj["metadata"]["namespace"] == NS:
                raise UsageError(words)
            return obj

        cluster.admits = invalid
        app.admission.refuses({**POD, "metadata": {"name": "x", "namespace": NS}}, saying="memory limit")
        assert f"it is refused: {words}" in told(lambda: app.admission.admits(POD))


MISUSES: list[tuple[object, str]] = [
    ("kind: Pod", "a mapping"),
    ({**POD, "kind": ""}, "needs a kind"),
    ({**POD, "kind": "pods"}, "needs a kind"),
    ({**POD, "apiVersion": None}, "needs an apiVersion"),
    ({**POD, "metadata": {}}, "needs metadata.name"),
    ({**POD, "metadata": {"name": 1}}, "needs metadata.name"),
    ({**POD, "metadata": None}, "needs metadata.name"),
    ({**POD, "metadata": {"name": "x", "namespace": "other"}}, "leave out metadata.namespace"),
]


@pytest.mark.parametrize(("manifest", "says"), MISUSES)
def test_what_is_no_manifest_is_a_usage_error(cluster: Fake, app: Solution, manifest: Any, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        eventually(app.admission).admits(manifest)
    with pytest.raises(UsageError, match=says):
        eventually(app.admission).refuses(manifest, saying="quota")
    assert "admit" not in cluster.calls


@pytest.mark.parametrize("saying", ["", " ", None, 3])
def test_a_refusal_needs_words(app: Solution, saying: Any) -> None:
    with pytest.raises(UsageError, match="needs words"):
        eventually(app.admission).refuses(POD, saying=saying)


@pytest.mark.parametrize("fields", [{}, [], {"spec": None}, "spec"])
def test_fields_have_a_meaning(app: Solution, fields: Any) -> None:
    with pytest.raises(UsageError):
        eventually(app.admission).admits(POD, fields)


POLICY = "ValidatingAdmissionPolicy 'team' with binding 'team' denied request: failed expression: x"
REFUSALS = {
    "quota": (403, EXCEEDED),
    "pod security": (403, 'pods "x" is forbidden: violates PodSecurity "restricted:latest": privileged'),
    "policy": (422, f'pods "x" is forbidden: {POLICY}'),
    "policy, with another code": (413, f'pods "x" is forbidden: {POLICY}'),
    "webhook": (400, 'admission webhook "a.b.c" denied the request: no'),
    "webhook without words": (404, 'admission webhook "a.b.c" denied the request without explanation'),
}
OTHERS = {
    "validation": (422, 'Pod "x" is invalid: spec.containers: Required value'),
    "field": (400, 'Pod in version "v1" cannot be handled: strict decoding error: unknown field "spec.x"'),
    "kind": (404, "the cluster knows no kind v1 Pot"),
    "conflict": (409, 'pods "x" already exists'),
    "rights": (403, 'pods is forbidden: User "a" cannot create resource "pods" in API group "" at all'),
    "end": (403, 'pods "x" is forbidden: unable to create new content in namespace a because it is ending'),
    "quotation": (
        422,
        'Pod "x" is invalid: a: Invalid value: "admission webhook \\"b\\" denied the request"',
    ),
}


@pytest.mark.parametrize(("status", "message"), REFUSALS.values(), ids=REFUSALS)
def test_a_rule_refuses(status: int, message: str) -> None:
    assert is_refusal(Rejected(status, message))


@pytest.mark.parametrize(("status", "message"), OTHERS.values(), ids=OTHERS)
def test_no_rule_refuses(status: int, message: str) -> None:
    assert not is_refusal(Rejected(status, message))
