"""The connections of the receiver, in asyncio."""

from __future__ import annotations

import asyncio
import re
import socket
import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .envelopes import accepted, http_answer

if TYPE_CHECKING:
    from .receiver import Receiver

KEY = "practice-canary0canary0canary0c0fe"
REQUEST_ID = re.compile(rb'"requestId":\s*"([^"]{1,100})"')


class Connection(asyncio.Protocol):
    """One TCP connection, kept from one request to the next."""

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        self.transport: Any = None
        self._buffer = b""
        self._is_over = False

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.receiver.resets_at_once():
            self.reset()

    def connection_lost(self, error: Exception | None) -> None:
        self._is_over = True

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while not self._is_over and (request := self._next()):
            self.receiver.take(self, *request)

    def _next(self) -> tuple[bytes, bytes] | None:
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return None
        length = re.search(rb"(?i)\r\ncontent-length: *([0-9]+)", head)
        size = int(length[1]) if length else 0
        if len(rest) < size:
            return None
        self._buffer = rest[size:]
        return head + b"\r\n", rest[:size]

    def answer(
        self, status: str, body: bytes, *headers: str, kind: str = "application/json"
    ) -> None:
        self.write(http_answer(status, body, *headers, kind=kind))

    def write(self, data: bytes) -> None:
        if not self._is_over:
            self.transport.write(data)

    def later(self, seconds: float, act: Callable[..., None], *what: object) -> None:
        asyncio.get_running_loop().call_later(seconds, act, *what)

    def reset(self) -> None:
        """Closes with RST instead of FIN."""
        if not self._is_over:
            self._is_over = True
            self.transport.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
            )
            self.transport.abort()


class RedirectTarget(Connection):
    """A client that connects here has followed a redirect."""

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while not self._is_over and (request := self._next()):
            head, body = request
            self.receiver.note(elsewhere=True, key=KEY.encode() in head)
            found = REQUEST_ID.search(body)
            self.write(accepted(found[1].decode() if found else ""))

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.receiver.note(elsewhere=True, key=False)
