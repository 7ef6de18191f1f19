"""The counts of a batch are those of its rows, whether its parts are frozen or not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from invocations.batches.control import cancel, pause
from invocations.batches.feed import feed_due
from invocations.batches.part_counts import counts_of, freeze_parts
from invocations.batches.progress import progress_of
from invocations.models import Account, Batch, Heartbeat, Invocation, Pace
from invocations.sending import rate_limit
from tests.batches.built import running_batch

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def sender():
    return Heartbeat.objects.create(pk=1, at=timezone.now())


@pytest.fixture
def batch(workflow):
    """Ten rows in parts of three, two of them left out; all others are fed."""
    batch = running_batch(workflow, 10, part_rows=3, bad=[4], left_out=[5])
    feed_due()
    batch.refresh_from_db()
    return batch


def _becomes(rows: list[int], **columns: object) -> None:
    final = {"due_at": None, "final_at": timezone.now()}
    Invocation.objects.filter(batch_row__in=rows).update(**(final | columns))


def test_a_running_batch_is_counted_by_status_delivery_and_channel(batch):
    _becomes([2], status="accepted", delivery="completed", deciding_channel=2)
    _becomes([3], status="accepted", delivery="completed", deciding_channel=0)
    _becomes([6], status="accepted", delivery="awaiting", result_due_at=timezone.now())
    _becomes([7], status="rejected")
    _becomes([8], status="unknown")
    progress = progress_of(batch)
    assert (progress.rows, progress.left_out, progress.fed, progress.unfed) == (10, 2, 8, 0)
    assert (progress.delivered, progress.not_delivered, progress.awaited) == (1, 1, 1)
    assert progress.by_status == {"accepted": 3, "rejected": 1, "unknown": 1, "queued": 3}
    assert (progress.waiting, progress.done, progress.is_over) == (3, 5, False)


def test_rows_that_are_not_fed_are_counted(workflow):
    batch = running_batch(workflow, 100)
    feed_due()
    progress = progress_of(batch)
    assert (progress.fed, progress.unfed, progress.waiting) == (30, 70, 100)
    assert progress.seconds_left == 10


def test_no_time_is_left_to_tell_while_the_account_cannot_be_reached(workflow):
    batch = running_batch(workflow, 100)
    pace, _created = Pace.objects.get_or_create(account=workflow.account)
    pace.failures, pace.wait_until = rate_limit.FAILURES, timezone.now()
    pace.save()
    assert progress_of(batch).seconds_left is None


def test_no_time_is_left_to_tell_while_nobody_sends(workflow, sender):
    batch = running_batch(workflow, 100)
    sender.delete()
    assert progress_of(batch).seconds_left is None


def test_the_time_left_follows_the_share_of_the_pace(workflow):
    batch = running_batch(workflow, 100)
    running_batch(workflow, 100)
    assert progress_of(batch).seconds_left == 20


def test_a_paused_batch_has_no_time_left(workflow):
    batch = running_batch(workflow, 100)
    pause(batch, None)
    assert progress_of(batch).seconds_left is None


def test_what_was_cancelled_unfed_is_counted_as_cancelled(workflow):
    batch = running_batch(workflow, 100)
    feed_due()
    cancel(batch, None)
    progress = progress_of(batch)
    assert (progress.cancelled, progress.waiting, progress.done) == (100, 0, 100)
    assert progress.is_over


def test_a_part_whose_rows_are_all_final_is_counted_once(batch):
    _becomes([2, 3], status="accepted")
    freeze_parts(timezone.now())
    assert [part.counts is not None for part in batch.parts.all()] == [True, False, False, False]
    with CaptureQueriesContext(connection) as queries:
        counts = counts_of(batch)
    assert sum(counts.values()) == 8
    assert counts["accepted", "", None] == 2
    assert len(queries) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"status": "rejected", "reason": "settled_not_delivered"},
        {"delivery": "completed", "deciding_channel": 1},
    ],
)
def test_a_change_after_the_freeze_is_counted(batch, change):
    _becomes([2, 3], status="unknown")
    freeze_parts(timezone.now())
    before = counts_of(batch)
    Invocation.objects.filter(batch_row=2).update(**change)
    assert counts_of(batch) != before
    assert freeze_parts(timezone.now()) == 1
    assert sum(counts_of(batch).values()) == 8


def test_a_result_that_is_awaited_keeps_a_part_open(batch):
    due = {"result_due_at": timezone.now()}
    _becomes([2, 3], status="accepted", delivery="awaiting", **due)
    assert freeze_parts(timezone.now()) == 0


def test_an_unfed_part_is_not_frozen(workflow):
    Account.objects.update(sends_per_second=1)
    running_batch(workflow, 10, part_rows=3)
    feed_due()
    Invocation.objects.update(status="accepted", due_at=None, final_at=timezone.now())
    Batch.objects.update(next_part=0, next_row=2)
    assert freeze_parts(timezone.now()) == 0


def test_a_batch_that_is_to_begin_later_has_no_time_left(workflow):
    batch = running_batch(workflow, not_before=timezone.now() + timedelta(hours=1))
    assert progress_of(batch).seconds_left is None
