"""`kubeproctor report` reads results and writes reports, each whole or not at all."""

from __future__ import annotations

import errno
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from junitparser import JUnitXml

from fixtures.errors import CannotGrade, UsageError
from kubeproctor import report as command
from reports import files, result_json
from reports.exporters import EXPORTERS, render
from reports.model import ClaimResult, Run
from reports.terminal import Terminal

ROOT = Path(command.__file__).parents[1]


def run_of(name: str, verdict: str = "passed") -> Run:
    claims = [ClaimResult("test_answers", "Service `web` answers", 2, verdict)]  # type: ignore[arg-type]
    return Run("services", "Services", name, claims, planned=["test_answers"],
               started="2026-03-01T10:00:00.000Z", finished="2026-03-01T10:00:09.000Z")  # fmt: skip


@pytest.fixture
def results(tmp_path: Path) -> Path:
    for name in ("alice", "bob"):
        result_json.write(run_of(name), tmp_path / "results" / name / "result.json")
    return tmp_path / "results"


def called(*words: object) -> Result:
    return CliRunner().invoke(command.report, [str(word) for word in words])


def test_each_report_goes_beside_its_result(results):
    assert called(results, "--to", "junit").exit_code == 0
    for name in ("alice", "bob"):
        [suite] = JUnitXml.fromfile(str(results / name / "junit.xml"))
        assert {each.name: each.value for each in suite.properties()}["submission"] == name


@pytest.mark.parametrize("spelling", ["alice", "alice/result.json"])
def test_one_result_goes_where_it_is_told_to(results, tmp_path, spelling):
    assert called(results / spelling, "--to", f"junit={tmp_path / 'new' / 'x.xml'}").exit_code == 0
    assert JUnitXml.fromfile(str(tmp_path / "new" / "x.xml")).tests == 1
    assert "<testsuites" in called(results / spelling, "--to", "junit=-").output


def test_a_file_has_no_colour_whatever_standard_output_is(results, tmp_path, monkeypatch):
    monkeypatch.setattr(
        Terminal, "_put", lambda self, line, style="": self._stream.write(f"\x1b[1m{line}\x1b[0m\n")
    )
    assert called(results, "--to", f"terminal={tmp_path / 'x.txt'}").exit_code == 0
    assert "\x1b" not in (tmp_path / "x.txt").read_text()


def test_several_results_do_not_go_into_one_file(results, tmp_path):
    found = called(results, "--to", f"junit={tmp_path / 'x.xml'}")
    assert isinstance(found.exception, UsageError)
    assert "2 results" in str(found.exception)
    assert not (tmp_path / "x.xml").exists()


def test_an_unknown_report_is_told_with_those_there_are(results):
    found = called(results, "--to", "jnit")
    assert found.exit_code == 2
    assert "no report is named 'jnit'; there are junit" in found.output


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda place: place / "nowhere", "No such file"),
        (lambda place: place, "no result in this folder"),
        (lambda place: (place / "a.json").write_text("{}") and place / "a.json", "not a result"),
        (lambda place: (place / "a.json").write_text('{"version": 99}') and place / "a.json", "version 99"),
        (lambda place: (place / "a.json").write_text("{") and place / "a.json", "line 1"),
    ],
)
def test_what_is_no_result_is_told(tmp_path, make, told):
    found = called(make(tmp_path), "--to", "junit")
    assert isinstance(found.exception, UsageError)
    assert told in str(found.exception)


def test_a_policy_counts_and_hides(results, tmp_path):
    (rules := tmp_path / "policy.toml").write_text('[claims.test_answers]\nvisibility = "hidden"\n')
    assert called(results / "alice", "--to", "junit", "--policy", rules).exit_code == 0
    written = (results / "alice" / "junit.xml").read_text()
    assert "Hidden claim 1" in written
    assert "answers" not in written
    rules.write_text("x = 1")
    found = called(results, "--to", "junit", "--policy", rules)
    assert isinstance(found.exception, UsageError)
    assert "policy.toml: " in str(found.exception)


def test_a_policy_with_a_claim_that_there_is_not_shows_nothing(results, tmp_path):
    (rules := tmp_path / "policy.toml").write_text('[claims.test_anwsers]\nvisibility = "hidden"\n')
    found = called(results, "--to", "junit", "--policy", rules)
    assert isinstance(found.exception, UsageError)
    assert "'test_anwsers'" in str(found.exception)
    assert str(rules) in str(found.exception)
    assert "write 'test_answers'" in str(found.exception)
    assert not list(results.rglob("junit.xml"))


def test_no_exporter_shows_learners_what_is_hidden(failing):
    """All but those whose target hides it itself get a run in which it is not there."""
    rules = command.policy.Policy(visibility="hidden")
    failing.planned.append("test_secret_trap")
    failing.problems = [f"clean-up after {failing.claims[0].id}: no answer", "not judged: test_secret_trap"]
    seen = rules.seen_by_learners(rules.apply(failing))
    names = [claim.title for claim in failing.claims] + failing.planned
    for name, exporter in EXPORTERS.items():
        if not exporter.knows_visibility:
            rendered = render(name, [seen])
            text = rendered if isinstance(rendered, str) else "".join(rendered.values())
            assert not [each for each in names if each in text], name


def test_every_exporter_is_registered_and_every_name_has_a_module():
    folder = ROOT / "reports" / "exporters"
    there = {file.stem for file in folder.glob("*.py")} | {
        file.parent.name for file in folder.glob("*/__init__.py")
    }
    assert {name.replace("-", "_") for name in EXPORTERS} == there - {"__init__"}
    assert len({each.file for each in EXPORTERS.values() if each.file}) == sum(
        bool(each.file) for each in EXPORTERS.values()
    ), "two reports would write one file"


# -- files that are whole at any moment -----------------------------------------------------------------


def test_what_was_there_stays_when_the_disk_is_full(tmp_path):
    """The kernel refuses the write, as a full disk does: the file may not grow beyond a limit."""
    files.write("before", target := tmp_path / "report.txt")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            files.write("x" * 100_000, target)
        with pytest.raises(OSError, match="File too large"):
            files.write({"a": "x", "b": "x" * 100_000}, tmp_path / "folder")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert target.read_text() == "before"
    assert [each.name for each in tmp_path.iterdir()] == ["report.txt"], "nothing half written is left"


def test_a_folder_takes_the_place_of_the_one_before(tmp_path):
    files.write({"a": "1", "b": "2"}, target := tmp_path / "new" / "folder")
    files.write({"a": "3"}, target)
    assert {each.name: each.read_text() for each in target.iterdir()} == {"a": "3"}
    assert [each.name for each in target.parent.iterdir()] == ["folder"]


def test_a_pipe_stays_a_pipe_and_takes_the_report(tmp_path):
    os.mkfifo(pipe := tmp_path / "pipe")
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        files.write_to("report", pipe)
        assert os.read(reader, 100) == b"report"
    finally:
        os.close(reader)
    assert pipe.is_fifo()
    assert [each.name for each in tmp_path.iterdir()] == ["pipe"]


def test_a_device_stays_a_device_and_takes_the_report(results, tmp_path):
    """A terminal: to name the null device here would cost a machine its own if this ever failed."""
    here, there = os.openpty()
    device = Path(os.ttyname(there))
    (link := tmp_path / "link").symlink_to(device)
    try:
        for target in (device, link):
            assert called(results / "alice", "--to", f"markdown={target}").exit_code == 0
            assert b"alice" in os.read(here, 10_000)
            assert target.is_char_device()
    finally:
        os.close(here)
        os.close(there)
    assert link.is_symlink()


@pytest.mark.parametrize("there", [True, False], ids=["file", "nothing"])
def test_a_link_to_a_file_stays_one(tmp_path, there):
    real = tmp_path / "kept" / "real"
    if there:
        real.parent.mkdir()
        real.write_text("before")
    (link := tmp_path / "link").symlink_to(Path("kept", "real"))
    files.write_to("report", link)
    assert (link.is_symlink(), real.read_text()) == (True, "report")
    assert [each.name for each in real.parent.iterdir()] == ["real"]


@pytest.mark.parametrize("rendered", ["report", {"a": "1"}], ids=["file", "folder"])
@pytest.mark.parametrize("there", ["file", "folder", "nothing"])
def test_a_link_where_we_choose_the_place_leads_nowhere(tmp_path, rendered, there):
    """Learners may lay one into the folder of results."""
    (victim := tmp_path / "victim").mkdir()
    (victim / "file").write_text("thesis")
    (link := tmp_path / "link").symlink_to(victim / there if there != "folder" else victim)
    files.write(rendered, link)
    assert {each.name: each.read_text() for each in victim.iterdir()} == {"file": "thesis"}
    assert not link.is_symlink()
    assert (link.read_text() if link.is_file() else {"a": (link / "a").read_text()}) == rendered
    assert {each.name for each in tmp_path.iterdir()} == {"link", "victim"}


def test_a_link_to_a_folder_stays_one(tmp_path):
    (real := tmp_path / "real").mkdir()
    (link := tmp_path / "link").symlink_to(real)
    files.write_to({"a": "1"}, link)
    assert (link.is_symlink(), (real / "a").read_text()) == (True, "1")
    assert {each.name for each in tmp_path.iterdir()} == {"link", "real"}


@pytest.mark.parametrize(
    ("report", "make", "told"),
    [
        ("markdown", Path.mkdir, "Is a directory"),
        ("markdown", lambda place: place.symlink_to(place), "symbolic links"),
        ("allure", Path.touch, "Not a directory"),
        ("allure", os.mkfifo, "Not a directory"),
    ],
    ids=["folder", "loop", "file", "pipe"],
)
def test_what_cannot_take_a_report_is_left_alone_and_told(results, tmp_path, report, make, told):
    (folder := tmp_path / "here").mkdir()
    make(place := folder / "place")
    before = place.lstat()
    found = called(results / "alice", "--to", f"{report}={place}")
    assert isinstance(found.exception, UsageError)
    assert f"{place}: " in str(found.exception)
    assert told in str(found.exception)
    after = place.lstat()
    assert (after.st_mode, after.st_ino) == (before.st_mode, before.st_ino)
    assert list(folder.iterdir()) == [place]


def test_half_a_character_is_written_as_a_question_mark(tmp_path):
    files.write("a\ud800b", target := tmp_path / "x")
    assert target.read_text() == "a?b"


@pytest.mark.parametrize(
    ("code", "kind"), [(errno.ENOSPC, CannotGrade), (errno.EDQUOT, CannotGrade), (errno.EACCES, UsageError)]
)
def test_a_report_that_cannot_be_written_is_told_with_its_place(results, monkeypatch, code, kind):
    def refuse(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(files, "write", refuse)
    found = called(results / "alice", "--to", "junit")
    assert type(found.exception) is kind
    assert "junit.xml" in str(found.exception)
    assert os.strerror(code) in str(found.exception)


def test_a_place_that_is_a_file_is_told(results, tmp_path):
    (tmp_path / "file").write_text("")
    found = called(results / "alice", "--to", f"junit={tmp_path / 'file' / 'x.xml'}")
    assert isinstance(found.exception, UsageError)
    assert "earlier results are intact" in str(found.exception)


WRITER = """
import sys
from pathlib import Path
from reports import files
target, folder = map(Path, sys.argv[1:])
for number in range(10**9):
    files.write(f"{number % 10}" * 3_000_000 + "end", target)
    files.write({"a": f"{number % 10}" * 1_000_000 + "end", "b": "x"}, folder)
    print(number, flush=True)
"""


def whole(file: Path, size: int) -> bool:
    text = file.read_text()
    return text == text[0] * size + "end"


@pytest.mark.parametrize("moment", range(5))
def test_a_report_is_whole_at_any_moment_and_after_a_kill(tmp_path, moment):
    target, folder = tmp_path / "report", tmp_path / "folder"
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, target, folder], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as writer:
        assert writer.stdout
        writer.stdout.readline()
        for _ in range(20 + moment):
            assert whole(target, 3_000_000)
        writer.kill()
    assert whole(target, 3_000_000)
    if folder.exists():  # two renames put a folder in the place of another
        assert whole(folder / "a", 1_000_000)
        assert {each.name for each in folder.iterdir()} == {"a", "b"}
