"""Network namespaces without names, which go with the process however it ends, and the wires between them."""

from __future__ import annotations

import ctypes
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CLONE_NEWNET = 0x40000000  # linux/sched.h
LIBC = ctypes.CDLL(None, use_errno=True)
MINE = "/proc/thread-self/ns/net"


class Netns:
    """One namespace with its loopback up; what a thread opens or runs `inside` belongs to it for good."""

    def __init__(self) -> None:
        with _returning():
            _call(LIBC.unshare(CLONE_NEWNET), "unshare")
            self.fd = os.open(MINE, os.O_RDONLY)
            # addresses are used at once, not after a second of looking for others that have them
            Path("/proc/sys/net/ipv6/conf/default/accept_dad").write_text("0")
            Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
        self.ip("link set lo up")

    @property
    def path(self) -> str:
        """What `ip` takes for a namespace."""
        return f"/proc/{os.getpid()}/fd/{self.fd}"

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Have this thread, and the processes it starts, in the namespace."""
        with _returning():
            _call(LIBC.setns(self.fd, CLONE_NEWNET), "setns")
            yield

    def ip(self, *commands: str) -> None:
        """Run commands of `ip`, all or an error."""
        self.run("ip", "-batch", "-", input="\n".join(commands))

    def run(self, *command: str, input: str | None = None) -> str:
        """Run a program in the namespace and return what it printed."""
        with self.inside():
            done = subprocess.run(
                command, input=input, text=True, capture_output=True, check=False, timeout=20
            )
        assert done.returncode == 0, f"{command}: {done.stderr}"
        return done.stdout

    def close(self) -> None:
        os.close(self.fd)


def wire(one: Netns, name: str, other: Netns, other_name: str) -> None:
    """Connect two namespaces by a veth pair, both ends up."""
    one.ip(f"link add {name} type veth peer name {other_name} netns {other.path}", f"link set {name} up")
    other.ip(f"link set {other_name} up")


@contextmanager
def _returning() -> Iterator[None]:
    before = os.open(MINE, os.O_RDONLY)
    try:
        yield
    finally:
        _call(LIBC.setns(before, CLONE_NEWNET), "setns")
        os.close(before)


def _call(result: int, name: str) -> None:
    if result:
        raise OSError(ctypes.get_errno(), f"{name}: {os.strerror(ctypes.get_errno())} (needs root)")
