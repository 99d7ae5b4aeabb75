"""A cluster is put back to its baseline after whatever a run did to it, or said to be past that."""

from __future__ import annotations

import copy
import json
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from tenacity import retry, stop_after_delay, wait_fixed

from checks.errors import GraderError
from fixtures.baseline.saved import Baseline
from fixtures.clusters import state
from fixtures.clusters.kind import kubectl
from fixtures.clusters.provider import Handle
from fixtures.live import LiveCluster
from tests.commands import gone_afterwards, kubeproctor

pytestmark = [pytest.mark.cluster, pytest.mark.own_clusters]

NAME = "own-test"
SECONDS = 60.0
DISTURBANCES = yaml.safe_load(Path(__file__).with_name("disturbances.yaml").read_text())
MENDED = [one for one in DISTURBANCES if "not_restorable" not in one]
LOST = [one for one in DISTURBANCES if "not_restorable" in one]

MADE_AGAIN = [("ConfigMap", "kube-root-ca.crt"), ("ServiceAccount", "default"), ("Service", "kubernetes")]

State = Mapping[str, Any]


@pytest.fixture(scope="module")
def handle() -> Iterator[Handle]:
    with gone_afterwards(NAME):
        done = kubeproctor("cluster", "up", "--name", NAME, "--fresh")
        assert done.returncode == 0, done.stderr
        found = state.load(NAME)
        assert found
        yield found


@pytest.fixture(scope="module")
def own(handle: Handle) -> Iterator[LiveCluster]:
    with LiveCluster(handle.kubeconfig) as live:
        yield live


@pytest.fixture(scope="module")
def baseline(own: LiveCluster, tmp_path_factory: pytest.TempPathFactory) -> Baseline:
    file = tmp_path_factory.mktemp("baseline") / "baseline.json.gz"
    Baseline.take(own).save(file)
    return Baseline.load(file)


@pytest.fixture(scope="module")
def before(handle: Handle, baseline: Baseline) -> State:
    """What kubectl tells of the cluster when the baseline was taken."""
    return told(handle)


def run(handle: Handle, *words: str, given: str | None = None, whole: bool = True) -> str:
    """Return what kubectl says; with `whole` False also when it could not say everything."""
    command = [str(kubectl(handle)), "--kubeconfig", str(handle.kubeconfig), *words]
    done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0 or not whole, f"{words}: {done.stderr}"
    return done.stdout


def disturb(handle: Handle, one: Mapping[str, Any]) -> None:
    if "apply" in one:
        run(handle, "create", "-f", "-", given=one["apply"])
    for line in one.get("run", ()):
        run(handle, *line.split(" "))
    if "last" in one:
        make_last(handle, one["last"])


@retry(stop=stop_after_delay(20), wait=wait_fixed(0.5), reraise=True)
def make_last(handle: Handle, manifests: str) -> None:
    """Make objects of a kind that was defined a moment ago; the definition is served some time later."""
    run(handle, "create", "-f", "-", given=manifests, whole=False)
    run(handle, "get", "-f", "-", given=manifests)


def told(handle: Handle, whole: bool = True) -> State:
    """Return all objects as kubectl gets them, what is known to change by itself left out."""
    kinds = run(handle, "api-resources", "--verbs=list,delete", "-o", "name", whole=whole).split()
    wanted = sorted({kind for kind in kinds if not kind.startswith("events")})
    items = json.loads(run(handle, "get", ",".join(wanted), "-A", "-o", "json", whole=whole))["items"]
    found: dict[str, Any] = {}
    made = Counter[str]()
    for item in items:
        metadata, kind = item["metadata"], item["kind"]
        where = f"{kind} {metadata.get('namespace', '')}/{metadata['name']}"
        owner = next((o for o in metadata.get("ownerReferences") or () if o.get("controller")), None)
        if kind in ("Pod", "EndpointSlice") and owner:
            labels = {k: v for k, v in metadata["labels"].items() if not k.startswith("pod-template-gen")}
            images = [c["image"] for c in item.get("spec", {}).get("containers", ())]
            images += [c["image"] for c in item.get("spec", {}).get("ephemeralContainers", ())]
            ready = [c["ready"] for c in item.get("status", {}).get("containerStatuses") or ()]
            ready += [e["conditions"]["ready"] for e in item.get("endpoints") or ()]
            made[f"{kind} of {owner['kind']} {owner['name']}: {sorted(labels.items())} {images} {ready}"] += 1
        elif kind == "CertificateSigningRequest" or metadata["name"].startswith("bootstrap-token-"):
            continue
        else:
            found[where] = _kept(item)
    return {**found, **made}


def _kept(item: Mapping[str, Any]) -> Mapping[str, Any]:
    item = copy.deepcopy(dict(item))
    metadata, kind, name = item["metadata"], item["kind"], item["metadata"]["name"]
    status = item.pop("status", {})
    for field in ("resourceVersion", "generation", "creationTimestamp", "managedFields"):
        metadata.pop(field, None)
    for word in ("deployment.kubernetes.io/", "endpoints.kubernetes.io/", "deprecated.daemonset", "netpol."):
        for key in [key for key in metadata.get("annotations", {}) if key.startswith(word)]:
            del metadata["annotations"][key]
    if not metadata.get("annotations", True):
        del metadata["annotations"]
    made_again = ("Lease", "Endpoints", "EndpointSlice", "IPAddress", "APIService", "ReplicaSet")
    if kind in made_again or (kind, name) in MADE_AGAIN:
        del metadata["uid"]
    if kind == "Lease":
        item.pop("spec")
    if kind == "Endpoints" and name == "kube-dns":
        item["subsets"] = [len(one.get("addresses") or ()) for one in item.get("subsets") or ()]
    if kind == "ControllerRevision":
        item.pop("revision")
    if kind == "Node":
        item["capacity"] = status["capacity"]
    return item


def differences(before: State, now: State) -> dict[str, Any]:
    keys = sorted({*before, *now})
    return {key: (before.get(key), now.get(key)) for key in keys if before.get(key) != now.get(key)}


def test_a_cluster_that_nobody_touched_is_as_it_was(
    own: LiveCluster, baseline: Baseline, before: State, handle: Handle
) -> None:
    assert len(before) > 200
    assert baseline.restore(own, SECONDS) == []
    assert differences(before, told(handle)) == {}


@pytest.mark.parametrize("one", MENDED, ids=[one["name"] for one in MENDED])
def test_what_a_run_did_is_undone(
    one: Mapping[str, Any], own: LiveCluster, baseline: Baseline, before: State, handle: Handle
) -> None:
    disturb(handle, one)
    assert differences(before, told(handle, whole=False)), "nothing was disturbed"
    assert baseline.restore(own, SECONDS) == []
    assert differences(before, told(handle)) == {}


def test_nothing_else_is_touched(own: LiveCluster, baseline: Baseline, handle: Handle) -> None:
    foreign = copy.copy(baseline)
    foreign.cluster = "another"
    run(handle, "create", "configmap", "stays")
    with pytest.raises(GraderError, match="another cluster"):
        foreign.restore(own, SECONDS)
    run(handle, "delete", "configmap", "stays")


def test_the_deadline_holds_and_says_what_is_left(
    own: LiveCluster, baseline: Baseline, handle: Handle
) -> None:
    """A pod needs a second at the least to end."""
    assert baseline.restore(own, SECONDS) == []
    manifest = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "late"},
        "spec": {"containers": [{"name": "main", "image": "busybox", "command": ["sleep", "1000"]}]},
    }
    run(handle, "create", "-f", "-", given=json.dumps(manifest))
    run(handle, "wait", "--for=condition=Ready", "pod", "late")
    assert baseline.restore(own, 0.5) == ["Pod late in default is still there"]
    assert baseline.restore(own, SECONDS) == []


@pytest.mark.parametrize("one", LOST, ids=[one["name"] for one in LOST])
def test_what_cannot_come_back_is_said(
    one: Mapping[str, Any], own: LiveCluster, baseline: Baseline, handle: Handle
) -> None:
    disturb(handle, one)
    assert one["not_restorable"] in baseline.restore(own, SECONDS)
