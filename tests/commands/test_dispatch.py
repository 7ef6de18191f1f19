"""`manage.py dispatch`: until nothing is due, or until a signal ends it."""

import signal
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.models import F
from django.utils import timezone

from invocations.models import Account, Invocation
from invocations.monitoring.sweep import sweep
from invocations.sending import due, pause, store_outcome
from invocations.sending.dispatcher import Dispatcher
from invocations.sending.record import GRACE

pytestmark = pytest.mark.django_db(transaction=True)


def make_due():
    Invocation.objects.update(due_at=F("due_at") - GRACE)


def test_once_works_until_nothing_is_due(recorded, receiver, capsys):
    recorded()
    make_due()
    for moved in [1, 0]:
        call_command("dispatch", "--once", "--threads", "2")
        assert capsys.readouterr().out == f"{moved} moved\n"
    assert len(receiver.received) == 1


def test_a_database_that_is_away_for_a_moment_does_not_end_it(
    recorded, receiver, monkeypatch, caplog
):
    recorded()
    make_due()
    calls = {"claim_due": 0, "store_outcomes": 0}

    def away_first(module, name):
        real = getattr(module, name)

        def called(*args):
            calls[name] += 1
            if calls[name] <= 2:
                raise OperationalError("server closed the connection; row was 919876543202")
            return real(*args)

        monkeypatch.setattr(module, name, called)

    away_first(due, "claim_due")
    away_first(store_outcome, "store_outcomes")
    assert Dispatcher(sweep, width=1).run(until_idle=True, seconds=30) == 1
    assert Invocation.objects.get().status == "accepted" and len(receiver.received) == 1
    retried = "the database does not answer (OperationalError); trying again"
    assert caplog.text.count(retried) == 4 and "919876543202" not in caplog.text


def test_one_that_starts_before_its_database_waits_for_it(monkeypatch, caplog, capsys):
    real, away = connection.ensure_connection, iter([OperationalError("host db-7")] * 2)

    def ensured():
        if error := next(away, None):
            raise error
        real()

    monkeypatch.setattr(connection, "ensure_connection", ensured)
    monkeypatch.setattr(Dispatcher, "run", lambda self: 0)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    call_command("dispatch")
    assert "has ended" in capsys.readouterr().out
    assert caplog.text.count("the database does not answer") == 2 and "db-7" not in caplog.text


def test_a_signal_ends_it_after_the_messages_that_are_under_way(recorded, receiver, manage):
    for _ in range(20):
        recorded("200")  # each takes its time
    make_due()
    dispatcher = manage("dispatch", "--threads", "2")
    receiver.wait_for(1, seconds=30)
    dispatcher.terminate()
    output, errors = dispatcher.communicate(timeout=20)
    others = [line for line in errors.splitlines() if "head of the trail" not in line]
    assert (dispatcher.returncode, others) == (0, [])
    assert "is running" in output and "has ended" in output
    sent = len(receiver.received)
    statuses = set(Invocation.objects.values_list("status", flat=True))
    assert 0 < sent < 20 and statuses == {"accepted", "queued"}
    assert Invocation.objects.filter(status="accepted").count() == sent
    # The next dispatcher takes the others.
    assert not Invocation.objects.filter(status="queued", due_at__isnull=True).exists()


def test_an_idle_one_ends_at_once(manage, account):
    dispatcher = manage("dispatch")
    assert "is running" in dispatcher.stdout.readline()
    dispatcher.send_signal(signal.SIGINT)
    assert dispatcher.wait(10) == 0, dispatcher.stderr.read()


def test_stopping_everything_takes_effect_within_a_second(recorded, receiver, manage):
    Account.objects.update(sends_per_second=20)
    for _ in range(100):
        recorded()
    make_due()
    dispatcher = manage("dispatch", "--threads", "4")
    receiver.wait_for(3, seconds=30)
    pause.stop_everything("wrong text", None)
    stopped = timezone.now()
    dispatcher.terminate()
    dispatcher.wait(20)
    late = [request for request in receiver.received if request.at > stopped + timedelta(seconds=1)]
    assert not late and len(receiver.received) < 100
    call_command("dispatch", "--once", "--threads", "2")
    assert len(receiver.received) == len(receiver.accepted)
    assert Invocation.objects.filter(status="queued").count() == 100 - len(receiver.received)
