"""What each code of a file, a row, a cell or a choice of columns means, and what to do about it.

The texts name no button, because a command has none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from invocations.batches.recipient_file.rows import column_letters
from invocations.batches.words_of_files import FILE_TEXT, KIND_NAMES, Text

ROW_TEXT: dict[str, Text] = {
    "more_cells_than_headings": _(
        "This row has %(cells)s cells, and there are %(headings)s headings. A separator inside a "
        "text shifts all values behind it: put that text in quotes, or delete what is too much."
    ),
    "rows_in_a_cell": _(
        "One cell holds whole rows: a quotation mark in it is closed some rows too late. "
        "Take the mark out, and upload the file again."
    ),
}
CELL_TEXT: dict[str, Text] = {
    "error_cell": _("The spreadsheet shows an error here. Correct the formula, or type the value."),
    "formula_without_result": _(
        "There is a formula here without a result. Open the file in your spreadsheet program and "
        "save it there, or type the value."
    ),
    "over_15_digits": _(
        "A spreadsheet keeps 15 digits of a number, so the last ones are lost. Type the value "
        "from its source, in a column whose format is Text."
    ),
    "control_character": _("There is a control character here. Type the value again without it."),
    "scientific": _(
        "A spreadsheet has shortened this number, so digits are lost. Type all its digits from "
        "their source, in a column whose format is Text."
    ),
    "error_text": _("This is what a spreadsheet writes for an error. Is it meant?"),
    "date": _("A date of the spreadsheet is sent as 2027-03-01. Is it meant like that?"),
    "boolean": _("A true or false of the spreadsheet is sent as TRUE or FALSE. Is it meant?"),
    "fraction": _("The spreadsheet may show 0.15 as 15 %% or as an amount. It is sent as 0.15."),
    "covered_cell": _(
        "Merged cells hide this text in the spreadsheet. It is sent all the same: is it meant?"
    ),
    "formula_text": _(
        'A program has put ="…" around this text. The customer would read these signs, too.'
    ),
    "whole_with_decimals": _("A program has added “.0” to a number. Is it meant?"),
}
_AS_NUMBER = _(
    "The spreadsheet has made %(what)s of this phone number. Type all its digits from their "
    "source, in a column whose format is Text."
)
NUMBER_TEXT: dict[str, Text] = {
    "date": _("a date"),
    "boolean": _("a true or false"),
    "fraction": _("an amount with decimals"),
}
"""Cautions in other columns: a phone number is never meant like that."""
CHECK_TEXT: dict[str, Text] = {
    "ticket_too_long": _("A ticket has %(most)s characters at most."),
    "no_country": _(
        "This number has no country code. Say once for the file which country such numbers are "
        "of, or write the country code in front, for example 91 for India."
    ),
}
"""Faults that the check finds beside those of the gate."""
MAPPING_TEXT: dict[str, Text] = {
    "recipient_missing": _("No column holds phone numbers. Say which column the number is in."),
    "recipient_unsure": _(
        "More than one column may hold the phone number: %(columns)s. Say which one it is."
    ),
    "value_missing": _("No column is for “%(label)s”. Choose a column, or one text for all rows."),
    "place_twice": _("Two columns are for “%(place)s”: %(columns)s. Choose one."),
    "column_and_fixed": _(
        "“%(place)s” has a column and one text for all rows. Choose one of the two."
    ),
    "no_such_column": _("The file has no column “%(column)s”."),
    "no_such_place": _("This workflow has no value “%(place)s”."),
    "column_ambiguous": _(
        "More than one column is called “%(column)s”: %(columns)s. Name it by its letter."
    ),
    "recipient_looks_wrong": _("Column %(column)s does not look like phone numbers."),
}
TEXTS: dict[str, Text] = FILE_TEXT | ROW_TEXT | CELL_TEXT | CHECK_TEXT | MAPPING_TEXT


def text_of(code: str, facts: Mapping[str, Any]) -> str:
    """The text for a code of `recipient_file.codes`, or of `CHECK_TEXT`, with its facts."""
    return str(TEXTS[code]) % _shown(code, facts)


def text_of_cell(code: str, *, is_number: bool) -> str:
    """`is_number`: the cell is to be a phone number."""
    if is_number and code in NUMBER_TEXT:
        return str(_AS_NUMBER) % {"what": NUMBER_TEXT[code]}
    return text_of(code, {})


def _shown(code: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    shown = dict(facts)
    for name in ("columns", "column"):
        if name in shown and code != "no_such_column":
            shown[name] = _letters(shown[name])
    for name in ("sheets", "rows", "ranges"):
        if name in shown:
            shown[name] = ", ".join(map(str, shown[name]))
    if code == "other_kind":
        shown["kind"] = str(KIND_NAMES.get(shown["kind"], shown["kind"]))
    if code == "too_large":
        shown["most"] = shown["most"] // 1_000_000
    if code == "unsure_separator":
        shown |= {name: _separator(shown[name]) for name in ("taken", "other")}
    return shown


def _letters(columns: Any) -> str:
    """Columns are given by index, or by their letters or headings already."""
    several = columns if isinstance(columns, tuple | list) else [columns]
    return ", ".join(one if isinstance(one, str) else column_letters(one) for one in several)


def _separator(sign: str) -> str:
    return {"\t": _now("tab"), " ": _now("space")}.get(sign, sign)
