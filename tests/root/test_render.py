"""kustomize and Helm themselves, on what learners and their enemies hand in."""

from __future__ import annotations

import http.server
import os
import resource
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fixtures import assignment, tools
from fixtures.clusters.provider import DEFAULT_KUBERNETES
from fixtures.errors import CannotGrade, Refused, UsageError
from fixtures.pins import pins
from fixtures.submission import confined
from fixtures.submission.chart import charts
from fixtures.submission.documents import read_documents
from fixtures.submission.kustomization import render, roots
from fixtures.submission.model import Document
from fixtures.submission.tree import Tree

pytestmark = pytest.mark.root

CHART = "apiVersion: v2\nname: web\nversion: 0.1.0\n"
WEB = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: web
  labels:
    tier: front
data:
  colour: blue
---
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  ports:
  - port: 80
"""


def tree(files: dict[str, str]) -> Tree:
    return Tree("mine", "folder", {name: text.encode() for name, text in sorted(files.items())})


def chart(**templates: str) -> dict[str, str]:
    made = {f"web/templates/{name}": text for name, text in templates.items()}
    return {"web/Chart.yaml": CHART, **made}


def bodies(documents: tuple[Document, ...]) -> list[dict[str, Any]]:
    return sorted((doc.body for doc in documents), key=lambda body: str(body["kind"]))


def kustomize_says(files: dict[str, str], folder: str = "") -> str:
    with pytest.raises(UsageError) as e:
        render(tree(files), folder)
    return str(e.value)


def helm_says(files: dict[str, str]) -> str:
    with pytest.raises(UsageError) as e:
        charts(tree(files), "ns")
    return str(e.value)


# -- which they are ------------------------------------------------------------------------------------


@pytest.fixture
def _looked_for_anew() -> Iterator[None]:
    tools.helm.cache_clear()
    yield
    tools.helm.cache_clear()


def test_they_are_the_pinned_ones() -> None:
    said = subprocess.run([tools.helm(), "version", "--short"], capture_output=True, text=True, check=True)
    assert said.stdout.startswith(
        "v3."
    )  # built from the pinned module, whose own number only its Makefile sets
    said = subprocess.run(
        [tools.kubectl(), "version", "--client"], capture_output=True, text=True, check=True
    )
    assert f"Client Version: {pins()['kubernetes'][DEFAULT_KUBERNETES]['version']}\n" in said.stdout


@pytest.mark.usefixtures("_looked_for_anew")
def test_one_on_path_is_taken_where_none_can_be_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def no_go(*_: object) -> None:
        raise CannotGrade("no Go toolchain could be had", where="no index", fix="install Go")

    monkeypatch.setattr(tools.golang, "build", no_go)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CannotGrade) as e:
        tools.helm()
    assert str(e.value) == (
        "there is no helm here\n  where: no Go toolchain could be had: no index\n"
        "  fix: install Go; or install helm"
    )
    (tmp_path / "helm").write_text("#!/bin/sh\n")
    (tmp_path / "helm").chmod(0o755)
    assert tools.helm() == tmp_path / "helm"
    assert f"{tmp_path}/helm is used, not helm of the pinned version: no Go" in capsys.readouterr().err


# -- the same objects ------------------------------------------------------------------------------------


def test_the_same_objects_come_of_all_three() -> None:
    plain = bodies(tuple(read_documents("web.yaml", WEB.encode())))
    assert [body["kind"] for body in plain] == ["ConfigMap", "Service"]
    built = tree({"kustomization.yaml": "resources: [web.yaml]", "web.yaml": WEB})
    assert roots(built) == [""]
    assert bodies(render(built, "")) == plain
    (made,) = charts(tree(chart(**{"web.yaml": WEB})), "ns")
    assert bodies(made.documents) == plain


def test_an_overlay_changes_its_base() -> None:
    files = {
        "base/kustomization.yaml": "resources: [web.yaml]",
        "base/web.yaml": WEB,
        "overlays/dev/kustomization.yml": (
            "resources: [../../base]\nnamePrefix: dev-\nbuildMetadata: [originAnnotations]\n"
            "patches:\n- path: c\nconfigMapGenerator:\n- {name: more, files: [key=a.txt]}\n"
            "generators: [p.yaml]\ntransformers:\n- |\n  apiVersion: builtin\n  kind: LabelTransformer\n"
            "  metadata: {name: l}\n  labels: {new: label}\n"
            "  fieldSpecs: [{path: metadata/labels, create: true}]\n"
        ),
        "overlays/dev/c": "{kind: ConfigMap, apiVersion: v1, metadata: {name: web}, data: {colour: red}}",
        "overlays/dev/a.txt": "text",
        "overlays/dev/p.yaml": (
            "{apiVersion: builtin, kind: ConfigMapGenerator, metadata: {name: own}, "
            "name: own, literals: [a=b]}"
        ),
    }
    documents = render(tree(files), "overlays/dev")
    by_name = {
        doc.name.partition("-")[2].partition("-")[0]: doc for doc in documents if doc.kind == "ConfigMap"
    }
    assert sorted(by_name) == ["more", "own", "web"]
    assert by_name["web"].body["data"] == {"colour": "red"}
    assert by_name["more"].body["data"] == {"key": "text"}
    assert {doc.body["metadata"]["labels"]["new"] for doc in documents} == {"label"}
    assert {str(doc.place) for doc in documents} == {"overlays/dev/kustomization.yml"}
    assert not any(doc.fields for doc in documents)


def test_each_object_of_a_chart_has_its_template() -> None:
    crd = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: NAME}\n"
    config = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-NAME\n"
    files = {
        **chart(
            **{
                "a.yaml": config.replace("NAME", "a1") + "---\n" + config.replace("NAME", "a2"),
                "deep/b.yaml": "# a comment\n" + config.replace("NAME", "b"),
                "hook.yaml": config.replace("NAME", "hook") + "  annotations: {helm.sh/hook: pre-install}\n",
                "_helpers.tpl": "{{ define 'x' }}".replace("'", '"') + "{{ end }}",
                "NOTES.txt": "hello",
            }
        ),
        "web/crds/c.yaml": crd.replace("NAME", "one") + "---\n" + crd.replace("NAME", "two"),
        "web/charts/sub/Chart.yaml": CHART.replace("web", "sub"),
        "web/charts/sub/templates/s.yaml": config.replace("NAME", "s"),
        "web/charts/lib/Chart.yaml": CHART.replace("web", "library") + "type: library\n",
        "web/charts/lib/templates/l.yaml": "",
    }
    files["web/Chart.yaml"] += (
        "dependencies:\n- {name: library, version: 0.1.0, repository: 'https://x.example'}\n"
    )
    (made,) = charts(tree(files), "ns")
    assert (made.release, made.folder, made.values) == ("web", "web", ())
    assert sorted((doc.name, str(doc.place)) for doc in made.documents) == [
        ("one", "web/crds/c.yaml"),
        ("two", "web/crds/c.yaml"),
        ("web-a1", "web/templates/a.yaml"),
        ("web-a2", "web/templates/a.yaml"),
        ("web-b", "web/templates/deep/b.yaml"),
        ("web-hook", "web/templates/hook.yaml"),
        ("web-s", "web/charts/sub/templates/s.yaml"),
    ]
    assert not any(doc.fields for doc in made.documents)


def test_a_template_cannot_name_another_file_as_its_own() -> None:
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: NAME}\n"
    forged = f"{text.replace('NAME', 'a')}---\n# Source: web/../../etc/passwd\n{text.replace('NAME', 'b')}"
    (made,) = charts(tree({**chart(**{"a.yaml": forged}), "web/crds/c.yaml": forged}), "ns")
    assert sorted((doc.name, str(doc.place)) for doc in made.documents) == [
        ("a", "web/crds/c.yaml"),
        ("a", "web/templates/a.yaml"),
        ("b", "web/Chart.yaml"),
        ("b", "web/templates/a.yaml"),
    ]


SHOW = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: "{{ .Release.Name }}", namespace: "{{ .Release.Namespace }}"}
data:
  colour: {{ .Values.colour }}
  size: {{ .Values.size | quote }}
  version: {{ .Capabilities.KubeVersion.Version }}
  looked: {{ lookup "v1" "Secret" "kube-system" "" | toJson | quote }}
  address: {{ getHostByName "localhost" | quote }}
"""


def data(files: dict[str, str]) -> dict[str, dict[str, str]]:
    return {made.release: made.documents[0].body["data"] for made in charts(tree(files), "ns")}


def test_values_count_in_their_order() -> None:
    files = {
        "app/web/Chart.yaml": CHART,
        "app/web/templates/a.yaml": SHOW,
        "app/web/values.yaml": "{colour: own, size: 1}",
        "values.yaml": "colour: elsewhere",
    }
    assert data(files)["web"]["colour"] == "own"
    assert data({**files, "app/values.yaml": "colour: beside"})["web"]["colour"] == "beside"
    files |= {
        "app/values.yaml": "{colour: beside, size: 2}",
        "app/values-b.yaml": "colour: b",
        "app/values-a,b.yaml": "colour: a",
        "app/web/values-c.yaml": "colour: inside",
    }
    (made,) = charts(tree(files), "ns")
    assert made.values == ("app/values.yaml", "app/values-a,b.yaml", "app/values-b.yaml")
    assert data(files)["web"] | {"version": ""} == {
        "colour": "b",
        "size": "2",
        "version": "",
        "looked": "{}",
        "address": "",
    }
    assert data(files)["web"]["version"].startswith("v1.")
    assert data({**files, "app/A.values.yaml": "colour: A"})["web"]["colour"] == "b"
    assert data({**files, "app/z.values.yaml": "colour: z"})["web"]["colour"] == "z"


def test_values_of_a_neighbour_are_its_own() -> None:
    files = {
        "web/Chart.yaml": CHART,
        "web/templates/a.yaml": SHOW,
        "db/Chart.yaml": CHART.replace("web", "db"),
        "db/templates/a.yaml": SHOW,
        "values.yaml": "{colour: all, size: 1}",
        "db.values.yaml": "colour: dbs",
        "values-web.yaml": "size: 7",
    }
    found = data(files)
    assert list(found) == ["db", "web"]
    assert [(found[name]["colour"], found[name]["size"]) for name in found] == [("dbs", "1"), ("all", "7")]


def test_a_chart_at_the_top_has_its_own_name_and_values() -> None:
    files = {
        "Chart.yaml": CHART,
        "templates/a.yaml": SHOW,
        "values.yaml": "colour: own",
        "values-x.yaml": "colour: x",
    }
    (made,) = charts(tree(files), "a-namespace")
    assert (made.release, made.folder, made.values) == ("web", "", ())
    assert made.documents[0].body["metadata"] == {"name": "web", "namespace": "a-namespace"}
    assert made.documents[0].body["data"]["colour"] == "own"
    assert str(made.documents[0].place) == "templates/a.yaml"


def test_two_releases_of_one_name_are_told() -> None:
    files: dict[str, str] = {}
    for top in "ab":
        files |= {f"{top}/web/Chart.yaml": CHART, f"{top}/web/templates/a.yaml": WEB}
    assert helm_says(files) == "two charts are named web\n  where: a/web, b/web\n  fix: rename one folder"


# -- what they refuse ------------------------------------------------------------------------------------


def test_kustomize_says_what_is_wrong_without_our_folder() -> None:
    files = {"a/kustomization.yaml": "resources: [../web.yaml]", "web.yaml": WEB}
    message = kustomize_says(files, "a")
    assert message == (
        "kustomization `a` cannot be rendered\n  where: accumulating resources: accumulation err="
        "'accumulating resources from '../web.yaml': security; file 'web.yaml' is not in or below 'a'': "
        "must build at directory: 'web.yaml': file is not directory"
    )
    message = kustomize_says({"kustomization.yaml": "resources: [base]", "base/a.yaml": WEB})
    assert "unable to find one of 'kustomization.yaml'" in message
    assert "/tmp" not in message


def test_helm_says_what_is_wrong_and_where() -> None:
    assert helm_says(chart(**{"a.yaml": "a: 1\nb: {{ nope }}"})) == (
        "chart `web` cannot be rendered\n"
        '  where: parse error at (web/templates/a.yaml:2): function "nope" not defined'
    )
    assert helm_says(chart(**{"a.yaml": '{{ required "set image" .Values.image }}'})) == (
        "chart `web` cannot be rendered\n  where: execution error at (web/templates/a.yaml:1:3): set image"
    )
    assert helm_says(chart(**{"a.yaml": "kind: [\n"})).startswith(
        "chart `web` cannot be rendered\n  where: YAML parse error on web/templates/a.yaml: "
    )


def test_a_chart_without_objects_is_told() -> None:
    for files in (chart(), chart(**{"a.yaml": "{{ if false }}a: 1{{ end }}"})):
        assert helm_says(files) == (
            "chart `web` makes no objects\n  where: web/templates\n"
            "  fix: put manifests into its folder templates"
        )


def test_a_dependency_that_is_named_only_is_helms_to_tell() -> None:
    files = chart(**{"a.yaml": WEB})
    files["web/Chart.yaml"] += "dependencies:\n- {name: redis, version: 1.0.0}\n"
    assert "missing in charts/ directory: redis" in helm_says(files)


# -- enemies ---------------------------------------------------------------------------------------------

BOMBS = {
    "a long list": "{{ range until 1000000000 }}a{{ end }}",
    "a long text": '{{ repeat 2000000000 "a" }}',
    "much text": '{{ repeat 300000000 "a" }}',
    "much output": 'a: {{ repeat 20000000 "a" }}',
    "much to do": "{{ range until 9000 }}" * 3 + "{{ end }}" * 3,
    "includes itself": '{{ define "x" }}{{ include "x" . }}{{ end }}{{ include "x" . }}',
    "template of itself": '{{ define "x" }}{{ template "x" . }}{{ end }}{{ template "x" . }}',
    "doubles": "".join(
        f'{{{{ define "x{n}" }}}}{{{{ include "x{n + 1}" . }}}}{{{{ include "x{n + 1}" . }}}}{{{{ end }}}}'
        for n in range(40)
    )
    + '{{ define "x40" }}ha{{ end }}{{ include "x0" . }}',
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_of_templates_is_refused(bomb: str) -> None:
    begun = time.monotonic()
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss  # of whatever else this process started
    with pytest.raises(Refused) as e:
        charts(tree(chart(**{"a.yaml": BOMBS[bomb]})), "ns")
    assert time.monotonic() - begun < confined.WALL_SECONDS + 5
    assert str(e.value).startswith("chart `web` ")
    used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    assert used <= max(before, confined.DATA_BYTES * 1.5 / 1024)


def test_a_bomb_of_aliases_is_bounded() -> None:
    bomb = "a0: &a0 {" + ", ".join(f"k{i}: v" for i in range(9)) + "}\n"
    bomb += "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n" + bomb
    with pytest.raises((Refused, UsageError)):
        render(tree({"kustomization.yaml": "resources: [a.yaml]", "a.yaml": text}), "")
    with pytest.raises((Refused, UsageError)):
        charts(tree({**chart(**{"a.yaml": WEB}), "web/values.yaml": bomb}), "ns")


def test_a_bomb_of_kustomizations_is_refused() -> None:
    files = {"k0/kustomization.yaml": "resources: [web.yaml]", "k0/web.yaml": WEB}
    for n in range(1, 30):
        files[f"k{n}/kustomization.yaml"] = "resources: [a, b]\n"
        for way in "ab":
            files[f"k{n}/{way}/kustomization.yaml"] = f"resources: [../../k{n - 1}]\nnamePrefix: {way}\n"
    with pytest.raises(Refused) as e:
        render(tree(files), "k29")
    assert str(e.value).startswith("kustomization `k29` ")


def test_helm_reads_no_plugins_and_no_settings_of_a_submission() -> None:
    plugin = (
        "name: evil\nversion: 1.0.0\ncommand: touch /tmp/evil\ndownloaders:\n- {command: x, protocols: [y]}\n"
    )
    files = chart(**{"a.yaml": WEB})
    files |= {f"{home}/helm/plugins/evil/plugin.yaml": f"{plugin}: [" for home in (".local/share", "home")}
    assert len(charts(tree(files), "ns")[0].documents) == 2


@pytest.fixture
def listener() -> Iterator[tuple[str, list[str]]]:
    """Serve a ConfigMap on the host; the value is its URL and what was asked for."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            content = b"{}" if self.path.endswith(".json") else WEB.encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join()
    server.server_close()


def unconfined(command: list[str], files: dict[str, str], folder: Path) -> str:
    """Return what a program prints that runs as we do."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True, timeout=60).stdout


def test_kustomize_reaches_no_network(listener: tuple[str, list[str]], tmp_path: Path) -> None:
    url, asked = listener
    files = {"kustomization.yaml": f"resources: ['{url}/web.yaml']"}
    command = [str(tools.kubectl()), "kustomize", "."]
    assert "colour: blue" in unconfined(command, files, tmp_path)
    assert "/web.yaml" in asked
    asked.clear()
    with pytest.raises(UsageError, match="network is unreachable"):
        confined.run(command, tree(files).files, what="x")
    with pytest.raises(Refused, match="is not part of the submission"):
        render(tree(files), "")
    assert asked == []


def test_helm_reaches_no_network(listener: tuple[str, list[str]], tmp_path: Path) -> None:
    url, asked = listener
    files = {**chart(**{"a.yaml": WEB}), "web/values.schema.json": f'{{"$ref": "{url}/schema.json"}}'}
    assert "colour: blue" in unconfined([str(tools.helm()), "template", "web", "./web"], files, tmp_path)
    assert asked == ["/schema.json"]
    asked.clear()
    assert "network is unreachable" in helm_says(files)
    assert asked == []


def test_a_program_cannot_read_what_is_roots(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("mine")
    secret.chmod(0o600)
    for path in ("/etc/shadow", secret):
        with pytest.raises(UsageError, match="Permission denied"):
            confined.run(["cat", str(path)], {}, what="x")
    assert confined.run(["id", "-u"], {}, what="x") == b"65534\n"
    before = os.getgroups()
    os.setgroups([0, 6])
    try:
        assert confined.run(["id", "-G"], {}, what="x") == b"65534\n"
    finally:
        os.setgroups(before)


def test_kustomize_itself_reads_nothing_outside() -> None:
    """What is refused before would not work either."""
    for path in ("/etc/passwd", "../../../../../etc/passwd"):
        text = f"configMapGenerator:\n- {{name: a, files: ['{path}']}}\n"
        with pytest.raises(UsageError, match="is not in or below"):
            confined.run(
                [str(tools.kubectl()), "kustomize", "."], {"kustomization.yaml": text.encode()}, what="x"
            )
        with pytest.raises(Refused, match="leads out of the submission"):
            render(tree({"kustomization.yaml": text}), "")
    function = "{config.kubernetes.io/function: 'exec: {path: ./run}'}"
    plugin = f"apiVersion: v1\nkind: A\nmetadata:\n  name: a\n  annotations: {function}\n"
    files = {
        "kustomization.yaml": b"transformers: [p.yaml]",
        "p.yaml": plugin.encode(),
        "run": b"#!/bin/sh\n",
    }
    with pytest.raises(UsageError, match="plugin"):
        confined.run([str(tools.kubectl()), "kustomize", "."], files, what="x")


def test_schemas_read_no_file_of_ours() -> None:
    files = {**chart(**{"a.yaml": WEB}), "web/values.schema.json": '{"$ref": "file:///etc/shadow"}'}
    assert "permission denied" in helm_says(files).lower()


@pytest.mark.parametrize("name", assignment.names())
def test_of_each_form_that_may_be_handed_in_there_is_a_solution(name: str) -> None:
    task = assignment.load(name)
    solutions = sorted((task.folder / "solutions").iterdir())
    assert {form for path in solutions for form in task.accept(path).forms} == set(task.forms)
