"""`manage.py dispatch`: one round, or rounds until it is told to end."""

import signal

import pytest
from django.core.management import call_command
from django.db import OperationalError
from django.db.models import F

from invocations import dispatching
from invocations.models import Invocation


@pytest.mark.django_db
def test_once_makes_one_round(recorded, receiver, capsys):
    recorded()
    Invocation.objects.update(created_at=F("created_at") - dispatching.GRACE)
    for moved in [1, 0]:
        call_command("dispatch", "--once")
        assert capsys.readouterr().out == f"{moved} moved\n"
    assert len(receiver.received) == 1


def test_a_database_that_is_away_for_a_moment_does_not_end_it(monkeypatch, capsys):
    rounds = []

    def run_once(ended):
        rounds.append(1)
        if len(rounds) == 1:
            raise OperationalError("server closed the connection; row was 919876543202")
        raise KeyboardInterrupt

    monkeypatch.setattr(dispatching, "run_once", run_once)
    monkeypatch.setattr("invocations.management.commands.dispatch.close_old_connections", lambda: None)
    monkeypatch.setattr("signal.signal", lambda *args: None)
    with pytest.raises(KeyboardInterrupt):
        call_command("dispatch", "--pause", "0")
    assert capsys.readouterr().err == "The database does not answer (OperationalError). Trying again.\n"


@pytest.mark.django_db(transaction=True)
def test_a_signal_ends_it_after_the_message_that_is_under_way(recorded, receiver, manage):
    for _ in range(20):
        recorded("200")  # each takes its time
    Invocation.objects.update(created_at=F("created_at") - dispatching.GRACE)
    dispatcher = manage("dispatch")
    receiver.wait_for(1, seconds=30)
    dispatcher.terminate()
    said, complaints = dispatcher.communicate(timeout=10)
    assert (dispatcher.returncode, complaints) == (0, "") and "at work" in said
    sent = len(receiver.received)
    assert 0 < sent < 20 and set(Invocation.objects.values_list("status", flat=True)) == {"accepted", "queued"}
    assert Invocation.objects.filter(status="accepted").count() == sent


@pytest.mark.django_db(transaction=True)
def test_an_idle_one_ends_at_once(manage, account):
    dispatcher = manage("dispatch", "--pause", "60")
    assert "at work" in dispatcher.stdout.readline()
    dispatcher.send_signal(signal.SIGINT)
    assert dispatcher.wait(10) == 0
