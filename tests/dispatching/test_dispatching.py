"""What goes on by itself: what was put off, what nobody delivered, what was interrupted, what is too late."""

from datetime import timedelta

import pytest
from django.utils import timezone

from invocations import dispatching, sending
from invocations.kaleyra.client import NotSent
from invocations.models import Invocation

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture
def waiting(recorded):
    """waiting(not_before=…): a queued row that was recorded a minute ago, with these columns."""

    def waiting(code="202", **columns):
        invocation = recorded(code)
        Invocation.objects.filter(pk=invocation.pk).update(**({"created_at": timezone.now() - timedelta(minutes=1)} | columns))
        return invocation.pk

    return waiting


def test_a_row_that_nobody_delivered_is_due_after_the_grace(waiting):
    found = waiting(created_at=timezone.now() - dispatching.GRACE)
    waiting(created_at=timezone.now() - dispatching.GRACE + 5 * SECOND)  # the request that recorded it is at it
    assert dispatching.due() == [found]


def test_a_put_off_row_is_due_when_its_time_has_come(waiting):
    found = waiting(not_before=timezone.now())
    waiting(not_before=timezone.now() + 5 * SECOND)
    assert dispatching.due() == [found]


@pytest.mark.parametrize("status", [s for s in Invocation.Status if s != "queued"])
def test_nothing_else_is_due(waiting, status):
    waiting(status=status, lease_until=timezone.now() + SECOND)
    assert dispatching.due() == []


def test_nothing_of_a_paused_account_is_due(waiting, account):
    waiting()
    account.is_paused = True
    account.save()
    assert dispatching.due() == []


def test_the_oldest_comes_first_and_not_all_at_once(waiting, monkeypatch):
    ids = [waiting() for _ in range(4)]
    monkeypatch.setattr(dispatching, "AT_ONCE", 3)
    assert dispatching.due() == ids[:3]


def test_a_round_delivers_what_is_due(waiting, receiver):
    waiting()
    waiting("400")
    assert dispatching.run_once() == 2
    assert sorted(Invocation.objects.values_list("status", flat=True)) == ["accepted", "rejected"]
    assert dispatching.run_once() == 0 and len(receiver.received) == 2


def test_a_row_that_another_dispatcher_put_off_meanwhile_waits(waiting, receiver, monkeypatch):
    """What `due` found may be old by the time its turn comes."""
    later = timezone.now() + timedelta(minutes=1)
    found = waiting()
    monkeypatch.setattr(dispatching, "due", lambda: [found])
    Invocation.objects.update(not_before=later)
    assert dispatching.run_once() == 0 and not receiver.received
    assert Invocation.objects.get().not_before == later


def test_a_row_that_was_cancelled_meanwhile_is_left_alone(waiting, receiver, monkeypatch):
    found = waiting(status="cancelled")
    monkeypatch.setattr(dispatching, "due", lambda: [found])
    assert dispatching.run_once() == 0 and not receiver.received


def test_a_round_ends_between_two_rows_when_it_is_told_to(waiting, receiver):
    for _ in range(3):
        waiting()
    assert dispatching.run_once(ended=lambda: len(receiver.received) == 1) == 1
    assert Invocation.objects.filter(status="queued").count() == 2


def test_what_never_left_is_tried_until_its_time_is_over_and_then_expires(waiting, kaleyra_says):
    kaleyra_says(NotSent("refused"))
    pk = waiting()
    for _ in range(3):
        assert dispatching.run_once() == 1
        Invocation.objects.update(not_before=timezone.now())
    Invocation.objects.update(not_after=timezone.now())
    assert dispatching.run_once() == 1
    row = Invocation.objects.get(pk=pk)
    assert (row.status, row.reason, row.not_before) == ("expired", "too_late", None) and row.final_at
    assert row.attempts.count() == 3 and set(row.attempts.values_list("outcome", flat=True)) == {"not_sent"}


def test_what_is_in_time_does_not_expire(waiting):
    waiting(not_after=timezone.now() + SECOND)
    waiting(not_after=None)
    assert sending.expire_overdue(timezone.now()) == 0


@pytest.mark.parametrize("status", [s for s in Invocation.Status if s != "queued"])
def test_only_a_queued_row_expires(waiting, status):
    waiting(status=status, lease_until=timezone.now() + SECOND, not_after=timezone.now() - SECOND)
    assert sending.expire_overdue(timezone.now()) == 0 and Invocation.objects.get().status == status


def test_an_attempt_whose_lease_is_over_is_settled_as_unknown(waiting):
    now = timezone.now()
    over = waiting(status="sending", lease_until=now - SECOND)
    running = waiting(status="sending", lease_until=now + SECOND)
    for pk in [over, running]:
        Invocation.objects.get(pk=pk).attempts.create(number=1, started_at=now)
    assert sending.settle_interrupted(now) == 1
    assert list(Invocation.objects.order_by("id").values_list("status", "reason")) == [("unknown", "interrupted"), ("sending", "")]
    assert list(Invocation.objects.order_by("id").values_list("attempts__outcome", flat=True)) == ["doubtful", "under_way"]
    assert sending.settle_interrupted(now) == 0


def test_what_was_settled_is_not_sent_again_unasked(waiting, receiver):
    waiting(status="sending", lease_until=timezone.now() - SECOND)
    assert dispatching.run_once() == 1 and dispatching.run_once() == 0
    assert not receiver.received
