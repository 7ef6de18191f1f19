"""Claims invocations for an attempt: the row and its attempt are committed before a socket opens."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from invocations.kaleyra.client import TOTAL_SECONDS
from invocations.models import Account, ApiKey, Attempt, Invocation, WorkflowInstance
from invocations.sending import pause, rate_limit
from invocations.sending.outcomes import Status

if TYPE_CHECKING:
    from django.contrib.auth.models import User


LEASE = timedelta(seconds=4 * TOTAL_SECONDS)
"""How long a claimed row is left alone. Longer than any attempt can take, so that two never overlap."""
STORE_MARGIN = timedelta(seconds=5)
"""What may pass between an answer and the row that tells of it."""


@dataclass(frozen=True)
class Claim:
    """One attempt that is ours to make: its row is committed."""

    invocation: Invocation
    attempt: Attempt
    account: Account
    api_key: ApiKey | None
    slot: datetime
    claimed_at: float
    """By the monotonic clock, in seconds: a clock that is set, or a process that was stopped, makes no lease longer."""
    in_doubt: bool
    """Whether it may have got in before."""
    by_us: bool
    """Whether it was an attempt of ours that may have got in."""

    @property
    def number(self) -> int:
        """The fence: who holds an older attempt than the row has writes nothing."""
        return self.attempt.number

    @property
    def fence(self) -> tuple[int, int]:
        """The row and the number that it has as long as the claim holds."""
        return self.invocation.pk, self.number

    @property
    def is_fresh(self) -> bool:
        """Whether the lease still covers a whole attempt."""
        return (
            time.monotonic() - self.claimed_at
            < (LEASE - STORE_MARGIN).total_seconds() - TOTAL_SECONDS
        )


ATTEMPT_COLUMNS = (
    *("request_id", "workflow_instance", "version", "account", "payload", "not_after"),
    *("status", "attempt_count", "doubtful_since", "doubt_count"),
    *("delivery", "result_due_at", "provider_timestamp", "workflow_invocation_id"),
)
"""The columns of an invocation that an attempt at it and `remember` ask for. One that is missing here costs a query a row."""


def claim_invocations(
    account: Account,
    candidates: QuerySet[Invocation],
    most: int,
    *,
    asked_by: User | None = None,
    by_hand: bool = False,
    is_probe: bool = False,
) -> list[Claim]:
    """Makes up to `most` of `candidates` ours, and commits an attempt for each before any socket opens.

    None while everything is stopped, the account or the workflow is paused (a probe asks whether it still must be), or the pace
    allows none. Several processes may claim at once: a row that another one holds is passed over.
    """
    now = timezone.now()
    # durable: nobody may hold a transaction around this, or the attempts would not be committed when the socket opens.
    with transaction.atomic(durable=True):
        if pause.is_stopped():
            return []
        pace = rate_limit.lock_pace(account)
        account = Account.objects.select_related("pod").get(pk=account.pk)
        if account.is_paused and not is_probe:
            return []
        slots = rate_limit.free_slots(pace, account, now, most, by_hand=by_hand)
        if not slots:
            if by_hand:
                candidates.filter(status=Status.QUEUED).update(
                    due_at=rate_limit.next_slot_at(pace, now)
                )
            return []
        rows = _locked(candidates, account, now, len(slots))
        if not rows:
            return []
        Invocation.objects.filter(pk__in=[row.pk for row in rows]).exclude(
            status=Status.SENDING
        ).update(
            status=Status.SENDING,
            lease_until=now + LEASE,
            due_at=None,
            final_at=None,
            attempt_count=F("attempt_count") + 1,
        )
        api_key = account.primary_key
        last_four = api_key.last_four if api_key else ""
        attempts = Attempt.objects.bulk_create(
            Attempt(
                invocation=row,
                number=row.attempt_count + 1,
                started_at=now,
                api_key_last_four=last_four,
                asked_by=asked_by,
            )
            for row in rows
        )
        rate_limit.take_slots(pace, account, now, slots[: len(rows)])
    claimed_at = time.monotonic()
    workflows = WorkflowInstance.objects.in_bulk({row.workflow_instance_id for row in rows})
    claims = []
    for row, attempt, slot in zip(rows, attempts, slots, strict=False):
        row.workflow_instance = workflows[row.workflow_instance_id]
        by_us = row.doubtful_since is not None
        in_doubt = by_us or row.status == Status.UNKNOWN
        claims.append(Claim(row, attempt, account, api_key, slot, claimed_at, in_doubt, by_us))
    return claims


def _locked(
    candidates: QuerySet[Invocation], account: Account, now: datetime, most: int
) -> list[Invocation]:
    # The conditions stand on the row itself. A join would move them into a subquery, which PostgreSQL does not ask again after it
    # has got the lock: two would have the row.
    stopped = list(
        WorkflowInstance.objects.filter(account=account, is_paused=True).values_list(
            "pk", flat=True
        )
    )
    in_time = Q(not_after__isnull=True) | Q(not_after__gt=now)
    found = candidates.filter(in_time, account_id=account.pk).exclude(
        workflow_instance_id__in=stopped
    )
    return list(found.select_for_update(skip_locked=True).only(*ATTEMPT_COLUMNS)[:most])
