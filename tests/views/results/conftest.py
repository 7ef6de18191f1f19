"""Results without a message, and an account's address that Kaleyra posts results to."""

import json

import pytest
from django.urls import reverse
from django.utils import timezone

from invocations.models import Invocation
from invocations.results import endpoints
from invocations.sending.deliver import deliver
from tests.stored_results import store_result

NUMBER = "919876543202"
"""The recipient of a message made by `recorded()`."""


@pytest.fixture
def orphan(account):
    """orphan("TIMEOUT", "DELIVERED", …): a result whose ID no message has."""

    def orphan(*codes, to=NUMBER, **more):
        kinds = ["whatsapp", "sms"]
        channels = {
            f"channel{n}": {"channel": kinds[n - 1], "statusCode": code, "to": to}
            for n, code in enumerate(codes, start=1)
        }
        return store_result(
            account,
            json.dumps({"workflowInvocationId": "4AhJ", "result": channels} | more).encode(),
        )

    return orphan


@pytest.fixture
def unknown(recorded):
    """A message whose outcome is unknown."""
    row = recorded()
    Invocation.objects.update(
        status="unknown",
        reason="timeout",
        due_at=None,
        doubtful_since=timezone.now(),
        doubt_count=1,
    )
    return row


@pytest.fixture
def accepted_result(account, recorded):
    """A result that matched its message."""
    row = recorded()
    deliver(row.pk)
    row.refresh_from_db()
    return store_result(
        account, json.dumps({"workflowInvocationId": row.workflow_invocation_id}).encode()
    )


@pytest.fixture
def address(account):
    return endpoints.ensure_address(account, None)


RESULT = {
    "workflowInvocationId": "A",
    "executionStatus": "COMPLETED",
    "result": {"channel1": {"statusCode": "DELIVERED"}},
}


@pytest.fixture
def post(address, client):
    """post(body, **headers): to the account's address, with its secret unless another is given."""

    def post(body=RESULT, token=address.token, secret=address.secret, **extra):
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"X-Callback-Secret": secret} if secret is not None else {}
        given = {
            "content_type": "application/json",
            "headers": headers | extra.pop("headers", {}),
        } | extra
        return client.post(reverse("callback", args=[token]), raw, **given)

    return post
