"""Now or later on the send page: the review says when it leaves, and it leaves then."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from invocations.models import Account, Invocation
from invocations.monitoring.sweep import run_once
from invocations.sending import pause
from tests.views.conftest import NUMBER
from tests.views.pages import Page, confirm, confirm_anyway, form_of, send_form, tokens_in, words_of

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def in_bengaluru(priya):
    priya.cookies["timezone"] = "Asia/Kolkata"
    with time_machine.travel(NOON, tick=False):
        yield


def reviewed(client, workflow, time="09:00", **fields):
    typed = {"recipient": NUMBER, "when": "later", "day": "2026-11-30", "time": time} | fields
    return send_form(client, workflow).fill(typed).press(client, "review")


def test_the_review_says_when_it_leaves_and_until_when_it_can_be_cancelled(priya, plain, receiver):
    review = reviewed(priya, plain)
    said = words_of(review)
    assert "It leaves Monday 30 November, 09:00 IST. You can cancel it until 08:59." in said
    assert "In 1 day 15 h. If it cannot leave by 13:00, it expires." in said
    assert "In India it is 09:00 then." in said
    assert "Schedule 1 practice message for Mon 09:00" in said and not tokens_in(review)
    answer = confirm(priya, review)
    row = Invocation.objects.get()
    assert row.not_before == row.due_at == datetime(2026, 11, 30, 3, 30, tzinfo=UTC)
    assert row.not_after == row.not_before + plain.valid_for
    assert not receiver.received
    page = words_of(priya.get(answer.url))
    assert "It leaves Monday 30 November, 09:00 IST." in page and "Change the time" in page


def test_at_night_it_has_to_be_acknowledged(priya, plain, receiver):
    review = reviewed(priya, plain, time="23:30")
    assert tokens_in(review) == ["outside_hours"]
    assert "It leaves at 23:30 in India, outside 08:00 to 21:00 there." in words_of(review)
    assert "Tick the box above first." in words_of(review)
    refused = confirm(priya, review)
    assert not Invocation.objects.exists()
    assert "Nothing was sent. Tick this box first, or go back." in words_of(refused)
    assert confirm_anyway(priya, refused).status_code == 302
    assert Invocation.objects.get().not_before == datetime(2026, 11, 30, 18, tzinfo=UTC)


def test_a_time_that_passed_while_the_review_was_open_sends_nothing(priya, plain, receiver):
    review = reviewed(priya, plain, day="2026-11-28", time="17:40")
    with time_machine.travel(NOON + timedelta(minutes=11), tick=False):
        answer = confirm(priya, review)
    assert "28 November 2026, 17:40 has passed" in words_of(answer)
    assert not Invocation.objects.exists() and not receiver.received


def test_a_press_does_what_the_form_and_the_button_both_say(priya, plain, receiver):
    nine = Page(reviewed(priya, plain)).form("send")
    ten = Page(nine.fill(time="10:00").press(priya, "send"))
    assert not Invocation.objects.exists() and "Mon 10:00" in ten.html
    now = Page(nine.fill(when="now").press(priya, "send"))
    assert not Invocation.objects.exists() and not receiver.received
    assert "Send 1 practice message" in now.html


def test_a_form_without_a_promise_asks_before_it_schedules(priya, plain, receiver):
    form = Page(reviewed(priya, plain)).form("send").fill(promise="")
    assert form.press(priya, "send").status_code == 200
    assert not Invocation.objects.exists() and not receiver.received


def test_back_brings_the_time_back(priya, plain):
    back = form_of(Page(reviewed(priya, plain)).form("send").press(priya, "edit"))
    assert (back["when"], back["day"], back["time"]) == ("later", "2026-11-30", "09:00")


@pytest.mark.parametrize(
    ("stop", "words"),
    [
        (lambda: pause.stop_everything("x", None), "All sending is stopped now"),
        (lambda: Account.objects.update(is_paused=True), "The account Acme is paused now"),
    ],
)
def test_what_is_stopped_now_is_said_and_it_is_scheduled_all_the_same(priya, plain, stop, words):
    stop()
    said = words_of(review := reviewed(priya, plain))
    assert f"{words} If that lasts until then, it waits, and expires at 13:00." in said
    assert "Schedule 1 practice message for Mon 09:00" in said
    page = words_of(priya.get(confirm(priya, review).url))
    assert "If sending is resumed by then, it leaves at its time." in page


def test_the_preview_says_what_time_it_is_there(priya, plain):
    typed = {"recipient": "+971 50 123 4567", "when": "later", "day": "2026-11-30"}
    fields = send_form(priya, plain).fill(typed | {"time": "09:00"}).fields
    said = words_of(priya.post(f"/send/{plain.pk}/preview/", fields))
    assert "It leaves Monday 30 November, 09:00 IST, in 1 day 15 h." in said
    assert "In United Arab Emirates it is 07:30 then." in said
    assert "outside 08:00 to 21:00" in said
    now = words_of(priya.post(f"/send/{plain.pk}/preview/", {**fields, "when": "now"}))
    assert "In United Arab Emirates it is 16:00 now." in now


def test_a_second_one_says_that_the_first_is_scheduled(priya, plain):
    confirm(priya, reviewed(priya, plain))
    later = words_of(reviewed(priya, plain))
    assert "You scheduled this workflow to this number" in later and "not left yet" in later


def test_what_was_scheduled_leaves_once_the_time_has_come(priya, plain, receiver):
    confirm(priya, reviewed(priya, plain))
    assert not run_once()
    with time_machine.travel(NOON + timedelta(hours=39, minutes=31), tick=True):
        assert timezone.now() > Invocation.objects.get().not_before
        assert run_once() == 1
    assert len(receiver.received) == 1
