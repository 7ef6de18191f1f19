"""What is told before sending."""

import re
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from invocations.composing import warnings
from invocations.kaleyra import recipients
from invocations.kaleyra.payload import Send
from invocations.models import Invocation
from invocations.models.viewer import Viewer
from invocations.sending.deliver import deliver
from invocations.sending.record import record

NUMBER = recipients.clean("919876543202")
BY = Viewer.operator()


@pytest.fixture
def told(workflow):
    """What is said of earlier messages to NUMBER, and of the workflow."""

    def told():
        earlier = warnings.of_earlier_messages(workflow, [NUMBER, NUMBER], by=BY)
        return [finding.text for finding in (*earlier, *warnings.of_workflow(workflow))]

    return told


def test_nothing_is_told_of_a_first_message(told):
    assert told() == []


def test_who_sent_it_to_the_same_number_and_when(told, recorded, priya):
    row = recorded(created_by=priya.person)
    (first,) = told()
    assert re.fullmatch(r"priya sent this workflow to this number \d+ seconds? ago\.", first)
    Invocation.objects.update(created_at=timezone.now() - timedelta(minutes=4, seconds=5))
    assert told() == ["priya sent this workflow to this number 4 minutes ago."]
    [finding] = warnings.of_earlier_messages(row.workflow_instance, [NUMBER], by=BY)
    assert finding.earlier == row.request_id and finding.asks


def test_a_script_has_no_name(told, recorded):
    recorded()
    assert told()[0].startswith("A script sent this workflow to this number 1 second")


def test_a_sender_is_told_of_their_own_message_as_you(workflow, recorded, priya):
    recorded(created_by=priya.person)
    by = Viewer.of(priya.person)
    [finding] = warnings.of_earlier_messages(workflow, [NUMBER], by=by)
    assert finding.text.startswith("You sent this workflow to this number")


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ({"status": "accepted", "delivery": "awaiting"}, "result_awaited"),
        ({"status": "unknown"}, "result_awaited"),
        ({"status": "held"}, "result_awaited"),
        ({"status": "accepted", "delivery": "completed"}, None),
        ({"status": "accepted", "delivery": ""}, None),
    ],
)
def test_an_older_message_is_told_of_while_it_may_still_arrive(workflow, recorded, columns, code):
    recorded()
    now = timezone.now()
    due = {"result_due_at": now} if columns.get("delivery") == "awaiting" else {}
    Invocation.objects.update(created_at=now - timedelta(hours=2), **columns, **due)
    found = list(warnings.of_earlier_messages(workflow, [NUMBER], by=BY))
    assert [finding.code for finding in found] == ([code] if code else [])
    assert all("2 hours ago" in finding.text and finding.asks for finding in found)


def test_a_held_message_is_told_of_although_a_later_one_was_delivered(workflow, recorded):
    held, later = recorded(), recorded()
    long_ago = {"created_at": timezone.now() - timedelta(hours=2)}
    Invocation.objects.filter(pk=held.pk).update(status="held", **long_ago)
    Invocation.objects.filter(pk=later.pk).update(
        status="accepted", delivery="completed", deciding_channel=1, **long_ago
    )
    [finding] = warnings.of_earlier_messages(workflow, [NUMBER], by=BY)
    assert (finding.code, finding.earlier) == ("result_awaited", held.request_id)


def test_a_message_recorded_long_ago_is_a_repeat_once_it_has_just_left(workflow, recorded):
    row = recorded()
    Invocation.objects.update(created_at=timezone.now() - timedelta(hours=2))
    assert deliver(row.pk)
    Invocation.objects.update(delivery="", result_due_at=None)  # no result is expected
    [finding] = warnings.of_earlier_messages(workflow, [NUMBER], by=BY)
    assert finding.code == "repeat" and "1 second ago" in finding.text


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the plan of SQLite")
def test_earlier_messages_are_found_by_their_number_without_statistics(workflow, recorded):
    recorded()
    with CaptureQueriesContext(connection) as queries:
        list(warnings.of_earlier_messages(workflow, [NUMBER], by=BY))
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN QUERY PLAN " + queries.captured_queries[0]["sql"])
        plan = [row[3] for row in cursor.fetchall()]
    read = [step for step in plan if "invocations_invocation" in step]
    assert read and all("recipient" in step for step in read), plan


@pytest.mark.parametrize(
    "changes",
    [
        {"created_at": timezone.now() - timedelta(minutes=31), "status": "accepted"},
        {"status": "rejected"},
        {"status": "expired"},
        {"status": "cancelled"},
    ],
)
def test_what_is_long_ago_or_never_left_is_not_told(told, recorded, changes):
    recorded()
    Invocation.objects.update(**changes)
    assert told() == []


@pytest.mark.parametrize("status", ["queued", "accepted", "unknown", "held"])
def test_what_may_have_left_is_told(told, recorded, status):
    recorded()
    Invocation.objects.update(status=status)
    assert len(told()) == 1


def test_another_number_is_not_told_of(told, recorded):
    recorded("404")
    assert told() == []


def test_three_refusals_as_not_published_in_a_row(told, recorded):
    for _ in range(3):
        assert told() == []
        deliver(recorded("400").pk)
    assert told() == [
        "The last 3 messages of this workflow were rejected as not published. This one may be, too."
    ]
    deliver(recorded("404").pk)
    assert told() == []


def test_refusals_that_cannot_be_decrypted_tell_nothing(told, recorded, settings):
    for _ in range(3):
        deliver(recorded("400").pk)
    settings.FIELD_ENCRYPTION_KEYS = ["b3RoZXIta2V5LW90aGVyLWtleS1vdGhlci1rZXktMTI="]
    assert told() == []


def test_two_different_numbers_have_to_be_acknowledged():
    assert list(warnings.of_numbers([NUMBER, NUMBER])) == []
    [finding] = warnings.of_numbers([NUMBER, recipients.clean("442079460958")])
    assert finding.asks and "two different numbers" in finding.text


def test_a_number_in_no_known_range_is_named_masked():
    [finding] = warnings.of_numbers([recipients.clean("911000000000")])
    assert "India" in finding.text and "0000 " in finding.text and not finding.asks
    assert "911000000000" not in finding.text.replace(" ", "")


@pytest.mark.parametrize(
    ("sent", "typed"),
    [
        ("5531987654202", "553187654202"),
        ("541123456503", "5491123456503"),
        ("525512345678", "5215512345678"),
    ],
)
def test_a_repeat_to_the_other_spelling_of_the_phone_is_told_of(workflow, sent, typed):
    sends = [Send(sent, {"01": "Asha"})] * 2
    row, _is_new = record(workflow, sends, request_id=uuid.uuid4(), created_by=None)
    found = warnings.of_earlier_messages(workflow, [recipients.clean(typed)], by=BY)
    assert [(each.code, each.earlier) for each in found] == [("repeat", row.request_id)]


def test_two_spellings_of_one_phone_are_not_two_numbers():
    both = [recipients.clean("5531987654202"), recipients.clean("553187654202")]
    assert "different_numbers" not in [finding.code for finding in warnings.of_numbers(both)]
