"""Results that come at the same time share an INSERT; each post is answered for its own row."""

import threading
import time

import pytest
from django.db import OperationalError, connection, transaction

from invocations.models import Callback
from invocations.results import inbox, inserts
from tests.results.conftest import body
from tests.sending.test_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def statements(monkeypatch):
    """How many rows each INSERT had. Each takes a moment, so that others queue meanwhile."""
    counts, real = [], inserts._execute

    def execute(rows):
        counts.append(len(rows))
        time.sleep(0.05)
        return real(rows)

    monkeypatch.setattr(inserts, "_execute", execute)
    return counts


def test_threads_that_store_at_once_share_statements(account, statements):
    bodies = [body(f"K{n}", "READ") for n in range(16)]
    pks = at_once(16, lambda: inbox.store_result(account, bodies.pop()))
    assert sorted(pks) == sorted(Callback.objects.values_list("pk", flat=True))
    assert len(set(pks)) == sum(statements) == 16 and len(statements) < 8


def test_the_same_body_at_once_is_one_row_for_all(account, statements):
    pks = at_once(8, lambda: inbox.store_result(account, b"{}"))
    assert set(pks) == {Callback.objects.get().pk} and Callback.objects.get().times == 8


def test_a_row_that_is_refused_fails_alone(account, monkeypatch):
    real, bad = inserts._execute, threading.local()

    def execute(rows):
        if any(row.values[3] == "compressed" for row in rows):
            raise ValueError("refused")
        time.sleep(0.05)
        return real(rows)

    monkeypatch.setattr(inserts, "_execute", execute)
    bodies = [b"\x1f\x8b\x08", *[body(f"K{n}", "READ") for n in range(7)]]

    def store():
        bad.content = bodies.pop()
        try:
            return inbox.store_result(account, bad.content)
        except ValueError:
            return bad.content

    assert b"\x1f\x8b\x08" in at_once(8, store)
    assert Callback.objects.count() == 7


def test_without_a_database_every_post_of_a_statement_fails(account, monkeypatch):
    def away(rows):
        raise OperationalError("away")

    monkeypatch.setattr(inserts, "_execute", away)

    def store():
        with pytest.raises(OperationalError):
            inbox.store_result(account, b"{}")

    at_once(4, store)
    monkeypatch.undo()
    assert inbox.store_result(account, b"{}") and Callback.objects.get().times == 1


def test_in_a_transaction_that_is_rolled_back_only_its_own_row_goes(account):
    with transaction.atomic():
        inbox.store_result(account, b"{}")
        transaction.set_rollback(True)
    assert not Callback.objects.exists() and not inserts._queue


@pytest.mark.postgres
def test_a_connection_that_the_server_has_closed_is_opened_again(account):
    inbox.store_result(account, b"{}")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [pid] = cursor.fetchone()

    def end():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [pid])

    at_once(1, end)
    assert inbox.store_result(account, b"[]") and Callback.objects.count() == 2
