"""What each answer of Kaleyra or of the practice pod makes of a message."""

from datetime import timedelta

import pytest
from django.utils import timezone

from invocations.kaleyra.connection import NoAnswer, NotSent
from invocations.models import WorkflowInstance
from invocations.models.workflows import RESULT_MARGIN

from .deliveries import ACCEPTED, REJECTED, UNKNOWN, delivered, outcomes

pytestmark = pytest.mark.django_db

# --- the practice pod's answers -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "status", "reason", "outcome", "http_status"),
    [
        ("202", "accepted", "accepted", "accepted", 202),
        ("200", "accepted", "accepted", "accepted", 202),
        ("400", "rejected", "rejected", "rejected", 400),
        ("404", "rejected", "no_such_workflow", "rejected", 404),
        ("401", "held", "credentials", "refused", 401),
        ("301", "held", "redirect", "refused", 301),
        ("429", "queued", "asked_to_wait", "busy", 429),
        ("500", "unknown", "server_error", "doubtful", 500),
        ("502", "unknown", "server_error", "doubtful", 502),
        ("503", "unknown", "server_error", "doubtful", 503),
        ("299", "unknown", "unreadable", "doubtful", 202),
        ("298", "unknown", "broken_off", "doubtful", 202),
        ("499", "unknown", "broken_off", "doubtful", None),
        ("408", "unknown", "broken_off", "doubtful", None),
    ],
)
def test_each_answer_of_the_practice_pod(
    recorded, receiver, code, status, reason, outcome, http_status
):
    invocation = delivered(recorded(code))
    assert (invocation.status, invocation.reason) == (status, reason)
    assert invocation.http_status == http_status
    attempt = invocation.attempts.get()
    assert (attempt.outcome, attempt.reason, attempt.number) == (outcome, reason, 1)
    assert attempt.http_status == http_status
    assert attempt.duration_ms is not None and attempt.api_key_last_four == "c0fe"
    assert (invocation.final_at is not None) == invocation.is_final
    assert invocation.lease_until is None
    assert len(receiver.received) == 1


def test_an_acceptance_is_stored_verbatim(recorded):
    invocation = delivered(recorded())
    assert len(invocation.workflow_invocation_id) == 22
    assert invocation.provider_timestamp.endswith("Z")
    assert invocation.message == "Request accepted, execution will start soon"
    assert invocation.errors == []
    assert invocation.delivery == ""  # accepted is not delivered


def test_a_rejection_is_stored_with_its_reason(recorded):
    assert delivered(recorded("400")).errors == [
        "Workflow Instance [00112233-4455-6677-8899-aabbccddeeff] is not published."
    ]


def test_every_attempt_posts_the_same_bytes(recorded, receiver):
    invocation = recorded("500")
    payload = invocation.payload.encode()
    delivered(invocation)
    delivered(invocation, starting_from=UNKNOWN)
    assert [request.body for request in receiver.received] == [payload, payload]


def test_the_request_goes_to_the_workflow_with_the_key_only(recorded, receiver):
    delivered(recorded())
    request = receiver.received[0]
    workflow = "00112233-4455-6677-8899-aabbccddeeff"
    assert request.path == f"/v1/HXPRACTICE01IN/workflow/v1/instances/{workflow}/invoke"
    assert request.headers["api-key"] == "…c0fe" and "authorization" not in request.headers


# --- any answer -----------------------------------------------------------------------------------


IN_DOUBT = [
    (202, {}, "contradiction"),
    (202, ACCEPTED | {"requestId": "another"}, "another_request"),
    (202, ACCEPTED | {"success": False}, "contradiction"),
    (202, ACCEPTED | {"executionStatus": "REJECTED"}, "contradiction"),
    (202, b"", "unreadable"),
    (202, b"null", "unreadable"),
    (202, b"[]", "unreadable"),
    (200, ACCEPTED, "undocumented_status"),
    (400, b"<html>", "unreadable"),
    (400, REJECTED | {"requestId": "another"}, "another_request"),
    (400, ACCEPTED, "contradiction"),
    (409, {}, "in_progress"),
    (408, b"", "server_error"),
    (504, b"", "server_error"),
    (NoAnswer("timeout"), b"", "timeout"),
    (NoAnswer("too_slow"), b"", "too_slow"),
    (NoAnswer("broken_off"), b"", "broken_off"),
    (RuntimeError("a bug"), b"", "internal"),
]


@pytest.mark.parametrize(("status", "content", "reason"), IN_DOUBT)
def test_an_answer_that_settles_nothing_leaves_the_message_unknown(
    recorded, kaleyra_says, status, content, reason
):
    kaleyra_says(status, content)
    invocation = delivered(recorded())
    assert (invocation.status, invocation.reason) == ("unknown", reason)
    assert outcomes(invocation) == ["doubtful"]


@pytest.mark.parametrize("reason", ["refused", "name", "connect_timeout", "proxy"])
def test_a_message_that_was_not_sent_is_tried_again(recorded, kaleyra_says, reason):
    kaleyra_says(NotSent(reason))
    invocation = delivered(recorded())
    assert (invocation.status, invocation.reason) == ("queued", reason)
    assert outcomes(invocation) == ["not_sent"]
    assert timedelta(seconds=1) < invocation.due_at - timezone.now() <= timedelta(seconds=3)


def test_a_refused_connection_is_tried_again(recorded, receiver):
    invocation = recorded()
    receiver.stop()
    assert delivered(invocation).reason == "refused" and invocation.status == "queued"


# --- what is awaited after it ---------------------------------------------------------------------


def test_a_result_is_awaited_after_an_acceptance_if_the_workflow_reports_results(
    recorded, workflow
):
    workflow.channels.update(delay_seconds=30)
    WorkflowInstance.objects.update(expects_callback=True)
    row = delivered(recorded("202"))
    assert row.delivery == "awaiting"
    assert row.result_due_at - row.final_at == timedelta(seconds=30 + 30) + RESULT_MARGIN


@pytest.mark.parametrize("code, reports", [("202", False), ("400", True)])
def test_no_result_is_awaited_without_reports_or_after_a_refusal(recorded, code, reports):
    WorkflowInstance.objects.update(expects_callback=reports)
    row = delivered(recorded(code))
    assert (row.delivery, row.result_due_at) == ("", None)
