"""Makes a new batch of rows of one that has started: those whose message certainly did not arrive,
or those that were never sent.

The new batch has the row numbers of the earlier one, so that each row finds its earlier message.
It is checked anew, against the workflow of today, before it can be started.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from invocations.audit import verbs
from invocations.audit.record import record
from invocations.batches import part_found, parts
from invocations.batches.originals import why_not_again
from invocations.batches.part_found import PartFound
from invocations.batches.recipient_file.rows import Row
from invocations.batches.row_marks import is_sent
from invocations.batches.start import NOT_YOURS, NOTHING_LEFT
from invocations.batches.trail_facts import facts_of
from invocations.batches.upload import KEPT_UNSTARTED
from invocations.composing.findings import Finding, Severity
from invocations.history.report import prefetch_for_page
from invocations.models import Batch, BatchPart, Invocation
from invocations.models.batches import PART_ROWS, part_place
from invocations.models.viewer import Viewer
from invocations.sending.record import NotSendable

if TYPE_CHECKING:
    from django.contrib.auth.models import User

logger = logging.getLogger(__name__)

State = Batch.State
Status = Invocation.Status

_OPEN = (State.UPLOADING, State.CHECKING, State.CHECKED, *Batch.GOING)

_FAILED = Q(status__in=[Status.REJECTED, Status.EXPIRED]) | Q(deciding_channel=0)
_NEVER_SENT = Q(status__in=[Status.CANCELLED, Status.EXPIRED])


class NotEnded(Exception):
    """Rows of the batch may still be sent: it has to be cancelled first."""


def send_again_failed(batch: Batch, by: User | None) -> Batch:
    """A new batch of the rows that were rejected, expired in the queue, or not delivered on any
    channel; never one whose message may have arrived, and none that was sent again already.

    It is to be checked. While an earlier one is not over, that is returned. Raises `NotSendable`.
    """
    return _again(batch, by, _failed_rows)


def send_rest(batch: Batch, by: User | None) -> Batch:
    """A new batch of the rows that never left, of a batch that was cancelled or has expired.

    As `send_again_failed`. Raises `NotEnded`, too.
    """
    if batch.state not in Batch.ENDED:
        raise NotEnded
    return _again(batch, by, _rows_that_never_left)


def _again(batch: Batch, by: User | None, wanted: Callable[[Batch], Iterator[Row]]) -> Batch:
    viewer = Viewer.of(by) if by else Viewer.operator()
    may_send = viewer.may_send_batches and viewer.may_send_again
    if not (may_send and viewer.may_send_workflow(batch.workflow)):
        raise NotSendable([Finding("not_yours", Severity.BLOCKER, str(NOT_YOURS))])
    if earlier := _open_one(batch):
        return earlier
    rows = list(wanted(batch))
    if not rows:
        raise NotSendable([Finding("no_rows", Severity.BLOCKER, str(NOTHING_LEFT))])
    try:
        new = _store(batch, by, rows)
    except IntegrityError:  # in another tab, a moment ago
        if earlier := _open_one(batch):
            return earlier
        raise
    logger.info("batch %s sends %s rows of batch %s again", new.uid, len(rows), batch.uid)
    return new


def _open_one(batch: Batch) -> Batch | None:
    return Batch.objects.filter(again_from=batch, state__in=_OPEN).first()


# --- which rows -----------------------------------------------------------------------------------


def _candidates(batch: Batch, of: Q) -> QuerySet[Invocation]:
    again = Invocation.objects.filter(sent_again_from=OuterRef("pk"))
    return Invocation.objects.filter(of & ~Exists(again), batch=batch)


def _failed_rows(batch: Batch) -> Iterator[Row]:
    found = _candidates(batch, _FAILED).prefetch_related(prefetch_for_page()).defer("payload")
    for part in _parts(batch):
        in_part = found.filter(batch_row__range=(part.first_row, part.last_row))
        numbers = {one.batch_row for one in in_part if not any(why_not_again(one))}
        if numbers:
            yield from (row for row in parts.unpack(part.content) if row.number in numbers)


def _rows_that_never_left(batch: Batch) -> Iterator[Row]:
    messages = Invocation.objects.filter(batch=batch)
    for part in _parts(batch):
        in_part = messages.filter(batch_row__range=(part.first_row, part.last_row))
        fed = set(in_part.values_list("batch_row", flat=True))
        again = _candidates(batch, _NEVER_SENT).filter(pk__in=in_part.values("pk"))
        again_rows = set(again.values_list("batch_row", flat=True))
        found = part_found.unpack(part.found) if part.found else PartFound()
        for row in parts.unpack(part.content):
            is_unfed = row.number not in fed
            if row.number in again_rows or (
                is_unfed and is_sent(found.mark(row.number), batch.leaves_out)
            ):
                yield row


def _parts(batch: Batch) -> Iterator[BatchPart]:
    """In order, one at a time."""
    number = 0
    while part := batch.parts.filter(number=number).first():
        yield part
        number += 1


# --- the new batch --------------------------------------------------------------------------------


def _store(batch: Batch, by: User | None, rows: list[Row]) -> Batch:
    new = Batch(
        workflow=batch.workflow,
        account_id=batch.workflow.account_id,
        created_by=by,
        again_from=batch,
        state=State.CHECKING,
        file_name=batch.file_name,
        reading=batch.reading,
        columns=batch.columns,
        rows=len(rows),
        reference=batch.reference,
        delete_at=timezone.now() + KEPT_UNSTARTED,
    )
    pieces = [rows[first : first + PART_ROWS] for first in range(0, len(rows), PART_ROWS)]
    contents: list[Any] = [parts.pack(piece) for piece in pieces]
    with transaction.atomic():
        new.save(force_insert=True)
        BatchPart.objects.bulk_create(
            BatchPart(
                place=part_place(new, number),
                batch=new,
                number=number,
                first_row=piece[0].number,
                last_row=piece[-1].number,
                rows=len(piece),
                content=content,
            )
            for number, (piece, content) in enumerate(zip(pieces, contents, strict=True))
        )
        facts = {**facts_of(new), "again": str(batch.uid)}
        record(verbs.BATCH_SENT_AGAIN, by=by, about=new, facts=facts)
    return new
