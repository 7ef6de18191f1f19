"""What a person or a result decides about an invocation."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from invocations.models import Invocation, Settlement
from invocations.sending.outcomes import Status

if TYPE_CHECKING:
    from django.contrib.auth.models import User

logger = logging.getLogger(__name__)


def settle(invocation: Invocation, verdict: Settlement.Verdict, reason: str, by: User) -> bool:
    """Ends an unknown outcome by a person's word, with their reason. Returns whether it was still unknown.

    "Was delivered" shows as accepted and "was not" as rejected, each as settled by hand.
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
    logger.info(
        "invocation %s was settled by user %s: %s", invocation.request_id, by.pk, verdict.value
    )
    return True


def confirm_accepted(invocation: Invocation) -> bool:
    """Ends an unknown outcome because Kaleyra reported the flow's result: so it was accepted. Returns whether it was still unknown."""
    unknown = Invocation.objects.filter(pk=invocation.pk, status=Status.UNKNOWN)
    changes = {
        "status": Status.ACCEPTED,
        "reason": "confirmed_by_result",
        "due_at": None,
        "final_at": timezone.now(),
    }
    return bool(unknown.update(**changes))


def cancel(invocation: Invocation, by: User) -> bool:
    """Ends a message that has certainly not left. Returns whether it still could be."""
    waiting = Invocation.objects.filter(pk=invocation.pk, status__in=Invocation.UNSENT)
    changes = {
        "status": Status.CANCELLED,
        "reason": "cancelled",
        "due_at": None,
        "final_at": timezone.now(),
        "cancelled_by": by,
    }
    return bool(waiting.update(**changes))
