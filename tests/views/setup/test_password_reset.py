"""A new password by email: only with a mail server, and without saying whose address it is."""

import re
import threading

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client

from tests.views.pages import words_of

NEW = "a-long-new-pass-phrase"


@pytest.fixture
def by_email(settings):
    settings.PASSWORD_RESET_BY_EMAIL = True
    settings.CONSOLE_URL = "https://console.example.com"
    cache.clear()


@pytest.fixture
def asked(by_email, mailoutbox):
    """asked(address): the answer, and the emails that were sent for it."""

    def ask(address):
        before = len(mailoutbox)
        answer = Client().post("/password_reset/", {"email": address}, follow=True)
        for thread in [each for each in threading.enumerate() if each.name == "mail"]:
            thread.join()
        return answer, mailoutbox[before:]

    return ask


def test_it_is_offered_only_where_the_console_can_send_emails(db, settings):
    assert "Forgot your password?" not in words_of(Client().get("/login/"))
    settings.PASSWORD_RESET_BY_EMAIL = True
    assert "Forgot your password?" in words_of(Client().get("/login/"))


def test_the_link_sets_a_new_password_once(priya, asked):
    User.objects.update(email="priya@example.com")
    _answer, [email] = asked("Priya@example.com")
    link = re.search(r"https://console\.example\.com(/password_reset/\S+)", email.body)[1]
    browser = Client()
    form = browser.get(link, follow=True)
    chosen = {"new_password1": NEW, "new_password2": NEW}
    done = browser.post(form.redirect_chain[-1][0], chosen, follow=True)
    assert "Everywhere else you are signed out." in words_of(done)
    assert Client().login(username="priya", password=NEW)
    assert priya.get("/me/").status_code == 302, "its sessions have ended"
    again = Client().get(link, follow=True)
    assert "This link does not work any more." in words_of(again)


def test_an_address_that_nobody_has_gets_the_same_answer_and_no_email(priya, asked):
    User.objects.update(email="priya@example.com")
    known, emails = asked("priya@example.com")
    unknown, none = asked("stranger@example.com")
    assert words_of(known) == words_of(unknown) and len(emails) == 1 and not none


def test_a_person_gets_one_email_within_minutes(priya, asked):
    User.objects.update(email="priya@example.com")
    counts = [len(asked("priya@example.com")[1]) for _ in range(3)]
    assert counts == [1, 0, 0]


@pytest.mark.parametrize("changes", [{"is_active": False}, {"is_staff": False}])
def test_who_cannot_sign_in_gets_no_link(priya, asked, changes):
    User.objects.update(email="priya@example.com", **changes)
    assert asked("priya@example.com")[1] == []


def test_an_email_that_fails_is_logged_by_its_kind_alone(priya, asked, monkeypatch, caplog):
    User.objects.update(email="priya@example.com")

    def fail(*_args, **_named):
        raise OSError("smtp.example.com refused canary-password")

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", fail)
    answer, _none = asked("priya@example.com")
    assert answer.status_code == 200
    assert "OSError" in caplog.text and "canary" not in caplog.text
