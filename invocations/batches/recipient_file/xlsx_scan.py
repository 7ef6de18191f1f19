"""Looks for hidden rows and columns, errors and missing results in a sheet of an XLSX.

Each byte is looked at a bounded number of times, whatever the sheet holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO

from invocations.batches.recipient_file.sheet_scan import SheetScan

_PIECE = 1_048_576
_MOST_REST = 4 * _PIECE
_NAMESPACE = rb"(?:\w{1,40}:)?"
_TAG = re.compile(
    rb"<%s(row|col|c|f|v|is)(?=[\s/>])([^<>]{0,2000})>|</%ssheetData\s*>" % (_NAMESPACE, _NAMESPACE)
)
_NEEDS_A_LOOK = re.compile(
    rb"hidden\s*=\s*[\"'](?:1|true)|(?<![\w:])t\s*=\s*[\"']e[\"']|<%sf[\s/>]" % _NAMESPACE
)
_ROW_START = b"<row "
_ROW_NUMBER = re.compile(rb"(?<![\w:])r\s*=\s*[\"']([0-9]{1,7})[\"']")
_CELL_PLACE = re.compile(rb"(?<![\w:])r\s*=\s*[\"']([A-Z]{1,3})[0-9]{1,7}[\"']")
_CELL_TYPE = re.compile(rb"(?<![\w:])t\s*=\s*[\"'](\w{1,12})[\"']")
_HIDDEN = re.compile(rb"(?<![\w:])hidden\s*=\s*[\"'](?:1|true)[\"']")
_SPAN = re.compile(rb"(?<![\w:])(min|max)\s*=\s*[\"']([0-9]{1,5})[\"']")


def scan(stream: IO[bytes]) -> SheetScan:
    """Hidden rows and columns, error cells, and formulas without a stored result."""
    reader = _SheetReader()
    for piece, is_whole_rows in _pieces(stream):
        if is_whole_rows and not _NEEDS_A_LOOK.search(piece) and reader.skip(piece):
            continue
        reader.read(piece)
    reader.end_cell()
    return reader.found


def _pieces(stream: IO[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Pieces that end before a tag, and whether they begin and end with a whole row."""
    rest, begins_with_row = b"", False
    while more := stream.read(_PIECE):
        piece = rest + more
        cut = piece.rfind(_ROW_START)
        if cut > 0:
            yield piece[:cut], begins_with_row
            rest, begins_with_row = piece[cut:], True
        elif len(piece) > _MOST_REST:
            cut = piece.rfind(b"<")
            cut = cut if cut > 0 else len(piece)
            yield piece[:cut], False
            rest, begins_with_row = piece[cut:], False
        else:
            rest = piece
    yield rest, False


class _SheetReader:
    """Goes through the tags of a sheet, and knows in which cell it is."""

    def __init__(self) -> None:
        self.found = SheetScan()
        self._row = 0
        self._column = -1
        self._type = b""
        """Of the cell; empty outside of one."""
        self._is_hidden_row = self._has_formula = self._has_value = False

    def skip(self, piece: bytes) -> bool:
        """Passes over whole rows, if the last one has a number. False: they must be read."""
        start = piece.rfind(_ROW_START)
        number = _ROW_NUMBER.search(piece, start, start + 200) if start >= 0 else None
        if number is None or b"<row>" in piece:
            return False
        self.end_cell()
        self._row = int(number[1])
        return True

    def read(self, piece: bytes) -> None:
        for tag in _TAG.finditer(piece):
            name, attributes = tag[1], tag[2]
            if name == b"v":
                if not attributes.endswith(b"/") and piece[tag.end() : tag.end() + 1] != b"<":
                    self._has_value = True
            elif name == b"is":
                self._has_value = True
            elif name == b"f":
                self._has_formula = True
            elif name == b"col":
                self._take_columns(attributes)
            else:
                self.end_cell()
                if name == b"c":
                    self._begin_cell(attributes)
                elif name == b"row":
                    self._begin_row(attributes)

    def _take_columns(self, attributes: bytes) -> None:
        if _HIDDEN.search(attributes):
            span = {one[1]: int(one[2]) for one in _SPAN.finditer(attributes)}
            self.found.hide_columns(span.get(b"min", 1) - 1, span.get(b"max", 0) - 1)

    def _begin_row(self, attributes: bytes) -> None:
        number = _ROW_NUMBER.search(attributes)
        self._row = int(number[1]) if number else self._row + 1
        self._column = -1
        self._is_hidden_row = _HIDDEN.search(attributes) is not None

    def _begin_cell(self, attributes: bytes) -> None:
        """A cell that does not name its place is the next one."""
        place = _CELL_PLACE.search(attributes)
        self._column = _column_of(place[1]) if place else self._column + 1
        kind = _CELL_TYPE.search(attributes)
        self._type = kind[1] if kind else b"n"

    def end_cell(self) -> None:
        kind, has_value, has_formula = self._type, self._has_value, self._has_formula
        self._type = b""
        self._has_formula = self._has_value = False
        if not kind:
            return
        if self._is_hidden_row and (has_value or has_formula):
            self.found.hide_rows(self._row)
            self._is_hidden_row = False
        if kind == b"e":
            self.found.add_code(self._row, self._column, "error_cell")
        elif has_formula and not has_value and kind != b"str":  # an empty text is a result
            self.found.add_code(self._row, self._column, "formula_without_result")


def _column_of(letters: bytes) -> int:
    column = 0
    for letter in letters:
        column = column * 26 + letter - 64
    return column - 1
