"""A number of another country than the account's home: what is said, and the button that takes it
as one of home.
"""

import json
import uuid

import pytest

from invocations.kaleyra.payload import Send
from invocations.models import Invocation
from invocations.sending.record import record
from tests.views.pages import Page, form_of, send_form, tokens_in, words_of
from tests.views.send.send_page import send_and_receive

BOTH, AT_HOME = "6443094727", "916443094727"
"""A landline in New Zealand, and without its country code an Indian mobile number."""


@pytest.fixture
def indian(account):
    account.home_country = "IN"
    account.save()


@pytest.fixture
def form(indian, priya, typed):
    values = {"value1-01": "Asha", "value1-02": "1 year", "value1-03": "15"}
    return send_form(priya, typed).fill(values, recipient=BOTH, reference="KF-1")


def take_home(client, answer):
    """Presses the review's button that takes the number as one of home."""
    page = Page(answer)
    assert "Take it as India: +91 64430 94727" in page.html
    return client.post(page.form("send").action, page.form("send").fields | {"action": HOME})


HOME = "home-review:0"


def test_the_preview_names_both_countries_and_offers_the_number_at_home(priya, typed, form):
    html = priya.post(f"/send/{typed.pk}/preview/", form.fields).content.decode()
    assert "New Zealand" in html and "Which one is right?" in html
    assert 'value="home:0"' in html and "Take it as India: +91 64430 94727" in html


def test_the_form_takes_the_number_at_home_and_keeps_all_else(priya, form):
    form.buttons.append("home:0")
    answer = form.press(priya, "home:0")
    again = form_of(answer)
    assert again["recipient"] == "+91 64430 94727"
    assert (again["value1-01"], again["reference"]) == ("Asha", "KF-1")
    assert "Which one is right?" not in words_of(answer)


def test_the_review_asks_and_takes_the_number_at_home_with_one_press(priya, form, posted):
    review = form.press(priya, "review")
    assert tokens_in(review) == ["not_home_country"]
    again = take_home(priya, review)
    assert not tokens_in(again) and "+91 64430 94727" in words_of(again)
    assert Page(again).form("send").press(priya, "send").status_code == 302
    assert posted().body["input"]["send1"]["recipient"] == AT_HOME


def test_without_a_tick_a_number_that_is_both_is_not_sent(priya, form, receiver):
    answer = Page(form.press(priya, "review")).form("send").press(priya, "send")
    assert "tick the box below first" in words_of(answer)
    assert not Invocation.objects.exists() and not receiver.received


def test_with_a_tick_it_is_sent_as_it_was_typed(priya, form, posted):
    body = send_and_receive(priya, form, posted).body
    assert body["input"]["send1"]["recipient"] == BOTH


def test_only_the_channel_whose_number_is_meant_is_changed(priya, form):
    form.fill(recipient2="6443094728")
    del form["same_recipient"]
    review = Page(form.press(priya, "review"))
    assert all(f'value="home-review:{position}"' in review.html for position in (1, 2))
    form.buttons.append("home:2")
    again = form_of(form.press(priya, "home:2"))
    assert (again["recipient"], again["recipient2"]) == (BOTH, "+91 64430 94728")


def test_a_number_typed_as_at_home_becomes_one_and_the_form_says_so(priya, form):
    html = form.fill(recipient="098765 43210").press(priya, "review").content.decode()
    assert "+91 98765 43210" in html and "its country code 91 was put in front" in html


def test_a_foreign_number_is_a_caution_without_a_tick(priya, form):
    answer = form.fill(recipient="+44 7700 900123").press(priya, "review")
    assert "a number of United Kingdom, not of India" in words_of(answer)
    assert not tokens_in(answer) and "Take it as" not in answer.content.decode()


def test_a_paste_takes_a_national_number_and_says_so(indian, priya, typed, form):
    body = json.dumps({"input": {"send1": {"recipient": "9876543210"}}})
    answer = form.fill(pasted=body).press(priya, "paste")
    assert form_of(answer)["recipient"] == "+91 98765 43210"
    assert "its country code 91 was put in front" in answer.content.decode()


@pytest.mark.parametrize("position", ["0", "3", "x", "", "1:2"])
def test_the_button_on_an_ordinary_number_changes_nothing(priya, form, position):
    form.fill(recipient="+91 98765 43210")
    form.buttons += [f"home:{position}", f"home-review:{position}"]
    assert form_of(form.press(priya, f"home:{position}"))["recipient"] == "+91 98765 43210"
    assert "Check, then" in words_of(form.press(priya, f"home-review:{position}"))


def test_the_button_on_a_number_that_cannot_be_read_keeps_what_was_typed(priya, form):
    form.fill(recipient="12ab")
    form.buttons += ["home-review:0"]
    again = form_of(form.press(priya, "home-review:0"))
    assert again["recipient"] == "12ab" and again["value1-01"] == "Asha"


def test_no_number_that_one_may_not_see_is_offered(indian, priya, typed):
    values = {"01": "Asha", "02": "1 year", "03": "15"}
    sends = [Send(BOTH, values)] * 2
    row = record(typed, sends, request_id=uuid.uuid4(), created_by=None)[0]
    Invocation.objects.filter(pk=row.pk).update(status="rejected", due_at=None)
    form = send_form(priya, typed, f"?again={row.request_id}")
    form.buttons += ["home:0", "home-review:0"]
    for button in ["review", "home:0", "home-review:0"]:
        html = form.press(priya, button).content.decode()
        assert "Which one is right?" in html and "Take it as" not in html
        assert "64430 94727" not in html and "309 4727" not in html and BOTH not in html
