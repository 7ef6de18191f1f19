"""Nothing is sent twice, by threads, other connections or late workers: the receiver counts."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from invocations.kaleyra.client import KaleyraClient
from invocations.models import Account, Attempt, Invocation
from invocations.sandbox.server import PracticePod
from invocations.sending import attempt, expiry, store_outcome
from invocations.sending.claim import LEASE, claim_invocations
from invocations.sending.deliver import deliver
from tests.sending.moves import enter_keys_again

pytestmark = pytest.mark.django_db(transaction=True)
UNKNOWN = Invocation.Status.UNKNOWN


def at_once(count, work):
    """The results of `work` in `count` threads that start at once, each with its own connection."""
    start = Barrier(count)

    def in_a_thread(_):
        try:
            start.wait()
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(in_a_thread, range(count)))


@pytest.mark.parametrize("time", range(3))
def test_fifty_threads_deliver_one_row_once(recorded, receiver, time):
    invocation = recorded()
    made = at_once(50, lambda: deliver(invocation.pk))
    assert sum(made) == 1 and len(receiver.received) == 1
    assert Invocation.objects.get().status == "accepted" and Attempt.objects.count() == 1


def test_of_twenty_checks_at_once_one_is_sent(recorded, receiver):
    invocation = recorded("502")
    deliver(invocation.pk)
    assert sum(at_once(20, lambda: deliver(invocation.pk, starting_from=UNKNOWN))) == 1
    assert len(receiver.received) == 2 and receiver.accepted == [str(invocation.request_id)]


def test_twenty_threads_record_one_row_and_send_it_once(recorded, receiver):
    request_id = Invocation._meta.get_field("request_id").get_default()

    def submit():
        invocation = recorded(request_id=request_id)
        deliver(invocation.pk)
        return invocation.pk

    assert len(set(at_once(20, submit))) == 1
    assert Invocation.objects.count() == 1 and len(receiver.received) == 1


def test_many_workers_and_many_rows_send_each_once(recorded, receiver):
    ids = [recorded().pk for _ in range(20)]
    at_once(6, lambda: [deliver(pk) for pk in ids])
    assert len(receiver.received) == 20 and len(set(receiver.accepted)) == 20


def test_the_attempt_is_visible_to_another_connection_before_its_first_byte_arrives(
    recorded, account
):
    seen = []

    def look(line):
        # The receiver calls it before it answers, in its thread with its own connection.
        seen.extend(Attempt.objects.values_list("invocation__status", "outcome", "number"))
        connection.close()

    with PracticePod(say=look) as pod:
        account.pod.api_domain = pod.api_domain
        account.pod.save()
        enter_keys_again()
        deliver(recorded().pk)
    assert seen == [("sending", "under_way", 1)]


def test_no_transaction_is_open_during_the_request(recorded, monkeypatch):
    open_then = []
    monkeypatch.setattr(
        KaleyraClient, "invoke", lambda *args: open_then.append(connection.in_atomic_block) or 1 / 0
    )
    deliver(recorded().pk)
    assert open_then == [False]


def test_it_cannot_be_delivered_inside_a_transaction(recorded, receiver):
    invocation = recorded()
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        deliver(invocation.pk)
    assert not receiver.received and Invocation.objects.get().status == "queued"


def while_it_is_under_way(monkeypatch, work):
    """Runs `work` after the answer has come and before it is stored."""
    invoke = KaleyraClient.invoke

    def invoke_then_work(*args):
        reply = invoke(*args)
        monkeypatch.setattr(KaleyraClient, "invoke", invoke)
        work()
        return reply

    monkeypatch.setattr(KaleyraClient, "invoke", invoke_then_work)


def test_a_worker_does_not_change_the_next_attempt_after_its_lease(recorded, monkeypatch, receiver):
    invocation = recorded("502")

    def settled_and_checked():
        expiry.settle_interrupted(timezone.now() + 2 * LEASE)
        deliver(invocation.pk, starting_from=UNKNOWN)

    while_it_is_under_way(monkeypatch, settled_and_checked)
    deliver(invocation.pk)
    invocation.refresh_from_db()
    assert (invocation.status, invocation.reason) == ("accepted", "confirmed_by_duplicate")
    assert list(invocation.attempts.values_list("outcome", flat=True)) == ["doubtful", "rejected"]
    assert len(receiver.accepted) == 1


@pytest.mark.parametrize("newer_first", [False, True])
def test_of_two_claims_of_one_row_in_one_round_only_the_newer_is_stored(
    recorded, account, newer_first
):
    invocation = recorded()
    [older] = claim_invocations(account, Invocation.objects.filter(pk=invocation.pk), 1)
    expiry.settle_interrupted(timezone.now() + 2 * LEASE)
    [newer] = claim_invocations(account, Invocation.objects.filter(pk=invocation.pk), 1)
    results = [(older, attempt.handed_back(older)), (newer, attempt.post(newer))]
    store_outcome.store_outcomes(results[::-1] if newer_first else results)
    assert Invocation.objects.get().status == "accepted"
    assert list(invocation.attempts.values_list("reason", flat=True)) == ["interrupted", "accepted"]


def test_a_worker_frozen_beyond_its_lease_sends_nothing_afterwards(recorded, monkeypatch, receiver):
    invocation = recorded()
    client_of, clock = attempt.client_for, time.monotonic

    def frozen(*args):
        expiry.settle_interrupted(timezone.now() + 2 * LEASE)
        monkeypatch.setattr(time, "monotonic", lambda: clock() + 2 * LEASE.total_seconds())
        return client_of(*args)

    monkeypatch.setattr(attempt, "client_for", frozen)
    deliver(invocation.pk)
    assert not receiver.received and Invocation.objects.get().status == "unknown"


def test_a_database_that_fails_after_the_post_leaves_a_row_that_is_settled_later(
    recorded, monkeypatch, receiver
):
    invocation = recorded()
    monkeypatch.setattr(store_outcome, "store_outcomes", lambda *args: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        deliver(invocation.pk)
    monkeypatch.undo()
    assert Invocation.objects.get().status == "sending"
    assert expiry.settle_interrupted(timezone.now() + timedelta(minutes=2)) == 1
    deliver(invocation.pk, starting_from=UNKNOWN)
    assert Invocation.objects.get().status == "accepted" and receiver.accepted == [
        str(invocation.request_id)
    ]


def test_one_worker_settles_the_attempt_of_a_late_one_without_a_deadlock(recorded, monkeypatch):
    """Both lock the row and its attempt in the same order; otherwise there would be a deadlock."""
    for _ in range(5):
        made = _delivered_while_another_settles_it(recorded(), monkeypatch)
        assert (made.invocation.status, made.outcome) in {
            ("accepted", "accepted"),
            ("unknown", "doubtful"),
        }


def _delivered_while_another_settles_it(invocation, monkeypatch):
    finished = Barrier(2)
    invoke = KaleyraClient.invoke
    with monkeypatch.context() as patch:
        patch.setattr(KaleyraClient, "invoke", lambda *args: (invoke(*args), finished.wait())[0])

        def settle():
            finished.wait()
            expiry.settle_interrupted(timezone.now() + 2 * LEASE)

        tasks = [lambda: deliver(invocation.pk), settle]
        at_once(2, lambda: tasks.pop()())
    return Attempt.objects.select_related("invocation").get(invocation=invocation)


def test_the_posted_body_is_json_with_the_id_of_the_row(recorded, receiver):
    invocation = recorded()
    deliver(invocation.pk)
    assert json.loads(receiver.received[0].body)["requestId"] == str(invocation.request_id)


def test_a_batch_takes_as_many_queries_as_one_message(recorded, account):
    def queries(count):
        for _ in range(count):
            recorded()
        with CaptureQueriesContext(connection) as captured:
            claims = claim_invocations(account, Invocation.objects.filter(status="queued"), count)
            store_outcome.store_outcomes([(claim, attempt.post(claim)) for claim in claims])
        assert len(claims) == count
        # SQLite has one UPDATE for each row.
        return [query["sql"] for query in captured if not query["sql"].startswith("UPDATE")]

    Account.objects.update(sends_per_second=1000)
    queries(1)  # rows that are made once
    assert len(queries(9)) == len(queries(2))
