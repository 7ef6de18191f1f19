"""A live account with limits, and messages of it. Nothing is sent: its host is Kaleyra's."""

from __future__ import annotations

import uuid
from typing import Any

from invocations.kaleyra.payload import Send
from invocations.kaleyra.recipients import clean
from invocations.models import Invocation, LimitSet, WorkflowInstance
from invocations.sending.number_lists import stop_contact
from invocations.sending.record import NotSendable, record
from tests.many import real_account, workflow_of

NUMBER, OTHER = "919876543202", "919876543203"


def live_workflow(
    title: str = "Order delayed", kinds: tuple[str, ...] = ("sms",)
) -> WorkflowInstance:
    """One SMS, or channels of these `kinds`, with a value each."""
    account = real_account()
    workflow = workflow_of(account, title, kinds)
    workflow.channels.filter(kind="whatsapp").update(template_text="Hello {{1}}")
    workflow.channels.filter(kind="sms").update(template_text="Hello {#var#}")
    return WorkflowInstance.objects.select_related("account__pod").get(pk=workflow.pk)


def limit(account: Any = None, **caps: Any) -> None:
    LimitSet.objects.update_or_create(account=account, defaults=caps)


def send(
    workflow: WorkflowInstance, number: str = NUMBER, *others: str, **options: Any
) -> Invocation:
    """`others`: the numbers of the further channels."""
    options = {"request_id": uuid.uuid4(), "created_by": None} | options
    sends = [Send(each, {"01": "Asha"}) for each in (number, *others)]
    return record(workflow, sends, **options)[0]


def refusal(workflow: WorkflowInstance, number: str = NUMBER, *others: str, **options: Any) -> str:
    """The code of the blocker, or "" if it was recorded."""
    try:
        send(workflow, number, *others, **options)
    except NotSendable as refused:
        return refused.code
    return ""


def list_number(number: str = NUMBER, reason: str = "asked us to stop") -> None:
    stop_contact([clean(number)], reason, None)
