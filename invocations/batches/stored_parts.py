"""The parts of a batch, read and deleted a few at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from django.db.models import QuerySet

from invocations.batches import part_found, parts
from invocations.batches.part_found import PartFound
from invocations.batches.recipient_file import Row
from invocations.models import Batch, BatchChunk, BatchPart
from invocations.models.batches import part_place

_AT_ONCE = 50
"""Rows of the database that are deleted together: SQLite has one writer."""


def parts_of(batch: Batch) -> Iterator[BatchPart]:
    """In order, one query each: not two of them are in memory at once."""
    number = 0
    while part := BatchPart.objects.filter(pk=part_place(batch, number)).first():
        yield part
        number += 1


def found_in(part: BatchPart) -> PartFound:
    """Empty if the part is not checked."""
    return part_found.unpack(part.found) if part.found else PartFound()


def rows_to_send(batch: Batch, part: BatchPart) -> list[Row]:
    """The rows of a part that become messages: neither at fault nor left out."""
    return found_in(part).rows_to_send(parts.unpack(part.content), batch.leaves_out)


def parts_with(batch: Batch, rows: Collection[int]) -> list[BatchPart]:
    """The parts that hold rows with these numbers."""
    if not rows:
        return []
    bounds = batch.parts.order_by("number").values_list("pk", "first_row", "last_row")
    places = [place for place, first, last in bounds if any(first <= row <= last for row in rows)]
    return list(BatchPart.objects.filter(pk__in=places).order_by("number"))


def delete_parts(batch: Batch) -> int:
    return _delete(batch.parts.all())


def delete_chunks(batch: Batch) -> int:
    return _delete(batch.chunks.all())


def _delete(found: QuerySet[BatchPart] | QuerySet[BatchChunk]) -> int:
    deleted = 0
    # The first one goes last: `retention` finds by it what a killed process has left.
    while places := list(found.order_by("-number").values_list("pk", flat=True)[:_AT_ONCE]):
        deleted += found.model._default_manager.filter(pk__in=places).delete()[0]
    return deleted
