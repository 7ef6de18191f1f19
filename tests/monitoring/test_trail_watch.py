"""The background sender seals the trail, checks it daily, and alarms when it was altered."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from invocations.audit import sealing
from invocations.audit.record import record
from invocations.models import TrailHead, TrailRow
from invocations.monitoring import sweep, trail_watch
from tests.audit.conftest import empty_trail, triggers_dropped
from tests.views.pages import words_of

__all__ = ["empty_trail"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def altered(settings, empty_trail):
    settings.ALERT_EMAILS = ["ops@example.com"]
    record("sent", by=None)
    sealing.seal_all(timezone.now())
    with triggers_dropped():
        TrailRow.objects.update(who_name="meera")


def test_a_sweep_seals_what_was_recorded():
    record("sent", by=None)
    sweep.sweep()
    assert not TrailRow.objects.filter(seq__isnull=True).exists()


def test_an_altered_trail_is_logged_mailed_recorded_and_needs_an_admin(altered, ada, caplog):
    fault = trail_watch.check_trail()[0]
    assert "changed or inserted: row 1 " in fault and fault in caplog.text
    assert TrailRow.objects.filter(verb="trail_broken").count() == 1
    assert "The list of changes was altered" in words_of(ada.get("/needs-you/"))
    trail_watch.check_trail()
    assert TrailRow.objects.filter(verb="trail_broken").count() == 1, "once"


def test_its_email_is_sent_once(altered, monkeypatch):
    threads = []
    send = trail_watch.send_claimed
    monkeypatch.setattr(trail_watch, "send_claimed", lambda some: threads.append(send(some)))
    trail_watch.check_trail()
    trail_watch.check_trail()
    [thread] = threads
    thread.join()
    assert "row 1 " in mail.outbox[0].body


def test_a_whole_trail_needs_nobody(ada):
    sealing.seal_all(timezone.now())
    assert trail_watch.check_trail() == [] and trail_watch.trail_need() is None


def test_it_is_checked_once_a_day(monkeypatch):
    begun = []
    monkeypatch.setattr(trail_watch, "_check_in_thread", lambda: begun.append(1))
    record("sent", by=None)
    now = timezone.now()
    sealing.seal_all(now)
    assert trail_watch.check_when_due(now) is None
    later = now + timedelta(days=1, minutes=1)
    assert trail_watch.check_when_due(later) and trail_watch.check_when_due(later) is None
    assert TrailHead.objects.get().checked_at == later
    TrailHead.objects.update(checked_at=later + timedelta(days=900))
    assert trail_watch.check_when_due(later), "a moment ahead of the clock holds nothing up"


def test_an_end_that_is_cut_together_with_the_head_is_noticed_by_who_saw_it(empty_trail, caplog):
    now = timezone.now()
    for _turn in range(2):
        record("sent", by=None)
        sealing.seal_all(now)
    assert trail_watch.watch_head(now) == [] and trail_watch.watch_head(now) == []
    with triggers_dropped():
        TrailRow.objects.filter(seq=2).delete()
    TrailHead.objects.update(seq=1, chain=TrailRow.objects.get().chain)
    assert "row 2 " in trail_watch.watch_head(now)[0]
    assert "row 2 " in caplog.text and TrailRow.objects.filter(verb="trail_broken").exists()
    assert trail_watch.watch_head(now) == [], "told once"
