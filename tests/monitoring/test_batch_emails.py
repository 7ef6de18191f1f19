"""Whoever started a batch gets one email when it is done, or when it paused by itself."""

from __future__ import annotations

from datetime import timedelta
from unittest.mock import Mock

import pytest
from django.core import mail
from django.utils import timezone

from invocations import emails
from invocations.batches.control import cancel, pause, resume
from invocations.batches.ending import pause_because
from invocations.batches.feed import feed_due
from invocations.batches.start import start
from invocations.models import Batch, Invocation
from invocations.monitoring import batch_emails, claimed_emails
from tests.batches.built import checked_batch

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch(workflow, priya, settings):
    settings.CONSOLE_URL = "https://console.example.com/"
    priya.person.email = "priya@example.com"
    priya.person.save()
    batch = checked_batch(workflow, 3, file_name="asha.xlsx")
    assert start(batch, priya.person, reference="CARE-7740")
    feed_due()
    return batch


def _end(**columns: object) -> None:
    final = {"status": "accepted", "due_at": None, "final_at": timezone.now()}
    Invocation.objects.update(**(final | columns))
    feed_due()


def _sent(at=None) -> list[mail.EmailMessage]:
    before = len(mail.outbox)
    claimed_emails.release_unsent(at or timezone.now())
    thread = batch_emails.send_due_emails(at or timezone.now())
    if thread:
        thread.join()
    return mail.outbox[before:]


def test_one_email_says_what_became_of_the_rows(batch):
    assert _sent() == []
    _end(delivery="completed", deciding_channel=1)
    [email] = _sent()
    assert email.to == ["priya@example.com"]
    assert email.subject == "[Fallback console] Done: Order delayed in bulk, 3 rows"
    assert "Delivered: 3 rows" in email.body
    assert "Ticket: CARE-7740" in email.body
    assert f"https://console.example.com/batches/{batch.uid}/" in email.body
    assert _sent() == []


def test_the_email_names_no_cell_and_no_file(batch):
    _end()
    [email] = _sent()
    text = email.subject + email.body
    assert not [word for word in ("asha", "Asha", "9198000") if word in text]


def test_it_waits_for_the_results_until_they_are_overdue(batch):
    _end(delivery="awaiting", result_due_at=timezone.now())
    assert _sent() == []
    [email] = _sent(timezone.now() + batch.workflow.result_due_in + timedelta(seconds=1))
    assert "Awaiting a result: 3 rows" in email.body


def test_a_batch_that_pauses_by_itself_is_told_about_and_again_at_its_end(batch):
    pause_because(batch, "version")
    [email] = _sent()
    assert "texts or values have changed" in email.body
    assert _sent() == []
    resume(Batch.objects.get(), None)
    _end()
    assert len(_sent()) == 1


def test_a_pause_by_a_person_is_not_told_about(batch):
    pause(batch, None)
    assert _sent() == []


def test_a_cancelled_batch_says_how_many_rows_were_not_sent(batch):
    cancel(batch, None)
    [email] = _sent()
    assert email.subject.startswith("[Fallback console] Cancelled")
    assert "Cancelled: 3 rows" in email.body


@pytest.mark.parametrize("change", [{"email": ""}, {"is_active": False}])
def test_without_an_address_nobody_is_told_and_nothing_fails(batch, priya, change):
    type(priya.person).objects.filter(pk=priya.person.pk).update(**change)
    _end()
    assert _sent() == []
    batch.refresh_from_db()
    assert batch.told_at


def test_an_email_that_failed_is_sent_again(batch, monkeypatch):
    _end()
    with monkeypatch.context() as patch:
        patch.setattr(emails, "get_connection", Mock(side_effect=OSError))
        assert _sent() == []
    assert _sent() == []
    assert len(_sent(timezone.now() + 2 * claimed_emails.TRY_AGAIN_AFTER)) == 1
