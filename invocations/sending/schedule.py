"""Changes when a scheduled message leaves, until it leaves."""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from invocations.audit import verbs
from invocations.audit.record import record
from invocations.composing import check, outside_hours
from invocations.kaleyra.stored_numbers import stored
from invocations.models import Invocation, ScheduleChange
from invocations.models.invocations import sends_in
from invocations.sending.awaiting import was_approved
from invocations.sending.decisions import facts_of
from invocations.sending.outcomes import Status
from invocations.sending.record import NotAcknowledged, NotSendable

if TYPE_CHECKING:
    from django.contrib.auth.models import User

logger = logging.getLogger(__name__)


def may_change_time(invocation: Invocation) -> bool:
    """Whether it has a time of its own, and has certainly not left as far as its columns say.

    What was approved keeps the time that it was approved for.
    """
    is_scheduled = invocation.status == Status.QUEUED and invocation.not_before is not None
    return is_scheduled and not was_approved(invocation)


def change_time(
    invocation: Invocation, not_before: datetime, by: User, *, acknowledged: Collection[str]
) -> bool:
    """Lets a scheduled message leave at `not_before` instead, and keeps who changed it.

    Returns False, and changes nothing, if it has left, was cancelled or approved, or has another
    time by now than `invocation` says. It expires as long after its time as before. A dispatcher
    that claims the row at this moment waits for this transaction or has it waiting, and then finds
    the row changed.

    Raises `NotSendable` and `NotAcknowledged` as `sending.record` does, and `Unreadable`.
    """
    _ask_gate(invocation, not_before, acknowledged)
    before, until = invocation.not_before, invocation.not_after
    if before is None or was_approved(invocation):
        return False
    span = until - before if until else invocation.workflow_instance.valid_for
    with transaction.atomic():
        waiting = Invocation.objects.filter(
            pk=invocation.pk,
            status=Status.QUEUED,
            doubtful_since__isnull=True,
            not_before=before,
        )
        if not waiting.update(
            not_before=not_before, not_after=not_before + span, due_at=not_before
        ):
            return False
        ScheduleChange.objects.create(
            invocation=invocation,
            was=before,
            becomes=not_before,
            changed_by=by,
            changed_at=timezone.now(),
        )
        facts = {"was": before.isoformat(), "becomes": not_before.isoformat()}
        record(verbs.RESCHEDULED, by=by, about=invocation, facts=facts_of(invocation) | facts)
    logger.info("invocation %s got another time from user %s", invocation.request_id, by.pk)
    return True


def _ask_gate(invocation: Invocation, not_before: datetime, acknowledged: Collection[str]) -> None:
    workflow = invocation.workflow_instance
    if refusals := check.of_times(not_before=not_before, not_after=None):
        raise NotSendable(refusals)
    numbers = [stored(send.recipient) for send in sends_in(invocation)]
    if refused := check.of_numbers_now(workflow, numbers):
        raise NotSendable(refused)
    found = outside_hours.of_hours(workflow, numbers, not_before)
    asked = [finding for finding in found if finding.asks]
    if open_ones := [finding for finding in asked if finding.token not in acknowledged]:
        raise NotAcknowledged(open_ones)
