"""Killed half-way, and beside messages that are sent; and what is left in the database's file."""

from __future__ import annotations

import os
import signal
import threading
import uuid

import pytest
from django.db import connection

from invocations.kaleyra.payload import Send
from invocations.models import Invocation
from invocations.privacy import erasure
from invocations.privacy.purge import Purge, end_run
from invocations.sending.record import record
from tests.privacy.conftest import (
    DIGITS,
    VALUE,
    columns_with,
    database_files,
    plant_elsewhere,
    surround,
)
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_purge_that_is_killed_is_finished_by_the_next(sent, manage):
    for _each in range(30):
        sent(days=100)
    killed = manage("purge")
    with_values = Invocation.objects.filter(payload__isnull=False)
    until(lambda: killed.poll() is not None or with_values.count() < 30)
    if killed.poll() is None:
        os.killpg(killed.pid, signal.SIGKILL)
    killed.communicate()
    output, errors = manage("purge").communicate()
    assert "Removed" in output, errors
    assert columns_with(DIGITS, VALUE) == []


def test_an_erasure_that_is_killed_is_finished_by_the_next(sent, workflow, django_user_model):
    for _each in range(3):
        surround(sent(), django_user_model.objects.create_user(uuid.uuid4().hex))
    begun = erasure.start(DIGITS, None)
    erasure.go_on(begun.pk)
    process_that_goes_on = threading.Thread(target=_work_off_elsewhere, args=(begun,))
    process_that_goes_on.start()
    erasure.work_off(begun)  # two at once: each step is done by one of them
    process_that_goes_on.join()
    begun.refresh_from_db()
    assert (begun.state, begun.counts["messages"]) == ("done", 3)
    assert columns_with(DIGITS, VALUE) == []


def _work_off_elsewhere(begun) -> None:
    try:
        while erasure.go_on(begun.pk):
            pass
    finally:
        connection.close()


def test_messages_are_recorded_while_it_removes(sent, workflow):
    for _each in range(20):
        sent(days=100)
    errors: list[Exception] = []

    def send() -> None:
        try:
            for n in range(10):
                sends = [Send(f"9198765000{n:02}", {"01": "Asha"})] * 2
                record(workflow, sends, request_id=uuid.uuid4(), created_by=None)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    sender = threading.Thread(target=send)
    sender.start()
    for _step in Purge().steps():
        pass
    end_run()
    sender.join()
    assert errors == []
    assert Invocation.objects.filter(payload__isnull=False).count() == 10
    assert Invocation.objects.filter(payload__isnull=True).count() == 20


def test_nothing_is_left_in_the_file_of_sqlite(sent, workflow, django_user_model, exports_dir):
    person = django_user_model.objects.create_user("ada")
    surround(sent(), person)
    plant_elsewhere(workflow, person, sent("919876500009", "Asha"))
    national = DIGITS.removeprefix("91").encode()
    if connection.vendor == "sqlite":
        assert national in database_files()
    begun = erasure.start(DIGITS, None)
    erasure.work_off(begun)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete")
            assert cursor.fetchone()[0] == 1
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert national not in database_files()
