"""A page that asks too much of PostgreSQL is cut off, and says what to do."""

from datetime import timedelta

import pytest
from django.db import OperationalError, connection

from invocations.views import base
from invocations.views.history import history

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def slow(monkeypatch):
    """The history asks for something that takes 20 seconds, where 50 ms are allowed."""

    def asks(*asked):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_sleep(20)"
                if connection.vendor == "postgresql"
                else "SELECT no_such_column"
            )

    monkeypatch.setattr(base, "QUERY_TIMEOUT", timedelta(milliseconds=50))
    monkeypatch.setattr(history, "list_page", asks)


def limit():
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        return cursor.fetchone()[0]


def test_a_query_that_takes_too_long_is_cut_off_and_the_page_says_what_to_do(priya, slow):
    if (
        connection.vendor == "sqlite"
    ):  # which has no such limit, and whatever else breaks is no matter of time
        with pytest.raises(OperationalError):
            priya.get("/history/")
        return
    answer = priya.get("/history/")
    assert answer.status_code == 503 and "Choose fewer days" in answer.content.decode()
    assert limit() == "0"  # what is sent must be written down, however long it takes
