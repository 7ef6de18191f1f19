"""The result file: the person's own columns, and what became of each row, in the file's order.

It is complete at any moment: a row that is no message yet says where it is. Parts are read one at a
time, so that memory use stays constant; each row is marked with the time at which it was read.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from invocations.batches import part_found, parts
from invocations.batches.part_found import PartFound
from invocations.batches.recipient_file.rows import Row
from invocations.batches.row_marks import RowMark, is_sent
from invocations.batches.shown_cells import ShownCells
from invocations.history.detail import Detail
from invocations.history.export_columns import OUTCOME_COLUMNS
from invocations.history.exports import Line, as_csv, head_of, without_formula
from invocations.history.meanings import Text
from invocations.history.report import prefetch_results
from invocations.history.statuses import STATUSES
from invocations.history.xlsx_stream import as_xlsx
from invocations.models import Batch, BatchPart, Invocation
from invocations.models.attempts import read_answers
from invocations.models.viewer import Viewer

LEFT_OUT = pgettext_lazy("row", "Left out")
AT_FAULT = pgettext_lazy("row", "Not sent: at fault")
NOT_YET = pgettext_lazy("row", "Not yet in the queue")
NEVER_QUEUED = gettext_lazy("It was never in the queue.")
SENT_LATELY = gettext_lazy(
    "Its number was sent this message in the 24 hours before, or it waited to leave."
)
REPEATED = gettext_lazy("It repeats the number of row %(row)s.")


class ResultGone(Exception):
    """The rows of the batch were deleted: its time is over (`Batch.delete_at`)."""


def result_rows(batch: Batch, viewer: Viewer) -> Iterator[Line]:
    """The head, then a line for each row, with what `viewer` may see. Raises `ResultGone`, also
    later, if the rows are deleted meanwhile: a file that ended there would look complete.
    """
    count = batch.parts.count()
    if not count:
        raise ResultGone
    cells = ShownCells(batch, viewer)
    yield [
        *(without_formula(heading) for heading in cells.head),
        _("Row"),
        *head_of(OUTCOME_COLUMNS, viewer),
        _("As of (%(zone)s)") % {"zone": viewer.zone},
    ]
    for number in range(count):
        part = batch.parts.filter(number=number).first()
        if part is None:
            raise ResultGone
        read_at = timezone.now()
        outcomes = _Outcomes(batch, part, viewer)
        for row in parts.unpack(part.content):
            line = [*cells.of(row), row.number, *outcomes.of(row), _moment(read_at, viewer)]
            yield [without_formula(cell) for cell in line]


def write_csv(batch: Batch, viewer: Viewer) -> Iterator[bytes]:
    """Raises `ResultGone`."""
    return as_csv(result_rows(batch, viewer))


def write_xlsx(batch: Batch, viewer: Viewer) -> Iterator[bytes]:
    """Raises `ResultGone`."""
    return as_xlsx(result_rows(batch, viewer), _("Results"))


class _Outcomes:
    """What became of the rows of one part."""

    def __init__(self, batch: Batch, part: BatchPart, viewer: Viewer) -> None:
        # As it is now: the file takes a while, and the batch may end meanwhile.
        self._batch = Batch.objects.only("state", "leaves_out").get(pk=batch.pk)
        self._found = part_found.unpack(part.found) if part.found else PartFound()
        self._viewer = viewer
        rows = list(
            Invocation.objects.filter(batch=batch, batch_row__range=(part.first_row, part.last_row))
            .select_related("workflow_instance")
            .prefetch_related(prefetch_results(), "version", "workflow_instance__channels")
            .defer("note", "payload")
        )
        read_answers(rows)
        self._messages = {one.batch_row: one for one in rows}

    def of(self, row: Row) -> list[object]:
        """The cells of `OUTCOME_COLUMNS`."""
        if message := self._messages.get(row.number):
            detail = Detail(message, self._viewer)
            return [column.cell(detail) for column in OUTCOME_COLUMNS]
        status, why = self._of_unfed(row.number)
        return [status, why, *[""] * (len(OUTCOME_COLUMNS) - 2)]

    def _of_unfed(self, row: int) -> tuple[Text, Text]:
        """Status and reason of a row that is no message."""
        mark = self._found.mark(row)
        if mark & RowMark.FAULT:
            return AT_FAULT, " ".join(fault.text for fault in self._found.faults[row])
        if not is_sent(mark, self._batch.leaves_out):
            return LEFT_OUT, self._why_left_out(row, mark)
        if self._batch.state in (Batch.State.CANCELLED, Batch.State.EXPIRED):
            return STATUSES[self._batch.state].label, NEVER_QUEUED
        return NOT_YET, self._batch.get_state_display()

    def _why_left_out(self, row: int, mark: RowMark) -> Text:
        if mark & RowMark.LEFT_OUT:
            return ""
        if mark & RowMark.REPEAT & self._batch.leaves_out:
            return REPEATED % {"row": self._found.repeats[row]}
        return SENT_LATELY


def _moment(moment: datetime, viewer: Viewer) -> str:
    """In the format that ISO 8601 and spreadsheets share."""
    return f"{moment.astimezone(viewer.zone):%Y-%m-%d %H:%M:%S}"
