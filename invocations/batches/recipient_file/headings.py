"""Finds the row of headings, which need not be the first, and what is doubtful about it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from invocations.batches.recipient_file.codes import FileRefused, Told, told
from invocations.batches.recipient_file.rows import Row, column_letters

SAMPLE_ROWS = 50
_FEW_ROWS = 20
"""Rows at the top among which the headings are looked for."""
_NUMBER = re.compile(r"\+?[0-9][0-9 ().\-]{5,20}")
DAY = re.compile(
    r"(?:[0-9]{4}([-./])[0-9]{1,2}\1[0-9]{1,2}|[0-9]{1,2}([-./])[0-9]{1,2}\2[0-9]{2,4})(?![0-9])"
)


@dataclass(frozen=True)
class Table:
    """A file as a table. Iterate once over `rows`: those below the headings."""

    headings: tuple[str, ...]
    heading_row: int
    """0: the file has none, and the first row is one of the rows."""
    notes: tuple[Told, ...]
    sample: tuple[Row, ...]
    """The first rows below the headings, which `rows` gives too."""
    rows: Iterator[Row]

    def name(self, column: int) -> str:
        """The heading of a column, or its letter if it has none."""
        heading = self.headings[column] if column < len(self.headings) else ""
        return heading or column_letters(column)


def table_of(rows: Iterator[Row], heading_row: int | None = None) -> Table:
    """`heading_row`: the number of the row of headings; 0 for none, `None` to find it.

    Raises `FileRefused`: `no_rows`, `no_such_heading_row`, and those of `rows`.
    """
    rows = iter(rows)
    first = _take(rows, max(SAMPLE_ROWS, 0))
    if heading_row is None:
        index = _find(first)
    elif heading_row == 0:
        index = -1
    else:
        numbers = [row.number for row in first]
        if heading_row not in numbers:
            raise FileRefused("no_such_heading_row", row=heading_row)
        index = numbers.index(heading_row)
    below = first[index + 1 :]
    if not below:
        raise FileRefused("no_rows")
    heading = first[index] if index >= 0 else None
    headings = tuple(" ".join(cell.split()) for cell in heading.cells) if heading else ()
    width = len(headings) or max(len(row.cells) for row in first)
    return Table(
        headings,
        heading.number if heading else 0,
        tuple(_notes(heading, headings, is_first=index == 0)),
        tuple(_checked(row, width) for row in below),
        _all_checked(below, rows, width),
    )


def _take(rows: Iterator[Row], count: int) -> list[Row]:
    taken: list[Row] = []
    for row in rows:
        taken.append(row)
        if len(taken) == count:
            break
    return taken


def _all_checked(first: list[Row], rest: Iterator[Row], width: int) -> Iterator[Row]:
    for row in first:
        yield _checked(row, width)
    for row in rest:
        yield row if len(row.cells) <= width else _checked(row, width)


def _checked(row: Row, width: int) -> Row:
    """A row with too many cells has a fault: a comma in a name shifts every value after it."""
    if len(row.cells) <= width:
        return row
    fault = told("more_cells_than_headings", cells=len(row.cells), headings=width)
    return row._replace(faults=(*row.faults, fault))


def _find(first: Sequence[Row]) -> int:
    """The index of the headings in `first`; -1 if the rows begin at once.

    Titles above the headings are in fewer cells than the rows below them.
    """
    widths = Counter(_filled(row) for row in first)
    usual = max(widths, key=lambda width: (widths[width], width))
    for index, row in enumerate(first[:_FEW_ROWS]):
        if any(map(_may_be_number, row.cells)):
            return index - 1
        if any(DAY.match(cell.strip()) for cell in row.cells):
            continue  # of a report: no heading is a day
        if index + 1 < len(first) and _filled(row) >= max(usual - 1, 1) and _is_below(first, index):
            return index
    return 0


def _may_be_number(cell: str) -> bool:
    """A day is none: it may stand in a title."""
    text = cell.strip()
    return _NUMBER.fullmatch(text) is not None and DAY.match(text) is None


def _is_below(first: Sequence[Row], index: int) -> bool:
    """Whether no later row is wider, which would make this one a title."""
    later = first[index + 1 : index + 4]
    return _filled(first[index]) > 1 or all(_filled(row) <= 1 for row in later)


def _filled(row: Row) -> int:
    return sum(1 for cell in row.cells if cell.strip())


def _notes(heading: Row | None, headings: Sequence[str], *, is_first: bool) -> Iterator[Told]:
    if heading is None:
        yield told("no_heading_row")
        return
    if not is_first:
        yield told("heading_row_not_first", row=heading.number)
    columns: dict[str, list[int]] = {}
    for column, name in enumerate(headings):
        if name:
            columns.setdefault(name.casefold(), []).append(column)
        else:
            yield told("blank_heading", column=column_letters(column))
    for same in columns.values():
        if len(same) > 1:
            letters = tuple(column_letters(column) for column in same)
            yield told("equal_headings", heading=headings[same[0]], columns=letters)
