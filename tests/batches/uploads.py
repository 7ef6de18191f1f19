"""Files of recipients, taken in and checked."""

from __future__ import annotations

import io
from collections.abc import Collection

from invocations.batches import parts
from invocations.batches.checking import claim, run_check
from invocations.batches.recipient_file.rows import Row
from invocations.batches.stored_parts import parts_with
from invocations.batches.summary import Counts, Summary
from invocations.batches.upload import take_in
from invocations.models import Batch, WorkflowInstance

PHONE = "919876512340"


def csv_of(*rows: str, headings: str = "Phone,01") -> bytes:
    return "\r\n".join([headings, *rows]).encode() + b"\r\n"


def uploaded(workflow: WorkflowInstance, content: bytes) -> Batch:
    return take_in(workflow, None, "customers.csv", io.BytesIO(content))


def checked(workflow: WorkflowInstance, content: bytes) -> Batch:
    batch = uploaded(workflow, content)
    check(batch)
    return batch


def check(batch: Batch) -> None:
    assert claim(batch)
    run_check(batch)
    batch.refresh_from_db()


def summary_of(batch: Batch) -> Summary:
    return Summary.from_json(batch.found)


def counts_of(batch: Batch) -> Counts:
    return summary_of(batch).counts(batch.leaves_out)


def faults_of(batch: Batch) -> dict[str, list[int]]:
    """Rows by code."""
    return {kind.code: [row for row, _ in kind.rows] for kind in summary_of(batch).faults}


def rows_numbered(batch: Batch, rows: Collection[int]) -> dict[int, Row]:
    """The rows with these numbers, as far as the file has them."""
    wanted = set(rows)
    return {
        row.number: row
        for part in parts_with(batch, wanted)
        for row in parts.unpack(part.content)
        if row.number in wanted
    }
