"""Changes of status that a person decides, or that a reported result proves."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from invocations.audit import verbs
from invocations.audit.record import record
from invocations.models import Batch, Invocation, Settlement
from invocations.sending.outcomes import Status

if TYPE_CHECKING:
    from django.contrib.auth.models import User

logger = logging.getLogger(__name__)


def facts_of(invocation: Invocation) -> dict[str, str]:
    """What the trail says of one message: of its number the digits that the lists show."""
    return {"request_id": str(invocation.request_id), "number": invocation.recipient_hint}


def settle(invocation: Invocation, verdict: Settlement.Verdict, reason: str, by: User) -> bool:
    """Ends an unknown outcome with the person's verdict and reason.

    Returns whether it was still unknown. "Was delivered" makes it accepted and "was not" rejected,
    each shown as settled by hand.
    """
    delivered = verdict == Settlement.Verdict.DELIVERED
    with transaction.atomic():
        unknown = Invocation.objects.filter(pk=invocation.pk, status=Status.UNKNOWN)
        if not unknown.update(
            status=Status.ACCEPTED if delivered else Status.REJECTED,
            reason=f"settled_{verdict.value}",
            due_at=None,
            final_at=timezone.now(),
        ):
            return False
        Settlement.objects.create(
            invocation=invocation, verdict=verdict, reason=reason, settled_by=by
        )
        facts = {**facts_of(invocation), "verdict": verdict.value}
        record(verbs.SETTLED, by=by, about=invocation, facts=facts)
    logger.info(
        "invocation %s was settled by user %s: %s", invocation.request_id, by.pk, verdict.value
    )
    return True


def confirm_accepted(invocation: Invocation) -> bool:
    """Makes an unknown outcome accepted, because Kaleyra reported the flow's result.

    Returns whether it was still unknown.
    """
    unknown = Invocation.objects.filter(pk=invocation.pk, status=Status.UNKNOWN)
    changes = {
        "status": Status.ACCEPTED,
        "reason": "confirmed_by_result",
        "due_at": None,
        "final_at": timezone.now(),
    }
    return bool(unknown.update(**changes))


def hold_reported(invocation: Invocation) -> bool:
    """Holds a queued or held message, because a reported result names it: it may have left.

    That happens where the database is older than the message's last attempt, such as a restored
    copy. Returns whether it was still queued or held. A person settles it: the console has no
    attempt of its own that could have been the one.
    """
    waiting = Invocation.objects.filter(pk=invocation.pk, status__in=Invocation.UNSENT)
    changes = {
        "status": Status.UNKNOWN,
        "reason": "reported_before_sent",
        "due_at": None,
        "final_at": timezone.now(),
    }
    if not waiting.update(**changes):
        return False
    logger.error(
        "invocation %s has a result, and was never sent by this database: it is not sent",
        invocation.request_id,
    )
    return True


def cancel(invocation: Invocation, by: User) -> bool:
    """Cancels a queued or held message, which has certainly not left.

    Returns whether it was still queued or held.
    """
    waiting = Invocation.objects.filter(pk=invocation.pk, status__in=Invocation.UNSENT)
    with transaction.atomic():
        if not waiting.update(**_as_cancelled(by)):
            return False
        record(verbs.CANCELLED, by=by, about=invocation, facts=facts_of(invocation))
    return True


def cancel_all_queued(by: User, newest: int) -> int:
    """Cancels every queued message up to the id `newest`. Returns how many those were.

    For while all sending is stopped: no message leaves between the count that a person saw and
    this. Later ones stay, because nobody has decided about them.
    """
    queued = Invocation.objects.filter(pk__lte=newest, status=Status.QUEUED)
    with transaction.atomic():
        n = queued.update(**_as_cancelled(by))
        if n:
            record(verbs.ALL_CANCELLED, by=by, facts={"messages": n})
    return n


def cancel_batch(batch: Batch, by: User | None) -> int:
    """Cancels the rows of the batch that are queued or held. Returns how many those were."""
    waiting = Invocation.objects.filter(batch=batch, status__in=Invocation.UNSENT)
    return waiting.update(**_as_cancelled(by))


def cancel_returned() -> int:
    """Cancels rows of cancelled batches that were under way then, and came back into the queue: of
    a 429, or of a dispatcher that was stopped. Returns how many those were.
    """
    cancelled = Batch.objects.filter(state=Batch.State.CANCELLED)
    returned = Invocation.objects.filter(
        batch__in=cancelled.values("pk"), batch__isnull=False, status__in=Invocation.UNSENT
    )
    return returned.update(**_as_cancelled(None))


def _as_cancelled(by: User | None) -> dict[str, Any]:
    return {
        "status": Status.CANCELLED,
        "reason": "cancelled",
        "due_at": None,
        "final_at": timezone.now(),
        "cancelled_by": by,
    }
