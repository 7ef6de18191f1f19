"""The brake: who pulls it, who sees it, what it does to people who send."""

import pytest

from invocations import pacing
from invocations.models import Attempt, KillSwitch
from tests.views.conftest import NUMBER
from tests.views.pages import confirm, opened, send_form


@pytest.fixture
def stopped(ada):
    ada.post("/stop/", {"reason": "A wrong text went out"})


def test_it_needs_a_reason(ada):
    assert "This field is required" in ada.post("/stop/", {"reason": " "}).content.decode() and not pacing.is_stopped()


@pytest.mark.parametrize("page", ["/", "/send/", "/history/", "/unknown/", "/me/"])
def test_everybody_reads_on_every_page_that_all_is_stopped_and_why(priya, ada, workflow, stopped, page):
    assert "A wrong text went out" in opened(priya, page).html
    assert "/stop/" not in opened(priya, page).links and "/stop/" in opened(ada, page).links


def test_the_pages_of_the_set_up_say_it_too(ada, workflow, stopped):
    assert "All sending is stopped" in opened(ada, "/invocations/account/").html


def test_nobody_who_is_not_signed_in_reads_it(client, stopped):
    assert "wrong text" not in client.get("/login/").content.decode()


def test_what_is_sent_meanwhile_is_recorded_and_waits(priya, typed, stopped, receiver):
    form = send_form(priya, typed).fill(recipient=NUMBER, **{"value1-01": "a", "value1-02": "b", "value1-03": "c"})
    html = priya.get(confirm(priya, form.press(priya, "review")).headers["Location"]).content.decode()
    assert "All sending is stopped." in html and "Queued" in html
    assert not receiver.received and not Attempt.objects.exists()


def test_taking_it_off_leaves_who_did_what_and_when(ada, stopped):
    assert pacing.is_stopped()
    html = ada.post("/stop/off/", follow=True).content.decode()
    assert not pacing.is_stopped() and "Sending goes on" in html
    assert [(change.is_on, change.changed_by) for change in KillSwitch.history.order_by("history_id")] == [
        (True, ada.person),
        (False, ada.person),
    ]
    assert "A wrong text went out" in html and "by ada" in html
