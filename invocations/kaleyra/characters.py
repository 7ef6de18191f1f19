"""Characters by their Unicode property: unseen ones, blanks, dashes, plus signs and digits.

Source: Unicode Standard Annex #44, properties General_Category, Default_Ignorable_Code_Point,
Bidi_Control, Prepended_Concatenation_Mark, White_Space.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from itertools import chain

_MARKS_THAT_SHOW = [(0x600, 0x605), (0x6DD, 0x6DD), (0x70F, 0x70F), (0x890, 0x891), (0x8E2, 0x8E2)]
_MARKS_THAT_SHOW += [(0x110BD, 0x110BD), (0x110CD, 0x110CD), (0x13430, 0x1345F)]
"""Format characters that are drawn: Prepended_Concatenation_Mark, controls of hieroglyphs."""

_IGNORABLE = [(0x34F, 0x34F), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F)]
_IGNORABLE += [(0x2065, 0x2065), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFFA0, 0xFFA0)]
_IGNORABLE += [(0xFFF0, 0xFFFB), (0xE0000, 0xE0FFF)]
"""Default_Ignorable_Code_Point outside the category Cf, and the marks of interlinear annotations,
which no program draws.
"""

_DRAWN_AS_BLANK = frozenset("\u2800\U0001d159")
"""Braille blank and the musical null note head: symbols without a shape."""

_PLUS_SIGNS = frozenset("+\u207a\u208a\u2795\ufb29\ufe62\uff0b")
_OTHER_DASHES = frozenset("~\u02d7\u2043\u207b\u208b\u2212\u223c\u2796\uff5e")
"""Dashes and tildes outside the category Pd: libphonenumber takes them for dashes, too."""


@lru_cache(maxsize=4096)
def is_invisible(char: str) -> bool:
    """Whether it is drawn as nothing at all: Default_Ignorable_Code_Point, which has the marks of
    the writing direction, too. Blanks and control characters are not meant: see `is_blank`.
    """
    point = ord(char)
    if _is_in(point, _IGNORABLE):
        return True
    return unicodedata.category(char) == "Cf" and not _is_in(point, _MARKS_THAT_SHOW)


def _is_in(point: int, ranges: list[tuple[int, int]]) -> bool:
    return any(first <= point <= last for first, last in ranges)


def is_blank(char: str) -> bool:
    """Whether it is drawn as an empty space: White_Space, and symbols without a shape."""
    return char in _DRAWN_AS_BLANK or (char.isspace() and not "\x1c" <= char <= "\x1f")


def without_invisible(text: str) -> str:
    """`text` without the characters that `is_invisible`."""
    return "".join(char for char in text if not is_invisible(char))


def stripped(text: str) -> str:
    """`text` without the blanks and unseen characters at its ends."""
    seen = [i for i, char in enumerate(text) if not (is_invisible(char) or is_blank(char))]
    return text[seen[0] : seen[-1] + 1] if seen else ""


def is_visible(text: str) -> bool:
    """Whether a reader sees anything of it: not only blanks, controls and unseen characters."""
    return any(
        not (is_invisible(char) or is_blank(char) or unicodedata.category(char) == "Cc")
        for char in text
    )


def is_dash(char: str) -> bool:
    """Whether it is a dash of any kind: category Pd, the minus signs and the tildes."""
    return unicodedata.category(char) == "Pd" or char in _OTHER_DASHES


def is_plus(char: str) -> bool:
    return char in _PLUS_SIGNS


def digit(char: str) -> str:
    """The digit 0 to 9 that a decimal digit of any script stands for, or "".

    Superscripts and numbers in circles are none.
    """
    value = unicodedata.decimal(char, None)
    return "" if value is None else str(value)


# Outside these ranges there are only letters, ideographs, symbols and unassigned code points.
_CANDIDATES = (
    range(0x3400),
    range(0xFB00, 0x11200),
    range(0x1BC00, 0x1D200),
    range(0xE0000, 0xE1000),
)


def class_of(*tests: Callable[[str], bool]) -> str:
    """All characters that meet one of the tests, for between the brackets of a regular expression.

    `tests` are `is_invisible`, `is_blank`, `is_dash` or `is_plus`.
    """
    found = (chr(point) for point in chain(*_CANDIDATES) if any(t(chr(point)) for t in tests))
    return _as_ranges([ord(char) for char in found])


def _as_ranges(points: list[int]) -> str:
    runs: list[list[int]] = []
    for point in points:
        if runs and runs[-1][1] == point - 1:
            runs[-1][1] = point
        else:
            runs.append([point, point])
    return "".join(
        re.escape(chr(first)) + (f"-{re.escape(chr(last))}" if last > first else "")
        for first, last in runs
    )
