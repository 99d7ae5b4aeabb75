"""Who may do what: the authorizer decides, the message says which binding or role is why."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from made import NS, deploy, meta, pod

from checks import CheckFailed, Solution, UsageError, consistently, eventually, recording
from checks.access import Access, ServiceAccount
from checks.cluster import Ask, Object, Resource
from checks.fake import SERVED, Fake
from checks.questions import TOO_MUCH, Served

READ, WRITE = frozenset({"get", "list", "watch"}), frozenset({"get", "list", "watch", "create", "delete"})
RIGHTS = """
    subject       get pods   list secrets   delete pods   create pods/exec
    sa/viewer     yes        no             no            no
    sa/operator   yes        no             yes           no
"""


def account(cluster: Fake, name: str, namespace: str = NS) -> None:
    """Put a service account."""
    cluster.put({"kind": "ServiceAccount", "metadata": {"name": name, "namespace": namespace}})


def rule(verbs: str, resources: str, group: str = "", **more: Any) -> Object:
    """Return a rule of a role."""
    return {"verbs": verbs.split(), "resources": resources.split(), "apiGroups": [group], **more}


def role(cluster: Fake, name: str, *rules: Object, kind: str = "Role") -> None:
    """Put a role."""
    made = {"name": name} if kind == "ClusterRole" else meta(kind, name)
    cluster.put({"kind": kind, "metadata": made, "rules": list(rules)})


def sa(name: str, namespace: str = NS) -> Object:
    """Return a service account as a binding names it."""
    return {"kind": "ServiceAccount", "name": name, "namespace": namespace}


def bind(
    cluster: Fake, name: str, *subjects: Object, kind: str = "Role", wide: bool = False, namespace: str = NS
) -> None:
    """Put a binding of the role of its name, less what follows a dash."""
    made = {"name": name} if wide else {"name": name, "namespace": namespace}
    cluster.put(
        {
            "kind": "ClusterRoleBinding" if wide else "RoleBinding",
            "metadata": made,
            "roleRef": {"kind": kind, "name": name.partition("-")[0]},
            "subjects": list(subjects),
        }
    )


def rbac(cluster: Fake) -> Callable[[Ask], bool | str]:
    """Return an authorizer that decides by the roles and bindings of a cluster, as RBAC does."""

    def covers(rule: Object, ask: Ask) -> bool:
        def has(field: str, wanted: str) -> bool:
            return bool({"*", wanted} & set(rule.get(field, ())))

        if ask.path:
            return has("verbs", ask.verb) and ask.path in rule.get("nonResourceURLs", ())
        target = ask.resource + (f"/{ask.subresource}" if ask.subresource else "")
        fits = has("verbs", ask.verb) and has("apiGroups", ask.group) and has("resources", target)
        return fits and ask.name in (rule.get("resourceNames") or [ask.name])

    def is_for(subject: Object, ask: Ask) -> bool:
        match subject["kind"]:
            case "ServiceAccount":
                return ask.user == f"system:serviceaccount:{subject['namespace']}:{subject['name']}"
            case "User":
                return ask.user == subject["name"]
        return subject["name"] in ask.groups

    def decide(ask: Ask) -> bool | str:
        bindings = [*cluster.list("ClusterRoleBinding")]
        bindings += cluster.list("RoleBinding", ask.namespace) if ask.namespace else []
        for obj in bindings:
            ref, home = obj["roleRef"], obj["metadata"].get("namespace")
            found = cluster.get(ref["kind"], ref["name"], home if ref["kind"] == "Role" else None) or {}
            rules = found.get("rules", ())
            for subject in obj["subjects"]:
                if is_for(subject, ask) and any(covers(rule, ask) for rule in rules):
                    return f'RBAC: allowed by {obj["kind"]} "{obj["metadata"]["name"]}"'
        return False

    return decide


@pytest.fixture(autouse=True)
def course(cluster: Fake) -> None:
    """Accounts `viewer` and `operator` with the rights that `RIGHTS` claims."""
    cluster.allows = rbac(cluster)
    account(cluster, "viewer")
    account(cluster, "operator")
    role(cluster, "view", rule("get list watch", "pods pods/log"))
    role(cluster, "operate", rule("delete", "pods"))
    bind(cluster, "view", sa("viewer"), sa("operator"))
    bind(cluster, "operate", sa("operator"))


def failure_of(app: Solution, rights: str, **more: Any) -> CheckFailed:
    """Return how one reading fails, its cause read."""
    with pytest.raises(CheckFailed) as failure:
        app.access.grants_only(rights, **more)
    return failure.value


def table(column: str, word: str = "yes", subject: str = "sa/viewer") -> str:
    """Return a table of one cell."""
    return f"subject  {column}\n{subject}  {word}"


def because(app: Solution, column: str, subject: str = "sa/viewer") -> str:
    """Return the cause that is named when a right is not there."""
    return failure_of(app, table(column, subject=subject)).because


def test_the_rights_that_are_claimed_pass(cluster: Fake, app: Solution) -> None:
    app.access.grants_only(RIGHTS)
    eventually(app.access).grants_only(RIGHTS)
    assert (str(app.access), app.access.patience) == (f"the rights in {NS}", 15)


def test_all_is_asked_in_one_call(cluster: Fake, app: Solution) -> None:
    cluster.calls.clear()
    app.access.grants_only(RIGHTS)
    assert cluster.calls.count("may") == cluster.calls.count("resources") == cluster.calls.count("tries") == 1


def test_the_accounts_are_read_in_one_call_for_each_namespace(cluster: Fake, app: Solution) -> None:
    cluster.allows = lambda _: False
    account(cluster, "ci", "other")
    cluster.calls.clear()
    app.access.grants_only("s  get pods\nsa/viewer  no\nsa/operator  no\nsa/other:ci  no")
    assert (cluster.calls.count("list"), cluster.calls.count("get")) == (2, 0)


def test_an_account_of_another_namespace_is_another(cluster: Fake, app: Solution) -> None:
    account(cluster, "ci", "other")
    assert failure_of(app, table("get pods", "no", "sa/ci")).found == "no such ServiceAccount"
    failure = failure_of(app, "s  get pods\nsa/viewer  yes\nsa/other:viewer  no\nsa/other:ci  no")
    assert failure.expected == "ServiceAccount `viewer` of namespace other exists"


def test_a_failure_shows_the_table_and_the_binding(cluster: Fake, app: Solution) -> None:
    role(cluster, "operate", rule("get", "pods"))
    role(cluster, "more", rule("list create", "secrets pods/exec"), kind="ClusterRole")
    bind(cluster, "more", sa("operator"), kind="ClusterRole")
    assert str(failure_of(app, RIGHTS)).splitlines() == [
        "    expected  these answers, except where they are in capitals",
        "    found     subject       get pods   list secrets   delete pods   create pods/exec",
        "              sa/viewer     yes        no             no            no",
        "              sa/operator   yes        YES            NO            YES"
        "  <- expected no (list secrets), yes (delete pods), no (create pods/exec)",
        '    because   sa/operator may list secrets: allowed by RoleBinding "more"',
        "              Role `operate` grants get on pods, not delete",
        "              Role `view` grants get, list, watch on pods, not delete",
        "    look at   kubectl auth can-i list secrets --as=system:serviceaccount:k-1:operator -n k-1",
    ]


def test_what_was_found_is_kept_beside_the_verdict_with_what_is_too_much(
    cluster: Fake, app: Solution
) -> None:
    role(cluster, "more", rule("create", "pods/exec"), kind="ClusterRole")
    bind(cluster, "more", sa("viewer"), kind="ClusterRole")
    with recording() as recorded, pytest.raises(CheckFailed):
        app.access.grants_only(table("get pods"))
    assert (shown := recorded.observations[0].table)
    assert (shown.what, shown.table.columns) == ("rights", ("get pods", "create pods/exec"))
    assert shown.table.cells()["sa/viewer", "create pods/exec"] == "no"
    assert shown.found["sa/viewer", "create pods/exec"] == "yes"


def test_an_empty_namespace_has_no_such_account(app: Solution) -> None:
    cluster = Fake()
    cluster.allows = lambda _: "RBAC: allowed to everybody"
    assert str(failure_of(Solution(cluster, NS), RIGHTS)).splitlines() == [
        "    expected  ServiceAccount `viewer` of namespace k-1 and "
        "ServiceAccount `operator` of namespace k-1 exist",
        "    found     no such ServiceAccount",
        "    look at   kubectl -n k-1 get serviceaccounts",
    ]


def test_an_account_that_is_not_there_may_have_another_name(cluster: Fake, app: Solution) -> None:
    cluster.remove("ServiceAccount", "viewer", NS)
    account(cluster, "veiwer")
    failure = failure_of(app, RIGHTS)
    assert failure.expected == "ServiceAccount `viewer` of namespace k-1 exists"
    assert failure.because == "there is ServiceAccount `veiwer` in k-1"


class TestTooMuch:
    """What nobody asked for, and nobody may have."""

    def test_shows_as_a_column_of_its_own(self, cluster: Fake, app: Solution) -> None:
        role(cluster, "root", rule("*", "*", "*"), kind="ClusterRole")
        bind(cluster, "root", sa("viewer"), kind="ClusterRole")
        failure = failure_of(app, "s  get pods\nsa/viewer  yes\nsa/operator  yes\nuser/jane  no")
        head, viewer, operator, jane = failure.found.splitlines()
        columns = [column for column in TOO_MUCH if not re.search(r"clusterrole|users|groups|nodes", column)]
        assert re.split(" {2,}", head) == ["s", "get pods", *columns]
        assert re.split(" {2,}", viewer)[:-1] == ["sa/viewer", "yes", *["YES"] * len(columns)]
        assert re.split(" {2,}", operator) == ["sa/operator", "yes", *["no"] * len(columns)]
        assert re.split(" {2,}", jane) == ["user/jane", "no", *["n/a"] * len(columns)]

    def test_reaches_beyond_the_namespace(self, cluster: Fake, app: Solution) -> None:
        role(cluster, "root", rule("get", "nodes/proxy"), kind="ClusterRole")
        bind(cluster, "root", sa("viewer"), kind="ClusterRole")
        app.access.grants_only(RIGHTS)
        bind(cluster, "root-wide", sa("viewer"), kind="ClusterRole", wide=True)
        failure = failure_of(app, RIGHTS)
        assert "sa/viewer     yes        no             no            no                 YES" in failure.found
        assert failure.look_at == "kubectl auth can-i get nodes --subresource=proxy" + (
            " --as=system:serviceaccount:k-1:viewer"
        )

    @pytest.mark.parametrize("column", TOO_MUCH)
    def test_each_is_asked_and_can_be_granted_on_purpose(
        self, cluster: Fake, app: Solution, column: str
    ) -> None:
        verb, thing = column.split(" ")
        thing, _, group = thing.partition(".")
        group = group or ("rbac.authorization.k8s.io" if "role" in thing else "")
        role(cluster, "root", rule(verb, thing, group), kind="ClusterRole")
        bind(cluster, "root", sa("viewer"), kind="ClusterRole", wide=True)
        rest = TOO_MUCH if column == "* *.*" else ()
        failure = failure_of(app, table("list pods"))
        assert column in failure.found.splitlines()[0]
        app.access.grants_only(table("list pods"), also=[column, *rest])
        app.access.grants_only(f"s  list pods  {column}\nsa/viewer  yes  yes", also=rest)

    @pytest.mark.parametrize(
        "column", ["* *.*", "* *.* -A", "get *.*", "* secrets", "get secrets -A", "get secrets"]
    )
    def test_what_the_table_grants_includes_what_it_implies(
        self, cluster: Fake, app: Solution, column: str
    ) -> None:
        everything = column.startswith("* *.*")
        granted = {"* secrets": ("*", "secrets", ""), "get *.*": ("get", "*", "*")}
        verbs, things, group = granted.get(column, ("get", "secrets", ""))
        if everything:
            verbs, things, group = "*", "*", "*"
        role(cluster, "root", rule(verbs, things, group), kind="ClusterRole")
        bind(cluster, "root", sa("viewer"), kind="ClusterRole", wide=column.endswith("-A"))
        app.access.grants_only(table(column))

    def test_everything_here_is_not_everything_there(self, cluster: Fake, app: Solution) -> None:
        role(cluster, "root", rule("*", "*", "*"), kind="ClusterRole")
        bind(cluster, "root", sa("viewer"), kind="ClusterRole", wide=True)
        failure = failure_of(app, table("* *.*"))
        assert "get nodes/proxy" in failure.found
        assert "get secrets" not in failure.found

    def test_a_right_to_one_object_is_no_right_to_all(self, cluster: Fake, app: Solution) -> None:
        role(cluster, "secret", rule("get", "secrets", resourceNames=["db"]))
        bind(cluster, "secret", sa("viewer"))
        app.access.grants_only("s  get secrets db  get secrets web\nsa/viewer  yes  no")
        role(cluster, "secret", rule("get", "secrets"))
        failure = failure_of(app, "s  get secrets db\nsa/viewer  yes")
        assert failure.found.splitlines()[1].split() == ["sa/viewer", "yes", "YES", "<-", "expected", "no"]

    def test_is_not_asked_where_the_table_leaves_it_open(self, cluster: Fake, app: Solution) -> None:
        role(cluster, "secret", rule("get", "secrets"))
        bind(cluster, "secret", sa("viewer"))
        app.access.grants_only("s  get pods  get secrets\nsa/viewer  yes  n/a\nsa/operator  yes  no")

    def test_what_the_api_does_not_serve_is_left_out(self, cluster: Fake, app: Solution) -> None:
        cluster.serves = tuple(item for item in SERVED if item.name == "pods")
        cluster.allows = lambda ask: ask.resource not in ("users", "groups", "*") and "yes"
        app.access.grants_only(table("get pods"))


class TestTried:
    """What a service account does itself, with its token."""

    @pytest.fixture
    def tried(self, cluster: Fake) -> list[tuple[str, str, str]]:
        """Account, verb and thing of each request."""
        made: list[tuple[str, str, str]] = []

        def lets_pass(ask: Ask) -> bool:
            thing = ask.path or "/".join(filter(None, (ask.resource, ask.subresource, ask.name)))
            made.append((ask.user.rpartition(":")[2], ask.verb, thing))
            return bool(cluster.allows(ask))

        cluster.lets_pass = lets_pass
        return made

    def test_is_the_first_yes_and_the_first_no_of_each_account(
        self, app: Solution, tried: list[tuple[str, str, str]]
    ) -> None:
        app.access.grants_only(
            """
            s             watch pods  get pods  delete pods  list pods  create pods
            sa/viewer     yes         yes       no           yes        no
            sa/operator   yes         n/a       yes          yes        no
            user/jane     no          no        no           no         no
            """
        )
        assert tried == [
            ("viewer", "get", "pods"),
            ("viewer", "delete", "pods"),
            ("operator", "delete", "pods"),
            ("operator", "create", "pods"),
        ]

    @pytest.mark.parametrize(
        ("column", "can"),
        [
            *(
                (f"{verb} configmaps", True)
                for verb in ("get", "list", "create", "update", "patch", "delete")
            ),
            ("watch configmaps", False),
            ("deletecollection configmaps", False),
            ("get configmaps db", True),
            ("list nodes", True),
            ("list configmaps -A", True),
            ("create pods/exec", False),
            ("get pods/exec", True),
            ("get pods/log", True),
            ("patch deployments/scale", False),
            ("get nodes/proxy", False),
            ("create serviceaccounts/token", False),
            ("escalate roles", False),
            ("impersonate users", False),
            ("use configmaps", False),
            ("* configmaps", False),
            ("get *.*", False),
            ("get /metrics", True),
            ("get /readyz/etcd-0", True),
            ("head /metrics", False),
            ("get /metrics/*", False),
            ("get /metrics?a=b", False),
            ("get /a/../metrics", False),
            ("get /api/v1/pods", False),
            ("get /apis/apps/v1/deployments", False),
            ("get /apis", True),
        ],
    )
    def test_is_only_what_changes_nothing(
        self, app: Solution, tried: list[tuple[str, str, str]], column: str, can: bool
    ) -> None:
        word = "yes" if column == "get pods/log" else "no"
        app.access.grants_only(table(column, word))
        assert bool(tried) == can

    def test_is_nothing_while_the_table_is_wrong(
        self, app: Solution, tried: list[tuple[str, str, str]]
    ) -> None:
        failure_of(app, "s  get pods  delete pods\nsa/viewer  yes  yes")
        assert tried == []

    def test_is_nothing_of_what_nobody_claims(
        self, cluster: Fake, app: Solution, tried: list[tuple[str, str, str]]
    ) -> None:
        app.access.grants_only(table("get pods", "no", "user/jane"))
        app.access.grants_only(table("get pods"))
        assert tried == [("viewer", "get", "pods")]
        assert cluster.calls.count("tries") == 1

    def test_fails_when_the_answer_is_another(self, cluster: Fake, app: Solution) -> None:
        cluster.lets_pass = lambda ask: ask.verb == "list"
        failure = failure_of(app, RIGHTS)
        assert str(failure).splitlines() == [
            "    expected  with its token, sa/viewer may get pods",
            "              with its token, sa/viewer may not list secrets",
            "              with its token, sa/operator may get pods",
            "              with its token, sa/operator may not list secrets",
            '    found     the API server answers 403: User "system:serviceaccount:k-1:viewer" '
            'cannot get resource "pods"',
            "              the API server answers with success",
            '              the API server answers 403: User "system:serviceaccount:k-1:operator" '
            'cannot get resource "pods"',
            "              the API server answers with success",
            "    look at   kubectl auth can-i get pods --as=system:serviceaccount:k-1:viewer -n k-1",
        ]
        assert not failure.settles

    def test_may_lag_behind(self, cluster: Fake, app: Solution) -> None:
        cluster.lets_pass = lambda ask: cluster.now > 8 and bool(cluster.allows(ask))
        eventually(app.access).grants_only(RIGHTS)
        assert cluster.now > 8


class TestSubjects:
    """Whom a row speaks of, and with which groups."""

    @pytest.mark.parametrize(
        ("row", "user", "groups"),
        [
            (
                "sa/viewer",
                "system:serviceaccount:k-1:viewer",
                ("system:serviceaccounts", "system:serviceaccounts:k-1", "system:authenticated"),
            ),
            (
                "sa/other:ci",
                "system:serviceaccount:other:ci",
                ("system:serviceaccounts", "system:serviceaccounts:other", "system:authenticated"),
            ),
            ("user/jane", "jane", ("system:authenticated",)),
            ("user/CN=Jane Doe", "CN=Jane Doe", ("system:authenticated",)),
            ("user/system:anonymous", "system:anonymous", ("system:unauthenticated",)),
            ("group/dev", "kubeproctor:nobody", ("dev", "system:authenticated")),
            ("group/system:authenticated", "kubeproctor:nobody", ("system:authenticated",)),
            ("group/system:unauthenticated", "system:anonymous", ("system:unauthenticated",)),
        ],
    )
    def test_is_asked_for_with_all_its_groups(
        self, cluster: Fake, app: Solution, row: str, user: str, groups: Sequence[str]
    ) -> None:
        account(cluster, "ci", "other")
        asked: list[Ask] = []
        cluster.allows = lambda ask: bool(asked.append(ask))
        app.access.grants_only(table("get pods", "no", row))
        assert asked[0] == Ask(user, groups, "get", resource="pods", namespace=NS)

    @pytest.mark.parametrize(
        ("row", "options"),
        [
            ("sa/viewer", "--as=system:serviceaccount:k-1:viewer -n k-1"),
            ("user/CN=Jane Doe", "--as='CN=Jane Doe' -n k-1"),
            ("group/dev", "--as=kubeproctor:nobody --as-group=dev -n k-1"),
        ],
    )
    def test_can_be_asked_for_by_hand(self, app: Solution, row: str, options: str) -> None:
        failure = failure_of(app, table("create pods", "yes", row))
        assert failure.look_at == f"kubectl auth can-i create pods {options}"

    @pytest.mark.parametrize(
        "row", ["viewer", "sa/", "sa/a b", "sa/K:x", "user/", "group/", "pod/x", "sa/:a"]
    )
    def test_no_subject_is_refused(self, cluster: Fake, app: Solution, row: str) -> None:
        cluster.calls.clear()
        with pytest.raises(UsageError, match=r"is no subject: write `sa/NAME`, `sa/NAMESPACE:NAME`"):
            app.access.grants_only(table("get pods", "no", row))
        assert cluster.calls == []

    def test_an_account_in_disguise_is_refused(self, app: Solution) -> None:
        with pytest.raises(UsageError, match="is a service account: write `sa/NAME`"):
            app.access.grants_only(table("get pods", "no", "user/system:serviceaccount:k-1:viewer"))


class TestColumns:
    """What a column asks."""

    @pytest.mark.parametrize(
        ("column", "ask", "command"),
        [
            ("get pods", {"resource": "pods", "namespace": NS}, "get pods {} -n k-1"),
            ("get pods -A", {"resource": "pods"}, "get pods {} -A"),
            (
                "create pods/exec web",
                {"resource": "pods", "subresource": "exec", "name": "web", "namespace": NS},
                "create pods/web --subresource=exec {} -n k-1",
            ),
            (
                "patch deployments",
                {"resource": "deployments", "group": "apps", "namespace": NS},
                "patch deployments.apps {} -n k-1",
            ),
            (
                "patch deployments.apps/scale",
                {"resource": "deployments", "group": "apps", "subresource": "scale", "namespace": NS},
                "patch deployments.apps --subresource=scale {} -n k-1",
            ),
            ("list nodes", {"resource": "nodes"}, "list nodes {}"),
            ("list nodes -A", {"resource": "nodes"}, "list nodes {}"),
            ("get /metrics", {"path": "/metrics"}, "get /metrics {}"),
            ("impersonate users", {"resource": "users"}, "impersonate users {}"),
            ("impersonate groups dev", {"resource": "groups", "name": "dev"}, "impersonate groups/dev {}"),
            ("* pods", {"resource": "pods", "namespace": NS}, "'*' pods {} -n k-1"),
            ("* *.*", {"resource": "*", "group": "*", "namespace": NS}, "'*' '*.*' {} -n k-1"),
            ("get *.apps -A", {"resource": "*", "group": "apps"}, "get '*.apps' {} -A"),
            ("list namespaces", {"resource": "namespaces"}, "list namespaces {}"),
            (
                "get namespaces k-2",
                {"resource": "namespaces", "name": "k-2", "namespace": "k-2"},
                "get namespaces/k-2 {} -n k-2",
            ),
        ],
    )
    def test_is_asked_where_the_resource_is(
        self, cluster: Fake, app: Solution, column: str, ask: dict[str, str], command: str
    ) -> None:
        asked: list[Ask] = []
        cluster.allows = lambda ask: bool(asked.append(ask))
        failure = failure_of(app, table(column, "yes", "user/jane"))
        assert asked == [Ask("jane", ("system:authenticated",), column.split()[0], **ask)]
        assert failure.look_at == "kubectl auth can-i " + command.format("--as=jane")

    @pytest.mark.parametrize(
        ("column", "says"),
        [
            ("pods", "asks nothing: write `VERB RESOURCE`, `VERB RESOURCE NAME` or `VERB /path`"),
            ("-A", "asks nothing"),
            ("get -A", "asks nothing"),
            ("get pods a b", "asks nothing"),
            ("get /metrics x", "asks nothing"),
            ("get /metrics -A", "asks nothing"),
            ("get pod", "the API serves no `pod`: write pods"),
            ("get deployments.app", "the API serves no `deployments.app`: write deployments.apps"),
            ("get xyz", "the API serves no `xyz`: write a plural such as `pods`"),
            ("get Pods", "the API serves no `Pods`: write pods"),
            ("delete pods/exec", "`delete` is no verb of pods/exec: write *, create, get or use"),
            ("impersonate pods", "`impersonate` is no verb of pods: write *, create, delete,"),
            ("get users", "`get` is no verb of users: write *, impersonate or use"),
            ("bind clusterrolebindings", "`bind` is no verb of clusterrolebindings"),
            ("list /metrics", "`list` is no verb of /metrics: write *, delete, get, head,"),
            ("create pods web", "no rule limits create to one name: write `create pods`"),
            ("get *", "write `*.*` for everything or `*.GROUP`, not `*`"),
            ("get *.nothing", "write `*.*` for everything or `*.GROUP`, not `*.nothing`"),
            ("get meals", "`meals` is in several groups: write meals.a.example or meals.b.example"),
        ],
    )
    def test_no_question_says_what_to_write(
        self, cluster: Fake, app: Solution, column: str, says: str
    ) -> None:
        more = [Resource(f"{group}.example", "meals", True, READ) for group in "ab"]
        cluster.serves = (*SERVED, *more)
        with pytest.raises(UsageError, match=re.escape(says)):
            app.access.grants_only(table(column))

    def test_the_core_group_wins(self) -> None:
        twice = [Resource("events.k8s.io", "events", True, WRITE), Resource("", "events", True, READ)]
        assert Served(twice).question("", "get", "events").group == ""
        assert Served(twice).question("", "get", "events.events.k8s.io").group == "events.k8s.io"


@pytest.mark.parametrize(
    ("rights", "more", "says"),
    [
        ("", {}, "a table needs"),
        (table("get pods", "maybe"), {}, "write yes, no or n/a"),
        (table("get pods", "n/a"), {}, "a table of n/a alone asks nothing"),
        (table("get pods"), {"also": "get secrets"}, "also=[…] takes some of get secrets, list secrets,"),
        (table("get pods"), {"also": ["get pods"]}, "also=[…] takes some of"),
        (
            "s  get deployments  get deployments.apps\nsa/viewer  no  no",
            {},
            "the columns `get deployments` and `get deployments.apps` mean the same",
        ),
        (
            "s  get pods\nsa/viewer  yes\nsa/k-1:viewer  no",
            {},
            "the rows `sa/viewer` and `sa/k-1:viewer` mean",
        ),
    ],
    ids=["empty", "word", "nothing asked", "also is a text", "also is not too much", "columns", "rows"],
)
def test_a_table_without_meaning_is_refused(
    app: Solution, rights: str, more: dict[str, Any], says: str
) -> None:
    with pytest.raises(UsageError, match=re.escape(says)):
        app.access.grants_only(rights, **more)


class TestWhyNot:
    """What is missing from a right, as it was read."""

    def test_nobody_names_the_subject(self, cluster: Fake, app: Solution) -> None:
        account(cluster, "ci")
        assert because(app, "get pods", "sa/ci") == (
            "no RoleBinding in k-1 and no ClusterRoleBinding names ServiceAccount `ci` of namespace k-1"
        )

    @pytest.mark.parametrize(
        ("subject", "names"),
        [
            (sa("ci", "default"), "ServiceAccount `ci` of namespace default"),
            ({"kind": "User", "name": "ci"}, "User `ci`"),
            ({"kind": "Group", "name": "ci"}, "Group `ci`"),
            (sa("cii"), "ServiceAccount `cii` of namespace k-1"),
        ],
        ids=["namespace", "user", "group", "typo"],
    )
    def test_a_binding_names_another(self, cluster: Fake, app: Solution, subject: Object, names: str) -> None:
        account(cluster, "ci")
        bind(cluster, "view-ci", subject)
        assert because(app, "get pods", "sa/ci") == (
            f"RoleBinding `view-ci` names {names}, not ServiceAccount `ci` of namespace k-1"
        )

    @pytest.mark.parametrize(
        "subject",
        [
            {"kind": "User", "name": "system:serviceaccount:k-1:ci"},
            {"kind": "Group", "name": "system:serviceaccounts:k-1"},
        ],
        ids=["user", "group"],
    )
    def test_a_binding_names_the_account_in_another_way(
        self, cluster: Fake, app: Solution, subject: Object
    ) -> None:
        account(cluster, "ci")
        bind(cluster, "operate-ci", subject)
        app.access.grants_only(table("delete pods", subject="sa/ci"))
        assert because(app, "get pods", "sa/ci") == "Role `operate` grants delete on pods, not get"

    def test_a_binding_names_an_account_where_a_user_is_meant(self, cluster: Fake, app: Solution) -> None:
        bind(cluster, "view-jane", sa("jane"))
        assert because(app, "get pods", "user/jane") == (
            "RoleBinding `view-jane` names ServiceAccount `jane` of namespace k-1, not User `jane`"
        )

    def test_a_binding_stands_elsewhere(self, cluster: Fake, app: Solution) -> None:
        account(cluster, "ci")
        bind(cluster, "view-ci", sa("ci"), namespace="default")
        assert because(app, "get pods", "sa/ci") == (
            "RoleBinding `view-ci` names ServiceAccount `ci` of namespace k-1, "
            "but stands in namespace default: it grants nothing in k-1"
        )

    def test_bindings_of_others_are_not_spoken_of(self, cluster: Fake, app: Solution) -> None:
        bind(cluster, "view-jane", {"kind": "User", "name": "jane"}, namespace="k-2")
        account(cluster, "viewer", "k-2")
        cluster.remove("RoleBinding", "view", NS)
        bind(cluster, "view-theirs", sa("viewer", "k-2"), namespace="k-2")
        for subject in ("sa/viewer", "user/jane"):
            assert because(app, "get pods", subject).startswith("no RoleBinding in k-1")

    def test_bindings_of_the_cluster_itself_are_not_spoken_of(self, cluster: Fake, app: Solution) -> None:
        everybody = {"kind": "Group", "name": "system:authenticated"}
        bind(cluster, "system:basic-user", everybody, kind="ClusterRole", wide=True)
        assert because(app, "get pods", "user/jane").startswith("no RoleBinding in k-1")

    @pytest.mark.parametrize(
        ("kind", "put", "more"),
        [
            ("Role", None, ""),
            ("Role", ("ClusterRole", "deploy"), "; there is ClusterRole `deploy`"),
            ("ClusterRole", ("Role", "deploy"), "; there is Role `deploy`"),
            ("Role", ("Role", "deploys"), "; there is Role `deploys`"),
        ],
        ids=["nothing like it", "cluster role", "role", "typo"],
    )
    def test_the_role_is_missing(
        self, cluster: Fake, app: Solution, kind: str, put: tuple[str, str] | None, more: str
    ) -> None:
        account(cluster, "ci")
        bind(cluster, "deploy-ci", sa("ci"), kind=kind)
        if put:
            role(cluster, put[1], rule("get", "pods"), kind=put[0])
        assert because(app, "get pods", "sa/ci") == (
            f"RoleBinding `deploy-ci` refers to {kind} `deploy`, which does not exist{more}"
        )

    @pytest.mark.parametrize(
        ("column", "rules", "says"),
        [
            ("delete pods", [rule("get", "pods"), rule("list", "pods nodes")],
             "grants get, list on pods, not delete"),
            ("get deployments", [rule("get", "deployments pods")], 'has deployments in apiGroups [""], '
             'but they are in "apps"'),
            ("get pods", [rule("get", "pods", "apps")], 'has pods in apiGroups ["apps"], but they are in ""'),
            ("get pods/exec", [rule("get", "pods")], "has pods, which does not include pods/exec"),
            ("get pods", [rule("get", "pod")], "has a rule for `pod`, not for `pods`"),
            ("get pods", [rule("get", "configmaps")], "has no rule for pods"),
            ("get deployments", [], "has no rule for deployments.apps"),
            ("list configmaps", [rule("list", "configmaps", resourceNames=["b", "a"])],
             "grants list on configmaps for a, b only"),
            ("get configmaps c", [rule("get", "configmaps", resourceNames=["a"])],
             "grants get on configmaps for a only"),
            ("delete pods", [rule("update", "*", "*")], "grants update on pods, not delete"),
            ("list pods", [rule("*", "pods", resourceNames=["a"])], "grants list on pods for a only"),
            ("patch deployments/scale", [rule("get", "*/scale", "apps")],
             "grants get on deployments.apps/scale, not patch"),
            ("get *.*", [rule("get", "*")], 'has * in apiGroups [""], but they are in "*"'),
        ],
        ids=["verb", "core for apps", "apps for core", "part", "singular", "other", "no rules", "names",
             "another name", "all resources", "all verbs", "all parts", "everything"],
    )  # fmt: skip
    def test_the_role_lacks_it(
        self, cluster: Fake, app: Solution, column: str, rules: Sequence[Object], says: str
    ) -> None:
        account(cluster, "ci")
        role(cluster, "deploy", *rules)
        bind(cluster, "deploy-ci", sa("ci"))
        assert because(app, column, "sa/ci") == f"Role `deploy` {says}"

    @pytest.mark.parametrize(
        ("column", "says"),
        [
            ("list nodes", "no namespace holds nodes, so it takes a ClusterRoleBinding"),
            ("get /metrics", "no namespace holds /metrics, so it takes a ClusterRoleBinding"),
            ("get pods -A", "to get pods in all namespaces takes a ClusterRoleBinding"),
        ],
    )
    def test_the_binding_does_not_reach_it(
        self, cluster: Fake, app: Solution, column: str, says: str
    ) -> None:
        role(cluster, "view", rule("get list", "nodes pods"))
        assert because(app, column) == f"RoleBinding `view` grants rights in k-1 only; {says}"

    @pytest.mark.parametrize(
        ("urls", "says"),
        [
            (["/healthz"], "has no rule for /metrics"),
            (["/metrics"], "grants head on /metrics, not get"),
            (["/met*"], "grants head on /metrics, not get"),
        ],
    )
    def test_the_cluster_role_lacks_a_path(
        self, cluster: Fake, app: Solution, urls: list[str], says: str
    ) -> None:
        role(cluster, "scrape", {"verbs": ["head"], "nonResourceURLs": urls}, kind="ClusterRole")
        bind(cluster, "scrape", sa("viewer"), kind="ClusterRole", wide=True)
        assert because(app, "get /metrics") == f"ClusterRole `scrape` {says}"

    def test_what_is_granted_by_now_has_no_cause(self, cluster: Fake, app: Solution) -> None:
        cluster.allows = lambda _: False
        assert because(app, "get pods", "sa/operator") == ""

    def test_what_is_allowed_without_a_reason_has_no_cause(self, cluster: Fake, app: Solution) -> None:
        cluster.allows = lambda ask: ask.resource == "pods" and ask.verb == "get"
        assert failure_of(app, table("get pods", "no")).because == ""

    def test_bindings_without_fields_name_nobody(self, cluster: Fake, app: Solution) -> None:
        cluster.allows = lambda _: False
        cluster.put({"kind": "RoleBinding", "metadata": meta("RoleBinding", "bare")})
        cluster.put({"kind": "RoleBinding", "metadata": meta("RoleBinding", "view"), "subjects": None})
        assert because(app, "get pods").startswith("no RoleBinding in k-1")

    @pytest.mark.parametrize(("subject", "roles_read"), [("sa/viewer", 3), ("sa/operator", 4)])
    def test_many_causes_are_few(self, cluster: Fake, app: Solution, subject: str, roles_read: int) -> None:
        cluster.allows = lambda _: False
        columns = ["create pods", "update pods", "patch pods", "deletecollection pods", "get secrets"]
        cluster.calls.clear()
        failure = failure_of(app, f"s  {'  '.join(columns)}\n{subject}  {'  '.join(['yes'] * 5)}")
        assert len(failure.because.splitlines()) == 3
        assert cluster.calls.count("get") == roles_read


class TestTime:
    """Rights are judged early when nothing changes, and again when something does."""

    def test_a_false_claim_about_things_at_rest_fails_early(self, cluster: Fake, app: Solution) -> None:
        with pytest.raises(CheckFailed) as failure:
            eventually(app.access).grants_only(table("delete pods"))
        assert failure.value.waited.endswith("settled: nothing was still changing")
        assert cluster.now < 5

    def test_a_binding_that_comes_later_is_seen(self, cluster: Fake, app: Solution) -> None:
        cluster.at(2, lambda: bind(cluster, "operate", sa("viewer"), sa("operator")))
        eventually(app.access).grants_only(table("delete pods"))
        assert cluster.now == pytest.approx(5, abs=0.6)

    def test_a_right_that_comes_later_breaks_what_holds(self, cluster: Fake, app: Solution) -> None:
        cluster.at(2, lambda: bind(cluster, "operate", sa("viewer")))
        with pytest.raises(CheckFailed, match="delete pods"):
            consistently(app.access, during=5).grants_only(table("delete pods", "no"))

    @pytest.mark.parametrize(
        ("kind", "named", "namespace", "counts"),
        [
            ("ServiceAccount", "new", NS, True),
            ("Role", "new", NS, True),
            ("RoleBinding", "new", NS, True),
            ("ClusterRole", "new", None, True),
            ("ClusterRoleBinding", "new", None, True),
            ("ClusterRole", "system:new", None, False),
            ("Role", "new", "k-2", False),
            ("Pod", "new", NS, False),
        ],
    )
    def test_what_decides_rights_is_in_the_digest(
        self, cluster: Fake, app: Solution, kind: str, named: str, namespace: str | None, counts: bool
    ) -> None:
        before = app.access.settled()
        made = {"name": named} | ({"namespace": namespace} if namespace else {})
        cluster.put({"kind": kind, "metadata": made})
        assert (app.access.settled() != before) == counts

    @pytest.mark.parametrize("kind", ["ClusterRole", "ClusterRoleBinding"])
    def test_what_other_learners_are_given_is_not(self, cluster: Fake, app: Solution, kind: str) -> None:
        before = app.access.settled()
        theirs = {"name": "kubeproctor-task-k-2", "labels": {"kubeproctor.local/owner": "sandbox"}}
        cluster.put({"kind": kind, "metadata": theirs})
        assert app.access.settled() == before

    def test_what_is_being_deleted_is_not_at_rest(self, cluster: Fake, app: Solution) -> None:
        cluster.patch("Role", "view", NS, {"metadata": {"deletionTimestamp": "now"}})
        assert app.access.settled() is None


class TestServes:
    """As whom the pods of a workload run."""

    @pytest.fixture
    def web(self, cluster: Fake) -> list[Object]:
        """Two pods of Deployment `web` that run as `viewer`."""
        pods = deploy(cluster, "web", 2)
        self.template(cluster, "viewer")
        return [self.run_as(cluster, item["metadata"]["name"], "viewer") for item in pods]

    @staticmethod
    def run_as(cluster: Fake, name: str, account: str | None) -> Object:
        return cluster.patch("Pod", name, NS, {"spec": {"serviceAccountName": account}})

    @staticmethod
    def template(cluster: Fake, account: str | None) -> None:
        spec = {"template": {"spec": {"serviceAccountName": account}}}
        cluster.patch("Deployment", "web", NS, {"spec": spec})

    @pytest.mark.usefixtures("web")
    def test_pods_that_run_as_it_pass(self, app: Solution) -> None:
        app.service_account("viewer").serves(app.deployment("web"))
        eventually(app.service_account("viewer")).serves(app.deployment("web"))

    @pytest.mark.usefixtures("web")
    def test_pods_that_run_as_another_fail(self, cluster: Fake, app: Solution) -> None:
        self.run_as(cluster, "web-1", None)
        self.run_as(cluster, "web-2", "operator")
        self.template(cluster, None)
        with pytest.raises(CheckFailed) as failure:
            app.service_account("viewer").serves(app.deployment("web"))
        assert str(failure.value).splitlines() == [
            "    expected  every pod of Deployment `web` runs as ServiceAccount `viewer`",
            "    found     web-1 runs as `default`",
            "              web-2 runs as `operator`",
            "    because   the pod template of Deployment `web` has no serviceAccountName, "
            "which means `default`",
            "    look at   kubectl -n k-1 get pods -o "
            "custom-columns=NAME:.metadata.name,ACCOUNT:.spec.serviceAccountName",
        ]

    @pytest.mark.usefixtures("web")
    @pytest.mark.parametrize(
        ("account", "says"),
        [
            ("operator", "the pod template of Deployment `web` has serviceAccountName: operator"),
            ("viewer", ""),
        ],
        ids=["another", "old pods"],
    )
    def test_the_template_is_named_when_it_is_why(
        self, cluster: Fake, app: Solution, account: str, says: str
    ) -> None:
        self.run_as(cluster, "web-1", "operator")
        self.template(cluster, account)
        with pytest.raises(CheckFailed) as failure:
            app.service_account("viewer").serves(app.deployment("web"))
        assert failure.value.because == says

    @pytest.mark.usefixtures("web")
    def test_an_account_that_does_not_exist_serves_nobody(self, cluster: Fake, app: Solution) -> None:
        cluster.remove("ServiceAccount", "viewer", NS)
        with pytest.raises(CheckFailed, match="no such ServiceAccount"):
            app.service_account("viewer").serves(app.deployment("web"))

    def test_a_workload_without_pods_fails(self, cluster: Fake, app: Solution) -> None:
        with pytest.raises(CheckFailed, match="no such Deployment"):
            app.service_account("viewer").serves(app.deployment("web"))
        (ended,) = deploy(cluster, "web")
        cluster.patch("Pod", ended["metadata"]["name"], NS, {"status": {"phase": "Failed"}})
        with pytest.raises(CheckFailed, match="has a pod"):
            app.service_account("viewer").serves(app.deployment("web"))

    def test_an_empty_namespace_fails(self) -> None:
        cluster = Fake()
        with pytest.raises(CheckFailed) as failure:
            ServiceAccount(cluster, NS, "viewer").serves(Solution(cluster, NS).deployment("web"))
        assert str(failure.value).splitlines() == [
            "    expected  ServiceAccount `viewer` exists",
            "    found     no such ServiceAccount",
            "    look at   kubectl -n k-1 get serviceaccounts",
        ]

    def test_a_pod_on_its_way_out_does_not_count(
        self, cluster: Fake, app: Solution, web: list[Object]
    ) -> None:
        owner = cluster.get("ReplicaSet", "web-rs", NS)
        cluster.put(pod("web-0", owner=owner))
        cluster.delete("Pod", "web-0", NS)
        app.service_account("viewer").serves(app.deployment("web"))

    def test_no_workload_is_refused(self, app: Solution) -> None:
        with pytest.raises(UsageError, match=r"takes a workload such as app\.deployment\('web'\)"):
            app.service_account("viewer").serves("web")


def test_the_noun_is_what_the_solution_gives(cluster: Fake, app: Solution) -> None:
    assert isinstance(app.access, Access)
    assert isinstance(app.service_account("viewer"), ServiceAccount)
