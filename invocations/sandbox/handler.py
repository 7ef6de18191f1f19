"""One connection to the pod: bytes in, bytes out, and the bad manners that some scenarios ask for."""

import json
import os
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler
from typing import Any

from invocations.sandbox.contract import Request
from invocations.sandbox.envelopes import Answer, Headers, Transmission, refused
from invocations.sandbox.ledger import Ledger
from invocations.sandbox.page import REQUESTS_SHOWN, STYLE, render
from invocations.sandbox.reporter import Reporter

LARGEST_BODY = 1_048_576
UNHEARD_AT_MOST = 8 * LARGEST_BODY
SECONDS_FOR_A_CLIENT_TO_SPEAK = 30
PAGE_HEADERS: Headers = (
    ("Content-Security-Policy", "default-src 'none'; style-src 'self'"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cache-Control", "no-store"),
)


@dataclass(frozen=True)
class PodState:
    """What every connection of one pod shares."""

    ledger: Ledger
    reporter: Reporter
    api_domain: Callable[[], str]
    slow_seconds: float
    silent_seconds: float


class PodHandler(BaseHTTPRequestHandler):
    """Reads one request after the other; the ledger says what to answer."""

    protocol_version = "HTTP/1.1"
    server_version = "practice-pod"
    sys_version = ""
    timeout = SECONDS_FOR_A_CLIENT_TO_SPEAK
    disable_nagle_algorithm = (
        True  # head and body are two writes: with Nagle the second waits 40 ms
    )

    def __init__(self, desk: PodState, *connection: Any) -> None:
        self.desk = desk
        super().__init__(*connection)  # the base class handles the whole connection in here

    def take(self) -> None:
        """Any method: read the request to its end, then answer it."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, headers, b"")
        length, refusal = expected_length(request)
        if refusal:
            self.close_connection = (
                True  # what follows the head cannot be told from the next request
            )
            self._write(self.desk.ledger.refuse(request, refusal))
            self._swallow()
            return
        request = replace(request, body=self.rfile.read(length))
        if len(request.body) < length:  # the client vanished: what it wanted is not known
            self.close_connection = True
        elif request.method in ("GET", "HEAD") and not request.path.startswith("/v1/"):
            self._write(self._page(request.address))
        else:
            self._deliver(self.desk.ledger.answer(request))

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = take

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the base class would print the request line, which may hold anything. The ledger says its line."""

    def _page(self, address: str) -> Answer:
        shown = self.desk.ledger.received()[-REQUESTS_SHOWN:]
        match address:
            case "/":
                return Answer(
                    200,
                    render(self.desk.api_domain(), shown, self.desk.reporter.posted()),
                    "text/html; charset=utf-8",
                    PAGE_HEADERS,
                )
            case "/received":
                content = json.dumps([received.shown() for received in reversed(shown)], indent=1)
                return Answer(200, content.encode(), headers=PAGE_HEADERS)
            case "/style.css":
                return Answer(200, STYLE, "text/css; charset=utf-8", PAGE_HEADERS)
            case _:
                return Answer(
                    404, b"There is no such page.\n", "text/plain; charset=utf-8", PAGE_HEADERS
                )

    def _deliver(self, answer: Answer) -> None:
        match answer.manner:
            case Transmission.WHOLE:
                self._write(answer)
            case Transmission.LATE:
                if not self._hangs_up_within(self.desk.slow_seconds):
                    self._write(answer)
            case Transmission.SILENT:
                self._hangs_up_within(self.desk.silent_seconds)
                self.close_connection = True
            case Transmission.RESET:
                self._reset()
            case Transmission.CUT:
                self.close_connection = True
                self._write(answer, only=len(answer.body) // 2)

    def _write(self, answer: Answer, only: int | None = None) -> None:
        """Write an answer; `only` so many bytes of a body whose whole length was announced."""
        self.send_response(answer.status or 500)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        for name, value in answer.headers:
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body[:only])

    def _hangs_up_within(self, seconds: float) -> bool:
        """Wait so long; True, at once, when the client (or the end of the pod) closes the connection."""
        self.connection.settimeout(seconds)
        with suppress(TimeoutError):
            self.close_connection = self.connection.recv(1, socket.MSG_PEEK) == b""
        self.connection.settimeout(self.timeout)
        return self.close_connection

    def _reset(self) -> None:
        """Tear the connection down: RST instead of a FIN, which an ordinary close would send."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())

    def _swallow(self) -> None:
        """Read on a little, unheard: closing on unread bytes is a reset, and the client might never see the refusal."""
        self.connection.settimeout(1)
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            unheard = 0
            while unheard < UNHEARD_AT_MOST and (more := self.connection.recv(65_536)):
                unheard += len(more)


def expected_length(request: Request) -> tuple[int, Answer | None]:
    """How many bytes of body follow a head, or why they will not be read."""
    announced = request.headers.get("content-length", "0").strip()
    if "transfer-encoding" in request.headers:
        return 0, refused(411, "The body needs a Content-Length.")
    if not (announced.isascii() and announced.isdigit()):
        return 0, refused(400, "The Content-Length is not a number.")
    if len(announced) > 20 or int(announced) > LARGEST_BODY:
        return 0, refused(413, "The body is larger than 1 MiB.")
    return int(announced), None
