"""Which character separates the cells of a text."""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import dataclass

from invocations.batches.recipient_file.codes import FileRefused

_CANDIDATES = (",", ";", "\t", "|", "^", "~", "\x1f")
"""The first of two that fit equally well is taken."""
_ROWS = 50
_SEP_LINE = re.compile(r'"?sep=(.*?)"?', re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class Separator:
    character: str
    other: str = ""
    """Another that fits as well; empty if none does."""


def named_in(line: str) -> str:
    """The separator in Excel's own first line, `sep=;`. Empty if `line` is no such line.

    Raises `FileRefused` (`bad_separator`).
    """
    found = _SEP_LINE.fullmatch(line.rstrip("\r\n"))
    if found is None:
        return ""
    # Excel writes the line into a file with commas as "sep=;,,,".
    text = found[1].replace("\\t", "\t")
    character = text[:1]
    if not character or character in '"\r\n ' or character.isalnum() or text[1:].strip(",;\t"):
        raise FileRefused("bad_separator")
    return character


def detect(sample: str) -> Separator:
    """The separator that gives most rows of `sample` as many cells as its widest first rows.

    `sample`: whole lines. A text in which none separates anything is one column.
    """
    marks = [(mark, *_fit(sample, mark)) for mark in _CANDIDATES if mark in sample]
    marks = [one for one in marks if one[2] > 1]
    if not marks:
        return Separator(",")
    # max() takes the first of equal ones.
    best = max(marks, key=lambda one: (one[1], one[2]))
    equal = [one[0] for one in marks if one is not best and one[1] == best[1]]
    return Separator(best[0], equal[0] if equal else "")


def _fit(sample: str, mark: str) -> tuple[float, int]:
    """The share of rows that have the commonest number of cells, and that number."""
    widths: list[int] = []
    reader = csv.reader(sample.splitlines(keepends=True), delimiter=mark)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                widths.append(len(cells))
            if len(widths) == _ROWS:
                break
    except csv.Error:
        return 0.0, 0
    wide = Counter(width for width in widths if width > 1)
    if not wide:
        return 0.0, 0
    width, count = max(wide.items(), key=lambda item: (item[1], item[0]))
    return count / len(widths), width
