"""Lines of text as a CSV or XLSX file."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import xlsxwriter
from django.utils.translation import gettext as _

MAX_CELL_CHARACTERS = 32_767
"""Of a cell of Excel (Microsoft, "Excel specifications and limits")."""
COLUMN_WIDTH = 22
"""In characters: shows a time or a number without resizing."""
LINES_PER_CHUNK = 100
FORMULA_START = re.compile("[=+\\-@\t\r\n\0\uff1d\uff0b\uff0d\uff20]")
"""The first characters of a formula, in full width as well (OWASP, "CSV injection")."""

Line = list[str]


def without_formula(cell: object) -> str:
    """The cell as text; an apostrophe in front keeps a spreadsheet from reading a formula."""
    text = str(cell)
    return f"'{text}" if FORMULA_START.match(text) else text


def as_csv(lines: Iterator[Line]) -> Iterator[bytes]:
    """RFC 4180 in UTF-8, with the byte order mark that Excel needs. Yields the head at once."""
    text = io.StringIO()
    write = csv.writer(text, quoting=csv.QUOTE_ALL).writerow
    text.write("\ufeff")
    for number, line in enumerate(lines):
        write(line)
        if number % LINES_PER_CHUNK == 0:
            yield text.getvalue().encode("utf-8", "replace")
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode("utf-8", "replace")


def write_xlsx(lines: Iterator[Line], path: Path, title: str = "") -> None:
    """One sheet with a filter. All cells are text. Memory use is constant.

    `title`: the name of the sheet.
    """
    options = {"constant_memory": True, "tmpdir": str(path.parent)}
    with xlsxwriter.Workbook(path, options) as book:
        sheet = book.add_worksheet(title or _("History"))
        sheet.freeze_panes(1, 0)
        head = next(lines)
        last_column = len(head) - 1
        sheet.set_column(0, last_column, COLUMN_WIDTH)
        bold = book.add_format({"bold": True})
        for number, line in enumerate(chain([head], lines)):
            style = bold if number == 0 else None
            for column, cell in enumerate(line):
                sheet.write_string(number, column, cell[:MAX_CELL_CHARACTERS], style)
        sheet.autofilter(0, 0, number, last_column)
