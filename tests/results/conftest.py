"""Callback bodies, and messages in the states that their results meet."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from invocations.models import Invocation
from invocations.sending.deliver import deliver
from tests.stored_results import store_result

NUMBER = "919876543202"
"""The recipient of a message made by `recorded()`."""
FOREIGN_REQUEST_ID = "0f6da8f1-923d-4995-a274-4830d09d8287"
"""A request ID that Kaleyra made up."""
ANOTHER_REQUEST_ID = "7d1bbc2a-4a45-4b1b-9d0b-6ad5bd3fcbf0"
MINUTE = timedelta(minutes=1)


def stored_delivery(invocation):
    invocation.refresh_from_db()
    return invocation.delivery


def stored_result(invocation):
    """What the database says of its delivery, deciding channel, and whether it may be double."""
    invocation.refresh_from_db()
    return invocation.delivery, invocation.deciding_channel, invocation.may_be_double


def body(invocation_id="", *codes, to="", status="COMPLETED", **more):
    """A callback's body: this invocation ID, and a channel for each of the codes."""
    channels = {
        f"channel{n}": {"channel": ["whatsapp", "sms", "x"][n - 1], "statusCode": code, "to": to}
        for n, code in enumerate(codes, start=1)
    }
    return json.dumps(
        {"workflowInvocationId": invocation_id, "executionStatus": status, "result": channels}
        | more
    ).encode()


@pytest.fixture
def report(account):
    """report("id", "TIMEOUT", "DELIVERED"): a result comes in at the account."""
    return lambda *words, **more: store_result(account, body(*words, **more))


@pytest.fixture
def accepted(recorded):
    """accepted(): a message that the receiver accepted, with its ID at Kaleyra."""

    def accepted(**changes):
        invocation = recorded(**changes)
        assert deliver(invocation.pk)
        invocation.refresh_from_db()
        assert invocation.status == "accepted" and invocation.workflow_invocation_id
        return invocation

    return accepted


@pytest.fixture
def in_status(recorded):
    """in_status("unknown", workflow_invocation_id="A"): a message with these columns."""

    def in_status(status, **columns):
        invocation = recorded()
        now = timezone.now()
        usual = {
            "unknown": {
                "doubtful_since": now,
                "doubt_count": 1,
                "due_at": now,
                "reason": "timeout",
            },
            "sending": {"lease_until": now + timedelta(minutes=1)},
        }
        Invocation.objects.filter(pk=invocation.pk).update(
            status=status, **{**usual.get(status, {}), **columns}
        )
        invocation.refresh_from_db()
        return invocation

    return in_status


@pytest.fixture
def answered(recorded, kaleyra_says):
    """answered(202, requestId="…"): a message whose outcome is unknown after this answer."""

    def answered(status=202, **fields):
        invocation = recorded()
        acceptance = {
            "success": True,
            "executionStatus": "ACCEPTED",
            "workflowInvocationId": "theirs",
        }
        kaleyra_says(status, acceptance | fields)
        deliver(invocation.pk)
        invocation.refresh_from_db()
        assert (invocation.status, invocation.workflow_invocation_id) == ("unknown", "")
        return invocation

    return answered
