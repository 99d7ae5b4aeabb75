"""Containers on the cluster, seen from inside: environment, command line, files, and what survives."""

from __future__ import annotations

from typing import Any

import pytest

from checks import ABSENT, CheckFailed, Field, Solution, eventually, faults
from tests.manifests import Made, config_map, template, workload

pytestmark = [pytest.mark.cluster, pytest.mark.shared]

DOWNWARD = [
    {"name": "MY_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
    {"name": "MY_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
]


def pods(app: str, volumes: list[dict[str, Any]] | None = None, **container: Any) -> dict[str, Any]:
    """Return the template of pods that end at once when they are told to."""
    containers = [{"name": "main", "image": "nginx", **container}]
    return template(app, containers=containers, volumes=volumes or [], terminationGracePeriodSeconds=1)


def test_a_container_tells_its_environment_and_command_line(app: Solution, made: Made) -> None:
    made(config_map("settings", colour="blue"))
    made({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "keys"}, "stringData": {"k": "hush"}})
    env = [
        *DOWNWARD,
        {"name": "COLOUR", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "colour"}}},
        {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "k"}}},
        {"name": "EMPTY", "value": ""},
    ]
    command = ["nginx", "-g", "daemon off;"]
    made(workload("Deployment", "env", pods("env", env=env, command=command), replicas=2))
    main = app.deployment("env").container()
    eventually(app.deployment("env")).rolled_out()
    eventually(main).has_environment(COLOUR="blue", EMPTY="", NOTHING=ABSENT)
    eventually(main).has_environment(MY_NAME=Field("metadata.name"), MY_IP=Field("status.podIP"))
    eventually(main).has_arguments("-g", "daemon off;")
    with pytest.raises(CheckFailed, match="daemon off;"):
        main.has_arguments("-g", "daemon on;")
    with pytest.raises(CheckFailed) as failure:
        eventually(main).has_environment(KEY="secret")
    failure.value.read_cause()
    assert "hush" not in str(failure.value)
    late = faults.changed(app.object("ConfigMap", "settings"), data={"colour": "red"})
    with late, pytest.raises(CheckFailed) as failure:
        main.has_environment(COLOUR="red")
    assert "start" in failure.value.because


def test_a_mounted_config_map_follows_and_a_sub_path_does_not(app: Solution, made: Made) -> None:
    made(config_map("page", **{"index.html": "blue"}))
    mounts = [
        {"name": "page", "mountPath": "/page"},
        {"name": "page", "mountPath": "/fixed/index.html", "subPath": "index.html"},
    ]
    volumes = [{"name": "page", "configMap": {"name": "page"}}]
    made(workload("Deployment", "page", pods("page", volumes, volumeMounts=mounts)))
    main = app.deployment("page").container("main")
    eventually(app.deployment("page")).rolled_out()
    eventually(main).has_file("/page/index.html", text="blue")
    eventually(main).mounts("/page", config_map="page")
    with pytest.raises(CheckFailed, match="ConfigMap `page`"):
        main.mounts("/page", config_map="other")
    eventually(main).lacks_file("/page/other.html")
    with faults.changed(app.object("ConfigMap", "page"), data={"index.html": "red"}):
        eventually(main).has_file("/page/index.html", text="red")
        with pytest.raises(CheckFailed) as failure:
            main.has_file("/fixed/index.html", text="red")
    assert "subPath" in failure.value.because
    eventually(main).has_file("/page/index.html", text="blue")


def test_files_are_those_of_the_container_and_never_of_the_node(app: Solution, made: Made) -> None:
    links = "ln -s /etc/shadow /link; ln -s /proc/1/root/etc/hostname /way-out; mkfifo /pipe; exec sleep 1d"
    command = ["sh", "-c", links]
    made(workload("Deployment", "links", pods("links", image="busybox", command=command)))
    main = app.deployment("links").container()
    eventually(app.deployment("links")).rolled_out()
    pod = app.deployment("links").pods[0]
    for path in ("/pipe", "/way-out", "/etc"):
        with pytest.raises(CheckFailed):
            main.has_file(path)
    eventually(main).has_file("/etc/hostname", text=pod.name)


def test_an_empty_volume_outlives_the_container_and_not_the_pod(app: Solution, made: Made) -> None:
    volumes: list[dict[str, Any]] = [{"name": "data", "emptyDir": {}}]
    mounts = [{"name": "data", "mountPath": "/data"}]
    made(workload("Deployment", "scratch", pods("scratch", volumes, volumeMounts=mounts)))
    scratch = app.deployment("scratch")
    eventually(scratch).rolled_out()
    main, pod = scratch.container(), scratch.pods[0]
    eventually(main).mounts("/data", empty_dir=True)
    with faults.marked(main, "/data") as kept, faults.marked(main, "/tmp") as lost:
        with faults.restarted(pod):
            eventually(pod).restarts()
            eventually(main).has_file(kept.path, text=kept.text)
            eventually(main).lacks_file(lost.path)
        with faults.killed(pod):
            eventually(scratch).replaces(pod)
        eventually(main).lacks_file(kept.path)


def test_data_on_a_claim_outlives_the_pod(app: Solution, made: Made) -> None:
    size: dict[str, Any] = {"accessModes": ["ReadWriteOnce"], "storageClassName": ""}
    volume = f"{app.namespace}-data"
    made(
        {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": {"name": volume},
            "spec": {
                **size,
                "capacity": {"storage": "1Mi"},
                "hostPath": {"path": f"/tmp/{volume}", "type": "DirectoryOrCreate"},
                "claimRef": {"namespace": app.namespace, "name": "data"},
            },
        }
    )
    spec = {**size, "resources": {"requests": {"storage": "1Mi"}}}
    made({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"}, "spec": spec})
    volumes = [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]
    mounts = [{"name": "data", "mountPath": "/data"}]
    made(workload("Deployment", "db", pods("db", volumes, volumeMounts=mounts)))
    db, claim = app.deployment("db"), app.volume_claim("data")
    eventually(claim).is_bound()
    eventually(db).rolled_out()
    eventually(claim).is_mounted_by(db)
    made(workload("Deployment", "other"))
    eventually(app.deployment("other")).rolled_out()
    with pytest.raises(CheckFailed, match="other-"):
        claim.is_mounted_by(db, app.deployment("other"))
    main, pod = db.container(), db.pods[0]
    eventually(main).mounts("/data", volume_claim="data")
    with faults.marked(main, "/data") as mark, faults.killed(pod):
        eventually(db).replaces(pod)
        eventually(main).has_file(mark.path, text=mark.text)


def test_a_claim_of_a_class_that_does_not_exist_says_so(app: Solution, made: Made) -> None:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}}
    claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim"}
    made({**claim, "metadata": {"name": "nobody"}, "spec": {**spec, "storageClassName": "golden"}})
    nobody = app.volume_claim("nobody")
    eventually(nobody).requests(size="1Mi", access_modes=("ReadWriteOnce",))
    with pytest.raises(CheckFailed) as failure:
        nobody.is_bound()
    assert "golden" in failure.value.because
