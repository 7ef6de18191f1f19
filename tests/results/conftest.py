"""Results of messages that were, or were not yet, accepted."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from invocations.models import Invocation
from invocations.results import inbox as results
from invocations.sending.deliver import deliver


def body(invocation_id="", *codes, to="", status="COMPLETED", **more):
    """A callback's body: this id, and the channels with these codes."""
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
    return lambda *words, **more: results.store_result(account, body(*words, **more))


@pytest.fixture
def accepted(recorded):
    """accepted(): a message that the receiver took, with its id at Kaleyra."""

    def accepted(**changes):
        invocation = recorded(**changes)
        assert deliver(invocation.pk)
        invocation.refresh_from_db()
        assert invocation.status == "accepted" and invocation.workflow_invocation_id
        return invocation

    return accepted


@pytest.fixture
def in_status(recorded):
    """in_status("unknown", workflow_invocation_id="A"): a message that came to be so."""

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
