"""Builds checked batches with their parts, without a file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.utils import timezone

from invocations.batches import part_found, parts
from invocations.batches.column_json import Choice, to_json
from invocations.batches.columns import ColumnMap
from invocations.batches.part_found import PartFound, RowFault
from invocations.batches.reading import Reading
from invocations.batches.recipient_file.rows import Row
from invocations.batches.start import start
from invocations.composing.template_fields import current_version
from invocations.models import Batch, BatchPart, WorkflowInstance
from invocations.models.batches import part_place
from invocations.models.recipients import stored_digest

COLUMNS = ColumnMap(("recipient", "01"))
BAD = RowFault("too_short", 0, "recipient", "Too few digits.")


def cells_of(count: int, code: str = "202") -> list[list[str]]:
    """`count` rows of `COLUMNS`; the end of the numbers chooses the practice pod's answer."""
    return [[f"9198{place:05}{code}", f"Asha {place}"] for place in range(count)]


def checked_batch(
    workflow: WorkflowInstance,
    cells: int | Sequence[Sequence[str]] = 3,
    *,
    columns: ColumnMap = COLUMNS,
    headings: tuple[str, ...] = ("Phone", "Name"),
    part_rows: int = 1000,
    bad: Sequence[int] = (),
    left_out: Sequence[int] = (),
    **changes: Any,
) -> Batch:
    """As the check leaves it. The rows are numbered from 2; those `bad` are left out as well."""
    if isinstance(cells, int):
        cells = cells_of(cells)
    now = timezone.now()
    batch = Batch.objects.create(
        **{
            "workflow": workflow,
            "account_id": workflow.account_id,
            "state": Batch.State.CHECKED,
            "version": current_version(workflow),
            "checked_at": now,
            "reading": Reading(headings=headings, is_complete=True).to_json(),
            "columns": to_json(columns, Choice()),
            "rows": len(cells),
            "bad_rows": len(bad),
            "left_out": len({*bad, *left_out}),
            "delete_at": now + timedelta(days=1),
        }
        | changes
    )
    rows = [Row(number, list(texts)) for number, texts in enumerate(cells, start=2)]
    for number, first in enumerate(range(0, len(rows), part_rows)):
        add_part(batch, number, rows[first : first + part_rows], bad=bad, left_out=left_out)
    return batch


def add_part(
    batch: Batch,
    number: int,
    rows: Sequence[Row],
    *,
    bad: Sequence[int] = (),
    left_out: Sequence[int] = (),
) -> BatchPart:
    here = {row.number for row in rows}
    found = PartFound(
        faults={row: [BAD] for row in bad if row in here},
        left_out=here & {*bad, *left_out},
    )
    digests = sorted(bytes.fromhex(stored_digest(row.cells[0]))[:8] for row in rows)
    return BatchPart.objects.create(
        place=part_place(batch, number),
        batch=batch,
        number=number,
        first_row=rows[0].number,
        last_row=rows[-1].number,
        rows=len(rows),
        content=parts.pack(rows),
        found=part_found.pack(found),
        digests=b"".join(digests),
    )


def running_batch(
    workflow: WorkflowInstance, cells: int | Sequence[Sequence[str]] = 3, **options: Any
) -> Batch:
    """Started from the command line."""
    times = {name: options.pop(name) for name in ("not_before", "not_after") if name in options}
    pace = {"per_second": options.pop("per_second", None)}
    batch = checked_batch(workflow, cells, **options)
    assert start(batch, None, **times, **pace)
    return batch
