"""Why a file cannot be used, and what the person is told of one that can."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise

KIND_NAMES: dict[str, Text] = {
    "pdf": _("a PDF"),
    "rtf": _("a text document"),
    "word": _("a Word document"),
    "powerpoint": _("a PowerPoint file"),
    "visio": _("a Visio file"),
    "apple numbers": _("an Apple Numbers file"),
    "opendocument": _("an OpenDocument file that is no spreadsheet"),
    "image": _("a picture"),
    "gzip": _("a packed file (gzip)"),
    "7z": _("a packed file (7z)"),
    "rar": _("a packed file (RAR)"),
    "bzip2": _("a packed file (bzip2)"),
    "xz": _("a packed file (xz)"),
    "tar": _("a packed file (tar)"),
    "zip": _("a packed file (ZIP)"),
    "parquet": _("a Parquet file"),
    "sqlite": _("a database"),
    "program": _("a program"),
    "unknown": _("no workbook of Excel"),
}

FILE_TEXT: dict[str, Text] = {
    "empty": _("The file is empty."),
    "no_rows": _("The file has headings, and no row below them."),
    "too_large": _("The file is too large: %(most)s MB at most. Split it into several."),
    "too_many_rows": _("The file has too many rows: %(most)s at most. Split it into several."),
    "too_many_columns": _(
        "Row %(row)s has too many columns: %(most)s at most. Delete those that are not needed."
    ),
    "line_too_long": _(
        "Row %(row)s has a line of more than %(most)s characters. Is this a file of rows?"
    ),
    "cell_too_long": _(
        "Row %(row)s has a cell of more than %(most)s characters. A quotation mark that is never "
        "closed makes one cell of all that follows."
    ),
    "torn_quotes": _(
        "The quotation marks in row %(row)s do not match. A mark inside a quoted text is written "
        "twice, and each opening mark needs a closing one."
    ),
    "not_utf8": _(
        "Row %(row)s holds a character that is not UTF-8, so its text cannot be read safely. "
        "Save the file as “CSV UTF-8”, or as .xlsx."
    ),
    "encoding": _("The text of the file is in %(name)s. Save it as “CSV UTF-8”, or as .xlsx."),
    "incomplete_utf16": _(
        "The text of the file is cut off or damaged in row %(row)s. Save it again as “CSV UTF-8”."
    ),
    "bad_separator": _(
        "The first line says “sep=” without one sign after it. Delete that line, or write for "
        "example sep=;"
    ),
    "html": _(
        "This is a web page, whatever its name says. Open it in a spreadsheet program and save it "
        "as .xlsx."
    ),
    "xml_spreadsheet": _(
        "This is a spreadsheet as XML. Open it in a spreadsheet program and save it as .xlsx."
    ),
    "json": _("This is JSON, not a table. Save the rows as CSV or as .xlsx."),
    "other_kind": _("This is %(kind)s. Save the rows as CSV or as .xlsx, and upload that."),
    "old_excel": _(
        "This is a file of Excel 4 or older. Open it in a spreadsheet program and save it as .xlsx."
    ),
    "password": _("The file has a password. Save it without one."),
    "damaged": _(
        "The file is damaged and cannot be read. Open it in a spreadsheet program and save it "
        "again."
    ),
    "too_big_to_read": _(
        "The workbook needs too much memory: often one cell far outside is filled, or formatted. "
        "Copy the rows to a new sheet and save that, or save the sheet as CSV."
    ),
    "too_slow_to_read": _(
        "The workbook could not be read within %(seconds)s seconds. Copy the rows to a new sheet "
        "and save that, or save the sheet as CSV."
    ),
    "no_such_sheet": _("The file has no sheet “%(sheet)s”."),
    "no_such_heading_row": _(
        "Row %(row)s is empty, or too far down, so the headings cannot be there."
    ),
    "check_failed": _(
        "The console failed while it checked this file. Upload it again; if it fails again, tell "
        "an admin."
    ),
    "several_sheets": _("The file has several sheets: %(sheets)s. “%(taken)s” is taken."),
    "hidden_sheets": _("Hidden sheets are not used: %(sheets)s."),
    "hidden_sheet_taken": _("The rows are in a hidden sheet, “%(sheet)s”."),
    "hidden_rows": _(
        "Rows that are hidden in the spreadsheet are used like the others: %(count)s in all. "
        "The first: %(rows)s."
    ),
    "hidden_columns": _(
        "Columns that are hidden in the spreadsheet are read like the others: %(columns)s."
    ),
    "merged_cells": _(
        "Merged cells: %(count)s in all. Only the first cell of each has the value, the others are "
        "empty. The first: %(ranges)s."
    ),
    "unsure_separator": _(
        "Cells are separated by “%(taken)s”. “%(other)s” would do as well: is it right?"
    ),
    "heading_row_not_first": _("The headings are in row %(row)s. What is above is not used."),
    "no_heading_row": _("The file has no headings: the first row is a message."),
    "equal_headings": _("Columns %(columns)s have the same heading, “%(heading)s”."),
    "blank_heading": _("Column %(column)s has no heading."),
}
