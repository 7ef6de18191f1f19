"""Several processes at once, on a real database: one start, one feed, one pause."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from invocations.batches.again import send_again_failed
from invocations.batches.control import cancel, pause
from invocations.batches.feed import feed_due
from invocations.batches.start import start
from invocations.models import Account, Batch, Invocation
from invocations.sending.due import claim_due
from tests.batches.built import checked_batch, running_batch

pytestmark = pytest.mark.django_db(transaction=True)
State = Batch.State


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """What the works return, each in a thread of its own that begins with the others."""
    barrier = threading.Barrier(len(works))
    results: list[Any] = [None] * len(works)

    def run(place: int, work: Callable[[], Any]) -> None:
        try:
            barrier.wait()
            results[place] = work()
        except Exception as error:
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_of_many_clicks_on_start_one_starts_it(workflow):
    batch = checked_batch(workflow)

    def click() -> bool:
        return start(Batch.objects.get(pk=batch.pk), None)

    assert sorted(at_once(*[click] * 6)) == [False] * 5 + [True]


def test_dispatchers_that_feed_at_once_feed_each_row_once(workflow):
    Account.objects.update(sends_per_second=1000)
    batch = running_batch(workflow, 400, part_rows=70)
    fed = at_once(*[feed_due] * 4)
    while feed_due():
        pass
    rows = list(Invocation.objects.values_list("batch_row", flat=True))
    batch.refresh_from_db()
    assert not [error for error in fed if isinstance(error, Exception)]
    assert sorted(rows) == list(range(2, 402))
    assert batch.fed == 400


def test_a_cancel_beside_feeds_and_claims_leaves_nothing_in_the_queue(workflow):
    Account.objects.update(sends_per_second=1000)
    batch = running_batch(workflow, 400, part_rows=70)
    results = at_once(feed_due, feed_due, lambda: claim_due(20), lambda: cancel(batch, None))
    assert not [error for error in results if isinstance(error, Exception)]
    assert feed_due() == 0
    batch.refresh_from_db()
    statuses = set(Invocation.objects.values_list("status", flat=True))
    assert statuses <= {"cancelled", "sending"}
    assert batch.fed == Invocation.objects.count()


def test_after_a_pause_beside_feeds_nothing_is_claimed(workflow):
    batch = running_batch(workflow, 400, part_rows=70)
    at_once(feed_due, feed_due, lambda: pause(batch, None))
    assert claim_due(100) == []
    assert feed_due() == 0


def test_one_of_two_batches_that_send_again_is_made(workflow):
    batch = running_batch(workflow, 5)
    feed_due()
    Invocation.objects.update(status="rejected", due_at=None, final_at=batch.started_at)
    feed_due()

    def click() -> Batch:
        return send_again_failed(Batch.objects.get(pk=batch.pk), None)

    made = at_once(*[click] * 3)
    assert len({one.pk for one in made}) == 1
    assert Batch.objects.filter(again_from=batch).count() == 1


def test_a_single_and_a_row_to_one_number_are_recorded_one_after_the_other(workflow, recorded):
    """Both take the lock of the number, in an order in which neither waits for the other."""
    running_batch(workflow, [["919876543202", "Asha"], ["919876544202", "Ravi"]])
    results = at_once(feed_due, lambda: recorded("202"), feed_due)
    assert not [error for error in results if isinstance(error, Exception)]
    assert Invocation.objects.count() == 3
