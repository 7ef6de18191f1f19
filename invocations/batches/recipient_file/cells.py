"""Turns a cell of a workbook into text, and says what is doubtful about it."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from invocations.batches.recipient_file.rows import CellFault, text_faults

_MOST_DIGITS = 15
"""Excel keeps no more digits of a number: the later ones are 0."""


def texts_of(values: Sequence[object]) -> tuple[list[str], tuple[CellFault, ...]]:
    """The cells as text, and their faults."""
    faults: list[CellFault] = []
    texts: list[str] = []
    for column, value in enumerate(values):
        if isinstance(value, str):
            texts.append(value)
            continue
        text, code = _text_of(value)
        texts.append(text)
        if code:
            faults.append(CellFault(column, code))
    seen = {fault.column for fault in faults}
    of_text = [fault for fault in text_faults(texts) if fault.column not in seen]
    return texts, tuple(sorted([*faults, *of_text]))


def _text_of(value: object) -> tuple[str, str]:
    if isinstance(value, bool):
        return ("TRUE" if value else "FALSE"), "boolean"
    if isinstance(value, int):
        return str(value), _code_of_whole(value)
    if isinstance(value, float):
        if value.is_integer() and abs(value) < 1e300:
            return str(int(value)), _code_of_whole(int(value))
        return repr(value), "fraction"
    if isinstance(value, datetime.datetime):
        is_day = (value.hour, value.minute, value.second) == (0, 0, 0)
        return value.strftime("%Y-%m-%d" if is_day else "%Y-%m-%d %H:%M:%S"), "date"
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat(), "date"
    return str(value), "date"  # a duration


def _code_of_whole(value: int) -> str:
    return "over_15_digits" if len(str(abs(value))) > _MOST_DIGITS else ""
