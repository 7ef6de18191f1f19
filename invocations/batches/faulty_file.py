"""The rows at fault as a workbook, to be corrected in a spreadsheet and uploaded again."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import xlsxwriter
from django.utils.translation import gettext as _

from invocations.batches.parts import unpack
from invocations.batches.reading import Reading
from invocations.batches.recipient_file.rows import column_letters
from invocations.batches.stored_parts import found_in, parts_of
from invocations.models import Batch

MAX_CELL_CHARACTERS = 32_767
"""Of a cell of Excel (Microsoft, "Excel specifications and limits")."""


def write_faulty_rows(batch: Batch, path: Path, most: int) -> None:
    """The first `most` rows. All cells are text, byte for byte: none is read as a formula, and no
    number is shortened.

    The person's own columns come first, so that the file can be uploaded again as it is. Memory
    use is constant.
    """
    options = {"constant_memory": True, "tmpdir": str(path.parent), "strings_to_formulas": False}
    with xlsxwriter.Workbook(path, options) as book:
        sheet = book.add_worksheet(_("To correct"))
        sheet.freeze_panes(1, 0)
        text = book.add_format({"num_format": "@"})
        for number, line in enumerate(islice(_lines(batch), 1 + most)):
            for column, cell in enumerate(line):
                sheet.write_string(number, column, cell[:MAX_CELL_CHARACTERS], text)


def _lines(batch: Batch) -> Iterator[list[str]]:
    reading = Reading.from_json(batch.reading)
    width = max(reading.width, len(reading.headings))
    headings = list(reading.headings) or [column_letters(column) for column in range(width)]
    headings += [""] * (width - len(headings))
    yield [*headings, _("Row in the file"), _("What is wrong")]
    for part in parts_of(batch):
        found = found_in(part)
        if not found.faults:
            continue
        for row in unpack(part.content):
            if faults := found.faults.get(row.number):
                cells = [*row.cells, *[""] * (width - len(row.cells))]
                yield [*cells, str(row.number), " ".join(fault.text for fault in faults)]
