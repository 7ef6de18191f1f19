"""Failed rows are sent again as a new batch: never one that may have arrived, and none twice."""

from __future__ import annotations

import pytest
from django.utils import timezone

from invocations.batches.again import NotEnded, send_again_failed, send_rest
from invocations.batches.checking import check_now
from invocations.batches.control import cancel
from invocations.batches.feed import feed_due
from invocations.batches.parts import unpack
from invocations.batches.start import start
from invocations.models import Account, Batch, Invocation, TrailRow
from invocations.sending.record import NotSendable
from tests.batches.built import running_batch

pytestmark = pytest.mark.django_db
State = Batch.State

OUTCOMES = {
    2: {"status": "accepted", "delivery": "completed", "deciding_channel": 1},
    3: {"status": "rejected"},
    4: {"status": "accepted", "delivery": "completed", "deciding_channel": 0},
    5: {"status": "unknown"},
    6: {"status": "accepted", "delivery": "awaiting", "result_due_at": timezone.now()},
    7: {"status": "accepted", "delivery": "no_result"},
    8: {"status": "expired"},
    9: {"status": "cancelled"},
    10: {"status": "rejected", "delivery": "completed"},
    11: {"status": "accepted"},
}


@pytest.fixture
def batch(workflow):
    Account.objects.update(sends_per_second=1000)
    batch = running_batch(workflow, 10, part_rows=3)
    feed_due()
    for row, columns in OUTCOMES.items():
        final = {"due_at": None, "final_at": timezone.now()}
        Invocation.objects.filter(batch_row=row).update(**(final | columns))
    feed_due()
    batch.refresh_from_db()
    return batch


def _rows(batch: Batch) -> list[int]:
    return [row.number for part in batch.parts.all() for row in unpack(part.content)]


def _started(batch: Batch) -> Batch:
    """After its check."""
    assert check_now(batch)
    assert start(batch, None)
    return batch


def test_only_what_certainly_did_not_arrive_is_sent_again(batch):
    again = send_again_failed(batch, None)
    assert _rows(again) == [3, 4, 8]
    assert (again.state, again.again_from, again.rows) == (State.CHECKING, batch, 3)
    assert again.columns == batch.columns


def test_each_row_names_the_message_that_it_repeats(batch):
    again = _started(send_again_failed(batch, None))
    assert feed_due() == 3
    for row in Invocation.objects.filter(batch=again):
        assert row.sent_again_from == Invocation.objects.get(batch=batch, batch_row=row.batch_row)


def test_a_second_click_gets_the_same_batch(batch):
    again = send_again_failed(batch, None)
    assert send_again_failed(batch, None) == again
    assert Batch.objects.filter(again_from=batch).count() == 1
    assert TrailRow.objects.filter(verb="batch_sent_again", about_id=str(again.pk)).count() == 1


def test_a_row_whose_result_came_meanwhile_is_not_sent_again(batch):
    again = _started(send_again_failed(batch, None))
    Invocation.objects.filter(batch=batch, batch_row=4).update(deciding_channel=2)
    assert feed_due() == 2
    again.refresh_from_db()
    assert (again.fed, again.left_out) == (2, 1)


def test_a_row_that_a_person_has_sent_again_is_not_sent_again(batch, recorded):
    again = _started(send_again_failed(batch, None))
    recorded(sent_again_from=Invocation.objects.get(batch=batch, batch_row=3))
    assert feed_due() == 2
    assert not Invocation.objects.filter(batch=again, batch_row=3).exists()


def test_what_was_sent_again_is_not_offered_again(batch):
    again = _started(send_again_failed(batch, None))
    feed_due()
    Invocation.objects.filter(batch=again).update(status="accepted", due_at=None)
    feed_due()
    with pytest.raises(NotSendable) as refused:
        send_again_failed(batch, None)
    assert refused.value.code == "no_rows"


def test_who_may_not_send_the_workflow_may_not_send_again(batch, rosa):
    with pytest.raises(NotSendable):
        send_again_failed(batch, rosa.person)


def test_the_rest_of_a_cancelled_batch_becomes_a_new_one(workflow):
    batch = running_batch(workflow, 100, left_out=[101])
    feed_due()
    Invocation.objects.filter(batch_row__lte=6).update(status="accepted", due_at=None)
    with pytest.raises(NotEnded):
        send_rest(batch, None)
    cancel(batch, None)
    again = send_rest(batch, None)
    assert _rows(again) == list(range(7, 101))


def test_many_rows_are_left_to_a_process_before_one_is_checked(batch, monkeypatch):
    monkeypatch.setattr("invocations.batches.checking.SMALL_ROWS", 1)
    again = send_again_failed(batch, None)
    fence = again.fence
    assert not check_now(again)
    again.refresh_from_db()
    assert (again.state, again.fence) == (State.CHECKING, fence)
