"""Pause, resume and cancel: nothing of the batch leaves after them, and nothing is lost."""

from __future__ import annotations

import pytest

from invocations.batches.control import cancel, pause, resume
from invocations.batches.feed import feed_due
from invocations.models import Account, Batch, Channel, Invocation, TrailRow
from invocations.monitoring.sweep import run_once, sweep
from invocations.sending.dispatcher import Dispatcher
from invocations.sending.due import accounts_with_work, claim_due
from invocations.sending.record import NotSendable
from tests.batches.built import cells_of, running_batch

pytestmark = pytest.mark.django_db(transaction=True)
State = Batch.State


def _statuses() -> list[str]:
    return sorted(Invocation.objects.values_list("status", flat=True))


def test_a_paused_batch_feeds_and_sends_nothing(workflow, receiver):
    batch = running_batch(workflow, 100)
    feed_due()
    assert pause(batch, None) and not pause(batch, None)
    assert run_once(width=2) == 0
    assert _statuses() == ["queued"] * 30
    assert not accounts_with_work()
    assert not receiver.received


def test_a_resumed_batch_sends_each_row_once(workflow, receiver):
    Account.objects.update(sends_per_second=1000)
    batch = running_batch(workflow, 40)
    assert feed_due() == 40
    pause(batch, None)
    assert resume(batch, None) and not resume(batch, None)
    told = TrailRow.objects.filter(about_kind="batch").order_by("id")
    assert list(told.values_list("verb", flat=True))[-2:] == ["batch_paused", "batch_resumed"]
    run_once(width=4)
    batch.refresh_from_db()
    assert batch.state == State.DONE
    assert len(receiver.received) == 40
    assert _statuses() == ["accepted"] * 40


def test_singles_leave_while_a_batch_is_paused(workflow, waiting, receiver):
    batch = running_batch(workflow, 10)
    feed_due()
    pause(batch, None)
    single = waiting()
    assert run_once(width=1) == 1
    assert Invocation.objects.get(pk=single).status == "accepted"
    assert len(receiver.received) == 1


def test_what_is_claimed_is_handed_back_once_its_batch_is_paused(workflow, waiting, receiver):
    Account.objects.update(sends_per_second=1000)
    batch = running_batch(workflow, 10)
    feed_due()
    dispatcher = Dispatcher(sweep, width=1)
    dispatcher._enqueue(claim_due(10))
    pause(batch, None)
    dispatcher._look_for_stops()
    results = [dispatcher._result(dispatcher._claimed.get(), None) for _ in range(10)]
    assert {result.reason for result in results} == {"handed_back"}
    assert not receiver.received


def test_a_message_in_doubt_is_still_asked_about_while_its_batch_is_paused(workflow, receiver):
    batch = running_batch(workflow, cells_of(1))
    feed_due()
    Invocation.objects.update(status="unknown", doubtful_since=batch.started_at, doubt_count=1)
    pause(batch, None)
    run_once(width=1)
    assert _statuses() == ["accepted"]


def test_a_batch_whose_workflow_has_changed_is_not_resumed(workflow):
    batch = running_batch(workflow)
    pause(batch, None)
    Channel.objects.filter(position=1).update(template_text="Hi {{1}}")
    with pytest.raises(NotSendable) as refused:
        resume(batch, None)
    assert refused.value.code == "version"
    Channel.objects.filter(position=1).update(template_text="Hello {{1}}")
    assert resume(batch, None)


def test_who_may_not_send_the_workflow_may_not_resume_it(workflow, rosa):
    batch = running_batch(workflow)
    pause(batch, None)
    with pytest.raises(NotSendable):
        resume(batch, rosa.person)


@pytest.mark.parametrize("first", [None, pause])
def test_cancelled_rows_never_leave_and_those_on_their_way_go_on(workflow, ada, first):
    batch = running_batch(workflow, 100)
    feed_due()
    claim_due(5)
    if first:
        first(batch, None)
    assert cancel(batch, ada.person) and not cancel(batch, ada.person)
    assert _statuses() == ["cancelled"] * 25 + ["sending"] * 5
    assert feed_due() == 0
    cancelled = Invocation.objects.filter(status="cancelled")
    assert set(cancelled.values_list("cancelled_by", "reason")) == {(ada.person.pk, "cancelled")}
    assert batch.ended_at


@pytest.mark.parametrize("status", ["queued", "held"])
def test_a_row_that_comes_back_after_the_cancellation_is_cancelled(workflow, status, receiver):
    """Of a 429, or of a dispatcher that was stopped before it posted."""
    batch = running_batch(workflow, 3)
    feed_due()
    claim_due(1)
    cancel(batch, None)
    came_back = {"status": status, "due_at": batch.started_at, "lease_until": None}
    Invocation.objects.filter(status="sending").update(**came_back)
    assert claim_due(10) == []
    run_once(width=1)
    assert _statuses() == ["cancelled"] * 3
    assert not receiver.received


def test_what_is_claimed_is_handed_back_once_its_batch_is_cancelled(workflow, receiver):
    batch = running_batch(workflow, 3)
    feed_due()
    dispatcher = Dispatcher(sweep, width=1)
    dispatcher._enqueue(claim_due(3))
    cancel(batch, None)
    dispatcher._look_for_stops()
    assert dispatcher._result(dispatcher._claimed.get(), None).reason == "handed_back"
    assert not receiver.received


def test_other_batches_go_on_when_one_is_cancelled(workflow):
    batch, other = running_batch(workflow, 10), running_batch(workflow, 10)
    feed_due()
    cancel(batch, None)
    assert set(Invocation.objects.filter(batch=other).values_list("status")) == {("queued",)}
