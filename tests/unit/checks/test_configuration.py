"""Containers from inside: what they were started with, what they find in their files, what is mounted."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made import NS, deploy, meta, pod, stateful_set, told

from checks import (
    ABSENT,
    CheckFailed,
    Field,
    Pod,
    Solution,
    UsageError,
    consistently,
    eventually,
)
from checks.cluster import File, Inside, Object
from checks.configuration import Container
from checks.fake import Fake

ARGUMENTS = ("nginx", "-g", "daemon off;")
SECRET = "hunter2"


def web(
    cluster: Fake,
    replicas: int = 1,
    *,
    has: Mapping[str, str] | None = None,
    files: Mapping[str, str] | None = None,
    arguments: tuple[str, ...] = ARGUMENTS,
    spec: Mapping[str, Any] | None = None,
    **container: Any,
) -> list[Object]:
    """Put Deployment `web`, whose template and pods have these parts, and what runs in it."""
    pods = deploy(cluster, "web", replicas)
    parts = {"containers": [{"name": "main", "image": "nginx:1.27", **container}], **(spec or {})}
    cluster.patch("Deployment", "web", NS, {"spec": {"template": {"spec": parts}}})
    settle(cluster)
    for item in pods:
        cluster.patch("Pod", item["metadata"]["name"], NS, {"spec": parts})
        runs(cluster, item["metadata"]["name"], has, files, arguments)
    return pods


def settle(cluster: Fake) -> None:
    """Let the controller have seen the Deployment."""
    generation = cluster.get("Deployment", "web", NS)["metadata"]["generation"]
    cluster.patch("Deployment", "web", NS, {"status": {"observedGeneration": generation}})


def runs(
    cluster: Fake,
    name: str,
    has: Mapping[str, str] | None = None,
    files: Mapping[str, str] | None = None,
    arguments: tuple[str, ...] = ARGUMENTS,
) -> None:
    """Let something run in container `main` of a pod."""
    cluster.insides[name, "main"] = Inside(
        has or {}, arguments, {path: File(text) for path, text in (files or {}).items()}
    )


def config_map(cluster: Fake, name: str = "settings", **data: str) -> None:
    """Put a ConfigMap."""
    cluster.put({"kind": "ConfigMap", "metadata": meta("ConfigMap", name), "data": data})


def secret(cluster: Fake, name: str = "db", **data: str) -> None:
    """Put a Secret."""
    encoded = {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
    cluster.put({"kind": "Secret", "metadata": meta("Secret", name), "data": encoded})


def key_of(kind: str, source: str, key: str) -> dict[str, Any]:
    """Return where a variable's value comes from."""
    return {"valueFrom": {f"{kind}KeyRef": {"name": source, "key": key}}}


def main(app: Solution) -> Container:
    """Return the container of all cases."""
    return app.deployment("web").container("main")


def lines(use: Callable[[], object]) -> list[str]:
    """Return the message of a claim that is false."""
    return told(use).splitlines()


LOOK = "look at   kubectl -n k-1 get deployment web -o yaml"


class TestWhich:
    """Which container, and of which pods."""

    def test_one_name_may_be_left_out(self, cluster: Fake, app: Solution) -> None:
        (obj,) = web(cluster, has={"COLOUR": "blue"})
        app.deployment("web").container().has_environment(COLOUR="blue")
        Pod.of(cluster, obj).container().has_environment(COLOUR="blue")
        app.pod("web-1").container("main").has_environment(COLOUR="blue")

    def test_of_several_one_has_to_be_named(self, cluster: Fake, app: Solution) -> None:
        web(cluster, spec={"containers": [{"name": "main"}, {"name": "sidecar"}]})
        assert lines(lambda: app.deployment("web").container().has_environment(A="b")) == [
            "expected  Deployment `web` has one container",
            "found     container `main`, container `sidecar`",
            LOOK,
        ]
        main(app).has_arguments(*ARGUMENTS)

    def test_an_init_container_is_not_meant(self, cluster: Fake, app: Solution) -> None:
        web(cluster, spec={"initContainers": [{"name": "setup"}]})
        assert lines(lambda: app.deployment("web").container("setup").has_file("/a")) == [
            "expected  Deployment `web` has container `setup`",
            "found     container `main`",
            "because   `setup` is an init container",
            LOOK,
        ]

    def test_an_older_pod_without_it_fails(self, cluster: Fake, app: Solution) -> None:
        web(cluster, 2)
        cluster.patch("Pod", "web-2", NS, {"spec": {"containers": [{"name": "old"}]}})
        assert lines(lambda: main(app).has_arguments("nginx")) == [
            "expected  container `main` in every Ready pod of Deployment `web`",
            "found     web-2 has `old`",
            LOOK,
        ]

    def test_no_ready_pod_is_the_workloads_failure(self, cluster: Fake, app: Solution) -> None:
        web(cluster, has={"COLOUR": "blue"})
        cluster.patch("Pod", "web-1", NS, {"status": {"conditions": [{"type": "Ready", "status": "False"}]}})
        for use in (
            lambda: main(app).has_environment(COLOUR="blue"),
            lambda: main(app).has_environment(SIZE=ABSENT),
            lambda: main(app).has_arguments("nginx"),
            lambda: main(app).lacks_file("/a"),
        ):
            assert lines(use)[:2] == [
                "expected  Deployment `web` has a Ready pod",
                "found     it has 1, not one of them Ready",
            ]

    def test_a_pod_that_is_not_ready_says_so(self, cluster: Fake, app: Solution) -> None:
        cluster.put(pod("debug", ready=False))
        with pytest.raises(CheckFailed, match="it is not Ready"):
            app.pod("debug").container().lacks_file("/a")

    @pytest.mark.parametrize(
        "use",
        [
            lambda it: it.has_environment(A=ABSENT),
            lambda it: it.has_arguments("nginx"),
            lambda it: it.has_file("/a"),
            lambda it: it.lacks_file("/a"),
            lambda it: it.mounts("/a", empty_dir=True),
        ],
        ids=["has_environment", "has_arguments", "has_file", "lacks_file", "mounts"],
    )
    def test_an_empty_namespace_fails(self, app: Solution, use: Callable[[Container], None]) -> None:
        assert lines(lambda: use(main(app))) == [
            "expected  Deployment `web` exists",
            "found     no such Deployment",
            "look at   kubectl -n k-1 get deployments",
        ]

    def test_a_workload_without_fields_fails(self, cluster: Fake, app: Solution) -> None:
        cluster.put({"kind": "Deployment", "metadata": meta("Deployment", "web")})
        with pytest.raises(CheckFailed, match="no container"):
            app.deployment("web").container().lacks_file("/a")

    def test_a_pod_that_goes_away_meanwhile_is_no_error_of_ours(self, cluster: Fake, app: Solution) -> None:
        web(cluster)
        del cluster.insides["web-1", "main"]
        assert lines(lambda: main(app).has_arguments("nginx")) == [
            "expected  container `main` of Deployment `web` stays while it is looked into",
            "found     container main of web-1 does not run",
        ]


class TestEnvironment:
    """What the first process was started with."""

    def test_texts_fields_and_absent_ones_pass(self, cluster: Fake, app: Solution) -> None:
        web(cluster, 2)
        for name in ("web-1", "web-2"):
            labels = {"labels": {"app": "web"}, "annotations": {"a/b": "c"}}
            cluster.patch("Pod", name, NS, {"metadata": labels, "spec": {"nodeName": "n"}})
            obj = cluster.get("Pod", name, NS)
            has = {
                "COLOUR": "blue", "EMPTY": "", "my.key": "x", "NAME": name, "SPACE": NS, "NODE": "n",
                "UID": obj["metadata"]["uid"], "IP": obj["status"]["podIP"], "APP": "web", "NOTE": "c",
                "NO": "",
            }  # fmt: skip
            runs(cluster, name, has)
        main(app).has_environment(COLOUR="blue", EMPTY="", SIZE=ABSENT)
        main(app).has_environment({"my.key": "x"}, NAME=Field("metadata.name"), UID=Field("metadata.uid"))
        main(app).has_environment(SPACE=Field("metadata.namespace"), NODE=Field("spec.nodeName"))
        main(app).has_environment(IP=Field("status.podIP"), APP=Field("metadata.labels['app']"))
        main(app).has_environment(
            NOTE=Field("metadata.annotations['a/b']"), NO=Field("metadata.labels['no']")
        )

    def test_one_wrong_pod_fails(self, cluster: Fake, app: Solution) -> None:
        web(cluster, 2, has={"COLOUR": "blue"}, env=[{"name": "COLOUR", "value": "red"}])
        runs(cluster, "web-2", {"COLOUR": "red\n\x1b[1m"})
        assert lines(lambda: main(app).has_environment(COLOUR="blue")) == [
            'expected  container `main` of Deployment `web` with COLOUR="blue"',
            'found     web-2: COLOUR="red\\n\\u001b[1m"',
            'because   the pod spec sets COLOUR to "red"',
            LOOK,
        ]

    def test_empty_and_absent_are_two_things(self, cluster: Fake, app: Solution) -> None:
        web(cluster, has={"EMPTY": ""}, env=[{"name": "EMPTY"}, {"name": "SIZES", "value": "1"}])
        assert lines(lambda: main(app).has_environment(EMPTY=ABSENT, SIZE="")) == [
            "expected  container `main` of Deployment `web` with",
            "          EMPTY absent",
            '          SIZE=""',
            'found     web-1: EMPTY=""',
            "          web-1: SIZE absent",
            'because   the pod spec sets EMPTY to ""',
            "          the pod spec sets no SIZE in env or envFrom, but SIZES",
            LOOK,
        ]

    def test_a_field_is_that_of_each_pod(self, cluster: Fake, app: Solution) -> None:
        entry = {"name": "NAME", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}
        web(cluster, 2, has={"NAME": "web-1"}, env=[entry])
        assert lines(lambda: main(app).has_environment(NAME=Field("metadata.name"))) == [
            "expected  container `main` of Deployment `web` with NAME the pod's metadata.name",
            'found     web-2: NAME="web-1", its metadata.name is "web-2"',
            "because   NAME is the pod's spec.nodeName, by fieldRef",
            LOOK,
        ]

    def test_a_field_that_a_pod_lacks_is_no_wish_for_absence(self, cluster: Fake, app: Solution) -> None:
        web(cluster)
        with pytest.raises(CheckFailed, match=r"web-1: NODE absent, its spec\.nodeName is not set"):
            main(app).has_environment(NODE=Field("spec.nodeName"))

    @pytest.mark.parametrize(
        ("data", "because"),
        [
            (None, "COLOUR is key `colour` of ConfigMap `settings`, which does not exist"),
            ({"color": "blue"}, "COLOUR is key `colour` of ConfigMap `settings`, which has color"),
            ({}, "COLOUR is key `colour` of ConfigMap `settings`, which has none"),
            ({"colour": "green"}, 'COLOUR is key `colour` of ConfigMap `settings`, which says "green"'),
            (
                {"colour": "blue"},
                "ConfigMap `settings` has the wanted value now, but the container was started before: "
                "environment variables are read at its start only",
            ),
        ],
        ids=["no ConfigMap", "another key", "no key", "another value", "changed since"],
    )
    def test_the_config_map_is_read(
        self, cluster: Fake, app: Solution, data: dict[str, str] | None, because: str
    ) -> None:
        if data is not None:
            config_map(cluster, **data)
        web(
            cluster,
            has={"COLOUR": "red"},
            env=[{"name": "COLOUR", **key_of("configMap", "settings", "colour")}],
        )
        assert f"because   {because}" in lines(lambda: main(app).has_environment(COLOUR="blue"))

    @pytest.mark.parametrize(
        ("source", "has", "because"),
        [
            (
                {"prefix": "APP_", "configMapRef": {"name": "settings"}},
                {"APP_COLOUR": "blue"},
                "envFrom sets APP_COLOUR from ConfigMap `settings`: its prefix is APP_",
            ),
            (
                {"configMapRef": {"name": "settings"}},
                {"COLOUR": "red"},
                "ConfigMap `settings` has the wanted value now, but the container was started before: "
                "environment variables are read at its start only",
            ),
            (
                {"configMapRef": {"name": "nope", "optional": True}},
                {},
                "ConfigMap `nope`, which envFrom names, does not exist",
            ),
        ],
        ids=["prefix", "changed since", "optional"],
    )
    def test_env_from_is_read(
        self, cluster: Fake, app: Solution, source: Any, has: dict[str, str], because: str
    ) -> None:
        config_map(cluster, COLOUR="blue")
        web(cluster, has=has, envFrom=[source])
        assert f"because   {because}" in lines(lambda: main(app).has_environment(COLOUR="blue"))

    def test_env_from_that_says_something_else(self, cluster: Fake, app: Solution) -> None:
        config_map(cluster, COLOUR="red")
        web(cluster, has={"COLOUR": "red"}, envFrom=[{"configMapRef": {"name": "settings"}}])
        because = 'because   COLOUR is key `COLOUR` of ConfigMap `settings` by envFrom, which says "red"'
        assert because in lines(lambda: main(app).has_environment(COLOUR="blue"))

    def test_a_variable_of_another_container_is_told(self, cluster: Fake, app: Solution) -> None:
        other = {"name": "sidecar", "env": [{"name": "COLOUR", "value": "blue"}]}
        web(cluster, spec={"containers": [{"name": "main"}, other]})
        because = "because   container `sidecar` sets COLOUR"
        assert because in lines(lambda: main(app).has_environment(COLOUR="blue"))

    def test_of_two_entries_the_last_counts(self, cluster: Fake, app: Solution) -> None:
        env = [{"name": "COLOUR", "value": value} for value in ("blue", "$(COLOUR) red")]
        web(cluster, has={"COLOUR": "blue red"}, env=env)
        because = 'because   the pod spec sets COLOUR to "$(COLOUR) red"'
        assert because in lines(lambda: main(app).has_environment(COLOUR="blue"))

    def test_a_limit_is_told(self, cluster: Fake, app: Solution) -> None:
        entry = {"name": "CPUS", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu"}}}
        web(cluster, has={"CPUS": "1"}, env=[entry])
        because = "because   CPUS is limits.cpu of a container, by resourceFieldRef"
        assert because in lines(lambda: main(app).has_environment(CPUS="2"))

    def test_what_the_image_sets_has_no_cause(self, cluster: Fake, app: Solution) -> None:
        web(cluster, has={"PATH": "/bin"})
        assert lines(lambda: main(app).has_environment(PATH=ABSENT)) == [
            "expected  container `main` of Deployment `web` with PATH absent",
            'found     web-1: PATH="/bin"',
            LOOK,
        ]

    def test_it_is_settled_soon(self, cluster: Fake, app: Solution) -> None:
        web(cluster, has={"COLOUR": "red"})
        with pytest.raises(CheckFailed, match="settled"):
            eventually(main(app)).has_environment(COLOUR="blue")
        assert cluster.now < 10

    def test_a_rollout_brings_it(self, cluster: Fake, app: Solution) -> None:
        web(cluster, has={"COLOUR": "red"})
        cluster.at(2, lambda: cluster.patch("Pod", "web-1", NS, {"metadata": {"labels": {"new": "yes"}}}))
        cluster.at(2, lambda: runs(cluster, "web-1", {"COLOUR": "blue"}))
        eventually(main(app)).has_environment(COLOUR="blue")
        consistently(main(app), during=5).has_environment(COLOUR="blue")


class TestSecrets:
    """What came from a Secret is in no message."""

    def shown(self, use: Callable[[], object]) -> str:
        text = told(use)
        assert SECRET not in text
        return text

    def test_a_reference_is_hidden(self, cluster: Fake, app: Solution) -> None:
        secret(cluster, password=SECRET)
        web(
            cluster,
            has={"PASSWORD": SECRET},
            env=[{"name": "PASSWORD", **key_of("secret", "db", "password")}],
        )
        assert self.shown(lambda: main(app).has_environment(PASSWORD="right")).splitlines() == [
            "expected  container `main` of Deployment `web` with PASSWORD=(from a Secret, not shown)",
            "found     web-1: PASSWORD=(from a Secret, not shown)",
            "because   PASSWORD is key `password` of Secret `db`, which says something else",
            LOOK,
        ]

    def test_the_wanted_value_of_one_is_hidden_too(self, cluster: Fake, app: Solution) -> None:
        secret(cluster, password=SECRET)
        web(cluster, env=[{"name": "PASSWORD", **key_of("secret", "db", "password")}])
        text = self.shown(lambda: main(app).has_environment(PASSWORD=SECRET))
        assert "found     web-1: PASSWORD absent" in text
        assert "Secret `db` has the wanted value now" in text

    @pytest.mark.parametrize("kept", [True, False], ids=["there", "gone since"])
    def test_env_from_is_hidden(self, cluster: Fake, app: Solution, kept: bool) -> None:
        config_map(cluster, COLOUR="red")
        if kept:
            secret(cluster, PASSWORD=SECRET)
        sources = [{"configMapRef": {"name": "settings"}}, {"secretRef": {"name": "db"}}]
        web(cluster, has={"PASSWORD": SECRET, "COLOUR": "red"}, envFrom=sources)
        self.shown(lambda: main(app).has_environment(PASSWORD="right"))
        assert 'web-1: COLOUR="red"' in self.shown(lambda: main(app).has_environment(COLOUR="blue"))

    def test_what_is_made_with_one_is_hidden(self, cluster: Fake, app: Solution) -> None:
        env = [
            {"name": "PASSWORD", **key_of("secret", "db", "password")},
            {"name": "PART", "value": "u:$(PASSWORD)"},
            {"name": "URL", "value": "pg://$(PART)@db/$(URL)"},
        ]
        web(cluster, has={"URL": f"pg://u:{SECRET}@db/"}, env=env)
        text = self.shown(lambda: main(app).has_environment(URL="pg://db"))
        assert "the pod spec sets URL to a text with (from a Secret, not shown)" in text

    def test_a_command_line_is_masked(self, cluster: Fake, app: Solution) -> None:
        web(
            cluster,
            has={"PASSWORD": SECRET},
            arguments=("app", f"--password={SECRET}"),
            env=[{"name": "PASSWORD", **key_of("secret", "db", "password")}],
            args=["--password=$(PASSWORD)"],
        )
        text = self.shown(lambda: main(app).has_arguments("--port", "80"))
        assert "found     web-1: app '--password=(from a Secret, not shown)'" in text

    @pytest.mark.parametrize(
        "volume",
        [
            {"secret": {"secretName": "db"}},
            {"projected": {"sources": [{"secret": {"name": "db"}}]}},
            {"csi": {"driver": "secrets-store.csi.k8s.io"}},
        ],
        ids=["secret", "projected", "csi"],
    )
    def test_a_file_is_hidden(self, cluster: Fake, app: Solution, volume: Any) -> None:
        secret(cluster, password=SECRET)
        web(
            cluster,
            files={"/etc/db/password": SECRET},
            volumeMounts=[{"name": "db", "mountPath": "/etc/db"}],
            spec={"volumes": [{"name": "db", **volume}]},
        )
        text = self.shown(lambda: main(app).has_file("/etc/db/password", text="right"))
        assert "web-1: it says (from a Secret, not shown)" in text
        assert "right" not in text
        self.shown(lambda: main(app).has_file("/etc/db/password", contains="right"))
        self.shown(lambda: main(app).has_file("/etc/db/password", text="right\nand more"))
        self.shown(lambda: main(app).lacks_file("/etc/db/password"))


class TestArguments:
    """The command line of the first process."""

    def test_words_that_follow_each_other_pass(self, cluster: Fake, app: Solution) -> None:
        web(cluster, 2)
        main(app).has_arguments("nginx")
        main(app).has_arguments("-g", "daemon off;")
        main(app).has_arguments(*ARGUMENTS)

    @pytest.mark.parametrize(
        "wanted", [("nginx", "daemon off;"), ("-g", "nginx"), ("daemon",), (*ARGUMENTS, "x")]
    )
    def test_other_words_fail(self, cluster: Fake, app: Solution, wanted: tuple[str, ...]) -> None:
        web(cluster)
        with pytest.raises(CheckFailed):
            main(app).has_arguments(*wanted)

    def test_what_the_spec_says_is_told(self, cluster: Fake, app: Solution) -> None:
        web(cluster, 2, command=["nginx"], args=["-g", "daemon on;"])
        runs(cluster, "web-2", arguments=("nginx", "-g", "daemon on;"))
        assert lines(lambda: main(app).has_arguments("-g", "daemon off;")) == [
            "expected  -g 'daemon off;' on the command line in container `main` of Deployment `web`",
            "found     web-2: nginx -g 'daemon on;'",
            "because   command in the pod spec: nginx",
            "          args in the pod spec: -g 'daemon on;'",
            LOOK,
        ]

    @pytest.mark.parametrize(
        ("spec", "because"),
        [
            ({}, "the pod spec has neither command nor args: the image says what runs"),
            ({"args": ["--port 80"]}, "the pod spec has '--port 80' as one word, no shell splits it"),
        ],
        ids=["image", "one word"],
    )
    def test_causes_are_told(self, cluster: Fake, app: Solution, spec: Any, because: str) -> None:
        web(cluster, **spec)
        assert f"because   {because}" in lines(lambda: main(app).has_arguments("--port", "80"))

    def test_no_command_line_fails(self, cluster: Fake, app: Solution) -> None:
        web(cluster, arguments=())
        assert "found     web-1: no command line" in lines(lambda: main(app).has_arguments("nginx"))


def mounted(cluster: Fake, volume: Any, files: Mapping[str, str] | None = None, **mount: Any) -> None:
    """Put Deployment `web` with a volume at /etc/web."""
    web(
        cluster,
        files=files,
        volumeMounts=[{"name": "conf", "mountPath": "/etc/web", **mount}],
        spec={"volumes": [{"name": "conf", **volume}]},
    )


SETTINGS = {"configMap": {"name": "settings"}}
COLOUR = "/etc/web/colour"
NOTHING = "nothing is mounted at or above /etc/web"
THERE = "ConfigMap `settings`, which is mounted at /etc/web"
LS = "look at   kubectl -n k-1 exec web-1 -c main -- ls -la /etc/web"


class TestFiles:
    """Files, and what they are made from."""

    def test_a_file_passes(self, cluster: Fake, app: Solution) -> None:
        mounted(cluster, SETTINGS, {COLOUR: "blue\n", "/etc/web/empty": ""})
        main(app).has_file(COLOUR)
        main(app).has_file(COLOUR, text="blue")
        main(app).has_file(COLOUR, text="blue\n")
        main(app).has_file(COLOUR, contains="lu")
        main(app).has_file("/etc/web/empty", text="")
        main(app).lacks_file("/etc/web/size")

    @pytest.mark.parametrize(
        ("has", "wanted", "found"),
        [
            ("red\n", "blue", 'it says "red"'),
            ("", "blue", "it is empty"),
            ("blue\n\n", "blue", 'it goes on after line 1: "\\n"'),
            ("a\nb", "a", 'it goes on after line 1: "b"'),
            ("a\nx\n", "a\nb\n", 'line 2 is "x"'),
            ("a\n\nc", "a\nb\nc", "line 2 is empty"),
            ("a", "a\nb", "it ends after line 1"),
            (" blue", "blue", 'it says " blue"'),
        ],
    )
    def test_another_text_fails(
        self, cluster: Fake, app: Solution, has: str, wanted: str, found: str
    ) -> None:
        mounted(cluster, SETTINGS, {COLOUR: has})
        assert f"found     web-1: {found}" in lines(lambda: main(app).has_file(COLOUR, text=wanted))

    def test_one_wrong_pod_fails(self, cluster: Fake, app: Solution) -> None:
        config_map(cluster, colour="red")
        web(
            cluster,
            2,
            files={COLOUR: "blue"},
            volumeMounts=[{"name": "conf", "mountPath": "/etc/web"}],
            spec={"volumes": [{"name": "conf", **SETTINGS}]},
        )
        runs(cluster, "web-1", files={COLOUR: "red"})
        assert lines(lambda: main(app).has_file(COLOUR, text="blue")) == [
            f'expected  {COLOUR} in container `main` of Deployment `web` with text "blue"',
            'found     web-1: it says "red"',
            "because   it is key `colour` of ConfigMap `settings`, which is mounted at /etc/web",
            LS,
        ]

    def test_a_missing_part_fails(self, cluster: Fake, app: Solution) -> None:
        mounted(cluster, {"emptyDir": {}}, {COLOUR: "red"})
        assert lines(lambda: main(app).has_file(COLOUR, contains="blue")) == [
            f'expected  {COLOUR} in container `main` of Deployment `web` containing "blue"',
            'found     web-1: it says "red"',
            "because   an emptyDir is mounted at /etc/web",
            LS,
        ]

    @pytest.mark.parametrize(
        ("volume", "mount", "because"),
        [
            (SETTINGS, {"mountPath": "/etc/db"}, f"{NOTHING}: the mounts are /etc/db"),
            (SETTINGS, {"mountPath": "/etc/we"}, f"{NOTHING}: the mounts are /etc/we"),
            (SETTINGS, {}, f"{THERE}, has no key `colour`: it has color"),
            (
                {"configMap": {"name": "nope"}},
                {},
                "ConfigMap `nope`, which is mounted at /etc/web, does not exist",
            ),
            (
                {"configMap": {"name": "settings", "items": [{"key": "color", "path": "farbe"}]}},
                {},
                f"of {THERE}, only these items are: color as farbe",
            ),
            (
                {"configMap": {"name": "settings", "items": [{"key": "colors", "path": "colour"}]}},
                {},
                f"{THERE}, has no key `colors`: it has color",
            ),
            (
                {"configMap": {"name": "settings", "items": [{"key": "color", "path": "colour"}]}},
                {},
                "ConfigMap `settings` says so already: "
                "the kubelet brings it into running pods within a minute or so",
            ),
            (
                SETTINGS,
                {"mountPath": COLOUR, "subPath": "color"},
                "ConfigMap `settings` says so already, but a subPath mount is never updated in a running pod",
            ),
            (
                {"persistentVolumeClaim": {"claimName": "data"}},
                {},
                "PersistentVolumeClaim `data` is mounted at /etc/web",
            ),
            ({"hostPath": {"path": "/tmp"}}, {"mountPath": "/"}, "volume `conf` (hostPath) is mounted at /"),
        ],
        ids=["elsewhere", "a part of the name", "no key", "no object", "items", "no item", "soon", "subPath",
             "claim", "host"],
    )  # fmt: skip
    def test_what_is_mounted_is_read(
        self, cluster: Fake, app: Solution, volume: Any, mount: Any, because: str
    ) -> None:
        config_map(cluster, color="blue")
        mounted(cluster, volume, **mount)
        said = lines(lambda: main(app).has_file(COLOUR, text="blue"))
        assert said[1:3] == ["found     web-1: no such file", f"because   {because}"]

    def test_nothing_mounted_at_all_is_told(self, cluster: Fake, app: Solution) -> None:
        token = {"name": "token", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}
        web(cluster, volumeMounts=[token])
        assert "because   nothing is mounted at or above /etc/web" in lines(
            lambda: main(app).has_file(COLOUR)
        )

    def test_the_nearest_mount_counts(self, cluster: Fake, app: Solution) -> None:
        web(
            cluster,
            volumeMounts=[{"name": "a", "mountPath": "/etc/web/"}, {"name": "b", "mountPath": "/etc"}],
            spec={"volumes": [{"name": "a", "emptyDir": {}}, {"name": "b", **SETTINGS}]},
        )
        assert "because   an emptyDir is mounted at /etc/web" in lines(lambda: main(app).has_file(COLOUR))

    def test_a_folder_is_there_and_no_file(self, cluster: Fake, app: Solution) -> None:
        mounted(cluster, SETTINGS)
        files = {COLOUR: File(None, "a directory")}
        cluster.insides["web-1", "main"] = Inside({}, ARGUMENTS, files)
        assert "found     web-1: a directory" in lines(lambda: main(app).has_file(COLOUR))
        assert lines(lambda: main(app).lacks_file(COLOUR)) == [
            f"expected  nothing at {COLOUR} in container `main` of Deployment `web`",
            "found     web-1: a directory",
            "because   ConfigMap `settings` is mounted at /etc/web",
            LS,
        ]

    def test_a_file_that_is_too_long_is_there(self, cluster: Fake, app: Solution) -> None:
        web(cluster)
        cluster.insides["web-1", "main"] = Inside({}, ARGUMENTS, {COLOUR: File(None, "longer than 64 KiB")})
        main(app).has_file(COLOUR)
        with pytest.raises(CheckFailed, match="web-1: longer than 64 KiB"):
            main(app).has_file(COLOUR, contains="blue")
        with pytest.raises(CheckFailed, match="web-1: longer than 64 KiB"):
            main(app).lacks_file(COLOUR)

    def test_one_pod_that_has_it_does_not_lack_it(self, cluster: Fake, app: Solution) -> None:
        web(cluster, 2)
        runs(cluster, "web-2", files={COLOUR: ""})
        assert lines(lambda: main(app).lacks_file(COLOUR)) == [
            f"expected  nothing at {COLOUR} in container `main` of Deployment `web`",
            "found     web-2: it is there",
            "because   it is in no volume, so it goes when container main is started again: "
            "so far it was restarted 0 times",
            LS.replace("web-1", "web-2"),
        ]

    def test_the_kubelet_gets_its_time(self, cluster: Fake, app: Solution) -> None:
        config_map(cluster, colour="blue")
        mounted(cluster, SETTINGS, {COLOUR: "red"})
        cluster.at(80, lambda: runs(cluster, "web-1", files={COLOUR: "blue"}))
        eventually(main(app)).has_file(COLOUR, text="blue")

    @pytest.mark.parametrize(
        ("container", "soon"),
        [
            ({}, False),
            ({"securityContext": {"readOnlyRootFilesystem": True}}, True),
            ({"volumeMounts": [{"name": "conf", "mountPath": "/etc/web"}]}, False),
            ({"volumeMounts": [{"name": "conf", "mountPath": COLOUR, "subPath": "colour"}]}, True),
            ({"volumeMounts": [{"name": "data", "mountPath": COLOUR, "subPath": "colour"}]}, False),
        ],
        ids=["image", "read-only", "volume", "subPath", "subPath of a claim"],
    )
    def test_it_is_settled_when_nobody_can_write_it(
        self, cluster: Fake, app: Solution, container: Any, soon: bool
    ) -> None:
        volumes = [{"name": "conf", **SETTINGS}, {"name": "data", "emptyDir": {}}]
        web(cluster, spec={"volumes": volumes}, **container)
        with pytest.raises(CheckFailed):
            eventually(main(app)).has_file(COLOUR)
        assert (cluster.now < 10) == soon


class TestMounts:
    """What the spec mounts."""

    @pytest.mark.parametrize(
        ("volume", "wanted"),
        [
            (SETTINGS, {"config_map": "settings"}),
            ({"secret": {"secretName": "db"}}, {"secret": "db"}),
            ({"persistentVolumeClaim": {"claimName": "data"}}, {"volume_claim": "data"}),
            ({"emptyDir": {}}, {"empty_dir": True}),
            ({"projected": {"sources": [{"configMap": {"name": "settings"}}]}}, {"config_map": "settings"}),
        ],
        ids=["ConfigMap", "Secret", "claim", "emptyDir", "projected"],
    )
    def test_what_is_mounted_passes_and_nothing_else(
        self, cluster: Fake, app: Solution, volume: Any, wanted: Any
    ) -> None:
        mounted(cluster, volume, mountPath="/etc/web/")
        main(app).mounts("/etc/web", **wanted)
        app.pod("web-1").container().mounts("/etc/web", **wanted)
        for other in ({"config_map": "x"}, {"secret": "settings"}, {"volume_claim": "x"}, {"secret": "x"}):
            with pytest.raises(CheckFailed):
                main(app).mounts("/etc/web", **other)

    def test_claims_of_a_stateful_set_pass(self, cluster: Fake, app: Solution) -> None:
        mount = {"name": "main", "volumeMounts": [{"name": "data", "mountPath": "/data"}]}
        claims = [{"metadata": {"name": "data"}}]
        stateful_set(cluster, "db", 1, template={"containers": [mount]}, volumeClaimTemplates=claims)
        spec = {"template": {"spec": {"containers": [mount]}}}
        cluster.patch("StatefulSet", "db", NS, {"spec": spec})
        app.stateful_set("db").container().mounts("/data", volume_claim="data")

    def test_another_place_is_told(self, cluster: Fake, app: Solution) -> None:
        mounted(cluster, SETTINGS)
        assert lines(lambda: main(app).mounts("/etc", config_map="settings")) == [
            "expected  ConfigMap `settings` at /etc in container `main` of Deployment `web`",
            "found     nothing is mounted there",
            "because   ConfigMap `settings` is mounted at /etc/web",
            LOOK,
        ]

    def test_another_thing_is_told(self, cluster: Fake, app: Solution) -> None:
        mounted(cluster, SETTINGS)
        assert lines(lambda: main(app).mounts("/etc/web", empty_dir=True)) == [
            "expected  an emptyDir at /etc/web in container `main` of Deployment `web`",
            "found     ConfigMap `settings` is mounted there",
            "because   an emptyDir is no volume of the pod",
            LOOK,
        ]

    def test_a_volume_that_is_not_mounted_is_told(self, cluster: Fake, app: Solution) -> None:
        web(cluster, spec={"volumes": [{"name": "conf", **SETTINGS}]})
        because = "because   ConfigMap `settings` is volume `conf`, which the container does not mount"
        assert because in lines(lambda: main(app).mounts("/etc/web", config_map="settings"))


@pytest.mark.parametrize(
    ("use", "says"),
    [
        (lambda it: it.has_environment(), "needs a variable"),
        (lambda it: it.has_environment({}), "needs a variable"),
        (lambda it: it.has_environment(A=1), "A is a text"),
        (lambda it: it.has_environment(A=None), "A is a text"),
        (lambda it: it.has_environment({"": "x"}), "has a name"),
        (lambda it: it.has_environment({"a=b": "x"}), "has a name"),
        (lambda it: it.has_arguments(), "takes words"),
        (lambda it: it.has_arguments("--port", 80), "takes words"),
        (lambda it: it.has_file("etc/web"), "absolute path"),
        (lambda it: it.has_file("/etc/../web"), "absolute path"),
        (lambda it: it.has_file("/etc/web/"), "absolute path"),
        (lambda it: it.has_file("//etc"), "absolute path"),
        (lambda it: it.has_file("/"), "absolute path"),
        (lambda it: it.has_file("/a", text="a", contains="a"), "not both"),
        (lambda it: it.has_file("/a", contains=""), "every file"),
        (lambda it: it.has_file("/a", text=1), "takes text="),
        (lambda it: it.has_file("/a", text="x" * 65537), "64 KiB"),
        (lambda it: it.lacks_file("a"), "absolute path"),
        (lambda it: it.mounts("/a"), "takes one of"),
        (lambda it: it.mounts("/a", config_map=""), "takes one of"),
        (lambda it: it.mounts("/a", config_map="a", secret="b"), "takes one of"),
        (lambda it: it.mounts("/a", config_map="a", empty_dir=True), "takes one of"),
        (lambda it: it.mounts("a", empty_dir=True), "absolute path"),
        (lambda it: Container(it.of, ""), "needs a name"),
        (lambda it: Field("metadata.generation"), "Field"),
        (lambda it: Field("metadata.labels"), "Field"),
        (lambda it: Field("metadata.labels['']"), "Field"),
        (lambda it: Field(1), "Field"),
    ],
)
def test_misuse_is_refused_before_anything_is_read(
    cluster: Fake, app: Solution, use: Callable[[Any], object], says: str
) -> None:
    with pytest.raises(UsageError, match=says):
        use(main(app))
    assert cluster.calls == []


VALUES = st.dictionaries(st.sampled_from("ABC"), st.text(max_size=3) | st.sampled_from(["", " ", "a"]))


@settings(max_examples=100, database=None, deadline=None)
@given(has=VALUES, wanted=VALUES.filter(bool), absent=st.sets(st.sampled_from("ABC")))
def test_an_environment_passes_when_each_variable_is_the_wanted_one(
    has: dict[str, str], wanted: dict[str, str], absent: set[str]
) -> None:
    cluster = Fake()
    web(cluster, has=has)
    claim: dict[str, Any] = {**wanted, **dict.fromkeys(absent, ABSENT)}
    right = all(
        (key not in has) if value is ABSENT else has.get(key) == value for key, value in claim.items()
    )
    try:
        main(Solution(cluster, NS)).has_environment(claim)
    except CheckFailed:
        assert not right
    else:
        assert right


@settings(max_examples=100, database=None, deadline=None)
@given(st.lists(st.sampled_from("ab"), max_size=6), st.lists(st.sampled_from("ab"), min_size=1, max_size=3))
def test_arguments_pass_when_they_follow_each_other(words: list[str], wanted: list[str]) -> None:
    cluster = Fake()
    web(cluster, arguments=tuple(words))
    right = "".join(wanted) in "".join(words)
    try:
        main(Solution(cluster, NS)).has_arguments(*wanted)
    except CheckFailed:
        assert not right
    else:
        assert right
