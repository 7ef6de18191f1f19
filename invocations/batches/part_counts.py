"""Counts of the rows of a batch by status, delivery and channel, part by part.

A part whose rows are all final is counted once, and keeps its counts: only the others are counted
again. So a batch of a million rows costs what its last minutes cost.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q

from invocations.models import Batch, BatchPart, Invocation

PARTS_PER_ROUND = 100

_IS_FINAL = Q(status__in=Invocation.FINAL, due_at__isnull=True) & ~Q(delivery="awaiting")


class Outcome(NamedTuple):
    """Columns of an invocation that say what became of it."""

    status: str
    delivery: str
    deciding_channel: int | None


Counts = Counter[Outcome]


class _Part(NamedTuple):
    first_row: int
    last_row: int
    counts: list[tuple[str, str, int | None, int]] | None


def counts_of(batch: Batch) -> Counts:
    """Of all rows that were fed."""
    columns = batch.parts.filter(number__lte=batch.next_part).order_by("number")
    parts = [_Part(*each) for each in columns.values_list(*_Part._fields)]
    if not parts:
        return _counted(batch.pk)  # they were deleted: the batch ended a while ago
    counts: Counts = Counter()
    for part in parts:
        for status, delivery, channel, count in part.counts or ():
            counts[Outcome(status, delivery, channel)] += count
    for first, last in _spans([part for part in parts if part.counts is None]):
        counts += _counted(batch.pk, first, last)
    return counts


def _spans(parts: Sequence[_Part]) -> Iterator[tuple[int, int]]:
    """First and last rows of parts, those that follow each other together."""
    span: tuple[int, int] | None = None
    for part in parts:
        if span and part.first_row == span[1] + 1:
            span = span[0], part.last_row
            continue
        if span:
            yield span
        span = part.first_row, part.last_row
    if span:
        yield span


def _counted(batch_pk: int, *span: int) -> Counts:
    rows = Invocation.objects.filter(batch=batch_pk)
    if span:
        rows = rows.filter(batch_row__range=span)
    found = rows.order_by().values_list(*Outcome._fields).annotate(count=Count("pk"))
    return Counter({Outcome(*outcome): count for *outcome, count in found})


def freeze_parts(now: datetime) -> int:
    """Freezes the counts of fed parts whose rows are all final by now. Returns how many.

    For the sweep; parts beyond `PARTS_PER_ROUND` are for the next.
    """
    unfrozen = BatchPart.objects.filter(counts__isnull=True, number__lt=F("batch__next_part"))
    started = unfrozen.filter(batch__state__in=Batch.STARTED)
    in_part = Invocation.objects.filter(
        batch=OuterRef("batch"),
        batch_row__gte=OuterRef("first_row"),
        batch_row__lte=OuterRef("last_row"),
    )
    over = started.filter(~Exists(in_part.exclude(_IS_FINAL))).order_by("batch", "number")
    places = list(over.values_list("pk", flat=True)[:PARTS_PER_ROUND])
    return sum(_freeze(place) for place in places)


def _freeze(place: str) -> bool:
    with transaction.atomic():
        # The lock comes before the count: see `models.frozen_counts`.
        locked = BatchPart.objects.filter(pk=place).select_for_update(skip_locked=True)
        part = locked.only("batch_id", "first_row", "last_row").first()
        if part is None:
            return False
        counts = _counted(part.batch_id, part.first_row, part.last_row)
        stored = [[*outcome, count] for outcome, count in counts.items()]
        return bool(BatchPart.objects.filter(pk=place).update(counts=stored))
