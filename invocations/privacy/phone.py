"""Finds one phone's number in any text, however it is written."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property

import phonenumbers

from invocations.kaleyra.redaction import number_runs
from invocations.kaleyra.spellings import spellings
from invocations.models.recipients import phone_digests

REMOVED = "[number removed]"
_FEWEST_DIGITS = 7


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
        return any(self._is(digits) for _start, _end, digits in number_runs(text))

    def removed_from(self, text: str) -> str:
        """`text` with this number replaced, and all others as they are."""
        pieces, at = [], 0
        for start, end, digits in number_runs(text):
            if self._is(digits):
                pieces += [text[at:start], REMOVED]
                at = end
        return "".join([*pieces, text[at:]])

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
