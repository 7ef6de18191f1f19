"""400, 403 of a form, 405, 500 and 503: a page for people, a line of text for scripts."""

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.test import Client

from tests.views.pages import words_of

BROWSER, SCRIPT = "text/html,application/xhtml+xml,*/*;q=0.8", "*/*"


def test_a_wrong_method_gets_a_page_in_the_consoles_look(priya):
    for answer, words in [
        (priya.get("/history/filters/", headers={"Accept": BROWSER}), "This address is not a page"),
        (priya.post("/history/errors/", headers={"Accept": BROWSER}), "Nothing can be sent to"),
    ]:
        assert answer.status_code == 405 and words in words_of(answer)
        assert "Nothing was changed and nothing was sent." in words_of(answer)
        assert answer.headers["Allow"] and "console/error.css" in answer.content.decode()
        assert "Content-Security-Policy" in answer.headers


@pytest.mark.parametrize("address", ["/healthz", "/callbacks/no-such-token/", "/history/filters/"])
def test_a_wrong_method_gets_a_script_a_line_of_text(priya, address):
    accepts = SCRIPT if address.startswith("/history") else BROWSER
    answer = priya.delete(address, headers={"Accept": accepts})
    assert answer.status_code == 405 and answer.headers["Allow"]
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert "does not take the method DELETE" in answer.content.decode()


@pytest.mark.parametrize(
    ("accepts", "kind", "words"),
    [
        (BROWSER, "text/html", "That is too much at once"),
        (SCRIPT, "text/plain", "The request is too long."),
    ],
)
def test_too_many_fields_get_a_page_or_a_line(priya, settings, accepts, kind, words):
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 5
    fields = {str(n): "x" for n in range(6)}
    answer = priya.post("/history/", fields, headers={"Accept": accepts})
    assert answer.status_code == 400 and answer.headers["Content-Type"].startswith(kind)
    assert words in answer.content.decode()


def test_a_foreign_host_gets_a_page_without_bare_text(client, settings):
    settings.ALLOWED_HOSTS = ["console.example.com"]
    answer = client.get("/", headers={"Host": "evil.example", "Accept": BROWSER})
    assert answer.status_code == 400 and "could not read the request" in words_of(answer)


def test_a_form_without_a_token_gets_a_page_and_a_script_a_line(priya):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(priya.person)
    page = strict.post("/me/", {"own_number": "1"}, headers={"Accept": BROWSER})
    line = strict.post("/me/", {"own_number": "1"}, headers={"Accept": SCRIPT})
    assert page.status_code == line.status_code == 403
    assert "The form was not accepted" in words_of(page)
    assert line.headers["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (OperationalError("server closed the connection"), 503, "database does not answer"),
        (InterfaceError("connection already closed"), 503, "database does not answer"),
        (ValueError("of a row"), 500, "Something went wrong"),
    ],
)
@pytest.mark.parametrize(("accepts", "kind"), [(BROWSER, "text/html"), (SCRIPT, "text/plain")])
def test_a_database_that_is_away_is_told_apart_from_an_error(
    priya, monkeypatch, error, status, words, accepts, kind
):
    def fails(*args, **kwargs):
        raise error

    monkeypatch.setattr("invocations.views.batches.listing.with_people", fails)
    priya.raise_request_exception = False
    answer = priya.get("/batches/", headers={"Accept": accepts})
    assert answer.status_code == status and words in answer.content.decode()
    assert answer.headers["Content-Type"].startswith(kind)
    assert ("Retry-After" in answer.headers) == (status == 503)


def test_a_table_that_is_missing_is_an_error_and_not_a_database_that_is_away(priya, monkeypatch):
    def asks_a_missing_table(*args, **kwargs):
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM nowhere")

    monkeypatch.setattr("invocations.views.batches.listing.with_people", asks_a_missing_table)
    priya.raise_request_exception = False
    answer = priya.get("/batches/", headers={"Accept": BROWSER})
    assert answer.status_code == 500 and "Something went wrong" in answer.content.decode()
