"""One check of one batch: from its chunks, or from its parts if only the columns changed."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from invocations.batches import column_json, part_found, parts
from invocations.batches.change import change, refuse
from invocations.batches.column_json import Choice
from invocations.batches.columns import ColumnMap
from invocations.batches.part_check import PartChecker
from invocations.batches.part_found import PartFound
from invocations.batches.reading import Reading, TableRefused, open_table
from invocations.batches.recipient_file import FileRefused, Row
from invocations.batches.row_check import RowChecker
from invocations.batches.stored_parts import delete_parts, found_in, parts_of
from invocations.batches.summary import Summary
from invocations.batches.upload import ChunkStream
from invocations.batches.wanted import wanted_of
from invocations.composing.template_fields import current_version
from invocations.models import Batch, BatchPart
from invocations.models.batches import PART_ROWS, part_place

LEASE = timedelta(seconds=30)
"""Longer than a part takes. It is renewed while a workbook is unpacked."""
MOST_PART_CHARACTERS = 4_000_000
"""Of the cells of a part. Only rows with very long cells make parts of fewer than `PART_ROWS`."""
State = Batch.State


class LeaseLost(Exception):
    """Another process checks the batch, or it was deleted. Nothing more may be written."""


class TooLong(Exception):
    """It has more rows than were to be checked."""


def is_held(batch: Batch) -> Q:
    """Whether this process still holds the batch that it has claimed."""
    return Q(state=State.CHECKING, fence=batch.fence)


class CheckRun:
    """`most_rows`, `told`: as of `checking.run_check`."""

    def __init__(self, batch: Batch, most_rows: int | None, told: Callable[[int], None]) -> None:
        self._batch = batch
        self._most_rows = most_rows
        self._told = told
        self._rows = 0
        self._summary = Summary()
        self._began = timezone.now()
        # Before the channels are loaded: if they change meanwhile, the version is an old one, and
        # the batch is checked again before it starts.
        self._version = current_version(batch.workflow, batch.created_by)

    def run(self) -> None:
        reading = Reading.from_json(self._batch.reading)
        if reading.is_complete:
            self._check_parts(reading)
            return
        delete_parts(self._batch)
        try:
            self._read_chunks(reading)
        except FileRefused as error:
            if isinstance(error, TableRefused):
                self._change(reading=error.reading.to_json())
            if not refuse(self._batch, error, is_held(self._batch)):
                raise LeaseLost from error
            delete_parts(self._batch)

    # --- from the chunks ---

    def _read_chunks(self, reading: Reading) -> None:
        stream = io.BufferedReader(ChunkStream(self._batch))
        opened = open_table(stream, reading.asked, waiting=self._renew_in_time)
        try:
            columns, choice = self._columns(opened.reading, opened.table.sample)
            self._change(
                reading=opened.reading.to_json(), columns=column_json.to_json(columns, choice)
            )
            checker = self._checker(columns, choice)
            for number, rows in enumerate(in_parts(opened.table.rows)):
                self._add(number, rows, *(checker.check(rows) if checker else (None, b"")))
        finally:
            opened.close()
        self._summary.empty_rows = opened.file.empty_rows
        self._finish(opened.reading.completed(), columns)

    def _columns(self, reading: Reading, sample: Sequence[Row]) -> tuple[ColumnMap, Choice]:
        """As they were chosen for this file, or else for the last one of the workflow."""
        workflow = self._batch.workflow
        wanted = wanted_of(list(workflow.channels.prefetch_related("parameters")))
        choice = column_json.choice_of(self._batch)
        if not column_json.is_chosen(self._batch):
            last = column_json.remembered_choice(workflow)
            choice = column_json.fitting(last, reading, sample, wanted)
        return column_json.map_for(reading, sample, wanted, choice), choice

    def _checker(self, columns: ColumnMap, choice: Choice) -> PartChecker | None:
        """None if the columns have to be chosen first."""
        if not columns.is_complete:
            return None
        return PartChecker(RowChecker(self._batch.workflow, columns, choice.home))

    def _add(self, number: int, rows: list[Row], found: PartFound | None, digests: bytes) -> None:
        part = BatchPart(
            place=part_place(self._batch, number),
            batch=self._batch,
            number=number,
            first_row=rows[0].number,
            last_row=rows[-1].number,
            rows=len(rows),
            content=parts.pack(rows),
            found=part_found.pack(found) if found else None,
            digests=digests,
        )
        self._count(len(rows), found)
        with transaction.atomic():
            self._renew()
            part.save(force_insert=True)
        self._told(self._rows)

    # --- from the parts ---

    def _check_parts(self, reading: Reading) -> None:
        columns = column_json.columns_of(self._batch)
        checker = self._checker(columns, column_json.choice_of(self._batch))
        self._summary.empty_rows = Summary.from_json(self._batch.found).empty_rows
        for part in parts_of(self._batch):
            found, digests = None, b""
            if checker:
                left_out = found_in(part).left_out if self._batch.left_out else ()
                found, digests = checker.check(parts.unpack(part.content), left_out)
            self._count(part.rows, found)
            part.found = part_found.pack(found) if found else None
            part.digests = digests
            with transaction.atomic():
                self._renew()
                part.save(update_fields=["found", "digests"])
            self._told(self._rows)
        self._finish(reading, columns)

    # --- both ---

    def _count(self, rows: int, found: PartFound | None) -> None:
        self._rows += rows
        if self._most_rows is not None and self._rows > self._most_rows:
            raise TooLong
        if found:
            self._summary.add(found)

    def _renew(self) -> None:
        held = Batch.objects.filter(is_held(self._batch), pk=self._batch.pk)
        until = timezone.now() + LEASE
        if not held.update(rows_read=self._rows, lease_until=until):
            raise LeaseLost
        self._batch.lease_until = until

    def _renew_in_time(self) -> None:
        """While a large workbook is unpacked, which may take longer than the lease."""
        lease = self._batch.lease_until
        if lease is None or lease - timezone.now() < LEASE / 2:
            self._renew()

    def _change(self, **changes: object) -> None:
        if not change(self._batch, is_held(self._batch), **changes):
            raise LeaseLost

    def _finish(self, reading: Reading, columns: ColumnMap) -> None:
        counts = self._summary.counts(self._batch.leaves_out)
        is_checked = columns.is_complete
        self._change(
            state=State.CHECKED,
            reading=reading.to_json(),
            found=self._summary.to_json(),
            rows=self._rows,
            bad_rows=counts.bad,
            to_decide=counts.to_decide,
            left_out=counts.left_out,
            version=self._version if is_checked else None,
            is_practice=self._batch.workflow.account.pod.is_practice if is_checked else None,
            checked_at=self._began if is_checked else None,
            rows_read=self._rows,
            lease_until=None,
        )


def in_parts(rows: Iterable[Row]) -> Iterator[list[Row]]:
    part: list[Row] = []
    characters = 0
    for row in rows:
        part.append(row)
        characters += sum(map(len, row.cells))
        if len(part) == PART_ROWS or characters > MOST_PART_CHARACTERS:
            yield part
            part, characters = [], 0
    if part:
        yield part
