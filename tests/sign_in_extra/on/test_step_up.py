"""Step-up with the extra: by a code, or anew at the provider; signing in counts where it is new."""

import time

import pytest
from django.contrib.auth.models import User
from django.test import Client

from invocations.models import TrailRow

from .conftest import code_of, forget_proof, log_in

pytestmark = pytest.mark.django_db

GUARDED = "/me/second-factor/app/"
"""A page that asks who it is."""


def is_asked(client):
    answer = client.get(GUARDED)
    return answer.status_code == 302 and "/prove/" in answer["Location"]


def test_signing_in_with_a_code_counts_as_a_proof(client, meera, set_up_app):
    secret = set_up_app(meera)
    log_in(client, meera)
    client.post("/sign-in/code/", {"code": code_of(secret)})
    assert not is_asked(client)


@pytest.mark.parametrize("periods_ahead", [0])
def test_a_code_of_the_app_is_a_proof_and_recorded_as_one(client, meera, set_up_app, periods_ahead):
    secret = set_up_app(meera)
    client.force_login(meera)
    forget_proof(client)
    assert is_asked(client)
    client.post("/prove/?next=/me/", {"step_up_password": code_of(secret, periods_ahead)})
    assert not is_asked(client)
    assert '"code"' in TrailRow.objects.filter(verb="proved_again").last().facts


def test_a_code_proves_once(client, meera, set_up_app):
    secret = set_up_app(meera)
    client.force_login(meera)
    code = code_of(secret)
    for is_right in (True, False):
        forget_proof(client)
        client.post("/prove/?next=/me/", {"step_up_password": code})
        assert is_asked(client) is not is_right


def test_the_password_still_is_a_proof_for_people_of_here(client, meera, set_up_app):
    set_up_app(meera)
    client.force_login(meera)
    forget_proof(client)
    client.post("/prove/?next=/me/", {"step_up_password": "a password for tests"})
    assert not is_asked(client)


def test_a_fresh_sign_in_at_the_provider_counts_as_a_proof(client, by_sso):
    by_sso(client)
    assert not is_asked(client)


@pytest.mark.parametrize("auth_time", [0, time.time() - 3600])
def test_a_sign_in_by_a_session_of_before_does_not(client, by_sso, provider, auth_time):
    provider.auth_time = auth_time
    by_sso(client)
    assert is_asked(client)


def test_without_auth_time_signing_in_there_does_not_count(client, by_sso, provider):
    provider.token_changes = {"auth_time": None}
    by_sso(client)
    assert is_asked(client)


def again(client, by_sso):
    return by_sso(client, "/sign-in/provider/again/", next=GUARDED)


def test_who_signs_in_at_the_provider_proves_it_there_anew(client, by_sso, provider):
    by_sso(client)
    forget_proof(client)
    assert is_asked(client)
    assert again(client, by_sso)["Location"] == GUARDED and not is_asked(client)
    assert (provider.asked[-1]["prompt"], provider.asked[-1]["max_age"]) == ("login", "0")
    assert "single sign-on" in TrailRow.objects.filter(verb="proved_again").last().facts


@pytest.mark.parametrize("auth_time", [0, time.time() - 300])
def test_a_provider_that_asked_nothing_anew_proves_nothing(client, by_sso, provider, auth_time):
    by_sso(client)
    forget_proof(client)
    provider.auth_time = auth_time
    again(client, by_sso)
    assert is_asked(client) and TrailRow.objects.filter(verb="proof_refused").exists()


@pytest.mark.parametrize("auth_time", [None, True, "now", [1]])
def test_an_auth_time_that_is_no_number_proves_nothing(client, by_sso, provider, auth_time):
    by_sso(client)
    forget_proof(client)
    provider.token_changes = {"auth_time": auth_time}
    again(client, by_sso)
    assert is_asked(client)


def test_a_colleague_at_the_provider_proves_nothing_for_me(client, by_sso, provider):
    by_sso(client)
    provider.claims = provider.claims | {"sub": "0f-boss", "preferred_username": "boss"}
    by_sso(Client())
    forget_proof(client)
    again(client, by_sso)
    assert is_asked(client)
    assert client.get("/me/").context["request"].user.username == "priya"


def test_somebody_of_here_proves_nothing_by_a_stranger_of_the_provider(client, meera, by_sso):
    client.force_login(meera)
    forget_proof(client)
    again(client, by_sso)
    assert is_asked(client) and not User.objects.filter(username="priya").exists()


def test_a_password_set_here_is_no_proof_for_people_of_the_provider(client, by_sso):
    by_sso(client)
    priya = User.objects.get(username="priya")
    priya.set_password("a password for tests")
    User.objects.filter(pk=priya.pk).update(password=priya.password)
    client.force_login(priya)
    forget_proof(client)
    client.post("/prove/?next=/me/", {"step_up_password": "a password for tests"})
    assert is_asked(client)


def test_the_page_offers_people_of_the_provider_no_password(client, by_sso):
    by_sso(client)
    forget_proof(client)
    page = client.get("/prove/?next=/me/").content.decode()
    assert "step_up_at_provider" not in page and "Sign in anew" in page
    assert "step_up_password" not in page


def test_what_was_typed_waits_while_the_provider_is_asked(client, by_sso):
    by_sso(client)
    forget_proof(client)
    url = "/me/second-factor/app/"
    kept = client.post(url, {"code": "123456"}).context["kept"]
    again(client, by_sso)
    answer = client.post(url, {"step_up_form": kept})
    assert answer.context["form"].data["code"] == "123456"
