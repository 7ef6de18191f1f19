"""A receiver in a process of its own: it answers as the API does, and misbehaves on purpose.

    python -m tests.faults.receiver --log received.jsonl --seed 7 --rate 0.1

It prints its ports, and ends when its stdin is closed. It shares no code with the console. The
judge relies on its log: one JSON line for each request, written before the answer. Faults are drawn
from the seed, the request ID and the number of times that this ID has come, so that a run can be
repeated. SIGUSR1 ends the misbehaviour: every later request is answered as documented.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import re
import signal
import sys
from collections import Counter

from .connections import KEY, REQUEST_ID, Connection, RedirectTarget
from .envelopes import accepted, http_answer, rejected
from .misbehaviour import AT_ONCE, FAULTS

PATH = re.compile(
    rb"POST /v1/[A-Za-z0-9]{4,64}/workflow/v1/instances/[A-Za-z0-9_-]{1,100}/invoke HTTP/1\.1\r\n"
)
TARGET = re.compile(rb"\r\nHost: ([^\r]+)\r\n", re.IGNORECASE)
REFUSED = 0.03
"""Share of the request IDs that are refused as "not published" during the misbehaviour."""
NOT_PUBLISHED = "The workflow is not published."
DUPLICATE = "A workflow with this requestId already exists."


def _draw(*what: object) -> float:
    """A number in [0, 1) that depends on `what` alone."""
    return int.from_bytes(hashlib.sha256(repr(what).encode()).digest()[:6], "big") / 2**48


# --- the receiver ---------------------------------------------------------------------------------


class Receiver:
    """Counts messages and misbehaves. `options` are those of the command line."""

    elsewhere = 0

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.is_calm = False
        self._log = os.open(options.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._seen: Counter[str] = Counter()
        self._taken: set[tuple[bytes, bytes, str]] = set()
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

    def take(self, connection: Connection, head: bytes, body: bytes) -> None:
        found = REQUEST_ID.search(body)
        if not PATH.match(head) or not found:
            self.note(answer="404", whole=True, effect=False)
            return connection.answer("404 Not Found", b"{}")
        if f"\r\napi-key: {KEY}\r\n".encode() not in head:
            self.note(answer="401", whole=True, effect=False)
            return connection.answer("401 Unauthorized", b"{}")
        request_id = found[1].decode()
        # As at Kaleyra, whose hosts and accounts do not know each other's IDs.
        taken = TARGET.search(head)
        target = (head.partition(b"\r\n")[0], taken[1] if taken else b"", request_id)
        self._seen[request_id] += 1
        name = self._fault(request_id)
        fault = FAULTS.get(name)
        if fault and not fault.whole:
            self.note(id=request_id, answer=name, whole=False, effect=False)
            return fault.act(connection, request_id)
        is_known = self.options.dedupe == "on" and target in self._taken
        is_refused = not is_known and self._is_refused(request_id)
        if is_refused and fault and fault.accepts:
            # A refused message never counts: its answer must not say so.
            name, fault = "", None
        effect = not is_known and not is_refused and (fault is None or fault.accepts)
        if effect or (is_refused and self.options.refusals == "burn"):
            self._taken.add(target)
        answer = "duplicate" if is_known else "refused" if is_refused else "accepted"
        self._note_whole(request_id, body, effect=effect, answer=name or answer)
        if fault:
            return fault.act(connection, request_id)
        delay = self.options.latency / 1000
        connection.later(delay, connection.write, self._answer(request_id, answer))
        return None

    def _is_refused(self, request_id: str) -> bool:
        return not self.is_calm and _draw(self.options.seed, request_id) < self.options.refused

    def _note_whole(self, request_id: str, body: bytes, *, effect: bool, answer: str) -> None:
        _, found, message = body.partition(b'"input"')
        self.note(
            id=request_id,
            message=hashlib.sha256(found + message).hexdigest()[:20] if found else "",
            body=hashlib.sha256(body).hexdigest(),
            whole=True,
            effect=effect,
            answer=answer,
        )

    def _answer(self, request_id: str, answer: str) -> bytes:
        options = self.options
        if answer == "duplicate":
            return http_answer(
                options.duplicate_status, rejected(request_id, options.duplicate_text)
            )
        if answer == "refused":
            return http_answer("400 Bad Request", rejected(request_id, NOT_PUBLISHED))
        return accepted(request_id)

    def _fault(self, request_id: str) -> str:
        drawn = (self.options.seed, request_id, self._seen[request_id])
        if self.is_calm or _draw(*drawn, "whether") >= self.options.rate:
            return ""
        return list(FAULTS)[int(_draw(*drawn, "which") * len(FAULTS))]


async def _serve(options: argparse.Namespace) -> None:
    receiver, loop = Receiver(options), asyncio.get_running_loop()
    ended = asyncio.Event()
    server = await loop.create_server(lambda: Connection(receiver), "127.0.0.1", 0, backlog=500)
    elsewhere = await loop.create_server(lambda: RedirectTarget(receiver), "127.0.0.1", 0)
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


if __name__ == "__main__":
    main()
