"""A row of a file of recipients, and the limits of a file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from invocations.batches.recipient_file.codes import Told


class CellFault(NamedTuple):
    """What is doubtful about one cell, whatever its column is used for."""

    column: int
    """From 0."""
    code: str
    """Of `codes.CELL_CODES`."""


class Row(NamedTuple):
    """One row that is not empty. Empty cells at its end are left out."""

    number: int
    """From 1, as the spreadsheet counts: a line break inside a cell begins no row."""
    cells: Sequence[str]
    cell_faults: Sequence[CellFault] = ()
    faults: Sequence[Told] = ()
    """Of the row as a whole: `codes.ROW_CODES`."""


@dataclass(frozen=True)
class Limits:
    most_bytes: int = 100_000_000
    most_rows: int = 1_000_000
    most_columns: int = 1_000
    most_cell_characters: int = 131_072
    """That of the csv module, which is set for the whole process: do not raise it."""
    most_line_characters: int = 2_000_000
    child_memory_bytes: int = 1_500_000_000
    answer_seconds: float = 11
    """Longest wait for the first row of a workbook, and for each part after it."""
    child_cpu_seconds: float = 11
    large_file_bytes: int = 2_000_000
    """From here on a workbook gets more time: one of a million rows has 30 MB and takes 20 seconds
    of a processor, whatever else the machine does at the same time."""
    seconds_a_megabyte: float = 10
    child_cpu_seconds_a_megabyte: float = 2
    most_unzipped_bytes: int = 1_000_000_000

    def seconds_for(self, size: int) -> tuple[float, int]:
        """To wait for rows of a workbook of `size` bytes, and of a processor to read it."""
        megabytes = max(size - self.large_file_bytes, 0) / 1_000_000
        wait = self.answer_seconds + megabytes * self.seconds_a_megabyte
        cpu = self.child_cpu_seconds + megabytes * self.child_cpu_seconds_a_megabyte
        return wait, int(cpu)


LIMITS = Limits()

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SCIENTIFIC = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?[eE]\+?[0-9]{1,3}")
_ERROR_TEXT = re.compile(r"#(?:N/A|REF!|NAME\?|VALUE!|DIV/0!|NUM!|NULL!|SPILL!|CALC!|####*)")
_WHOLE = re.compile(r"\+?[0-9]{6,}[.,]0+")
_FORMULA_TEXT = re.compile('=["“”].*["“”]', re.DOTALL)
_DOUBTFUL = re.compile('[\x00-\x08\x0b\x0c\x0e-\x1f\x7f#]|[0-9][eE]\\+?[0-9]|[0-9][.,]0|=["“”]')
"""Finds every text that one of the patterns above could match."""


def text_faults(cells: Sequence[str]) -> tuple[CellFault, ...]:
    """What is doubtful about cells that are text, as all cells of a CSV are."""
    if not _DOUBTFUL.search("\n".join(cells)):
        return ()
    return tuple(
        CellFault(column, code)
        for column, text in enumerate(cells)
        if (code := _code_of_text(text.strip(" ")))
    )


def _code_of_text(text: str) -> str:
    if _CONTROL.search(text):
        return "control_character"
    if _SCIENTIFIC.fullmatch(text):
        return "scientific"
    if _ERROR_TEXT.fullmatch(text):
        return "error_text"
    if _FORMULA_TEXT.fullmatch(text):
        return "formula_text"
    return "whole_with_decimals" if _WHOLE.fullmatch(text) else ""


def without_empty_end(cells: list[str]) -> list[str]:
    """`cells` itself, shortened: blank cells at its end are no cells."""
    while cells and (not cells[-1] or cells[-1].isspace()):
        cells.pop()
    return cells


def column_letters(column: int) -> str:
    """`A` for 0, `AA` for 26."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
