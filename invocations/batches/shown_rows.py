"""Rows of a batch for a page: by their numbers, or the first ones that are sent.

Only the parts that hold them are read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from invocations.batches.part_found import PartFound
from invocations.batches.parts import unpack
from invocations.batches.recipient_file.rows import Row
from invocations.batches.stored_parts import found_in, parts_with
from invocations.batches.stored_parts import rows_to_send as rows_of_part
from invocations.models import Batch, BatchPart


class FoundRow(NamedTuple):
    row: Row
    found: PartFound
    """Of its part."""


def rows_by_number(batch: Batch, numbers: Collection[int]) -> dict[int, FoundRow]:
    """As the spreadsheet counts; without those that the file does not have."""
    wanted = set(numbers)
    rows: dict[int, FoundRow] = {}
    for part in parts_with(batch, wanted):
        found = found_in(part)
        rows |= {
            row.number: FoundRow(row, found) for row in unpack(part.content) if row.number in wanted
        }
    return rows


def rows_to_send(batch: Batch, *, first: int = 0, most: int) -> list[Row]:
    """The next `most` rows that are sent, from row number `first` on."""
    rows: list[Row] = []
    for part in _parts_from(batch, first):
        rows += [row for row in rows_of_part(batch, part) if row.number >= first]
        if len(rows) >= most:
            break
    return rows[:most]


def first_row(batch: Batch) -> Row | None:
    """The first row of the file, whatever the check found in it."""
    part = batch.parts.order_by("number").first()
    return next(iter(unpack(part.content)), None) if part else None


def _parts_from(batch: Batch, number: int) -> Iterator[BatchPart]:
    """One query each: not two of them are in memory at once."""
    later = batch.parts.filter(last_row__gte=number).order_by("number")
    for place in later.values_list("pk", flat=True):
        yield BatchPart.objects.get(pk=place)
