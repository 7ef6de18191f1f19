"""Looks for hidden rows and columns and error cells in a sheet of an XLS.

Source: Microsoft, [MS-XLS] "Excel Binary File Format (.xls) Structure", sections 2.4.28
(BoundSheet8), 2.4.24 (BoolErr), 2.4.53 (ColInfo), 2.4.127 (Formula) and 2.4.221 (Row).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from invocations.batches.recipient_file.codes import FileRefused
from invocations.batches.recipient_file.compound import CompoundFile
from invocations.batches.recipient_file.sheet_scan import SheetScan

STREAMS = ("Workbook", "Book")
_END, _BOUND_SHEET, _ROW, _COL_INFO, _BOOL_ERR, _FORMULA = 0x0A, 0x85, 0x208, 0x7D, 0x205, 0x06
_HIDDEN_ROW, _HIDDEN_COLUMN = 0x20, 0x01
_ERROR = 2
"""The kind of a result that is no number."""


def scan(file: CompoundFile, index: int) -> SheetScan:
    """`index`: of the sheet in the workbook, from 0. Raises `FileRefused` (`damaged`)."""
    name = next((name for name in STREAMS if name in file.names), "")
    if not name:
        raise FileRefused("damaged")
    book = file.stream(name)
    starts = [
        struct.unpack_from("<I", record)[0]
        for kind, record in _records(book, 0)
        if kind == _BOUND_SHEET and len(record) >= 4
    ]
    found = SheetScan()
    if index < len(starts):
        for kind, record in _records(book, starts[index]):
            _take(kind, record, found)
    return found


def _records(book: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    while at + 4 <= len(book):
        kind, length = struct.unpack_from("<HH", book, at)
        yield kind, book[at + 4 : at + 4 + length]
        if kind == _END:
            return
        at += 4 + length


def _take(kind: int, record: bytes, found: SheetScan) -> None:
    if kind == _ROW and len(record) >= 16:
        row, first, after_last = struct.unpack_from("<HHH", record)
        if record[12] & _HIDDEN_ROW and first < after_last:
            found.hide_rows(row + 1)
    elif kind == _COL_INFO and len(record) >= 10:
        first, last, _width, _format, flags = struct.unpack_from("<5H", record)
        if flags & _HIDDEN_COLUMN:
            found.hide_columns(first, last)
    elif kind == _BOOL_ERR and len(record) >= 8:
        row, column, _format, _value, is_error = struct.unpack_from("<HHHBB", record)
        if is_error:
            found.add_code(row + 1, column, "error_cell")
    elif kind == _FORMULA and len(record) >= 14:
        row, column = struct.unpack_from("<HH", record)
        if record[12:14] == b"\xff\xff" and record[6] == _ERROR:
            found.add_code(row + 1, column, "error_cell")
