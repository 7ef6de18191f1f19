"""Another time for a scheduled message, from its page."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone

from invocations.history.scheduled import is_scheduled
from invocations.models import Invocation, ScheduleChange
from invocations.sending import decisions
from invocations.views.history import reschedule
from tests.views.pages import Page, opened, words_of

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def in_bengaluru(priya, rosa):
    for client in (priya, rosa):
        client.cookies["timezone"] = "Asia/Kolkata"
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def row(recorded):
    return recorded(not_before=datetime(2026, 11, 30, 3, 30, tzinfo=UTC))


def page(row):
    return f"/history/{row.request_id}/"


def changed(client, row, **fields):
    form = opened(client, f"{page(row)}time/").form("was")
    return client.post(f"{page(row)}time/", {**form.fields, **fields})


def test_the_form_starts_with_the_time_in_ones_own_zone(priya, row):
    form = opened(priya, f"{page(row)}time/").form("was")
    assert (form["day"], form["time"], form["zone"]) == ("2026-11-30", "09:00", "Asia/Kolkata")


def test_the_new_time_is_on_the_page_and_the_change_in_the_timeline(priya, row):
    answer = changed(priya, row, time="12:15")
    assert answer.status_code == 302
    said = words_of(priya.get(answer.url))
    assert "Changed. It leaves Monday 30 November, 12:15 IST." in said
    assert "priya: to 30 Nov 2026, 12:15, from 30 Nov 2026, 09:00." in said
    assert "Scheduled for 30 Nov 2026, 09:00." in said, "as it was recorded"
    end = row.not_after + timedelta(hours=3, minutes=15)
    expires = f"Expires at {timezone.localtime(end, ZoneInfo('Asia/Kolkata')):%-d %b %Y, %H:%M}."
    assert said.count("Expires at ") == 1, "when it was saved, it expired at another time"
    assert f"from 30 Nov 2026, 09:00. {expires}" in said
    assert Invocation.objects.get().not_before == datetime(2026, 11, 30, 6, 45, tzinfo=UTC)


def test_at_night_it_asks_first(priya, row):
    asked = changed(priya, row, time="23:00")
    assert "It leaves at 23:00 in India" in words_of(asked)
    assert "Nothing was changed. Tick this box first" in words_of(asked)
    assert not ScheduleChange.objects.exists()
    answer = changed(priya, row, time="23:00", acknowledged="outside_hours")
    assert answer.status_code == 302 and ScheduleChange.objects.count() == 1


def test_a_time_that_has_passed_is_refused(priya, row):
    answer = changed(priya, row, day="2026-11-28", time="09:00")
    assert "has passed" in words_of(answer) and not ScheduleChange.objects.exists()


@pytest.mark.parametrize(
    ("status", "why"),
    [
        ("sending", "It is being sent at this moment."),
        ("accepted", "It has left: Kaleyra accepted it."),
        ("unknown", "It may have left already."),
        ("expired", "It has expired."),
        ("cancelled", "It was cancelled before."),
    ],
)
def test_what_has_moved_on_says_so_and_stays(priya, row, status, why):
    form = opened(priya, f"{page(row)}time/").form("was")
    Invocation.objects.update(status=status, lease_until=NOON)
    answer = priya.post(f"{page(row)}time/", {**form.fields, "time": "12:00"}, follow=True)
    assert f"Its time was not changed. {why}" in words_of(answer)
    assert not ScheduleChange.objects.exists()
    assert "Change the time" not in words_of(priya.get(page(row)))
    answer = priya.post(f"{page(row)}cancel/", follow=True)
    assert f"It could not be cancelled. {why}" in words_of(answer)


@pytest.mark.parametrize("deed", ["time/", "cancel/"])
def test_a_dispatcher_that_takes_it_in_between_wins(priya, row, deed, monkeypatch):
    """It claims the row after the page has read it, and before the page's UPDATE."""
    form = opened(priya, f"{page(row)}time/").form("was")
    claim = {"status": "sending", "lease_until": NOON + timedelta(minutes=1)}
    took = []

    def in_between(*args, **kwargs):
        took.append(Invocation.objects.update(**claim))
        return wanted(*args, **kwargs)

    module, name = (reschedule, "change_time") if deed == "time/" else (decisions, "cancel")
    wanted = getattr(module, name)
    monkeypatch.setattr(module, name, in_between)
    answer = priya.post(f"{page(row)}{deed}", {**form.fields, "time": "12:00"}, follow=True)
    assert took == [1] and "It is being sent at this moment." in words_of(answer)
    found = Invocation.objects.get()
    assert (found.status, found.not_before) == ("sending", row.not_before)


def test_cancelled_in_one_tab_the_other_tab_names_who_did_it(priya, row):
    form = opened(priya, f"{page(row)}time/").form("was")
    priya.post(f"{page(row)}cancel/")
    answer = priya.post(f"{page(row)}time/", {**form.fields, "time": "12:00"}, follow=True)
    assert "Its time was not changed. It was cancelled before, by priya." in words_of(answer)


def test_a_page_that_shows_an_older_time_changes_nothing(priya, row):
    form = opened(priya, f"{page(row)}time/").form("was")
    changed(priya, row, time="12:00")
    answer = priya.post(f"{page(row)}time/", {**form.fields, "time": "13:00"}, follow=True)
    said = words_of(answer)
    assert "priya has just given it another time: it leaves Monday 30 November, 12:00 IST." in said
    assert ScheduleChange.objects.count() == 1


@pytest.mark.parametrize("was", ["", "yesterday", "2026-13-45T99:00"])
def test_a_forged_time_changes_nothing(priya, row, was):
    assert changed(priya, row, was=was, time="12:00").status_code == 302
    assert not ScheduleChange.objects.exists()


def test_who_may_not_send_may_not_change_it(rosa, row):
    assert rosa.get(f"{page(row)}time/").status_code == 403
    assert "Change the time" not in words_of(rosa.get(page(row)))


def test_a_message_without_a_time_of_its_own_gets_none(priya, recorded):
    row = recorded()
    assert priya.get(f"{page(row)}time/").status_code == 302


def scheduled():
    return Invocation.objects.filter(is_scheduled())


def test_cancelling_one_keeps_it_from_leaving(priya, row):
    Page(priya.get(page(row)))
    priya.post(f"{page(row)}cancel/")
    assert Invocation.objects.get().status == "cancelled"
    assert not scheduled().exists()


def test_the_history_finds_what_is_scheduled_with_its_time(priya, row, recorded):
    other = recorded("429")
    html = priya.get("/history/?status=scheduled").content.decode()
    assert str(row.request_id) in html and str(other.request_id) not in html
    assert "Mon 09:00" in html
    assert list(scheduled()) == [row]
    with time_machine.travel(row.not_before + timedelta(seconds=1), tick=False):
        assert not scheduled().exists(), "its time has come: it is queued"


def test_every_row_is_marked_live_or_practice(priya, row):
    html = priya.get("/history/").content.decode()
    assert 'class="mode" data-mode="practice"' in html
