"""One HTTP connection to the pod, with the faults that some scenarios cause."""

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
MAX_DISCARDED_BYTES = 8 * LARGEST_BODY
CLIENT_TIMEOUT_SECONDS = 30
PAGE_HEADERS: Headers = (
    ("Content-Security-Policy", "default-src 'none'; style-src 'self'"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cache-Control", "no-store"),
)


@dataclass(frozen=True)
class PodState:
    """What all connections of one pod share. Delays are those of the scenarios 200 and 408."""

    ledger: Ledger
    reporter: Reporter
    api_domain: Callable[[], str]
    slow_seconds: float
    silent_seconds: float


class PodHandler(BaseHTTPRequestHandler):
    """Reads one request after another; the ledger decides what to answer."""

    protocol_version = "HTTP/1.1"
    server_version = "practice-pod"
    sys_version = ""
    timeout = CLIENT_TIMEOUT_SECONDS
    # Head and body are two writes: with Nagle's algorithm the second is delayed by 40 ms.
    disable_nagle_algorithm = True

    def __init__(self, pod: PodState, *connection: Any) -> None:
        self.pod = pod
        super().__init__(*connection)  # handles the whole connection before it returns

    def handle_any(self) -> None:
        """Reads a request with any method to its end, then answers it."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, headers, b"")
        length, refusal = expected_length(request)
        if refusal:
            # The unread body cannot be distinguished from a next request.
            self.close_connection = True
            self._write(self.pod.ledger.refuse(request, refusal))
            self._discard_input()
            return
        request = replace(request, body=self.rfile.read(length))
        if len(request.body) < length:  # the client has disconnected: the request is incomplete
            self.close_connection = True
        elif request.method in ("GET", "HEAD") and not request.path.startswith("/v1/"):
            self._write(self._page(request.address))
        else:
            self._transmit(self.pod.ledger.answer(request))

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = handle_any

    def log_message(self, format: str, *args: Any) -> None:
        """Logs nothing: the request line may contain secrets. The ledger logs each request."""

    def _page(self, address: str) -> Answer:
        shown = self.pod.ledger.received()[-REQUESTS_SHOWN:]
        match address:
            case "/":
                page = render(self.pod.api_domain(), shown, self.pod.reporter.posted())
                return Answer(200, page, "text/html; charset=utf-8", PAGE_HEADERS)
            case "/received":
                content = json.dumps([received.shown() for received in reversed(shown)], indent=1)
                return Answer(200, content.encode(), headers=PAGE_HEADERS)
            case "/style.css":
                return Answer(200, STYLE, "text/css; charset=utf-8", PAGE_HEADERS)
            case _:
                text = b"There is no such page.\n"
                return Answer(404, text, "text/plain; charset=utf-8", PAGE_HEADERS)

    def _transmit(self, answer: Answer) -> None:
        match answer.transmission:
            case Transmission.WHOLE:
                self._write(answer)
            case Transmission.LATE:
                if not self._is_closed_within(self.pod.slow_seconds):
                    self._write(answer)
            case Transmission.SILENT:
                self._is_closed_within(self.pod.silent_seconds)
                self.close_connection = True
            case Transmission.RESET:
                self._reset()
            case Transmission.CUT:
                self.close_connection = True
                self._write(answer, body_bytes=len(answer.body) // 2)

    def _write(self, answer: Answer, body_bytes: int | None = None) -> None:
        """Writes an answer with the Content-Length of the whole body.

        `body_bytes` is how many bytes of the body are written; None for all.
        """
        self.send_response(answer.status or 500)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        for name, value in answer.headers:
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body[:body_bytes])

    def _is_closed_within(self, seconds: float) -> bool:
        """Waits; returns True as soon as the client or the pod's shutdown closes the connection."""
        self.connection.settimeout(seconds)
        with suppress(TimeoutError):
            self.close_connection = self.connection.recv(1, socket.MSG_PEEK) == b""
        self.connection.settimeout(self.timeout)
        return self.close_connection

    def _reset(self) -> None:
        """Resets the connection: sends RST instead of FIN."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())

    def _discard_input(self) -> None:
        """Reads the rest of the request and discards it.

        Closing a socket with unread bytes resets it, and the client may then not see the refusal.
        """
        self.connection.settimeout(1)
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            discarded = 0
            while discarded < MAX_DISCARDED_BYTES and (chunk := self.connection.recv(65_536)):
                discarded += len(chunk)


def expected_length(request: Request) -> tuple[int, Answer | None]:
    """The length of the request's body, or 0 and the refusal if the body will not be read."""
    length = request.headers.get("content-length", "0").strip()
    if "transfer-encoding" in request.headers:
        return 0, refused(411, "The body needs a Content-Length.")
    if not (length.isascii() and length.isdigit()):
        return 0, refused(400, "The Content-Length is not a number.")
    if len(length) > 20 or int(length) > LARGEST_BODY:
        return 0, refused(413, "The body is larger than 1 MiB.")
    return int(length), None
