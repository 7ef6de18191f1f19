"""Signing in with a second factor: nobody is signed in before both are proved."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection
from django.test import Client
from django.utils import timezone

from invocations.models import TrailRow

from .conftest import PASSWORD, code_of, is_signed_in, log_in

pytestmark = pytest.mark.django_db


def test_the_password_alone_leads_to_the_second_step_and_signs_in_nobody(client, meera, set_up_app):
    set_up_app(meera)
    answer = log_in(client, meera)
    assert answer["Location"] == "/sign-in/code/" and not is_signed_in(client)


def test_without_a_second_factor_the_password_is_enough(client, meera):
    log_in(client, meera)
    assert is_signed_in(client)


def test_the_code_of_the_app_signs_in_and_leads_to_the_page_that_was_wanted(
    client, meera, set_up_app
):
    secret = set_up_app(meera)
    client.post("/login/?next=/history/", {"username": "meera", "password": PASSWORD})
    answer = client.post("/sign-in/code/", {"code": code_of(secret)})
    assert answer["Location"] == "/history/" and is_signed_in(client)


@pytest.mark.parametrize("periods", [-1, 0])
def test_a_code_works_once(client, meera, set_up_app, periods):
    secret = set_up_app(meera)
    code = code_of(secret, periods)
    # The one of the period before proved the app when it was set up.
    for browser, status in ((client, 200 if periods else 302), (Client(), 200)):
        log_in(browser, meera)
        assert browser.post("/sign-in/code/", {"code": code}).status_code == status


def test_a_code_works_once_for_many_at_the_same_moment(transactional_db, meera, set_up_app):
    code = code_of(set_up_app(meera))
    browsers = [Client() for _ in range(8)]
    for browser in browsers:
        log_in(browser, meera)

    def enter(browser):
        try:
            return browser.post("/sign-in/code/", {"code": code}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        assert sorted(threads.map(enter, browsers)).count(302) == 1


def test_an_old_code_is_wrong(client, meera, set_up_app):
    secret = set_up_app(meera)
    log_in(client, meera)
    client.post("/sign-in/code/", {"code": code_of(secret, -5)})
    assert not is_signed_in(client)


def codes_shown_to(person):
    browser = Client()
    browser.force_login(person)
    page = browser.get("/me/recovery-codes/").content.decode()
    return browser, re.findall(r"<code>(\d{8})</code>", page)


def test_recovery_codes_are_shown_once(meera, set_up_app):
    set_up_app(meera)
    browser, codes = codes_shown_to(meera)
    assert len(codes) == 10
    assert not any(code in browser.get("/me/recovery-codes/").content.decode() for code in codes)


def test_a_recovery_code_signs_in_once(client, meera, set_up_app):
    set_up_app(meera)
    _, codes = codes_shown_to(meera)
    for browser, is_in in ((client, True), (Client(), False)):
        log_in(browser, meera)
        browser.post("/sign-in/code/", {"code": codes[0]})
        assert is_signed_in(browser) is is_in


def test_new_recovery_codes_end_the_old_ones(client, meera, set_up_app):
    set_up_app(meera)
    browser, codes = codes_shown_to(meera)
    browser.post("/me/recovery-codes/new/")
    log_in(client, meera)
    client.post("/sign-in/code/", {"code": codes[0]})
    assert not is_signed_in(client)


def test_five_wrong_codes_end_the_tries_at_that_address_alone(client, meera, set_up_app):
    secret = set_up_app(meera)
    log_in(client, meera)
    for _ in range(5):
        client.post("/sign-in/code/", {"code": "000000"})
    answer = client.post("/sign-in/code/", {"code": code_of(secret)})
    assert b"Too many wrong codes" in answer.content and not is_signed_in(client)
    elsewhere = Client(REMOTE_ADDR="192.0.2.7")
    log_in(elsewhere, meera)
    elsewhere.post("/sign-in/code/", {"code": code_of(secret)})
    assert is_signed_in(elsewhere)


def test_codes_cannot_be_tried_one_after_another_from_many_addresses(client, meera, set_up_app):
    secret = set_up_app(meera)
    for number in range(60):
        browser = Client(REMOTE_ADDR=f"192.0.2.{number}")
        log_in(browser, meera)
        browser.post("/sign-in/code/", {"code": "000000"})
    log_in(client, meera)
    client.post("/sign-in/code/", {"code": code_of(secret)})
    assert not is_signed_in(client)


def test_wrong_passwords_from_elsewhere_lock_nobody_out(client, meera):
    """allauth's own limit would count them for the name, from everywhere."""
    for _ in range(30):
        log_in(Client(REMOTE_ADDR="192.0.2.9"), meera, "wrong")
    log_in(client, meera)
    assert is_signed_in(client)


def test_a_wrong_code_is_recorded(client, meera, set_up_app):
    set_up_app(meera)
    log_in(client, meera)
    client.post("/sign-in/code/", {"code": "000000"})
    row = TrailRow.objects.filter(verb="sign_in_refused").last()
    assert row.about_id == str(meera.pk) and "second factor" in row.facts


def test_setting_up_and_removing_are_recorded(client, meera, set_up_app):
    set_up_app(meera)
    client.force_login(meera)
    client.post("/me/second-factor/app/remove/")
    verbs = list(TrailRow.objects.filter(verb__startswith="factor").values_list("verb", flat=True))
    assert verbs == ["factor_added"] * 2 + ["factor_removed"] * 2
    log_in(Client(), meera)
    assert not Authenticator.objects.exists()


def test_the_second_step_does_not_wait_for_ever(client, meera, set_up_app, time_machine):
    secret = set_up_app(meera)
    log_in(client, meera)
    time_machine.move_to(timezone.now() + timedelta(minutes=10))
    client.post("/sign-in/code/", {"code": code_of(secret)})
    assert not is_signed_in(client)


def test_somebody_deactivated_between_both_steps_is_refused(client, meera, set_up_app):
    secret = set_up_app(meera)
    log_in(client, meera)
    type(meera).objects.filter(pk=meera.pk).update(is_active=False)
    client.post("/sign-in/code/", {"code": code_of(secret)})
    assert not is_signed_in(client)
