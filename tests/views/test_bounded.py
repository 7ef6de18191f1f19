"""The query timeout of slow pages on PostgreSQL (`with_query_timeout`)."""

from datetime import timedelta

import pytest
from django.db import OperationalError, connection

from invocations.views import base
from invocations.views.history import history

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def slow(monkeypatch):
    """The history runs a query of 20 seconds, with a limit of 50 ms."""

    def sleep(*args):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_sleep(20)"
                if connection.vendor == "postgresql"
                else "SELECT no_such_column"
            )

    monkeypatch.setattr(base, "QUERY_TIMEOUT", timedelta(milliseconds=50))
    monkeypatch.setattr(history, "list_page", sleep)


def statement_timeout():
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        return cursor.fetchone()[0]


def test_a_slow_query_is_cancelled_and_the_page_says_what_to_do(priya, slow):
    if connection.vendor == "sqlite":
        # It has no such limit, and the decorator must not hide other errors.
        with pytest.raises(OperationalError):
            priya.get("/history/")
        return
    answer = priya.get("/history/")
    assert answer.status_code == 503 and "Choose fewer days" in answer.content.decode()
    assert statement_timeout() == "0"  # recording a message must never be cancelled
