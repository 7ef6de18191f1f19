"""Which rows are due, and what one round of the dispatcher does with them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from invocations.kaleyra.connection import NoAnswer, NotSent
from invocations.models import Account, Attempt, Invocation, WorkflowInstance
from invocations.monitoring.sweep import run_once, sweep
from invocations.sending import attempt, pause, rate_limit
from invocations.sending.deliver import deliver
from invocations.sending.dispatcher import Dispatcher
from invocations.sending.due import accounts_with_work, claim_due
from invocations.sending.record import GRACE
from invocations.sending.turns import Turns

from .rows import statuses

pytestmark = pytest.mark.django_db(transaction=True)

SECOND = timedelta(seconds=1)


# --- what is due ----------------------------------------------------------------------------------


def due_ids(account):
    """The keys of the account's messages that are due, in the order in which they are claimed."""
    turns = Turns.of_due(account)
    return [row.pk for rows in (*turns.first, turns.queue) for row in rows]


def test_a_row_that_its_request_did_not_deliver_is_due_after_the_grace_period(recorded, account):
    invocation = recorded()
    assert not due_ids(account)
    Invocation.objects.update(due_at=invocation.due_at - GRACE)
    assert due_ids(account) == [invocation.pk]
    assert accounts_with_work() == [account]


def test_the_row_that_is_due_longest_comes_first(waiting, account):
    later = waiting(due_at=timezone.now() - SECOND)
    sooner = waiting(due_at=timezone.now() - 5 * SECOND)
    assert due_ids(account) == [sooner, later]


@pytest.mark.parametrize("status", sorted(set(Invocation.Status) - {"queued", "unknown"}))
def test_only_a_waiting_row_is_due(waiting, account, status):
    waiting(status=status, lease_until=timezone.now() + SECOND)
    assert not due_ids(account) and accounts_with_work() == []


@pytest.mark.parametrize("paused", [Account, WorkflowInstance])
def test_a_round_skips_a_paused_account_and_a_paused_workflow(waiting, receiver, paused):
    waiting()
    paused.objects.update(is_paused=True)
    assert run_once() == 0 and not receiver.received and not Attempt.objects.exists()


def test_a_round_skips_an_account_that_must_wait(waiting, account, receiver):
    waiting()
    account.pace = rate_limit.Pace.objects.create(
        account=account, wait_until=timezone.now() + 30 * SECOND
    )
    assert run_once() == 0 and not receiver.received


# --- a round --------------------------------------------------------------------------------------


def test_a_round_delivers_what_is_due(waiting, receiver):
    waiting()
    waiting("400")
    assert run_once() == 2 and statuses() == ["accepted", "rejected"]
    assert run_once() == 0 and len(receiver.received) == 2


def test_many_rows_are_sent_once_each_with_their_bytes(waiting, account, receiver):
    Account.objects.update(sends_per_second=1000)
    ids = [waiting() for _ in range(60)]
    assert run_once(width=8) == 60
    assert len(receiver.received) == len(set(receiver.accepted)) == 60
    sent = {item.body.decode() for item in receiver.received}
    assert sent == {row.payload for row in Invocation.objects.filter(pk__in=ids)}


def test_two_dispatchers_share_the_work(waiting, receiver):
    Account.objects.update(sends_per_second=1000)
    for _ in range(20):
        waiting()
    first, second = claim_due(12), claim_due(12)
    ours = [claim.invocation.pk for claim in first + second]
    assert len(first) == 12 and len(second) == 8 and len(set(ours)) == 20


def test_a_round_takes_over_the_rows_of_a_dispatcher_that_died(waiting, receiver):
    waiting()
    assert len(claim_due(5)) == 1  # by a dispatcher that then dies
    assert run_once() == 0 and statuses() == ["sending"]
    Invocation.objects.update(lease_until=timezone.now() - SECOND)
    assert run_once() == 2 and statuses() == ["accepted"]
    outcomes = Attempt.objects.order_by("number").values_list("outcome", flat=True)
    assert list(outcomes) == ["doubtful", "accepted"]


def test_a_stopped_dispatcher_hands_back_claims_it_did_not_start(waiting, receiver):
    waiting()
    dispatcher = Dispatcher(sweep, width=1)
    dispatcher.stop()
    dispatcher._enqueue(claim_due(5))
    dispatcher.run()
    assert statuses() == ["queued"] and not receiver.received
    assert Attempt.objects.get().reason == "handed_back" and Invocation.objects.get().due_at
    assert run_once() == 1 and statuses() == ["accepted"]


def test_an_account_that_must_wait_stops_the_rest_of_a_batch(waiting, kaleyra_says, account):
    Account.objects.update(sends_per_second=1000)
    kaleyra_says(429, retry_after="30")
    for _ in range(30):
        waiting()
    run_once(width=2)
    assert set(statuses()) == {"queued"}
    posted_at_that_moment = Attempt.objects.filter(reason="asked_to_wait").count()
    assert posted_at_that_moment <= 4
    assert account.pace.wait_until > timezone.now() + 20 * SECOND


def claimed_ahead(waiting, count=30):
    """A dispatcher of one thread, with claims that it has not posted yet."""
    Account.objects.update(sends_per_second=1000)
    for _ in range(count):
        waiting()
    dispatcher = Dispatcher(sweep, width=1)
    dispatcher._enqueue(claim_due(count))
    return dispatcher


@pytest.mark.parametrize("failure", [503, NotSent("refused"), NoAnswer("timeout")])
def test_what_is_claimed_is_handed_back_once_the_circuit_opens(waiting, kaleyra_says, failure):
    dispatcher = claimed_ahead(waiting)
    kaleyra_says(failure)
    dispatcher.run(until_idle=True)
    reasons = list(Attempt.objects.values_list("reason", flat=True))
    assert reasons.count("handed_back") == 30 - rate_limit.FAILURES
    unposted = Invocation.objects.filter(attempts__reason="handed_back")
    assert set(unposted.values_list("status", "doubt_count")) == {("queued", 0)}


STOPS = {
    "circuit": lambda: rate_limit.Pace.objects.update(failures=rate_limit.FAILURES),
    "wait": lambda: rate_limit.Pace.objects.update(wait_until=timezone.now() + 60 * SECOND),
    "account": lambda: Account.objects.update(is_paused=True),
    "workflow": lambda: WorkflowInstance.objects.update(is_paused=True),
}


@pytest.mark.parametrize("stop", STOPS)
def test_what_is_claimed_is_handed_back_once_another_process_stops_it(waiting, receiver, stop):
    dispatcher = claimed_ahead(waiting)
    STOPS[stop]()
    dispatcher._look_for_stops()
    claims = [dispatcher._claimed.get() for _ in range(30)]
    results = [dispatcher._result(claim, None) for claim in claims]
    assert {result.reason for result in results} == {"handed_back"} and not receiver.received


# --- the set-up -----------------------------------------------------------------------------------


def test_an_answer_not_yet_stored_is_stored_before_the_sweep(waiting, account, monkeypatch):
    """After an outage of the database that outlasts the lease, the sweep settles no such row."""
    waiting()
    dispatcher = Dispatcher(sweep)
    [claim] = claim_due(1)
    dispatcher._unwritten = [(claim, attempt.post(claim))]
    Invocation.objects.update(lease_until=timezone.now() - SECOND)
    dispatcher._turn()
    assert statuses() == ["accepted"]


# --- the kill switch ------------------------------------------------------------------------------


def test_nothing_is_sent_while_everything_is_stopped(waiting, recorded, receiver):
    waiting()
    pause.stop_everything("wrong text", None)
    assert run_once() == 0 and not deliver(recorded().pk)
    assert not receiver.received and not Attempt.objects.exists()
    pause.resume_everything(None)
    assert run_once() == 1
