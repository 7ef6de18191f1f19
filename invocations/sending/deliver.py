"""Delivers one invocation in this process, at once: claim, attempt, store the outcome."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils import timezone

from invocations.models import Account, Invocation
from invocations.sending import attempt, store_outcome
from invocations.sending.ask_again import checkable
from invocations.sending.claim import claim_invocations
from invocations.sending.outcomes import Status

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def deliver(
    invocation_id: int,
    *,
    starting_from: Invocation.Status = Status.QUEUED,
    only_if: Q = Q(),  # noqa: B008
    asked_by: User | None = None,
    comes_first: bool = True,
) -> bool:
    """Posts the invocation once if its status is still `starting_from` and `only_if` holds.

    Returns whether an attempt was made; the row has its outcome. `starting_from` is QUEUED for a
    first or a postponed attempt, HELD after an admin corrected the set-up, and UNKNOWN for a safe
    check: Kaleyra does not accept an ID twice, as long as it remembers it (`checkable`).
    `comes_first`: a person waits for it. If it cannot leave now, or has to be tried again, the
    dispatcher takes it before the rest of the account's queue.
    """
    account = Account.objects.filter(invocations__pk=invocation_id).first()
    if account is None:
        return False
    now = timezone.now()
    candidates = Invocation.objects.filter(only_if, pk=invocation_id, status=starting_from)
    if starting_from == Status.QUEUED:
        candidates = candidates.filter(Q(not_before__isnull=True) | Q(not_before__lte=now))
    else:
        candidates = candidates.filter(checkable(now))
    claims = claim_invocations(
        account, candidates, 1, by_hand=True, asked_by=asked_by, comes_first=comes_first
    )
    for claim in claims:
        time.sleep(max(0.0, (claim.slot - timezone.now()).total_seconds()))
        store_outcome.store_outcomes([(claim, attempt.post(claim))])
    return bool(claims)
