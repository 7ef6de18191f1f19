"""Every code that a file, a row, a cell or a mapping of columns can be given, with its facts.

The sentences for the codes are not here: pages and commands word them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Fact = str | int | tuple[str, ...] | tuple[int, ...]


class Level(StrEnum):
    REFUSED = "refused"
    """Nothing of the file is used."""
    FAULT = "fault"
    """The row cannot be sent as it is. Of a cell: if its column is used."""
    CAUTION = "caution"
    """What was read may not be what was meant."""
    NOTE = "note"
    """A property of the file that the person is told."""


@dataclass(frozen=True)
class CodeInfo:
    level: Level
    facts: tuple[str, ...] = ()
    """Names of the facts that come with the code, always all of them."""


def _refused(*facts: str) -> CodeInfo:
    return CodeInfo(Level.REFUSED, facts)


FILE_CODES = {
    "empty": _refused(),
    "no_rows": _refused(),
    "too_large": _refused("most"),  # bytes
    "too_many_rows": _refused("most"),
    "too_many_columns": _refused("most", "row"),
    "line_too_long": _refused("row", "most"),  # characters
    "cell_too_long": _refused("row", "most"),  # characters
    "torn_quotes": _refused("row"),
    "not_utf8": _refused("row"),
    "encoding": _refused("name"),  # "utf-32", "utf-16 without a byte order mark", …
    "incomplete_utf16": _refused("row"),
    "bad_separator": _refused(),  # a `sep=` line without one character after it
    "html": _refused(),  # a web page or its table, whatever its name ends with
    "xml_spreadsheet": _refused(),  # Excel 2003's XML, or a flat OpenDocument
    "json": _refused(),
    "other_kind": _refused("kind"),  # "pdf", "word", "zip", "image", "apple numbers", …
    "old_excel": _refused(),  # Excel 4.0 or before
    "password": _refused(),
    "damaged": _refused(),
    "too_big_to_read": _refused(),
    "too_slow_to_read": _refused("seconds"),
    "no_such_sheet": _refused("sheet"),
    "no_such_heading_row": _refused("row"),
    "check_failed": _refused(),  # the console failed, not the file
    # What the person is told of a file that can be read.
    "several_sheets": CodeInfo(Level.NOTE, ("sheets", "taken")),
    "hidden_sheets": CodeInfo(Level.NOTE, ("sheets",)),
    "hidden_sheet_taken": CodeInfo(Level.NOTE, ("sheet",)),
    "hidden_rows": CodeInfo(Level.NOTE, ("count", "rows")),  # the first few row numbers
    "hidden_columns": CodeInfo(Level.NOTE, ("columns",)),  # letters
    "merged_cells": CodeInfo(Level.NOTE, ("count", "ranges")),  # the first few, as A2:A5
    "unsure_separator": CodeInfo(Level.NOTE, ("taken", "other")),
    "heading_row_not_first": CodeInfo(Level.NOTE, ("row",)),
    "no_heading_row": CodeInfo(Level.NOTE),
    "equal_headings": CodeInfo(Level.NOTE, ("heading", "columns")),  # letters
    "blank_heading": CodeInfo(Level.NOTE, ("column",)),
}
ROW_CODES = {
    "more_cells_than_headings": CodeInfo(Level.FAULT, ("cells", "headings")),
    "rows_in_a_cell": CodeInfo(Level.FAULT, ("column",)),  # a quote that closes rows later
}
CELL_CODES = {
    "error_cell": CodeInfo(Level.FAULT),
    "formula_without_result": CodeInfo(Level.FAULT),
    "over_15_digits": CodeInfo(Level.FAULT),
    "control_character": CodeInfo(Level.FAULT),
    "scientific": CodeInfo(Level.FAULT),  # 9.19877E+11: digits are lost
    "error_text": CodeInfo(Level.CAUTION),  # the text #N/A
    "date": CodeInfo(Level.CAUTION),
    "boolean": CodeInfo(Level.CAUTION),
    "fraction": CodeInfo(Level.CAUTION),  # 0.15 may have been shown as 15 %
    "covered_cell": CodeInfo(Level.CAUTION),  # below merged cells: nobody sees it
    "formula_text": CodeInfo(Level.CAUTION),  # the text ="KF-1"
    "whole_with_decimals": CodeInfo(Level.CAUTION),  # the text 919876512340.0
}
"""A fault of a cell counts if its column is used."""
MAPPING_CODES = {
    "recipient_missing": CodeInfo(Level.FAULT),
    "recipient_unsure": CodeInfo(Level.FAULT, ("columns",)),  # indexes, from 0
    "value_missing": CodeInfo(Level.FAULT, ("key", "label", "channels")),
    "place_twice": CodeInfo(Level.FAULT, ("place", "columns")),
    "column_and_fixed": CodeInfo(Level.FAULT, ("place",)),
    "no_such_column": CodeInfo(Level.FAULT, ("column",)),
    "no_such_place": CodeInfo(Level.FAULT, ("place",)),
    "column_ambiguous": CodeInfo(Level.FAULT, ("column", "columns")),
    "recipient_looks_wrong": CodeInfo(Level.CAUTION, ("column",)),
}
CODES = FILE_CODES | ROW_CODES | CELL_CODES | MAPPING_CODES


@dataclass(frozen=True)
class Told:
    """A code with its facts. Facts hold no content of a cell but headings and names of sheets."""

    code: str
    facts: dict[str, Fact]

    @property
    def level(self) -> Level:
        return CODES[self.code].level


def told(code: str, **facts: Fact) -> Told:
    """Raises `ValueError` if the facts are not those that `CODES` says."""
    if set(facts) != set(CODES[code].facts):
        raise ValueError(f"{code} has other facts")
    return Told(code, facts)


class FileRefused(ValueError):
    """Nothing of the file may be used. `code` and `facts` say why; the caller words it."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        told(code, **facts)
        self.code = code
        self.facts = facts
