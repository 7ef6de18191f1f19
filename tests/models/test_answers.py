"""Where a message's last answer is read from."""

import json
import uuid

import pytest
from django.utils import timezone

from invocations.models import Attempt, Invocation
from invocations.models.attempts import read_answers

pytestmark = pytest.mark.django_db


@pytest.fixture
def message(workflow):
    def new(**columns):
        return Invocation.objects.create(
            workflow_instance=workflow, account=workflow.account, payload="{}", **columns
        )

    return new


def answered(invocation, number, message):
    return Attempt.objects.create(
        invocation=invocation,
        number=number,
        started_at=timezone.now(),
        binding=uuid.uuid4(),
        reply=json.dumps({"message": message, "errors": [], "text": message}),
    )


def reread(row):
    return Invocation.objects.get(pk=row.pk)


def test_the_last_answer_is_the_one_of_the_attempt_that_the_message_names(message):
    row = message(answered_attempt=2)
    for number in (1, 2, 3):
        answered(row, number, f"answer {number}")
    row = reread(row)
    assert (row.kept_reply["text"], row.message) == ("answer 2", "answer 2")
    row.answered_attempt = 3
    assert row.message == "answer 3"
    row.answered_attempt = None
    assert (row.kept_reply, row.message, row.errors) == ({}, None, [])


def test_a_message_of_an_earlier_version_keeps_its_own_copy(message, django_assert_num_queries):
    row = reread(message(reply=json.dumps({"message": "as before", "errors": [], "text": ""})))
    answered(row, 1, "of the attempt")
    with django_assert_num_queries(0):
        assert row.message == "as before"
        read_answers([row])


def test_the_answers_of_many_messages_are_read_in_one_query(message, django_assert_num_queries):
    rows = [message(answered_attempt=1 + n % 2) for n in range(6)]
    for row in rows:
        for number in (1, 2):
            answered(row, number, f"{row.pk}.{number}")
    rows = [reread(row) for row in rows]
    with django_assert_num_queries(1):
        read_answers(rows)
        assert [row.message for row in rows] == [f"{row.pk}.{row.answered_attempt}" for row in rows]
