"""One email when an incident opens and one when it closes; neither holds personal data."""

import socket
import threading
from datetime import UTC, datetime, timedelta
from unittest.mock import Mock

import pytest
from django.core import mail
from django.db import OperationalError
from django.utils import timezone

from invocations import emails
from invocations.models import Incident
from invocations.monitoring import claimed_emails, incident_emails
from tests.many import real_account, workflow_of

pytestmark = pytest.mark.django_db
AFTER_CLOSING = incident_emails.SURE_AFTER + timedelta(seconds=1)


@pytest.fixture(autouse=True)
def alert_settings(settings):
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


def send_due(at=None):
    """Sends the emails that are due at this time, and returns them."""
    before = len(mail.outbox)
    claimed_emails.release_unsent(at or timezone.now())
    thread = incident_emails.send_due_emails(at or timezone.now())
    if thread:
        thread.join()
    return mail.outbox[before:]


def test_one_email_is_sent_when_an_incident_opens_and_one_when_it_closes(incident):
    [opened] = send_due()
    assert opened.subject == "[Fallback console] 3 messages rejected for one reason: Order delayed"
    assert opened.to == ["ops@example.com", "lead@example.com"]
    assert opened.from_email == "console@example.com"
    assert send_due() == []
    Incident.objects.update(closed_at=timezone.now())
    assert send_due() == [], "it may recur"
    [over] = send_due(timezone.now() + AFTER_CLOSING)
    assert over.subject == (
        "[Fallback console] Over: 3 messages rejected for one reason: Order delayed"
    )
    assert send_due(timezone.now() + AFTER_CLOSING) == []


def test_an_email_links_to_the_messages_and_quotes_nobody(incident):
    [opened] = send_due()
    link = f"https://console.example.com/history/?status=rejected&workflow={incident.workflow_instance_id}"
    assert link in opened.body and "Kaveri Foods" in opened.body
    assert "Asha" not in opened.body + opened.subject, "Kaleyra's words may hold a value"


@pytest.mark.parametrize(
    ("zone", "noticed"),
    [
        ("Asia/Kolkata", "28 Nov 2026, 19:56 IST"),
        ("Asia/Dubai", "28 Nov 2026, 18:26 UTC+4"),
        ("UTC", "28 Nov 2026, 14:26 UTC"),
    ],
)
def test_times_are_in_the_consoles_zone_and_name_it(incident, settings, zone, noticed):
    settings.TIME_ZONE = zone
    Incident.objects.update(opened_at=datetime(2026, 11, 28, 14, 26, tzinfo=UTC))
    with timezone.override("America/New_York"):  # of whoever was looking
        [opened] = send_due()
    assert f"Noticed: {noticed}\n" in opened.body


def test_without_the_consoles_url_there_is_no_link(incident, settings):
    settings.CONSOLE_URL = ""
    assert "http" not in send_due()[0].body


def test_without_recipients_no_email_is_sent(incident, settings):
    settings.ALERT_EMAILS = []
    assert send_due() == [] and Incident.objects.get().told_opened_at is None


def test_an_incident_closed_before_its_first_email_sends_none(incident):
    Incident.objects.update(closed_at=timezone.now())
    assert send_due(timezone.now() + AFTER_CLOSING) == []


def test_incidents_of_the_practice_pod_send_no_email(incident):
    type(incident.account.pod).objects.filter(pk=incident.account.pod_id).update(
        api_domain="127.0.0.1:8100"
    )
    assert send_due() == []


def test_of_two_concurrent_senders_one_sends(incident, monkeypatch):
    claim = incident_emails._claim

    def raced(incident, column, now):
        Incident.objects.filter(pk=incident.pk).update(**{column: now})  # another process was first
        return claim(incident, column, now)

    monkeypatch.setattr(incident_emails, "_claim", raced)
    assert send_due() == []


def test_emails_of_several_incidents_are_sent_together(incident):
    other = {"kind": "unknown", "opened_at": timezone.now(), "last_at": timezone.now()}
    Incident.objects.create(account=incident.account, **other)
    assert len(send_due()) == 2


def test_an_email_that_failed_is_retried_a_minute_later(incident, settings, caplog):
    now, backend = timezone.now(), settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        settings.EMAIL_HOST, settings.EMAIL_PORT = listener.getsockname()
        settings.EMAIL_HOST_PASSWORD = "canary-password"
        assert send_due(now) == []
    assert "could not be sent: ConnectionRefusedError" in caplog.text
    assert "canary" not in caplog.text
    settings.EMAIL_BACKEND = backend
    assert send_due(now + claimed_emails.TRY_AGAIN_AFTER / 2) == [], (
        "an unavailable mail server is not asked all the time"
    )
    later = now + claimed_emails.TRY_AGAIN_AFTER
    assert len(send_due(later)) == 1 and send_due(later + claimed_emails.TRY_AGAIN_AFTER) == []


def test_an_email_to_retry_survives_an_unavailable_database(incident, monkeypatch):
    now = timezone.now()
    Incident.objects.update(told_opened_at=now)
    claim = claimed_emails.EmailClaim(Incident, incident.pk, "told_opened_at", now)
    claimed_emails._unsent.put(claim)
    with monkeypatch.context() as away:
        away.setattr(Incident.objects, "filter", Mock(side_effect=OperationalError))
        with pytest.raises(OperationalError):
            claimed_emails.release_unsent(now + claimed_emails.TRY_AGAIN_AFTER)
    assert len(send_due(now + claimed_emails.TRY_AGAIN_AFTER)) == 1


def test_a_slow_mail_server_does_not_block(incident, monkeypatch):
    answers = threading.Event()
    monkeypatch.setattr(emails, "_send", lambda mails: answers.wait(10))
    thread = incident_emails.send_due_emails(timezone.now())
    assert thread.is_alive()
    answers.set()
    thread.join()
