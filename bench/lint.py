"""Compare the static checks with kubeconform on 20 manifests, in one run.

    python bench/lint.py

Whole: the process from its start to its end; cold is the first, after the schemas have been dropped from
the page cache, warm the median of several, and cpu what a busy machine changes least. Parts: what the checks
of schemas and API versions take of it. kubeconform, where it is installed, gets the same schemas as local
files, one a kind and only of the kinds that are used, which is the fastest that it can be. The last line is
JSON.
"""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from fixtures.clusters.provider import DEFAULT_KUBERNETES
from fixtures.submission.lint import store
from kubeproctor.__main__ import COMMANDS

ROOT = Path(__file__).parent.parent
RUNS = 15
POD = """
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: nginx:1.27
        ports: [{name: http, containerPort: 80}]
        env: [{name: MODE, value: "1"}]
        resources: {requests: {cpu: 100m, memory: 64Mi}}
        readinessProbe: {httpGet: {path: /, port: http}}
"""
WORKLOAD = f"""
  selector: {{matchLabels: {{app: web}}}}
  template: {POD}"""
SERVICE = ("v1/Service", "spec: {selector: {app: web}, ports: [{port: 80, targetPort: http}]}")
USUAL = [
    *[("apps/v1/Deployment", f"spec:\n  replicas: 2{WORKLOAD}")] * 5,
    *[SERVICE] * 4,
    ("apps/v1/StatefulSet", f"spec:\n  serviceName: web{WORKLOAD}"),
    ("apps/v1/DaemonSet", f"spec:{WORKLOAD}"),
    ("batch/v1/Job", "spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: b}]}}}"),
    ("v1/ConfigMap", "data: {key: value}"),
    ("v1/Secret", "stringData: {key: value}"),
    ("v1/ServiceAccount", "automountServiceAccountToken: false"),
    ("rbac.authorization.k8s.io/v1/Role", 'rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]'),
    (
        "rbac.authorization.k8s.io/v1/RoleBinding",
        "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: web-15}",
    ),
    ("networking.k8s.io/v1/NetworkPolicy", "spec: {podSelector: {}, policyTypes: [Ingress]}"),
    (
        "networking.k8s.io/v1/Ingress",
        "spec: {defaultBackend: {service: {name: web-5, port: {number: 80}}}}",
    ),
    (
        "v1/PersistentVolumeClaim",
        "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}",
    ),
]
DRIVER = """
import json, sys, time
from pathlib import Path
import click, yaml
begun = time.perf_counter()
from fixtures.submission.lint import schema, versions
from fixtures.submission.model import Document, Place
imported = time.perf_counter()
docs = [Document(yaml.load(file.read_bytes(), yaml.CSafeLoader), Place(file.name))
        for file in sorted(Path(sys.argv[1]).iterdir())]
read = time.perf_counter()
found = [*versions.findings(docs, sys.argv[2]), *schema.findings(docs, sys.argv[2])]
assert not found, found
parts = {"import": imported - begun, "read": read - imported, "find": time.perf_counter() - read}
print(json.dumps(parts))
"""


def write(folder: Path) -> None:
    """Write the manifests."""
    for number, (kind, rest) in enumerate(USUAL):
        api_version, _, name = kind.rpartition("/")
        head = f"apiVersion: {api_version}\nkind: {name}\nmetadata: {{name: web-{number}}}\n"
        (folder / f"{number:02}.yaml").write_text(f"{head}{rest}\n")


def forget_schemas() -> None:
    """Drop the schemas from the page cache."""
    for file in store.data().glob(f"v{DEFAULT_KUBERNETES}.0-local-strict/_definitions.json"):
        with file.open("rb") as opened:
            os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def timed(command: list[str]) -> tuple[float, str]:
    """Return milliseconds of a process, and what it says."""
    begun = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    took = (time.perf_counter() - begun) * 1000
    assert done.returncode == 0, done
    return took, done.stdout


def whole(command: list[str]) -> dict[str, float]:
    """Return milliseconds of the first run and of the others, and of a processor for one of these."""
    forget_schemas()
    cold, _ = timed(command)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    warm = [timed(command)[0] for _ in range(RUNS)]
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    found = {"cold": cold, "warm": statistics.median(warm), "fastest": min(warm), "cpu": busy * 1000 / RUNS}
    return {name: round(took) for name, took in found.items()}


def write_schemas(folder: Path) -> None:
    """Write a schema that stands alone for each kind that is used."""
    definitions = store.definitions(DEFAULT_KUBERNETES)

    def needed(node: object, found: dict[str, object]) -> dict[str, object]:
        for name in re.findall(r'"#/\$defs/([^"]+)"', json.dumps(node)):
            if name not in found:
                found[name] = definitions[name]
                needed(definitions[name], found)
        return found

    for kind, name in store.kinds(DEFAULT_KUBERNETES).items():
        if f"{kind.api_version}/{kind.kind}" in dict(USUAL):
            node = definitions[name]
            (folder / f"{kind.kind.lower()}.json").write_text(json.dumps({**node, "$defs": needed(node, {})}))


def kubeconform(manifests: Path) -> dict[str, float] | None:
    """Return milliseconds of kubeconform, None where it is not installed."""
    if not shutil.which("kubeconform"):
        return None
    with tempfile.TemporaryDirectory() as name:
        write_schemas(Path(name))
        schemas = f"{name}/{{{{.ResourceKind}}}}.json"
        return whole(["kubeconform", "-strict", "-schema-location", schemas, str(manifests)])


def main() -> None:
    """Measure, and print what was found."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder)
        driver = [sys.executable, "-c", DRIVER, name, DEFAULT_KUBERNETES]
        there = "lint" in COMMANDS
        ours = whole([sys.executable, "-m", "kubeproctor", "lint", name] if there else driver)
        print(f"{'kubeproctor lint' if there else 'driver'}: {len(USUAL)} manifests  {ours} ms")
        said = [json.loads(timed(driver)[1]) for _ in range(RUNS)]
        parts = {part: round(statistics.median(one[part] for one in said) * 1000, 1) for part in said[0]}
        print(f"schemas and API versions: {parts} ms, with click and yaml imported")
        start = round(statistics.median(timed([sys.executable, "-c", ""])[0] for _ in range(RUNS)))
        theirs = kubeconform(folder)
        print(f"Python itself: {start} ms; kubeconform: {theirs or 'not installed'}")
    figures = {"whole": ours, "parts": parts, "python": start, "kubeconform": theirs}
    if theirs:
        figures["times as long as kubeconform"] = round(ours["warm"] / theirs["warm"], 2)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
