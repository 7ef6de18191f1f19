from datetime import UTC, datetime

import pytest

from invocations.models import Account, Invocation, Pod, WorkflowInstance
from invocations.models.encryption import digest_of
from invocations.models.invocations import PAYLOAD_DIGEST
from invocations.sending.deliver import deliver


@pytest.fixture
def many(workflow):
    """many(120): that many messages, oldest first."""

    def many(count, **changes):
        rows = [
            Invocation(
                workflow_instance=workflow,
                account=workflow.account,
                payload="{}",
                payload_digest=digest_of("{}", PAYLOAD_DIGEST),
                recipient_hint=f"… {number:04}",
                **changes,
            )
            for number in range(count)
        ]
        return Invocation.objects.bulk_create(rows)

    return many


@pytest.fixture
def five(workflow, recorded, priya, rosa):
    """Five messages that differ in every column that has a filter; oldest first."""
    other = Account.objects.create(title="Other", pod=Pod.objects.get(code="IN"), sid="HXOTHER01IN")
    elsewhere = WorkflowInstance.objects.create(
        account=other, title="Elsewhere", workflow_instance_id="w2"
    )
    rows = [
        recorded(
            "202", reference=f"T-{number}", created_by=priya.person if number % 2 else rosa.person
        )
        for number in range(4)
    ]
    last = Invocation(
        workflow_instance=elsewhere,
        account=other,
        payload="{}",
        reference="T-4",
        created_by=rosa.person,
    )
    rows += Invocation.objects.bulk_create([last])
    for number, (row, status) in enumerate(
        zip(rows, ["accepted", "rejected", "unknown", "held", "queued"], strict=True)
    ):
        Invocation.objects.filter(pk=row.pk).update(
            status=status, created_at=datetime(2026, 3, 1 + number, 23, 30, tzinfo=UTC)
        )
    return [str(row.request_id) for row in rows]


@pytest.fixture
def ended(recorded):
    """ended(1): a message with a result, decided by this channel; other columns by name."""

    def ended(channel=None, **changes):
        row = recorded()
        known = {
            "status": "accepted",
            "due_at": None,
            "delivery": "completed",
            "deciding_channel": channel,
        }
        Invocation.objects.filter(pk=row.pk).update(**known | changes)
        return str(row.request_id)

    return ended


@pytest.fixture
def accepted(recorded, workflow):
    """accepted(): a message that the receiver answered, and whose result is awaited."""
    workflow.channels.update(delay_seconds=30)
    type(workflow).objects.update(expects_callback=True)

    def accepted(code="202", **changes):
        row = recorded(code, **changes)
        deliver(row.pk)
        row.refresh_from_db()
        return row

    return accepted
