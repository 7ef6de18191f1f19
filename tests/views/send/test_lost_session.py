"""A form that is posted after the session has ended comes back filled after sign-in, and unsent."""

import json
import threading
import uuid
from contextlib import suppress
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone

from invocations.forms import kept_form
from invocations.forms.submission_token import SubmissionToken
from invocations.models import BrowserSession, Invocation, encryption
from invocations.models.kept_forms import KeptForm
from invocations.monitoring.sweep import sweep
from tests.views.conftest import DIGITS, NUMBER, VALUES
from tests.views.pages import Page, confirm, form_of, send_form, words_of
from tests.views.send.test_kept_input import contents_of

PASSWORD = "correct horse battery"
SECRETS = [NUMBER, DIGITS, *VALUES.values(), "CARE-7729", "a note about her"]


@pytest.fixture
def form(priya, typed):
    values = {f"value1-{key}": value for key, value in VALUES.items()}
    return send_form(priya, typed).fill(
        values, recipient=NUMBER, reference="CARE-7729", note="a note about her"
    )


def lose_the_session():
    BrowserSession.objects.all().delete()


def signed_in_after(client, answer, username="priya"):
    """What the browser shows after signing in on the page to which `answer` leads."""
    assert answer.status_code == 302 and answer.headers["Location"].startswith("/login/")
    credentials = {"username": username, "password": PASSWORD}
    login = client.post(answer.headers["Location"], credentials)
    assert login.status_code == 302, words_of(login)
    return client.get(login.headers["Location"])


def stored():
    """Everything that is in the database, as text."""
    with connection.cursor() as cursor:
        found = []
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            found += [str(row) for row in cursor.fetchall()]
    sessions = [str(session.get_decoded()) for session in BrowserSession.objects.all()]
    return "\n".join([*found, *sessions])


@pytest.mark.parametrize("button", ["review", "params:add", "mine"])
def test_the_form_comes_back_filled_and_unsent(priya, form, receiver, button):
    lose_the_session()
    answer = signed_in_after(priya, form.press(priya, button))
    assert contents_of(form_of(answer)) == contents_of(form), "the request ID included"
    assert "What you typed is back. Nothing was sent." in words_of(answer)
    assert not Invocation.objects.exists() and not receiver.received


def test_the_sign_in_page_says_that_nothing_was_sent_and_that_the_form_is_there(
    priya, form, client
):
    lose_the_session()
    said = "You have been signed out, and nothing was sent. Sign in to come back to the form."
    assert said in words_of(priya.get(form.press(priya, "review").headers["Location"]))
    other = client.post("/find/", {"q": "x"})
    assert "nothing was sent" not in words_of(client.get(other.headers["Location"]))


def test_the_press_on_send_comes_back_to_the_form_too_and_sends_once(priya, form, receiver):
    review = Page(form.press(priya, "review")).form("send")
    lose_the_session()
    answer = signed_in_after(priya, review.press(priya, "send"))
    assert not receiver.received
    confirm(priya, form_of(answer).press(priya, "review"))
    confirm_again = review.press(priya, "send")
    assert confirm_again.status_code == 302 and Invocation.objects.count() == 1
    assert len(receiver.received) == 1, "the request ID was kept"


def test_no_value_stands_in_the_url_the_session_or_any_row(priya, form):
    lose_the_session()
    answer = form.press(priya, "review")
    kept = str(KeptForm.objects.get().pk)
    address = parse_qs(urlsplit(answer.headers["Location"]).query)["next"]
    assert address == [f"/send/{KeptForm.objects.get().workflow_id}/?kept={kept}"]
    cookies = str(answer.cookies) + str(priya.cookies)
    before = stored()
    for secret in SECRETS:
        assert secret not in before and secret not in cookies and secret not in str(address)
    session = json.dumps([session.get_decoded() for session in BrowserSession.objects.all()])
    assert kept in session and "intent" not in session


def test_nobody_else_who_signs_in_at_this_browser_sees_it(priya, ada, form):
    lose_the_session()
    answer = signed_in_after(priya, form.press(priya, "review"), username="ada")
    html = answer.content.decode()
    assert answer.status_code == 302 or not [secret for secret in SECRETS if secret in html]
    followed = priya.get(answer.headers["Location"]) if answer.status_code == 302 else answer
    assert "not kept any more" in words_of(followed)
    assert not [secret for secret in SECRETS if secret in followed.content.decode()]


def test_the_same_person_in_another_browser_does_not_get_it(priya, form, typed):
    lose_the_session()
    form.press(priya, "review")
    other = Client()
    other.force_login(priya.person)
    answer = other.get(f"/send/{typed.pk}/?kept={KeptForm.objects.get().pk}", follow=True)
    assert "not kept any more" in words_of(answer)
    assert NUMBER not in answer.content.decode()


@pytest.mark.parametrize("kept", ["x", "", "00000000-0000-4000-8000-000000000000", "0" * 500])
def test_a_made_up_id_leads_to_an_empty_form(priya, typed, kept):
    answer = priya.get(f"/send/{typed.pk}/", {"kept": kept}, follow=True)
    assert answer.status_code == 200 and form_of(answer)["recipient"] == ""


@pytest.mark.parametrize("intent", ["", "forged", "another person's"])
def test_only_what_somebody_of_ours_has_opened_is_kept(client, form, typed, intent):
    if intent == "another person's":
        gone = User.objects.create_user("gone")
        intent = SubmissionToken.new(gone.pk, typed.pk).token
        gone.delete()
    sessions = BrowserSession.objects.count()
    answer = form.fill(intent=intent).press(client, "review")
    assert answer.status_code == 302 and not KeptForm.objects.exists()
    assert BrowserSession.objects.count() == sessions, "strangers make no rows"


def test_a_form_that_is_posted_twice_is_kept_once(priya, form):
    lose_the_session()
    form.press(priya, "review")
    form.fill(note="changed").press(priya, "review")
    assert KeptForm.objects.count() == 1
    assert json.loads(KeptForm.objects.get().body)["note"] == ["changed"]


@pytest.mark.django_db(transaction=True)
def test_a_form_that_is_posted_twice_at_once_is_kept_once(form, monkeypatch):
    lose_the_session()
    both_look_before_either_writes, answers = threading.Barrier(2), []

    def encrypt(*args):
        with suppress(threading.BrokenBarrierError):  # one writer at a time: SQLite
            both_look_before_either_writes.wait(0.5)
        return real(*args)

    def press():
        try:
            answers.append(form.press(Client(), "review").status_code)
        finally:
            connection.close()

    real = encryption.encrypt
    monkeypatch.setattr(encryption, "encrypt", encrypt)
    presses = [threading.Thread(target=press) for _ in range(2)]
    for each in presses:
        each.start()
    for each in presses:
        each.join()
    assert answers == [302, 302] and KeptForm.objects.count() == 1


def test_two_forms_of_one_browser_are_both_kept(priya, form, typed):
    other = send_form(priya, typed).fill(recipient="+44 20 7946 0958")
    lose_the_session()
    answers = [each.press(priya, "review") for each in (form, other)]
    signed_in_after(priya, answers[0])
    for each, answer in zip((form, other), answers, strict=True):
        address = parse_qs(urlsplit(answer.headers["Location"]).query)["next"][0]
        assert form_of(priya.get(address))["recipient"] == each["recipient"]


def test_it_is_kept_for_an_hour_and_purged_by_the_sweep(priya, form):
    lose_the_session()
    answer = form.press(priya, "review")
    old = timezone.now() - kept_form.KEPT_FOR - timedelta(seconds=1)
    KeptForm.objects.update(created_at=old)
    login = priya.post(answer.headers["Location"], {"username": "priya", "password": PASSWORD})
    assert "not kept any more" in words_of(priya.get(login.headers["Location"], follow=True))
    sweep()
    assert not KeptForm.objects.exists()


def test_it_is_deleted_once_its_message_is_recorded(priya, form, receiver):
    lose_the_session()
    answer = signed_in_after(priya, form.press(priya, "review"))
    confirm(priya, form_of(answer).press(priya, "review"))
    assert Invocation.objects.count() == 1 and not KeptForm.objects.exists()


def test_one_person_keeps_a_bounded_number_of_bounded_forms(priya, typed, form):
    forms = [send_form(priya, typed).fill(recipient=NUMBER) for _ in range(22)]
    lose_the_session()
    for each in forms:
        each.press(priya, "review")
    assert KeptForm.objects.count() == kept_form.MAX_PER_USER
    assert len(priya.session[kept_form.SESSION_KEY]) == kept_form.MAX_PER_SESSION
    form.fill(note="x" * (kept_form.MAX_KEPT_CHARACTERS + 1)).press(priya, "review")
    assert KeptForm.objects.count() == kept_form.MAX_PER_USER


def test_a_pasted_text_which_may_hold_a_key_and_ticks_are_not_kept(priya, form):
    form.fill(pasted="curl -H 'api-key: Asecret'", acknowledged="repeat")
    lose_the_session()
    form.press(priya, "review")
    fields = json.loads(KeptForm.objects.get().body)
    assert not {"pasted", "acknowledged", "csrfmiddlewaretoken", "action"} & set(fields)


def test_a_hidden_number_stays_hidden(priya, typed, recorded_elsewhere):
    form = send_form(priya, typed, f"?again={recorded_elsewhere.request_id}")
    lose_the_session()
    answer = signed_in_after(priya, form.press(priya, "review"))
    assert form_of(answer)["recipient"] == "" and DIGITS not in answer.content.decode()
    confirm(priya, form_of(answer).press(priya, "review"))
    assert Invocation.objects.latest("id").sent_again_from == recorded_elsewhere


@pytest.fixture
def recorded_elsewhere(typed):
    """A message to a number that Support has never typed, and that was refused."""
    from invocations.kaleyra.payload import Send
    from invocations.sending.record import record

    sends = [Send(DIGITS, VALUES)] * 2
    row = record(typed, sends, request_id=uuid.uuid4(), created_by=None)[0]
    Invocation.objects.filter(pk=row.pk).update(status="rejected", due_at=None)
    return row


# --- a part of a page, and an old CSRF token ------------------------------------------------------


@pytest.mark.parametrize("address", ["/send/{}/preview/", "/send/{}/"])
def test_a_part_of_a_page_gets_no_sign_in_page_in_its_place(client, typed, form, address):
    headers = {"HX-Request": "true"}
    answer = client.post(address.format(typed.pk), form.fields, headers=headers)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["HX-Trigger"] == "console:signed-out"
    assert not KeptForm.objects.exists()


def test_a_form_from_before_a_sign_in_elsewhere_is_kept_and_not_sent(priya, form, receiver):
    strict = Client(enforce_csrf_checks=True, headers={"Accept": "text/html"})
    strict.force_login(priya.person)
    refused = strict.post(form.action, {**form.fields, "action": "send"})
    assert refused.status_code == 403 and "The form was not accepted" in words_of(refused)
    assert not receiver.received and not Invocation.objects.exists()
    [back] = [link for link in Page(refused).links if "kept=" in link]
    assert contents_of(form_of(strict.get(back))) == contents_of(form)


def test_a_form_forged_elsewhere_is_not_kept(priya, typed):
    strict = Client(enforce_csrf_checks=True, headers={"Accept": "text/html"})
    strict.force_login(priya.person)
    refused = strict.post(f"/send/{typed.pk}/", {"recipient": NUMBER, "action": "send"})
    assert refused.status_code == 403 and not KeptForm.objects.exists()
    assert "Go back, reload the page" in words_of(refused)
