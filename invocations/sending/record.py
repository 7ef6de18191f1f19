"""Records an invocation: the row is committed before the first byte leaves, and its `request_id`
never changes.

Whoever sends calls `record`: page, command, bulk action. It refuses what the gate
(`composing.check`) blocks.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from invocations.audit import record as trail
from invocations.audit import verbs
from invocations.composing import check, limits, private_text, resending, template_fields
from invocations.composing.findings import Finding, blockers
from invocations.composing.searchable import searchable_in
from invocations.kaleyra.line_breaks import sends_in_one_line
from invocations.kaleyra.payload import Send
from invocations.kaleyra.recipients import Recipient
from invocations.models import Invocation, SearchableValue, WorkflowInstance
from invocations.models.encryption import is_digest_of
from invocations.models.invocations import PAYLOAD_DIGEST
from invocations.models.viewer import Viewer
from invocations.sending import awaiting, caps, targets
from invocations.sending.message_columns import (
    lock_recipients,
    payload_columns,
    recipient_columns,
    recipient_locks,
    recipients_of,
    searchable_values,
)

if TYPE_CHECKING:
    from django.contrib.auth.models import User

GRACE = timedelta(seconds=20)
"""A row just recorded is being delivered by the request that recorded it.

After this the dispatcher takes it up.
"""
RESENT_COLUMNS = ("status", "delivery", "reason", "due_at", "deciding_channel", "may_be_double")
"""What decides whether a message may be sent again. It may have changed since it was loaded."""


class NotSendable(Exception):
    """Nothing was recorded: the gate has blockers.

    `code` is that of the first (`composing.check`).
    """

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(findings[0].code)
        self.findings = list(findings)

    @property
    def code(self) -> str:
        return self.findings[0].code


class NotAcknowledged(Exception):
    """Nothing was recorded: `findings` are cautions that the person has not acknowledged."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(findings[0].code)
        self.findings = list(findings)


class RequestIdTaken(Exception):
    """Nothing was recorded: this request ID belongs to another message."""


def record(
    workflow: WorkflowInstance,
    sends: Sequence[Send],
    *,
    request_id: uuid.UUID,
    created_by: User | None,
    acknowledged: Collection[str] | None = None,
    reference: str = "",
    note: str = "",
    sent_again_from: Invocation | None = None,
    not_before: datetime | None = None,
    not_after: datetime | None = None,
    comes_first: bool = False,
) -> tuple[Invocation, bool]:
    """Commits a queued invocation. The same request ID and content again give the first, and False.

    Each value is put into one line (`kaleyra.line_breaks`), as the gate says.
    `acknowledged`: tokens of the cautions that a person has acknowledged; None: nobody is asked.
    `sent_again_from`: the earlier message that this one repeats; the gate decides about it, too.
    It leaves between `not_before` and `not_after` (by default `workflow.valid_for` later), and
    before the rest of the queue if it `comes_first`: a person sends it by itself.
    Raises `NotSendable`, `NotAcknowledged`, or `RequestIdTaken` (the ID is another message's).
    """
    sends = sends_in_one_line(sends)
    times = {"not_before": not_before, "not_after": not_after}
    _refuse_blockers(workflow, sends, times, sent_again_from)
    numbers = recipients_of(sends)
    invocation = Invocation(
        request_id=request_id,
        workflow_instance=workflow,
        account_id=workflow.account_id,
        target=targets.current_target(workflow),
        version=template_fields.current_version(workflow, created_by),
        reference=reference,
        note=note or None,
        created_by=created_by,
        sent_again_from=sent_again_from,
        comes_first=comes_first,
        **payload_columns(request_id, sends),
        **recipient_columns(numbers),
        **_time_columns(workflow, **times),
    )
    with transaction.atomic():
        lock_recipients(recipient_locks(workflow, numbers))
        if (first := _recorded_before(invocation)) is not None:
            return first, False
        held = _refuse_limited(invocation, numbers)
        if acknowledged is not None:
            _ask(invocation, sends, acknowledged)
        return _record_new(invocation, sends, numbers, held)


def _record_new(
    invocation: Invocation,
    sends: Sequence[Send],
    numbers: Sequence[Recipient],
    held: limits.Limits,
) -> tuple[Invocation, bool]:
    """The row with all that stands beside it. In the transaction of `record`."""
    if held.needs_approval:
        awaiting.hold(invocation)
    invocation, is_new = _insert(invocation)
    if is_new:
        _count(invocation, numbers, held)
        _store_searchable_values(invocation, sends)
        trail.record(
            verbs.SENT,
            by=invocation.created_by,
            about=invocation,
            facts=_facts(invocation) | ({"awaits_approval": True} if held.needs_approval else {}),
        )
        if held.needs_approval:
            awaiting.ask(invocation)
    return invocation, is_new


def _facts(invocation: Invocation) -> dict[str, Any]:
    """What the trail says: of the number the digits that the lists show, and no value."""
    again, at = invocation.sent_again_from, invocation.not_before
    return {
        "request_id": str(invocation.request_id),
        "workflow": invocation.workflow_instance.title,
        "number": invocation.recipient_hint,
        **({"again": str(again.request_id)} if again else {}),
        **({"not_before": at.isoformat()} if at else {}),
    }


def _refuse_limited(invocation: Invocation, numbers: Sequence[Recipient]) -> limits.Limits:
    """The limits that hold for the message, unless one of its numbers is refused."""
    account_id = invocation.account_id
    digits = [number.digits for number in numbers]
    found = limits.limits_of(
        account_id, workflow_id=invocation.workflow_instance_id, numbers=digits
    )
    if refused := list(limits.of_numbers(found, account_id, numbers)):
        raise NotSendable(refused)
    return found


def _count(invocation: Invocation, numbers: Sequence[Recipient], held: limits.Limits) -> None:
    """Against the caps. A full one refuses the message, which is rolled back with all counts."""
    keys = limits.cap_keys(
        held,
        account_id=invocation.account_id,
        person_id=invocation.created_by_id,
        numbers=[number.digits for number in numbers],
        now=timezone.now(),
    )
    if full := caps.take(keys):
        raise NotSendable([limits.full(full)])


def _store_searchable_values(invocation: Invocation, sends: Sequence[Send]) -> None:
    """So that the message is found by them; in the transaction that records it."""
    found = searchable_in(invocation.workflow_instance, sends)
    SearchableValue.objects.bulk_create(
        SearchableValue(invocation=invocation, label=label, digest=digest)
        for label, digest in searchable_values(found)
    )


def _refuse_blockers(
    workflow: WorkflowInstance,
    sends: Sequence[Send],
    times: dict[str, datetime | None],
    sent_again_from: Invocation | None,
) -> None:
    found = blockers(check.of_message(workflow, sends, reads_anew=True))
    found = found or check.of_times(**times)
    if sent_again_from is not None:
        sent_again_from.refresh_from_db(fields=RESENT_COLUMNS)
        found = found or blockers(resending.of_original(sent_again_from))
    if found:
        raise NotSendable(found)


def _insert(invocation: Invocation) -> tuple[Invocation, bool]:
    """Inserts the row, unless a message to another number took the request ID meanwhile."""
    try:
        with transaction.atomic():
            invocation.save(force_insert=True)
    except IntegrityError:
        if (first := _recorded_before(invocation)) is None:
            raise
        return first, False
    return invocation, True


def _time_columns(
    workflow: WorkflowInstance, not_before: datetime | None, not_after: datetime | None
) -> dict[str, datetime | None]:
    now = timezone.now()
    start = max(not_before or now, now)
    is_scheduled = not_before is not None and not_before > now
    return {
        "not_before": not_before,
        "not_after": not_after or start + workflow.valid_for,
        "due_at": not_before if is_scheduled else now + GRACE,
    }


def _ask(invocation: Invocation, sends: Sequence[Send], acknowledged: Collection[str]) -> None:
    person = invocation.created_by
    asked = check.to_acknowledge(
        invocation.workflow_instance,
        sends,
        by=Viewer.of(person) if person else Viewer.operator(),
        again=invocation.sent_again_from,
        not_before=invocation.not_before,
    )
    asked += private_text.of_texts(invocation.reference, invocation.note or "")
    if open_ones := [finding for finding in asked if finding.token not in acknowledged]:
        raise NotAcknowledged(open_ones)


def _recorded_before(invocation: Invocation) -> Invocation | None:
    """The row with this request ID, if it is the same message. Else raises `RequestIdTaken`."""
    first = Invocation.objects.filter(request_id=invocation.request_id).first()
    if first is None:
        return None
    is_same_payload = is_digest_of(first.payload_digest, invocation.payload, PAYLOAD_DIGEST)
    same = ("created_by_id", "workflow_instance_id")
    if is_same_payload and all(getattr(first, name) == getattr(invocation, name) for name in same):
        return first
    raise RequestIdTaken
