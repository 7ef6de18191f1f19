"""A saved API key cannot be read on a page, in a log or in the database."""

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.urls import reverse

from invocations.models import ApiKey, BrowserSession

CANARY = "Akanarienvogel0kanarienvogel00007"
SECRET_PART = CANARY[1:-4]
"""All but the last four characters, which are shown."""


@pytest.fixture
def key(ada, kaleyra):
    """A key that an admin entered, replaced, entered wrongly and renamed."""
    add = reverse("admin:invocations_apikey_add")
    fields = {
        "account": kaleyra.account.pk,
        "title": "canary",
        "new_key": CANARY,
        "make_primary": "on",
    }
    ada.post(add, fields)
    key = ApiKey.objects.get(title="canary")
    assert key.key == CANARY
    ada.post(add, fields)  # refused: the title exists
    change = reverse("admin:invocations_apikey_change", args=[key.pk])
    ada.post(change, {"title": "", "new_key": CANARY})  # refused: a title is needed
    ada.post(change, {"title": "canary", "new_key": CANARY + " x"})  # refused: a blank inside
    ada.post(change, {"title": "renamed", "new_key": CANARY})
    return key


def test_no_page_shows_the_key(ada, rosa, kaleyra, key):
    pages = [
        reverse(f"admin:invocations_{model}_changelist")
        for model in ["pod", "account", "apikey", "workflowinstance"]
    ]
    pages += [
        reverse(f"admin:invocations_apikey_{action}", args=[key.pk])
        for action in ["change", "history", "delete"]
    ]
    pages += [reverse("admin:invocations_account_change", args=[kaleyra.account.pk])]
    for page in pages:
        for browser in [ada, rosa]:
            response = browser.get(page, follow=page.endswith("/history/"))
            assert response.status_code == 200 or (browser is rosa and page.endswith("/delete/"))
            assert SECRET_PART not in response.content.decode()


@pytest.mark.parametrize("wrong", [{"title": ""}, {"new_key": CANARY + " x"}])
def test_an_invalid_form_does_not_repeat_the_key(ada, kaleyra, key, wrong):
    response = ada.post(
        reverse("admin:invocations_apikey_change", args=[key.pk]),
        {"title": "t", "new_key": CANARY} | wrong,
    )
    assert response.context["adminform"].form.errors
    assert SECRET_PART not in response.content.decode()


def test_a_query_string_does_not_prefill_the_key(ada, kaleyra):
    response = ada.get(reverse("admin:invocations_apikey_add"), {"new_key": CANARY})
    assert SECRET_PART not in response.content.decode()


def test_no_table_has_the_plain_key(key):
    tables = connection.introspection.table_names()
    assert "django_admin_log" in tables and "invocations_historicalapikey" in tables
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f'SELECT * FROM "{table}"')
            assert SECRET_PART not in str(cursor.fetchall()), table


def test_no_session_has_the_key(key):
    for session in BrowserSession.objects.all():
        assert SECRET_PART not in str(session.get_decoded())


def test_the_change_history_has_no_column_for_the_key():
    columns = [
        field.name for field in apps.get_model("invocations", "HistoricalApiKey")._meta.get_fields()
    ]
    assert "title" in columns and "key" not in columns


def test_dumpdata_refuses_the_key(key, capsys):
    with pytest.raises(Exception, match="never written out"):
        call_command("dumpdata", "invocations.ApiKey")
    assert SECRET_PART not in capsys.readouterr().out


def test_no_log_line_has_the_key(ada, kaleyra, caplog):
    caplog.set_level("DEBUG")
    ada.post(
        reverse("admin:invocations_apikey_add"),
        {"account": kaleyra.account.pk, "title": "x", "new_key": CANARY},
    )
    assert ApiKey.objects.filter(title="x").exists()
    assert SECRET_PART not in caplog.text
