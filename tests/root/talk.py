"""Real connections over TCP, UDP and SCTP: who answers says its name, who dials waits for it.

SCTP is its first exchange, INIT and INIT ACK, over raw sockets: firewall and connection tracking see
what they would see of a whole association, and the kernel need not speak SCTP itself.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable

SCTP = 132
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: closing says so at once, and leaves nothing to be sent later
PATIENCE = 5.0
"""Seconds for an answer that has to come."""
QUIET = 0.15
"""Seconds without an answer, after those that had to come have come: a hundred times what one takes."""

CRC = []
for byte in range(256):
    for _ in range(8):
        byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)  # CRC32c, RFC 9260 appendix A
    CRC.append(byte)


class Server:
    """Answers to everybody with a name, and gives back what it is sent; one thread for all sockets."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._stop, self._stopped = socket.socketpair()
        self._selector.register(self._stopped, selectors.EVENT_READ, None)
        self._thread = threading.Thread(target=self._serve, name="server", daemon=True)

    def listen(self, name: str, protocol: str, port: int, family: int = socket.AF_INET) -> None:
        """Open a socket in the calling thread's namespace; SCTP answers on every port."""
        said = name.encode()
        if protocol == "SCTP":
            raw = socket.socket(family, socket.SOCK_RAW, SCTP)
            self._add(raw, lambda: _acknowledge(raw, said))
        elif protocol == "UDP":
            udp = socket.socket(family, socket.SOCK_DGRAM)
            udp.bind(("", port))
            self._add(udp, lambda: udp.sendto(said, udp.recvfrom(2048)[1]))
        else:
            tcp = socket.socket(family, socket.SOCK_STREAM)
            tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tcp.bind(("", port))
            tcp.listen(256)
            self._add(tcp, lambda: self._accept(tcp, said))

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._stop.close()
        self._thread.join()
        for key in list(self._selector.get_map().values()):
            key.fileobj.close()
        self._selector.close()

    def _add(self, sock: socket.socket, act: Callable[[], object]) -> None:
        sock.setblocking(False)
        self._selector.register(sock, selectors.EVENT_READ, act)

    def _accept(self, listener: socket.socket, said: bytes) -> None:
        connection, _ = listener.accept()
        connection.send(said)
        self._add(connection, lambda: self._echo(connection))

    def _echo(self, connection: socket.socket) -> None:
        try:
            data = connection.recv(2048)
        except OSError:
            data = b""
        if data:
            connection.send(data)
        else:
            self._selector.unregister(connection)
            connection.close()

    def _serve(self) -> None:
        while True:
            for key, _ in self._selector.select():
                if key.data is None:
                    return
                with contextlib.suppress(BlockingIOError, ConnectionError):  # who dialled is gone again
                    key.data()


class Call:
    """One attempt to connect, made in the calling thread's namespace; `answer` is the name that came back."""

    def __init__(self, address: str, protocol: str, port: int) -> None:
        self.answer: str | None = None
        self._tag = int.from_bytes(os.urandom(4), "big") | 1
        if protocol == "SCTP":
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_RAW, SCTP)
            source = 1024 + self._tag % 60000
            body = struct.pack("!IIHHI", self._tag, 1 << 16, 1, 1, 1)
            self.socket.sendto(_packet(source, port, 0, 1, body), (address, 0))
        elif protocol == "UDP":
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.socket.connect((address, port))
            self.socket.send(b"who")
        else:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            self.socket = socket.socket(family, socket.SOCK_STREAM)
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            self.socket.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                self.socket.connect(socket.getaddrinfo(address, port, family, socket.SOCK_STREAM)[0][4])
        self.socket.setblocking(False)

    def hear(self) -> None:
        """Take what has come; anything but an answer (a reset, an ICMP error) is raised."""
        data = self.socket.recv(2048)
        if self.socket.type == socket.SOCK_RAW:
            packet = data[(data[0] & 15) * 4 :]
            if len(packet) < 36 or packet[12] != 2 or packet[4:8] != self._tag.to_bytes(4, "big"):
                return  # another call's
            (length,) = struct.unpack("!H", packet[34:36])
            data = packet[36 : 32 + length]
        if not data:
            raise ConnectionError("closed without an answer")
        self.answer = data.decode()


def hear(calls: Iterable[Call], *, due: Iterable[Call] = (), quiet: float = QUIET) -> None:
    """Collect answers until all that are due have come, and for `quiet` seconds more what should not come."""
    waiting, due = set(calls), set(due)
    with selectors.DefaultSelector() as selector:
        for call in waiting:
            selector.register(call.socket, selectors.EVENT_READ, call)
        end = time.monotonic() + (PATIENCE if due else quiet)
        while waiting and (left := end - time.monotonic()) > 0:
            for key, _ in selector.select(left):
                call = key.data
                call.hear()
                if call.answer is not None:
                    selector.unregister(call.socket)
                    waiting.discard(call)
                    if call in due:
                        due.discard(call)
                        if not due:
                            end = time.monotonic() + quiet


def _acknowledge(raw: socket.socket, said: bytes) -> None:
    data, peer = raw.recvfrom(2048)
    packet = data[(data[0] & 15) * 4 :]
    if len(packet) < 32 or packet[12] != 1:  # INIT ACKs of our own calls arrive here as well
        return
    source, port, _, _ = struct.unpack("!HHII", packet[:12])
    tag = int.from_bytes(packet[16:20], "big")
    cookie = struct.pack("!HH", 7, 4 + len(said)) + said + bytes(-len(said) % 4)
    body = struct.pack("!IIHHI", tag ^ 0x5A5A5A5A, 1 << 16, 1, 1, 1) + cookie
    raw.sendto(_packet(port, source, tag, 2, body), (peer[0], 0))


def _packet(source: int, port: int, tag: int, kind: int, body: bytes) -> bytes:
    """Return an SCTP packet with one chunk."""
    head = struct.pack("!HHI", source, port, tag)
    chunk = struct.pack("!BBH", kind, 0, 4 + len(body)) + body
    crc = 0xFFFFFFFF
    for byte in head + bytes(4) + chunk:
        crc = crc >> 8 ^ CRC[(crc ^ byte) & 255]
    return head + struct.pack("<I", crc ^ 0xFFFFFFFF) + chunk
