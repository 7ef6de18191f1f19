"""Which messages may be delivered, and when."""

from datetime import timedelta

import pytest
from django.utils import timezone

from invocations.kaleyra.client import KaleyraClient
from invocations.models import Attempt, Invocation
from invocations.sending.deliver import deliver

from .deliveries import UNKNOWN, delivered

pytestmark = pytest.mark.django_db


def test_nothing_is_sent_over_a_paused_account(recorded, account, receiver):
    invocation = recorded()
    account.is_paused = True
    account.save()
    assert not deliver(invocation.pk)
    assert not receiver.received and not Attempt.objects.exists()
    assert Invocation.objects.get().status == "queued"


@pytest.mark.parametrize("status", [s for s in Invocation.Status if s != "queued"])
def test_only_a_queued_row_is_delivered_by_default(recorded, receiver, status):
    invocation = recorded()
    Invocation.objects.update(status=status, lease_until=timezone.now())
    assert not deliver(invocation.pk) and not receiver.received


def test_nothing_is_delivered_twice_in_a_row(recorded, receiver):
    invocation = delivered(recorded())
    assert not deliver(invocation.pk)
    assert not deliver(invocation.pk, starting_from=UNKNOWN)
    assert len(receiver.received) == 1


def test_nothing_is_sent_after_its_time(recorded, receiver):
    invocation = recorded()
    Invocation.objects.update(not_after=timezone.now())
    assert not deliver(invocation.pk) and not receiver.received


def test_a_row_that_does_not_exist_is_not_delivered(db):
    assert not deliver(1)


def test_a_clock_set_back_during_a_call_loses_no_answer(recorded, monkeypatch):
    invocation = recorded()
    true_now, invoke = timezone.now, KaleyraClient.invoke

    def invoke_and_set_the_clock_back(*args):
        reply = invoke(*args)
        monkeypatch.setattr(timezone, "now", lambda: true_now() - timedelta(hours=1))
        return reply

    monkeypatch.setattr(KaleyraClient, "invoke", invoke_and_set_the_clock_back)
    assert delivered(invocation).status == "accepted" and invocation.attempts.get().duration_ms >= 0
