"""One mail when an incident opens, one when it is over, and nothing in them that should not leave the console."""

import socket
import threading
from datetime import timedelta
from unittest.mock import Mock

import pytest
from django.core import mail
from django.db import OperationalError
from django.utils import timezone

from invocations.models import Incident
from invocations.monitoring import incident_emails as mails
from tests.many import real_account, workflow_of

pytestmark = pytest.mark.django_db
SOON = mails.SURE_AFTER + timedelta(seconds=1)


@pytest.fixture(autouse=True)
def set_up(settings):
    settings.ALERT_EMAILS = ["ops@example.com", "lead@example.com"]
    settings.CONSOLE_URL = "https://console.example.com/"


@pytest.fixture
def incident():
    now = timezone.now()
    workflow = workflow_of(real_account(), "Order delayed")
    reason = "Recipient Asha is not valid"
    return Incident.objects.create(
        kind="refusals",
        account=workflow.account,
        workflow_instance=workflow,
        reason=reason,
        opened_at=now,
        last_at=now,
        count=3,
    )


def told(at=None):
    """The mails that this call sends."""
    before = len(mail.outbox)
    mails.release_unsent(at or timezone.now())
    thread = mails.send_due_emails(at or timezone.now())
    if thread:
        thread.join()
    return mail.outbox[before:]


def test_it_is_told_once_when_it_opens_and_once_when_it_is_over(incident):
    [opened] = told()
    assert opened.subject == "[Fallback console] 3 refusals of one kind: Order delayed"
    assert (
        opened.to == ["ops@example.com", "lead@example.com"]
        and opened.from_email == "console@example.com"
    )
    assert told() == []
    Incident.objects.update(closed_at=timezone.now())
    assert told() == [], "it may come back"
    [over] = told(timezone.now() + SOON)
    assert over.subject == "[Fallback console] Over: 3 refusals of one kind: Order delayed"
    assert told(timezone.now() + SOON) == []


def test_it_links_to_the_messages_and_quotes_nobody(incident):
    [opened] = told()
    link = f"https://console.example.com/history/?status=rejected&workflow={incident.workflow_instance_id}"
    assert link in opened.body and "Kaveri Foods" in opened.body
    assert "Asha" not in opened.body + opened.subject, "what Kaleyra said may hold a value"


def test_without_an_address_of_the_console_there_is_no_link(incident, settings):
    settings.CONSOLE_URL = ""
    assert "http" not in told()[0].body


def test_nobody_is_told_where_nobody_is_named(incident, settings):
    settings.ALERT_EMAILS = []
    assert told() == [] and Incident.objects.get().told_opened_at is None


def test_the_end_of_one_that_was_never_told_is_not_told(incident):
    Incident.objects.update(closed_at=timezone.now())
    assert told(timezone.now() + SOON) == []


def test_practice_rings_nobody(incident):
    type(incident.account.pod).objects.filter(pk=incident.account.pod_id).update(
        api_domain="127.0.0.1:8100"
    )
    assert told() == []


def test_of_two_that_tell_at_the_same_time_one_sends(incident, monkeypatch):
    claim = mails._claim

    def raced(incident, column, now):
        Incident.objects.filter(pk=incident.pk).update(**{column: now})  # the other one was faster
        return claim(incident, column, now)

    monkeypatch.setattr(mails, "_claim", raced)
    assert told() == []


def test_several_go_out_together(incident):
    other = {"kind": "unknown", "opened_at": timezone.now(), "last_at": timezone.now()}
    Incident.objects.create(account=incident.account, **other)
    assert len(told()) == 2


def test_a_mail_that_could_not_be_sent_is_tried_again_a_minute_later(incident, settings, caplog):
    now, backend = timezone.now(), settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        settings.EMAIL_HOST, settings.EMAIL_PORT = listener.getsockname()
        settings.EMAIL_HOST_PASSWORD = "canary-password"
        assert told(now) == []
    assert (
        "could not be sent: ConnectionRefusedError" in caplog.text and "canary" not in caplog.text
    )
    settings.EMAIL_BACKEND = backend
    assert told(now + mails.TRY_AGAIN_AFTER / 2) == [], (
        "a mail server that is away is not asked all the time"
    )
    later = now + mails.TRY_AGAIN_AFTER
    assert len(told(later)) == 1 and told(later + mails.TRY_AGAIN_AFTER) == []


def test_a_note_outlives_a_database_that_is_away(incident, monkeypatch):
    now = timezone.now()
    Incident.objects.update(told_opened_at=now)
    mails._unsent.put(mails.EmailClaim(incident.pk, "told_opened_at", now))
    with monkeypatch.context() as away:
        away.setattr(Incident.objects, "filter", Mock(side_effect=OperationalError))
        with pytest.raises(OperationalError):
            mails.release_unsent(now + mails.TRY_AGAIN_AFTER)
    assert len(told(now + mails.TRY_AGAIN_AFTER)) == 1


def test_a_slow_mail_server_keeps_nobody_waiting(incident, monkeypatch):
    answers = threading.Event()
    monkeypatch.setattr(mails, "_send", lambda mails: answers.wait(10))
    thread = mails.send_due_emails(timezone.now())
    assert thread.is_alive()
    answers.set()
    thread.join()
