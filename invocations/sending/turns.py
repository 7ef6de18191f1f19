"""The order in which an account's messages are claimed.

What a person waits for comes first, then what is in doubt (its window is short), then the queue by
age: single messages, then rows of batches. So that none of these keeps the others waiting for ever,
one slot in `QUEUE_GETS_ONE_IN` is that of the oldest in the queue, be it a single message or a row.
While the account's circuit is open or the console has paused it, one message at a time tests
whether it works: one that is in doubt already, so that none is put in doubt for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from invocations.models import Account, Invocation
from invocations.sending.ask_again import window_is_over
from invocations.sending.open_time import IN_DOUBT
from invocations.sending.outcomes import Status

QUEUE_GETS_ONE_IN = 5
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)

Lock = Callable[["QuerySet[Invocation]", int], list[Invocation]]
"""Locks and returns up to so many of the given messages."""


@dataclass(frozen=True)
class Turns:
    """Messages of one account. `probes` are for an account that may not work, in order. `singles`:
    those of the queue that are no rows of a batch, if they come before these.
    """

    first: Sequence[QuerySet[Invocation]]
    queue: QuerySet[Invocation]
    probes: Sequence[QuerySet[Invocation]]
    singles: QuerySet[Invocation] | None = None

    @classmethod
    def only(cls, candidates: QuerySet[Invocation]) -> Turns:
        return cls([], candidates, [candidates])

    @classmethod
    def of_due(cls, account: Account, *, has_first: bool = True) -> Turns:
        """The account's messages that are due. `has_first`: not only in the queue."""
        now = timezone.now()
        rows = Invocation.objects.filter(account_id=account.pk)
        queued = rows.filter(status=Status.QUEUED, comes_first=False)
        queue = queued.filter(due_at__lte=now).order_by("due_at")
        in_doubt = rows.filter(IN_DOUBT, status=Status.UNKNOWN).exclude(window_is_over(now))
        in_doubt = in_doubt.order_by("-comes_first", "due_at")
        due_in_doubt = in_doubt.filter(due_at__lte=now)
        at_once = waited_for(account, now)
        singles = queue.filter(batch__isnull=True)
        first = [at_once, due_in_doubt] if has_first else []
        return cls(first, queue, [in_doubt, at_once, singles, queue], singles)

    def locked(
        self, slots: Sequence[datetime], step: timedelta, lock: Lock, *, is_probe: bool
    ) -> list[Invocation]:
        """As many messages as there are slots, locked, those first that leave first.

        `step` is the time between two slots.
        """
        most = len(slots)
        if is_probe:
            plan = [(candidates, most) for candidates in self.probes]
        else:
            kept = _slots_of_queue(slots, step)
            singles = [] if self.singles is None else [self.singles]
            first = [(candidates, most - kept) for candidates in (*self.first, *singles)]
            # Once more, for slots that the queue leaves.
            plan = [
                *first,
                (self.queue, most),
                *([(rows, most) for rows in self.first] * (kept > 0)),
            ]
        rows: list[Invocation] = []
        for candidates, up_to in plan:
            if len(rows) < up_to:
                others = candidates.exclude(pk__in=[row.pk for row in rows]) if rows else candidates
                rows += lock(others, up_to - len(rows))
        return rows


def waited_for(account: Account, now: datetime) -> QuerySet[Invocation]:
    """The account's queued messages that are due and that a person waits for, by age."""
    rows = Invocation.objects.filter(account_id=account.pk, comes_first=True)
    return rows.filter(status=Status.QUEUED, due_at__lte=now).order_by("due_at")


def come_first(now: datetime) -> list[QuerySet[Invocation]]:
    """The messages of all accounts that are due and come before the queue: each by an index."""
    rows = Invocation.objects.filter(due_at__lte=now, status__in=Invocation.OPEN)
    return [rows.filter(comes_first=True), rows.filter(IN_DOUBT)]


def _slots_of_queue(slots: Sequence[datetime], step: timedelta) -> int:
    """How many of the slots are the queue's first: each fifth in the account's time."""
    return sum((slot - _EPOCH) // step % QUEUE_GETS_ONE_IN == 0 for slot in slots)
