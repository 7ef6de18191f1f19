"""Looks for what is hidden, merged or without a result in a sheet of an OpenDocument file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO
from xml.parsers import expat

from invocations.batches.recipient_file.codes import FileRefused
from invocations.batches.recipient_file.sheet_scan import SheetScan

_NS = "urn:oasis:names:tc:opendocument:xmlns:"
_TABLE, _ROW = f"{_NS}table:1.0 table", f"{_NS}table:1.0 table-row"
_COLUMN = f"{_NS}table:1.0 table-column"
_CELL, _COVERED = f"{_NS}table:1.0 table-cell", f"{_NS}table:1.0 covered-table-cell"
_NAME, _VISIBILITY = f"{_NS}table:1.0 name", f"{_NS}table:1.0 visibility"
_FORMULA, _TYPE = f"{_NS}table:1.0 formula", f"{_NS}office:1.0 value-type"
_CALC_TYPE = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0 value-type"
_ROWS_REPEATED = f"{_NS}table:1.0 number-rows-repeated"
_COLUMNS_REPEATED = f"{_NS}table:1.0 number-columns-repeated"
_ROWS_SPANNED = f"{_NS}table:1.0 number-rows-spanned"
_COLUMNS_SPANNED = f"{_NS}table:1.0 number-columns-spanned"
_HIDDEN = ("collapse", "filter")
_MOST = 10_000_000


def scan(stream: IO[bytes], sheet: str) -> SheetScan:
    """Raises `FileRefused` (`damaged`)."""
    reader = _TableReader(sheet)
    try:
        reader.parser.ParseFile(stream)
    except expat.ExpatError as error:
        raise FileRefused("damaged") from error
    return reader.found


class _TableReader:
    def __init__(self, sheet: str) -> None:
        self.found = SheetScan()
        self._sheet = sheet
        self._is_inside = False
        self._row = 1
        self._column = self._columns = 0
        self._has_cells = False
        self._row_attributes: Mapping[str, str] = {}
        self._codes: list[tuple[int, str]] = []
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == _TABLE:
            self._is_inside = attributes.get(_NAME) == self._sheet
        elif not self._is_inside:
            return
        elif name in (_CELL, _COVERED):
            self._take_cell(name, attributes)
        elif name == _ROW:
            self._row_attributes = attributes
            self._column, self._has_cells, self._codes = 0, False, []
        elif name == _COLUMN:
            count = _count(attributes, _COLUMNS_REPEATED)
            if attributes.get(_VISIBILITY) in _HIDDEN:
                self.found.hide_columns(self._columns, self._columns + count - 1)
            self._columns += count

    def _end(self, name: str) -> None:
        if name == _TABLE:
            self._is_inside = False
        elif name == _ROW and self._is_inside:
            self._end_row()

    def _take_cell(self, name: str, attributes: Mapping[str, str]) -> None:
        count = _count(attributes, _COLUMNS_REPEATED)
        is_filled = _TYPE in attributes or _FORMULA in attributes
        if is_filled:
            self._has_cells = True
            if attributes.get(_CALC_TYPE) == "error":
                self._add_codes("error_cell", count)
            elif _TYPE not in attributes:
                self._add_codes("formula_without_result", count)
            elif name == _COVERED:
                self._add_codes("covered_cell", count)
        rows, columns = _count(attributes, _ROWS_SPANNED), _count(attributes, _COLUMNS_SPANNED)
        if rows > 1 or columns > 1:
            first = (self._row - 1, self._column)
            self.found.merge(first, (first[0] + rows - 1, first[1] + columns - 1))
        self._column += count

    def _add_codes(self, code: str, count: int) -> None:
        if count > 1_000:  # wider than a file may be
            raise FileRefused("too_big_to_read")
        self._codes += [(self._column + i, code) for i in range(count)]

    def _end_row(self) -> None:
        count = _count(self._row_attributes, _ROWS_REPEATED)
        if self._has_cells:
            self.found.rows += count
            if self._row_attributes.get(_VISIBILITY) in _HIDDEN:
                self.found.hide_rows(self._row, count)
            for row in range(self._row, self._row + count) if self._codes else ():
                for column, code in self._codes:
                    self.found.add_code(row, column, code)
        self._row += count


def _count(attributes: Mapping[str, str], name: str) -> int:
    """1 if it is not given."""
    text = attributes.get(name, "")[:10]
    return min(max(int(text), 1), _MOST) if text.isascii() and text.isdigit() else 1
