"""How a file is read: its sheet, its separator and the row of its headings, as a person chose."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.http import QueryDict
from django.utils.translation import gettext as _

from invocations.batches.reading import Asked, Reading
from invocations.models import Batch

MAX_PREVIEW = 80
FOUND = "?"
"""The choice to find it again."""


@dataclass(frozen=True)
class ReadingChoices:
    """`asks`: whether the file has several of something, so that the choices are shown open."""

    sheets: list[tuple[str, bool]]
    separators: list[tuple[str, str, bool]]
    heading_rows: list[tuple[int, str, bool]]
    asks: bool


def reading_choices(reading: Reading, batch: Batch) -> ReadingChoices | None:
    """None if nothing of the file was read."""
    if not reading.kind and not reading.sheets:
        return None
    names = {",": _("Comma"), ";": _("Semicolon"), "\t": _("Tab"), "|": _("Vertical bar")}
    separators = []
    if reading.kind == "csv":
        if reading.separator and reading.separator not in names:
            names[reading.separator] = f"“{reading.separator}”"
        separators = [(one, name, one == reading.separator) for one, name in names.items()]
    rows = [
        (number, _preview(cells), number == reading.heading_row) for number, cells in reading.top
    ]
    return ReadingChoices(
        sheets=[(sheet, sheet == reading.sheet) for sheet in reading.sheets],
        separators=separators,
        heading_rows=[*rows, (0, _("None: the first row is a recipient"), not reading.heading_row)],
        asks=len(reading.sheets) > 1
        or reading.heading_row != (reading.top[0][0] if reading.top else 1)
        or batch.state == Batch.State.REFUSED,
    )


def is_to_be_asked(batch: Batch) -> bool:
    """Whether a person has to see first how the file was read."""
    reading = Reading.from_json(batch.reading)
    return asks_how_read(reading, batch) and reading.asked == Asked()


def asks_how_read(reading: Reading, batch: Batch) -> bool:
    """Whether the file could be read otherwise, too."""
    choices = reading_choices(reading, batch)
    return choices is not None and choices.asks


def how_read(reading: Reading) -> str:
    """For example "sheet “Delays” of 3, headings in row 3"."""
    parts = []
    if reading.sheet and len(reading.sheets) > 1:
        facts = {"sheet": reading.sheet, "count": len(reading.sheets)}
        parts.append(_("sheet “%(sheet)s” of %(count)s") % facts)
    if reading.heading_row:
        parts.append(_("headings in row %(row)s") % {"row": reading.heading_row})
    else:
        parts.append(_("no headings: the first row is a recipient"))
    return ", ".join(parts)


def asked_from(posted: QueryDict, reading: Reading) -> Asked:
    """What was posted, as far as it differs from what was found."""
    asked = reading.asked
    sheet, separator = posted.get("sheet"), posted.get("separator")
    row = posted.get("heading_row", "")
    if sheet is not None and sheet != reading.sheet and sheet in reading.sheets:
        # Another sheet has other headings.
        return Asked(sheet=sheet, separator=asked.separator, heading_row=None)
    if separator and separator != reading.separator and len(separator) == 1:
        return Asked(sheet=asked.sheet, separator=separator, heading_row=None)
    if row.isdecimal() and len(row) < 8 and int(row) != reading.heading_row:
        return replace(asked, heading_row=int(row))
    return asked


def _preview(cells: tuple[str, ...]) -> str:
    text = ", ".join(cell for cell in cells if cell.strip())
    return text[:MAX_PREVIEW] + ("…" if len(text) > MAX_PREVIEW else "")
