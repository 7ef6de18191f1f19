"""A server that misbehaves on purpose, over real sockets.

    with FaultServer(drips(ACCEPTED, every=0.05)) as server:
        client(server).invoke(...)
    assert server.received == [...]

A behaviour (behaviours.py) says what happens to one connection. `received` holds what the server
read, one entry for each connection that got as far as its behaviour: it proves what arrived.
"""

from __future__ import annotations

import queue
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Self

from .behaviours import PATIENCE, Behaviour, Visit


class FaultServer:
    """Runs `behaviour` for each connection to a port of 127.0.0.1, after the handshake if `tls`."""

    def __init__(self, behaviour: Behaviour, tls: ssl.SSLContext | None = None) -> None:
        self.behaviour = behaviour
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
        """`received`, after waiting until `connections` more connections have ended."""
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
        # The client may hang up at any moment: that is what is tested.
        with connection, suppress(OSError):
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            visit = Visit(connection, self._stopping)
            self.visits.append(visit)
            with connection:
                self.behaviour(visit)
