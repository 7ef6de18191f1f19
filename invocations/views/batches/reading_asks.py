"""What is asked before a start because of how the file was read, and what is only said.

Which sheet and which headings are meant is asked before, beside the rows (`file_reading`).
"""

from __future__ import annotations

from collections.abc import Collection

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from invocations.batches.error_words import text_of
from invocations.batches.reading import Reading
from invocations.models import Batch
from invocations.views.batches.cautions import Ask, asks_about_rows

_BOXES: dict[str, str | Promise] = {
    "hidden_sheet_taken": _("I have checked: this is the right sheet"),
    "hidden_rows": _("I have checked: the hidden rows should get it, too"),
    "unsure_separator": _("I have checked: the cells are separated rightly"),
}
"""Notes by which other people than those that are meant may get a message, or other texts."""
_AGAIN = _("To choose another one, go back to the rows.")
_DETAILS: dict[str, str | Promise] = {
    "hidden_sheet_taken": _AGAIN,
    "hidden_rows": _("To leave them out, delete them in the spreadsheet and upload it again."),
    "unsure_separator": _AGAIN,
}
_ICONS = {"hidden_rows": "visibility_off", "unsure_separator": "view_column"}
_SAID = (
    *("heading_row_not_first", "no_heading_row", "hidden_sheets", "hidden_columns"),
    "merged_cells",
)


def asks_of(batch: Batch, *, ticked: Collection[str] = ()) -> list[Ask]:
    """All that has to be answered before the start."""
    return [*_reading_asks(batch, ticked), *asks_about_rows(batch, ticked=ticked)]


def _reading_asks(batch: Batch, ticked: Collection[str]) -> list[Ask]:
    asks = []
    for note in Reading.from_json(batch.reading).notes:
        if note.code not in _BOXES:
            continue
        count = note.facts.get("count", 1)
        token = f"{note.code}:{count}"
        ask = Ask(
            token=token,
            text=text_of(note.code, note.facts),
            detail=str(_DETAILS[note.code]),
            box=_BOXES[note.code],
            icon=_ICONS.get(note.code, "table"),
            count=count if isinstance(count, int) else 1,
            is_ticked=token in ticked,
        )
        asks.append(ask)
    return asks


def said_of(batch: Batch) -> list[str]:
    """What to know of how the file was read, and what needs no answer."""
    notes = Reading.from_json(batch.reading).notes
    return [text_of(note.code, note.facts) for note in notes if note.code in _SAID]
