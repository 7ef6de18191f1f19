"""A number is found in a batch before its rows are messages."""

from __future__ import annotations

import uuid

import pytest

from invocations.batches.control import cancel, pause
from invocations.batches.feed import feed_due
from invocations.batches.finding import unfed_rows
from invocations.history.filters import narrow, values_in
from invocations.models import Batch, Invocation
from invocations.models.recipients import phone_digests, sent_to
from tests.batches.built import cells_of, checked_batch, running_batch

pytestmark = pytest.mark.django_db

CELLS = cells_of(100)


def _found(number: str) -> list[int]:
    return [found.row for found in unfed_rows(phone_digests(number), Batch.objects.all())]


def test_a_number_is_found_until_its_row_is_fed_and_then_as_a_message(workflow):
    batch = running_batch(workflow, CELLS, part_rows=40)
    number, late = CELLS[20][0], CELLS[90][0]
    assert (_found(number), _found(late)) == ([22], [92])
    feed_due()
    assert (_found(number), _found(late)) == ([], [92])
    assert Invocation.objects.get(sent_to(number)).batch == batch


def test_each_row_to_the_number_is_found(workflow):
    running_batch(workflow, [*CELLS, CELLS[5], CELLS[5]], part_rows=40)
    assert _found(CELLS[5][0]) == [7, 102, 103]


def test_another_number_is_not_found(workflow):
    running_batch(workflow, CELLS)
    assert _found("919999999999") == []


def test_rows_that_are_left_out_are_not_found(workflow):
    running_batch(workflow, CELLS, left_out=[22])
    assert _found(CELLS[20][0]) == []


def test_a_paused_batch_is_searched_and_one_that_has_ended_is_not(workflow):
    batch = running_batch(workflow, CELLS)
    pause(batch, None)
    assert _found(CELLS[20][0]) == [22]
    cancel(batch, None)
    assert _found(CELLS[20][0]) == []


def test_a_batch_that_was_not_started_is_not_searched(workflow):
    checked_batch(workflow, CELLS)
    assert _found(CELLS[20][0]) == []


# --- the history ----------------------------------------------------------------------------------


def test_the_history_is_filtered_by_batch(workflow, recorded):
    batch = running_batch(workflow, 3)
    feed_due()
    recorded()
    values = values_in(f"batch={batch.uid}")
    assert narrow(Invocation.objects.all(), values).count() == 3
    assert narrow(Invocation.objects.all(), {"batch": batch}).count() == 3


def test_a_stored_filter_by_a_batch_that_is_gone_finds_nothing(recorded):
    recorded()
    values = values_in(f"batch={uuid.uuid4()}")
    assert not narrow(Invocation.objects.all(), values).exists()
