"""Small clusters in which the examples of containers and of claims for storage fail in a telling way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from checks.cluster import File, Inside, Object
from checks.fake import Fake
from docs.reference.scenes import NAMESPACE, Scene, deploy, put

FOLDER = "/etc/web"
NGINX = ("nginx", "-g", "daemon off;")
SETTINGS: Mapping[str, Any] = {"configMap": {"name": "settings"}}
DISK: Mapping[str, Any] = {"persistentVolumeClaim": {"claimName": "data"}}


def scenes() -> list[Scene]:
    """Make all scenes; each serves once, as an example leaves its traces in a cluster."""
    return [
        started_before_the_change(),
        value_of_a_secret(),
        two_words_in_one(),
        key_with_a_typo(),
        mounted_by_sub_path(),
        file_that_is_there(),
        mounted_elsewhere(),
        class_that_does_not_exist(),
        larger_claim(),
        volume_without_a_mount(),
        folder_that_is_not_there(),
    ]


def started_before_the_change() -> Scene:
    """Let a ConfigMap change after the container was started."""
    cluster = Fake()
    source = {"configMapKeyRef": {"name": "settings", "key": "colour"}}
    contain(cluster, "web", has={"COLOUR": "red"}, env=[{"name": "COLOUR", "valueFrom": source}])
    put(cluster, "ConfigMap", "settings", data={"colour": "blue"})
    return Scene("Container.has_environment", "when the ConfigMap was changed afterwards", cluster)


def value_of_a_secret() -> Scene:
    """Let a variable come from the wrong key of a Secret."""
    cluster = Fake()
    source = {"secretKeyRef": {"name": "db", "key": "user"}}
    contain(cluster, "web", has={"PASSWORD": "admin"}, env=[{"name": "PASSWORD", "valueFrom": source}])
    put(cluster, "Secret", "db", data={"user": "YWRtaW4=", "password": "YS1zZWNyZXQ="})
    example = 'eventually(app.deployment("web").container()).has_environment(PASSWORD="a-secret")'
    return Scene("Container.has_environment", "when the key of a Secret is the wrong one", cluster, example)


def two_words_in_one() -> Scene:
    """Let two words of the command line be one."""
    cluster = Fake()
    words = ("nginx", "-g daemon off;")
    contain(cluster, "web", runs=words, command=["nginx"], args=["-g daemon off;"])
    return Scene("Container.has_arguments", "when two words are written as one", cluster)


def key_with_a_typo() -> Scene:
    """Let the ConfigMap that is mounted have another key."""
    cluster = Fake()
    mount(cluster, FOLDER, SETTINGS)
    put(cluster, "ConfigMap", "settings", data={"color": "blue"})
    return Scene("Container.has_file", "when the ConfigMap has another key", cluster)


def mounted_by_sub_path() -> Scene:
    """Let a file be mounted in a way that is never updated."""
    cluster = Fake()
    files = {f"{FOLDER}/colour": File("red")}
    mount(cluster, f"{FOLDER}/colour", SETTINGS, files, subPath="colour")
    put(cluster, "ConfigMap", "settings", data={"colour": "blue"})
    return Scene("Container.has_file", "when the ConfigMap was changed, and is mounted by subPath", cluster)


def file_that_is_there() -> Scene:
    """Let a file be there that is to be gone."""
    cluster = Fake()
    mount(cluster, FOLDER, SETTINGS, {f"{FOLDER}/colour": File("red")})
    return Scene("Container.lacks_file", "when the file is there", cluster)


def mounted_elsewhere() -> Scene:
    """Let the ConfigMap be mounted at another path."""
    cluster = Fake()
    mount(cluster, "/etc/nginx", SETTINGS)
    return Scene("Container.mounts", "when the ConfigMap is mounted at another path", cluster)


def class_that_does_not_exist() -> Scene:
    """Let the claim name a StorageClass that the cluster does not have."""
    cluster = Fake()
    claim(cluster, storageClassName="fast")
    provisioner = "rancher.io/local-path"
    put(cluster, "StorageClass", "standard", namespace=None, provisioner=provisioner)
    return Scene("VolumeClaim.is_bound", "when the StorageClass does not exist", cluster)


def larger_claim() -> Scene:
    """Let the claim ask for another size and another access mode."""
    cluster = Fake()
    claim(cluster, "10Gi", accessModes=["ReadWriteMany"])
    return Scene("VolumeClaim.requests", "when the claim asks for something else", cluster)


def volume_without_a_mount() -> Scene:
    """Let a pod have the claim as a volume, and no container mount it."""
    cluster = Fake()
    claim(cluster)
    contain(cluster, "db", volumes=[{"name": "disk", **DISK}])
    return Scene("VolumeClaim.is_mounted_by", "when the volume is there, but not its mount", cluster)


def folder_that_is_not_there() -> Scene:
    """Let nothing be mounted where data is to be."""
    cluster = Fake()
    contain(cluster, "db")
    return Scene("faults.marked", "when the folder does not exist", cluster)


def contain(
    cluster: Fake,
    deployment: str,
    *,
    has: Mapping[str, str] | None = None,
    runs: tuple[str, ...] = NGINX,
    files: Mapping[str, File] | None = None,
    volumes: list[Mapping[str, Any]] | None = None,
    **container: Any,  # noqa: ANN401 - whatever a container has
) -> Object:
    """Put a Deployment and its pod, whose container has these parts, and what is inside; return the pod."""
    obj = deploy(cluster, deployment)
    name = obj["metadata"]["name"]
    spec = {"containers": [{"name": "main", "image": "nginx:1.27", **container}], "volumes": volumes or []}
    owner = cluster.patch("Deployment", deployment, NAMESPACE, {"spec": {"template": {"spec": spec}}})
    seen = {"observedGeneration": owner["metadata"]["generation"]}
    cluster.patch("Deployment", deployment, NAMESPACE, {"status": seen})
    cluster.insides[name, "main"] = Inside(has or {}, runs, files or {})
    return cluster.patch("Pod", name, NAMESPACE, {"spec": spec})


def mount(
    cluster: Fake,
    path: str,
    volume: Mapping[str, Any],
    files: Mapping[str, File] | None = None,
    **more: str,
) -> None:
    """Put Deployment `web` with a volume at a path."""
    mounts = [{"name": "settings", "mountPath": path, **more}]
    contain(cluster, "web", files=files, volumes=[{"name": "settings", **volume}], volumeMounts=mounts)


def claim(cluster: Fake, size: str = "1Gi", **spec: Any) -> None:  # noqa: ANN401 - whatever a claim has
    """Put the claim `data`, which is not bound."""
    asked = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}, **spec}
    put(cluster, "PersistentVolumeClaim", "data", spec=asked, status={"phase": "Pending"})
