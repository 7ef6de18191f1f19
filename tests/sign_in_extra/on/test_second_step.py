"""Signing in with a second factor: nobody is signed in before both are proved."""

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from invocations.models import TrailRow

from .conftest import code_of, is_signed_in, log_in

pytestmark = pytest.mark.django_db


def test_the_password_alone_leads_to_the_second_step_and_signs_in_nobody(
    client, meera, set_up_app
):
    set_up_app(meera)
    answer = log_in(client, meera)
    assert answer["Location"] == "/sign-in/code/" and not is_signed_in(client)


def test_the_code_of_the_app_signs_in_and_leads_to_the_page_that_was_wanted(
    client, meera, set_up_app
):
    secret = set_up_app(meera)
    client.post("/login/?next=/history/", {"username": "meera", "password": "a password for tests"})
    answer = client.post("/sign-in/code/", {"code": code_of(secret)})
    assert answer["Location"] == "/history/" and is_signed_in(client)


def test_a_code_works_once(client, meera, set_up_app):
    secret = set_up_app(meera)
    code = code_of(secret)
    for browser, status in ((client, 302), (Client(), 200)):
        log_in(browser, meera)
        assert browser.post("/sign-in/code/", {"code": code}).status_code == status


def test_the_secret_at_rest_opens_nothing_in_another_row(meera, boss, set_up_app):
    secret = set_up_app(meera)
    set_up_app(boss)
    stored = Authenticator.objects.get(user=meera, type="totp").data["secret"]
    assert secret not in stored
