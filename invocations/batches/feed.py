"""Feeds the rows of running batches into the queue, just ahead of need.

The rows and the cursor of the batch move in one transaction, and the cursor decides: of two
dispatchers that feed at once, the second finds it moved and inserts nothing. Killed anywhere, the
next turn makes the same rows with the same request IDs.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Count, F, Max, Q, QuerySet
from django.utils import timezone

from invocations.batches import ending, part_found, parts
from invocations.batches.changed import BROKEN, UNREADABLE, change_since_check
from invocations.batches.feed_caps import FeedCaps
from invocations.batches.originals import were_sent_again
from invocations.batches.pace import AHEAD, due_times, most_queued, shares
from invocations.batches.part_found import PartFound
from invocations.batches.recipient_file.rows import Row
from invocations.batches.row_marks import is_sent
from invocations.batches.row_messages import Messages, RowMessages
from invocations.models import Batch, BatchPart, Invocation, SearchableValue
from invocations.models.batches import part_place
from invocations.models.bulk_insert import insert_each
from invocations.models.encryption import Unreadable
from invocations.sending import pause, restored
from invocations.sending.message_columns import lock_recipients

logger = logging.getLogger(__name__)

State = Batch.State

ROWS_PER_TRANSACTION = 200
"""On SQLite all writers wait for a transaction."""
LONGEST_TURN = 1.0
"""Seconds after which no further rows are begun: the dispatcher claims and stores in between."""


def has_running_batch() -> bool:
    """Whether a dispatcher has something to feed, or to end, now."""
    return _running(timezone.now()).exists()


def _running(now: datetime) -> QuerySet[Batch]:
    begun = Q(not_before__isnull=True) | Q(not_before__lte=now)
    return Batch.objects.filter(
        begun, state=State.RUNNING, account__is_paused=False, workflow__is_paused=False
    )


def feed_due() -> int:
    """Feeds each running batch up to its share of its account's pace. Returns how many rows.

    Nothing of a paused account or workflow, and nothing while everything is stopped.
    """
    now = timezone.now()
    ending.end_due(now)
    batches = list(_with_rates(now))
    if not batches or pause.is_stopped():
        return 0
    ends = time.monotonic() + LONGEST_TURN
    random.shuffle(batches)  # those that a turn has no time for are not always the same
    return sum(_fed_safely(batch, rate, now, ends) for batch, rate in batches)


def feed_or_wait() -> int:
    """As `feed_due`; if nothing is fed, how many rows a pace of their batch's own delays.

    For a dispatcher that ends once there is nothing to do: these are due within seconds.
    """
    if fed := feed_due():
        return fed
    now = timezone.now()
    running = _running(now).filter(per_second__isnull=False)
    delayed = Invocation.objects.filter(
        batch__in=running.values("pk"),
        status=Invocation.Status.QUEUED,
        due_at__gt=now,
        due_at__lte=now + AHEAD,
    )
    count = delayed.count()
    return 0 if count and pause.is_stopped() else count


def _fed_safely(batch: Batch, rate: float, now: datetime, ends: float) -> int:
    """As `_fed`. A batch that cannot be fed is paused: it must not keep others from being sent."""
    try:
        return _fed(batch, rate, now, ends)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # only its type is logged: its text may quote a row
        logger.error("batch %s cannot be fed: %s", batch.uid, type(error).__name__)
        ending.pause_because(batch, UNREADABLE if isinstance(error, Unreadable) else BROKEN)
        return 0


def _with_rates(now: datetime) -> Iterator[tuple[Batch, float]]:
    """The batches to feed, with their messages per second."""
    ordered = _running(now).select_related("account", "version").order_by("account_id", "id")
    for account, group in groupby(ordered, key=lambda batch: batch.account):
        batches = list(group)
        rates = shares(account.sends_per_second, [batch.per_second for batch in batches])
        yield from zip(batches, rates, strict=True)


def _fed(batch: Batch, rate: float, now: datetime, ends: float) -> int:
    """Fills the batch's place in the queue, until `ends` of the monotonic clock. Returns the number
    of rows.
    """
    if time.monotonic() >= ends:
        return 0
    waiting, last_due = _queue_of(batch)
    room, fed = most_queued(rate) - waiting, 0
    parts_of_batch = _Parts(batch)
    messages_of: RowMessages | None = None
    while fed < room and (step := parts_of_batch.next_step(min(room - fed, ROWS_PER_TRANSACTION))):
        if messages_of is None:
            if code := change_since_check(batch):
                ending.pause_because(batch, code)
                break
            messages_of = RowMessages(batch)
            caps = FeedCaps(batch, messages_of.limits)
            if (left := caps.room()) is not None and left < len(step.rows):
                room = min(room, left)
                continue
        messages = messages_of.of(step.rows)
        is_capped = batch.per_second is not None
        times = due_times(
            *(len(messages.rows), rate, last_due, now),
            is_capped=is_capped,
            is_first=batch.fed == 0,
        )
        for columns, due_at in zip(messages.rows, times, strict=True):
            columns["due_at"] = last_due = due_at
        if batch.restored_at and not restored.is_asked(batch.account):
            messages.rows = [{**columns, "due_at": None} for columns in messages.rows]
        if not _move(batch, step, messages, caps):
            break
        fed += len(messages.rows)
        if time.monotonic() >= ends:
            break
    return fed


def _queue_of(batch: Batch) -> tuple[int, datetime | None]:
    """How many of its messages wait, and when the last of those not tried yet is due."""
    waiting = Q(status=Invocation.Status.QUEUED)
    if batch.restored_at:
        waiting |= Q(status=Invocation.Status.UNKNOWN, due_at__isnull=False, attempt_count=0)
    queue = Invocation.objects.filter(waiting, batch=batch).aggregate(
        count=Count("pk"), last=Max("due_at", filter=Q(attempt_count=0))
    )
    return queue["count"], queue["last"]


# --- the cursor -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Step:
    """The next rows to feed, and where the cursor stands after them."""

    part: BatchPart
    found: PartFound
    rows: list[Row]
    next_part: int
    next_row: int


class _Parts:
    """The parts of a batch as the cursor comes to them. The present one is decrypted once."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch
        self._part: BatchPart | None = None
        self._found = PartFound()
        self._rows: list[Row] = []

    def next_step(self, most: int) -> _Step | None:
        """Up to `most` rows of the part at the cursor; None at the end of the batch."""
        batch = self._batch
        if self._part is None or self._part.number != batch.next_part:
            self._part = BatchPart.objects.filter(pk=part_place(batch, batch.next_part)).first()
            if self._part is None:
                return None
            self._found = part_found.unpack(self._part.found) if self._part.found else PartFound()
            self._rows = parts.unpack(self._part.content)
        place = batch.next_row
        taken: list[Row] = []
        for row in self._rows[place:]:
            if len(taken) == most:
                break
            place += 1
            if is_sent(self._found.mark(row.number), batch.leaves_out):
                taken.append(row)
        is_over = place == len(self._rows)
        next_row = 0 if is_over else place
        return _Step(self._part, self._found, taken, batch.next_part + is_over, next_row)


def _move(batch: Batch, step: _Step, messages: Messages, caps: FeedCaps) -> bool:
    """Inserts the rows and moves the cursor. False if it was moved, the batch stopped, or a cap was
    reached meanwhile.
    """
    refused = len(messages.refused)
    with transaction.atomic():
        at_cursor = Batch.objects.filter(
            pk=batch.pk,
            state=State.RUNNING,
            next_part=batch.next_part,
            next_row=batch.next_row,
        )
        if not at_cursor.update(
            next_part=step.next_part,
            next_row=step.next_row,
            fed=F("fed") + len(messages.rows),
            bad_rows=F("bad_rows") + refused,
            left_out=F("left_out") + refused,
        ):
            return False
        lock_recipients(messages.locks)
        if were_sent_again(messages.originals):
            transaction.set_rollback(True)
            return False
        over = caps.take(messages)
        if over is None:
            transaction.set_rollback(True)
            return False
        if over:
            changes = {"bad_rows": F("bad_rows") + over, "left_out": F("left_out") + over}
            Batch.objects.filter(pk=batch.pk).update(fed=F("fed") - over, **changes)
        _insert(messages)
        if refused or over:
            _store_refused(step, messages)
    batch.next_part, batch.next_row = step.next_part, step.next_row
    batch.fed += len(messages.rows)
    return True


def _insert(messages: Messages) -> None:
    """An ID that is there already is an error: the cursor has passed each row that was inserted."""
    keys = insert_each(Invocation, messages.shared, messages.rows, by="batch_row")
    SearchableValue.objects.bulk_create(
        SearchableValue(invocation_id=keys[row], label=label, digest=digest)
        for row, label, digest in messages.searchable
    )


def _store_refused(step: _Step, messages: Messages) -> None:
    """Beside the rows, as what the check finds: the result file says why they were not sent."""
    for row, fault in messages.refused.items():
        step.found.faults[row] = [fault]
        logger.warning("row %s of batch %s is refused: %s", row, step.part.batch_id, fault.code)
    field: Any = BatchPart._meta.get_field("found")
    sealed = field.seal(step.part, part_found.pack(step.found))
    BatchPart.objects.filter(pk=step.part.pk).update(found=sealed)
