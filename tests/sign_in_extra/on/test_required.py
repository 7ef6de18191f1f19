"""Who must have a second factor can do nothing else before it is set up."""

import pytest

from .conftest import PASSWORD, forget_proof, is_signed_in, log_in

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("setting", "name", "must"),
    [
        ("optional", "boss", False),
        ("admins", "meera", False),
        ("admins", "boss", True),
        ("all", "meera", True),
    ],
)
def test_who_must_have_one_is_led_to_where_it_is_set_up(
    client, meera, boss, settings, setting, name, must
):
    settings.SECOND_FACTOR = setting
    log_in(client, {"meera": meera, "boss": boss}[name])
    assert (client.get("/history/").status_code == 302) is must
    assert client.get("/me/second-factor/").status_code == 200


def test_a_deed_waits_for_it_too(client, boss, settings):
    settings.SECOND_FACTOR = "all"
    log_in(client, boss)
    assert client.post("/stop/", {"confirm": "1"})["Location"] == "/me/second-factor/"


def test_a_proof_can_be_given_on_the_way_there(client, boss, settings):
    settings.SECOND_FACTOR = "all"
    log_in(client, boss)
    forget_proof(client)
    assert client.get("/me/second-factor/app/", follow=True).status_code == 200
    client.post("/prove/?next=/me/", {"step_up_password": PASSWORD})
    assert client.get("/me/second-factor/app/").context["form"]


def test_afterwards_everything_is_open(client, boss, settings, set_up_app):
    settings.SECOND_FACTOR = "all"
    set_up_app(boss)
    client.force_login(boss)
    assert is_signed_in(client)


def test_logging_out_is_always_possible(client, boss, settings):
    settings.SECOND_FACTOR = "all"
    log_in(client, boss)
    client.post("/logout/")
    assert "_auth_user_id" not in client.session


def test_who_comes_by_single_sign_on_was_asked_by_the_provider(client, by_sso, settings):
    settings.SECOND_FACTOR = "all"
    by_sso(client)
    assert is_signed_in(client)


def test_a_refreshing_part_of_a_page_leads_the_whole_page_there(client, boss, settings):
    settings.SECOND_FACTOR = "all"
    log_in(client, boss)
    answer = client.get("/history/", headers={"HX-Request": "true"})
    assert answer["HX-Redirect"] == "/me/second-factor/"
