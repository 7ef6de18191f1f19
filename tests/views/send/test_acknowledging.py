"""Cautions that can hurt a customer are asked when the message is recorded, not when the page is
shown.
"""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client

from invocations.models import Invocation
from tests.views.conftest import NUMBER
from tests.views.pages import Page, confirm, send_form, tokens_in

TWO_NUMBERS = {
    "recipient": NUMBER,
    "recipient2": "+49 1512 3012345",
    "same_recipient": [],
    "value1-01": "Asha",
}


def reviewed(client, workflow, **values):
    """A review page of a form of its own."""
    return send_form(client, workflow).fill(recipient=NUMBER, **values).press(client, "review")


def token_in(answer):
    """What the first tick box posts, if there is one."""
    return next(iter(tokens_in(answer)), None)


def test_the_second_of_two_tabs_is_asked_and_may_send_anyway(priya, plain, receiver):
    first, second = reviewed(priya, plain), reviewed(priya, plain)
    assert token_in(second) is None, "nothing had been sent when it was shown"
    assert confirm(priya, first).status_code == 302
    answer = confirm(priya, second)
    html = answer.content.decode()
    assert answer.status_code == 200 and "Nothing was sent." in html and "I have checked" in html
    assert re.search(r"You sent this workflow to this number \d+ seconds? ago", html)
    assert Invocation.objects.count() == 1 == len(receiver.received)
    form = Page(answer).form("send").fill(acknowledged=token_in(answer))
    assert form.press(priya, "send").status_code == 302 and len(receiver.received) == 2


def test_a_colleague_is_named(priya, ada, plain):
    mine = reviewed(ada, plain)
    confirm(priya, reviewed(priya, plain))
    html = confirm(ada, mine).content.decode()
    assert re.search(r"priya sent this workflow to this number \d+ seconds? ago", html)


def test_an_acknowledgement_is_for_that_very_message_alone(priya, ada, plain, receiver):
    confirm(priya, reviewed(priya, plain))
    mine = reviewed(ada, plain)
    token = token_in(mine)
    second = Page(reviewed(priya, plain)).form("send").fill(acknowledged=token)
    assert second.press(priya, "send").status_code == 302, "priya sends it once more"
    answer = Page(mine).form("send").fill(acknowledged=token).press(ada, "send")
    assert answer.status_code == 200 and token_in(answer) not in (None, token)
    assert len(receiver.received) == 2


def test_a_box_that_was_ticked_stays_ticked_when_the_page_comes_back(priya, workflow, receiver):
    form = send_form(priya, workflow).fill(**TWO_NUMBERS)
    review, other = (form.press(priya, "review"), reviewed(priya, workflow, **{"value1-01": "x"}))
    confirm(priya, other)
    back = Page(review).form("send").fill(acknowledged="different_numbers").press(priya, "send")
    assert [token.partition(":")[0] for token in tokens_in(back)] == ["different_numbers", "repeat"]
    ticked = re.findall(r'value="([^"]+)" form="confirm" checked', back.content.decode())
    assert ticked == ["different_numbers"] and len(receiver.received) == 1


def test_two_numbers_in_one_flow_are_asked_about(priya, workflow, receiver):
    form = send_form(priya, workflow).fill(**TWO_NUMBERS)
    review = form.press(priya, "review")
    assert token_in(review) == "different_numbers"
    assert confirm(priya, review).status_code == 200 and not receiver.received
    ticked = Page(review).form("send").fill(acknowledged="different_numbers")
    assert ticked.press(priya, "send").status_code == 302 and len(receiver.received) == 1


@pytest.mark.django_db(transaction=True)
def test_of_twenty_forms_posted_at_once_one_goes_and_nineteen_are_asked(priya, plain, receiver):
    forms = [Page(reviewed(priya, plain)).form("send") for _ in range(20)]

    def press(form):
        browser = Client()
        browser.cookies = priya.cookies
        try:
            return form.press(browser, "send")
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(press, forms))
    assert sorted(answer.status_code for answer in answers) == [200] * 19 + [302]
    asked = [answer for answer in answers if answer.status_code == 200]
    assert all(token_in(answer) for answer in asked)
    assert Invocation.objects.count() == 1 == len(receiver.received)
