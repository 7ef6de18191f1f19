"""Reads a CSV in constant memory, strictly: what is torn is refused with its row.

The csv module reads `"He said "hi" there"` as `He said hi" there"` and takes the rest of the file
for one cell after a quote that is never closed, unless it is strict.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import NoReturn

from invocations.batches.recipient_file import separators
from invocations.batches.recipient_file.codes import FileRefused, Told, told
from invocations.batches.recipient_file.kinds import encoding_of
from invocations.batches.recipient_file.rows import Limits, Row, text_faults, without_empty_end
from invocations.batches.recipient_file.source import HEAD_BYTES, Source

_BUFFER_BYTES = 262_144
_NUMBER = re.compile(r"\"?\+?[0-9][0-9 ()\-]{6,18}\"?")


class TextFile:
    """A CSV. Iterate once over it: rows that are not empty, in the file's order.

    Raises `FileRefused`, also in the middle of the rows: nothing of such a file may be used.
    """

    kind = "csv"
    sheet = ""

    def __init__(self, source: Source, limits: Limits, separator: str = "") -> None:
        self._limits = limits
        self._row = 0
        """Number of the record that was read last."""
        self.encoding = encoding_of(source.head)
        buffered = io.BufferedReader(source, _BUFFER_BYTES)
        self._text = io.TextIOWrapper(buffered, encoding=self.encoding, newline="")
        self._sample = self._first_lines()
        self.notes: list[Told] = []
        self.sheets: list[str] = []
        self.empty_rows = 0
        self.separator = separator or self._find_separator()

    def close(self) -> None:
        """Nothing to end: the stream belongs to whoever opened it."""

    def _first_lines(self) -> list[str]:
        lines, characters = [], 0
        for line in self._lines_of_file():
            lines.append(line)
            self._row = len(lines)
            characters += len(line)
            if characters > HEAD_BYTES:
                break
        self._row = 0
        return lines

    def _find_separator(self) -> str:
        if self._sample and (named := separators.named_in(self._sample[0])):
            # Excel hides the line, and counts the rows from the next one.
            del self._sample[0]
            return named
        found = separators.detect("".join(self._sample))
        if found.other:
            self.notes.append(told("unsure_separator", taken=found.character, other=found.other))
        return found.character

    def _lines_of_file(self) -> Iterator[str]:
        most = self._limits.most_line_characters
        readline = self._text.readline
        try:
            while line := readline(most):
                if len(line) == most:
                    raise FileRefused("line_too_long", row=self._row + 1, most=most)
                yield line
        except UnicodeDecodeError as error:
            self._refuse_encoding(error)

    def _refuse_encoding(self, error: UnicodeDecodeError) -> NoReturn:
        # All whole lines before this piece of the file were read.
        row = self._row + 1 + error.object[: error.start].count(b"\n")
        code = "not_utf8" if self.encoding == "utf-8-sig" else "incomplete_utf16"
        raise FileRefused(code, row=row) from error

    def _lines(self) -> Iterator[str]:
        yield from self._sample
        self._sample = []
        yield from self._lines_of_file()

    def __iter__(self) -> Iterator[Row]:
        limits = self._limits
        reader = csv.reader(self._lines(), delimiter=self.separator, strict=True)
        filled = 0
        for number, cells in enumerate(self._records(reader), start=1):
            self._row = number
            if not without_empty_end(cells):
                self.empty_rows += 1
                continue
            filled += 1
            if filled > limits.most_rows + 1:  # and the headings
                raise FileRefused("too_many_rows", most=limits.most_rows)
            if len(cells) > limits.most_columns:
                raise FileRefused("too_many_columns", row=number, most=limits.most_columns)
            yield Row(number, cells, text_faults(cells), self._swallowed(cells))
        if not filled:
            raise FileRefused("empty")

    def _records(self, reader: Iterator[list[str]]) -> Iterator[list[str]]:
        try:
            yield from reader
        except csv.Error as error:
            row = self._row + 1
            if "field larger" in str(error):
                most = self._limits.most_cell_characters
                raise FileRefused("cell_too_long", row=row, most=most) from error
            raise FileRefused("torn_quotes", row=row) from error

    def _swallowed(self, cells: list[str]) -> tuple[Told, ...]:
        """Refuses a row with whole rows inside a cell: a quote was closed some rows too late."""
        separator = self.separator
        return tuple(
            told("rows_in_a_cell", column=column)
            for column, text in enumerate(cells)
            if "\n" in text and separator in text and _holds_rows(text, separator, len(cells))
        )


def _holds_rows(text: str, separator: str, columns: int) -> bool:
    """Whether a line of `text` is like a row: an address has blanks after commas.

    Of a narrow table a row has one separator, so its number has to tell.
    """
    wanted = max(2, min(columns, 4) - 1)
    return any(
        (index > 0 and line.count(separator) - line.count(separator + " ") >= wanted)
        or _has_number_beside(line, separator)
        for index, line in enumerate(text.splitlines())
    )


def _has_number_beside(line: str, separator: str) -> bool:
    cells = line.split(separator)
    are_tight = len(cells) > 1 and not any(cell.startswith(" ") for cell in cells[1:])
    return are_tight and any(map(_NUMBER.fullmatch, cells))
