"""The numbers of a file so far, to find those that come again, in 20 bytes each."""

from __future__ import annotations

from array import array

_FIRST_SLOTS = 1 << 12
_MOST_FULL = 0.75


class SeenNumbers:
    """An open hash table in arrays: a million numbers as Python objects are over 100 MB."""

    def __init__(self) -> None:
        self._digests = array("Q")
        self._rows = array("I")
        self._slots = _empty(_FIRST_SLOTS)
        """Index in the other two plus 1; 0 is free."""

    def add(self, digest: bytes, row: int) -> int:
        """The row that the number was first seen in; `row` if that is this one.

        `digest`: 8 bytes that are as good as random.
        """
        number = int.from_bytes(digest, "big")
        slots, mask = self._slots, len(self._slots) - 1
        slot = number & mask
        while index := slots[slot]:
            if self._digests[index - 1] == number:
                return self._rows[index - 1]
            slot = (slot + 1) & mask
        self._digests.append(number)
        self._rows.append(row)
        slots[slot] = len(self._digests)
        if len(self._digests) > len(slots) * _MOST_FULL:
            self._grow()
        return row

    def _grow(self) -> None:
        count = len(self._slots) * 2
        self._slots = array("I")  # free the memory first
        slots, mask = _empty(count), count - 1
        for index, number in enumerate(self._digests, start=1):
            slot = number & mask
            while slots[slot]:
                slot = (slot + 1) & mask
            slots[slot] = index
        self._slots = slots


def _empty(count: int) -> array[int]:
    return array("I", bytes(count * array("I").itemsize))
