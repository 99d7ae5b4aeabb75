"""The file of a result: whole at any moment, harmless to look at, the same when it is read again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reports import result_json


def test_what_is_written_is_read_back_as_it_was_whatever_it_holds(poisoned, tmp_path):
    file = tmp_path / "new" / "folder" / "result.json"
    result_json.write(poisoned, file)
    assert result_json.read(file) == poisoned


def test_the_file_does_nothing_to_a_terminal(poisoned, tmp_path):
    result_json.write(poisoned, file := tmp_path / "result.json")
    written = file.read_bytes()
    assert [byte for byte in set(written) if byte > 0x7E or (byte < 0x20 and byte != ord("\n"))] == []


@pytest.mark.parametrize("step", ["write_text", "replace"])
def test_a_disk_that_is_full_leaves_the_former_result_and_nothing_else(
    passing, failing, tmp_path, monkeypatch, step
):
    result_json.write(passing, file := tmp_path / "result.json")

    def full(path: Path, *args, **kwargs):
        with path.open("w") as half:
            half.write('{"version": 1, "cla')
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, step, full)
    with pytest.raises(OSError, match="No space left"):
        result_json.write(failing, file)
    monkeypatch.undo()
    assert result_json.read(file) == passing
    assert list(tmp_path.iterdir()) == [file]


def test_a_reader_in_the_middle_of_a_write_finds_the_former_result(passing, failing, tmp_path, monkeypatch):
    result_json.write(passing, file := tmp_path / "result.json")
    real, seen = Path.replace, []

    def replace(path: Path, target: Path):
        seen.append(result_json.read(target))
        return real(path, target)

    monkeypatch.setattr(Path, "replace", replace)
    result_json.write(failing, file)
    assert seen == [passing]
    assert result_json.read(file) == failing


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"version": 1}', json.dumps({"version": 0}), "\ud800"],
    ids=["empty", "cut off", "a list", "no fields", "an old version", "not UTF-8"],
)
def test_what_holds_no_result_is_a_value_error(tmp_path, text):
    (file := tmp_path / "result.json").write_text(text, encoding="utf-8", errors="surrogatepass")
    with pytest.raises(ValueError, match=r".+"):
        result_json.read(file)
