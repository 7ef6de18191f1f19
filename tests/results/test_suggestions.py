"""Which message an unmatched result is suggested for, so that a person can decide."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from invocations.kaleyra.payload import Send
from invocations.models import Invocation
from invocations.monitoring.sweep import sweep
from invocations.results import suggestions
from invocations.sending.record import record
from tests.results.conftest import (
    ANOTHER_REQUEST_ID,
    FOREIGN_REQUEST_ID,
    MINUTE,
    NUMBER,
    body,
    stored_delivery,
)
from tests.stored_results import store_result

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_only_unknown_outcome_to_that_number_is_suggested_and_not_matched(in_status, report):
    invocation = in_status("unknown")
    callback = report("A", "TIMEOUT", "DELIVERED", to=NUMBER)
    assert suggestions.suggestion(callback) == invocation
    sweep()
    assert stored_delivery(invocation) == "" and invocation.status == "unknown"


def test_two_candidates_give_no_suggestion(in_status, report):
    for _ in range(2):
        in_status("unknown")
    assert suggestions.suggestion(report("A", "DELIVERED", to=NUMBER)) is None


@pytest.mark.parametrize(
    ("status", "columns", "reported"),
    [
        ("unknown", {}, {"to": "919876543303"}),
        ("unknown", {}, {"to": ""}),
        ("unknown", {"doubtful_since": timezone.now() - timedelta(hours=2)}, {"to": NUMBER}),
        ("unknown", {"workflow_invocation_id": "B"}, {"to": NUMBER}),
        ("rejected", {}, {"to": NUMBER}),
        ("accepted", {"delivery": "completed"}, {"to": NUMBER}),
    ],
)
def test_another_number_another_time_or_another_status_is_not_suggested(
    in_status, report, status, columns, reported
):
    in_status(status, **columns)
    assert suggestions.suggestion(report("A", "DELIVERED", **reported)) is None


@pytest.mark.parametrize(
    ("status", "columns"),
    [("sending", {}), ("queued", {}), ("accepted", {"reason": "confirmed_by_duplicate"})],
)
def test_nothing_is_suggested_while_another_message_to_that_number_may_be_the_match(
    in_status, report, status, columns
):
    in_status("unknown")
    in_status(status, **columns)
    assert suggestions.suggestion(report("A", "READ", to=NUMBER)) is None


def test_a_message_awaiting_its_result_blocks_only_suggestions_without_kaleyras_id(
    in_status, report
):
    invocation = in_status("unknown")
    in_status(
        "accepted",
        workflow_invocation_id="Y",
        delivery="awaiting",
        result_due_at=timezone.now() + MINUTE,
    )
    assert suggestions.suggestion(report("A", "READ", to=NUMBER)) == invocation
    assert suggestions.suggestion(report("", "READ", to=NUMBER)) is None


def test_a_message_that_is_sent_later_does_not_block_a_suggestion(in_status, report):
    invocation = in_status("unknown")
    in_status("queued", not_before=timezone.now() + timedelta(days=7))
    callback = report("A", "READ", to=NUMBER)
    in_status("sending", created_at=timezone.now() + 2 * MINUTE)
    assert suggestions.suggestion(callback) == invocation


@pytest.mark.parametrize(("minutes_ago", "is_suggested"), [(0, True), (4, False)])
def test_a_flow_that_ended_before_the_message_was_posted_is_not_suggested(
    in_status, report, minutes_ago, is_suggested
):
    invocation = in_status("unknown")
    ended = timezone.now() - minutes_ago * MINUTE
    assert suggestions.suggestion(report("A", "READ", to=NUMBER, timestamp=ended.isoformat())) == (
        invocation if is_suggested else None
    )


@pytest.mark.parametrize("kinds", [["sms"], ["sms", "whatsapp"], ["whatsapp", "sms", "sms"]])
def test_a_flow_of_other_channels_is_not_suggested(in_status, account, kinds):
    in_status("unknown")
    channels = {
        f"channel{n}": {"channel": kind, "statusCode": "READ", "to": NUMBER}
        for n, kind in enumerate(kinds, start=1)
    }
    assert suggestions.suggestion(store_result(account, body("A", result=channels))) is None


def test_an_id_that_no_answer_named_is_suggested_by_its_number_alone(in_status, report):
    invocation = in_status("unknown")
    callback = report("never learned", "READ", to=NUMBER, requestId=FOREIGN_REQUEST_ID)
    assert callback.invocation is None and suggestions.suggestion(callback) == invocation


def test_a_message_whose_own_answer_named_another_flow_or_request_is_not_suggested(
    answered, report
):
    invocation = answered(requestId=FOREIGN_REQUEST_ID)
    assert suggestions.suggestion(report("another", "READ", to=NUMBER)) is None
    of_another = report("", "READ", to=NUMBER, requestId=ANOTHER_REQUEST_ID)
    assert suggestions.suggestion(of_another) is None
    assert suggestions.suggestion(report("", "READ", to=NUMBER)) == invocation


def test_a_message_that_a_person_settled_is_suggested(in_status, report):
    invocation = in_status(
        "rejected", reason="settled_not_delivered", doubtful_since=timezone.now(), doubt_count=1
    )
    assert suggestions.suggestion(report("A", "READ", to=NUMBER)) == invocation


def test_diagnosing_fifty_results_takes_as_many_queries_as_one(in_status, report, answered):
    answered(requestId=FOREIGN_REQUEST_ID)
    in_status("unknown")
    counts = []
    for n in (1, 50):
        callbacks = [
            report(f"id-{n}-{each}", "READ", to=NUMBER, requestId=str(uuid.uuid4()))
            for each in range(n)
        ]
        with CaptureQueriesContext(connection) as queries:
            assert {each.why for each in suggestions.diagnose_all(callbacks)} == {"unknown_id"}
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 9


@pytest.mark.parametrize(
    ("sent", "reported"),
    [
        ("5491123456503", "541123456503"),
        ("541123456503", "5491123456503"),
        ("5531987654202", "553187654202"),
        ("553187654202", "5531987654202"),
        ("525512345678", "5215512345678"),
    ],
)
def test_a_result_that_spells_the_phone_otherwise_is_suggested(workflow, report, sent, reported):
    sends = [Send(sent, {"01": "Asha"})] * 2
    invocation, _is_new = record(workflow, sends, request_id=uuid.uuid4(), created_by=None)
    doubt = {"status": "unknown", "doubtful_since": timezone.now(), "doubt_count": 1}
    Invocation.objects.update(due_at=None, **doubt)
    invocation.refresh_from_db()
    callback = report("A", "TIMEOUT", "DELIVERED", to=reported)
    assert suggestions.suggestion(callback) == invocation
    assert suggestions.may_have_unmatched_result(invocation)
