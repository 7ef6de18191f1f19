"""What `manage.py import_batch` says about a file. No cell of it is among that."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from invocations.batches import error_words
from invocations.batches.dry_check import CheckedFile
from invocations.batches.part_found import RowFault
from invocations.batches.reading import Reading
from invocations.batches.recipient_file import FileRefused
from invocations.batches.recipient_file.rows import column_letters
from invocations.kaleyra import recipients

MOST_BAD = 1_000
"""Faults that are listed in JSON. All are counted."""
_FEW_ROWS = 5


def as_json(checked: CheckedFile) -> dict[str, Any]:
    counts = checked.counts
    return {
        "rows": counts.rows,
        "ok": counts.rows - counts.bad,
        "bad": [
            {"row": row, "column": column_name(checked.reading, fault.column), "code": fault.code}
            for row, fault in checked.bad[:MOST_BAD]
        ],
        "refused": mapping_refusal(checked),
    }


def refusal_json(refused: FileRefused) -> dict[str, Any]:
    return {"rows": 0, "ok": 0, "bad": [], "refused": refused.code}


def mapping_refusal(checked: CheckedFile) -> str | None:
    """The code of what has to be said about the columns first."""
    if checked.columns.is_complete:
        return None
    return next(each.code for each in checked.columns.problems if each.level == "fault")


def column_name(reading: Reading, column: int) -> str | None:
    """Its heading, or its letter if it has none; None for the row as a whole."""
    if column < 0:
        return None
    heading = reading.headings[column] if column < len(reading.headings) else ""
    return heading or column_letters(column)


def lines_of(checked: CheckedFile) -> Iterator[str]:
    for note in (*checked.reading.notes, *checked.columns.problems):
        yield error_words.text_of(note.code, note.facts)
    if not checked.columns.is_complete:
        return
    yield f"{_columns_line(checked)}."
    counts = checked.counts
    yield f"{counts.rows:,} rows: {counts.rows - counts.bad:,} can be sent, {counts.bad:,} cannot."
    yield from _fault_lines(checked)
    yield from _caution_lines(checked)
    if counts.to_send:
        countries = ", ".join(
            f"{recipients.country(region)} {rows:,}" for region, rows in counts.countries.items()
        )
        yield f"Countries: {countries}."
    if counts.all_sms_parts:
        yield f"Parts of SMS, if each row needs its SMS: {counts.all_sms_parts:,}."


def _columns_line(checked: CheckedFile) -> str:
    used = [
        f"{column_name(checked.reading, column)} → {place}"
        for column, place in enumerate(checked.columns.places)
        if place
    ]
    return "Columns: " + ", ".join(used)


def _fault_lines(checked: CheckedFile) -> Iterator[str]:
    for kind in checked.summary.faults:
        column = column_name(checked.reading, kind.column)
        where = f", column {column}" if column else ""
        rows = [row for row, _ in kind.rows]
        yield f"- {kind.count:,} × {kind.code}{where}, {_rows(rows, kind.count)}: {kind.rows[0][1]}"


def _caution_lines(checked: CheckedFile) -> Iterator[str]:
    counts, summary = checked.counts, checked.summary
    if counts.repeats:
        rows = [row for row, _ in summary.repeats]
        yield (
            f"- {counts.repeats:,} rows have the number of an earlier row, "
            f"{_rows(rows, counts.repeats)}."
        )
    if counts.sent_lately:
        rows = [row for row, _ in summary.sent_lately]
        yield (
            f"- {counts.sent_lately:,} numbers were sent a message of this workflow in the last "
            f"24 hours, or one waits to leave, {_rows(rows, counts.sent_lately)}."
        )
    for kind in summary.cautions:
        yield f"- {kind.count:,} × {kind.code}, {_rows(kind.rows, kind.count)}: {kind.text}"


def _rows(rows: list[int], count: int) -> str:
    shown = ", ".join(map(str, rows[:_FEW_ROWS]))
    more = ", …" if count > min(len(rows), _FEW_ROWS) else ""
    return f"{'row' if count == 1 else 'rows'} {shown}{more}"


def bad_in(faults: dict[int, list[RowFault]]) -> list[tuple[int, RowFault]]:
    return [(row, fault) for row, found in sorted(faults.items()) for fault in found]
