"""What is mounted of allauth, and the policy of the pages."""

import json
from pathlib import Path

import pytest
from django.contrib import admin
from django.core.checks import run_checks
from django.core.management import call_command
from django.core.management.sql import emit_post_migrate_signal
from django.db import connection
from django.urls import get_resolver

from fallback_console.sign_in_extra.checks import check_groups_exist, check_scripts_were_collected
from fallback_console.sign_in_extra.configuration import provider_id

from .conftest import forget_proof

pytestmark = pytest.mark.django_db

MOUNTED = {
    "account_login",
    "mfa_authenticate",
    "mfa_login_webauthn",
    "mfa_index",
    "mfa_list_webauthn",
    "mfa_activate_totp",
    "mfa_deactivate_totp",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
    "mfa_add_webauthn",
    "mfa_edit_webauthn",
    "mfa_remove_webauthn",
    "to_provider",
    "step_up_at_provider",
    "openid_connect_callback",
}
OURS = {"account_hub", "account_limits", "account_live"}  # pages of a Kaleyra account


def test_only_the_wanted_addresses_of_allauth_are_mounted():
    names = {name for name in get_resolver().reverse_dict if isinstance(name, str)}
    of_packages = ("account_", "mfa_", "socialaccount", "openid", "usersessions")
    found = {name for name in names if name.startswith(of_packages)} - OURS
    assert found | {"to_provider", "step_up_at_provider"} == MOUNTED


def test_no_page_of_the_admin_shows_what_allauth_keeps():
    labels = {model._meta.app_label for model in admin.site._registry}
    assert not labels & {"account", "mfa", "socialaccount"}


@pytest.mark.parametrize(
    "path", ["app/", "app/remove/", "../recovery-codes/", "../recovery-codes/new/"]
)
def test_a_page_that_changes_the_second_factor_asks_for_sign_in_and_for_step_up(
    client, meera, path
):
    url = f"/me/second-factor/{path}".replace("second-factor/../", "")
    assert client.get(url)["Location"].startswith("/login/")
    client.force_login(meera)
    forget_proof(client)
    assert "/prove/" in client.get(url)["Location"]
    assert client.post(url).context["kept"]


def form_action(response):
    policy = response["Content-Security-Policy"]
    return next(part.strip() for part in policy.split(";") if "form-action" in part)


def test_only_a_page_with_the_button_lets_a_form_lead_to_the_provider(client, meera, provider):
    assert form_action(client.get("/login/")) == f"form-action 'self' {provider.issuer}"
    client.force_login(meera)
    assert form_action(client.get("/me/")) == "form-action 'self'"
    assert form_action(client.get("/me/second-factor/")) == "form-action 'self'"


def test_a_provider_cannot_widen_the_policy_by_a_strange_address(client, provider):
    provider.configuration = lambda: {
        "issuer": provider.issuer,
        "authorization_endpoint": "https://evil.example.com; script-src *//authorize",
    }
    assert "script-src *" not in client.get("/login/")["Content-Security-Policy"]


def test_no_inline_script_runs_and_no_style_stands_on_the_pages(client, meera, set_up_app):
    set_up_app(meera)
    client.force_login(meera)
    for path in ("/me/second-factor/", "/me/passkeys/add/", "/me/recovery-codes/new/", "/login/"):
        page = client.get(path).content.decode()
        assert " style=" not in page and "onclick" not in page


def test_scripts_that_were_not_collected_are_reported(settings, tmp_path: Path):
    settings.STATIC_ROOT = tmp_path
    storage = {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": storage}
    manifest = tmp_path / "staticfiles.json"
    manifest.write_text(json.dumps({"paths": {}}))
    (warning,) = check_scripts_were_collected(None)
    assert "collectstatic" in warning.hint
    manifest.write_text(json.dumps({"paths": {"mfa/js/webauthn.js": "x"}}))
    assert not check_scripts_were_collected(None)


def test_a_group_that_does_not_exist_is_reported(settings):
    settings.SSO_GROUPS = {"a": "Admin", "b": "Admiral"}
    (warning,) = check_groups_exist(None)
    assert "Admiral" in warning.msg and "Admin," not in warning.msg


def test_migrate_makes_the_table_of_the_shared_cache():
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE sign_in_cache")
    emit_post_migrate_signal(0, False, "default")
    assert "sign_in_cache" in connection.introspection.table_names()


def test_no_migration_is_missing():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_the_browser_may_use_passkeys_and_another_issuer_has_other_people(settings):
    assert "publickey-credentials-get" in settings.USED_BROWSER_FEATURES
    here, there = "https://a.example.com", "https://b.example.com"
    assert provider_id(here) == provider_id(f"{here}/") != provider_id(there)


def test_the_system_checks_find_nothing_else():
    assert not [found for found in run_checks() if not found.is_silenced()]
