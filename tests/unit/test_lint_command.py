"""`kubeproctor lint` says in well under a second what is wrong, to people and to programs."""

from __future__ import annotations

import io
import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from kubeproctor import __main__ as program
from tests.commands import PROGRAM, ROOT

TASK = "custom-load-balancing"
WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: main, image: "nginx:1.27", ports: [{name: http, containerPort: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports:
  - {port: 80, targetPort: http}
"""
WRONG = WEB.replace("targetPort: http", "targetPort: htpp")
ERROR = """\
a.yaml:18:16  error  Service `web`: targetPort is `htpp`, a name that no container of its pods gives a port  \
[targetport-is-a-name-that-no-port-has]
  because: Deployment `web` has `http`
  fix: write `http`
"""
ODD = WEB.replace("selector: {app: web}", "selector: {app: wbe}")
WARNING = """\
a.yaml:16:14  warning  Service `web`: no pod of the submission carries app=wbe, which the selector asks for  \
[selector-matches-nothing]
  because: the pods have app=web
  fix: write `app: web`
"""


@dataclass(frozen=True)
class Ended:
    """A command that ran to its end."""

    code: int
    out: str
    err: str


Lint = Callable[..., Ended]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path


@pytest.fixture
def lint(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Lint:
    """Run the command as its process would, in this one."""

    def lint(*arguments: str | Path) -> Ended:
        monkeypatch.setattr(sys, "argv", ["kubeproctor", "lint", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            program.main()
        said = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return Ended(ended.value.code, said.out, said.err)

    return lint


def handed_in(text: str, name: str = "answer") -> str:
    Path(name).mkdir(parents=True)
    Path(name, "a.yaml").write_text(text)
    return name


def test_a_right_submission_ends_with_0(lint: Lint) -> None:
    assert lint(handed_in(WEB)) == Ended(0, "0 errors, 0 warnings in answer\n", "")


def test_an_error_ends_with_1(lint: Lint) -> None:
    assert lint(handed_in(WRONG)) == Ended(1, f"{ERROR}1 error, 0 warnings in answer\n", "")


def test_a_warning_ends_with_0(lint: Lint) -> None:
    assert lint(handed_in(ODD)) == Ended(0, f"{WARNING}0 errors, 1 warning in answer\n", "")


def test_what_cannot_be_read_ends_with_2(lint: Lint) -> None:
    ended = lint(handed_in("a: [b"))
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("kubeproctor: not YAML")
    assert "\n  where: a.yaml, line " in ended.err
    assert lint("nowhere").code == 2


def test_a_minor_or_a_task_that_is_not_known_ends_with_2(lint: Lint) -> None:
    answer = handed_in(WEB)
    ended = lint(answer, "--kubernetes", "1.999")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("kubeproctor: no schema is known of Kubernetes 1.999\n  fix: name one of ")
    ended = lint(answer, "--assignment", "custom-load-balancin")
    assert (ended.code, ended.out) == (2, "")
    assert f"did you mean {TASK}?" in ended.err
    assert lint().code == 2


def test_the_release_decides_what_is_right(lint: Lint) -> None:
    scaler = "{apiVersion: autoscaling/v2beta2, kind: HorizontalPodAutoscaler, metadata: {name: a}, spec: "
    answer = handed_in(f"{scaler}{{maxReplicas: 2, scaleTargetRef: {{kind: Deployment, name: web}}}}}}\n")
    assert lint(answer, "--kubernetes", "1.25").code == 0
    ended = lint(answer, "--kubernetes", "1.26")
    assert ended.code == 1
    assert "[api-removed]" in ended.out


def test_what_an_assignment_refuses_ends_with_4(lint: Lint) -> None:
    answer = handed_in(WEB.replace("    spec:\n      con", "    spec:\n      hostNetwork: true\n      con"))
    assert lint(answer).code == 0
    ended = lint(answer, "--assignment", TASK)
    assert (ended.code, ended.out) == (4, "")
    assert "hostNetwork" in ended.err
    assert "where: a.yaml, line " in ended.err


def test_an_assignment_tells_which_images_it_uses(lint: Lint) -> None:
    answer = handed_in(WEB.replace("nginx:1.27", "nginx"))
    assert "[image-latest]" in lint(answer).out
    assert lint(answer, "--assignment", TASK) == Ended(0, "0 errors, 0 warnings in answer\n", "")
    other = handed_in(WEB.replace("nginx:1.27", "caddy:2"), "other")
    assert "[image-not-of-the-task]" in lint(other, "--assignment", TASK).out
    assert lint(other) == Ended(0, "0 errors, 0 warnings in other\n", "")


def test_of_several_each_is_told_and_the_highest_code_wins(lint: Lint) -> None:
    handed_in(WEB, "right"), handed_in(ODD, "odd"), handed_in(WRONG, "wrong"), handed_in("a: [b", "broken")
    odd = f"{WARNING}0 errors, 1 warning in odd\n"
    wrong = f"{ERROR}1 error, 0 warnings in wrong\n"
    assert lint("odd", "right") == Ended(0, f"{odd}\n0 errors, 0 warnings in right\n", "")
    assert lint("wrong", "odd") == Ended(1, f"{wrong}\n{odd}", "")
    ended = lint("broken", "wrong", "odd")
    assert (ended.code, ended.out) == (2, f"\n{wrong}\n{odd}")
    assert ended.err.count("kubeproctor: not YAML") == 1


def test_programs_get_one_document_whatever_happened(lint: Lint) -> None:
    handed_in(WRONG, "wrong"), handed_in("a: [b", "broken")
    ended = lint("wrong", "broken", "--format", "json")
    data = json.loads(ended.out)
    assert (ended.code, ended.err) == (2, "")
    assert [each["name"] for each in data["submissions"]] == ["wrong", "broken"]
    assert data["kubernetes"] == "1.37"
    assert data["submissions"][0]["findings"][0]["line"] == 18
    assert data["submissions"][1]["problem"]["what"].startswith("not YAML")


def test_sarif_points_to_the_files_from_where_it_was_called(lint: Lint, here: Path) -> None:
    handed_in(WRONG, "week 4/wrong")
    for spec in ("week 4/wrong", "./week 4/wrong/", here / "week 4/wrong", "week 4/wrong/a.yaml"):
        ended = lint(spec, "--format", "sarif")
        (run,) = json.loads(ended.out)["runs"]
        (result,) = run["results"]
        assert ended.code == 1
        assert result["locations"][0]["physicalLocation"] == {
            "artifactLocation": {"uri": "week%204/wrong/a.yaml"},
            "region": {"startLine": 18, "startColumn": 16},
        }
        (rule,) = run["tool"]["driver"]["rules"]
        assert rule["help"]["text"].startswith("A targetPort in letters is ")


def test_the_folder_that_one_stands_in_has_no_prefix(lint: Lint) -> None:
    Path("a.yaml").write_text(WRONG)
    (run,) = json.loads(lint(".", "--format", "sarif").out)["runs"]
    assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": "a.yaml"}


def test_standard_input_is_a_submission(lint: Lint, monkeypatch: pytest.MonkeyPatch) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(WRONG.encode()))
    monkeypatch.setattr(sys, "stdin", stdin)
    ended = lint("-")
    assert ended.code == 1
    assert ended.out.endswith("1 error, 0 warnings in stdin\n")


def on_a_terminal(*arguments: str, **env: str) -> str:
    """Return what a command writes to a terminal."""
    master, slave = pty.openpty()
    clean = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
    clean |= {"PYTHONPATH": str(ROOT), "TERM": "xterm", **env}
    done = subprocess.run(
        [*PROGRAM, *arguments], stdout=slave, stderr=subprocess.PIPE, env=clean, check=False
    )
    os.close(slave)
    said = os.read(master, 1 << 16).decode()
    os.close(master)
    assert done.returncode == 1, done.stderr
    return said.replace("\r\n", "\n")


def test_there_is_colour_on_a_terminal_only_and_not_against_ones_will(here: Path) -> None:
    handed_in(WRONG)
    plain = f"{ERROR}1 error, 0 warnings in answer\n"
    assert "\x1b[31m\x1b[1merror\x1b[0m" in on_a_terminal("lint", "answer")
    assert on_a_terminal("lint", "answer", NO_COLOR="1") == plain


def test_nothing_is_imported_that_takes_time(here: Path) -> None:
    """Process and all, a look takes a fifth of a second: pytest alone would double it."""
    handed_in(WEB)
    code = """
import sys
from kubeproctor import __main__ as program
sys.argv = ["kubeproctor", "lint", "answer"]
try:
    program.main()
except SystemExit as e:
    assert not e.code
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=here, env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = set(done.stdout.split())
    slow = {"pytest", "kubernetes", "rich", "requests", "urllib3", "checks", "jsonschema", "jsonschema_rs"}
    assert "yaml" in found
    assert found & (slow | {"kubernetes_validate", "tenacity", "asyncio"}) == set()


def test_a_name_is_no_command(lint: Lint) -> None:
    handed_in(ODD, "##[error]x")
    said = lint("##[error]x")
    assert "##[" not in said.out + said.err
    assert said.code == 0


def test_the_name_of_what_cannot_be_read_is_no_command(lint: Lint) -> None:
    handed_in("a: [b")
    Path("answer/a.yaml").rename("answer/##[error]a.yaml")
    ended = lint("answer")
    assert ended.code == 2
    assert "<U+0023>#[error]a.yaml" in ended.err
    assert "##[" not in ended.err


def test_a_form_can_be_forced(lint: Lint) -> None:
    answer = handed_in(WRONG)
    Path(answer, "steps.sh").write_text("kubectl apply -f a.yaml\n")
    assert lint(answer) == Ended(0, "0 errors, 0 warnings in answer\n", "")
    assert lint(answer, "--form", "manifests") == Ended(1, f"{ERROR}1 error, 0 warnings in answer\n", "")
