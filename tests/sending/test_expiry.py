"""Messages that are too early, too late or interrupted."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from invocations.kaleyra.connection import NotSent
from invocations.kaleyra.payload import Send
from invocations.kaleyra.template_params import VERIFICATION_CODE
from invocations.models import ApiKey, Invocation
from invocations.monitoring.sweep import run_once
from invocations.sending import expiry
from invocations.sending.deliver import deliver
from invocations.sending.record import record

from .rows import statuses

pytestmark = pytest.mark.django_db(transaction=True)

SECOND = timedelta(seconds=1)


def test_a_message_that_was_not_sent_is_tried_until_it_expires(waiting, kaleyra_says):
    kaleyra_says(NotSent("refused"))
    waiting()
    for _ in range(3):
        assert run_once() == 1
        Invocation.objects.update(due_at=timezone.now())
    Invocation.objects.update(not_after=timezone.now())
    assert run_once() == 1
    row = Invocation.objects.get()
    assert (row.status, row.reason, row.due_at) == ("expired", "too_late", None) and row.final_at
    assert set(row.attempts.values_list("outcome", flat=True)) == {"not_sent"}
    assert row.attempts.count() == 3


@pytest.mark.parametrize("status", sorted(set(Invocation.Status) - {"queued", "held"}))
def test_only_a_message_that_was_certainly_not_sent_expires(waiting, status):
    waiting(status=status, lease_until=timezone.now() + SECOND, not_after=timezone.now() - SECOND)
    assert expiry.expire_overdue(timezone.now()) == 0 and statuses() == [status]


def test_a_message_is_not_sent_before_its_time(waiting, recorded, workflow, receiver):
    invocation = recorded(not_before=timezone.now() + timedelta(hours=1))
    assert not deliver(invocation.pk) and run_once() == 0 and not receiver.received
    assert invocation.due_at == invocation.not_before
    assert invocation.not_after == invocation.not_before + timedelta(minutes=240)


def test_a_passcode_is_not_sent_half_an_hour_late(workflow, receiver):
    workflow.channels.update(is_otp=True)
    sends = [Send("919876543202", {VERIFICATION_CODE: "4711"})] * 2
    invocation, _ = record(workflow, sends, request_id=uuid.uuid4(), created_by=None)
    assert invocation.not_after - invocation.created_at <= timedelta(minutes=10)
    Invocation.objects.update(not_after=timezone.now() - SECOND, due_at=timezone.now())
    assert run_once() == 1 and statuses() == ["expired"] and not receiver.received


def test_an_attempt_with_an_expired_lease_is_settled_as_unknown(waiting):
    now = timezone.now()
    over = waiting(status="sending", lease_until=now - SECOND, due_at=None)
    running = waiting(status="sending", lease_until=now + SECOND, due_at=None)
    for pk in [over, running]:
        Invocation.objects.get(pk=pk).attempts.create(number=1, started_at=now)
    assert expiry.settle_interrupted(now) == 1
    assert list(Invocation.objects.order_by("id").values_list("status", "reason")) == [
        ("unknown", "interrupted"),
        ("sending", ""),
    ]
    assert list(Invocation.objects.order_by("id").values_list("attempts__outcome", flat=True)) == [
        "doubtful",
        "under_way",
    ]
    assert expiry.settle_interrupted(now) == 0
    assert ApiKey.objects.get().last_refused_at is None
