"""The corpus of hostile submissions as data, and what is made of it.

A case of `corpus/*.yaml`:

id        what a test is called
tries     what the submission tries, in a sentence
files     path -> text: a folder is handed in; `web.yaml: right` stands for the right answer
links     path -> target of a symbolic link in that folder
zip, tar  a list of members: name, and one of text, right, link, hard_link, device, repeat: [text, times];
          an archive is handed in
made      the name of a function of `made.py`, which gets a folder and returns what is handed in
must      what has to come of it, one of
            refused: WORDS    exit code 4, and these words in the message
            unread: WORDS     exit code 2
            failed: {claim: WORDS}   exit code 1; these claims fail, with these words in found or because
            harmless: true    all claims of the right answer beside it pass, as if it were not there
never     texts that must not be in the output
needs     `cluster` where only a cluster shows it, else the answer is read and nothing is applied; `programs`
          where it is read with the help of kubectl or Helm
"""

from __future__ import annotations

import io
import stat
import tarfile
import zipfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
TASK = HERE / "task"
RIGHT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 0
      containers: [{name: web, image: nginx}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
"""
ANSWERS = "replicas = 2\n"
OUTCOMES = {"refused", "unread", "failed", "harmless"}
FORMS = {"files", "zip", "tar", "made"}


@dataclass(frozen=True)
class Case:
    """One hostile submission."""

    id: str
    group: str
    """The file of the corpus that it stands in."""
    tries: str
    must: dict[str, Any]
    form: str
    content: Any
    links: dict[str, str] = field(default_factory=dict)
    never: tuple[str, ...] = ()
    needs: str = ""

    def hand_in(self, folder: Path) -> str:
        """Make the submission in an empty folder; return what is given to `kubeproctor grade`."""
        match self.form:
            case "files":
                (answer := folder / "answer").mkdir()
                for name, text in self.content.items():
                    (answer / name).parent.mkdir(parents=True, exist_ok=True)
                    (answer / name).write_bytes(_bytes(text))
                for name, target in self.links.items():
                    (answer / name).symlink_to(target)
                return str(answer)
            case "zip":
                with zipfile.ZipFile(folder / "answer.zip", "w", zipfile.ZIP_DEFLATED) as archive:
                    for member in self.content:
                        _zip(archive, member)
                return str(folder / "answer.zip")
            case "tar":
                with tarfile.open(folder / "answer.tar.gz", "w:gz") as archive:
                    for member in self.content:
                        _tar(archive, member)
                return str(folder / "answer.tar.gz")
            case _:
                from tests.hostile import made

                return str(getattr(made, self.content)(folder))


@cache
def corpus() -> tuple[Case, ...]:
    """Return all cases, in the order of the files."""
    return tuple(
        _case(file.stem, raw)
        for file in sorted((HERE / "corpus").glob("*.yaml"))
        for raw in yaml.safe_load(file.read_text())
    )


def _case(group: str, raw: dict[str, Any]) -> Case:
    forms = FORMS & raw.keys()
    assert len(forms) == 1, f"{raw.get('id')}: one of {sorted(FORMS)}"
    form = forms.pop()
    unknown = raw.keys() - {"id", "tries", "must", form, "links", "never", "needs"}
    assert not unknown, f"{raw['id']}: {unknown}"
    assert len(raw["must"]) == 1, f"{raw['id']}: one outcome"
    assert raw["must"].keys() <= OUTCOMES, f"{raw['id']}: {raw['must']}"
    never, needs = tuple(raw.get("never", ())), raw.get("needs", "")
    return Case(
        raw["id"], group, raw["tries"], raw["must"], form, raw[form], raw.get("links", {}), never, needs
    )


def _bytes(text: str) -> bytes:
    return (RIGHT if text == "right" else text).encode()


def _content(member: dict[str, Any]) -> bytes:
    if "repeat" in member:
        text, times = member["repeat"]
        return str(text).encode() * int(times)
    return _bytes(member.get("text", "right" if "right" in member else ""))


def _zip(archive: zipfile.ZipFile, member: dict[str, Any]) -> None:
    info = zipfile.ZipInfo(member["name"])
    info.compress_type = zipfile.ZIP_DEFLATED
    content = _content(member)
    if "link" in member:
        info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        content = member["link"].encode()
    archive.writestr(info, content)


def _tar(archive: tarfile.TarFile, member: dict[str, Any]) -> None:
    info = tarfile.TarInfo(member["name"])
    content = _content(member)
    if "link" in member:
        info.type, info.linkname = tarfile.SYMTYPE, member["link"]
    elif "hard_link" in member:
        info.type, info.linkname = tarfile.LNKTYPE, member["hard_link"]
    elif "device" in member:
        types = {"char": tarfile.CHRTYPE, "block": tarfile.BLKTYPE, "fifo": tarfile.FIFOTYPE}
        info.type = types[member["device"]]
    else:
        info.size = len(content)
    archive.addfile(info, io.BytesIO(content) if info.isreg() else None)
