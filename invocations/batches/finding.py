"""Finds a number among the rows of batches that are not messages yet.

They are in no index of the history. Beside each part of a batch stand the beginnings of the digests
of its numbers: the database looks through those, and only parts with a match are decrypted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import BinaryField, F, Func, IntegerField, Q, QuerySet, Value
from django.db.models.lookups import GreaterThan

from invocations.batches import part_found, parts
from invocations.batches.column_json import choice_of, columns_of
from invocations.batches.columns import RECIPIENT, RECIPIENT2
from invocations.batches.part_digests import beginning, split
from invocations.batches.part_found import PartFound
from invocations.batches.recipient_file.rows import Row
from invocations.batches.row_marks import is_sent
from invocations.kaleyra import recipients
from invocations.kaleyra.recipients import RecipientError
from invocations.models import Batch, BatchPart
from invocations.models.encryption import Unreadable
from invocations.models.recipients import phone_digests

MOST_FOUND, MOST_SHOWN = 100, 5


@dataclass(frozen=True)
class UnfedRow:
    batch: Batch
    row: int
    """As the spreadsheet counts."""


class _PlaceOf(Func):
    """Where some bytes stand in others, from 1; 0 if they do not."""

    function = "INSTR"
    arity = 2
    output_field = IntegerField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        whole, sought = self.source_expressions
        swapped = Func(sought, whole, template="position(%(expressions)s)", arg_joiner=" IN ")
        return swapped.as_sql(compiler, connection, **context)


def unfed_rows(
    digests: Collection[str], of: QuerySet[Batch], most: int = MOST_FOUND
) -> list[UnfedRow]:
    """The first `most` rows to a number with one of these digests (`models.recipients`), of those
    batches of `of` that are running or paused. Those that are left out are not found.
    """
    if not digests:
        return []
    beginnings = {beginning(digest) for digest in digests}
    found: list[UnfedRow] = []
    for part in _parts_with(beginnings, of):
        found += _rows_in(part, frozenset(digests))
        if len(found) >= most:
            break
    return found[:most]


def _parts_with(beginnings: Collection[bytes], of: QuerySet[Batch]) -> Iterator[BatchPart]:
    ways = [
        Q(GreaterThan(_PlaceOf("digests", Value(each, output_field=BinaryField())), 0))
        for each in beginnings
    ]
    unfed = BatchPart.objects.filter(
        reduce(or_, ways),
        batch__in=of.filter(state__in=Batch.GOING),
        number__gte=F("batch__next_part"),
    )
    for part in unfed.select_related("batch__workflow").order_by("batch", "number").iterator(10):
        # The bytes may also stand across two digests.
        if not set(beginnings).isdisjoint(split(part.digests)):
            yield part


def _rows_in(part: BatchPart, digests: frozenset[str]) -> Iterator[UnfedRow]:
    batch = part.batch
    first = batch.next_row if part.number == batch.next_part else 0
    try:
        found = part_found.unpack(part.found) if part.found else PartFound()
        numbers = RowNumbers(batch)
        for row in parts.unpack(part.content)[first:]:
            goes_there = any(digests & phone_digests(digits) for digits in numbers.of(row))
            if goes_there and is_sent(found.mark(row.number), batch.leaves_out):
                yield UnfedRow(batch, row.number)
    except Unreadable:
        return  # no key opens it, and it is never sent


class RowNumbers:
    """The numbers of the rows of one batch."""

    def __init__(self, batch: Batch) -> None:
        self._columns = columns_of(batch)
        self._home = choice_of(batch).home or ""

    def of(self, row: Row) -> Iterator[str]:
        """Their digits; without those that cannot be read."""
        texts = self._columns.texts_of(row)
        for place in (RECIPIENT, RECIPIENT2):
            try:
                yield recipients.clean(texts.get(place, ""), self._home).digits
            except RecipientError:
                continue
