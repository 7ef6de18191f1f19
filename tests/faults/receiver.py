"""The other side, as a process of its own: takes invocations over raw sockets as the API does, and misbehaves on purpose.

    python -m tests.faults.receiver --log received.jsonl --seed 7 --rate 0.1   # prints its ports; ends when its stdin does

It shares no code with the console, and its log is the judge's only witness: one JSON line for each request, written before anything
is answered. What goes wrong is drawn from the seed, the request id and how often that id has come, so that a run can be repeated.
SIGUSR1 ends the misbehaviour: from then on every request is answered as documented.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import hashlib
import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, Self

KEY = "practice-canary0canary0canary0c0fe"
PATH = re.compile(
    rb"POST /v1/[A-Za-z0-9]{4,64}/workflow/v1/instances/[A-Za-z0-9_-]{1,100}/invoke HTTP/1\.1\r\n"
)
REQUEST_ID = re.compile(rb'"requestId":\s*"([^"]{1,100})"')
REFUSED = 0.03
"""Of all request ids: their workflow "is not published" as long as the receiver misbehaves."""
NOT_PUBLISHED = "The workflow is not published."
DUPLICATE = "A workflow with this requestId already exists."


def _draw(*what: object) -> float:
    """A number in [0, 1) that depends on `what` alone."""
    return int.from_bytes(hashlib.sha256(repr(what).encode()).digest()[:6], "big") / 2**48


# --- what can go wrong ----------------------------------------------------------------------------


class Fault(NamedTuple):
    """`accepts`: whether the message has been taken before anything goes wrong. `whole`: whether the request was read to its end."""

    accepts: bool
    act: Callable[[Talk, str], None]
    whole: bool = True


def _answers(
    status: str, body: str = "", *headers: str, kind: str = "text/html"
) -> Callable[[Talk, str], None]:
    return lambda talk, request_id: talk.answer(status, body.encode(), *headers, kind=kind)


def _breaks_off(talk: Talk, request_id: str) -> None:
    talk.write(_accepted(request_id)[:-30])
    talk.transport.close()


def _drips(talk: Talk, request_id: str) -> None:
    talk.write(_accepted(request_id)[:40])
    for n, byte in enumerate(_accepted(request_id)[40:60]):
        talk.later(0.15 * (n + 1), talk.write, bytes([byte]))
    talk.later(4.0, talk.reset)


def _redirects(talk: Talk, request_id: str) -> None:
    talk.answer(
        "307 Temporary Redirect",
        b"",
        f"Location: http://127.0.0.1:{talk.receiver.elsewhere}/v1/invoke",
    )


def _bombs(talk: Talk, request_id: str) -> None:
    talk.answer("202 Accepted", BOMB, "Content-Encoding: gzip", kind="application/json")


def _hangs_up_politely(talk: Talk, request_id: str) -> None:
    talk.write(_accepted(request_id))
    talk.transport.close()  # without a word of it: a kept connection that the next request finds closed


PAGE = "<html><h1>Bad gateway</h1></html>"
BOMB = gzip.compress(b" " * 30_000_000)
FAULTS: dict[str, Fault] = {
    "accepts, then resets": Fault(True, lambda talk, _: talk.reset()),
    "accepts, then hangs up": Fault(True, lambda talk, _: talk.transport.close()),
    "accepts, answers, hangs up": Fault(True, _hangs_up_politely),
    "accepts, and says nothing": Fault(True, lambda talk, _: talk.later(4.0, talk.reset)),
    "accepts, answers 500": Fault(True, _answers("500 Internal Server Error", PAGE)),
    "accepts, answers 502": Fault(True, _answers("502 Bad Gateway", PAGE)),
    "accepts, answers 408": Fault(True, _answers("408 Request Timeout")),
    "accepts, answers 409": Fault(
        True, _answers("409 Conflict", '{"success":false}', kind="application/json")
    ),
    "accepts, 202 is a page": Fault(True, _answers("202 Accepted", "<html>Welcome</html>")),
    "accepts, 202 is empty": Fault(True, _answers("202 Accepted")),
    "accepts, 202 breaks off": Fault(True, _breaks_off),
    "accepts, 202 drips": Fault(True, _drips),
    "accepts, 202 is a bomb": Fault(True, _bombs),
    "drops, then resets": Fault(False, lambda talk, _: talk.reset()),
    "drops, and says nothing": Fault(False, lambda talk, _: talk.later(4.0, talk.reset)),
    "drops, 202 is a page": Fault(False, _answers("202 Accepted", "<html>Welcome</html>")),
    "drops, answers 502": Fault(False, _answers("502 Bad Gateway", PAGE)),
    "drops, answers 503": Fault(False, _answers("503 Service Unavailable", PAGE, "Retry-After: 1")),
    "asks to wait (429)": Fault(False, _answers("429 Too Many Requests", "", "Retry-After: 1")),
    "refuses the key (401)": Fault(False, _answers("401 Unauthorized")),
    "redirects (307)": Fault(False, _redirects),
    "resets after the head": Fault(False, lambda talk, _: talk.reset(), whole=False),
    "resets in mid-body": Fault(False, lambda talk, _: talk.reset(), whole=False),
}
AT_ONCE = "resets at once"
"""The one fault that is drawn for a connection and not for a request."""


# --- what is answered when nothing goes wrong -----------------------------------------------------


def _http(status: str, body: bytes, *headers: str, kind: str = "application/json") -> bytes:
    lines = [
        f"HTTP/1.1 {status}",
        f"Content-Type: {kind}",
        f"Content-Length: {len(body)}",
        *headers,
        "",
        "",
    ]
    return "\r\n".join(lines).encode() + body


def _accepted(request_id: str) -> bytes:
    said = {
        "success": True,
        "requestId": request_id,
        "workflowInvocationId": hashlib.sha256(request_id.encode()).hexdigest()[:24],
        "executionStatus": "ACCEPTED",
        "timestamp": "2025-01-02T03:04:05.123456789Z",
    }
    return _http("202 Accepted", json.dumps(said).encode())


def _rejected(request_id: str, error: str) -> bytes:
    said = {
        "success": False,
        "requestId": request_id,
        "executionStatus": "REJECTED",
        "message": "Refused.",
        "errors": [error],
    }
    return json.dumps(said).encode()


# --- one connection -------------------------------------------------------------------------------


class Talk(asyncio.Protocol):
    """One connection, kept from one request to the next."""

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
        self.write(_http(status, body, *headers, kind=kind))

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


class Elsewhere(Talk):
    """Whoever comes here followed a redirect."""

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while not self._is_over and (request := self._next()):
            head, body = request
            self.receiver.note(elsewhere=True, key=KEY.encode() in head)
            found = REQUEST_ID.search(body)
            self.write(_accepted(found[1].decode() if found else ""))

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.receiver.note(elsewhere=True, key=False)


# --- the receiver ---------------------------------------------------------------------------------


class Receiver:
    """What was taken, and what goes wrong. `options`: the command line's."""

    elsewhere = 0

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.is_calm = False
        self._log = os.open(options.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._seen: Counter[str] = Counter()
        self._taken: set[str] = set()
        self._connections = 0

    def note(self, **what: object) -> None:
        os.write(self._log, json.dumps(what).encode() + b"\n")

    def resets_at_once(self) -> bool:
        self._connections += 1
        resets = (
            not self.is_calm
            and _draw(self.options.seed, "connection", self._connections) < self.options.rate / 5
        )
        if resets:
            self.note(answer=AT_ONCE, whole=False, effect=False)
        return resets

    def take(self, talk: Talk, head: bytes, body: bytes) -> None:
        found = REQUEST_ID.search(body)
        if not PATH.match(head) or not found:
            self.note(answer="404", whole=True, effect=False)
            return talk.answer("404 Not Found", b"{}")
        if f"\r\napi-key: {KEY}\r\n".encode() not in head:
            self.note(answer="401", whole=True, effect=False)
            return talk.answer("401 Unauthorized", b"{}")
        request_id = found[1].decode()
        self._seen[request_id] += 1
        name = self._fault(request_id)
        fault = FAULTS.get(name)
        if fault and not fault.whole:
            self.note(id=request_id, answer=name, whole=False, effect=False)
            return fault.act(talk, request_id)
        is_known = self.options.dedupe == "on" and request_id in self._taken
        is_refused = (
            not is_known
            and not self.is_calm
            and _draw(self.options.seed, request_id) < self.options.refused
        )
        if (
            is_refused and fault and fault.accepts
        ):  # what is refused was never taken: its answer must not say so
            name, fault = "", None
        effect = not is_known and not is_refused and (fault is None or fault.accepts)
        if effect or (is_refused and self.options.refusals == "burn"):
            self._taken.add(request_id)
        self.note(
            id=request_id,
            message=hashlib.sha256(body[body.index(b'"input"') :]).hexdigest()[:20]
            if b'"input"' in body
            else "",
            body=hashlib.sha256(body).hexdigest(),
            whole=True,
            effect=effect,
            answer=name or ("duplicate" if is_known else "refused" if is_refused else "accepted"),
        )
        if fault:
            return fault.act(talk, request_id)
        answer = _accepted(request_id)
        if is_known:
            answer = _http(
                self.options.duplicate_status, _rejected(request_id, self.options.duplicate_text)
            )
        elif is_refused:
            answer = _http("400 Bad Request", _rejected(request_id, NOT_PUBLISHED))
        talk.later(self.options.latency / 1000, talk.write, answer)
        return None

    def _fault(self, request_id: str) -> str:
        drawn = (self.options.seed, request_id, self._seen[request_id])
        if self.is_calm or _draw(*drawn, "whether") >= self.options.rate:
            return ""
        return list(FAULTS)[int(_draw(*drawn, "which") * len(FAULTS))]


async def _serve(options: argparse.Namespace) -> None:
    receiver, loop = Receiver(options), asyncio.get_running_loop()
    ended = asyncio.Event()
    server = await loop.create_server(lambda: Talk(receiver), "127.0.0.1", 0, backlog=500)
    elsewhere = await loop.create_server(lambda: Elsewhere(receiver), "127.0.0.1", 0)
    receiver.elsewhere = elsewhere.sockets[0].getsockname()[1]
    loop.add_signal_handler(signal.SIGUSR1, lambda: setattr(receiver, "is_calm", True))
    loop.add_reader(sys.stdin.fileno(), lambda: os.read(sys.stdin.fileno(), 100) or ended.set())
    print(
        json.dumps({"port": server.sockets[0].getsockname()[1], "elsewhere": receiver.elsewhere}),
        flush=True,
    )
    await ended.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--log", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--rate",
        type=float,
        default=0.1,
        help="share of the requests with which something goes wrong",
    )
    parser.add_argument(
        "--refused", type=float, default=REFUSED, help="share of the ids that are refused for good"
    )
    parser.add_argument(
        "--refusals",
        choices=["free", "burn"],
        default="free",
        help="burn: a refused id counts as used",
    )
    parser.add_argument(
        "--dedupe",
        choices=["on", "off"],
        default="on",
        help="off: a repeated id is a second message",
    )
    parser.add_argument("--duplicate-status", default="400 Bad Request")
    parser.add_argument("--duplicate-text", default=DUPLICATE)
    parser.add_argument("--latency", type=float, default=10.0, help="milliseconds before an answer")
    asyncio.run(_serve(parser.parse_args()))


# --- for those who start it -----------------------------------------------------------------------


class ReceiverProcess:
    """The receiver while a `with` lasts. `options` as on the command line: rate=0.1, dedupe="off" …"""

    def __init__(self, log: Path, **options: object) -> None:
        self.log = log
        words = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
        self._command = [sys.executable, "-m", "tests.faults.receiver", f"--log={log}", *words]

    def __enter__(self) -> Self:
        # A group of its own: Ctrl-C ends the harness, which may still want to read what was received.
        self.process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )
        assert self.process.stdout
        self.api_domain = f"127.0.0.1:{json.loads(self.process.stdout.readline())['port']}"
        return self

    def __exit__(self, *error: object) -> None:
        self.process.kill()
        self.process.communicate()

    def calm_down(self) -> None:
        """From now on nothing goes wrong."""
        self.process.send_signal(signal.SIGUSR1)

    @property
    def received(self) -> list[dict[str, Any]]:
        """The log, line by line."""
        return (
            [json.loads(line) for line in self.log.read_text().splitlines()]
            if self.log.exists()
            else []
        )


if __name__ == "__main__":
    main()
