"""Each row of the answer table over real sockets: as the first attempt and after a doubtful one."""

from __future__ import annotations

import socket
import tracemalloc
from contextlib import ExitStack
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from invocations.kaleyra.client import KaleyraClient
from invocations.models import Account, Invocation, Pace, Pod, WorkflowInstance
from invocations.models.encryption import digests
from invocations.models.invocations import PAYLOAD_DIGEST
from invocations.sending import targets
from invocations.sending.deliver import deliver
from invocations.sending.outcomes import TABLE
from tests.faults.certificates import Authority
from tests.faults.server import FaultServer

from .answer_rows import ACCEPTED, ROWS, TOTAL, Row, says
from .moves import enter_keys_again

HURRY = {"connect_seconds": 0.3, "read_seconds": 0.3, "total_seconds": TOTAL}
HOST = "api.in.kaleyra.io"
each_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.what)


@pytest.fixture(autouse=True)
def hurry(monkeypatch):
    hasty = partial(KaleyraClient, **HURRY)
    monkeypatch.setattr("invocations.sending.attempt.KaleyraClient", hasty)


@pytest.fixture
def delivered(recorded, account):
    """delivered(row): an invocation sent to a receiver that behaves so, and what it received."""

    def delivered(row: Row, **before: Any) -> tuple[Invocation, list[bytes]]:
        invocation = recorded()
        with ExitStack() as stack:
            if row.reason in {"refused", "connect_timeout"}:
                port, server = row.behaviour(stack), None
            else:
                server = stack.enter_context(FaultServer(row.behaviour))
                port = server.port
            Pod.objects.filter(pk=account.pod_id).update(api_domain=f"127.0.0.1:{port}")
            enter_keys_again()
            targets.follow(account)
            Invocation.objects.update(**before)
            assert deliver(invocation.pk, starting_from=before.get("status", "queued"))
            received = server.settled() if server else []
        invocation.refresh_from_db()
        return invocation, received

    return delivered


@pytest.mark.django_db(transaction=True)
@each_row
def test_a_first_attempt(row, delivered, account, workflow, caplog):
    invocation, received = delivered(row)
    assert (invocation.status, invocation.reason) == (row.status, row.reason)
    assert len(received) == (row.reason not in {"refused", "connect_timeout"})
    waits = (invocation.due_at - timezone.now()).total_seconds() if invocation.due_at else None
    assert (waits is not None) == (row.then != "nothing")
    assert waits is None or row.waits[0] - 1 <= waits <= row.waits[1]
    assert invocation.is_final == (row.then == "nothing" and row.status != "held")
    account.refresh_from_db()
    workflow.refresh_from_db()
    assert account.is_paused == (row.paused == "account")
    assert workflow.is_paused == (row.paused == "workflow")
    assert caplog.text.count("is paused") == bool(row.paused)
    assert (TABLE[row.reason].is_alarm and "->" in caplog.text) == TABLE[row.reason].is_alarm
    attempt = invocation.attempts.get()
    assert attempt.outcome == TABLE[row.reason].outcome and attempt.duration_ms < (TOTAL + 2) * 1000
    assert invocation.doubt_count == (attempt.outcome == "doubtful")
    assert invocation.lease_until is None


@pytest.mark.django_db(transaction=True)
@each_row
def test_an_attempt_after_a_doubtful_one(row, delivered):
    doubt = {
        "status": "unknown",
        "doubtful_since": timezone.now(),
        "doubt_count": 1,
        "due_at": None,
    }
    invocation, _received = delivered(row, **doubt)
    assert invocation.status == row.after_doubt
    is_kept = invocation.doubtful_since and invocation.due_at is None
    assert is_kept or invocation.status == "unknown"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "row", [row for row in ROWS if row.status == "unknown"], ids=lambda row: row.what
)
def test_with_the_policy_never_one_request_is_sent(row, delivered):
    Account.objects.update(retry_ambiguous="never")
    invocation, received = delivered(row)
    assert invocation.status == "unknown" and invocation.is_final and len(received) == 1


@pytest.mark.django_db(transaction=True)
def test_every_row_of_the_table_is_tested():
    of_the_dispatcher = {"interrupted", "handed_back"}  # test_dispatcher, test_expiry
    of_the_set_up = {"no_key", "unreadable_key", "unreadable_message", "key", "address"}
    without_receiver = {"internal", "name", "proxy"}  # test_deliver; the set-up: test_held
    below = {"redirect", "certificate"}
    # test_targets, test_practice_stays
    of_the_target = {"own_target_unknown", "own_host_gone", "own_key_gone", "other_kind"}
    elsewhere = of_the_dispatcher | of_the_set_up | of_the_target | without_receiver | below
    assert {row.reason for row in ROWS} == set(TABLE) - elsewhere


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_r20_a_redirect_holds_the_message_and_is_not_followed(delivered, account, status):
    with FaultServer(says(202, ACCEPTED)) as elsewhere:
        there = f"Location: http://{elsewhere.api_domain}/v1/x/invoke"
        invocation, received = delivered(Row("R20", says(status, b"", there), "held", "redirect"))
        assert elsewhere.connections == 0 and len(received) == 1
    account.refresh_from_db()
    assert (invocation.status, invocation.reason) == ("held", "redirect")
    assert account.paused_because == "redirect"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("wrong", ["untrusted", "expired", "other host"])
def test_r24_an_untrusted_certificate_holds_the_message_and_nothing_is_sent(
    recorded, account, monkeypatch, settings, tmp_path, wrong
):
    resolve = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *args, **kwargs: resolve("127.0.0.1", *args, **kwargs)
    )
    monkeypatch.setattr(KaleyraClient, "_may_be_peer", lambda self, address: True)
    authority = Authority(tmp_path)
    settings.CA_BUNDLE = "" if wrong == "untrusted" else str(authority.bundle)
    host = "api.example.com" if wrong == "other host" else HOST
    tls = authority.server(host, expired=wrong == "expired")
    with FaultServer(says(202, ACCEPTED), tls=tls) as server:
        Pod.objects.filter(pk=account.pod_id).update(api_domain=f"{HOST}:{server.port}")
        settings.EXTRA_API_DOMAINS = [f"{HOST}:{server.port}"]
        enter_keys_again()
        account.pod.refresh_from_db()
        invocation = recorded()
        deliver(invocation.pk)
        assert server.received == []
    invocation.refresh_from_db()
    account.refresh_from_db()
    assert (invocation.status, invocation.reason) == ("held", "certificate")
    assert account.paused_because == "certificate"


@pytest.mark.django_db(transaction=True)
def test_r17_a_compression_bomb_is_not_unpacked(delivered):
    tracemalloc.start()
    delivered(next(row for row in ROWS if row.what == "R17 a gzip bomb"))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 10_000_000


@pytest.mark.django_db(transaction=True)
def test_every_attempt_posts_the_same_bytes(recorded, account):
    invocation = recorded()
    with FaultServer(says(202, ACCEPTED)) as server:
        Pod.objects.filter(pk=account.pod_id).update(api_domain=server.api_domain)
        enter_keys_again()
        targets.follow(account)
        deliver(invocation.pk)
        server.settled()
        Invocation.objects.update(status="unknown", doubtful_since=timezone.now(), doubt_count=1)
        Pace.objects.all().delete()
        WorkflowInstance.objects.update(title="Another title")
        deliver(invocation.pk, starting_from="unknown")
        received = server.settled()
    bodies = {request.partition(b"\r\n\r\n")[2] for request in received}
    assert len(received) == 2 and len(bodies) == 1
    assert invocation.payload_digest in digests(bodies.pop().decode(), PAYLOAD_DIGEST)
