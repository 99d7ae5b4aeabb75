"""The policy agent's gate lets the next pod in when one could not be served."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from fixtures.images.policy.agent import gate
from fixtures.images.policy.agent.store import Store

BAD = b"K8S_POD_NAME=web\nnothing that can be read"


def asked(folder: Path) -> bytes:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(10)
        client.connect(str(folder / gate.SOCKET))
        client.sendall(BAD)
        client.shutdown(socket.SHUT_WR)
        return client.recv(4096)


def test_the_gate_outlives_a_moment_without_threads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    start, refused = threading.Thread.start, []

    def once_none(thread: threading.Thread) -> None:
        if thread.name != "gate" and not refused:
            refused.append(thread)
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", once_none)
    gate.serve(tmp_path, Store(said.append, tmp_path / "announced.json"), said.append)
    with pytest.raises(ConnectionError):
        asked(tmp_path)
    assert asked(tmp_path).startswith(b"1\n")
    assert said[0] == "gate: can't start new thread"
