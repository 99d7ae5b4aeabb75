"""What DNS says of Services: their endpoints, their own IP, their ports, or the host that they stand for."""

from __future__ import annotations

import pytest
from made import NS, deploy, expose, pod, slice_of, told

from checks import CheckFailed, GraderError, Solution, UsageError
from checks.cluster import Names, Object
from checks.fake import Fake

DB = "db.k-1.svc.cluster.local"
PORTS: list[Object] = [{"port": 5432, "targetPort": 5432, "name": "sql"}]
SLICES = "look at   kubectl -n k-1 get endpointslices -l kubernetes.io/service-name=db"
NO_DB = "expected  Service `db` exists\nfound     no such Service\nlook at   kubectl -n k-1 get services"


@pytest.fixture
def db(cluster: Fake) -> Fake:
    """A headless Service with two pods, and a named port."""
    pods = deploy(cluster, "db", 2)
    expose(cluster, "db", {"app": "db"}, clusterIP="None", ports=PORTS)
    slice_of(cluster, "db", *pods, target=5432, name="sql")
    return cluster


@pytest.fixture
def cluster_ip(cluster: Fake) -> Fake:
    """A Service with an IP of its own, a pod, and a port that is not that of its pods."""
    pods = deploy(cluster, "db")
    expose(cluster, "db", {"app": "db"}, ports=[{"port": 80, "targetPort": 5432, "name": "sql"}])
    slice_of(cluster, "db", *pods, target=5432, name="sql")
    return cluster


def dns(cluster: Fake, record: str, name: str, *answers: str) -> None:
    """Let DNS say something else than the objects do."""
    cluster.names[record, name] = Names("answered" if answers else "dns", answers)


class TestResolvesToEndpoints:
    """`Service.resolves_to_endpoints`."""

    def test_passes_when_a_headless_name_is_the_endpoints(self, db: Fake, app: Solution) -> None:
        app.service("db").resolves_to_endpoints()

    def test_passes_when_another_name_is_the_cluster_ip(self, cluster_ip: Fake, app: Solution) -> None:
        app.service("db").resolves_to_endpoints()

    @pytest.mark.parametrize(
        ("answers", "found"),
        [
            (("10.0.0.1",), "10.0.0.1"),
            (("10.0.0.1", "10.0.0.2", "10.0.0.3"), "10.0.0.1, 10.0.0.2, 10.0.0.3"),
            ((), "no address"),
        ],
        ids=["one too few", "one too many", "no such name"],
    )
    @pytest.mark.parametrize("name", [DB, "db.k-1"], ids=["whole", "short"])
    def test_fails_while_dns_says_something_else(
        self, db: Fake, app: Solution, name: str, answers: tuple[str, ...], found: str
    ) -> None:
        dns(db, "A", name, *answers)
        assert told(lambda: app.service("db").resolves_to_endpoints()) == (
            f"expected  10.0.0.1, 10.0.0.2, as A of {name}\nfound     {found}\n{SLICES}"
        )

    def test_dns_may_catch_up_while_nothing_else_changes(self, db: Fake, app: Solution) -> None:
        dns(db, "A", DB, "10.0.0.1")
        with pytest.raises(CheckFailed) as failure:
            app.service("db").resolves_to_endpoints()
        assert not failure.value.settles

    def test_fails_when_the_cluster_ip_is_another(self, cluster_ip: Fake, app: Solution) -> None:
        dns(cluster_ip, "A", DB, "10.96.0.2")
        assert told(lambda: app.service("db").resolves_to_endpoints()) == (
            f"expected  10.96.0.1, as A of {DB}\nfound     10.96.0.2\nlook at   kubectl -n k-1 get service db"
        )

    @pytest.mark.parametrize(
        ("answers", "found"),
        [
            ((f"0 100 5432 a.{DB}.",), "1 target with port 5432"),
            (
                (f"0 100 5432 a.{DB}.", f"0 100 80 b.{DB}."),
                "1 target with port 5432, 1 target with port 80",
            ),
            ((), "no target"),
        ],
        ids=["one too few", "another port", "no such record"],
    )
    def test_fails_while_a_port_has_other_targets(
        self, db: Fake, app: Solution, answers: tuple[str, ...], found: str
    ) -> None:
        dns(db, "SRV", f"_sql._tcp.{DB}", *answers)
        assert told(lambda: app.service("db").resolves_to_endpoints()) == (
            f"expected  2 targets with port 5432, as SRV of _sql._tcp.{DB}\nfound     {found}\n{SLICES}"
        )

    def test_a_port_of_a_cluster_ip_is_the_services_and_of_a_headless_one_the_pods(
        self, cluster_ip: Fake, app: Solution
    ) -> None:
        name = f"_sql._tcp.{DB}"
        assert cluster_ip.lookup([name], "SRV")[0].answers == (f"0 100 80 {DB}.",)
        dns(cluster_ip, "SRV", name, f"0 100 5432 {DB}.")
        with pytest.raises(CheckFailed, match="1 target with port 80, as SRV"):
            app.service("db").resolves_to_endpoints()
        cluster_ip.patch("Service", "db", NS, {"spec": {"clusterIP": "None"}})
        app.service("db").resolves_to_endpoints()

    def test_a_port_that_differs_between_pods_has_the_port_of_each(self, db: Fake, app: Solution) -> None:
        first, second = db.list("Pod", NS)
        slice_of(db, "db", first, target=5432, name="sql")
        found = db.get("EndpointSlice", "db-x", NS)
        slice_of(db, "db", second, target=5433, name="sql")
        assert found
        db.put({**found, "metadata": {**found["metadata"], "name": "db-y", "uid": "y"}})
        app.service("db").resolves_to_endpoints()
        dns(db, "SRV", f"_sql._tcp.{DB}", f"0 100 5432 a.{DB}.", f"0 100 5432 b.{DB}.")
        with pytest.raises(CheckFailed, match="1 target with port 5432, 1 target with port 5433"):
            app.service("db").resolves_to_endpoints()

    def test_targets_of_pods_that_have_host_names_are_theirs(self, db: Fake, app: Solution) -> None:
        found = db.get("EndpointSlice", "db-x", NS)
        assert found
        named = [{**item, "hostname": f"db-{number}"} for number, item in enumerate(found["endpoints"])]
        db.put({**found, "endpoints": named})
        app.service("db").resolves_to_endpoints()
        assert db.lookup([f"_sql._tcp.{DB}"], "SRV")[0].answers == (
            f"0 100 5432 db-0.{DB}.",
            f"0 100 5432 db-1.{DB}.",
        )

    def test_udp_has_its_records_too(self, db: Fake, app: Solution) -> None:
        db.patch("Service", "db", NS, {"spec": {"ports": [{"port": 53, "name": "dns", "protocol": "UDP"}]}})
        slice_of(db, "db", *db.list("Pod", NS), target=53, name="dns", protocol="UDP")
        app.service("db").resolves_to_endpoints()
        dns(db, "SRV", f"_dns._udp.{DB}")
        with pytest.raises(CheckFailed, match="2 targets with port 53"):
            app.service("db").resolves_to_endpoints()

    def test_a_port_without_a_name_has_no_record(self, db: Fake, app: Solution) -> None:
        db.patch("Service", "db", NS, {"spec": {"ports": [{"port": 5432}]}})
        slice_of(db, "db", *db.list("Pod", NS), target=5432)
        app.service("db").resolves_to_endpoints()

    def test_pods_that_are_not_ready_count_when_they_are_published(self, db: Fake, app: Solution) -> None:
        late = db.put(pod("db-3", "10.0.0.3", {"app": "db"}, ready=False))
        db.patch("Service", "db", NS, {"spec": {"publishNotReadyAddresses": True}})
        slice_of(db, "db", *db.list("Pod", NS), target=5432, name="sql")
        app.service("db").resolves_to_endpoints()
        dns(db, "A", DB, "10.0.0.1", "10.0.0.2")
        with pytest.raises(CheckFailed, match=late["status"]["podIP"]):
            app.service("db").resolves_to_endpoints()

    def test_addresses_of_the_other_family_and_names_are_left_out(self, db: Fake, app: Solution) -> None:
        found = db.get("EndpointSlice", "db-x", NS)
        assert found
        pods = found["endpoints"]
        for family, first, second in (("IPv6", "fd00::1", "fd00::2"), ("FQDN", "a.test", "b.test")):
            more = [{**pods[0], "addresses": [first]}, {**pods[1], "addresses": [second]}]
            meta = {**found["metadata"], "name": f"db-{family.lower()}", "uid": family}
            db.put({**found, "metadata": meta, "addressType": family, "endpoints": more})
        dns(db, "A", DB, "10.0.0.1", "10.0.0.2")
        dns(db, "A", "db.k-1", "10.0.0.1", "10.0.0.2")
        four = [f"0 100 5432 {host}.{DB}." for host in ("10-0-0-1", "10-0-0-2", "fd00--1", "fd00--2")]
        dns(db, "SRV", f"_sql._tcp.{DB}", *four)
        app.service("db").resolves_to_endpoints()

    def test_ipv6_alone_is_no_verdict(self, cluster_ip: Fake, app: Solution) -> None:
        cluster_ip.patch("Service", "db", NS, {"spec": {"clusterIP": "fd00::a"}})
        with pytest.raises(GraderError, match="IPv4 addresses only"):
            app.service("db").resolves_to_endpoints()

    def test_no_endpoint_is_no_name(self, db: Fake, app: Solution) -> None:
        db.patch("Service", "db", NS, {"spec": {"selector": {"app": "bd"}}})
        slice_of(db, "db")
        dns(db, "A", DB)
        assert told(lambda: app.service("db").resolves_to_endpoints()) == (
            "expected  Service `db` has an address\n"
            "found     no endpoint\n"
            f"because   no pod carries app=bd, which the selector asks for: the pods have app=db\n{SLICES}"
        )

    def test_a_service_that_is_another_name_has_no_address(self, cluster: Fake, app: Solution) -> None:
        expose(cluster, "db", None, clusterIP=None, ports=[], type="ExternalName", externalName="db.test")
        with pytest.raises(CheckFailed) as failure:
            app.service("db").resolves_to_endpoints()
        assert failure.value.found == "type ExternalName"
        assert "its name stands for db.test" in failure.value.because

    @pytest.mark.parametrize("record", ["A", "SRV"])
    def test_silence_of_dns_is_no_verdict(self, db: Fake, app: Solution, record: str) -> None:
        name = DB if record == "A" else f"_sql._tcp.{DB}"
        db.names[record, name] = Names("timeout")
        with pytest.raises(GraderError, match=f"DNS did not answer in time for {name}"):
            app.service("db").resolves_to_endpoints()

    def test_an_empty_namespace_fails(self, app: Solution) -> None:
        assert told(lambda: app.service("db").resolves_to_endpoints()) == NO_DB


class TestPointsTo:
    """`Service.points_to`."""

    @pytest.fixture
    def k8s(self, cluster: Fake) -> Fake:
        """A Service that stands for a host."""
        external = {"type": "ExternalName", "externalName": "kubernetes.io"}
        expose(cluster, "k8s", None, clusterIP=None, ports=[], **external)
        return cluster

    @pytest.mark.parametrize("host", ["kubernetes.io", "kubernetes.io.", "Kubernetes.IO"])
    @pytest.mark.parametrize("external", ["kubernetes.io", "kubernetes.io.", "KUBERNETES.io"])
    def test_passes_however_the_name_is_written(
        self, k8s: Fake, app: Solution, host: str, external: str
    ) -> None:
        k8s.patch("Service", "k8s", NS, {"spec": {"externalName": external}})
        dns(k8s, "CNAME", "k8s.k-1.svc.cluster.local", f"{external.removesuffix('.')}.")
        app.service("k8s").points_to(host)

    def test_fails_for_another_host(self, k8s: Fake, app: Solution) -> None:
        assert told(lambda: app.service("k8s").points_to("k8s.io")) == (
            "expected  type ExternalName, with externalName k8s.io\n"
            "found     type ExternalName, with externalName kubernetes.io\n"
            "look at   kubectl -n k-1 get service k8s"
        )

    def test_fails_for_another_type_and_says_which(self, cluster: Fake, app: Solution) -> None:
        expose(cluster, "k8s", {"app": "k8s"}, externalName="kubernetes.io")
        assert told(lambda: app.service("k8s").points_to("kubernetes.io")) == (
            "expected  type ExternalName, with externalName kubernetes.io\n"
            "found     type ClusterIP, with externalName kubernetes.io\n"
            "look at   kubectl -n k-1 get service k8s"
        )

    def test_an_ip_is_no_name(self, k8s: Fake, app: Solution) -> None:
        k8s.patch("Service", "k8s", NS, {"spec": {"externalName": "192.0.2.7"}})
        with pytest.raises(CheckFailed) as failure:
            app.service("k8s").points_to("kubernetes.io")
        assert failure.value.because == "externalName is a name, and DNS takes 192.0.2.7 for one"

    @pytest.mark.parametrize(
        ("answers", "found"), [((), "no CNAME"), (("k8s.io.",), "k8s.io.")], ids=["nothing", "another"]
    )
    def test_fails_while_dns_says_something_else(
        self, k8s: Fake, app: Solution, answers: tuple[str, ...], found: str
    ) -> None:
        dns(k8s, "CNAME", "k8s.k-1.svc.cluster.local", *answers)
        assert told(lambda: app.service("k8s").points_to("kubernetes.io")) == (
            "expected  kubernetes.io, as CNAME of k8s.k-1.svc.cluster.local\n"
            f"found     {found}\n"
            "look at   kubectl -n k-1 get service k8s"
        )

    def test_silence_of_dns_is_no_verdict(self, k8s: Fake, app: Solution) -> None:
        k8s.names["CNAME", "k8s.k-1.svc.cluster.local"] = Names("timeout")
        with pytest.raises(GraderError, match="did not answer in time"):
            app.service("k8s").points_to("kubernetes.io")

    @pytest.mark.parametrize(
        "host", ["", ".", "https://kubernetes.io", "kubernetes.io:443", "192.0.2.7", "fd00::1", "a b", None]
    )
    def test_what_is_no_name_is_refused(self, k8s: Fake, app: Solution, host: str) -> None:
        k8s.calls.clear()
        with pytest.raises(UsageError, match=r"takes a name such as points_to\('kubernetes.io'\)"):
            app.service("k8s").points_to(host)
        assert k8s.calls == []

    def test_an_empty_namespace_fails(self, app: Solution) -> None:
        assert told(lambda: app.service("db").points_to("kubernetes.io")) == NO_DB
