"""After a backup of the database was restored: what it shows as open may have changed since.

`mark_restored` makes all of it unknown. Once sending goes on, `ask_restored` has the same request
IDs posted again, where the account allows it: Kaleyra refuses those that were used since.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from invocations.audit import verbs
from invocations.audit.record import record
from invocations.models import Account, Attempt, Batch, Invocation, Quarter, WorkflowInstance
from invocations.sending import high_water, pause, targets
from invocations.sending.ask_again import REPORTED_BEFORE_SENT, checkable
from invocations.sending.outcomes import Outcome, Status

DATABASE_RESTORED = "database_restored"
"""The reason of the messages that were open in the copy."""
STOP_REASON = "The database was restored from a backup. Check it before sending goes on."
RESTORED_PER_TRANSACTION = 1_000
_QUARTER = timedelta(minutes=15)
_DOUBTS = Invocation._meta.get_field("doubt_count")


def open_in_copy(since: datetime | None = None) -> QuerySet[Invocation]:
    """The messages that may have been sent, or settled, after the copy was made.

    Whatever was queued, held or being sent may have been. With `since`, unknown outcomes are left
    out that nobody asks about any more and that are older: only a person settles those. One that
    was reported before it was sent keeps that reason: its ID is never posted.
    """
    unsettled = Q(status__in=Invocation.UNSETTLED)
    marked_or_reported = Q(reason__in=[DATABASE_RESTORED, REPORTED_BEFORE_SENT])
    unknown = Q(status=Status.UNKNOWN) & ~marked_or_reported
    if since is not None:
        is_recent = Q(doubtful_since__gte=since) | Q(created_at__gte=since)
        unknown &= Q(due_at__isnull=False) | is_recent
    return Invocation.objects.filter(unsettled | unknown)


def counts_of(rows: QuerySet[Invocation]) -> Counter[str]:
    """By status, those with a time before which they must not leave as "scheduled"."""
    counts: Counter[str] = Counter(rows.values_list("status", flat=True).order_by())
    scheduled = rows.filter(status=Status.QUEUED, not_before__gt=timezone.now()).count()
    return counts - Counter(queued=scheduled) + Counter(scheduled=scheduled)


def mark_restored(
    since: datetime | None = None, *, progress: Callable[[int], object] = lambda done: None
) -> int:
    """Stops all sending, pauses the batches, which may be further than in the copy, and makes
    everything open unknown. Returns how many messages.

    In batches, the stop first: if it is interrupted, calling it again finishes the work.
    """
    pause.stop_everything(STOP_REASON, None)
    record(verbs.DATABASE_RESTORED, by=None)
    _mark_batches()
    for account in Account.objects.all():
        # What was sent since the copy was made went to the set-up of the copy, if that was not
        # changed since. It is the last moment at which the messages may follow it.
        targets.follow(account)
    done, oldest = 0, None
    while batch := _mark_batch(since):
        done += len(batch)
        oldest = min([*batch, oldest] if oldest else batch)
        progress(done)
    if oldest is not None:  # the dashboard counts these again
        Quarter.objects.filter(begins_at__gt=oldest - _QUARTER).delete()
    high_water.record_restore()
    return done


def _mark_batches() -> None:
    """Pauses those that run. The rows of each that goes on, or is started, may have been sent since
    the copy was made: they are in doubt from their beginning (`in_doubt_since_restore`).
    """
    going_on = Batch.objects.exclude(state__in=Batch.ENDED)
    going_on.update(restored_at=timezone.now())
    running = going_on.filter(state=Batch.State.RUNNING)
    running.update(state=Batch.State.PAUSED, paused_because=DATABASE_RESTORED, paused_by=None)


def is_asked(account: Account) -> bool:
    """Whether the IDs of messages in doubt are posted again by themselves."""
    return account.retry_ambiguous == Account.RetryAmbiguous.SAME_ID


def in_doubt_since_restore(account: Account, now: datetime) -> dict[str, Any]:
    """The state of a new message that may have been sent since the copy was made.

    It is due as other messages are, unless its account `is_asked` nothing.
    """
    return {
        "status": Status.UNKNOWN,
        "reason": DATABASE_RESTORED,
        "doubtful_since": now,
        "doubt_count": 1,
        "final_at": None if is_asked(account) else now,
    }


def _mark_batch(since: datetime | None) -> list[datetime]:
    """Marks some. Returns when they were recorded."""
    now = timezone.now()
    with transaction.atomic():
        locked = open_in_copy(since).select_for_update().order_by("pk")
        rows = list(locked.only("pk", "created_at")[:RESTORED_PER_TRANSACTION])
        found = Invocation.objects.filter(pk__in=[row.pk for row in rows])
        # If somebody else had used its ID before, no later answer shows whether it was sent.
        foreign = Q(status=Status.UNKNOWN, doubtful_since__isnull=True)
        found.exclude(foreign).update(
            doubtful_since=Coalesce("doubtful_since", now),
            doubt_count=Greatest("doubt_count", Value(1, _DOUBTS)),
        )
        found.update(
            status=Status.UNKNOWN,
            reason=DATABASE_RESTORED,
            due_at=None,
            lease_until=None,
            final_at=now,
        )
        under_way = Attempt.objects.filter(
            invocation_id__in=[row.pk for row in rows], outcome=Outcome.UNDER_WAY
        )
        under_way.update(outcome=Outcome.DOUBTFUL, reason="interrupted")
    return [row.created_at for row in rows]


def ask_restored(now: datetime) -> int:
    """Makes the messages of `mark_restored` due, once they may be sent. Returns how many.

    The time in which the console asks by itself begins then, and not when the copy was made.
    """
    if pause.is_stopped():
        return 0
    asking = Account.objects.filter(is_paused=False, retry_ambiguous=Account.RetryAmbiguous.SAME_ID)
    going = WorkflowInstance.objects.filter(is_paused=False)
    rows = Invocation.objects.filter(
        checkable(now),
        Q(not_before__isnull=True) | Q(not_before__lte=now),
        status=Status.UNKNOWN,
        reason=DATABASE_RESTORED,
        due_at__isnull=True,
        doubtful_since__isnull=False,
        account_id__in=asking.values("pk"),
        workflow_instance_id__in=going.values("pk"),
    )
    return rows.update(due_at=now, doubtful_since=now, final_at=None)
