"""The rows at fault, as a table whose wrong cells can be corrected."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from django.http import QueryDict
from django.utils.translation import gettext as _

from invocations.batches.columns import ColumnMap
from invocations.batches.part_found import RowFault
from invocations.batches.reading import Reading
from invocations.batches.recipient_file.rows import column_letters
from invocations.batches.shown_rows import FoundRow, rows_by_number
from invocations.batches.summary import FaultKind, Summary
from invocations.models import Batch

PER_PAGE = 50
MAX_SHOWN_COLUMNS = 40
MAX_CHARACTERS = 300
"""Of a cell that is shown and not corrected."""
MAX_INPUT_CHARACTERS = 2_000
"""A longer cell is corrected in the file: a page full of such cells could not be carried."""


@dataclass(frozen=True)
class Cell:
    """`message`: what is wrong with it; empty if it is right. `name`: of its input, if it has
    one.
    """

    column: int
    heading: str
    text: str
    message: str = ""
    name: str = ""
    label: str = ""
    is_cut: bool = False


@dataclass(frozen=True)
class FaultRow:
    number: int
    cells: list[Cell]
    messages: list[str] = field(default_factory=list)
    """About the row as a whole, or about a text that is the same for all rows."""


@dataclass(frozen=True)
class FaultTable:
    """`total`: rows of this kind. `kind`: the chosen one, or None for all."""

    columns: list[tuple[str, str]]
    """Heading, and what the column is."""
    rows: list[FaultRow]
    total: int
    kind: int | None
    page: int
    pages: int
    named: int
    """Rows of this kind that the page can name. The others follow when these are put right."""


def fault_table(
    batch: Batch,
    reading: Reading,
    columns: ColumnMap,
    summary: Summary,
    place_names: dict[str, str],
    address: QueryDict,
) -> FaultTable:
    """`address`: `kind` and `page`."""
    kind = _number(address.get("kind", ""), len(summary.faults))
    chosen = summary.faults if kind is None else [summary.faults[kind]]
    numbers = sorted({number for each in chosen for number, _text in each.rows})
    pages = max(1, -(-len(numbers) // PER_PAGE))
    page = min(_number(address.get("page", ""), pages + 1) or 1, pages)
    shown = numbers[(page - 1) * PER_PAGE : page * PER_PAGE]
    found = rows_by_number(batch, shown)
    order = _columns_to_show(columns, chosen, found.values())
    make = _RowMaker(reading, order)
    return FaultTable(
        columns=[
            (heading_of(reading, column), _place_name(columns, column, place_names))
            for column in order
        ],
        rows=[make.row(found[number]) for number in shown if number in found],
        total=summary.counts(batch.leaves_out).bad if kind is None else chosen[0].count,
        kind=kind,
        page=page,
        pages=pages,
        named=len(numbers),
    )


def heading_of(reading: Reading, column: int) -> str:
    """The heading, or the column's letter."""
    heading = reading.headings[column] if column < len(reading.headings) else ""
    return heading or column_letters(column)


def cell_name(row: int, column: int) -> str:
    return f"cell-{row}-{column}"


def posted_cells(posted: QueryDict) -> dict[tuple[int, int], str]:
    """What was posted for cells, by row and column. The browser sends all that were shown."""
    cells = {}
    for name, text in posted.items():
        word, _dash, place = name.partition("-")
        row, _dash, column = place.partition("-")
        if word == "cell" and row.isdecimal() and column.isdecimal() and len(place) < 20:
            cells[int(row), int(column)] = str(text)
    return cells


def changed_cells(batch: Batch, posted: QueryDict) -> dict[tuple[int, int], str]:
    """Those of `posted_cells` that differ from what is stored."""
    cells = posted_cells(posted)
    found = rows_by_number(batch, {row for row, _column in cells})
    return {
        (number, column): text
        for (number, column), text in cells.items()
        if number in found and text != _text_in(found[number], column)
    }


def _text_in(found: FoundRow, column: int) -> str:
    cells = found.row.cells
    return cells[column] if column < len(cells) else ""


def _columns_to_show(
    columns: ColumnMap, kinds: Sequence[FaultKind], shown: Iterable[FoundRow]
) -> list[int]:
    """Those that are used, and those at fault, in the order of the file.

    With a row that has too many cells, all: its values may have to be moved to other columns.
    """
    widest = max((len(found.row.cells) for found in shown if found.row.faults), default=0)
    if widest:
        return list(range(min(max(widest, len(columns.places)), MAX_SHOWN_COLUMNS)))
    used = [column for column in range(len(columns.places)) if columns.used(column)]
    at_fault = {kind.column for kind in kinds if kind.column >= 0}
    return sorted({*used[:MAX_SHOWN_COLUMNS], *at_fault})


def _place_name(columns: ColumnMap, column: int, names: dict[str, str]) -> str:
    if column >= len(columns.places):
        return _("too many: leave it empty")
    place = columns.places[column]
    return names.get(place, place)


def _number(typed: str, below: int) -> int | None:
    number = int(typed) if typed.isdecimal() and len(typed) < 6 else None
    return number if number is not None and number < below else None


class _RowMaker:
    def __init__(self, reading: Reading, order: Sequence[int]) -> None:
        self._reading, self._order = reading, order

    def row(self, found: FoundRow) -> FaultRow:
        number = found.row.number
        faults = found.found.faults.get(number, [])
        messages = [fault.text for fault in faults if not self._is_of_cell(fault)]
        by_column = {fault.column: fault for fault in faults if self._is_of_cell(fault)}
        cells = list(self._cells(found, by_column, all_open=bool(messages)))
        return FaultRow(number, cells, messages)

    def _is_of_cell(self, fault: RowFault) -> bool:
        return fault.column in self._order

    def _cells(
        self, found: FoundRow, by_column: dict[int, RowFault], *, all_open: bool
    ) -> Iterator[Cell]:
        """`all_open`: each cell can be corrected, as the row as a whole is at fault."""
        for column in self._order:
            heading = heading_of(self._reading, column)
            text, fault = _text_in(found, column), by_column.get(column)
            message = fault.text if fault else ""
            is_open = all_open or fault is not None
            if not is_open or len(text) > MAX_INPUT_CHARACTERS:
                if is_open and fault:
                    message += " " + _("It is too long for this page: correct it in the file.")
                is_cut = len(text) > MAX_CHARACTERS
                yield Cell(column, heading, text[:MAX_CHARACTERS], message.strip(), is_cut=is_cut)
                continue
            name = cell_name(found.row.number, column)
            label = _("Row %(row)s, %(column)s") % {
                "row": f"{found.row.number:,}",
                "column": heading,
            }
            yield Cell(column, heading, text, message, name, label)
