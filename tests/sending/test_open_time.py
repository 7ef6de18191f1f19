"""Time in which the console could not ask about a message in doubt does not count."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from invocations.models import Account, Invocation, Pace, WorkflowInstance
from invocations.monitoring.sweep import sweep
from invocations.sending import ask_again, expiry, open_time, pause, rate_limit

pytestmark = pytest.mark.django_db(transaction=True)

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
EVERY = 10 * SECOND


@pytest.fixture
def in_doubt(clock, waiting):
    """One for ten minutes, of which all were counted."""
    pk = waiting(status="unknown", doubtful_since=timezone.now() - 10 * MINUTE, doubt_count=1)
    Invocation.objects.update(due_at=timezone.now() + 60 * MINUTE)
    sweep_for(0 * MINUTE, clock)
    return pk


def sweep_for(time, clock):
    """Sweeps every ten seconds for so long."""
    for _ in range(time // EVERY + 1):
        open_time.count_open_time(timezone.now())
        expiry.stop_asking(timezone.now())
        clock.shift(EVERY)


def is_asked():
    return Invocation.objects.filter(due_at__isnull=False).exists()


def open_circuit(now):
    Pace.objects.update(failures=rate_limit.FAILURES)


def close_circuit(now):
    Pace.objects.update(failures=0)


CLOSURES = {
    "an open circuit": (open_circuit, close_circuit),
    "a wait": (lambda now: Pace.objects.update(wait_until=now + 20 * MINUTE), lambda now: None),
    "a paused account": (
        lambda now: Account.objects.update(is_paused=True),
        lambda now: Account.objects.update(is_paused=False),
    ),
    "a paused workflow": (
        lambda now: WorkflowInstance.objects.update(is_paused=True),
        lambda now: WorkflowInstance.objects.update(is_paused=False),
    ),
    "the kill switch": (
        lambda now: pause.stop_everything("", None),
        lambda now: pause.resume_everything(None),
    ),
}


@pytest.mark.parametrize("closure", CLOSURES)
def test_twenty_minutes_without_a_way_to_ask_leave_the_rest_of_the_window(in_doubt, clock, closure):
    close, reopen = CLOSURES[closure]
    close(timezone.now())
    sweep_for(20 * MINUTE, clock)
    assert is_asked()
    reopen(timezone.now())
    sweep_for(4 * MINUTE, clock)
    assert is_asked()
    assert 19 * MINUTE < Invocation.objects.get().unasked_for < 21 * MINUTE
    sweep_for(2 * MINUTE, clock)
    assert not is_asked()


def test_time_without_a_dispatcher_does_not_count(in_doubt, clock):
    clock.shift(20 * MINUTE)
    sweep_for(4 * MINUTE, clock)
    assert is_asked()
    sweep_for(2 * MINUTE, clock)
    assert not is_asked()


def test_a_pause_does_not_make_a_window_that_is_over_begin_again(in_doubt, clock):
    sweep_for(6 * MINUTE, clock)
    assert not is_asked()
    assert Invocation.objects.get().unasked_for == timedelta(0)


def test_an_open_circuit_that_is_older_than_the_notes_takes_no_time(waiting, account, clock):
    """As after an upgrade in the middle of an outage."""
    waiting(status="unknown", doubtful_since=timezone.now() - 20 * MINUTE, doubt_count=1)
    Pace.objects.create(account=account, failures=9)
    sweep_for(0 * MINUTE, clock)
    assert is_asked()
    close_circuit(timezone.now())
    sweep_for(10 * MINUTE, clock)
    assert is_asked()


def test_it_never_asks_after_the_message_expires_nor_after_a_day(in_doubt, clock, waiting):
    Invocation.objects.update(not_after=timezone.now() + 30 * MINUTE)
    other = waiting(status="unknown", doubtful_since=timezone.now(), doubt_count=1, not_after=None)
    pause.stop_everything("", None)
    sweep_for(31 * MINUTE, clock)
    assert not Invocation.objects.get(pk=in_doubt).due_at
    assert Invocation.objects.get(pk=other).due_at
    clock.shift(ask_again.ASKED_BY_HAND)
    sweep_for(0 * MINUTE, clock)
    assert not is_asked()


def test_two_dispatchers_add_the_time_once(in_doubt, account, clock):
    clock.shift(20 * MINUTE)
    noted_at, now = Pace.objects.get().could_ask_at, timezone.now()
    with transaction.atomic():
        assert open_time.note_open(account.pk, noted_at, now) == 1
        assert open_time.note_open(account.pk, noted_at, now) == 0
    assert Invocation.objects.get().unasked_for == now - noted_at


def test_an_interrupted_attempt_is_asked_about_however_late_a_dispatcher_comes(waiting, clock):
    waiting(status="sending", due_at=None, lease_until=timezone.now() - 20 * MINUTE)
    Pace.objects.create(account=Account.objects.get(), could_ask_at=timezone.now() - 22 * MINUTE)
    sweep()
    row = Invocation.objects.get()
    assert row.status == "unknown" and row.due_at


def test_an_interrupted_attempt_is_not_asked_about_once_its_window_is_over(waiting, clock):
    waiting(status="sending", due_at=None, lease_until=timezone.now() - 20 * MINUTE)
    Pace.objects.create(account=Account.objects.get(), could_ask_at=timezone.now() - 5 * SECOND)
    sweep()
    assert Invocation.objects.get().is_final
