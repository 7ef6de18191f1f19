"""The first rows of a batch, and the messages of one of them as the customer sees them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from invocations.batches.column_json import choice_of, columns_of
from invocations.batches.recipient_file.rows import Row
from invocations.batches.row_sends import SendsOfRows
from invocations.batches.shown_rows import rows_to_send
from invocations.composing.preview import Bubble, bubbles
from invocations.composing.template_fields import sensitive_keys
from invocations.kaleyra.template_params import ParamsError
from invocations.models import Batch, Channel

MAX_ROWS = 4
MAX_COLUMNS = 6
MAX_CHARACTERS = 120


@dataclass(frozen=True)
class ShownRow:
    number: int
    cells: list[str]
    is_chosen: bool


@dataclass(frozen=True)
class RowPreview:
    """`chosen`: the number of the row whose messages are shown. `more`: rows not listed."""

    headings: list[str]
    rows: list[ShownRow]
    chosen: int
    bubbles: list[Bubble]
    more: int
    is_other: bool
    """Whether the row that was asked for is not sent, so that the next one is shown."""


def row_preview(
    batch: Batch, channels: Sequence[Channel], names: dict[str, str], count: int, asked: int
) -> RowPreview | None:
    """`asked`: a row number; 0 for the first. None if no row is sent."""
    first = rows_to_send(batch, most=MAX_ROWS)
    if not first:
        return None
    chosen = _chosen(batch, first, asked)
    columns = columns_of(batch)
    used = [one for one in range(len(columns.places)) if columns.used(one)][:MAX_COLUMNS]
    shown = first if chosen in first else [*first[: MAX_ROWS - 1], chosen]
    return RowPreview(
        headings=[names.get(columns.places[one], columns.places[one]) for one in used],
        rows=[
            ShownRow(row.number, [_cell(row, one) for one in used], row.number == chosen.number)
            for row in shown
        ],
        chosen=chosen.number,
        bubbles=_messages(batch, channels, chosen),
        more=count - len(shown),
        is_other=bool(asked) and chosen.number != asked,
    )


def _chosen(batch: Batch, first: Sequence[Row], asked: int) -> Row:
    if not asked:
        return first[0]
    found = rows_to_send(batch, first=asked, most=1)
    return found[0] if found else first[0]


def _cell(row: Row, column: int) -> str:
    text = row.cells[column] if column < len(row.cells) else ""
    return text if len(text) <= MAX_CHARACTERS else text[:MAX_CHARACTERS] + "…"


def _messages(batch: Batch, channels: Sequence[Channel], row: Row) -> list[Bubble]:
    sends_of = SendsOfRows(channels, columns_of(batch), choice_of(batch).home or "")
    try:
        sends = sends_of.of(row).sends
    except ParamsError:
        return []
    params = [send.template_params for send in sends]
    return bubbles(channels, params, hidden=sensitive_keys(channels))
