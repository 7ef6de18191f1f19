"""The commands for a lost phone, and for somebody who was here before single sign-on."""

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from invocations.models import TrailRow

from .conftest import is_signed_in, log_in, person_of

pytestmark = pytest.mark.django_db


def test_a_lost_second_factor_is_removed_and_sessions_end(client, meera, set_up_app, capsys):
    set_up_app(meera)
    client.force_login(meera)
    call_command("second_factor", "meera")
    call_command("second_factor", "meera", remove=True)
    assert not Authenticator.objects.exists() and not is_signed_in(client)
    assert TrailRow.objects.filter(verb="factor_removed").count() == 2
    log_in(client, meera)
    assert is_signed_in(client)


def test_somebody_of_here_is_joined_and_signs_in_there_alone(client, by_sso, provider):
    priya = person_of("priya", "Admin")
    call_command("link_sign_in", "priya", "0f-priya")
    assert TrailRow.objects.filter(verb="sign_in_linked", about_id=str(priya.pk)).exists()
    by_sso(client)
    assert client.get("/me/").context["request"].user == priya
    assert not User.objects.get(pk=priya.pk).has_usable_password()
    assert [group.name for group in priya.groups.all()] == ["Support"]


def test_nobody_is_joined_twice_and_no_superuser_is(meera, boss, admin_user):
    call_command("link_sign_in", "meera", "0f-priya")
    for name, subject in (("boss", "0f-priya"), ("admin", "0f-other"), ("nobody", "0f-other")):
        with pytest.raises(CommandError):
            call_command("link_sign_in", name, subject)


def test_a_name_that_nobody_has_is_said():
    with pytest.raises(CommandError, match="Nobody"):
        call_command("second_factor", "nobody")
