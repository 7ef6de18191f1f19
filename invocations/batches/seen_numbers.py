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
        slot, index = self._place_of(number)
        if index:
            return self._rows[index - 1]
        self._digests.append(number)
        self._rows.append(row)
        self._slots[slot] = len(self._digests)
        if len(self._digests) > len(self._slots) * _MOST_FULL:
            self._grow()
        return row

    def find(self, digest: bytes) -> int | None:
        """What was added with it; None if it was not."""
        _slot, index = self._place_of(int.from_bytes(digest, "big"))
        return self._rows[index - 1] if index else None

    def __len__(self) -> int:
        return len(self._digests)

    def _place_of(self, number: int) -> tuple[int, int]:
        """The slot of `number`, or the free one for it, and what stands there."""
        slots, mask = self._slots, len(self._slots) - 1
        slot = number & mask
        while (index := slots[slot]) and self._digests[index - 1] != number:
            slot = (slot + 1) & mask
        return slot, index

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
