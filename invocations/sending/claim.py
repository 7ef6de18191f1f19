"""Claims invocations: each row and its attempt are committed before the socket opens."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from invocations.kaleyra.client import TOTAL_SECONDS
from invocations.models import (
    Account,
    ApiKey,
    Invocation,
    Pace,
    Target,
    WorkflowInstance,
)
from invocations.models.bulk_update import update_each
from invocations.sending import attempts, open_time, pause, rate_limit, targets, unwanted
from invocations.sending.attempts import StartedAttempt
from invocations.sending.awaiting import NOT_AWAITING
from invocations.sending.outcomes import Status
from invocations.sending.targets import Route
from invocations.sending.turns import Lock, Turns, waited_for

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
    attempt: StartedAttempt
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
    is_probe: bool = False
    """Whether it tests an account that has an open circuit, or that the console has paused."""

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
    *("batch", "recipient_digest", "recipient2_digest"),
    *("status", "attempt_count", "doubtful_since", "doubt_count"),
    *("due_at", "unasked_for"),
    *("delivery", "result_due_at", "provider_timestamp", "workflow_invocation_id"),
)
"""The columns of an invocation that an attempt and `store_outcome` read.

One that is missing here costs a query for each row.
"""


def claim_invocations(
    account: Account,
    candidates: QuerySet[Invocation] | Turns,
    most: int,
    *,
    asked_by: User | None = None,
    by_hand: bool = False,
    comes_first: bool = False,
    is_probe: bool = False,
) -> list[Claim]:
    """Claims up to `most` of `candidates`, and commits an attempt for each.

    Returns none while everything is stopped, while the account is paused (except for a probe), or
    while its rate allows none. Rows of a paused workflow, queued rows of a stopped batch, and rows
    that another process is claiming, are left out. `comes_first`: a person waits for what is sent
    `by_hand`, so its later attempts come before the rest of the queue.
    """
    turns = candidates if isinstance(candidates, Turns) else Turns.only(candidates)
    now = timezone.now()
    # durable: an outer transaction would leave the attempts uncommitted when the socket opens.
    with transaction.atomic(durable=True):
        if pause.is_stopped():
            return []
        pace = rate_limit.lock_pace(account)
        account = Account.objects.select_related("pod").get(pk=account.pk)
        if account.is_paused and not is_probe:
            return []
        is_probe = is_probe or rate_limit.is_open(pace)
        if by_hand:
            slots = _slot_by_hand(turns.queue, pace, account, now, comes_first=comes_first)
        else:
            slots = _slots_of_dispatcher(pace, account, now, most, is_probe=is_probe)
        step = rate_limit.step(pace, account, now)
        lock = partial(turns.locked, slots, step, is_probe=is_probe)
        rows = _rows_to_claim(lock, account, now, is_probe=is_probe and not by_hand)
        if not account.pod.is_practice:
            rows = unwanted.without_unwanted(rows, now)
        if not rows:
            return []
        workflows = _workflows_of(rows)
        routes = targets.routes(rows, account, workflows)
        started = _start_attempts(rows, routes, now, asked_by, comes_first=comes_first)
        rate_limit.take_slots(pace, account, now, slots[: len(rows)])
    claimed = list(zip(rows, started, routes, slots, strict=False))
    return _claims(account, workflows, claimed, is_probe=is_probe)


def _slots_of_dispatcher(
    pace: Pace, account: Account, now: datetime, most: int, *, is_probe: bool
) -> list[datetime]:
    slots = rate_limit.free_slots(pace, account, now, most)
    if slots and not is_probe and open_time.is_gap(pace.could_ask_at, now):
        open_time.note_open(account.pk, pace.could_ask_at, now)
    return slots


def _slot_by_hand(
    candidates: QuerySet[Invocation],
    pace: Pace,
    account: Account,
    now: datetime,
    *,
    comes_first: bool,
) -> list[datetime]:
    """The slot of what a person sends, if there is one; else it waits for the dispatcher.

    It is borrowed unless others wait for theirs: they would be overtaken again and again.
    """
    others = waited_for(account, now).exclude(pk__in=candidates.values("pk"))
    is_overtaking = others.filter(_claimable(account, now)).exists()
    slots = rate_limit.slot_by_hand(pace, account, now, may_borrow=not is_overtaking)
    if not slots:
        place = {"comes_first": True} if comes_first else {}
        due_at = rate_limit.next_slot_at(pace, now)
        candidates.filter(status=Status.QUEUED).update(due_at=due_at, **place)
    return slots


def _claimable(account: Account, now: datetime) -> Q:
    # The conditions are on the row itself. Django would move those of a join into a subquery, which
    # PostgreSQL does not evaluate again once it has the lock: two processes would get the row.
    paused = WorkflowInstance.objects.filter(account=account, is_paused=True)
    in_time = Q(not_after__isnull=True) | Q(not_after__gt=now)
    is_paused = Q(workflow_instance_id__in=list(paused.values_list("pk", flat=True)))
    batches = list(pause.stopped_batches().filter(account=account).values_list("pk", flat=True))
    is_of_stopped = Q(batch_id__in=batches, status=Status.QUEUED)
    return in_time & Q(account_id=account.pk) & ~is_paused & ~is_of_stopped & NOT_AWAITING


def _rows_to_claim(
    locked: Callable[[Lock], list[Invocation]], account: Account, now: datetime, *, is_probe: bool
) -> list[Invocation]:
    """The locked rows. `is_probe`: the dispatcher tests the account with them.

    The answer of an earlier target would not show whether today's set-up works. But if nothing is
    to be posted to today's, what is in doubt elsewhere must not wait for it.
    """
    claimable = _claimable(account, now)
    if is_probe:
        todays = locked(partial(_lock_rows, claimable & targets.goes_to(account)))
        if todays:
            return todays
    return locked(partial(_lock_rows, claimable))


def _lock_rows(claimable: Q, candidates: QuerySet[Invocation], most: int) -> list[Invocation]:
    found = candidates.filter(claimable).select_for_update(skip_locked=True)
    return list(found.only(*ATTEMPT_COLUMNS)[:most])


def _workflows_of(rows: Sequence[Invocation]) -> dict[int, WorkflowInstance]:
    return WorkflowInstance.objects.in_bulk({row.workflow_instance_id for row in rows})


def _start_attempts(
    rows: Sequence[Invocation],
    routes: Sequence[Route],
    now: datetime,
    asked_by: User | None,
    *,
    comes_first: bool,
) -> list[StartedAttempt]:
    columns = {
        "status": Status.SENDING,
        "lease_until": now + LEASE,
        "due_at": None,
        "final_at": None,
        **({"comes_first": True} if comes_first else {}),
    }
    for of_target, target in targets.to_store(rows, routes):
        where = [{"id": row.pk, "status": row.status} for row in of_target]
        changes = [
            {**columns, "attempt_count": row.attempt_count + 1, **target} for row in of_target
        ]
        update_each(Invocation, list(zip(where, changes, strict=True)))
    return attempts.start(rows, routes, now, asked_by)


def _claims(
    account: Account,
    workflows: Mapping[int, WorkflowInstance],
    claimed: Sequence[tuple[Invocation, StartedAttempt, Route, datetime]],
    *,
    is_probe: bool,
) -> list[Claim]:
    """The claims on rows as they were before their attempts started."""
    claimed_at = time.monotonic()
    claims = []
    for row, attempt, route, slot in claimed:
        row.workflow_instance = workflows[row.workflow_instance_id]
        by_us = row.doubtful_since is not None
        in_doubt = by_us or row.status == Status.UNKNOWN
        claims.append(
            Claim(row, attempt, account, route, slot, claimed_at, in_doubt, by_us, is_probe)
        )
    return claims
