"""The notes that were added to a message later, in an exported history."""

from datetime import UTC, datetime

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from invocations.models import Note
from tests.history.test_exports import table

pytestmark = pytest.mark.django_db


@pytest.fixture
def author(db):
    return User.objects.create_user("priya-exports")


@pytest.fixture
def with_notes(recorded, author):
    row = recorded()
    for day, text in [(1, "=Called back:\nno answer"), (2, "Reached on 919876543202")]:
        with time_machine.travel(datetime(2026, 3, day, 23, 30, tzinfo=UTC), tick=False):
            Note.objects.create(invocation=row, text=text, author=author)
    return row


def test_notes_added_later_are_signed_and_dated_the_oldest_first(with_notes):
    (line,) = table("Asia/Kolkata", sees_numbers=True)
    assert line["Notes added later (Asia/Kolkata)"].splitlines() == [
        "2026-03-02 05:00 priya-exports: =Called back: no answer",
        "2026-03-03 05:00 priya-exports: Reached on 919876543202",
    ]


def test_a_number_in_a_note_is_masked_for_who_may_not_see_it(with_notes):
    assert "919876543202" not in str(table())


def test_notes_need_one_query_whatever_the_number_of_messages(
    with_notes, recorded, author, django_assert_num_queries
):
    with CaptureQueriesContext(connection) as one:
        table()
    Note.objects.create(invocation=recorded(), text="Second", author=author)
    with django_assert_num_queries(len(one)):
        table()
