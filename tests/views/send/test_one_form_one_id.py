"""The request ID is issued with the form: however often that is posted, one message is sent."""

import re
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test import Client

from invocations.composing import check
from invocations.forms.submission_token import MAX_AGE_SECONDS, SubmissionToken
from invocations.models import Attempt, Invocation
from invocations.sending import record
from tests.views.conftest import NUMBER
from tests.views.pages import Page, confirm, confirm_anyway, form_of, send_form


@pytest.fixture
def review(priya, plain):
    """The review page of a message that was filled in and not sent yet."""
    return send_form(priya, plain).fill(recipient=NUMBER, reference="T-1").press(priya, "review")


@pytest.mark.django_db(transaction=True)
def test_the_same_form_posted_twenty_times_at_once_is_one_message(priya, review, receiver):
    form = Page(review).form("send")

    def press(_number):
        browser = Client()
        browser.cookies = priya.cookies
        try:
            return form.press(browser, "send").headers["Location"]
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        pages = set(pool.map(press, range(20)))
    row = Invocation.objects.get()
    assert pages == {f"/history/{row.request_id}/"}
    assert [request.request_id for request in receiver.received] == [str(row.request_id)]
    assert Attempt.objects.count() == 1


def test_the_id_is_a_random_one_that_the_review_has_named(priya, review, receiver):
    confirm(priya, review)
    row = Invocation.objects.get()
    assert row.request_id.version == 4 and str(row.request_id) in review.content.decode()
    assert row.created_by == priya.person and row.reference == "T-1"


def test_pressing_send_again_shows_the_first_and_says_so(priya, review, receiver):
    first, second = confirm(priya, review), confirm(priya, review)
    assert first.headers["Location"] == second.headers["Location"] and len(receiver.received) == 1
    assert (
        "Nothing was sent a second time" in priya.get(second.headers["Location"]).content.decode()
    )


def test_other_values_under_the_same_id_are_refused_and_change_nothing(priya, review, receiver):
    confirm(priya, review)
    before = Invocation.objects.values().get()
    form = Page(review).form("send").fill(recipient="+91 98765 43210")
    page = Page(form.press(priya, "send"))
    assert "sent already, with other values" in page.text("errors")
    assert Invocation.objects.values().get() == before and len(receiver.received) == 1
    # The form that came back is a new message, if that is what is wanted.
    assert page.form("review")["recipient"] == "+91 98765 43210"
    confirm(priya, page.form("review").press(priya, "review"))
    assert Invocation.objects.count() == 2


def test_back_and_edit_before_sending_is_still_one_message(priya, review, receiver):
    form = form_of(Page(review).form("send").press(priya, "edit")).fill(recipient="+91 98765 43210")
    confirm(priya, form.press(priya, "review"))
    assert Invocation.objects.get().recipient_hint.endswith("3210") and len(receiver.received) == 1


def test_two_tabs_are_two_messages_once_the_second_is_meant(priya, plain, receiver):
    for form in [send_form(priya, plain), send_form(priya, plain)]:
        confirm_anyway(priya, form.fill(recipient=NUMBER).press(priya, "review"))
    assert len(set(receiver.accepted)) == 2


def tokens(priya, rosa, plain, other):
    """What stands in the hidden field, and is no intent of this person for this workflow."""
    return {
        "missing": None,
        "empty": "",
        "forged": SubmissionToken.new(priya.person.pk, plain.pk).token[:-3] + "abc",
        "garbage": "\0é{}[" + "x" * 9000,
        "another person's": SubmissionToken.new(rosa.person.pk, plain.pk).token,
        "another workflow's": SubmissionToken.new(priya.person.pk, other.pk).token,
    }


@pytest.mark.parametrize(
    "which", ["missing", "empty", "forged", "garbage", "another person's", "another workflow's"]
)
def test_a_form_that_is_not_this_persons_records_nothing_and_loses_nothing(
    priya, rosa, plain, typed, receiver, which
):
    form = send_form(priya, plain).fill(recipient="+91 80612-34581", reference="T-1", note="n")
    token = tokens(priya, rosa, plain, typed)[which]
    form.fields.pop("intent")
    if token is not None:
        form["intent"] = token
    form.buttons.append("send")
    again = form_of(form.press(priya, "send"))
    assert not Invocation.objects.exists() and not receiver.received
    assert again.but("intent") == form.but("intent")
    confirm(priya, again.press(priya, "review"))  # it can go on from here
    assert Invocation.objects.count() == 1


def test_a_form_of_yesterday_records_nothing_and_loses_nothing(priya, plain, receiver):
    form = send_form(priya, plain).fill(recipient="+91 80612-34581")
    with time_machine.travel(time.time() + MAX_AGE_SECONDS + 60, tick=True):
        priya.force_login(priya.person)  # the session is over, too
        form.buttons.append("send")
        page = Page(form.press(priya, "send"))
    assert "open for too long" in page.html
    assert page.form("review")["recipient"] == "+91 80612-34581"
    assert not Invocation.objects.exists()


def test_the_database_itself_holds_an_id_once(recorded):
    row = recorded()
    with pytest.raises(IntegrityError), transaction.atomic():
        Invocation.objects.create(
            workflow_instance=row.workflow_instance,
            account=row.account,
            payload="{}",
            request_id=row.request_id,
        )


def test_the_same_message_to_the_same_number_is_told_and_not_barred(priya, plain, receiver):
    confirm(priya, send_form(priya, plain).fill(recipient=NUMBER).press(priya, "review"))
    review = send_form(priya, plain).fill(recipient=NUMBER).press(priya, "review")
    page = Page(review)
    assert re.search(r"You sent this workflow to this number \d+ seconds? ago", page.html)
    assert f"/history/{Invocation.objects.get().request_id}/" in page.links


def test_a_workflow_turned_off_in_the_meantime_records_nothing(priya, review, plain):
    plain.is_active = False
    plain.save()
    assert confirm(priya, review).status_code == 404 and not Invocation.objects.exists()


def test_a_channel_taken_away_in_the_meantime_records_nothing(priya, review, plain, monkeypatch):
    def of_message(*_, **__):
        return [check.blocker("channels")]

    monkeypatch.setattr(record.check, "of_message", of_message)
    page = Page(confirm(priya, review))
    assert (
        "This workflow has no channels yet." in page.text("errors")
        and not Invocation.objects.exists()
    )
    assert page.form("review")["recipient"] == NUMBER


def test_a_paused_account_records_and_keeps_it(priya, review, plain, receiver):
    type(plain.account).objects.update(is_paused=True, paused_reason="for <now>")
    shown_anew = confirm(priya, review)
    assert (
        "Queue 1 practice message" in shown_anew.content.decode()
        and not Invocation.objects.exists()
    )
    assert confirm(priya, shown_anew).status_code == 302
    assert Invocation.objects.get().status == "queued" and not receiver.received
    html = priya.get(f"/send/{plain.pk}/").content.decode()
    assert "Acme is paused" in html and "for &lt;now&gt;" in html


def test_an_intent_reads_back_what_it_was_made_of():
    intent = SubmissionToken.new(1, 2, uuid.uuid4())
    assert SubmissionToken.read(intent.token, 1, 2) == intent
