"""Hostile submissions that data cannot say; each gets an empty folder and returns what is handed in."""

from __future__ import annotations

import gzip
import io
import os
import struct
import subprocess
import tarfile
import zipfile
from pathlib import Path

MANIFEST = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n"


def _folder(place: Path, name: str, content: str | bytes) -> Path:
    (answer := place / "answer").mkdir()
    (answer / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return answer


def _zip(place: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(place / "answer.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return place / "answer.zip"


def many_halves(place: Path) -> Path:
    """Twelve files of half a megabyte each, which do not pack too well."""
    return _zip(place, {f"{n}.yaml": os.urandom(4 << 10).hex().encode() * 64 for n in range(12)})


def lying_zip(place: Path) -> Path:
    """An entry whose directory says 10 bytes."""
    path = _zip(place, {"web.yaml": b"0" * (20 << 20)})
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = data.index(signature) + offset
        data[at : at + 4] = struct.pack("<I", 10)
    path.write_bytes(bytes(data))
    return path


def overlapping_zip(place: Path) -> Path:
    """A hundred entries of the directory that all point to one packed file."""
    path = _zip(place, {"000.yaml": os.urandom(8 << 10).hex().encode() * 16})
    data = path.read_bytes()
    begin, end = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    entry = data[begin:end]
    entries = b"".join(entry.replace(b"000.yaml", b"%03d.yaml" % n) for n in range(100))
    tail = bytearray(data[end:])
    struct.pack_into("<HHI", tail, 8, 100, 100, len(entries))
    path.write_bytes(data[:begin] + entries + bytes(tail))
    return path


def many_files(place: Path) -> Path:
    """Twenty thousand empty files."""
    with zipfile.ZipFile(place / "answer.zip", "w") as archive:
        for n in range(20_000):
            archive.writestr(f"{n}.yaml", b"")
    return place / "answer.zip"


def deep_zip(place: Path) -> Path:
    """A file in two hundred folders inside each other."""
    return _zip(place, {"d/" * 200 + "web.yaml": MANIFEST.encode()})


def same_name_twice(place: Path) -> Path:
    """Two files of one name."""
    path = _zip(place, {"web.yaml": MANIFEST.encode(), "wab.yaml": MANIFEST.encode()})
    path.write_bytes(path.read_bytes().replace(b"wab.yaml", b"web.yaml"))
    return path


def encrypted_zip(place: Path) -> Path:
    """An entry with the mark of a password."""
    path = _zip(place, {"web.yaml": MANIFEST.encode()})
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    path.write_bytes(bytes(data))
    return path


def truncated_zip(place: Path) -> Path:
    """The first half of an archive."""
    path = _zip(place, {"web.yaml": MANIFEST.encode() * 100})
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


def zip_of_zips(place: Path) -> Path:
    """Archives in archives in an archive."""
    content = MANIFEST.encode()
    for _ in range(5):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for n in range(5):
                archive.writestr(f"{n}.zip", content)
        content = packed.getvalue()
    (place / "answer.zip").write_bytes(content)
    return place / "answer.zip"


def named_by_escapes(place: Path) -> Path:
    """A file whose name clears the screen."""
    return _zip(place, {"\x1b[2Jweb.yaml": MANIFEST.encode()})


def sparse_tar(place: Path) -> Path:
    """A header of GNU tar for a file of holes."""
    info = tarfile.TarInfo("web.yaml")
    info.size, info.type = 512, tarfile.GNUTYPE_SPARSE
    header = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    header[483:495] = b"%011o\0" % (1 << 32)
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    (place / "answer.tar").write_bytes(bytes(header) + b"\0" * 512 + b"\0" * 1024)
    return place / "answer.tar"


def gzip_bomb(place: Path) -> Path:
    """A gigabyte of zeros in a megabyte."""
    with gzip.open(place / "answer.tar.gz", "wb", compresslevel=1) as file:
        info = tarfile.TarInfo("web.yaml")
        info.size = 1 << 30
        file.write(info.tobuf())
        for _ in range(64):
            file.write(b"\0" * (4 << 20))
    return place / "answer.tar.gz"


def fifo(place: Path) -> Path:
    """A pipe that nobody writes into."""
    answer = _folder(place, "readme.txt", "hello")
    os.mkfifo(answer / "wait.yaml")
    return answer


def _repository(place: Path, content: dict[str, str]) -> Path:
    repository = place / "repository"
    for name, text in content.items():
        (repository / name).parent.mkdir(parents=True, exist_ok=True)
        (repository / name).write_text(text)
    _git(repository, "init", "--quiet", "--initial-branch=main")
    return repository


def _git(repository: Path, *words: str) -> str:
    who = ("-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "protocol.file.allow=always")
    clean = {"PATH": os.environ["PATH"], "HOME": str(repository), "GIT_CONFIG_NOSYSTEM": "1"}
    return subprocess.run(
        ["git", *who, *words], cwd=repository, env=clean, check=True, capture_output=True, text=True
    ).stdout


def _commit(repository: Path) -> str:
    _git(repository, "add", "--all")
    _git(repository, "commit", "--quiet", "--message=x")
    return f"git+{repository}"


def git_link(place: Path) -> str:
    """A repository that holds a link."""
    repository = _repository(place, {"readme.txt": "hello"})
    (repository / "web.yaml").symlink_to("/etc/passwd")
    return _commit(repository)


def git_submodule(place: Path) -> str:
    """A repository that holds another one."""
    (place / "other").mkdir()
    other = _repository(place / "other", {"web.yaml": MANIFEST})
    _commit(other)
    repository = _repository(place, {"readme.txt": "hello"})
    _git(repository, "submodule", "--quiet", "add", str(other), "inner")
    return _commit(repository)


def git_that_runs_programs(place: Path) -> str:
    """A repository whose configuration names programs, each of which would leave a file beside it."""
    repository = _repository(place, {"readme.txt": "hello", ".gitattributes": "* filter=evil diff=evil\n"})
    spec = _commit(repository)
    evil = f"touch {place}/evil"
    for key in (
        "filter.evil.smudge",
        "filter.evil.process",
        "diff.evil.textconv",
        "core.fsmonitor",
        "core.pager",
    ):
        _git(repository, "config", key, evil)
    hook = repository / ".git" / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\n{evil}\n")
    hook.chmod(0o755)
    return spec


def git_option(place: Path) -> str:
    """An option where a branch is asked for."""
    return _commit(_repository(place, {"web.yaml": MANIFEST})) + f"@--upload-pack=touch {place}/evil"


def git_ext(place: Path) -> str:
    """A transport that is a program."""
    return f"git+ext::sh -c touch% {place}/evil"


def alias_bomb(place: Path) -> Path:
    """A billion laughs."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    return _folder(place, "web.yaml", "\n".join(lines))


def text_bomb(place: Path) -> Path:
    """A thousand copies of a long text."""
    return _folder(place, "web.yaml", f"a: &a {'x' * 500_000}\nb: [{', '.join(['*a'] * 1000)}]\n")


def merge_bomb(place: Path) -> Path:
    """Mappings that grow by merging."""
    lines = ["a0: &a0 {" + ", ".join(f"k{n}: 1" for n in range(50)) + "}"]
    for n in range(1, 7):
        lines.append(
            f"a{n}: &a{n} {{" + ", ".join(f"k{m}: *a{n - 1}" for m in range(9)) + f", <<: *a{n - 1}}}"
        )
    return _folder(place, "web.yaml", "\n".join(lines))


def deep_yaml(place: Path) -> Path:
    """Lists in lists."""
    return _folder(place, "web.yaml", "a: " + "[" * 10_000 + "]" * 10_000)


def deep_json(place: Path) -> Path:
    """Lists in lists."""
    return _folder(place, "web.json", '{"a": ' + "[" * 100_000 + "]" * 100_000 + "}")


def huge_number(place: Path) -> Path:
    """A million digits."""
    return _folder(place, "web.yaml", MANIFEST + f"data: {{x: {'9' * 1_000_000}}}\n")


def not_utf8(place: Path) -> Path:
    """Bytes of another encoding."""
    return _folder(place, "web.yaml", MANIFEST.encode() + b"data: {x: \xff\xfe}\n")


def many_documents(place: Path) -> Path:
    """A thousand objects."""
    documents = (MANIFEST.replace("name: x", f"name: x{n}") for n in range(1000))
    return _folder(place, "web.yaml", "---\n".join(documents))


def large_file(place: Path) -> Path:
    """Two megabytes."""
    return _folder(place, "web.yaml", MANIFEST + "# " + "x" * (2 << 20))


def long_name(place: Path) -> Path:
    """A kind of a hundred thousand letters."""
    return _folder(place, "web.yaml", f"apiVersion: v1\nkind: {'K' * 100_000}\nmetadata: {{name: x}}\n")


def deep_answers(place: Path) -> Path:
    """Answers that nest without end."""
    return _folder(place, "answers.toml", "a = " + "[" * 50_000 + "]" * 50_000)
