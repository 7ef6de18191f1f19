"""Single sign-on: who is let in, as whom, and with which groups."""

import time

import pytest
from django.contrib.auth.models import User
from django.test import Client

from invocations.models import TrailRow

from .conftest import is_signed_in, log_in, person_of

pytestmark = pytest.mark.django_db


def groups_of(name):
    return sorted(User.objects.get(username=name).groups.values_list("name", flat=True))


def test_somebody_of_a_known_group_is_let_in_with_the_groups_of_the_claim(client, by_sso):
    by_sso(client)
    priya = User.objects.get(username="priya")
    assert is_signed_in(client) and groups_of("priya") == ["Support"]
    assert priya.is_staff and not priya.is_superuser and not priya.has_usable_password()


def test_the_browser_comes_to_the_page_that_was_wanted(client, by_sso):
    assert by_sso(client, next="/history/")["Location"] == "/history/"


def test_a_page_elsewhere_is_nobodys_next(client, by_sso):
    assert by_sso(client, next="https://evil.example.com/")["Location"] == "/"


def test_nobody_is_let_in_without_a_known_group(client, by_sso, provider):
    provider.claims["groups"] = ["everybody"]
    answer = by_sso(client)
    assert answer["Location"] == "/login/" and not is_signed_in(client)
    assert not User.objects.filter(username="priya").exists()
    assert b"no group that may use the console" in client.get("/login/").content


@pytest.mark.parametrize("claim", [None, 7, {"console-admins": True}, [["console-admins"]], ""])
def test_a_claim_of_another_shape_gives_no_group(client, by_sso, provider, claim):
    provider.claims["groups"] = claim
    by_sso(client)
    assert not is_signed_in(client)


def test_a_single_group_may_be_a_plain_text(client, by_sso, provider):
    provider.claims["groups"] = "console-admins"
    by_sso(client)
    assert groups_of("priya") == ["Admin"]


def test_groups_are_set_at_each_sign_in(client, by_sso, provider):
    for claimed, here in (
        (["console-admins", "console-support"], ["Admin", "Support"]),
        (["console-support"], ["Support"]),
        (["console-admins"], ["Admin"]),
    ):
        provider.claims["groups"] = claimed
        by_sso(Client())
        assert groups_of("priya") == here


def test_what_was_given_here_does_not_outlive_the_next_sign_in(client, by_sso):
    by_sso(Client())
    User.objects.filter(username="priya").update(is_superuser=True)
    by_sso(client)
    assert not User.objects.get(username="priya").is_superuser


def test_who_lost_the_last_group_is_refused_and_has_no_right_left(client, by_sso, provider):
    by_sso(Client())
    provider.claims["groups"] = []
    by_sso(client)
    assert not is_signed_in(client) and groups_of("priya") == []


def test_who_is_deactivated_here_is_refused(client, by_sso):
    by_sso(Client())
    User.objects.filter(username="priya").update(is_active=False)
    by_sso(client)
    assert not is_signed_in(client)


def test_a_name_that_exists_here_is_not_taken_over(client, by_sso, provider):
    boss = person_of("priya", "Admin")
    by_sso(client)
    assert groups_of("priya") == ["Admin"] and groups_of("priya2") == ["Support"]
    assert client.get("/me/").context["request"].user != boss


def test_an_address_that_exists_here_is_not_taken_over(client, by_sso):
    person_of("boss", "Admin", email="priya@example.com")
    by_sso(client)
    assert client.get("/me/").context["request"].user.username == "priya"


def test_the_trail_says_who_made_the_admin(client, by_sso, provider):
    provider.claims["groups"] = ["console-admins"]
    by_sso(client)
    row = TrailRow.objects.get(verb="rights_from_provider")
    priya = User.objects.get(username="priya")
    assert (row.who_name, row.about_id) == ("", str(priya.pk))
    assert '"Admin"' in row.facts and "single sign-on" in row.facts


def test_unchanged_groups_are_not_recorded_again(by_sso):
    by_sso(Client())
    by_sso(Client())
    assert TrailRow.objects.filter(verb="rights_from_provider").count() == 1


def test_a_refusal_is_recorded_without_the_whole_name(client, by_sso, provider):
    provider.claims["groups"] = []
    by_sso(client)
    row = TrailRow.objects.get(verb="sign_in_refused")
    assert "single sign-on" in row.facts and "priya" not in row.facts


def test_userinfo_about_somebody_else_is_refused(client, by_sso, provider):
    provider.userinfo_changes = {"sub": "another", "groups": ["console-admins"]}
    by_sso(client)
    assert not is_signed_in(client)


def test_the_id_token_decides_over_userinfo(client, by_sso, provider):
    provider.userinfo_changes = {"groups": ["console-admins"]}
    by_sso(client)
    assert groups_of("priya") == ["Support"]


def test_the_groups_may_stand_in_userinfo_alone(client, by_sso, provider):
    provider.token_changes = {"groups": None}
    by_sso(client)
    assert groups_of("priya") == ["Support"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"aud": "another-application"},
        {"iss": "https://evil.example.com"},
        {"exp": int(time.time()) - 3600},
    ],
)
def test_a_token_for_somebody_else_signs_in_nobody(client, by_sso, provider, wrong):
    provider.token_changes = wrong
    by_sso(client)
    assert not is_signed_in(client)


def test_an_answer_that_this_browser_did_not_ask_for_signs_in_nobody(client, by_sso, provider):
    own = Client()
    sent = own.post("/sign-in/provider/")["Location"]
    state = sent.split("state=")[1].split("&")[0]
    answer = client.get("/sign-in/provider/callback/", {"code": "x", "state": state})
    assert answer.status_code in {302, 401} and not is_signed_in(client)


def test_the_way_to_the_provider_is_a_post_with_our_token(provider):
    browser = Client(enforce_csrf_checks=True)
    assert browser.get("/sign-in/provider/").status_code == 405
    assert browser.post("/sign-in/provider/").status_code == 403


def test_a_person_here_cannot_join_an_account_of_the_provider(client, meera, provider, by_sso):
    client.force_login(meera)
    by_sso(client, process="connect")
    assert User.objects.get(username="priya")
    assert client.get("/me/").context["request"].user.username == "priya"


def test_a_provider_that_is_down_is_said_and_passwords_still_work(client, meera, settings):
    assert client.get("/login/").status_code == 200
    assert client.post("/sign-in/provider/")["Location"] == "/login/"
    assert b"does not answer" in client.get("/login/").content
    log_in(client, meera)
    assert is_signed_in(client)


def test_who_signs_in_at_the_provider_has_no_password_here(client, by_sso):
    by_sso(Client())
    priya = User.objects.get(username="priya")
    priya.set_password("a password for tests")  # as an admin might
    priya.save()
    log_in(client, priya)
    assert not is_signed_in(client)


def test_nothing_of_what_the_provider_tells_is_kept_but_who_it_is(client, by_sso):
    from allauth.socialaccount.models import SocialAccount, SocialToken

    by_sso(client)
    kept = SocialAccount.objects.get().extra_data
    assert set(kept) <= {"sub", "preferred_username", "auth_time"}
    assert not SocialToken.objects.exists()
