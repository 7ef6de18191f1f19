"""A dispatcher that dies at a chosen moment of the feed: another goes on, and each row is sent
once.
"""

from __future__ import annotations

import pytest

from invocations.batches.request_ids import RequestIds
from invocations.models import Batch, Invocation
from invocations.monitoring.sweep import run_once
from tests.batches.built import running_batch
from tests.faults.judge import judge
from tests.faults.test_fail_points import another_takes_over, dedupe, dies_at, receiver
from tests.faults.worker import FEED_MOMENTS

__all__ = ["dedupe", "dies_at", "receiver"]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("moment", [*FEED_MOMENTS, "full_body", "before_result"])
def test_each_row_is_sent_once_wherever_the_dispatcher_dies(moment, workflow, receiver, dies_at):
    batch = running_batch(workflow, 12, part_rows=5)
    dies_at(moment)
    another_takes_over()
    run_once(width=2)
    ids = RequestIds(batch)
    recorded = [str(ids.of(row)) for row in range(2, 14)]
    assert judge(recorded, receiver.received, dedupes=True).found == []
    assert set(Invocation.objects.values_list("status", flat=True)) == {"accepted"}
    batch.refresh_from_db()
    assert (batch.state, batch.fed) == (Batch.State.DONE, 12)


@pytest.mark.parametrize("moment", FEED_MOMENTS)
def test_rows_and_cursor_stand_together_after_a_crash(moment, workflow, receiver, dies_at):
    batch = running_batch(workflow, 12, part_rows=5)
    dies_at(moment)
    batch.refresh_from_db()
    fed = Invocation.objects.filter(batch=batch).count()
    assert batch.fed == fed == 5 * batch.next_part
    assert fed == (5 if moment == "after_feed" else 0)
