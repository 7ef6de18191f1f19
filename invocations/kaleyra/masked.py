"""Reads a phone number whose digits are hidden, as the console and other tools show it."""

from __future__ import annotations

import re
from typing import NamedTuple

from invocations.kaleyra.characters import digit, is_blank, without_invisible


class MaskedNumber(NamedTuple):
    """What a masked number still tells."""

    last_four: str
    calling_code: int | None
    """None if the mask hides it, too."""


_DOTS = frozenset("•●∙·⋅…‥")
"""What `recipients.mask` and its short form write for hidden digits."""
_LETTERS = frozenset("*xX#_")
"""What other tools write. One alone is none: `x 12` is an extension."""
_ALLOWED = _DOTS | _LETTERS | frozenset("+0123456789().- \u00a0\u202f")
_OURS = re.compile(r"(?:\+[0-9]{1,3} )?[0-9() -]{0,20}[•…][•…0-9() -]{0,40}[0-9]{4}(?![0-9])")
_IN_WORDS = re.compile(r"\bend(?:ing|s)(?: in| with)? …?([0-9]{4})\Z", re.IGNORECASE)
_ENDS = re.compile(r"[0-9]{4,15}\Z")


def read_masked(text: str) -> MaskedNumber | None:
    """The last four digits in a masked number, and its calling code; None if it is no mask.

    >>> read_masked("+91 ••••• •3202")
    MaskedNumber(last_four='3202', calling_code=91)
    >>> read_masked("…3202")
    MaskedNumber(last_four='3202', calling_code=None)
    """
    text = without_invisible(text).strip()
    ends = _ENDS.search(text[-16:])
    before = text[: len(text) - len(ends[0])] if ends else ""
    if not ends or not _hides_digits(before) or not set(before) <= _ALLOWED:
        return None
    return MaskedNumber(ends[0][-4:], calling_code(text))


def find_masked(text: str) -> MaskedNumber | None:
    """The first masked number in a line that was copied from a page or a ticket, or None.

    >>> find_masked("To: +91 ••••• •3202 / +44 •••• ••0958")
    MaskedNumber(last_four='3202', calling_code=91)
    >>> find_masked("any number ending 3202")
    MaskedNumber(last_four='3202', calling_code=None)
    """
    plain = "".join(
        " " if is_blank(char) else digit(char) or char for char in without_invisible(text)
    ).strip()
    if whole := read_masked(plain):
        return whole
    if ours := _OURS.search(plain):
        return read_masked(ours[0])
    in_words = _IN_WORDS.search(plain)
    return MaskedNumber(in_words[1], None) if in_words else None


def _hides_digits(text: str) -> bool:
    letters = sum(sign in _LETTERS for sign in text)
    return letters > 1 or ".." in text or bool(_DOTS & set(text))


def calling_code(masked: str) -> int | None:
    """The calling code at the start of a number masked by `recipients.mask`.

    >>> calling_code("+91 ••••• •4581")
    91
    """
    start = re.match(r"\+([0-9]{1,3}) ", masked)
    return int(start[1]) if start else None
