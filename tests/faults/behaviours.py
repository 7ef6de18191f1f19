"""What a fault server does with one connection: answer, drip, stall, reset, hang up.

A behaviour reads from and writes to a `Visit`, which logs what the server received.
"""

from __future__ import annotations

import os
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

PATIENCE = 10
"""Seconds after which a test gives up waiting."""


@dataclass
class Visit:
    """One connection, as a behaviour sees it, with what it received."""

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
        """Reads the head, and as much of the body as it announces."""
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

    def read_until_closed(self) -> None:
        while chunk := self.socket.recv(65_536):
            self.received += chunk

    def reset(self) -> None:
        """Closes with RST instead of FIN."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


Behaviour = Callable[[Visit], None]


def answers(raw: bytes) -> Behaviour:
    """Reads the request, writes `raw` and hangs up."""

    def behaviour(visit: Visit) -> None:
        visit.read_request()
        visit.send(raw)

    return behaviour


def in_turn(*behaviours: Behaviour) -> Behaviour:
    """Runs one behaviour for each request of a kept connection, in this order."""

    def behaviour(visit: Visit) -> None:
        for behave in behaviours:
            turn = Visit(visit.socket, visit.stopping)
            try:
                behave(turn)
            finally:
                visit.received += turn.received
                visit.sent += turn.sent

    return behaviour


def by_connection(*behaviours: Behaviour) -> Behaviour:
    """Runs the first behaviour for the first connection, the second for the second, and so on."""
    turns = iter(behaviours)
    return lambda visit: next(turns)(visit)


def interrupts(raw: bytes) -> Behaviour:
    """Writes `raw` as soon as one byte arrives, and hangs up."""

    def behaviour(visit: Visit) -> None:
        visit.read(1)
        visit.send(raw)

    return behaviour


def accepts_and_says_nothing() -> Behaviour:
    return stalls_after(b"")


def stalls_after(raw: bytes) -> Behaviour:
    """Reads the request, writes `raw`, and waits until the client hangs up."""

    def behaviour(visit: Visit) -> None:
        visit.read_request()
        visit.send(raw)
        visit.read_until_closed()

    return behaviour


def stalls_after_headers() -> Behaviour:
    return stalls_after(
        b"HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n"
    )


def drips(raw: bytes, *, every: float, at_once: int = 0) -> Behaviour:
    """Writes `at_once` bytes of `raw` at once and then one byte every `every` seconds."""

    def behaviour(visit: Visit) -> None:
        visit.read_request()
        visit.send(raw[:at_once])
        for byte in raw[at_once:]:
            if visit.stopping.wait(every):
                return
            visit.send(bytes([byte]))

    return behaviour


def resets_after(count: int) -> Behaviour:
    """Reads `count` bytes of the request and resets the connection."""

    def behaviour(visit: Visit) -> None:
        visit.read(count)
        visit.reset()

    return behaviour


def hangs_up_after(count: int) -> Behaviour:
    """Reads `count` bytes of the request and closes its side with FIN."""

    def behaviour(visit: Visit) -> None:
        visit.read(count)
        visit.socket.shutdown(socket.SHUT_WR)
        visit.read_until_closed()

    return behaviour


def reads_and_resets() -> Behaviour:
    """Reads the whole request, so that it may have counted, and resets the connection."""

    def behaviour(visit: Visit) -> None:
        visit.read_request()
        visit.reset()

    return behaviour


def floods(head: bytes, chunk: bytes, times: int) -> Behaviour:
    """Writes `head`, then `chunk` again and again, `times` times or until the client hangs up."""

    def behaviour(visit: Visit) -> None:
        visit.read_request()
        visit.send(head)
        for _ in range(times):
            visit.send(chunk)

    return behaviour


def breaks_tls() -> Behaviour:
    """Reads the whole request and then writes bytes that are no TLS record."""

    def behaviour(visit: Visit) -> None:
        visit.read_request()
        with socket.socket(fileno=os.dup(visit.socket.fileno())) as bare:
            bare.send(b"this is no record of any TLS")
        visit.read_until_closed()

    return behaviour


def tunnels_to(port: int) -> Behaviour:
    """A proxy: accepts a CONNECT to any host, and forwards to a port of this machine."""

    def behaviour(visit: Visit) -> None:
        visit.read_request()
        visit.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as onward:
            back = threading.Thread(target=_pass_on, args=(onward, visit.socket), daemon=True)
            back.start()
            _pass_on(visit.socket, onward)
            back.join(PATIENCE)

    return behaviour


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while chunk := source.recv(65_536):
            sink.sendall(chunk)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
