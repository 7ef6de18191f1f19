"""How old a message may be to be sent or checked."""

from datetime import timedelta

import pytest
from django.utils import timezone

from invocations.models import Invocation
from invocations.sending import expiry
from invocations.sending.deliver import deliver

pytestmark = pytest.mark.django_db
Status = Invocation.Status
LONG_AGO = timedelta(days=2)


def aged(invocation: Invocation, status: str, by: timedelta) -> Invocation:
    Invocation.objects.filter(pk=invocation.pk).update(
        status=status, created_at=timezone.now() - by
    )
    return invocation


@pytest.mark.parametrize("status", [Status.UNKNOWN, Status.HELD])
def test_an_id_that_kaleyra_may_have_forgotten_is_never_posted_again(status, recorded, receiver):
    invocation = aged(recorded(), status, LONG_AGO)
    assert not deliver(invocation.pk, starting_from=status)
    assert receiver.received == []


def test_a_person_may_post_it_again_within_a_day(recorded, receiver):
    invocation = aged(recorded(), Status.HELD, timedelta(hours=20))
    assert deliver(invocation.pk, starting_from=Status.HELD)
    assert len(receiver.accepted) == 1


def test_a_held_message_expires_after_its_time_and_was_never_sent(recorded, receiver):
    old, young = (
        aged(recorded(), Status.HELD, LONG_AGO),
        aged(recorded(), Status.HELD, timedelta(hours=20)),
    )
    Invocation.objects.filter(pk=old.pk).update(not_after=timezone.now())
    assert expiry.expire_overdue(timezone.now()) == 1
    assert Invocation.objects.get(pk=old.pk).status == Status.EXPIRED
    assert Invocation.objects.get(pk=young.pk).status == Status.HELD


def test_a_doubtful_message_never_expires(recorded):
    invocation = aged(recorded(), Status.UNKNOWN, LONG_AGO)
    expiry.expire_overdue(timezone.now())
    assert Invocation.objects.get(pk=invocation.pk).status == Status.UNKNOWN
