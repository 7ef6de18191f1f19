"""Delivers one invocation here and now: claim, attempt, store the outcome."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils import timezone

from invocations.models import Account, Invocation
from invocations.sending import attempt as posting
from invocations.sending import store_outcome
from invocations.sending.ask_again import ASKED_BY_HAND
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
) -> bool:
    """Posts the invocation once, here and now, if its status is still `starting_from` and `only_if` holds.

    `starting_from` is QUEUED for a first or a put-off attempt, HELD after an admin mended the set-up, and UNKNOWN for a safe
    check: the same id cannot be accepted twice, as long as Kaleyra remembers it (`ASKED_BY_HAND`). Returns whether an attempt was
    made; what came of it stands in the row.
    """
    account = Account.objects.filter(invocations__pk=invocation_id).first()
    if account is None:
        return False
    now = timezone.now()
    candidates = Invocation.objects.filter(only_if, pk=invocation_id, status=starting_from)
    if starting_from == Status.QUEUED:
        candidates = candidates.filter(Q(not_before__isnull=True) | Q(not_before__lte=now))
    else:
        candidates = candidates.filter(created_at__gt=now - ASKED_BY_HAND)
    claims = claim_invocations(account, candidates, 1, by_hand=True, asked_by=asked_by)
    for ours in claims:
        time.sleep(max(0.0, (ours.slot - timezone.now()).total_seconds()))
        store_outcome.store_outcomes([(ours, posting.post(ours))])
    return bool(claims)
