"""What goes wrong is one clear message and the documented exit code, and leaves nothing half-written."""

from __future__ import annotations

import errno
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import click
import pytest

from fixtures.clusters import doctor, state
from fixtures.clusters.doctor import Finding
from fixtures.clusters.provider import Handle
from fixtures.images.store import Store
from kubeproctor import __main__ as program
from kubeproctor import grade as grading
from tests.commands import PROGRAM, ROOT

TASK = "custom-load-balancing"
HEAD = "apiVersion: v1\nkind: Service\n"
SERVICE = f"{HEAD}metadata: {{name: a}}\n"


@dataclass(frozen=True)
class Ended:
    """A command that ran to its end."""

    code: int
    out: str
    err: str


Run = Callable[..., Ended]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each test has folders of its own, stands in an empty one, and reaches no engine whatever it does."""
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    for variable in ("XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / variable))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command as its process would, in this one."""

    def run(*arguments: str | Path) -> Ended:
        monkeypatch.setattr(sys, "argv", ["kubeproctor", *map(str, arguments)])
        monkeypatch.setattr(os, "_exit", sys.exit)
        with pytest.raises(SystemExit) as ended:
            program.main()
        said = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return Ended(ended.value.code, said.out, said.err)

    return run


def harmless(text: str) -> bool:
    return all(character.isprintable() or character == "\n" for character in text)


def one_message(ended: Ended) -> bool:
    """What, where and how to fix it: each once at most, and nothing else."""
    lines = ended.err.splitlines()
    order = [line.partition(":")[0] for line in lines]
    return ended.out == "" and order in (
        ["kubeproctor", *more] for more in (["  where", "  fix"], ["  where"], ["  fix"])
    )


def nothing_was_written(home: Path) -> bool:
    return [file for file in home.rglob("*") if file.is_file() and "here/answer" not in str(file)] == []


# -- submissions ------------------------------------------------------------------------------------

BAD: dict[str, tuple[Mapping[str, str | bytes] | None, int, str]] = {
    # name -> the files of `answer`, exit code, what is said
    "no-such-path": (None, 2, "there is no answer"),
    "empty-folder": ({}, 2, "nothing to grade in answer"),
    "no-manifest": ({"answer.txt": "x"}, 2, "hand in manifests (.yaml, .yml, .json), a kustomization"),
    "tab": (
        {"a.yaml": f"{HEAD}metadata:\n\tname: a\n"},
        2,
        "a.yaml, line 4, column 1\n  fix: indent with blanks",
    ),
    "not-utf-8": ({"a.yaml": b"a: \xff"}, 2, "a.yaml is not UTF-8\n  where: a.yaml, line 1, column 4"),
    "doubled-key": (
        {"a.yaml": f"{SERVICE}kind: Pod\n"},
        2,
        "'kind' stands twice\n  where: a.yaml, line 4, column 1",
    ),
    "twice-the-same": ({"a.yaml": SERVICE, "b.yaml": SERVICE}, 2, "a.yaml, line 1 and b.yaml, line 1"),
    "alias-bomb": (
        {
            "a.yaml": "".join(
                f"a{n}: &a{n} [{','.join([f'*a{n - 1}' if n else 'x'] * 9)}]\n" for n in range(20)
            )
        },
        4,
        "more than 50000 values",
    ),
    "too-large": ({"a.yaml": b"#" * (1 << 21)}, 4, "a file of more than 1 MB"),
    "too-many": ({f"{n}.txt": "" for n in range(300)}, 4, "more than 200 files"),
    "too-deep": ({"a.yaml": "[" * 500 + "]" * 500}, 4, "nest deeper than 64"),
    "other-kind": ({"a.yaml": SERVICE.replace("Service", "Secret")}, 4, "use Deployment, Service"),
    "host-path": (
        {
            "a.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n"
            "spec: {template: {spec: {volumes: [{hostPath: {path: /}}]}}}\n"
        },
        4,
        "Deployment `a` asks for a folder of the node (a hostPath volume)\n"
        "  where: a.yaml, line 4, column 37\n  fix: use emptyDir",
    ),
}


def answer(home: Path, files: Mapping[str, str | bytes]) -> Path:
    folder = home / "here" / "answer"
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


@pytest.mark.parametrize("name", BAD)
def test_a_submission_that_cannot_be_graded_is_one_message(name: str, run: Run, home: Path) -> None:
    files, code, words = BAD[name]
    if files is not None:
        answer(home, files)
    ended = run("grade", "answer", "--assignment", TASK)
    assert ended.code == code
    assert words in ended.err
    assert one_message(ended), ended.err
    assert nothing_was_written(home)


def test_a_link_out_of_a_submission_is_refused(run: Run, home: Path) -> None:
    (answer(home, {"a.yaml": SERVICE}) / "b.yaml").symlink_to("/etc/passwd")
    ended = run("grade", "answer", "--assignment", TASK)
    assert (ended.code, one_message(ended)) == (4, True)


HOSTILE = "\x1b[2J\x1b]0;you passed\x07\u202e\x9b"
PLACES: dict[str, tuple[str, str]] = {
    "file": (f"a{HOSTILE.replace('/', '')}.yaml", SERVICE),
    "file-without-escape": ("a\u202e\x7f\x9b.yaml", "kind: Pod\n"),
    "object": ("a.yaml", f"{HEAD}metadata: {{name: {json.dumps(HOSTILE)}, namespace: x}}\n"),
    "kind": ("a.yaml", f"apiVersion: v1\nkind: {json.dumps(HOSTILE)}\nmetadata: {{name: a}}\n"),
    "key": ("a.yaml", f"{SERVICE}{json.dumps(HOSTILE)}: 1\n{json.dumps(HOSTILE)}: 2\n"),
    "namespace": ("a.yaml", f"{HEAD}metadata: {{name: a, namespace: {json.dumps(HOSTILE)}}}\n"),
    "tag": ("a.yaml", f"{SERVICE}x: !<{'%1b%5b2J'}> a\n"),
    "step": ("steps.sh", f"# step: {HOSTILE}\nls\n# step: {HOSTILE}\nls\n"),
}


@pytest.mark.parametrize("place", PLACES)
def test_what_a_submission_holds_never_reaches_the_terminal_raw(place: str, run: Run, home: Path) -> None:
    name, content = PLACES[place]
    answer(home, {name: content})
    ended = run("grade", "answer", "--assignment", TASK)
    assert ended.code in (2, 4)
    assert harmless(ended.out + ended.err), ascii(ended.err)
    assert one_message(ended)


def test_names_on_the_command_line_are_harmless_too(run: Run, home: Path) -> None:
    """`grade *` in a folder of a stranger: names are arguments."""
    for arguments in (
        ["grade", HOSTILE, "-a", TASK],
        ["grade", f"--{HOSTILE}"],
        [HOSTILE],
        ["cluster", HOSTILE],
    ):
        ended = run(*arguments)
        assert ended.code == 2
        assert harmless(ended.err), ascii(ended.err)


def test_a_name_is_no_command_to_a_ci(run: Run, home: Path) -> None:
    answer(home, {"a.yaml": f"{HEAD}metadata: {{name: '##[error]x', namespace: x}}\n"})
    ended = run("grade", "answer", "--assignment", TASK)
    assert "##[" not in ended.err


def test_an_unknown_assignment_is_answered_with_those_there_are(run: Run, home: Path) -> None:
    answer(home, {"a.yaml": SERVICE})
    ended = run("grade", "answer", "--assignment", "custom-load-balancin")
    assert ended.code == 2
    assert f"did you mean {TASK}?" in ended.err
    assert one_message(ended)
    assert nothing_was_written(home)


def test_submissions_of_one_name_are_not_graded_into_one_folder(run: Run, home: Path) -> None:
    ended = run("grade", "a/answer", "b/answer", "--assignment", TASK)
    assert ended.code == 2
    assert "two submissions are named 'answer'\n  where: a/answer and b/answer" in ended.err
    assert one_message(ended)


@pytest.mark.parametrize("patience", ["0", "-1", "nan"])
def test_a_patience_that_is_none_is_wrong_usage(patience: str, run: Run, home: Path) -> None:
    answer(home, {"a.yaml": SERVICE})
    ended = run("grade", "answer", "--assignment", TASK, f"--patience={patience}")
    assert (ended.code, one_message(ended) or "kubeproctor: " in ended.err) == (2, True)
    assert nothing_was_written(home)


@pytest.mark.parametrize(
    "arguments",
    [
        "grade",
        "grade answer",
        "grade -a x",
        "grade a -a x --jobs 0",
        "grade a -a x --patience y",
        "nonsense",
        "cluster nonsense",
        "cluster up --nodes 6",
        "cluster up --nodes x",
        "cluster logs",
        "doctor now",
        "images build --minor 1",
        "--nonsense",
    ],
)
def test_wrong_usage_is_said_with_where_to_read_on(arguments: str, run: Run, home: Path) -> None:
    ended = run(*arguments.split())
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("Usage: ")
    assert "--help" in ended.err
    assert "\nError: " in ended.err
    assert nothing_was_written(home)


def test_wrong_usage_is_no_command_to_a_ci(run: Run) -> None:
    ended = run("regrade", "--##[error]x")
    assert ended.code == 2
    assert "--<U+0023>#[error]x" in ended.err


@pytest.mark.parametrize(
    "arguments", ["--help", "-h", *(f"{name} --help" for name in program.COMMANDS), "--version"]
)
def test_help_is_no_failure(arguments: str, run: Run, home: Path) -> None:
    ended = run(*arguments.split())
    assert (ended.code, ended.err) == (0, "")
    assert ended.out
    assert nothing_was_written(home)


def test_the_help_lists_every_command_and_the_exit_codes(run: Run) -> None:
    text = run("--help").out
    for name, about in program.COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(about)}$", text, re.M)
    assert (
        "0 all passed, 1 the submission fails, 2 wrong usage, 3 could not grade, 4 refused"
        in text.replace("\n ", "")
    )


# -- clusters, images, the doctor -------------------------------------------------------------------


@pytest.mark.parametrize("command", ["status", "down", "logs"])
@pytest.mark.parametrize("name", ["..", ".", "", "../x", "/etc"])
def test_what_is_no_clusters_name_touches_nothing(
    command: str, name: str, run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fixtures.clusters.kind.find_engine", lambda: pytest.fail("an engine was looked for"))
    kept = home / "XDG_STATE_HOME" / "kubeproctor" / "clusters" / "one" / "cluster.json"
    kept.parent.mkdir(parents=True)
    kept.parent.parent.parent.chmod(0o700)
    kept.touch()
    ended = run("cluster", command, "--name", name, *(["folder"] if command == "logs" else []))
    assert ended.code == 2
    assert f"not a name for a cluster: {name!r}" in ended.err
    assert one_message(ended)
    assert kept.exists()
    assert not (home / "here" / "folder").exists()


@pytest.mark.parametrize("words", ["status", "logs folder"])
def test_a_cluster_that_is_not_kept_has_no_status_and_no_logs(words: str, run: Run, home: Path) -> None:
    ended = run("cluster", *words.split(), "--name", "one")
    assert (ended.code, one_message(ended)) == (2, True)
    assert "no cluster is kept under the name one" in ended.err
    assert nothing_was_written(home)
    assert not (home / "here" / "folder").exists()


def keep(name: str) -> None:
    state.folder_of(name).mkdir(parents=True)
    state.save(Handle(name, "kind", Path("/c"), f"kind-{name}", "uid-1", "1.37", 2, "podman", "image"))


@pytest.mark.parametrize("place", ["file", "file/below", "/proc/no-such/folder", "not-mine"])
def test_logs_go_into_a_folder_that_can_be_written_to(
    place: str, run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep("one")
    (home / "here" / "file").write_text("kept")
    (home / "here" / "not-mine").mkdir()
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, *how: path != Path("not-mine") and access(path, *how))
    ended = run("cluster", "logs", "--name", "one", place)
    assert (ended.code, one_message(ended)) == (2, True)
    assert f"the logs cannot be written\n  where: {place}: " in ended.err
    assert "fix: name a folder that you may write to" in ended.err
    assert (home / "here" / "file").read_text() == "kept"


def test_kept_clusters_are_listed(run: Run) -> None:
    assert run("cluster", "list").out == "no cluster is kept; `kubeproctor cluster up` makes one\n"
    keep("one")
    (state.folder_of("half")).mkdir()
    assert run("cluster", "list").out == "one  Kubernetes 1.37  nodes 2  podman  uid uid-1\n"


def test_images_are_verified_byte_for_byte(run: Run) -> None:
    store = Store()
    for content in (b"one", b"two"):
        store.add(content)
    ended = run("images", "verify")
    assert (ended.code, ended.out) == (0, "2 blobs are whole\n")
    damaged = store.path(store.add(b"one"))
    damaged.write_bytes(b"onE")
    ended = run("images", "verify")
    assert ended.code == 3
    assert f"a stored image is damaged\n  where: {damaged}\n  fix: rm {damaged}" in ended.err


def test_all_images_can_be_dropped(run: Run) -> None:
    Store().add(b"x" * (2 << 20))
    ended = run("images", "prune", "--all")
    assert (ended.code, ended.out) == (0, "dropped 1 blobs, 2 MB\n")
    assert not list(Store().blobs.iterdir())


FINDINGS = [
    Finding("a", True, "a is there"),
    Finding("b", None, "b is low", "raise b"),
    Finding("c", False, "c is missing", "install c"),
]


@pytest.mark.parametrize("quiet", [True, False])
def test_the_doctor_says_what_is_wrong_and_ends_accordingly(
    quiet: bool, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "examine", lambda: FINDINGS)
    ended = run("doctor", *(["--quiet"] if quiet else []))
    wrong = "✗ c is missing\n    fix: install c\n"
    assert ended.out == (wrong if quiet else f"✓ a is there\n! b is low\n    fix: raise b\n{wrong}")
    assert ended.code == 3
    assert "1 of 3 things stand in the way" in ended.err
    monkeypatch.setattr(doctor, "examine", lambda: FINDINGS[:2])
    assert run("doctor").code == 0


# -- what else can happen ---------------------------------------------------------------------------


@pytest.fixture
def raises(monkeypatch: pytest.MonkeyPatch, run: Run) -> Callable[[BaseException], Ended]:
    """Run a command that raises."""

    def with_error(error: BaseException) -> Ended:
        @click.command()
        def doctor() -> None:
            raise error

        monkeypatch.setattr("kubeproctor.doctor.doctor", doctor)
        return run("doctor")

    return with_error


Raises = Callable[[BaseException], Ended]


def test_a_mistake_of_ours_is_one_message_with_the_traceback_in_a_file(raises: Raises, home: Path) -> None:
    ended = raises(RuntimeError("odd\x1b[2J"))
    assert ended.code == 3
    assert "a mistake of ours: RuntimeError: odd␛[2J" in ended.err
    assert "Traceback" not in ended.err
    assert one_message(ended)
    [file] = (home / "XDG_STATE_HOME" / "kubeproctor").glob("error-*.txt")
    assert str(file) in ended.err
    assert "RuntimeError: odd" in file.read_text()


def test_a_mistake_of_ours_that_no_file_takes_is_still_told(
    raises: Raises, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/proc/nowhere")
    ended = raises(RuntimeError("odd\x1b[2J"))
    assert ended.code == 3
    assert "kubeproctor: a mistake of ours: RuntimeError: odd␛[2J\n  fix: report it" in ended.err
    assert harmless(ended.err)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_no_mistake_of_ours(code: int, raises: Raises) -> None:
    ended = raises(OSError(code, os.strerror(code), "/full/file"))
    assert ended.code == 3
    assert "no space left on the disk\n  where: /full/file" in ended.err
    assert one_message(ended)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), click.Abort()])
def test_an_interrupt_is_said(error: BaseException, raises: Raises) -> None:
    ended = raises(error)
    assert (ended.code, ended.out) == (130, "")
    assert "interrupted" in ended.err
    assert ended.err.count("\n") <= 2


# -- processes --------------------------------------------------------------------------------------

SOLUTION = str(ROOT / "assignments" / TASK / "solutions" / "manifests")
GRADE = [*PROGRAM, "grade", "--assignment", TASK, "--output", "results"]


@pytest.fixture
def process(tmp_path: Path) -> Callable[..., Ended]:
    """Run a command in a process of its own, in a folder with a submission and a kubeconfig."""
    label = json.dumps(f"kubeproctor.local/{HOSTILE}")
    hostile = f"{HEAD}metadata: {{name: a, labels: {{{label}: x}}}}\n"
    (tmp_path / "hostile.yaml").write_text(hostile)
    config = {"contexts": [{"name": "test"}], "clusters": [], "users": []}
    (tmp_path / "config").write_text(json.dumps(config))
    env = {
        "PATH": str(tmp_path),
        "HOME": str(tmp_path),
        "PYTHONPATH": str(ROOT),
        "KUBECONFIG": str(tmp_path / "config"),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }

    def run(*command: str) -> Ended:
        done = subprocess.run(
            command,
            cwd=tmp_path,
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    return run


Process = Callable[..., Ended]


def test_an_unknown_context_ends_before_anything_is_judged(process: Process, home: Path) -> None:
    ended = process(*GRADE, SOLUTION, "--cluster", "context:prod")
    assert ended.code == 2, ended
    assert f"unknown context: 'prod'\n  where: {home}/config\n  fix: contexts there: test" in ended.err
    assert one_message(ended), ended
    assert not list(home.rglob("junit.xml"))
    assert not list(home.rglob("error-*.txt"))
    for file in home.rglob("result.json"):
        result = json.loads(file.read_text())
        assert not result["claims"], "a claim was judged"
        assert not result.get("finished"), "it looks like a whole result"


def test_without_an_engine_nothing_can_be_graded(process: Process, home: Path) -> None:
    """The solution is right: exit code 3 and no claim failed."""
    ended = process(*GRADE, SOLUTION)
    assert ended.code == 3, ended
    told = ended.out + ended.err
    assert "no container engine works here" in told
    assert "docker: not installed; podman: not installed" in told
    assert "kubeproctor doctor --fix" in told
    assert "Traceback" not in told
    assert "✗ Deployments" not in told
    [file] = home.rglob("result.json")
    verdicts = {claim["verdict"] for claim in json.loads(file.read_text())["claims"]}
    assert verdicts <= {"grader_error", "not_reached"}


def test_of_several_the_worst_code_wins_and_each_is_told_whole(process: Process) -> None:
    ended = process(*GRADE, "nowhere", "hostile.yaml", "--jobs", "2")
    assert (ended.code, ended.err) == (4, "")
    assert harmless(ended.out)
    first, second = ended.out.split("\n\n")
    assert first.startswith("kubeproctor: there is no nowhere")
    assert second.startswith("kubeproctor: Service `a` asks for labels")


def test_files_of_the_current_folder_are_nothing_to_import(process: Process, home: Path) -> None:
    """Submissions may lie there, and what they import would run as who grades."""
    (home / "click.py").write_text("raise SystemExit(0)")
    grade = [sys.executable, "-P", *GRADE[1:]]
    ended = process(*grade, "nowhere", "hostile.yaml")
    assert ended.code == 4
    assert ended.out.startswith("kubeproctor: there is no nowhere")


def test_of_several_that_nobody_graded_none_has_passed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "executable", "/bin/true")
    assert grading.run(["a", "b"], grading.Options(TASK)) == 3


def test_an_interrupt_of_several_reaches_those_under_way_and_begins_no_other(tmp_path: Path) -> None:
    notes, child = tmp_path / "notes", tmp_path / "child"
    child.write_text(
        f"#!/bin/sh\ntrap 'echo cleaned up >> {notes}; exit 130' INT\necho begun >> {notes}\n"
        "for _ in $(seq 600); do sleep 0.05; done\n"
    )
    child.chmod(0o755)
    arguments = ["kubeproctor", "grade", "--assignment", TASK, "--jobs", "1", "one", "two"]
    program = (
        "import sys; from kubeproctor import __main__ as program\n"
        f"sys.argv, sys.executable = {arguments}, {str(child)!r}\nprogram.main()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, stderr=subprocess.PIPE
    ) as several:
        deadline = time.monotonic() + 30
        while not notes.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        several.send_signal(signal.SIGTERM)  # to this process alone, not to its group as a terminal does
        assert several.wait(timeout=60) == 130
    assert notes.read_text() == "begun\ncleaned up\n"


def test_the_command_line_starts_without_what_only_some_commands_need(process: Process) -> None:
    ended = process(sys.executable, "-c", "import sys, kubeproctor.__main__; print(*sys.modules)")
    loaded = set(ended.out.split())
    assert "click" in loaded
    assert not {"kubernetes", "pytest", "requests", "yaml", "rich"} & loaded


def test_a_reader_that_goes_away_is_neither_a_pass_nor_a_failure(process: Process) -> None:
    ended = process("/bin/sh", "-c", '{ "$@"; echo $? >&2; } | :', "sh", *PROGRAM, "images", "list")
    assert ended.err == "141\n"


@pytest.mark.parametrize(
    "does",
    [
        # dataclasses execute a text, and there CPython remembers that somebody interrupted
        "exec('raise KeyboardInterrupt')",
        "os.kill(os.getpid(), signal.SIGTERM)",
    ],
    ids=["in the middle of an import", "SIGTERM"],
)
def test_an_interrupt_has_the_same_code_however_it_comes(tmp_path: Path, does: str) -> None:
    (tmp_path / "interrupted.py").write_text(
        "import os, signal\n"
        "from kubeproctor import __main__ as program\n"
        f"program.cli.main = lambda **_: {does}\n"
        "program.main()\n"
    )
    found = subprocess.run(
        [sys.executable, "-m", "interrupted"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (found.returncode, found.stderr) == (130, "interrupted; what was half made is removed\n")
