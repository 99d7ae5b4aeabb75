"""An assignment, a submission and both ways to grade it, with a stand-in for the API server.

The claims look at the keys of one ConfigMap, which is all that their assignment asks for.
"""

from __future__ import annotations

import importlib
import json
import sys
import textwrap
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import fixtures.assignment
import fixtures.clusters.provider
import fixtures.grading
import fixtures.learner
import fixtures.live
import kubeproctor.grade
from fixtures.clusters.provider import Handle, Kept
from reports import result_json
from reports.model import Run

# pytester forgets what is first imported inside it: each test would import it anew, with other classes
for _module in (
    "fixtures.replay.recorder",
    "fixtures.replay.scene",
    "fixtures.run_claims",
    "fixtures.sandbox",
    "fixtures.script",
    "fixtures.submission.lint.run",
    "reports.exporters.allure",
    "reports.exporters.html",
    "reports.exporters.junit",
    "reports.exporters.markdown",
    "reports.terminal",
):
    importlib.import_module(_module)

TOML = """
title = "Answers"
chapter = "Answers"
lines = [1, 2]
forms = ["manifests"]
kinds = ["ConfigMap"]
grants = []
images = []
seconds = 1
"""
LANGUAGE = '''
import os
import signal
import pytest
from checks import CheckFailed, GraderError, Solution, graded
from checks.noun import Noun, check

class Answer(Noun):
    """The learner's ConfigMap."""
    kind = "ConfigMap"

    @check
    def says(self, key, value="yes"):
        found = (self.get() or {}).get("data", {}).get(key, "")
        if found == "unreadable":
            raise GraderError("the answer cannot be read")
        if found != value:
            raise CheckFailed(expected=value, found=found, because=found, look_at="kubectl get configmaps")

def answer(app):
    return Answer(app.cluster, app.namespace, "answer")
'''
PASSES = '''
@graded(points=1)
def test_first(app: Solution) -> None:
    """The first answer is yes."""
    answer(app).says("first")

@graded(points=2, needs=test_first, hints=("It is yes.", "It is not no."))
def test_second(app: Solution) -> None:
    """The second answer is yes."""
    answer(app).says("second")
'''


class StandIn:
    """As much of an API server as a sandbox needs. What a test sets in `breaks` happens at that call."""

    breaks: dict[str, Exception] = {}  # noqa: RUF012 - a test puts its own in its place
    objects: dict[tuple[str, str], dict] = {}  # noqa: RUF012

    kubeconfig, context = Path("kubeconfig"), ""

    def __init__(self, *_: object) -> None:
        pass

    def __enter__(self) -> StandIn:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def _call(self, name: str) -> None:
        if name in self.breaks:
            raise self.breaks[name]

    def apply(self, obj: dict, *, namespace: str | None = None, manager: str = "") -> None:
        if obj["kind"] == "ConfigMap":
            self._call("apply")
        status: dict = {"conditions": [{"type": "Ready", "status": "True"}]}
        if obj["kind"] == "ResourceQuota":
            status["hard"] = obj["spec"]["hard"]  # in force at once
        self.objects[obj["kind"], obj["metadata"]["name"]] = {**obj, "status": status}

    def create(self, obj: dict) -> None:
        self._call("create")
        self.objects["ServiceAccount", "default"] = {"kind": "ServiceAccount"}

    def get(self, kind: str, name: str, namespace: str | None = None) -> dict | None:
        return self.objects.get((kind, name))

    def list(self, *_: object, **__: object) -> list:
        return []

    def delete(self, *_: object, **__: object) -> None:
        self._call("delete")

    def token(self, *_: object) -> str:
        return "token"

    def with_token(self, _: str) -> StandIn:
        return self

    def lost(self) -> float:
        return 0.0

    def wake(self, *_: object) -> None: ...
    def forget(self, _: str) -> None: ...

    def end_pods(self, _: str) -> None: ...
    def close(self) -> None: ...


@dataclass
class Lab:
    """One assignment, one submission, and both ways to grade it."""

    pytester: pytest.Pytester
    acquire: Callable[[str], Handle] = field(
        default=lambda _: Handle("c", "kind", Path(), "", "u", "1.37", 1, "e", "i")
    )
    kept: Kept | None = None

    @property
    def folder(self) -> Path:
        return self.pytester.path / "answers"

    @property
    def result(self) -> Path:
        return self.pytester.path / "result.json"

    def claims(self, source: str) -> None:
        self.folder.mkdir(exist_ok=True)
        (self.folder / "assignment.toml").write_text(TOML)
        (self.folder / "test_answers.py").write_text(LANGUAGE + textwrap.dedent(source), encoding="utf-8")

    def corrects(self, old: str, new: str) -> None:
        """Change the claims, as their author would between two runs of the program."""
        file = self.folder / "test_answers.py"
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new), encoding="utf-8")
        for name in [name for name in sys.modules if name.endswith("test_answers")]:
            del sys.modules[name]

    def submits(self, name: str = "alice", **answers: str) -> Path:
        """Hand in a ConfigMap of these answers."""
        (folder := self.pytester.path / name).mkdir(exist_ok=True)
        meta = {"name": "answer"}
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": answers}
        (folder / "answer.yaml").write_text(json.dumps(body))
        return folder

    def pytest(self, *options: str | Path, submission: Path | None = None) -> tuple[int, str]:
        """Run `pytest answers --submission …`; return its exit code and what it said."""
        given = ["--submission", submission or self.submits(), "--result", self.result]
        given += ["-p", "allure_pytest.plugin"] if "--alluredir" in options else []
        done = self.pytester.runpytest_inprocess(
            "-p",
            "fixtures.plugin",
            "-p",
            "no:unraisableexception",  # collects garbage five times a run
            "--tb=native",  # as `kubeproctor grade` has it
            self.folder,
            *given,
            *options,
            no_reraise_ctrlc=True,
        )
        return int(done.ret), done.stdout.str() + done.stderr.str()

    def graded(self, *options: str | Path, submission: Path | None = None) -> Run:
        """Run `pytest answers --submission …`; return the result, whose exit code pytest had too."""
        code, said = self.pytest(*options, submission=submission)
        run = result_json.read(self.result)
        assert code == run.exit_code, said
        return run

    def kubeproctor(self, submission: Path, **given: bool) -> int:
        """Run `kubeproctor grade …` in this process; return its exit code."""
        task = fixtures.assignment.read(self.folder)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(fixtures.assignment, "load", lambda _: task)
            options = kubeproctor.grade.Options("answers", output=self.pytester.path / "results", **given)
            return kubeproctor.grade.run([str(submission)], options)

    def allure(self, folder: Path) -> dict[str, dict]:
        """Return Allure's results by the name of the test."""
        read = [json.loads(file.read_text(encoding="utf-8")) for file in folder.glob("*-result.json")]
        return {each["fullName"].partition("#")[2]: each for each in read}


def prepared(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """Return a lab whose API server is the stand-in."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("COLUMNS", "80")
    lab = Lab(pytester)
    monkeypatch.setattr(StandIn, "breaks", {})
    monkeypatch.setattr(StandIn, "objects", {})
    monkeypatch.setattr(fixtures.live, "LiveCluster", StandIn)
    monkeypatch.setattr(fixtures.learner, "READY_SECONDS", 0)
    monkeypatch.setattr(fixtures.clusters.provider, "acquire", lambda spec, images: lab.acquire(spec))
    monkeypatch.setattr(fixtures.clusters.provider, "kept", lambda spec, images: lab.kept)
    lab.claims(PASSES)
    return lab


def verdicts(run: Run) -> dict[str, str]:
    return {claim.id: claim.verdict for claim in run.claims}


def served(error: Exception | None = None) -> Future[None]:
    done: Future[None] = Future()
    if error:
        done.set_exception(error)
    else:
        done.set_result(None)
    return done


def lasting(run: Run) -> dict:
    """Return what two grades of one submission have in common."""
    data = run.as_data()
    for claim in data["claims"]:
        del claim["seconds"], claim["observations"]
    del data["environment"]["namespace"], data["started"], data["finished"], data["timings"]
    return data
