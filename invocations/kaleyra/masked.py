"""Reads a phone number whose digits are hidden, as the console and other tools show it."""

from __future__ import annotations

import re
from typing import NamedTuple

from invocations.kaleyra.recipients import calling_code


class MaskedNumber(NamedTuple):
    """What a masked number still tells."""

    last_four: str
    calling_code: int | None
    """None if the mask hides it, too."""


_HIDDEN = frozenset("•●∙·⋅*xX#…‥_")
"""Signs that stand for hidden digits: those of `recipients.mask`, and what other tools use."""
_ALLOWED = _HIDDEN | frozenset("+0123456789().- \u00a0\u202f")
_ENDS = re.compile(r"[0-9]{4,15}\Z")


def read_masked(text: str) -> MaskedNumber | None:
    """The last four digits in a masked number, and its calling code; None if it is no mask.

    >>> read_masked("+91 ••••• •3202")
    MaskedNumber(last_four='3202', calling_code=91)
    >>> read_masked("…3202")
    MaskedNumber(last_four='3202', calling_code=None)
    """
    text = text.strip()
    ends = _ENDS.search(text[-16:])
    before = text[: len(text) - len(ends[0])] if ends else ""
    is_mask = bool(_HIDDEN & set(before)) or ".." in before
    if not ends or not is_mask or not set(before) <= _ALLOWED:
        return None
    return MaskedNumber(ends[0][-4:], calling_code(text))
