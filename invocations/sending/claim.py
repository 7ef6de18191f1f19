"""Claims invocations: each row and its attempt are committed before the socket opens."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from invocations.kaleyra.client import TOTAL_SECONDS
from invocations.models import Account, ApiKey, Attempt, Invocation, Target, WorkflowInstance
from invocations.sending import pause, rate_limit, targets
from invocations.sending.outcomes import Status
from invocations.sending.targets import Route

if TYPE_CHECKING:
    from django.contrib.auth.models import User


LEASE = timedelta(seconds=4 * TOTAL_SECONDS)
"""How long no other process takes a claimed row. Longer than any attempt, so none overlap."""
STORE_MARGIN = timedelta(seconds=5)
"""Time within the lease to store the answer."""


@dataclass(frozen=True)
class Claim:
    """The right to make one attempt, whose row is committed."""

    invocation: Invocation
    attempt: Attempt
    account: Account
    route: Route
    slot: datetime
    """Nothing is posted before it (`rate_limit`)."""
    claimed_at: float
    """Seconds of the monotonic clock, so that neither a changed clock nor a process that was
    stopped makes the lease longer."""
    in_doubt: bool
    """Whether Kaleyra may have accepted the request ID already."""
    by_us: bool
    """Whether an attempt of the console may have been that."""

    @property
    def target(self) -> Target:
        """Where it is posted to. It is stored with the message and the attempt."""
        return self.route.target

    @property
    def api_key(self) -> ApiKey | None:
        return self.route.api_key

    @property
    def number(self) -> int:
        """The attempt's. An older one than the row has stores nothing (a fencing token)."""
        return self.attempt.number

    @property
    def fence(self) -> tuple[int, int]:
        """The row's primary key, and the attempt number that it has while the claim holds."""
        return self.invocation.pk, self.number

    @property
    def is_fresh(self) -> bool:
        """Whether the rest of the lease is long enough for a whole attempt."""
        longest_age = (LEASE - STORE_MARGIN).total_seconds() - TOTAL_SECONDS
        return time.monotonic() - self.claimed_at < longest_age


ATTEMPT_COLUMNS = (
    *("request_id", "workflow_instance", "version", "account", "target", "payload", "not_after"),
    *("status", "attempt_count", "doubtful_since", "doubt_count"),
    *("delivery", "result_due_at", "provider_timestamp", "workflow_invocation_id"),
)
"""The columns of an invocation that an attempt and `store_outcome` read.

One that is missing here costs a query for each row.
"""


def claim_invocations(
    account: Account,
    candidates: QuerySet[Invocation],
    most: int,
    *,
    asked_by: User | None = None,
    by_hand: bool = False,
    is_probe: bool = False,
) -> list[Claim]:
    """Claims up to `most` of `candidates`, and commits an attempt for each.

    Returns none while everything is stopped, while the account is paused (except for a probe), or
    while its rate allows none. Rows of a paused workflow, and rows that another process is
    claiming, are left out.
    """
    now = timezone.now()
    # durable: an outer transaction would leave the attempts uncommitted when the socket opens.
    with transaction.atomic(durable=True):
        if pause.is_stopped():
            return []
        pace = rate_limit.lock_pace(account)
        account = Account.objects.select_related("pod").get(pk=account.pk)
        if account.is_paused and not is_probe:
            return []
        slots = rate_limit.free_slots(pace, account, now, most, by_hand=by_hand)
        if by_hand and not slots:
            due_at = rate_limit.next_slot_at(pace, now)
            candidates.filter(status=Status.QUEUED).update(due_at=due_at)
        if is_probe:
            # The answer of an earlier target would not show whether today's set-up works.
            candidates = candidates.filter(targets.goes_to(account))
        rows = _lock_rows(candidates, account, now, len(slots)) if slots else []
        if not rows:
            return []
        workflows = _workflows_of(rows)
        routes = targets.routes(rows, account, workflows)
        attempts = _start_attempts(rows, routes, now, asked_by)
        rate_limit.take_slots(pace, account, now, slots[: len(rows)])
    return _claims(account, workflows, list(zip(rows, attempts, routes, slots, strict=False)))


def _lock_rows(
    candidates: QuerySet[Invocation], account: Account, now: datetime, most: int
) -> list[Invocation]:
    # The conditions are on the row itself. Django would move those of a join into a subquery, which
    # PostgreSQL does not evaluate again once it has the lock: two processes would get the row.
    paused = list(
        WorkflowInstance.objects.filter(account=account, is_paused=True).values_list(
            "pk", flat=True
        )
    )
    in_time = Q(not_after__isnull=True) | Q(not_after__gt=now)
    found = candidates.filter(in_time, account_id=account.pk).exclude(
        workflow_instance_id__in=paused
    )
    return list(found.select_for_update(skip_locked=True).only(*ATTEMPT_COLUMNS)[:most])


def _workflows_of(rows: Sequence[Invocation]) -> dict[int, WorkflowInstance]:
    return WorkflowInstance.objects.in_bulk({row.workflow_instance_id for row in rows})


def _start_attempts(
    rows: Sequence[Invocation], routes: Sequence[Route], now: datetime, asked_by: User | None
) -> list[Attempt]:
    targets.store(rows, routes)
    Invocation.objects.filter(pk__in=[row.pk for row in rows]).exclude(
        status=Status.SENDING
    ).update(
        status=Status.SENDING,
        lease_until=now + LEASE,
        due_at=None,
        final_at=None,
        attempt_count=F("attempt_count") + 1,
    )
    return Attempt.objects.bulk_create(
        Attempt(
            invocation=row,
            number=row.attempt_count + 1,
            started_at=now,
            target=route.target,
            api_key_id=route.api_key.pk if route.api_key else None,
            api_key_last_four=route.api_key.last_four if route.api_key else "",
            asked_by=asked_by,
        )
        for row, route in zip(rows, routes, strict=True)
    )


def _claims(
    account: Account,
    workflows: Mapping[int, WorkflowInstance],
    started: Sequence[tuple[Invocation, Attempt, Route, datetime]],
) -> list[Claim]:
    """The claims on rows as they were before their attempts started."""
    claimed_at = time.monotonic()
    claims = []
    for row, attempt, route, slot in started:
        row.workflow_instance = workflows[row.workflow_instance_id]
        by_us = row.doubtful_since is not None
        in_doubt = by_us or row.status == Status.UNKNOWN
        claims.append(Claim(row, attempt, account, route, slot, claimed_at, in_doubt, by_us))
    return claims
