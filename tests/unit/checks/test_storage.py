"""Claims for storage: what they ask for, what they are bound to, who mounts them; and data that survives."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from made import NS, deploy, meta, pod, stateful_set, told, waiting

from checks import CheckFailed, GraderError, Pod, Solution, UsageError, VolumeClaim, eventually
from checks.cluster import File, Inside, Object
from checks.fake import Fake
from checks.storage import marked

DATA = "/var/lib/data"


def claim(cluster: Fake, name: str = "data", *, phase: str = "Bound", **spec: Any) -> Object:
    """Put a claim of 1Gi; it is bound to volume `pv-1` unless its phase is another."""
    asked = {"resources": {"requests": {"storage": "1Gi"}}, "accessModes": ["ReadWriteOnce"]}
    bound = {"volumeName": "pv-1"} if phase == "Bound" else {}
    return cluster.put(
        {
            "kind": "PersistentVolumeClaim",
            "metadata": meta("PersistentVolumeClaim", name),
            "spec": {**asked, **bound, **spec},
            "status": {"phase": phase},
        }
    )


def volume(cluster: Fake, name: str = "pv-1", of: Object | None = None, phase: str = "", **spec: Any) -> None:
    """Put a PersistentVolume of 1Gi, bound to a claim if there is one."""
    has: dict[str, Any] = {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"]}
    if of:
        has["claimRef"] = {"namespace": NS, "name": of["metadata"]["name"], "uid": of["metadata"]["uid"]}
    status = {"phase": phase or ("Bound" if of else "Available")}
    metadata = {"name": name, "uid": f"PersistentVolume-{name}", "labels": {}}
    cluster.put({"kind": "PersistentVolume", "metadata": metadata, "spec": {**has, **spec}, "status": status})


def storage_class(cluster: Fake, name: str, *, default: bool = False, **fields: Any) -> None:
    """Put a StorageClass that makes volumes."""
    note = {"storageclass.kubernetes.io/is-default-class": "true"} if default else {}
    metadata = {"name": name, "uid": f"StorageClass-{name}", "annotations": note}
    cluster.put({"kind": "StorageClass", "metadata": metadata, "provisioner": "example.com/disk", **fields})


def uses(cluster: Fake, *pods: str, claim: str = "data", mounted: bool = True) -> None:
    """Let pods have a claim as a volume."""
    mounts = [{"name": "disk", "mountPath": DATA}] if mounted else []
    spec = {
        "volumes": [{"name": "disk", "persistentVolumeClaim": {"claimName": claim}}],
        "containers": [{"name": "main", "volumeMounts": mounts}],
    }
    for name in pods:
        cluster.patch("Pod", name, NS, {"spec": spec})


def data(app: Solution) -> VolumeClaim:
    """Return the claim of all cases."""
    return app.volume_claim("data")


def lines(use: Callable[[], object]) -> list[str]:
    """Return the message of a claim that is false."""
    return told(use).splitlines()


DESCRIBE = "look at   kubectl -n k-1 describe persistentvolumeclaim data"


class TestBound:
    """A claim and its volume, each bound to the other."""

    def test_each_bound_to_the_other_passes(self, cluster: Fake, app: Solution) -> None:
        volume(cluster, of=claim(cluster))
        data(app).is_bound()

    @pytest.mark.parametrize(
        ("make", "found"),
        [
            (lambda c: claim(c), "bound to PersistentVolume `pv-1`, which does not exist"),
            (
                lambda c: (claim(c), volume(c)),
                "bound to PersistentVolume `pv-1`, which is bound to nothing",
            ),
            (
                lambda c: (volume(c, of={"metadata": {"name": "data", "uid": "old"}}), claim(c)),
                "bound to PersistentVolume `pv-1`, which is bound to k-1/data of another UID",
            ),
            (lambda c: claim(c, phase="Lost"), "its phase is Lost"),
            (lambda c: (volume(c, of=claim(c)), leaving(c)), "it is being deleted"),
        ],
        ids=["no volume", "a free one", "a namesake", "lost", "deleted"],
    )
    def test_anything_less_fails(
        self, cluster: Fake, app: Solution, make: Callable[[Fake], object], found: str
    ) -> None:
        make(cluster)
        assert lines(lambda: data(app).is_bound())[:2] == [
            "expected  PersistentVolumeClaim `data` bound to a PersistentVolume",
            f"found     {found}",
        ]

    def test_a_class_that_does_not_exist_is_told(self, cluster: Fake, app: Solution) -> None:
        storage_class(cluster, "standard")
        claim(cluster, phase="Pending", storageClassName="fast")
        assert lines(lambda: data(app).is_bound()) == [
            "expected  PersistentVolumeClaim `data` bound to a PersistentVolume",
            "found     its phase is Pending",
            "because   there is no StorageClass `fast`: there is `standard`",
            "          there is no PersistentVolume, and nobody makes one for the claim",
            DESCRIBE,
        ]

    def because(self, app: Solution) -> list[str]:
        """Return the cause that the message gives."""
        with pytest.raises(CheckFailed) as failure:
            data(app).is_bound()
        return failure.value.because.splitlines()

    def test_a_class_that_waits_for_a_pod_is_told(self, cluster: Fake, app: Solution) -> None:
        storage_class(cluster, "standard", volumeBindingMode="WaitForFirstConsumer")
        claim(cluster, phase="Pending", storageClassName="standard")
        assert self.because(app) == [
            "StorageClass `standard` waits for a pod that uses the claim, and there is none"
        ]
        cluster.put(pod("web-1", ready=False, state=waiting("ImagePullBackOff", "no such image")))
        uses(cluster, "web-1")
        assert self.because(app) == ["web-1 cannot get image `nginx`: no such image"]

    def test_no_class_and_no_default_is_told(self, cluster: Fake, app: Solution) -> None:
        storage_class(cluster, "standard")
        claim(cluster, phase="Pending")
        assert self.because(app) == [
            "it names no StorageClass, and none is the cluster's default",
            "there is no PersistentVolume, and nobody makes one for the claim",
        ]
        storage_class(cluster, "standard", default=True)
        assert self.because(app) == []

    def test_what_the_provisioner_says_is_told(self, cluster: Fake, app: Solution) -> None:
        storage_class(cluster, "standard")
        obj = claim(cluster, phase="Pending", storageClassName="standard")
        about = {"uid": obj["metadata"]["uid"]}
        event = {"reason": "ProvisioningFailed", "message": "disk full", "involvedObject": about}
        cluster.put({"kind": "Event", "metadata": meta("Event", "e"), **event})
        assert self.because(app) == ["disk full"]

    @pytest.mark.parametrize(
        ("spec", "because"),
        [
            ({"capacity": {"storage": "512Mi"}}, "has 512Mi, the claim asks for 1Gi"),
            ({"accessModes": ["ReadOnlyMany"]}, "has access mode ReadOnlyMany, not ReadWriteOnce"),
            ({"storageClassName": "fast"}, "has StorageClass `fast`, the claim asks for StorageClass `slow`"),
            ({"storageClassName": ""}, "has no StorageClass, the claim asks for StorageClass `slow`"),
            ({"volumeMode": "Block"}, "has volumeMode Block"),
            (
                {"claimRef": {"namespace": "x", "name": "y", "uid": "z"}},
                "is Released: it belongs to a claim of another namespace",
            ),
            (
                {"capacity": {"storage": "1Mi"}, "accessModes": []},
                "has 1Mi, the claim asks for 1Gi, and has access mode none, not ReadWriteOnce",
            ),
        ],
        ids=["size", "mode", "class", "no class", "block", "taken", "two"],
    )
    def test_each_volume_that_does_not_fit_is_told(
        self, cluster: Fake, app: Solution, spec: Any, because: str
    ) -> None:
        storage_class(cluster, "slow", provisioner="kubernetes.io/no-provisioner")
        claim(cluster, phase="Pending", storageClassName="slow")
        volume(cluster, phase="Released", **{"storageClassName": "slow", **spec})
        assert self.because(app) == [f"PersistentVolume `pv-1` {because}"]

    def test_labels_that_the_claim_selects_by_are_told(self, cluster: Fake, app: Solution) -> None:
        claim(cluster, phase="Pending", storageClassName="", selector={"matchLabels": {"disk": "ssd"}})
        volume(cluster)
        assert self.because(app) == [
            "PersistentVolume `pv-1` does not have the labels that the claim selects by"
        ]

    def test_a_volume_that_the_claim_names_is_told(self, cluster: Fake, app: Solution) -> None:
        claim(cluster, phase="Pending", volumeName="mine")
        assert self.because(app) == ["there is no PersistentVolume `mine`, which it names"]
        volume(cluster, "mine", capacity={"storage": "1Mi"})
        assert self.because(app) == ["PersistentVolume `mine` has 1Mi, the claim asks for 1Gi"]

    def test_a_volume_that_is_made_late_is_waited_for(self, cluster: Fake, app: Solution) -> None:
        claim(cluster, phase="Pending")
        cluster.at(40, lambda: volume(cluster, of=claim(cluster)))
        eventually(data(app)).is_bound()

    def test_an_empty_namespace_fails(self, app: Solution) -> None:
        assert lines(lambda: data(app).is_bound()) == [
            "expected  PersistentVolumeClaim `data` exists",
            "found     no such PersistentVolumeClaim",
            "look at   kubectl -n k-1 get persistentvolumeclaims",
        ]

    def test_a_claim_without_fields_fails(self, cluster: Fake, app: Solution) -> None:
        cluster.put({"kind": "PersistentVolumeClaim", "metadata": meta("PersistentVolumeClaim", "data")})
        with pytest.raises(CheckFailed, match="its phase is Unknown"):
            data(app).is_bound()
        with pytest.raises(CheckFailed, match="size: absent"):
            data(app).requests(0)


def leaving(cluster: Fake) -> None:
    """Let the claim be on its way out."""
    going = {"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}}
    cluster.patch("PersistentVolumeClaim", "data", NS, going)


class TestRequests:
    """What a claim asks for."""

    def test_what_it_asks_for_passes(self, cluster: Fake, app: Solution) -> None:
        claim(cluster, accessModes=["ReadWriteOnce", "ReadOnlyMany"], storageClassName="")
        data(app).requests("1024Mi")
        data(app).requests(access_modes=("ReadOnlyMany", "ReadWriteOnce"))
        data(app).requests("1Gi", access_modes=["ReadWriteOnce", "ReadOnlyMany"], storage_class="")

    def test_what_differs_is_told(self, cluster: Fake, app: Solution) -> None:
        claim(cluster)
        wanted = {"access_modes": ["ReadWriteMany", "ReadWriteOnce"], "storage_class": "fast"}
        assert lines(lambda: data(app).requests("2Gi", **wanted)) == [
            "expected  size: 2Gi",
            "          access modes: ReadWriteMany, ReadWriteOnce",
            "          storage class: fast",
            "found     size: 1Gi",
            "          access modes: ReadWriteOnce",
            "          storage class: absent",
            "look at   kubectl -n k-1 get persistentvolumeclaim data -o yaml",
        ]

    def test_an_empty_class_and_none_are_two_things(self, cluster: Fake, app: Solution) -> None:
        claim(cluster)
        with pytest.raises(CheckFailed, match="storage class: absent"):
            data(app).requests(storage_class="")
        claim(cluster, storageClassName="")
        with pytest.raises(CheckFailed, match='storage class: ""'):
            data(app).requests(storage_class="fast")

    def test_one_access_mode_more_fails(self, cluster: Fake, app: Solution) -> None:
        claim(cluster, accessModes=["ReadWriteOnce", "ReadWriteMany"])
        with pytest.raises(CheckFailed, match="ReadWriteMany, ReadWriteOnce"):
            data(app).requests(access_modes=["ReadWriteOnce"])

    def test_an_empty_namespace_fails(self, app: Solution) -> None:
        with pytest.raises(CheckFailed, match="no such PersistentVolumeClaim"):
            data(app).requests("1Gi")


class TestMountedBy:
    """Who mounts a claim."""

    def test_all_pods_of_the_workloads_pass(self, cluster: Fake, app: Solution) -> None:
        claim(cluster)
        deploy(cluster, "db", 2)
        deploy(cluster, "backup")
        deploy(cluster, "web")
        uses(cluster, "db-1", "db-2", "backup-1")
        data(app).is_mounted_by(app.deployment("db"), app.deployment("backup"))
        cluster.delete("Pod", "backup-1", NS)
        data(app).is_mounted_by(app.deployment("db"))

    def test_claims_of_a_stateful_set_are_mounted_by_a_pod_each(self, cluster: Fake, app: Solution) -> None:
        stateful_set(cluster, "db", 2)
        for name in ("db-0", "db-1"):
            claim(cluster, f"data-{name}")
            uses(cluster, name, claim=f"data-{name}")
        app.volume_claim("data-db-0").is_mounted_by(app.pod("db-0"))
        with pytest.raises(CheckFailed, match="db-1 has claim `data-db-1` instead"):
            app.volume_claim("data-db-0").is_mounted_by(app.stateful_set("db"))

    def test_one_more_and_one_less_fail(self, cluster: Fake, app: Solution) -> None:
        claim(cluster)
        deploy(cluster, "db", 4)
        cluster.put(pod("thief"))
        uses(cluster, "db-1", "thief")
        uses(cluster, "db-2", mounted=False)
        uses(cluster, "db-3", claim="other")
        assert lines(lambda: data(app).is_mounted_by(app.deployment("db"))) == [
            "expected  db-1, db-2, db-3, db-4",
            "found     db-1, thief",
            "because   db-2 has the claim as a volume, but no container mounts it",
            "          db-3 has claim `other` instead",
            "          db-4 has no claim at all",
            DESCRIBE,
        ]
        uses(cluster, "db-2", "db-3", "db-4")
        assert lines(lambda: data(app).is_mounted_by(app.deployment("db"))) == [
            "expected  db-1, db-2, db-3, db-4",
            "found     db-1, db-2, db-3, db-4, thief",
            DESCRIBE,
        ]

    def test_a_device_is_mounted_too(self, cluster: Fake, app: Solution) -> None:
        claim(cluster)
        deploy(cluster, "db")
        uses(cluster, "db-1")
        device = {"name": "main", "volumeDevices": [{"name": "disk", "devicePath": "/dev/x"}]}
        cluster.patch("Pod", "db-1", NS, {"spec": {"containers": [device]}})
        data(app).is_mounted_by(app.deployment("db"))

    @pytest.mark.parametrize(
        ("containers", "more", "stays"),
        [
            ("initContainers", {}, False),
            ("initContainers", {"restartPolicy": "Always"}, True),
            ("ephemeralContainers", {}, False),
        ],
        ids=["init container", "sidecar", "ephemeral container"],
    )
    def test_owners_mount_it_in_a_container_that_stays_and_others_in_none(
        self, cluster: Fake, app: Solution, containers: str, more: Any, stays: bool
    ) -> None:
        claim(cluster)
        deploy(cluster, "db")
        cluster.put(pod("thief"))
        uses(cluster, "db-1", "thief", mounted=False)
        one = {"name": "one", "volumeMounts": [{"name": "disk", "mountPath": DATA}], **more}
        cluster.patch("Pod", "db-1", NS, {"spec": {containers: [one]}})
        if stays:
            data(app).is_mounted_by(app.deployment("db"))
        else:
            with pytest.raises(CheckFailed, match="but no container that stays mounts it"):
                data(app).is_mounted_by(app.deployment("db"))
            cluster.patch("Pod", "db-1", NS, {"spec": {"containers": [one]}})
        cluster.patch("Pod", "thief", NS, {"spec": {containers: [one]}})
        with pytest.raises(CheckFailed, match="db-1, thief"):
            data(app).is_mounted_by(app.deployment("db"))

    def test_nobody_on_both_sides_fails(self, cluster: Fake, app: Solution) -> None:
        claim(cluster)
        with pytest.raises(CheckFailed, match="no such Deployment"):
            data(app).is_mounted_by(app.deployment("db"))
        deploy(cluster, "db", 0)
        with pytest.raises(CheckFailed, match="it has none"):
            data(app).is_mounted_by(app.deployment("db"))
        with pytest.raises(CheckFailed, match="no such Pod"):
            data(app).is_mounted_by(Pod(cluster, NS, "db-1", "Pod-db-1"))

    def test_an_empty_namespace_fails(self, app: Solution) -> None:
        with pytest.raises(CheckFailed, match="no such PersistentVolumeClaim"):
            data(app).is_mounted_by(app.deployment("db"))


def running(cluster: Fake, *pods: str, folder: File | None = None) -> None:
    """Let container `main` run in pods, with a folder."""
    for name in pods:
        cluster.insides[name, "main"] = Inside({}, ("db",), {DATA: folder or File(None, "a directory")})


class TestMarked:
    """A file that nobody else could have written."""

    def test_it_is_in_every_ready_pod_until_the_end(self, cluster: Fake, app: Solution) -> None:
        deploy(cluster, "db", 2)
        running(cluster, "db-1", "db-2")
        container = app.deployment("db").container()
        with marked(container, DATA) as mark:
            container.has_file(mark.path, text=mark.text)
            with pytest.raises(CheckFailed):
                container.lacks_file(mark.path)
        container.lacks_file(mark.path)

    def test_no_two_are_the_same(self, cluster: Fake, app: Solution) -> None:
        deploy(cluster, "db")
        running(cluster, "db-1")
        marks = []
        for _ in range(2):
            with marked(app.deployment("db").container(), DATA) as mark:
                assert re.fullmatch(rf"{DATA}/\.kubeproctor-[0-9a-f]{{8}}", mark.path)
                assert re.fullmatch(r"[0-9a-f]{32}", mark.text)
                marks.append(mark)
        assert marks[0].path != marks[1].path
        assert marks[0].text != marks[1].text

    def test_data_that_is_lost_is_seen(self, cluster: Fake, app: Solution) -> None:
        deploy(cluster, "db")
        running(cluster, "db-1")
        container = app.deployment("db").container()
        with marked(container, DATA) as mark:
            running(cluster, "db-1")
            container.lacks_file(mark.path)
            assert "found     db-1: no such file" in lines(
                lambda: container.has_file(mark.path, text=mark.text)
            )

    def test_it_is_removed_whatever_happens_inside(self, cluster: Fake, app: Solution) -> None:
        deploy(cluster, "db")
        running(cluster, "db-1")
        with pytest.raises(ZeroDivisionError), marked(app.deployment("db").container(), DATA):
            raise ZeroDivisionError
        assert list(cluster.insides["db-1", "main"].files) == [DATA]

    def test_it_is_removed_from_those_that_got_it_when_one_did_not(
        self, cluster: Fake, app: Solution
    ) -> None:
        deploy(cluster, "db", 2)
        running(cluster, "db-1", "db-2")
        write = cluster.write

        def once(obj: Object, *args: Any) -> None:
            if obj["metadata"]["name"] == "db-2":
                raise GraderError("lost")
            write(obj, *args)

        cluster.write = once  # type: ignore[method-assign]
        with pytest.raises(GraderError, match="lost"), marked(app.deployment("db").container(), DATA):
            pass
        assert list(cluster.insides["db-1", "main"].files) == [DATA]

    def test_what_is_gone_at_the_end_is_no_error(self, cluster: Fake, app: Solution) -> None:
        deploy(cluster, "db")
        running(cluster, "db-1")
        with marked(app.deployment("db").container(), DATA):
            cluster.remove("Deployment", "db", NS)
        deploy(cluster, "db")
        with marked(app.deployment("db").container(), DATA):
            del cluster.insides["db-1", "main"]

    def test_a_folder_that_is_not_there_fails(self, cluster: Fake, app: Solution) -> None:
        deploy(cluster, "db")
        running(cluster, "db-1")
        with pytest.raises(CheckFailed), marked(app.deployment("db").container("main"), "/data"):
            pass
        assert lines(lambda: marked(app.deployment("db").container("main"), "/data").__enter__()) == [
            "expected  folder /data in container `main` of Deployment `db`, where files can be written",
            "found     db-1: no such file",
            "because   nothing is mounted at or above /data",
            "look at   kubectl -n k-1 get deployment db -o yaml",
        ]

    @pytest.mark.parametrize(
        ("container", "because"),
        [
            ({"volumeMounts": [{"name": "disk", "mountPath": DATA, "readOnly": True}]}, "`data` is mounted"),
            ({"volumeMounts": [{"name": "conf", "mountPath": DATA}]}, "ConfigMap `settings` is mounted"),
            ({"securityContext": {"readOnlyRootFilesystem": True}}, "nothing is mounted at or above"),
        ],
        ids=["mount", "ConfigMap", "root"],
    )
    def test_a_folder_where_nobody_can_write_fails(
        self, cluster: Fake, app: Solution, container: Any, because: str
    ) -> None:
        deploy(cluster, "db")
        running(cluster, "db-1")
        volumes = [
            {"name": "disk", "persistentVolumeClaim": {"claimName": "data"}},
            {"name": "conf", "configMap": {"name": "settings"}},
        ]
        spec = {"volumes": volumes, "containers": [{"name": "main", **container}]}
        cluster.patch("Pod", "db-1", NS, {"spec": spec})
        said = told(lambda: marked(app.deployment("db").container(), DATA).__enter__())
        assert "db-1: it is read-only" in said
        assert because in said
        assert "write" not in cluster.calls

    def test_no_ready_pod_fails_with_its_cause(self, cluster: Fake, app: Solution) -> None:
        deploy(cluster, "db", ready=False, state=waiting("ImagePullBackOff", "no such image"))
        said = told(lambda: marked(app.deployment("db").container(), DATA).__enter__())
        assert "because   db-1 cannot get image `nginx`: no such image" in said

    def test_a_file_is_no_folder(self, cluster: Fake, app: Solution) -> None:
        deploy(cluster, "db")
        running(cluster, "db-1", folder=File("text"))
        with pytest.raises(CheckFailed, match="db-1: a file"):
            marked(app.deployment("db").container(), DATA).__enter__()

    def test_an_empty_namespace_fails(self, app: Solution) -> None:
        assert lines(lambda: marked(app.deployment("db").container(), DATA).__enter__()) == [
            "expected  Deployment `db` exists",
            "found     no such Deployment",
            "look at   kubectl -n k-1 get deployments",
        ]


@pytest.mark.parametrize(
    ("use", "says"),
    [
        (lambda app: app.volume_claim(""), "needs a name"),
        (lambda app: data(app).requests(), "needs something"),
        (lambda app: data(app).requests("1gb"), "size is an amount"),
        (lambda app: data(app).requests(True), "size is an amount"),
        (lambda app: data(app).requests(access_modes="ReadWriteOnce"), "access modes are a list"),
        (lambda app: data(app).requests(access_modes=[]), "access modes are a list"),
        (lambda app: data(app).requests(access_modes=["RWO"]), "access modes are a list"),
        (lambda app: data(app).requests(storage_class=1), "storage class is a name"),
        (lambda app: data(app).is_mounted_by(), "needs a workload"),
        (lambda app: data(app).is_mounted_by("db"), "takes workloads"),
        (lambda app: data(app).is_mounted_by(app.service("db")), "takes workloads"),
        (lambda app: marked(app.deployment("db"), DATA).__enter__(), "takes a container"),
        (lambda app: marked(app.deployment("db").container(), "data").__enter__(), "absolute path"),
        (lambda app: marked(app.deployment("db").container(), "/data/../x").__enter__(), "absolute path"),
    ],
)
def test_misuse_is_refused_before_anything_is_read(
    cluster: Fake, app: Solution, use: Callable[[Solution], object], says: str
) -> None:
    with pytest.raises(UsageError, match=says):
        use(app)
    assert cluster.calls == []
