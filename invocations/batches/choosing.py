"""How a file is read and where its columns go, chosen by a person: then it is checked again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Q
from django.utils import timezone

from invocations.batches import column_json, parts
from invocations.batches.change import change
from invocations.batches.column_json import Choice
from invocations.batches.columns import ColumnMap
from invocations.batches.reading import Asked, Reading
from invocations.batches.recipient_file import Row
from invocations.batches.recipient_file.headings import SAMPLE_ROWS
from invocations.batches.upload import KEPT_UNSTARTED
from invocations.batches.wanted import wanted_of
from invocations.composing.template_fields import digest_of, snapshot
from invocations.models import Batch, BatchPart
from invocations.models.batches import part_place

State = Batch.State
_NOT_CHECKED: dict[str, Any] = {
    "found": "{}",
    "bad_rows": 0,
    "to_decide": 0,
    "version": None,
    "checked_at": None,
    "lease_until": None,
    "rows_read": 0,
}
_TAKEN_BACK = {"leaves_out": 0, "left_out": 0}
"""The next check then passes over the rows that its parts name as left out (`CheckRun`)."""


def choose_reading(
    batch: Batch, *, sheet: str = "", separator: str = "", heading_row: int | None = None
) -> bool:
    """Reads the file anew, as `reading.Asked` says. False: it is being checked, or was started.

    What was mended or left out is forgotten, and so is the choice of columns.
    """
    asked = Asked(sheet, separator, heading_row)
    return _change_before_start(
        batch,
        Q(state__in=(State.CHECKED, State.REFUSED)),
        **_NOT_CHECKED,
        **_TAKEN_BACK,
        state=State.CHECKING,
        refused=None,
        reading=Reading(asked=asked).to_json(),
        columns="{}",
        rows=0,
    )


def choose_columns(batch: Batch, choice: Choice) -> ColumnMap | None:
    """Where the columns go from now on, for the next file of the workflow, too.

    If the result is complete, the rows are checked again. None: the file is being checked, or was
    started. Rows that were left out are taken back: they were at fault for other columns.
    """
    columns = columns_for(batch, choice)
    state = State.CHECKING if columns.is_complete else State.CHECKED
    stored = column_json.to_json(columns, choice)
    changes = {**_NOT_CHECKED, **_TAKEN_BACK, "state": state, "columns": stored}
    if not _change_before_start(batch, Q(state=State.CHECKED), **changes):
        return None
    column_json.remember(batch.workflow, choice)
    return columns


def columns_for(batch: Batch, choice: Choice) -> ColumnMap:
    """What `choice` would make of the columns."""
    wanted = wanted_of(list(batch.workflow.channels.prefetch_related("parameters")))
    return column_json.map_for(Reading.from_json(batch.reading), sample_of(batch), wanted, choice)


def sample_of(batch: Batch) -> Sequence[Row]:
    """The first rows below the headings."""
    part = BatchPart.objects.filter(pk=part_place(batch, 0)).first()
    return parts.unpack(part.content)[:SAMPLE_ROWS] if part else ()


def check_again(batch: Batch) -> bool:
    """Checks the rows again: the workflow has changed since (`is_up_to_date`).

    Rows that were left out stay so.
    """
    return _change_before_start(batch, Q(state=State.CHECKED), **_NOT_CHECKED, state=State.CHECKING)


def is_up_to_date(batch: Batch) -> bool:
    """Whether the rows were held against the texts and values that the workflow has now."""
    version = batch.version
    return version is not None and version.digest == digest_of(snapshot(batch.workflow))


def _change_before_start(batch: Batch, where: Q, **changes: Any) -> bool:
    delete_at = timezone.now() + KEPT_UNSTARTED
    is_same = where & Q(fence=batch.fence)
    return change(batch, is_same, fence=batch.fence + 1, delete_at=delete_at, **changes)
