"""What the API server says of a dry run stands at its line, and nothing is made."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fixtures.live import LiveCluster
from fixtures.sandbox import OWNER
from tests.commands import kubeproctor

pytestmark = [pytest.mark.cluster, pytest.mark.shared]

WRONG = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: right
data: {key: value}
---
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  sessionAffinity: None
  ports:
  - port: 80
    targetPort: no_port_has_this_name
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: elsewhere
  namespace: nowhere-at-all
---
apiVersion: v1
kind: Namespace
metadata:
  name: not-yet
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: there
  namespace: not-yet
"""


def test_the_api_server_is_asked_at_the_line_and_makes_nothing(cluster: LiveCluster, tmp_path: Path) -> None:
    (tmp_path / "all.yaml").write_text(WRONG)
    alone = kubeproctor("lint", tmp_path, "--format", "json")
    asked = kubeproctor("lint", tmp_path, "--format", "json", "--cluster", "kind")
    assert asked.returncode == 1, asked.stderr

    def found(text: str) -> list[tuple[int, str]]:
        [looked] = json.loads(text)["submissions"]
        return [
            (each["line"], each["what"])
            for each in looked["findings"]
            if each["id"] == "refused-by-the-api-server"
        ]

    assert not found(alone.stdout), "the control: it takes a cluster"
    lines = WRONG.split("\n")
    said = {lines[line - 1].strip(): what for line, what in found(asked.stdout)}
    assert len(said) == 2, said
    assert "spec.ports[0].targetPort: Invalid value" in said["targetPort: no_port_has_this_name"]
    assert 'namespaces "nowhere-at-all" not found' in said["apiVersion: v1"]
    assert cluster.get("Namespace", "not-yet") is None
    for namespace in cluster.list("Namespace", labels={OWNER: "sandbox"}):
        assert cluster.get("ConfigMap", "right", namespace["metadata"]["name"]) is None
