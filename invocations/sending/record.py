"""THE DEED: record an invocation, deliver it, remember what happened. Every door calls this and contains nothing else.

The row is committed before the first byte leaves, its `request_id` never changes, and its status moves by conditional UPDATE
only. No transaction is open while the network is asked.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils import timezone

from invocations.composing import template_fields
from invocations.kaleyra import recipients, template_params
from invocations.kaleyra.payload import Send, build_payload, to_text
from invocations.models import Invocation, WorkflowInstance
from invocations.models.encryption import digests
from invocations.models.recipients import RECIPIENT_DIGEST

if TYPE_CHECKING:
    from django.contrib.auth.models import User

logger = logging.getLogger(__name__)


GRACE = timedelta(seconds=20)
"""A row just recorded is being delivered by the request that recorded it. After this the dispatcher takes it up."""
PAYLOAD_DIGEST = "payload"


class NotSendable(Exception):
    """Nothing was recorded.

    `code`: the workflow is off (`inactive`), has other channels than were filled (`channels`), a `recipient` is wrong, its time is
    over before it begins (`too_late`), or the code of the `ParamsError` that a value gave.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class RequestIdTaken(Exception):
    """Nothing was recorded: this request id belongs to another message."""


# --- record -----------------------------------------------------------------------------------------------------------


def record(
    workflow: WorkflowInstance,
    sends: Sequence[Send],
    *,
    request_id: uuid.UUID,
    created_by: User | None,
    reference: str = "",
    note: str = "",
    sent_again_from: Invocation | None = None,
    not_before: datetime | None = None,
    not_after: datetime | None = None,
) -> tuple[Invocation, bool]:
    """Commits the invocation as queued. The same request id with the same content again gives the first one, and False.

    Nothing leaves before `not_before`, nor after `not_after` (where it is not given, the workflow says how long a message is of use).
    Raises `NotSendable`, or `RequestIdTaken` if the id was used for something else.
    """
    _check(workflow, sends)
    now = timezone.now()
    start = max(not_before or now, now)
    not_after = not_after or start + workflow.valid_for
    if not_after <= start:
        raise NotSendable("too_late")
    payload = to_text(build_payload(str(request_id), sends))
    described = [recipients.describe(send.recipient) for send in sends]
    # With one number for both channels the second columns stay empty: the row shows and finds it once.
    second = (
        described[1] if len(described) > 1 and described[1].digits != described[0].digits else None
    )
    invocation = Invocation(
        request_id=request_id,
        workflow_instance=workflow,
        account_id=workflow.account_id,
        version=template_fields.current_version(workflow, created_by),
        payload=payload,
        payload_digest=digests(payload, PAYLOAD_DIGEST)[0],
        recipient_digest=digests(described[0].digits, RECIPIENT_DIGEST)[0],
        recipient_hint=recipients.mask(described[0].formatted),
        recipient2_digest=digests(second.digits, RECIPIENT_DIGEST)[0] if second else "",
        recipient2_hint=recipients.mask(second.formatted) if second else "",
        recipient_last_four=described[0].digits[-4:],
        recipient2_last_four=second.digits[-4:] if second else "",
        reference=reference,
        note=note or None,
        created_by=created_by,
        sent_again_from=sent_again_from,
        not_before=not_before,
        not_after=not_after,
        due_at=not_before if not_before and not_before > now else now + GRACE,
    )
    try:
        with transaction.atomic():
            invocation.save(force_insert=True)
    except IntegrityError:
        first = Invocation.objects.filter(request_id=request_id).first()
        if first is None:
            raise
        return _the_same(first, workflow, created_by, payload), False
    return invocation, True


def _check(workflow: WorkflowInstance, sends: Sequence[Send]) -> None:
    if not workflow.is_active:
        raise NotSendable("inactive")
    if len(sends) != workflow.channels.count() or not sends:
        raise NotSendable("channels")
    for send in sends:
        try:
            if recipients.clean(send.recipient).digits != send.recipient:
                raise NotSendable("recipient")
            template_params.checked(send.template_params.items())
        except recipients.RecipientError:
            raise NotSendable("recipient") from None
        except template_params.ParamsError as error:
            raise NotSendable(error.code) from None


def _the_same(
    first: Invocation, workflow: WorkflowInstance, created_by: User | None, payload: str
) -> Invocation:
    same_person = first.created_by_id == (created_by.pk if created_by else None)
    if (
        not same_person
        or first.workflow_instance_id != workflow.pk
        or first.payload_digest not in digests(payload, PAYLOAD_DIGEST)
    ):
        raise RequestIdTaken
    return first
