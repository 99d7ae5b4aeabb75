"""What can be said of an object of any kind, and what only looks like it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from made import NS, deploy, endpoints, expose, keep_moving, meta, pod

from checks import ABSENT, CheckFailed, Solution, Thing, UsageError, consistently, eventually
from checks.fake import Fake

Use = Callable[[Solution], object]


def put(cluster: Fake, kind: str = "ConfigMap", name: str = "web", **fields: Any) -> Any:
    """Put an object of the namespace."""
    made = {**meta(kind, name), **fields.pop("metadata", {})}
    return cluster.put({"kind": kind, "metadata": made, **fields})


def thing(app: Solution, kind: str = "ConfigMap") -> Thing:
    """Return the object of most tests."""
    return app.object(kind, "web")


def fails(use: Callable[[], object]) -> CheckFailed:
    """Return the failure of a claim that is false, its cause read."""
    with pytest.raises(CheckFailed) as failure:
        use()
    failure.value.read_cause()
    return failure.value


def ports(*numbers: int, **more: Any) -> dict[str, Any]:
    """Return a spec with ports."""
    return {"spec": {"ports": [{"port": number, **more} for number in numbers]}}


CHECKS: dict[str, Use] = {
    "exists": lambda app: thing(app).exists(),
    "matches": lambda app: thing(app).matches({"data": {"a": "b"}}),
    "matches absence": lambda app: thing(app).matches({"data": {"a": ABSENT}}),
    "has_condition": lambda app: thing(app).has_condition("Ready"),
    "is_owned_by": lambda app: thing(app).is_owned_by(app.deployment("web")),
    "carries": lambda app: thing(app).carries(app="web"),
    "is_annotated": lambda app: thing(app).is_annotated({"a": "b"}),
}


@pytest.mark.parametrize("use", CHECKS.values(), ids=CHECKS)
def test_an_empty_namespace_fails(app: Solution, use: Use) -> None:
    assert f"{fails(lambda: use(app))}".splitlines() == [
        "    expected  ConfigMap `web` exists",
        "    found     no such ConfigMap",
        "    look at   kubectl -n k-1 get configmap",
    ]


def test_what_never_was_is_gone(app: Solution) -> None:
    thing(app).is_gone()


@pytest.mark.parametrize(
    ("use", "says"),
    [
        (lambda app: app.object("configmaps", "web"), "written as in a manifest"),
        (lambda app: app.object("Config-Map", "web"), "written as in a manifest"),
        (lambda app: app.object("ConfigMap\n", "web"), "written as in a manifest"),
        (lambda app: app.object(None, "web"), "written as in a manifest"),
        (lambda app: app.object("ConfigMap", ""), "needs a name"),
        (lambda app: thing(app).matches({}), "needs fields"),
        (lambda app: thing(app).matches(None), "needs fields"),
        (lambda app: thing(app).matches({"data": None}), "None at data; write ABSENT"),
        (lambda app: thing(app).matches({"spec": [{"a": 1}, 2]}), "spec takes mappings"),
        (lambda app: thing(app).matches({"spec": [{"a": 1}, {}]}), "spec takes mappings"),
        (lambda app: thing(app).matches({"spec": {"a": [ABSENT]}}), r"ABSENT at spec.a\[0\]"),
        (lambda app: thing(app).matches({"spec": {1: "a"}}), "a key is a text, not 1"),
        (lambda app: thing(app).matches({"spec": {"a": {1, 2}}}), "no object has"),
        (lambda app: thing(app).has_condition(""), "needs a type"),
        (lambda app: thing(app).has_condition("Ready", True), 'is "True", "False" or "Unknown", not True'),
        (lambda app: thing(app).is_owned_by("web"), "takes a noun"),
        (lambda app: thing(app).carries(), "needs something to look for"),
        (lambda app: thing(app).carries(port=80), "takes texts"),
        (lambda app: thing(app).is_annotated({}), "needs something to look for"),
        (lambda app: thing(app).is_annotated("a"), "needs something to look for"),
        (lambda app: thing(app).is_annotated({"a": True}), "takes texts"),
    ],
)
def test_misuse_is_refused_before_anything_is_read(cluster: Fake, app: Solution, use: Use, says: str) -> None:
    put(cluster)
    with pytest.raises(UsageError, match=says):
        use(app)
    assert cluster.calls == []


class TestExists:
    """An object that is there, or not."""

    def test_an_object_that_is_there_exists(self, cluster: Fake, app: Solution) -> None:
        put(cluster)
        thing(app).exists()

    def test_one_on_its_way_out_does_not(self, cluster: Fake, app: Solution) -> None:
        put(cluster, metadata={"deletionTimestamp": "now"})
        assert f"{fails(thing(app).exists)}".splitlines() == [
            "    expected  ConfigMap `web` exists",
            "    found     it is being deleted",
            "    look at   kubectl -n k-1 get configmap web -o yaml",
        ]

    def test_the_name_of_another_kind_or_nearly_the_name_is_told(self, cluster: Fake, app: Solution) -> None:
        put(cluster, name="wbe")
        assert fails(thing(app).exists).because == "there is ConfigMap `wbe` in k-1"
        deploy(cluster, "web")
        assert (
            fails(thing(app).exists).because == "there is Deployment `web` in k-1, which is not a ConfigMap"
        )

    def test_an_object_of_no_namespace_is_read_without_one(self, cluster: Fake, app: Solution) -> None:
        cluster.put({"kind": "ClusterRole", "metadata": {"name": "viewer"}})
        app.object("ClusterRole", "viewer", namespaced=False).exists()
        assert f"{fails(app.object('ClusterRole', 'view', namespaced=False).exists)}".splitlines() == [
            "    expected  ClusterRole `view` exists",
            "    found     no such ClusterRole",
            "    because   there is ClusterRole `viewer`",
            "    look at   kubectl get clusterrole",
        ]
        with pytest.raises(CheckFailed):
            app.object("ClusterRole", "viewer").exists()


class TestIsGone:
    """An object that has to go."""

    def test_one_that_is_there_is_not_gone(self, cluster: Fake, app: Solution) -> None:
        put(cluster)
        assert f"{fails(thing(app).is_gone)}".splitlines() == [
            "    expected  ConfigMap `web` is gone",
            "    found     it is there",
            "    look at   kubectl -n k-1 get configmap web -o yaml",
        ]
        cluster.at(1, lambda: cluster.delete("ConfigMap", "web", NS))
        eventually(thing(app)).is_gone()

    def test_a_finalizer_that_keeps_it_is_named(self, cluster: Fake, app: Solution) -> None:
        put(cluster, metadata={"deletionTimestamp": "now", "finalizers": ["example.org/keep"]})
        failure = fails(thing(app).is_gone)
        assert failure.found == "it is being deleted"
        assert failure.because == "its finalizers keep it: example.org/keep"


DEPLOYED = {
    "spec": {
        "replicas": 0,
        "paused": False,
        "strategy": {"type": "Recreate", "rollingUpdate": None},
        "args": ["--a", "--b"],
        "containers": [
            {"name": "main", "image": "nginx", "resources": {"limits": {"cpu": "500m", "memory": "1Gi"}}},
            {"name": "side", "image": "busybox", "emptyDir": {}},
        ],
        "ports": [{"port": 80, "protocol": "TCP"}, {"port": 80, "protocol": "UDP"}],
    }
}


class TestMatches:
    """Some of an object's fields."""

    @pytest.mark.parametrize(
        "wanted",
        [
            {"replicas": 0, "paused": False},
            {"minReadySeconds": ABSENT, "strategy": {"rollingUpdate": ABSENT, "type": "Recreate"}},
            {"template": {"metadata": {"labels": ABSENT}}},
            {"args": ["--a", "--b"]},
            {"args": ("--a", "--b")},
            {"containers": [{"name": "side"}, {"image": "nginx"}]},
            {"containers": [{"name": "side", "emptyDir": {}}]},
            {"containers": [{"resources": {"limits": {"cpu": "0.5", "memory": "1024Mi"}}}]},
            {"containers": [{"resources": {"limits": {"cpu": 0.5, "memory": 1024**3}}}]},
            {"ports": [{"port": 80}, {"port": 80, "protocol": "TCP"}]},
            {"ports": [{"port": 80}, {"port": 80}]},
        ],
        ids=["zero", "absent", "absent below", "list", "tuple", "items", "empty", "amounts", "numbers",
             "another item each", "alike"],
    )  # fmt: skip
    def test_what_is_there_among_others_matches(self, cluster: Fake, app: Solution, wanted: Any) -> None:
        put(cluster, "Deployment", **DEPLOYED)
        thing(app, "Deployment").matches({"spec": wanted})

    @pytest.mark.parametrize(
        ("wanted", "expected", "found"),
        [
            ({"replicas": ABSENT}, "replicas: absent", "replicas: 0"),
            ({"replicas": 1}, "replicas: 1", "replicas: 0"),
            ({"replicas": False}, "replicas: false", "replicas: 0"),
            ({"paused": 0}, "paused: 0", "paused: false"),
            ({"replicas": "0"}, 'replicas: "0"', "replicas: 0"),
            ({"minReadySeconds": 0}, "minReadySeconds: 0", "minReadySeconds: absent"),
            ({"strategy": {}}, "strategy: {}", 'strategy: {"type": "Recreate", "rollingUpdate": null}'),
            ({"strategy": {"rollingUpdate": {}}}, "strategy.rollingUpdate: {}",
             "strategy.rollingUpdate: absent"),
            ({"replicas": {"min": 1}}, 'replicas: {"min": 1}', "replicas: 0"),
            ({"template": {"a": {"b/c": "d"}}}, 'template.a["b/c"]: "d"', 'template.a["b/c"]: absent'),
            ({"args": ["--a"]}, 'args: ["--a"]', 'args: ["--a", "--b"]'),
            ({"args": ["--b", "--a"]}, 'args: ["--b", "--a"]', 'args: ["--a", "--b"]'),
            ({"args": []}, "args: []", 'args: ["--a", "--b"]'),
            ({"containers": [{"name": "side", "image": "nginx"}]}, 'containers[1].image: "nginx"',
             'containers[1].image: "busybox"'),
            ({"containers": [{"name": "third", "tty": ABSENT}]},
             'containers: an item with {"name": "third", "tty": "ABSENT"}', "containers: no such item"),
            ({"containers": [{"name": "main", "resources": {"limits": {"cpu": "5m"}}}]},
             'containers[0].resources.limits.cpu: "5m"', 'containers[0].resources.limits.cpu: "500m"'),
            ({"containers": [{"name": "main", "resources": {"limits": {"memory": "x"}}}]},
             'containers[0].resources.limits.memory: "x"', 'containers[0].resources.limits.memory: "1Gi"'),
            ({"ports": [{"port": 81}]}, "ports[0].port: 81", "ports[0].port: 80"),
            ({"ports": [{"port": 80, "protocol": "TCP"}] * 2}, 'ports[1].protocol: "TCP"',
             'ports[1].protocol: "UDP"'),
            ({"ports": [{"port": 80}] * 3}, 'ports: an item with {"port": 80}', "ports: no such item"),
            ({"volumes": [{"name": "v"}]}, 'volumes: [{"name": "v"}]', "volumes: absent"),
        ],
    )  # fmt: skip
    def test_what_differs_is_told_by_its_path(
        self, cluster: Fake, app: Solution, wanted: Any, expected: str, found: str
    ) -> None:
        put(cluster, "Deployment", **DEPLOYED)
        failure = fails(lambda: thing(app, "Deployment").matches({"spec": wanted}))
        assert (failure.expected, failure.found) == (
            f"Deployment `web` with spec.{expected}",
            f"spec.{found}",
        )

    def test_each_item_is_compared_with_the_nearest_that_is_left(self, cluster: Fake, app: Solution) -> None:
        put(cluster, "Deployment", **DEPLOYED)
        it = thing(app, "Deployment")
        udp = {"spec": {"ports": [{"port": 81, "protocol": "UDP"}]}}
        assert fails(lambda: it.matches(udp)).found == "spec.ports[1].port: 80"
        assert fails(lambda: it.matches(ports(81, 82))).expected.splitlines() == [
            "Deployment `web` with",
            "spec.ports[0].port: 81",
            "spec.ports[1].port: 82",
        ]

    def test_amounts_are_compared_by_value_only_where_amounts_are(self, cluster: Fake, app: Solution) -> None:
        put(cluster, data={"cpu": "500m", "hard": {"cpu": "500m"}})
        thing(app).matches({"data": {"hard": {"cpu": "0.5"}}})
        with pytest.raises(CheckFailed):
            thing(app).matches({"data": {"cpu": "0.5"}})

    def test_message_lists_ten_differences_and_counts_the_others(self, cluster: Fake, app: Solution) -> None:
        put(cluster, "Service", **ports(8080))
        message = f"{fails(lambda: thing(app, 'Service').matches(ports(80)))}"
        assert message.splitlines() == [
            "    expected  Service `web` with spec.ports[0].port: 80",
            "    found     spec.ports[0].port: 8080",
            "    look at   kubectl -n k-1 get service web -o yaml",
        ]
        put(cluster)
        wanted = {"data": {f"key-{number}": "x" for number in range(12)}}
        failure = fails(lambda: thing(app).matches(wanted))
        assert failure.expected.splitlines()[1:] == [*(f'data.key-{n}: "x"' for n in range(10)), "and 2 more"]
        assert failure.found.splitlines() == [*(f"data.key-{n}: absent" for n in range(10)), "and 2 more"]

    @pytest.mark.parametrize(
        ("wanted", "because"),
        [
            (
                {"uid": "of-before"},
                "the UID tells objects of one name apart: this one was deleted and made again",
            ),
            (
                {"generation": 3},
                "the generation counts changes of the spec: 2 times more than the task asks for",
            ),
            (
                {"generation": 6},
                "the generation counts changes of the spec: 1 time less than the task asks for",
            ),
            ({"labels": {"a": "b"}}, ""),
        ],
        ids=["uid", "more", "fewer", "other fields"],
    )
    def test_what_the_api_server_counts_is_explained(
        self, cluster: Fake, app: Solution, wanted: dict[str, Any], because: str
    ) -> None:
        thing = {"name": "web", "namespace": NS, "uid": "1", "generation": 5}
        cluster.put({"kind": "Deployment", "metadata": thing})
        failure = fails(lambda: app.object("Deployment", "web").matches({"metadata": wanted}))
        assert failure.because == because


def ready(status: str = "True", **more: Any) -> dict[str, Any]:
    """Return a status with one condition."""
    return {"conditions": [{"type": "Ready", "status": status, **more}]}


class TestHasCondition:
    """What an object's status says."""

    def test_a_condition_that_is_there_passes(self, cluster: Fake, app: Solution) -> None:
        put(cluster, "Gateway", status=ready("False", reason="Off"))
        thing(app, "Gateway").has_condition("Ready", "False")
        thing(app, "Gateway").has_condition("Ready", "False", "Off")

    def test_another_status_fails_with_the_conditions_own_message(self, cluster: Fake, app: Solution) -> None:
        put(cluster, "Gateway", status=ready("False", reason="NoClass", message="there is no such class"))
        assert f"{fails(lambda: thing(app, 'Gateway').has_condition('Ready'))}".splitlines() == [
            "    expected  Ready is True",
            "    found     Ready is False (NoClass)",
            "    because   there is no such class",
            "    look at   kubectl -n k-1 get gateway web -o yaml",
        ]

    @pytest.mark.parametrize(
        ("status", "found"),
        [
            (None, "no condition at all"),
            ({"conditions": "none"}, "no condition at all"),
            ({"conditions": ["Ready"]}, "no condition at all"),
            ({"conditions": [{"type": "Accepted", "status": "True"}]}, "no such condition, but Accepted"),
            ({"conditions": [{"type": "Ready"}]}, "Ready is absent"),
            (ready(reason="Other"), "Ready is True (Other)"),
            ({"observedGeneration": 1, **ready(reason="Good")}, "the change is not taken up yet"),
            (ready(reason="Good", observedGeneration=1), "the change is not taken up yet"),
        ],
        ids=["no status", "text", "texts", "another", "no value", "reason", "old status", "old condition"],
    )
    def test_anything_else_fails(self, cluster: Fake, app: Solution, status: Any, found: str) -> None:
        put(cluster, "Gateway", metadata={"generation": 2}, status=status)
        failure = fails(lambda: thing(app, "Gateway").has_condition("Ready", reason="Good"))
        assert failure.found == found


class TestIsOwnedBy:
    """Owners are known by their UID."""

    def test_the_very_owner_passes(self, cluster: Fake, app: Solution) -> None:
        deploy(cluster, "web")
        app.object("ReplicaSet", "web-rs").is_owned_by(app.deployment("web"))
        app.object("ReplicaSet", "web-rs").is_owned_by(thing(app, "Deployment"))

    def test_a_namesake_is_no_owner(self, cluster: Fake, app: Solution) -> None:
        deploy(cluster, "web")
        cluster.remove("Deployment", "web", NS)
        put(cluster, "Deployment", metadata={"uid": "another"})
        replica_set = app.object("ReplicaSet", "web-rs")
        assert f"{fails(lambda: replica_set.is_owned_by(app.deployment('web')))}".splitlines() == [
            "    expected  Deployment `web` is an owner",
            "    found     Deployment `web`",
            "    because   the reference has UID Deployment-web, Deployment `web` has another",
            "    look at   kubectl -n k-1 get replicaset web-rs -o yaml",
        ]

    def test_without_an_owner_or_with_another_one_it_fails(self, cluster: Fake, app: Solution) -> None:
        deploy(cluster, "web")
        put(cluster)
        assert fails(lambda: thing(app).is_owned_by(app.deployment("web"))).found == "no owner"
        replica_set = app.object("ReplicaSet", "web-rs")
        assert fails(lambda: replica_set.is_owned_by(thing(app))).found == "Deployment `web`"

    @pytest.mark.parametrize("kind", ["thing", "noun"])
    def test_an_owner_that_is_not_there_is_told(self, cluster: Fake, app: Solution, kind: str) -> None:
        put(cluster)
        owner = thing(app, "Service") if kind == "thing" else app.service("web")
        assert f"{fails(lambda: thing(app).is_owned_by(owner))}".splitlines() == [
            "    expected  Service `web` exists",
            "    found     no such Service",
            f"    look at   kubectl -n k-1 get service{'s' * (kind == 'noun')}",
        ]


class TestMetadata:
    """Labels and annotations."""

    def test_labels_that_are_there_among_others_pass(self, cluster: Fake, app: Solution) -> None:
        put(cluster, metadata={"labels": {"app": "web", "empty": "", "other": "x"}})
        thing(app).carries(app="web", empty="")

    def test_labels_that_differ_or_are_absent_are_told(self, cluster: Fake, app: Solution) -> None:
        put(cluster, metadata={"labels": {"app": "web"}})
        assert f"{fails(lambda: thing(app).carries(app='wbe', empty=''))}".splitlines() == [
            "    expected  app=wbe",
            "              empty=",
            "    found     label app=web, not app=wbe",
            "              no label empty=",
            "    look at   kubectl -n k-1 get configmap web -o yaml",
        ]

    def test_annotations_that_are_there_among_others_pass(self, cluster: Fake, app: Solution) -> None:
        put(cluster, metadata={"annotations": {"owner": "a, b", "empty": "", "other": "x"}})
        thing(app).is_annotated({"owner": "a, b", "empty": ""})

    def test_annotations_that_differ_or_are_absent_are_told(self, cluster: Fake, app: Solution) -> None:
        put(cluster, metadata={"annotations": {"owner": "b"}})
        assert f"{fails(lambda: thing(app).is_annotated({'owner': 'a', 'empty': ''}))}".splitlines() == [
            "    expected  empty=",
            "              owner=a",
            "    found     no annotation empty",
            "              annotation owner=b",
            "    look at   kubectl -n k-1 get configmap web -o yaml",
        ]


class TestPatience:
    """A verdict comes early only when what was found is nobody's to change."""

    @pytest.mark.parametrize(
        ("kind", "fields", "use"),
        [
            ("ConfigMap", {}, lambda it: it.matches({"data": {"a": "b"}})),
            ("NetworkPolicy", {"metadata": {"generation": 1}}, lambda it: it.matches({"spec": {"a": "b"}})),
            ("ConfigMap", {}, lambda it: it.is_gone()),
            ("ConfigMap", None, lambda it: it.exists()),
        ],
        ids=["data", "spec without status", "there", "absent"],
    )
    def test_what_stays_is_judged_at_once(
        self, cluster: Fake, app: Solution, kind: str, fields: Any, use: Any
    ) -> None:
        if fields is not None:
            keep_moving(cluster)
            put(cluster, kind, **fields)
        with pytest.raises(CheckFailed, match="settled"):
            use(eventually(thing(app, kind)))
        assert cluster.now < Thing.patience / 2

    @pytest.mark.parametrize(
        ("kind", "fields", "use"),
        [
            ("Job", {"status": {"active": 1}}, lambda it: it.has_condition("Complete")),
            ("Ingress", {"status": {}}, lambda it: it.matches({"status": {"a": "b"}})),
            ("ConfigMap", {"metadata": {"deletionTimestamp": "now"}}, lambda it: it.is_gone()),
            ("ConfigMap", {"metadata": {"ownerReferences": [{"uid": "x"}]}}, lambda it: it.is_gone()),
            ("Job", {}, lambda it: it.is_gone()),
            ("Job", None, lambda it: it.exists()),
            (
                "Deployment",
                {"metadata": {"generation": 2}, "status": {"observedGeneration": 1}},
                lambda it: it.matches({"spec": {"a": "b"}}),
            ),
        ],
        ids=["condition", "status", "going", "owned", "with a time to live", "made by another", "unobserved"],
    )
    def test_what_may_come_is_waited_for(
        self, cluster: Fake, app: Solution, kind: str, fields: Any, use: Any
    ) -> None:
        if fields is not None:
            put(cluster, kind, **fields)
            if "generation" in fields.get("metadata", {}):
                assert cluster.get(kind, "web", NS)["metadata"]["generation"] == 2
        with pytest.raises(CheckFailed):
            use(eventually(thing(app, kind)))
        assert cluster.now >= Thing.patience

    @pytest.mark.parametrize(
        ("kind", "fields"),
        [
            ("ConfigMap", {"metadata": {"ownerReferences": [{"uid": "x"}]}}),
            ("Lease", {}),
            ("PersistentVolumeClaim", {"status": {"phase": "Pending"}}),
            ("Pod", {"status": {"phase": "Pending"}}),
            ("Job", {"status": {"active": 1}}),
        ],
        ids=["owned", "taken again and again", "claim without volume", "starting pod", "running Job"],
    )
    def test_a_field_that_controllers_write_is_waited_for(
        self, cluster: Fake, app: Solution, kind: str, fields: Any
    ) -> None:
        put(cluster, kind, **fields)
        cluster.at(20, lambda: cluster.patch(kind, "web", NS, {"spec": {"a": "b"}}))
        eventually(thing(app, kind)).matches({"spec": {"a": "b"}})
        assert cluster.now >= 20

    def test_an_old_replica_set_is_waited_for(self, cluster: Fake, app: Solution) -> None:
        deploy(cluster, "web", 2)
        cluster.put(pod("web-new", ready=False))
        cluster.at(20, lambda: cluster.scale("ReplicaSet", "web-rs", NS, 0))
        eventually(app.object("ReplicaSet", "web-rs")).matches({"spec": {"replicas": 0}})

    def test_endpoints_that_trail_behind_are_waited_for(self, cluster: Fake, app: Solution) -> None:
        expose(cluster, "web", {"app": "web"})
        deploy(cluster, "web")
        cluster.at(20, lambda: endpoints(cluster, "web"))
        eventually(app.object("EndpointSlice", "web-x")).matches({"endpoints": [{"addresses": ["10.0.0.1"]}]})

    @pytest.mark.parametrize(
        ("kind", "name"),
        [("ReplicaSet", "web-rs"), ("Pod", "web-1"), ("EndpointSlice", "web-x"), ("Job", "sum")],
    )
    def test_what_controllers_are_done_with_is_judged_at_once(
        self, cluster: Fake, app: Solution, kind: str, name: str
    ) -> None:
        deploy(cluster, "web")
        expose(cluster, "web", {"app": "web"})
        done = {"observedGeneration": 1, "conditions": [{"type": "Complete", "status": "True"}]}
        put(cluster, "Job", "sum", status=done)
        with pytest.raises(CheckFailed, match="settled"):
            eventually(app.object(kind, name)).matches({"spec": {"a": "b"}})
        assert cluster.now < Thing.patience / 2

    def test_a_bound_claim_is_judged_at_once_whatever_moves(self, cluster: Fake, app: Solution) -> None:
        keep_moving(cluster)
        put(cluster, "PersistentVolumeClaim", status={"phase": "Bound"})
        with pytest.raises(CheckFailed, match="settled"):
            eventually(thing(app, "PersistentVolumeClaim")).matches({"spec": {"a": "b"}})

    def test_what_is_under_way_may_make_what_is_absent(self, cluster: Fake, app: Solution) -> None:
        keep_moving(cluster)
        cluster.at(20, lambda: put(cluster))
        eventually(thing(app)).exists()

    def test_a_second_noun_on_its_way_is_waited_for(self, cluster: Fake, app: Solution) -> None:
        put(cluster, name="other", metadata={"deletionTimestamp": "now"})
        cluster.at(20, lambda: cluster.remove("ConfigMap", "other", NS))
        eventually(thing(app), app.object("ConfigMap", "other")).is_gone()

    def test_its_own_kind_wakes_a_reading(self, cluster: Fake, app: Solution) -> None:
        put(cluster)
        cluster.at(5.1, lambda: cluster.remove("ConfigMap", "web", NS))
        with pytest.raises(CheckFailed):
            consistently(thing(app), during=10).exists()
        assert cluster.now == 5.1
