"""`app.access` on the cluster: the real authorizer's answers, and what is said of unwanted ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from checks import CheckFailed, Solution, UsageError, eventually
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
