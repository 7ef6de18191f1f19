"""A scheduled message gets another time until it leaves; nothing is lost, nothing is sent twice."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from invocations.composing.check import MAX_AHEAD
from invocations.models import Invocation, ScheduleChange
from invocations.sending import decisions
from invocations.sending.deliver import deliver
from invocations.sending.due import claim_due
from invocations.sending.record import NotAcknowledged, NotSendable
from invocations.sending.schedule import change_time, may_change_time

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = timedelta(hours=1)
ANY_HOUR = ["outside_hours"]


@pytest.fixture
def scheduled(recorded):
    return recorded(not_before=timezone.now() + HOUR)


@pytest.fixture
def by(priya):
    return priya.person


def times():
    return Invocation.objects.values_list("not_before", "not_after", "due_at", "status").get()


def test_the_new_time_moves_all_three_and_is_kept_with_who_and_when(scheduled, by):
    before, new = scheduled.not_before, timezone.now() + 5 * HOUR
    assert change_time(scheduled, new, by, acknowledged=ANY_HOUR)
    assert times() == (new, new + scheduled.workflow_instance.valid_for, new, "queued")
    change = ScheduleChange.objects.get()
    assert (change.was, change.becomes, change.changed_by) == (before, new, by)
    assert change.changed_at <= timezone.now()


def test_it_stays_valid_for_as_long_as_the_script_said(recorded, by):
    at = timezone.now() + HOUR
    row = recorded(not_before=at, not_after=at + HOUR / 4)
    new = at + HOUR
    assert change_time(row, new, by, acknowledged=ANY_HOUR)
    assert times()[1] == new + HOUR / 4


def test_it_leaves_at_its_new_time_and_not_at_the_old_one(scheduled, by, receiver, monkeypatch):
    later = scheduled.not_before + HOUR
    change_time(scheduled, later, by, acknowledged=ANY_HOUR)
    old = scheduled.not_before + timedelta(seconds=1)
    monkeypatch.setattr(timezone, "now", lambda: old)
    assert not claim_due(10) and not deliver(scheduled.pk)
    monkeypatch.setattr(timezone, "now", lambda: later + timedelta(seconds=1))
    assert len(claim_due(10)) == 1


@pytest.mark.parametrize("status", sorted({*Invocation.Status.values} - {"queued"}))
def test_what_is_not_waiting_keeps_its_time(scheduled, by, status):
    lease = {"lease_until": timezone.now() + HOUR} if status == "sending" else {}
    Invocation.objects.update(status=status, **lease)
    before = times()
    assert not change_time(scheduled, timezone.now() + 2 * HOUR, by, acknowledged=ANY_HOUR)
    assert times() == before and not ScheduleChange.objects.exists()
    scheduled.refresh_from_db()
    assert not may_change_time(scheduled)


def test_of_two_people_with_the_same_page_the_first_wins(scheduled, by):
    same = Invocation.objects.get()
    assert change_time(scheduled, timezone.now() + 2 * HOUR, by, acknowledged=ANY_HOUR)
    assert not change_time(same, timezone.now() + 3 * HOUR, by, acknowledged=ANY_HOUR)
    assert ScheduleChange.objects.count() == 1


def test_the_gate_is_asked_about_the_new_time(scheduled, by):
    with pytest.raises(NotSendable, match="too_far_ahead"):
        change_time(scheduled, timezone.now() + 2 * MAX_AHEAD, by, acknowledged=ANY_HOUR)
    night = (timezone.now() + 2 * timedelta(days=1)).replace(hour=20, minute=30)
    with pytest.raises(NotAcknowledged, match="outside_hours"):
        change_time(scheduled, night, by, acknowledged=[])
    assert not ScheduleChange.objects.exists()


@pytest.mark.parametrize("status", ["sending", "accepted", "cancelled"])
def test_the_database_refuses_a_new_time_once_it_has_left(scheduled, status):
    Invocation.objects.update(status=status, lease_until=timezone.now())
    with pytest.raises(IntegrityError, match="immutable"), transaction.atomic():
        Invocation.objects.update(not_before=timezone.now() + HOUR)


def test_the_database_refuses_to_change_the_record_of_a_change(scheduled, by):
    change_time(scheduled, timezone.now() + 2 * HOUR, by, acknowledged=ANY_HOUR)
    with pytest.raises(IntegrityError, match="immutable"), transaction.atomic():
        ScheduleChange.objects.update(becomes=timezone.now())


@pytest.mark.parametrize("turn", range(6))
def test_a_change_at_the_moment_of_the_claim_comes_before_it_or_not_at_all(
    recorded, by, receiver, turn
):
    """Its time comes while it is changed: it leaves once, or it waits for its new time."""
    row = recorded(not_before=timezone.now() + timedelta(milliseconds=250))
    new = timezone.now() + 5 * HOUR
    start = Barrier(3)

    def at_once(work):
        try:
            start.wait()
            while timezone.now() < row.not_before + timedelta(milliseconds=turn):
                time.sleep(0.0005)
            return work()
        finally:
            connection.close()

    def change():
        return change_time(row, new, by, acknowledged=ANY_HOUR)

    with ThreadPoolExecutor(3) as threads:
        works = [change, lambda: len(claim_due(10)), lambda: deliver(row.pk)]
        changed, claimed, delivered = threads.map(at_once, works)
    left = claimed + delivered
    assert changed + left == 1, "exactly one of them got the row"
    row.refresh_from_db()
    assert (row.not_before == new and row.status == "queued") == changed
    assert ScheduleChange.objects.count() == changed
    assert len(receiver.received) == delivered


def test_a_cancellation_and_a_change_leave_one_of_both(scheduled, by):
    start = Barrier(2)

    def at_once(work):
        try:
            start.wait()
            return work()
        finally:
            connection.close()

    new = timezone.now() + 2 * HOUR
    with ThreadPoolExecutor(2) as threads:
        works = [
            lambda: change_time(scheduled, new, by, acknowledged=ANY_HOUR),
            lambda: decisions.cancel(scheduled, by),
        ]
        changed, cancelled = threads.map(at_once, works)
    assert cancelled and times()[3] == "cancelled"
    assert ScheduleChange.objects.count() == changed
