"""The answer table, row by row, over real sockets: what the receiver does, and what the console then says and does next.

Each row twice: as the first attempt, and after an earlier one that may have got in. Rows are numbered as in `docs/api.md`.
"""

from __future__ import annotations

import gzip
import json
import socket
import tracemalloc
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from invocations.kaleyra.client import KaleyraClient
from invocations.models import Account, Invocation, Pace, Pod, WorkflowInstance
from invocations.models.encryption import digests
from invocations.sending import attempt as posting
from invocations.sending import record as sending
from invocations.sending.deliver import deliver
from invocations.sending.outcomes import TABLE
from tests.faults.certificates import Authority
from tests.faults.behaviours import Behaviour, Visit, accepts_and_says_nothing, drips, floods, hangs_up_after, reads_and_resets, resets_after, stalls_after
from tests.faults.ports import closed_port, full_backlog
from tests.faults.server import FaultServer

TOTAL = 0.8
HURRY = {"connect_seconds": 0.3, "read_seconds": 0.3, "total_seconds": TOTAL}
HOST = "api.in.kaleyra.io"
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
    """Answers in due form, about the request that came, unless `content` names another."""

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
    """The same with a date, so many seconds after the request."""

    def behaviour(visit: Visit) -> None:
        retry_after(format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True))(
            visit
        )

    return behaviour


BOMB = gzip.compress(b"0" * 30_000_000)
HALF = head(202, length=500) + b'{"requestId": "'


@dataclass(frozen=True)
class Row:
    """`then`: what becomes of it by itself; `waits`: between how many seconds; `after_doubt`: the status, if one came before."""

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
        "U1 400, the id was used",
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
    Row("R9 429, without a word", retry_after(""), "queued", "asked_to_wait", "tries again"),
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
    Row("R9 429, a date that is over", retry_at(-90), "queued", "asked_to_wait", "tries again"),
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
        "R16 even the head byte by byte",
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
        "R27 a goodbye before anything is read",
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
by_name = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.what)


@pytest.fixture(autouse=True)
def hurry(monkeypatch):
    monkeypatch.setattr(posting, "KaleyraClient", partial(KaleyraClient, **HURRY))


@pytest.fixture
def delivered(recorded, account):
    """delivered(row): an invocation that was sent to a receiver that does as the row has it; and what the receiver read."""

    def delivered(row: Row, **before: Any) -> tuple[Invocation, list[bytes]]:
        invocation = recorded()
        Invocation.objects.update(**before)
        with ExitStack() as stack:
            if row.reason in {"refused", "connect_timeout"}:
                port, server = row.behaviour(stack), None
            else:
                server = stack.enter_context(FaultServer(row.behaviour))
                port = server.port
            Pod.objects.filter(pk=account.pod_id).update(api_domain=f"127.0.0.1:{port}")
            assert deliver(invocation.pk, starting_from=before.get("status", "queued"))
            received = server.settled() if server else []
        invocation.refresh_from_db()
        return invocation, received

    return delivered


@pytest.mark.django_db(transaction=True)
@by_name
def test_a_first_attempt(row, delivered, account, workflow, caplog):
    invocation, received = delivered(row)
    assert (invocation.status, invocation.reason) == (row.status, row.reason)
    assert len(received) == (row.reason not in {"refused", "connect_timeout"})
    waits = (invocation.due_at - timezone.now()).total_seconds() if invocation.due_at else None
    assert (waits is not None) == (row.then != "nothing") and (
        waits is None or row.waits[0] - 1 <= waits <= row.waits[1]
    )
    assert invocation.is_final == (row.then == "nothing" and row.status != "held")
    account.refresh_from_db()
    workflow.refresh_from_db()
    assert (account.is_paused, workflow.is_paused) == (
        row.paused == "account",
        row.paused == "workflow",
    )
    assert caplog.text.count("is paused") == bool(row.paused)
    assert (TABLE[row.reason].is_alarm and "->" in caplog.text) == TABLE[row.reason].is_alarm
    attempt = invocation.attempts.get()
    assert attempt.outcome == TABLE[row.reason].outcome and attempt.duration_ms < (TOTAL + 2) * 1000
    assert (
        invocation.doubt_count == (attempt.outcome == "doubtful") and invocation.lease_until is None
    )


@pytest.mark.django_db(transaction=True)
@by_name
def test_after_an_attempt_that_may_have_got_in(row, delivered):
    doubt = {
        "status": "unknown",
        "doubtful_since": timezone.now(),
        "doubt_count": 1,
        "due_at": None,
    }
    invocation, _received = delivered(row, **doubt)
    assert invocation.status == row.after_doubt
    assert (
        invocation.doubtful_since and invocation.due_at is None
    ) or invocation.status == "unknown"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "row", [row for row in ROWS if row.status == "unknown"], ids=lambda row: row.what
)
def test_where_the_policy_is_never_it_is_asked_once(row, delivered):
    Account.objects.update(retry_ambiguous="never")
    invocation, received = delivered(row)
    assert invocation.status == "unknown" and invocation.is_final and len(received) == 1


@pytest.mark.django_db(transaction=True)
def test_the_table_has_no_row_that_no_test_sees():
    elsewhere = {
        *{"interrupted", "handed_back"},  # tests/dispatching
        *{
            "internal",
            "no_key",
            "unreadable_key",
            "unreadable_message",
            "key",
            "address",
            "name",
            "proxy",
        },  # test_deliver
        *{"redirect", "certificate"},  # below
    }
    assert {row.reason for row in ROWS} == set(TABLE) - elsewhere


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_r20_a_redirect_holds_and_the_second_host_hears_nothing(delivered, account, status):
    with FaultServer(says(202, ACCEPTED)) as elsewhere:
        there = f"Location: http://{elsewhere.api_domain}/v1/x/invoke"
        invocation, received = delivered(Row("R20", says(status, b"", there), "held", "redirect"))
        assert elsewhere.connections == 0 and len(received) == 1
    account.refresh_from_db()
    assert (invocation.status, invocation.reason) == (
        "held",
        "redirect",
    ) and account.paused_because == "redirect"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("wrong", ["nobody trusts it", "it is over", "it is another host's"])
def test_r24_a_certificate_that_is_not_trusted_holds_and_nothing_is_read(
    recorded, account, monkeypatch, settings, tmp_path, wrong
):
    resolve = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *args, **kwargs: resolve("127.0.0.1", *args, **kwargs)
    )
    monkeypatch.setattr(KaleyraClient, "_may_be_peer", lambda self, address: True)
    known, own = Authority(tmp_path), Authority(tmp_path, "Another CA")
    settings.CA_BUNDLE = str(known.bundle) if wrong != "nobody trusts it" else ""
    issuer = own if wrong == "nobody trusts it" else known
    tls = issuer.server(
        "api.example.com" if wrong == "it is another host's" else HOST,
        expired=wrong == "it is over",
    )
    if wrong != "nobody trusts it":
        settings.CA_BUNDLE = str(own.bundle if issuer is own else known.bundle)
    invocation = recorded()
    with FaultServer(says(202, ACCEPTED), tls=tls) as server:
        Pod.objects.filter(pk=account.pod_id).update(api_domain=f"{HOST}:{server.port}")
        deliver(invocation.pk)
        assert server.received == []
    invocation.refresh_from_db()
    account.refresh_from_db()
    assert (invocation.status, invocation.reason, account.paused_because) == (
        "held",
        "certificate",
        "certificate",
    )


@pytest.mark.django_db(transaction=True)
def test_r17_a_bomb_does_not_grow_in_memory(delivered):
    tracemalloc.start()
    delivered(next(row for row in ROWS if row.what == "R17 a gzip bomb"))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 10_000_000


@pytest.mark.django_db(transaction=True)
def test_every_attempt_posts_the_same_bytes(delivered, recorded):
    invocation, first = delivered(ROWS[0])
    Invocation.objects.update(status="unknown", doubtful_since=timezone.now(), doubt_count=1)
    with FaultServer(says(202, ACCEPTED)) as server:
        Pod.objects.filter(code="PRACTICE").update(api_domain=server.api_domain)
        Pace.objects.all().delete()
        WorkflowInstance.objects.update(title="Another title")
        deliver(invocation.pk, starting_from="unknown")
        second = server.settled()
    bodies = {request.partition(b"\r\n\r\n")[2] for request in first + second}
    assert len(first + second) == 2 and len(bodies) == 1
    assert invocation.payload_digest in digests(bodies.pop().decode(), sending.PAYLOAD_DIGEST)
