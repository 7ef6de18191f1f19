"""No API key is readable after it was saved: not on a page, in a log, or in the database."""

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection
from django.urls import reverse

from invocations.models import ApiKey

CANARY = "Akanarienvogel0kanarienvogel00007"
INSIDE = CANARY[1:-4]
"""What no place may hold: all but the four characters that are shown."""


@pytest.fixture
def key(ada, kaleyra):
    """A key that was entered, replaced, entered wrongly and renamed, as an admin does."""
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


def test_no_page_shows_it(ada, rosa, kaleyra, key):
    pages = [
        reverse(f"admin:invocations_{model}_changelist")
        for model in ["pod", "account", "apikey", "workflowinstance"]
    ]
    pages += [
        reverse(f"admin:invocations_apikey_{deed}", args=[key.pk])
        for deed in ["change", "history", "delete"]
    ]
    pages += [reverse("admin:invocations_account_change", args=[kaleyra.account.pk])]
    for page in pages:
        for browser in [ada, rosa]:
            answer = browser.get(page)
            assert answer.status_code == 200 or (browser is rosa and page.endswith("/delete/"))
            assert INSIDE not in answer.content.decode()


@pytest.mark.parametrize("refused", [{"title": ""}, {"new_key": CANARY + " x"}])
def test_no_refused_form_shows_it_again(ada, kaleyra, key, refused):
    answer = ada.post(
        reverse("admin:invocations_apikey_change", args=[key.pk]),
        {"title": "t", "new_key": CANARY} | refused,
    )
    assert answer.context["adminform"].form.errors
    assert INSIDE not in answer.content.decode()


def test_a_link_cannot_put_it_into_the_form(ada, kaleyra):
    answer = ada.get(reverse("admin:invocations_apikey_add"), {"new_key": CANARY})
    assert INSIDE not in answer.content.decode()


def test_no_table_holds_it(key):
    tables = connection.introspection.table_names()
    assert "django_admin_log" in tables and "invocations_historicalapikey" in tables
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f'SELECT * FROM "{table}"')
            assert INSIDE not in str(cursor.fetchall()), table


def test_no_session_holds_it(key):
    assert all(INSIDE not in str(session.get_decoded()) for session in Session.objects.all())


def test_the_history_has_no_column_for_it():
    columns = [
        field.name for field in apps.get_model("invocations", "HistoricalApiKey")._meta.get_fields()
    ]
    assert "title" in columns and "key" not in columns


def test_it_cannot_be_dumped(key, capsys):
    with pytest.raises(Exception, match="never written out"):
        call_command("dumpdata", "invocations.ApiKey")
    assert INSIDE not in capsys.readouterr().out


def test_no_log_line_holds_it(ada, kaleyra, caplog):
    caplog.set_level("DEBUG")
    ada.post(
        reverse("admin:invocations_apikey_add"),
        {"account": kaleyra.account.pk, "title": "x", "new_key": CANARY},
    )
    assert ApiKey.objects.filter(title="x").exists()
    assert INSIDE not in caplog.text
