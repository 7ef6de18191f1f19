"""The button of the review says what happens, and a press does nothing else."""

import re
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from invocations.forms.promise import Promise
from invocations.models import Account, ApiKey, Invocation, Pace, WorkflowInstance
from invocations.sending import pause
from invocations.sending.departure import Deed, Departure, Obstacle
from tests.conftest import sign_in_again
from tests.views.conftest import NUMBER
from tests.views.pages import Page, confirm, send_form, words_of

STOPPED = Departure(obstacles=(Obstacle.STOPPED,))


def reviewed(client, workflow):
    return send_form(client, workflow).fill(recipient=NUMBER).press(client, "review")


def stop():
    pause.stop_everything("Wrong price", None)


OBSTACLES = {
    "Sending is stopped, so nothing leaves now.": stop,
    "The account Acme is paused, so": lambda: Account.objects.update(is_paused=True),
    "The workflow Plain is paused, so": lambda: WorkflowInstance.objects.update(is_paused=True),
    "Acme has no usable API key, so": lambda: ApiKey.objects.all().delete(),
}


@pytest.mark.parametrize("first_line", OBSTACLES)
def test_what_waits_is_queued_and_the_button_and_the_first_line_say_so(
    priya, plain, receiver, first_line
):
    OBSTACLES[first_line]()
    review = reviewed(priya, plain)
    said = words_of(review)
    button = re.search(r"Queue 1 practice message, expires ([\w ]*\d\d:\d\d)", said)
    assert button and "Send 1 practice message" not in said
    assert first_line in said.partition("Nothing has been sent yet.")[0]
    assert f"by {button[1]}, it is not sent." in said
    assert confirm(priya, review).status_code == 302
    row = Invocation.objects.get()
    assert (row.status, row.attempt_count) == ("queued", 0) and not receiver.received
    assert row.not_after.strftime("%H:%M") == button[1][-5:], "it expires when the button said"


@pytest.mark.parametrize("first_line", OBSTACLES)
def test_the_form_says_it_before_anything_is_typed(priya, plain, first_line):
    OBSTACLES[first_line]()
    assert first_line in words_of(priya.get(f"/send/{plain.pk}/"))


def test_without_an_obstacle_it_is_sent(priya, plain, receiver, background_sender):
    review = reviewed(priya, plain)
    assert "Send 1 practice message" in words_of(review) and "Queue" not in words_of(review)
    confirm(priya, review)
    assert len(receiver.received) == 1


def test_a_stop_between_review_and_press_shows_the_review_anew(priya, plain, receiver):
    review = reviewed(priya, plain)
    stop()
    anew = confirm(priya, review)
    assert anew.status_code == 200 and not Invocation.objects.exists()
    assert "Nothing was sent, and nothing was queued." in words_of(anew)
    assert "Queue 1 practice message" in words_of(anew)
    assert confirm(priya, anew).status_code == 302 and not receiver.received


def test_a_resumption_between_review_and_press_sends_nothing_either(priya, plain, receiver):
    stop()
    review = reviewed(priya, plain)
    pause.resume_everything(None)
    anew = confirm(priya, review)
    assert anew.status_code == 200 and not Invocation.objects.exists() and not receiver.received
    assert "In the meantime sending was resumed" in words_of(anew)
    assert "Send 1 practice message" in words_of(anew)
    confirm(priya, anew)
    assert len(receiver.received) == 1


def test_the_request_id_stays_when_the_review_is_shown_anew(priya, plain):
    review = reviewed(priya, plain)
    stop()
    anew = Page(confirm(priya, review)).form("send")
    assert anew["intent"] == Page(review).form("send")["intent"]


def test_a_second_press_after_a_stop_finds_the_message_that_was_sent(priya, plain, receiver):
    review = reviewed(priya, plain)
    confirm(priya, review)
    stop()
    assert confirm(priya, review).status_code == 302
    assert Invocation.objects.count() == 1 == len(receiver.received)


def test_a_review_that_was_open_for_half_of_the_validity_names_the_new_time_first(
    priya, plain, monkeypatch
):
    stop()
    review = reviewed(priya, plain)
    later = timezone.now() + plain.valid_for * 0.6
    monkeypatch.setattr(timezone, "now", lambda: later)
    sign_in_again(priya)  # her session has ended meanwhile
    assert confirm(priya, review).status_code == 200 and not Invocation.objects.exists()


@pytest.mark.parametrize("token", ["", "forged", "another message's"])
def test_without_a_genuine_promise_a_press_sends_at_once_or_asks(priya, plain, receiver, token):
    review = Page(reviewed(priya, plain)).form("send")
    if token == "another message's":
        now = timezone.now()
        token = Promise.of(plain, uuid.uuid4(), STOPPED, now).token
    stop()
    answer = review.fill(promise=token).press(priya, "send")
    assert "Queue 1 practice message" in words_of(answer) and not Invocation.objects.exists()


def test_a_press_on_queue_never_posts_even_if_all_is_resumed_that_instant(
    priya, plain, receiver, monkeypatch
):
    stop()
    review = reviewed(priya, plain)
    real = Promise.is_kept_by

    def resumed_just_after(self, *facts):
        kept = real(self, *facts)
        pause.resume_everything(None)
        return kept

    monkeypatch.setattr(Promise, "is_kept_by", resumed_just_after)
    confirm(priya, review)
    assert Invocation.objects.get().status == "queued" and not receiver.received


def test_a_promise_for_later_names_its_time_and_holds_until_then(plain):
    now = timezone.now()
    at = now + timedelta(hours=2)
    promise = Promise.of(plain, uuid.uuid4(), STOPPED, now, not_before=at)
    assert (promise.deed, promise.expires_at) == (Deed.SCHEDULE, at + plain.valid_for)
    assert Promise.read(promise.token, promise.request_id) == promise
    assert promise.is_kept_by(plain, Departure(), now)
    assert not promise.is_kept_by(plain, Departure(), at + timedelta(seconds=1))


@pytest.mark.parametrize("sender", [True, False])
def test_an_open_circuit_and_a_missing_sender_are_said_on_both_pages(priya, plain, request, sender):
    if sender:
        request.getfixturevalue("background_sender")
    soon = timezone.now() + timedelta(seconds=5)
    Pace.objects.create(account=plain.account, failures=5, wait_until=soon)
    for answer in (priya.get(f"/send/{plain.pk}/"), reviewed(priya, plain)):
        said = words_of(answer)
        assert "Acme cannot be reached: the last attempts failed." in said
        assert ("The console tries one message every 10 seconds." in said) == sender
        assert ("the background sender is not running" in said) == (not sender)
        assert ("If that fails, nobody tries again." in said) == (not sender)
