"""`app.access` on the cluster: the real authorizer's answers, and what is said of unwanted ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from checks import CheckFailed, Solution, UsageError, eventually
from checks.cluster import Ask, Decision
from fixtures.live import LiveCluster
from fixtures.sandbox import open_sandbox

pytestmark = [pytest.mark.cluster, pytest.mark.shared]

RIGHTS = """
    subject       get pods   delete pods   list secrets   create pods/exec   patch deployments.apps
    sa/viewer     yes        no            no             no                 no
    sa/operator   yes        yes           no             no                 yes
"""
RBAC = "rbac.authorization.k8s.io/v1"


def role(name: str, *rules: tuple[str, str, list[str]]) -> dict[str, Any]:
    made = [
        {"apiGroups": [group], "resources": [resource], "verbs": verbs} for group, resource, verbs in rules
    ]
    return {"apiVersion": RBAC, "kind": "Role", "metadata": {"name": name}, "rules": made}


def binding(account: str, role: str, namespace: str) -> dict[str, Any]:
    return {
        "apiVersion": RBAC,
        "kind": "RoleBinding",
        "metadata": {"name": f"{account}-{role}"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": role},
        "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": namespace}],
    }


@pytest.fixture
def app(cluster: LiveCluster) -> Iterator[Solution]:
    with open_sandbox(cluster, []) as sandbox:
        here = sandbox.namespace
        for account in ("viewer", "operator"):
            cluster.create(
                {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": account}}, here
            )
        cluster.create(role("look", ("", "pods", ["get", "list"])), here)
        cluster.create(role("change", ("", "pods", ["delete"]), ("apps", "deployments", ["patch"])), here)
        cluster.create(binding("viewer", "look", here), here)
        cluster.create(binding("operator", "look", here), here)
        cluster.create(binding("operator", "change", here), here)
        yield Solution(cluster, here)


def live(app: Solution) -> LiveCluster:
    assert isinstance(app.cluster, LiveCluster)
    return app.cluster


def test_rights_as_in_the_table_pass(app: Solution) -> None:
    eventually(app.access).grants_only(RIGHTS)


def test_both_answers_are_tried_with_a_token(app: Solution, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[tuple[str, str, Decision]] = []
    tries = live(app).tries

    def noting(asked: Sequence[Ask]) -> list[Decision]:
        answers = tries(asked)
        said.extend(
            (ask.user.rpartition(":")[2], ask.verb, answer)
            for ask, answer in zip(asked, answers, strict=True)
        )
        return answers

    monkeypatch.setattr(live(app), "tries", noting)
    live(app).delete("Role", "look", app.namespace)
    live(app).create(role("look", ("", "pods", ["get"])), app.namespace)
    eventually(app.access).grants_only(
        """
        subject       get pods   list pods
        sa/viewer     yes        no
        sa/operator   yes        no
        """
    )
    for account in ("viewer", "operator"):
        user = f"system:serviceaccount:{app.namespace}:{account}"
        got, listed = (
            [a for who, v, a in said if (who, v) == (account, verb)][-1] for verb in ("get", "list")
        )
        assert got.allowed
        assert got.reason.startswith('404: pods "kubeproctor-nobody-')
        assert not listed.allowed
        assert listed.reason.startswith(f'403: pods is forbidden: User "{user}" cannot list resource "pods"')


@pytest.mark.parametrize("named", ["", "mine"])
def test_what_is_tried_changes_nothing(app: Solution, named: str) -> None:
    cluster, here = live(app), app.namespace
    labels = {"app": "mine"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "none"}]}}
    spec = {"replicas": 0, "selector": {"matchLabels": labels}, "template": template}
    deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "mine"}, "spec": spec}
    cluster.create(deployment, here)
    cluster.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "mine"}}, here)
    things = [("", "configmaps"), ("apps", "deployments")]
    verbs = ["get", "list", "create", "update", "patch", "delete"]
    cluster.create(role("all", *((group, resource, verbs) for group, resource in things)), here)
    cluster.create(binding("operator", "all", here), here)
    eventually(app.access).grants_only("subject  delete configmaps\nsa/operator  yes\nsa/viewer  no")
    uids = {uid(cluster, kind, here) for kind in ("ConfigMap", "Deployment")}
    for account in ("operator", "viewer"):
        user = f"system:serviceaccount:{here}:{account}"
        asked = [
            Ask(user, (), verb, group, resource, name="" if verb == "create" else named, namespace=here)
            for group, resource in things
            for verb in verbs
        ]
        answers = cluster.tries(asked)
        assert [said.allowed for said in answers] == [account == "operator"] * len(asked), answers
    assert {uid(cluster, kind, here) for kind in ("ConfigMap", "Deployment")} == uids


def uid(cluster: LiveCluster, kind: str, namespace: str) -> tuple[str, str]:
    """Return which object stands there, and its generation or version; fail if it is one of several."""
    (obj,) = [obj for obj in cluster.list(kind, namespace) if obj["metadata"]["name"] != "kube-root-ca.crt"]
    metadata = obj["metadata"]
    assert "deletionTimestamp" not in metadata
    return metadata["uid"], str(metadata.get("generation") or metadata["resourceVersion"])


def test_too_much_is_seen_though_nobody_asked(app: Solution) -> None:
    live(app).create(role("peek", ("", "secrets", ["get"])), app.namespace)
    live(app).create(binding("viewer", "peek", app.namespace), app.namespace)
    with pytest.raises(CheckFailed) as failure:
        eventually(app.access).grants_only(RIGHTS)
    assert "get secrets" in failure.value.found
    assert "YES" in failure.value.found
    assert 'RoleBinding "viewer-peek' in failure.value.because
    eventually(app.access).grants_only(RIGHTS, also=["get secrets"])


def test_a_role_of_the_wrong_group_is_named(app: Solution) -> None:
    live(app).delete("Role", "change", app.namespace)
    live(app).create(role("change", ("", "pods", ["delete"]), ("", "deployments", ["patch"])), app.namespace)
    with pytest.raises(CheckFailed) as failure:
        eventually(app.access).grants_only(RIGHTS)
    assert (
        "sa/operator   yes        yes           no             no                 NO" in failure.value.found
    )
    assert "apps" in failure.value.because
    assert "change" in failure.value.because


def test_a_binding_of_another_namespace_gives_nothing(app: Solution, cluster: LiveCluster) -> None:
    live(app).delete("RoleBinding", "viewer-look", app.namespace)
    live(app).create(binding("viewer", "look", "default"), app.namespace)
    with pytest.raises(CheckFailed) as failure:
        eventually(app.access).grants_only(RIGHTS)
    assert "sa/viewer     NO" in failure.value.found
    assert "default" in failure.value.because


def test_an_account_that_does_not_exist_is_no_account(app: Solution) -> None:
    with pytest.raises(CheckFailed, match="no such ServiceAccount"):
        eventually(app.access).grants_only("subject  get pods\nsa/nobody  no")


def test_a_verb_that_the_real_api_does_not_support_is_refused(app: Solution) -> None:
    with pytest.raises(UsageError, match="delete"):
        app.access.grants_only("subject  delete pods/log\nsa/viewer  no")
