"""A server that misbehaves on purpose, over real sockets.

    with FaultServer(drips(ACCEPTED, every=0.05)) as server:
        client(server).invoke(...)
    assert server.received == [...]

A verb (`answers`, `drips`, `resets_after` …) says what becomes of one connection. The log, `received`, holds what the server
read, one entry for each connection that came as far as the verb: it is the receiver's own word on what reached it.
"""

from __future__ import annotations

import os
import queue
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

PATIENCE = 10
"""Seconds after which a test that went wrong ends."""


@dataclass
class Visit:
    """One connection, as the verb sees it."""

    socket: socket.socket
    stopping: threading.Event
    received: bytearray = field(default_factory=bytearray)
    sent: int = 0

    def read(self, count: int) -> None:
        while len(self.received) < count and (
            chunk := self.socket.recv(count - len(self.received))
        ):
            self.received += chunk

    def read_request(self) -> None:
        """The head, and as much of a body as it announces."""
        while b"\r\n\r\n" not in self.received and (chunk := self.socket.recv(65_536)):
            self.received += chunk
        head, _, _ = self.received.partition(b"\r\n\r\n")
        lengths = [
            line.split(b":")[1]
            for line in head.lower().split(b"\r\n")
            if line.startswith(b"content-length:")
        ]
        self.read(len(head) + 4 + sum(map(int, lengths)))

    def send(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            count = self.socket.send(view)
            self.sent += count
            view = view[count:]

    def until_the_other_hangs_up(self) -> None:
        while chunk := self.socket.recv(65_536):
            self.received += chunk

    def reset(self) -> None:
        """Closes with RST instead of FIN."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


Verb = Callable[[Visit], None]


class FaultServer:
    """Listens on a port of 127.0.0.1 and does `verb` with each connection; with `tls`, after the handshake."""

    def __init__(self, verb: Verb, tls: ssl.SSLContext | None = None) -> None:
        self.verb = verb
        self.tls = tls
        self.visits: list[Visit] = []
        self._stopping = threading.Event()
        self._serving: queue.Queue[threading.Thread] = queue.Queue()
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=50)
        self.port: int = self._listener.getsockname()[1]
        self.api_domain = f"127.0.0.1:{self.port}"

    @property
    def received(self) -> list[bytes]:
        return [bytes(visit.received) for visit in list(self.visits)]

    def settled(self, connections: int = 1) -> list[bytes]:
        """`received`, once so many (more) connections have come and gone."""
        for _ in range(connections):
            self._serving.get(timeout=PATIENCE).join(PATIENCE)
        return self.received

    def __enter__(self) -> Self:
        self._accepting = self._started(self._accept)
        return self

    def __exit__(self, *error: object) -> None:
        self._stopping.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._accepting.join(PATIENCE)
        for visit in self.visits:
            with suppress(OSError):
                visit.socket.shutdown(socket.SHUT_RDWR)
        self.settled(self._serving.qsize())

    def _started(self, target: Callable[..., None], *args: object) -> threading.Thread:
        thread = threading.Thread(target=target, args=args, daemon=True)
        thread.start()
        return thread

    def _accept(self) -> None:
        with suppress(OSError):
            while not self._stopping.is_set():
                connection, _ = self._listener.accept()
                self.connections += 1
                self._serving.put(self._started(self._serve, connection))

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(PATIENCE)
        with (
            connection,
            suppress(OSError),
        ):  # the client may hang up at any moment: that is what is tested
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            visit = Visit(connection, self._stopping)
            self.visits.append(visit)
            with connection:
                self.verb(visit)


# --- verbs ------------------------------------------------------------------------------------------------------------


def answers(raw: bytes) -> Verb:
    """Reads the request, writes `raw` and hangs up."""

    def verb(visit: Visit) -> None:
        visit.read_request()
        visit.send(raw)

    return verb


def in_turn(*verbs: Verb) -> Verb:
    """Does each verb with one request of a kept connection, the next verb with the next request."""

    def verb(visit: Visit) -> None:
        for one in verbs:
            turn = Visit(visit.socket, visit.stopping)
            try:
                one(turn)
            finally:
                visit.received += turn.received
                visit.sent += turn.sent

    return verb


def by_connection(*verbs: Verb) -> Verb:
    """Does the first verb with the first connection, the second with the second …"""
    turns = iter(verbs)
    return lambda visit: next(turns)(visit)


def interrupts(raw: bytes) -> Verb:
    """Writes `raw` as soon as anything comes, and hangs up."""

    def verb(visit: Visit) -> None:
        visit.read(1)
        visit.send(raw)

    return verb


def accepts_and_says_nothing() -> Verb:
    return stalls_after(b"")


def stalls_after(raw: bytes) -> Verb:
    """Reads the request, writes `raw`, and then waits for the other to hang up."""

    def verb(visit: Visit) -> None:
        visit.read_request()
        visit.send(raw)
        visit.until_the_other_hangs_up()

    return verb


def stalls_after_headers() -> Verb:
    return stalls_after(
        b"HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n"
    )


def drips(raw: bytes, *, every: float, at_once: int = 0) -> Verb:
    """Writes `raw` byte by byte, after `at_once` bytes in one go."""

    def verb(visit: Visit) -> None:
        visit.read_request()
        visit.send(raw[:at_once])
        for byte in raw[at_once:]:
            if visit.stopping.wait(every):
                return
            visit.send(bytes([byte]))

    return verb


def resets_after(count: int) -> Verb:
    """Reads `count` bytes of the request and resets the connection."""

    def verb(visit: Visit) -> None:
        visit.read(count)
        visit.reset()

    return verb


def hangs_up_after(count: int) -> Verb:
    """Reads `count` bytes of the request and says goodbye in due form."""

    def verb(visit: Visit) -> None:
        visit.read(count)
        visit.socket.shutdown(socket.SHUT_WR)
        visit.until_the_other_hangs_up()

    return verb


def reads_and_resets() -> Verb:
    """Reads the whole request, so that it may have counted, and resets the connection."""

    def verb(visit: Visit) -> None:
        visit.read_request()
        visit.reset()

    return verb


def floods(head: bytes, chunk: bytes, times: int) -> Verb:
    """Writes `head`, then `chunk` again and again, `times` times or until the other hangs up."""

    def verb(visit: Visit) -> None:
        visit.read_request()
        visit.send(head)
        for _ in range(times):
            visit.send(chunk)

    return verb


def breaks_tls() -> Verb:
    """Reads the whole request and then writes what is no TLS record."""

    def verb(visit: Visit) -> None:
        visit.read_request()
        with socket.socket(fileno=os.dup(visit.socket.fileno())) as bare:
            bare.send(b"this is no record of any TLS")
        visit.until_the_other_hangs_up()

    return verb


def tunnels_to(port: int) -> Verb:
    """A proxy: takes a CONNECT to anywhere, and leads to a port of this machine."""

    def verb(visit: Visit) -> None:
        visit.read_request()
        visit.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as onward:
            back = threading.Thread(target=_pass_on, args=(onward, visit.socket), daemon=True)
            back.start()
            _pass_on(visit.socket, onward)
            back.join(PATIENCE)

    return verb


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while chunk := source.recv(65_536):
            sink.sendall(chunk)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


# --- ports ------------------------------------------------------------------------------------------------------------


def closed_port() -> int:
    """A port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def full_backlog() -> Iterator[int]:
    """A port whose queue is full: whoever connects waits."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]
        for one in waiting:
            one.close()


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
