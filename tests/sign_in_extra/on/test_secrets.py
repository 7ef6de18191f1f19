"""The secrets of second factors: encrypted, bound to their person, and found by whoever rotates."""

import json

import pytest
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, MultiFernet
from django.apps import apps

from fallback_console.sign_in_extra.secrets import ENCRYPTED_JSON, rotate_secrets
from invocations.access.session_store import SessionStore
from invocations.models import BrowserSession
from invocations.models.encryption import Unreadable

from .conftest import code_of, is_signed_in, log_in

pytestmark = pytest.mark.django_db


def test_no_secret_stands_in_the_table_in_clear(meera, set_up_app):
    secret = set_up_app(meera)
    kept = {factor.type: factor.data for factor in Authenticator.objects.all()}
    assert kept["totp"]["secret"].startswith("gAAAA") and secret not in json.dumps(kept)
    assert kept["recovery_codes"]["seed"].startswith("gAAAA")


def test_the_secret_that_waits_for_its_first_code_is_in_no_session_in_clear(client, meera):
    client.force_login(meera)
    secret = client.get("/me/second-factor/app/").context["form"].secret
    contents = [SessionStore().decode(row.session_data) for row in BrowserSession.objects.all()]
    assert secret not in json.dumps(contents) and "mfa.totp.secret" in json.dumps(contents)


def test_a_secret_that_was_moved_to_another_person_opens_nothing(meera, boss, set_up_app):
    set_up_app(meera)
    set_up_app(boss)
    of_meera = Authenticator.objects.get(user=meera, type="totp").data
    Authenticator.objects.filter(user=boss, type="totp").update(data=of_meera)
    with pytest.raises(Unreadable):
        Authenticator.objects.get(user=boss, type="totp").wrap().validate_code("123456")


def test_every_text_key_of_a_factor_is_either_listed_as_encrypted_or_no_secret(meera, set_up_app):
    set_up_app(meera)
    column, keys = ENCRYPTED_JSON["mfa", "authenticator"]
    known = {*keys, "used_mask", "viewed_at"}
    for factor in Authenticator.objects.all():
        assert set(getattr(factor, column)) <= known


def test_what_is_listed_exists():
    for (app, model), (column, _) in ENCRYPTED_JSON.items():
        assert apps.get_model(app, model)._meta.get_field(column)


def test_a_secret_stays_readable_after_another_key_came_first(client, meera, set_up_app, settings):
    secret = set_up_app(meera)
    newest = "bmV3LWtleS1uZXcta2V5LW5ldy1rZXktbmV3LWtleTE="
    settings.FIELD_ENCRYPTION_KEYS = [newest, *settings.FIELD_ENCRYPTION_KEYS]
    log_in(client, meera)
    client.post("/sign-in/code/", {"code": code_of(secret)})
    assert is_signed_in(client)


def test_after_a_rotation_the_newest_key_alone_opens_them(client, meera, set_up_app, settings):
    secret = set_up_app(meera)
    newest = "bmV3LWtleS1uZXcta2V5LW5ldy1rZXktbmV3LWtleTE="
    keys = MultiFernet([Fernet(newest), *map(Fernet, settings.FIELD_ENCRYPTION_KEYS)])
    assert rotate_secrets(lambda token: keys.rotate(token.encode()).decode()) == 2
    assert rotate_secrets(lambda token: None) == 0
    settings.FIELD_ENCRYPTION_KEYS = [newest]
    log_in(client, meera)
    client.post("/sign-in/code/", {"code": code_of(secret)})
    assert is_signed_in(client)
