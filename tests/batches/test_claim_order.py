"""Single messages leave before the rows of batches, and the rows go on leaving."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from invocations.batches.feed import feed_due
from invocations.models import Invocation, Pace
from invocations.sending.deliver import deliver
from invocations.sending.due import claim_due
from invocations.sending.turns import QUEUE_GETS_ONE_IN
from tests.batches.built import running_batch

pytestmark = pytest.mark.django_db(transaction=True)
SECOND = timedelta(seconds=1)


@pytest.fixture
def batch(clock, workflow):
    """A long batch that has been running for a while."""
    batch = running_batch(workflow, 300)
    for _ in range(5):
        clock.shift(SECOND)
        _claimed()
    return batch


def _claimed() -> list[Invocation]:
    feed_due()
    claims = [claim.invocation for claim in claim_due(100)]
    Invocation.objects.filter(status="sending").update(
        status="accepted", lease_until=None, final_at=timezone.now()
    )
    return claims


@pytest.mark.parametrize("comes_first", [True, False])
def test_a_single_message_leaves_before_the_rows(batch, waiting, clock, comes_first):
    """Without `comes_first`: a script sent it, or it is tried again after a 429."""
    clock.shift(SECOND)
    single = waiting(comes_first=comes_first)
    feed_due()
    assert single in [claim.invocation.pk for claim in claim_due(2)]


def test_a_message_sent_by_hand_leaves_at_once(batch, recorded):
    single = recorded()
    assert deliver(single.pk)
    assert single.attempts.get().started_at == timezone.now()


@pytest.mark.parametrize("answer", [429, 503])
def test_a_message_that_is_tried_again_leaves_before_the_rows(
    batch, recorded, kaleyra_says, clock, answer
):
    kaleyra_says(answer)
    single = recorded()
    assert deliver(single.pk)
    Pace.objects.update(wait_until=None, ramp_from=None)
    Invocation.objects.filter(pk=single.pk).update(comes_first=False)
    clock.shift(5 * SECOND)
    feed_due()
    assert single.pk in [claim.invocation.pk for claim in claim_due(2)]


def test_single_messages_do_not_keep_the_rows_waiting_for_ever(batch, waiting, clock):
    for _ in range(200):
        waiting()
    claimed: list[Invocation] = []
    for _ in range(10):
        clock.shift(SECOND)
        claimed += _claimed()
    rows = [one for one in claimed if one.batch_id]
    assert len(claimed) == 100
    assert 1 <= len(rows) <= 100 // QUEUE_GETS_ONE_IN


def test_batches_of_one_account_leave_in_turns(workflow, clock):
    batches = [running_batch(workflow, 300) for _ in range(3)]
    claimed: list[Invocation] = []
    for _ in range(9):
        clock.shift(SECOND)
        claimed += _claimed()
    counts = [[one.batch_id for one in claimed].count(batch.pk) for batch in batches]
    assert max(counts) - min(counts) <= 3
    assert sum(counts) == len(claimed) >= 90


def test_a_batch_leaves_at_the_pace_of_its_account(workflow, clock):
    running_batch(workflow, 300)
    counts = []
    for _ in range(10):
        clock.shift(SECOND)
        counts.append(len(_claimed()))
    assert counts[1:] == [10] * 9


def test_a_batch_leaves_at_its_own_pace(workflow, clock):
    running_batch(workflow, 300, per_second=4)
    counts = []
    for _ in range(40):
        clock.shift(SECOND / 4)
        counts.append(len(_claimed()))
    assert sum(counts[4:]) == 36
