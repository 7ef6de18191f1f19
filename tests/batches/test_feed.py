"""Rows are fed just ahead of need, once, and as a single message would be recorded."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import OperationalError
from django.utils import timezone

from invocations.batches import feed
from invocations.batches.columns import ColumnMap
from invocations.batches.feed import feed_due
from invocations.batches.part_found import unpack
from invocations.batches.request_ids import RequestIds
from invocations.kaleyra.payload import Send
from invocations.models import (
    Account,
    Batch,
    Channel,
    Invocation,
    Parameter,
    SearchableValue,
    WorkflowInstance,
)
from invocations.models.invocations import sends_in
from invocations.sending import pause
from tests.batches.built import cells_of, running_batch

pytestmark = pytest.mark.django_db
State = Batch.State


def _fed(batch: Batch) -> list[int | None]:
    rows = Invocation.objects.filter(batch=batch).order_by("batch_row")
    return list(rows.values_list("batch_row", flat=True))


def _dies(messages: object) -> None:
    raise OperationalError


def test_a_batch_that_cannot_be_fed_is_paused_and_others_go_on(workflow):
    broken, other = running_batch(workflow, 3), running_batch(workflow, 3)
    broken.parts.update(content=other.parts.get().__dict__["content"])
    assert feed_due() == 3
    broken.refresh_from_db()
    assert (broken.state, broken.paused_because) == (State.PAUSED, "unreadable")


def test_a_row_becomes_the_message_that_a_single_would_be(workflow, recorded):
    batch = running_batch(workflow, 1)
    assert feed_due() == 1
    row, single = Invocation.objects.get(batch=batch), recorded("202")
    assert sends_in(row) == [Send("919800000202", {"01": "Asha 0"})] * 2
    assert row.request_id == RequestIds(batch).of(2)
    assert str(row.request_id) in row.payload
    for column in ("workflow_instance_id", "account_id", "target_id", "version_id", "status"):
        assert getattr(row, column) == getattr(single, column)
    assert row.recipient_hint == "+91 ••••• •0202"
    assert not row.comes_first


def test_three_seconds_of_the_pace_are_fed_at_most(workflow):
    batch = running_batch(workflow, 100)
    assert feed_due() == 30
    assert feed_due() == 0
    Invocation.objects.filter(batch_row__lte=11).update(status="accepted", due_at=None)
    assert feed_due() == 10
    assert _fed(batch) == list(range(2, 42))


def test_five_hundred_rows_are_fed_at_most(workflow, monkeypatch):
    Account.objects.update(sends_per_second=1000)
    running_batch(workflow, 600)
    sizes = []
    insert = feed._insert
    monkeypatch.setattr(feed, "_insert", lambda rows: (sizes.append(len(rows.rows)), insert(rows)))
    assert feed_due() == 500
    assert max(sizes) <= 200


def test_a_turn_ends_in_time_and_the_next_goes_on(workflow, monkeypatch):
    running_batch(workflow, 30, part_rows=5)
    monkeypatch.setattr(feed, "LONGEST_TURN", 0.0)
    assert feed_due() == 0
    monkeypatch.setattr(feed, "LONGEST_TURN", 1.0)
    turns = iter([0.0, 0.5, 2.0])
    monkeypatch.setattr(feed.time, "monotonic", lambda: next(turns))
    assert feed_due() == 5
    monkeypatch.undo()
    assert feed_due() == 25


def test_rows_at_fault_and_left_out_are_never_fed(workflow):
    batch = running_batch(workflow, 6, part_rows=2, bad=[3], left_out=[4, 5])
    feed_due()
    assert _fed(batch) == [2, 6, 7]
    batch.refresh_from_db()
    assert (batch.fed, batch.next_part) == (3, 3)


def test_a_batch_is_done_once_its_last_row_has_left(workflow):
    batch = running_batch(workflow, 2)
    feed_due()
    feed_due()
    batch.refresh_from_db()
    assert batch.state == State.RUNNING
    Invocation.objects.update(status="accepted", due_at=None)
    feed_due()
    batch.refresh_from_db()
    assert (batch.state, batch.fed) == (State.DONE, 2)
    assert batch.ended_at


def test_nothing_is_fed_before_its_time(workflow):
    running_batch(workflow, not_before=timezone.now() + timedelta(hours=1))
    assert feed_due() == 0


def test_the_rest_expires_with_the_batch(workflow):
    batch = running_batch(workflow, 100, not_after=timezone.now() + timedelta(hours=1))
    feed_due()
    assert {row.not_after for row in Invocation.objects.all()} == {batch.not_after}
    Batch.objects.update(not_after=timezone.now())
    assert feed_due() == 0
    batch.refresh_from_db()
    assert (batch.state, batch.fed) == (State.EXPIRED, 30)


def test_while_everything_is_stopped_nothing_is_fed(workflow):
    running_batch(workflow)
    pause.stop_everything("a test", None)
    assert feed_due() == 0


@pytest.mark.parametrize("model", [Account, WorkflowInstance])
def test_a_pause_of_account_or_workflow_feeds_nothing(workflow, model):
    running_batch(workflow)
    model.objects.update(is_paused=True)
    assert feed_due() == 0


def test_batches_of_one_account_take_turns_evenly(workflow):
    first, second = (running_batch(workflow, 100) for _ in range(2))
    assert feed_due() == 30
    order = Invocation.objects.order_by("due_at", "id").values_list("batch", flat=True)
    places = list(order)[:10]
    assert {places.count(first.pk), places.count(second.pk)} == {5}


def test_a_pace_of_its_own_caps_the_share_of_a_batch(workflow):
    slow, fast = running_batch(workflow, 100, per_second=2), running_batch(workflow, 100)
    feed_due()
    assert (len(_fed(slow)), len(_fed(fast))) == (6, 24)
    due = list(Invocation.objects.filter(batch=slow).order_by("due_at"))
    steps = {later.due_at - row.due_at for row, later in pairwise(due)}
    assert steps == {timedelta(seconds=0.5)}


def test_a_capped_batch_never_catches_up(workflow):
    batch = running_batch(workflow, 100, per_second=2)
    feed_due()
    Invocation.objects.update(status="accepted", due_at=None)
    before = timezone.now()
    feed_due()
    next_due = Invocation.objects.filter(batch=batch, status="queued").earliest("due_at").due_at
    assert next_due >= before + timedelta(seconds=0.5)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda: WorkflowInstance.objects.update(is_active=False), "inactive"),
        (lambda: WorkflowInstance.objects.update(stage="draft"), "stage"),
        (lambda: Channel.objects.filter(position=2).update(template_text="Hi {#var#}"), "version"),
        (lambda: Batch.objects.update(is_practice=False), "kind"),
    ],
)
def test_a_batch_pauses_once_its_check_does_not_hold(workflow, change, code):
    batch = running_batch(workflow)
    change()
    assert feed_due() == 0
    batch.refresh_from_db()
    assert (batch.state, batch.paused_because) == (State.PAUSED, code)


def test_what_the_gate_refuses_is_left_out_and_said(workflow):
    batch = running_batch(workflow, [*cells_of(1), ["12", "Asha"], *cells_of(1, "203")])
    assert feed_due() == 2
    batch.refresh_from_db()
    assert (batch.fed, batch.left_out, batch.bad_rows) == (2, 1, 1)
    assert unpack(batch.parts.get().found).faults[3][0].code == "too_short"


def test_two_dispatchers_that_feed_at_once_feed_each_row_once(workflow, monkeypatch):
    batch = running_batch(workflow, 10)
    move = feed._move

    def after_another(*step):
        monkeypatch.setattr(feed, "_move", move)
        assert feed_due() == 10
        return move(*step)

    monkeypatch.setattr(feed, "_move", after_another)
    assert feed_due() == 0
    assert _fed(batch) == list(range(2, 12))


def test_a_feed_that_dies_in_its_transaction_is_done_again_with_the_same_ids(workflow, monkeypatch):
    batch = running_batch(workflow, 3)
    expected = {RequestIds(batch).of(row) for row in (2, 3, 4)}
    with monkeypatch.context() as patch:
        patch.setattr(feed, "_insert", _dies)
        with pytest.raises(OperationalError):
            feed_due()
    assert _fed(batch) == []
    assert feed_due() == 3
    assert set(Invocation.objects.values_list("request_id", flat=True)) == expected


def test_values_that_are_marked_searchable_are_stored(workflow):
    channel = workflow.channels.get(position=1)
    Parameter.objects.create(channel=channel, key="01", label="Name", is_searchable=True)
    running_batch(workflow, 3)
    feed_due()
    assert SearchableValue.objects.count() == 3


def test_the_ticket_of_the_row_wins_over_that_of_the_batch(workflow):
    columns = ColumnMap(("recipient", "01", "reference"))
    cells = [["919876543202", "Asha", "CARE-1"], ["919876544202", "Ravi", ""]]
    batch = running_batch(workflow, cells, columns=columns)
    Batch.objects.update(reference="CARE-9")
    feed_due()
    rows = Invocation.objects.filter(batch=batch).order_by("batch_row")
    assert [row.reference for row in rows] == ["CARE-1", "CARE-9"]
