"""The answer table: what the receiver does, and what the console then shows and does next.

Rows are numbered as in `docs/api.md`.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from tests.faults.behaviours import (
    Behaviour,
    Visit,
    accepts_and_says_nothing,
    drips,
    floods,
    hangs_up_after,
    reads_and_resets,
    resets_after,
    stalls_after,
)
from tests.faults.ports import closed_port, full_backlog

TOTAL = 0.8
ACCEPTED = {"success": True, "executionStatus": "ACCEPTED", "workflowInvocationId": "4xU9"}
REJECTED = {
    "success": False,
    "executionStatus": "REJECTED",
    "errors": ["Workflow Instance [x] is not published."],
}
DUPLICATE = REJECTED | {"errors": ["This requestId has already been used."]}


def head(status: int, *headers: str, length: int) -> bytes:
    return "\r\n".join(
        [f"HTTP/1.1 {status} X", f"Content-Length: {length}", *headers, "", ""]
    ).encode()


def says(status: int, content: dict[str, Any] | bytes = b"", *headers: str) -> Behaviour:
    """A whole answer with the ID of the request, unless `content` has another."""

    def behaviour(visit: Visit) -> None:
        visit.read_request()
        own = {
            "requestId": json.loads(bytes(visit.received).partition(b"\r\n\r\n")[2])["requestId"]
        }
        body = json.dumps(own | content).encode() if isinstance(content, dict) else content
        visit.send(head(status, *headers, length=len(body)) + body)

    return behaviour


def retry_after(value: str) -> Behaviour:
    return says(429, b"slow down", *([f"Retry-After: {value}"] if value else []))


def retry_at(seconds: int) -> Behaviour:
    """429 with a date in Retry-After, `seconds` after the request."""

    def behaviour(visit: Visit) -> None:
        moment = datetime.now(UTC) + timedelta(seconds=seconds)
        retry_after(format_datetime(moment, usegmt=True))(visit)

    return behaviour


BOMB = gzip.compress(b"0" * 30_000_000)
HALF = head(202, length=500) + b'{"requestId": "'


@dataclass(frozen=True)
class Row:
    """One row of the table.

    `then` is what follows without a person, after `waits` seconds (least and most);
    `after_doubt` is the status if an earlier attempt was doubtful.
    """

    what: str
    behaviour: Behaviour | Callable[[ExitStack], int]
    status: str
    reason: str
    then: str = "nothing"
    waits: tuple[float, float] = (1, 3.1)
    after_doubt: str = "unknown"
    paused: str = ""


ROWS = [
    Row("R1 202", says(202, ACCEPTED), "accepted", "accepted", after_doubt="accepted"),
    Row(
        "R1 202, with more in it",
        says(202, ACCEPTED | {"new": [{}]}),
        "accepted",
        "accepted",
        after_doubt="accepted",
    ),
    Row(
        "R2 202 about another request",
        says(202, ACCEPTED | {"requestId": "another"}),
        "unknown",
        "another_request",
    ),
    Row("R2 202 without executionStatus", says(202, {"success": True}), "unknown", "contradiction"),
    Row(
        "R2 202, success false",
        says(202, ACCEPTED | {"success": False}),
        "unknown",
        "contradiction",
    ),
    Row("R4 400", says(400, REJECTED), "rejected", "rejected"),
    Row(
        "U1 400, the ID was used",
        says(400, DUPLICATE),
        "unknown",
        "id_used_before",
        after_doubt="accepted",
    ),
    Row("R5 401", says(401), "held", "credentials", paused="account"),
    Row("R5 403", says(403, b"<html>"), "held", "credentials", paused="account"),
    Row(
        "R5 400 with Kaleyra's code for it",
        says(400, {"code": "RBC001"}),
        "held",
        "credentials",
        paused="account",
    ),
    Row("R6 404", says(404, REJECTED), "rejected", "no_such_workflow", paused="workflow"),
    *[
        Row(f"R6 {status}", says(status, REJECTED), "rejected", "not_taken")
        for status in (405, 410, 413, 415, 422)
    ],
    Row("R7 408", says(408), "unknown", "server_error", "asks again"),
    Row("R8 409", says(409, b"conflict"), "unknown", "in_progress", "asks again"),
    Row("R9 429, 3 s", retry_after("3"), "queued", "asked_to_wait", "tries again", (2, 3.1)),
    Row("R9 429, a date", retry_at(90), "queued", "asked_to_wait", "tries again", (88, 90.1)),
    Row("R9 429, without Retry-After", retry_after(""), "queued", "asked_to_wait", "tries again"),
    Row("R9 429, abc", retry_after("abc"), "queued", "asked_to_wait", "tries again"),
    Row("R9 429, -5", retry_after("-5"), "queued", "asked_to_wait", "tries again"),
    Row(
        "R9 429, for years",
        retry_after("99999999"),
        "queued",
        "asked_to_wait",
        "tries again",
        (3500, 3600),
    ),
    Row("R9 429, a past date", retry_at(-90), "queued", "asked_to_wait", "tries again"),
    *[
        Row(f"R10 {status}", says(status, b"<html>"), "unknown", "server_error", "asks again")
        for status in (500, 502, 504)
    ],
    Row("R10 500 that says accepted", says(500, ACCEPTED), "unknown", "server_error", "asks again"),
    Row(
        "R11 503, 4 s",
        says(503, b"", "Retry-After: 4"),
        "unknown",
        "server_error",
        "asks again",
        (3, 4.1),
    ),
    *[
        Row(f"R13 202 with {body[:9]!r}", says(202, body), "unknown", "unreadable", "asks again")
        for body in (b"<html>", b"", b"null", b"[]", b'"\xff\xfe"', b"{" * 5_000)
    ],
    Row(
        'R13 202 with {"status":202}',
        says(202, b'{"status":202}'),
        "unknown",
        "unreadable",
        "asks again",
    ),
    Row(
        "R15 202 that breaks off and stalls",
        stalls_after(HALF),
        "unknown",
        "broken_off",
        "asks again",
    ),
    Row(
        "R16 202, byte by byte",
        drips(head(202, length=999) + b" " * 999, every=0.02, at_once=30),
        "unknown",
        "broken_off",
        "asks again",
    ),
    Row(
        "R16 the head too, byte by byte",
        drips(head(202, length=9_999), every=0.2),
        "unknown",
        "too_slow",
        "asks again",
    ),
    Row(
        "R17 a gzip bomb",
        says(202, BOMB, "Content-Encoding: gzip"),
        "unknown",
        "unreadable",
        "asks again",
    ),
    Row(
        "R17 30 MB",
        floods(head(202, length=30_000_000), b" " * 65_536, 500),
        "unknown",
        "broken_off",
        "asks again",
    ),
    Row("R22 refused", lambda stack: closed_port(), "queued", "refused", "tries again"),
    Row(
        "R23 no connection in time",
        lambda stack: stack.enter_context(full_backlog()),
        "queued",
        "connect_timeout",
        "tries again",
    ),
    Row("R27 reset at the first byte", resets_after(1), "unknown", "broken_off", "asks again"),
    Row("R27 reset after the head", resets_after(200), "unknown", "broken_off", "asks again"),
    Row("R27 reset after all of it", reads_and_resets(), "unknown", "broken_off", "asks again"),
    Row(
        "R27 closed before anything is read",
        hangs_up_after(0),
        "unknown",
        "broken_off",
        "asks again",
    ),
    Row("R28 silence", accepts_and_says_nothing(), "unknown", "timeout", "asks again"),
    Row(
        "a status nobody documents",
        says(299, ACCEPTED),
        "unknown",
        "undocumented_status",
        "asks again",
    ),
    Row(
        "no HTTP at all",
        stalls_after(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"),
        "unknown",
        "broken_off",
        "asks again",
    ),
]
