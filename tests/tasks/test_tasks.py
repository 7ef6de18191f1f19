"""What one hint does, wherever it runs."""

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from invocations import tasks
from invocations.models import Account, Invocation, Pace
from invocations.monitoring import sweep
from invocations.sending import due, record

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_hint_delivers_what_is_due_and_nothing_else(recorded, receiver):
    due, later = recorded(), recorded()
    Invocation.objects.filter(pk=due.pk).update(due_at=timezone.now())
    assert [tasks.deliver_due(), tasks.deliver_due()] == [1, 0]
    assert receiver.accepted == [str(due.request_id)]
    later.refresh_from_db()
    assert later.status == "queued" and later.due_at > timezone.now()


def test_a_hint_without_work_starts_nothing(account, monkeypatch):
    monkeypatch.setattr(tasks, "Dispatcher", None)
    assert tasks.deliver_due() == 0


def test_a_hint_asks_a_paused_account_whether_it_was_mended(recorded, receiver, account):
    held = recorded()
    Invocation.objects.filter(pk=held.pk).update(status="held", reason="credentials", due_at=None)
    Account.objects.update(is_paused=True, paused_because="credentials")
    Pace.objects.create(account=account, probe_at=timezone.now() - timedelta(seconds=1))
    assert tasks.deliver_due() == 1 and receiver.accepted == [str(held.request_id)]
    assert not Account.objects.get().is_paused


def test_the_sweep_ends_what_is_too_late(recorded):
    recorded()
    Invocation.objects.update(not_after=timezone.now())
    assert [tasks.run_sweep(), tasks.run_sweep()] == [
        1,
        0,
    ] and Invocation.objects.get().status == "expired"


@pytest.mark.parametrize(
    ("hint", "room", "asks"),
    [(tasks.deliver_due, due, "accounts_with_work"), (tasks.run_sweep, sweep, "sweep")],
)
def test_a_hint_that_finds_no_database_says_so_without_a_row(monkeypatch, caplog, hint, room, asks):
    def away():
        raise OperationalError("server closed the connection; row was 919876543202")

    monkeypatch.setattr(room, asks, away)
    assert hint() == 0
    assert "the database does not answer (OperationalError)" in caplog.text
    assert "919876543202" not in caplog.text


def test_a_worker_that_ends_takes_up_nothing_more(recorded, receiver, monkeypatch):
    recorded()
    Invocation.objects.update(due_at=timezone.now() - record.GRACE)
    monkeypatch.setattr(tasks._shutting_down, "value", 1)
    assert tasks.deliver_due() == 0 and not receiver.received
