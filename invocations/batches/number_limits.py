"""Holds the numbers of rows against the limits: the do-not-contact list, countries, listed numbers.

The same rules as for a single message (`composing.limits`), asked for many rows at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from invocations.batches.columns import RECIPIENT, RECIPIENT2
from invocations.batches.part_found import RowFault
from invocations.composing import limit_text
from invocations.composing.limits import limits_of, refused_numbers
from invocations.kaleyra.recipients import Recipient, mask
from invocations.kaleyra.stored_numbers import stored

_PLACES = (RECIPIENT, RECIPIENT2)


class FoundNumbers(Protocol):
    """Of one row (`row_check.RowFound`)."""

    faults: list[RowFault]
    digits: list[str]
    region: str


class NumberLimits:
    """Of one account, as they were when this was made. `positions`: columns by place."""

    def __init__(self, account_id: int, positions: Mapping[str, int]) -> None:
        self._account_id = account_id
        self._positions = positions
        self.limits = limits_of(account_id)

    def mark(self, found: Sequence[FoundNumbers]) -> None:
        """Adds a fault to each row with a number that is refused. No query without any limit."""
        if not self.limits.restricts_numbers:
            return
        numbers = {digits: self._number(one, digits) for one in found for digits in one.digits}
        refused = refused_numbers(self.limits, self._account_id, numbers.values())
        for one in found if refused else ():
            for place, digits in zip(_PLACES, one.digits, strict=False):
                if code := refused.get(digits):
                    column = self._positions.get(place, self._positions.get(RECIPIENT, -1))
                    one.faults.append(_fault(code, numbers[digits], column, place))

    def faults_of(self, numbers: Mapping[int, Sequence[Recipient]]) -> dict[int, RowFault]:
        """By row number: why it is refused. `numbers`: of each row, as it is to be sent."""
        if not self.limits.restricts_numbers:
            return {}
        different = {each.digits: each for several in numbers.values() for each in several}
        refused = refused_numbers(self.limits, self._account_id, different.values())
        return {
            row: _fault(refused[number.digits], number, -1, "")
            for row, several in numbers.items()
            for number in several
            if number.digits in refused
        }

    def _number(self, one: FoundNumbers, digits: str) -> Recipient:
        """Its country is asked for only where it decides; that of the first number is known."""
        if digits == one.digits[0] or not self.limits.countries:
            return Recipient(digits, f"+{digits}", one.region, is_assigned=True)
        return stored(digits)


def _fault(code: str, number: Recipient, column: int, place: str) -> RowFault:
    masked = mask(stored(number.digits).formatted)
    return RowFault(code, column, place, limit_text.of_number(code, number.region, masked))
