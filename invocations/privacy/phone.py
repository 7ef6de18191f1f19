"""Finds one phone's number in any text, however it is written."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cached_property

import phonenumbers

from invocations.kaleyra.redaction import number_runs
from invocations.kaleyra.spellings import spellings
from invocations.models.recipients import phone_digests

REMOVED = "[number removed]"
_FEWEST_DIGITS = 7
_NO_DIGITS = re.compile(r"\D+")
_BEGIN_ESCAPES = "\\%&"
"""Behind one of them, digits may stand for another digit, or for none (`number_runs`)."""


class Phone:
    """`digits`: with the country code, as `kaleyra.recipients.clean` gives them."""

    def __init__(self, digits: str) -> None:
        self.digits = digits

    @cached_property
    def digests(self) -> Collection[str]:
        return frozenset(phone_digests(self.digits))

    @cached_property
    def _sought(self) -> tuple[str, ...]:
        """What a run of digits holds that is this number, with or without its country code."""
        return tuple(dict.fromkeys(_national(each) for each in spellings(self.digits)))

    def is_in(self, text: str) -> bool:
        if self._is_surely_not_in(text):
            return False
        return any(self._is(digits) for _start, _end, digits in number_runs(text))

    def removed_from(self, text: str) -> str:
        """`text` with this number replaced, and all others as they are."""
        pieces, at = [], 0
        for start, end, digits in number_runs(text):
            if self._is(digits):
                pieces += [text[at:start], REMOVED]
                at = end
        return "".join([*pieces, text[at:]])

    def _is_surely_not_in(self, text: str) -> bool:
        """Ten times as fast as to look for the runs of digits: most texts have other digits."""
        if any(sign in text for sign in _BEGIN_ESCAPES):
            return False
        digits = _NO_DIGITS.sub("", text)
        return digits.isascii() and not self._is(digits)

    def _is(self, digits: str) -> bool:
        return any(each in digits for each in self._sought)


def _national(digits: str) -> str:
    """Without the country code, so that a number in national form is found, too.

    The whole of it if the rest is short enough to stand in any text.
    """
    try:
        parsed = phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException:
        return digits
    national = phonenumbers.national_significant_number(parsed)
    return national if len(national) >= _FEWEST_DIGITS else digits
