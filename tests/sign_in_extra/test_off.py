"""Without the extra there is no trace of it: no module, no table, no address."""

from importlib.util import find_spec as really_found

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from fallback_console.sign_in_extra import configuration
from tests.console.conftest import read  # noqa: F401  (a fixture)
from tests.console.environments import start

ISSUER = "https://login.example.com/realms/company"
SSO = {
    "SSO_ISSUER": ISSUER,
    "SSO_CLIENT_ID": "console",
    "SSO_CLIENT_SECRET": "canary-of-the-provider-0123456789",
    "SSO_GROUPS": "console-admins=Admin",
}
IMPORTED = """
import sys, django
django.setup()
import fallback_console.urls
print([name for name in sys.modules if name.split(".")[0] in {"allauth", "fido2", "qrcode"}])
"""


def test_no_module_of_it_is_imported():
    code, output = start("-c", IMPORTED)
    assert (code, output.strip()) == (0, "[]")


@pytest.mark.django_db
def test_there_is_no_table_of_it():
    tables = connection.introspection.table_names()
    assert not [name for name in tables if name.startswith(("account_", "mfa_", "social", "sign_"))]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/sign-in/", "/sign-in/code/", "/sign-in/provider/", "/me/second-factor/"]
)
def test_no_address_of_it_is_mounted(admin_client, path):
    assert admin_client.get(path).status_code == 404


@pytest.mark.django_db
def test_the_sign_in_page_offers_the_password_alone(client):
    page = client.get("/login/").content.decode()
    assert "passkey" not in page and "single sign-on" not in page
    assert "form-action 'self';" in client.get("/login/")["Content-Security-Policy"] + ";"


def test_the_commands_say_that_it_is_off():
    for words in (["second_factor", "meera"], ["link_sign_in", "meera", "0f"]):
        with pytest.raises(CommandError):
            call_command(*words)


def test_the_package_that_is_missing_is_named(read, monkeypatch):  # noqa: F811
    monkeypatch.setattr(
        configuration, "find_spec", lambda name: None if name == "allauth" else really_found(name)
    )
    values = read(SECOND_FACTOR="optional")
    (problem,) = values["SETTINGS_PROBLEMS"]
    assert "django-allauth" in problem.wrong and "requirements-sign-in.txt" in problem.hint
    assert values["SIGN_IN_EXTRA"] is False


@pytest.mark.parametrize("missing", ["SSO_CLIENT_ID", "SSO_CLIENT_SECRET", "SSO_GROUPS"])
def test_what_single_sign_on_lacks_is_named(read, missing):  # noqa: F811
    problems = read(**SSO | {missing: ""})["SETTINGS_PROBLEMS"]
    assert [problem.name for problem in problems] == [missing]


def test_a_provider_without_tls_is_refused_but_for_practice(read):  # noqa: F811
    plain = SSO | {"SSO_ISSUER": "http://127.0.0.1:9000"}
    assert [each.name for each in read(**plain)["SETTINGS_PROBLEMS"]] == ["SSO_ISSUER"]
    assert read(**plain, SANDBOX="True")["SETTINGS_PROBLEMS"] == []
    far = plain | {"SSO_ISSUER": "http://login.example.com"}
    assert read(**far, SANDBOX="True")["SETTINGS_PROBLEMS"]


def test_whichever_part_is_on_the_console_starts():
    alone = ("check", "--settings", "fallback_console.settings")
    for values in (SSO, {"SECOND_FACTOR": "all"}, SSO | {"SECOND_FACTOR": "admins"}):
        code, output = start("manage.py", *alone, **values)
        assert code == 0, output
        assert "canary" not in output
