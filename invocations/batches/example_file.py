"""An empty file with the columns that a workflow needs, and one example row."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import xlsxwriter
from django.utils.translation import gettext as _

from invocations.batches.wanted import WantedColumn, wanted_columns
from invocations.models import Channel

_COLUMN_WIDTH = 22
"""In characters."""


def example_columns(channels: Sequence[Channel], number: str) -> list[WantedColumn]:
    """The number and the values, with `number` as the example of the number."""
    recipient = WantedColumn("recipient", _("Phone number"), number)
    return [recipient, *wanted_columns(channels)]


def as_csv(columns: Sequence[WantedColumn]) -> bytes:
    """In UTF-8 with the byte order mark that Excel needs."""
    text = io.StringIO()
    write = csv.writer(text).writerow
    write([column.heading for column in columns])
    write([_cell(column) for column in columns])
    return ("\ufeff" + text.getvalue()).encode()


def as_xlsx(columns: Sequence[WantedColumn]) -> bytes:
    """Every column is text: a spreadsheet makes another number of a long one."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet(_("Recipients"))
        sheet.freeze_panes(1, 0)
        text = book.add_format({"num_format": "@"})
        bold = book.add_format({"bold": True, "num_format": "@"})
        sheet.set_column(0, max(len(columns) - 1, 0), _COLUMN_WIDTH, text)
        for place, column in enumerate(columns):
            sheet.write_string(0, place, column.heading, bold)
            sheet.write_string(1, place, _cell(column), text)
    return file.getvalue()


def _cell(column: WantedColumn) -> str:
    return column.example or "…"
