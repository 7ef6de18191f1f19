"""What the parser does not tell of a sheet: hidden and merged cells, and those without a result."""

from __future__ import annotations

from dataclasses import dataclass, field

from invocations.batches.recipient_file.codes import FileRefused

_FEW = 10
_MOST_COLUMNS = 1_000
_MOST_CODES = 1_500_000

Place = tuple[int, int]
"""Row and column, both from 0."""


@dataclass
class SheetScan:
    """Rows are numbered from 1, columns from 0."""

    rows: int = 0
    """Those with cells, as far as they were counted."""
    hidden_rows: list[int] = field(default_factory=list)
    """The first few with cells."""
    hidden_rows_count: int = 0
    hidden_columns: set[int] = field(default_factory=set)
    merged: list[tuple[Place, Place]] = field(default_factory=list)
    """The first few: first and last cell."""
    merged_count: int = 0
    codes: dict[int, list[tuple[int, str]]] = field(default_factory=dict)
    """By row: column and code (`codes.CELL_CODES`) of a cell that the parser gives as empty."""
    _codes_count: int = 0

    def hide_rows(self, first: int, count: int = 1) -> None:
        free = max(_FEW - len(self.hidden_rows), 0)
        self.hidden_rows += range(first, first + min(count, free))
        self.hidden_rows_count += count

    def hide_columns(self, first: int, last: int) -> None:
        """Both are included. “All columns up to XFD” is common: the file's own are few."""
        self.hidden_columns.update(range(first, min(last + 1, _MOST_COLUMNS)))

    def merge(self, first: Place, last: Place) -> None:
        if len(self.merged) < _FEW:
            self.merged.append((first, last))
        self.merged_count += 1

    def add_code(self, row: int, column: int, code: str) -> None:
        """Raises `FileRefused`: a file of errors alone may not fill the memory."""
        if self._codes_count == _MOST_CODES:
            raise FileRefused("too_big_to_read")
        self._codes_count += 1
        self.codes.setdefault(row, []).append((column, code))
