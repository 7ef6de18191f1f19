"""Messages that wait until a second person approves them: held, with a reason of their own."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from invocations.audit import verbs
from invocations.audit.record import record as trail
from invocations.composing.template_fields import is_current
from invocations.models import Approval, Invocation
from invocations.sending.outcomes import Status

if TYPE_CHECKING:
    from django.contrib.auth.models import User

AWAITS_APPROVAL = "awaits_approval"
APPROVAL_REFUSED, APPROVAL_LAPSED = "approval_refused", "approval_lapsed"
APPROVAL_VOID = "approval_void"
LAPSES_AFTER = timedelta(days=1)
NOT_AWAITING = ~Q(status=Status.HELD, reason=AWAITS_APPROVAL)
"""What may leave: nothing that waits for approval does."""
State = Approval.State


def hold(invocation: Invocation) -> None:
    """Before it is inserted: it does not leave by itself."""
    invocation.status, invocation.reason = Status.HELD, AWAITS_APPROVAL
    invocation.due_at = None


def ask(invocation: Invocation) -> Approval:
    """Asks for approval, in the transaction that inserts the message."""
    now = timezone.now()
    approval = Approval.objects.create(
        invocation=invocation,
        asked_by=invocation.created_by,
        asked_at=now,
        lapses_at=min(filter(None, [invocation.not_after, now + LAPSES_AFTER])),
        content=str(invocation.request_id),
    )
    trail(
        verbs.APPROVAL_ASKED,
        by=invocation.created_by,
        about=invocation,
        facts={
            "approval": approval.pk,
            "request_id": str(invocation.request_id),
            "number": invocation.recipient_hint,
        },
    )
    return approval


def has_changed(invocation: Invocation) -> bool:
    """Whether workflow, texts or account are others than when approval was asked for."""
    invocation.workflow_instance.refresh_from_db()
    workflow = invocation.workflow_instance
    if not workflow.is_active or workflow.account_id != invocation.account_id:
        return True
    return invocation.version is None or not is_current(invocation.version, workflow)


def was_approved(invocation: Invocation) -> bool:
    """Whether a second person has approved it: as it is, to leave when it was to leave."""
    return Approval.objects.filter(invocation=invocation, state=State.APPROVED).exists()


def queue_approved(invocation: Invocation) -> bool:
    """Returns whether it still waited for approval."""
    now = timezone.now()
    start = invocation.not_before if (invocation.not_before or now) > now else now
    return bool(waiting(invocation).update(status=Status.QUEUED, reason="", due_at=start))


def end(invocation: Invocation, reason: str, by: User | None = None) -> bool:
    """Ends a message that waited, because it is not approved. Nothing has left."""
    status = Status.EXPIRED if reason == APPROVAL_LAPSED else Status.CANCELLED
    changes: dict[str, Any] = {
        "status": status,
        "reason": reason,
        "due_at": None,
        "final_at": timezone.now(),
    }
    if status == Status.CANCELLED:
        changes["cancelled_by"] = by
    return bool(waiting(invocation).update(**changes))


def waiting(invocation: Invocation) -> QuerySet[Invocation]:
    return Invocation.objects.filter(pk=invocation.pk, status=Status.HELD, reason=AWAITS_APPROVAL)


def withdraw_cancelled(now: datetime) -> int:
    """Closes approvals of messages that were cancelled or expired meanwhile. Returns how many."""
    gone = Approval.objects.filter(state=State.OPEN, invocation__isnull=False).exclude(
        invocation__status=Status.HELD, invocation__reason=AWAITS_APPROVAL
    )
    found = dict(gone.values_list("pk", "invocation__status"))
    late = [pk for pk, status in found.items() if status == Status.EXPIRED]
    ended = Approval.objects.filter(pk__in=found, state=State.OPEN)
    lapsed = ended.filter(pk__in=late).update(state=State.LAPSED, decided_at=now)
    return lapsed + ended.exclude(pk__in=late).update(state=State.WITHDRAWN, decided_at=now)
