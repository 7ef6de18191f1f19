"""What only the passing of time decides."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q

from invocations.models import Account, Attempt, Invocation
from invocations.models.bulk_update import update_each
from invocations.sending.ask_again import MOST_DOUBTS, SAME_ID_WINDOW
from invocations.sending.claim import LEASE
from invocations.sending.outcomes import RELEASED_WITH_ACCOUNT, Outcome, Status

if TYPE_CHECKING:
    pass


def settle_interrupted(now: datetime) -> int:
    """Attempts whose process died: their lease is over and nobody knows what left. Returns how many."""
    over = Invocation.objects.filter(status=Status.SENDING, lease_until__lt=now)
    asking = set(
        Account.objects.filter(retry_ambiguous=Account.RetryAmbiguous.SAME_ID).values_list(
            "pk", flat=True
        )
    )
    with transaction.atomic():
        rows = over.select_for_update(skip_locked=True).values_list(
            "pk",
            "attempt_count",
            "doubt_count",
            "doubtful_since",
            "lease_until",
            "not_after",
            "account_id",
        )
        found = list(rows)
        used_before = Attempt.objects.filter(
            invocation_id__in=[row[0] for row in found], reason="id_used_before"
        )
        somebody_elses = (
            set(used_before.values_list("invocation_id", flat=True)) if found else set()
        )
        changed = []
        for pk, number, doubts, since, lease_until, not_after, account_id in found:
            if pk not in somebody_elses:
                since, doubts = since or (lease_until or now) - LEASE, doubts + 1
            asks = since is not None and account_id in asking and doubts < MOST_DOUBTS
            asks = asks and now < min(
                (since or now) + SAME_ID_WINDOW, not_after or now + SAME_ID_WINDOW
            )
            changed.append(
                (
                    {"id": pk, "attempt_count": number, "status": Status.SENDING},
                    {
                        "status": Status.UNKNOWN,
                        "reason": "interrupted",
                        "lease_until": None,
                        "due_at": now if asks else None,
                        "doubtful_since": since,
                        "doubt_count": doubts,
                        "final_at": None if asks else now,
                    },
                )
            )
        update_each(Invocation, changed)
        interrupted = Attempt.objects.filter(
            invocation_id__in=[where["id"] for where, _ in changed], outcome=Outcome.UNDER_WAY
        )
        interrupted.update(outcome=Outcome.DOUBTFUL, reason="interrupted")
    return len(changed)


def expire_overdue(now: datetime) -> int:
    """Queued and held messages whose time is over: neither was ever in doubt, so they were certainly never sent. Returns how many."""
    over = Invocation.objects.filter(status__in=Invocation.UNSENT, not_after__lte=now)
    return over.update(status=Status.EXPIRED, reason="too_late", due_at=None, final_at=now)


def stop_asking(now: datetime) -> int:
    """Unknown outcomes whose window is over: from now on a person or a callback settles them. Returns how many."""
    over = Q(doubtful_since__lte=now - SAME_ID_WINDOW) | Q(not_after__lte=now)
    return Invocation.objects.filter(over, status=Status.UNKNOWN, due_at__isnull=False).update(
        due_at=None, final_at=now
    )


def release_held(now: datetime) -> int:
    """Messages that were held with their account go on once it is not paused any more, with their ids. Returns how many."""
    going = Account.objects.filter(is_paused=False)
    held = Invocation.objects.filter(
        status=Status.HELD, reason__in=RELEASED_WITH_ACCOUNT, account_id__in=going.values("pk")
    )
    return held.update(status=Status.QUEUED, due_at=now)
