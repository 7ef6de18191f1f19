"""What a person waits for leaves before a long queue, and the queue goes on."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from invocations.kaleyra.payload import Send
from invocations.models import Account, Channel, Invocation, Pace, WorkflowInstance
from invocations.monitoring.sweep import run_once
from invocations.sending import attempt, rate_limit, store_outcome
from invocations.sending.deliver import deliver
from invocations.sending.due import claim_due
from invocations.sending.record import record
from invocations.sending.turns import QUEUE_GETS_ONE_IN

pytestmark = pytest.mark.django_db(transaction=True)

SECOND = timedelta(seconds=1)


@pytest.fixture
def queue(clock, waiting, account):
    """Thirty messages that have been due for a while, and no slot of this second is left."""
    keys = [waiting(due_at=timezone.now() - 60 * SECOND) for _ in range(30)]
    taken = rate_limit.free_slots(Pace(account=account), account, timezone.now(), 100)
    Pace.objects.create(account=account, next_slot_at=taken[-1] + SECOND / 10)
    return keys


def claimed(most=100):
    return [claim.invocation.pk for claim in claim_due(most)]


# --- the order ------------------------------------------------------------------------------------


def test_what_a_person_waits_for_comes_before_the_queue(queue, waiting, clock):
    single = waiting(comes_first=True)
    clock.shift(SECOND)
    ours = claimed()
    assert ours[0] == single and ours[1:] == queue[: len(ours) - 1]


@pytest.mark.parametrize("answer", [429, 503])
def test_what_has_to_be_tried_again_comes_before_the_queue(
    queue, recorded, kaleyra_says, clock, answer
):
    kaleyra_says(answer)
    single = recorded()
    assert deliver(single.pk)
    Pace.objects.update(wait_until=None)
    clock.shift(5 * SECOND)
    assert claimed()[0] == single.pk


def test_a_scheduled_message_comes_before_the_queue_once_it_is_due(queue, recorded, clock):
    single = recorded(not_before=timezone.now() + 60 * SECOND, comes_first=True)
    clock.shift(59 * SECOND)
    assert single.pk not in claimed()
    clock.shift(SECOND)
    assert claimed()[0] == single.pk


def test_a_message_in_doubt_is_asked_about_before_the_queue(queue, waiting, clock):
    doubt = waiting(status="unknown", doubtful_since=timezone.now(), doubt_count=1)
    clock.shift(SECOND)
    assert claimed()[0] == doubt


def test_people_do_not_keep_the_queue_waiting(queue, waiting, clock):
    singles = {waiting(comes_first=True) for _ in range(100)}
    ours = []
    for _ in range(10):
        clock.shift(SECOND)
        ours += claimed()
    of_queue = [pk for pk in ours if pk not in singles]
    assert len(ours) == 100 and of_queue == queue[:20]
    assert len(of_queue) == len(ours) // QUEUE_GETS_ONE_IN


def test_slots_that_the_queue_does_not_need_are_not_lost(waiting, clock):
    singles = [waiting(comes_first=True) for _ in range(10)]
    assert sorted(claimed(10)) == singles


# --- by hand --------------------------------------------------------------------------------------


def test_what_a_person_sends_leaves_at_once_and_the_queue_gives_way(queue, recorded, clock):
    before = Pace.objects.get().next_slot_at
    single = recorded()
    assert deliver(single.pk)
    assert single.attempts.get().started_at == timezone.now()
    assert Pace.objects.get().next_slot_at == before + SECOND / 10


def test_the_rate_over_seconds_is_the_accounts(queue, recorded, clock):
    sent = 0
    for _ in range(50):
        clock.shift(SECOND / 5)
        sent += len(claim_due(100)) + deliver(recorded().pk)
    bound = (10 * SECOND + rate_limit.MOST_BORROWED + rate_limit.HORIZON) / (SECOND / 10)
    assert sent <= bound


def test_a_click_that_can_borrow_no_more_waits_before_the_queue(queue, recorded, clock):
    Pace.objects.update(next_slot_at=timezone.now() + rate_limit.MOST_BORROWED + SECOND / 10)
    single = recorded()
    assert not deliver(single.pk)
    single.refresh_from_db()
    assert single.comes_first and single.due_at == Pace.objects.get().next_slot_at
    clock.shift(4 * SECOND)
    assert claimed()[0] == single.pk


def test_a_click_does_not_overtake_one_that_waits(queue, recorded, waiting, clock):
    waiting(comes_first=True)
    assert not deliver(recorded().pk)


def test_a_click_waits_for_none_whose_workflow_is_paused(queue, recorded, clock, workflow):
    other = WorkflowInstance.objects.create(
        account=workflow.account, title="Paused", workflow_instance_id="w9", is_paused=True
    )
    for position, kind in enumerate(["whatsapp", "sms"], start=1):
        Channel.objects.create(workflow_instance=other, position=position, kind=kind)
    sends = [Send("919876543202", {})] * 2
    waits, _ = record(other, sends, request_id=uuid.uuid4(), created_by=None, comes_first=True)
    Invocation.objects.filter(pk=waits.pk).update(due_at=timezone.now())
    assert deliver(recorded().pk)


def test_one_that_was_queued_and_is_tried_by_hand_does_not_fall_behind(queue, clock):
    Pace.objects.update(next_slot_at=timezone.now() + 10 * SECOND)
    assert not deliver(queue[-1])
    clock.shift(10 * SECOND)
    assert claimed()[0] == queue[-1]


def test_a_command_in_a_loop_does_not_come_first(queue, recorded, clock):
    Pace.objects.update(next_slot_at=timezone.now() + 10 * SECOND)
    single = recorded()
    assert not deliver(single.pk, comes_first=False)
    single.refresh_from_db()
    assert not single.comes_first


def test_nothing_is_borrowed_while_the_account_waits(queue, recorded, clock):
    Pace.objects.update(wait_until=timezone.now() + SECOND)
    assert not deliver(recorded().pk)


# --- places ---------------------------------------------------------------------------------------


def test_a_claim_that_is_handed_back_keeps_its_place_in_the_queue(queue, clock):
    for place, pk in enumerate(queue):  # rows that are due at the same time have no order
        due_at = timezone.now() + place * SECOND / 1000
        Invocation.objects.filter(pk=pk).update(due_at=due_at)
    clock.shift(SECOND)
    claims = claim_due(3)
    store_outcome.store_outcomes([(claim, attempt.handed_back(claim)) for claim in claims])
    clock.shift(SECOND)
    assert claimed(3) == [claim.invocation.pk for claim in claims] == queue[:3]


def test_a_queue_with_singles_is_sent_once_each(waiting, receiver):
    Account.objects.update(sends_per_second=1000)
    for n in range(60):
        waiting(comes_first=n % 2 == 0)
    assert run_once(width=8) == 60
    assert len(receiver.received) == len(set(receiver.accepted)) == 60
