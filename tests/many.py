"""Many messages at once, in every state, without sending any."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from invocations.models import Account, Channel, Invocation, Pod, WorkflowInstance


def real_account(title: str = "Kaveri Foods", domain: str = "api.in.kaleyra.io") -> Account:
    """At a pod that reaches people; nothing is sent to it."""
    pod = Pod.objects.filter(api_domain=domain).first() or Pod.objects.create(
        code=domain[:20], title=domain, api_domain=domain
    )
    return Account.objects.create(title=title, pod=pod, sid=f"HX{Account.objects.count():010}IN")


def workflow_of(
    account: Account, title: str, kinds: tuple[str, ...] = ("whatsapp", "sms"), **columns: Any
) -> WorkflowInstance:
    """With channels of these kinds."""
    workflow = WorkflowInstance.objects.create(
        account=account, title=title, workflow_instance_id=f"wf-{uuid.uuid4()}", **columns
    )
    for position, kind in enumerate(kinds, start=1):
        Channel.objects.create(workflow_instance=workflow, position=position, kind=kind)
    return workflow


def messages(workflow: WorkflowInstance, columns: Iterable[dict[str, Any]]) -> list[Invocation]:
    """One message for each dict of columns, recorded in the order of `created_at`.

    `workflow` is the default of `workflow_instance`.
    """
    now = timezone.now()
    columns = sorted(columns, key=lambda each: each.get("created_at", now))
    rows = []
    for each in columns:
        of = {
            "workflow_instance": workflow,
            "recipient_digest": "d",
            "recipient_hint": "+91 ••••• •3202",
            "payload": "{}",
        } | each
        of.pop("created_at", None)
        rows.append(
            Invocation(account=of["workflow_instance"].account, recipient_last_four="3202", **of)
        )
    Invocation.objects.bulk_create(rows)
    for row, each in zip(rows, columns, strict=True):
        row.created_at = each.get("created_at", now)
    Invocation.objects.bulk_update(rows, ["created_at"], batch_size=500)
    return rows
