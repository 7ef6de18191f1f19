"""One part in which a person mends cells or leaves rows out."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Mapping
from functools import cached_property

from invocations.batches import part_found, parts
from invocations.batches.part_check import add_row
from invocations.batches.part_digests import split
from invocations.batches.part_found import PartFound, Tally
from invocations.batches.recipient_file.rows import Row, text_faults
from invocations.batches.row_check import RowChecker, RowFound
from invocations.batches.sent_lately import SentLately
from invocations.batches.stored_parts import found_in, parts_of
from invocations.models import Batch, BatchPart


class MendedPart:
    """`found` and `rows` as they are after the changes; `save` stores them."""

    def __init__(self, batch: Batch, part: BatchPart, checker: RowChecker) -> None:
        self.part = part
        self.found: PartFound = found_in(part)
        self.changes_others = False
        """Whether another row repeats a number that is gone: all rows have to be checked again."""
        self._batch = batch
        self._checker = checker
        self._rows = {row.number: row for row in parts.unpack(part.content)}
        self._digests = split(part.digests)

    def save(self) -> None:
        self.part.content = parts.pack(self._rows.values())
        self.part.found = part_found.pack(self.found)
        self.part.digests = b"".join(sorted(self._digests))
        self.part.save(update_fields=["content", "found", "digests"])

    def leave_out(self, numbers: Collection[int]) -> None:
        self._set_left_out({number for number in numbers if number in self._rows})

    def take_back(self, numbers: Collection[int]) -> None:
        self._set_left_out(set(), gone=set(numbers))

    def _set_left_out(self, more: set[int], gone: Collection[int] = ()) -> None:
        changed = (more - self.found.left_out) | (self.found.left_out & set(gone))
        checked = {number: self._checker.check(self._rows[number]) for number in changed}
        for number, one in checked.items():
            self._uncount(number, one)
        self.found.left_out = (self.found.left_out | more) - set(gone)
        for number, one in checked.items():
            self._count(number, one)

    def mend(self, texts: Mapping[int, Mapping[int, str]]) -> None:
        """`texts`: by row number and column. Rows of other parts are passed over."""
        for number in sorted(texts.keys() & self._rows.keys()):
            before = self._rows[number]
            after = mended(before, texts[number], width=len(self._checker.columns.places))
            self._exchange(number, self._checker.check(before), self._checker.check(after))
            self._rows[number] = after

    def _exchange(self, number: int, before: RowFound, after: RowFound) -> None:
        self._uncount(number, before)
        self.found.faults.pop(number, None)
        for rows in self.found.cautions.values():
            if number in rows:
                rows.remove(number)
        add_row(self.found, number, after)
        for rows in self.found.cautions.values():
            rows.sort()
        self._exchange_numbers(number, _digests_of(before), _digests_of(after))
        self.found.sent_lately.pop(number, None)
        self.found.sent_lately |= self._sent_lately.at([(number, after)])
        self._count(number, after)

    @cached_property
    def _sent_lately(self) -> SentLately:
        return SentLately(self._checker.workflow)

    # --- numbers that others have, too ---

    def _exchange_numbers(self, number: int, before: list[bytes], after: list[bytes]) -> None:
        if before == after:
            return
        for digest in before:
            if digest in self._digests:
                self._digests.remove(digest)
        was_first = self.found.repeats.pop(number, number) == number
        if before and was_first and self._first_row_with(before[0], number) is not None:
            self.changes_others = True
        if after and (first := self._first_row_with(after[0], number)) is not None:
            self.found.repeats[number] = first
        self._digests += after

    def _first_row_with(self, digest: bytes, number: int) -> int | None:
        """The first other row whose number has this digest."""
        for part in parts_of(self._batch):
            is_this = part.pk == self.part.pk
            digests = sorted(self._digests) if is_this else split(part.digests)
            index = bisect_left(digests, digest)
            if index == len(digests) or digests[index] != digest:
                continue
            rows = self._rows.values() if is_this else parts.unpack(part.content)
            for row in rows:
                if row.number != number and _digests_of(self._checker.check(row))[:1] == [digest]:
                    return row.number
        return None

    # --- counting ---

    def _uncount(self, number: int, one: RowFound) -> None:
        tally = Tally(int(self.found.mark(number)), one.region, one.sms_parts)
        if not self.found.tallies[tally]:
            self._count_anew()  # the set-up has changed since the row was counted
        self.found.tallies[tally] -= 1
        self.found.tallies = +self.found.tallies

    def _count(self, number: int, one: RowFound) -> None:
        self.found.tallies[Tally(int(self.found.mark(number)), one.region, one.sms_parts)] += 1

    def _count_anew(self) -> None:
        self.found.tallies = Counter()
        for number, row in self._rows.items():
            self._count(number, self._checker.check(row))


def mended(row: Row, texts: Mapping[int, str], *, width: int) -> Row:
    """`row` with other cells. What a person has typed is taken as it is, but for what no message
    can hold. `width`: columns of the file.
    """
    cells = [*row.cells, *[""] * (max(texts, default=-1) + 1 - len(row.cells))]
    for column, text in texts.items():
        cells[column] = text
    while len(cells) > width and not cells[-1].strip():
        cells.pop()
    typed = [cells[column] if column in texts else "" for column in range(len(cells))]
    doubts = [fault for fault in row.cell_faults if fault.column not in texts]
    doubts += [fault for fault in text_faults(typed) if fault.code == "control_character"]
    faults = [
        fault
        for fault in row.faults
        if fault.facts.get("column") not in texts
        and (fault.code != "more_cells_than_headings" or len(cells) > width)
    ]
    return Row(row.number, cells, tuple(sorted(doubts)), tuple(faults))


def _digests_of(found: RowFound) -> list[bytes]:
    """The digests of a row that may be sent, as a part has them."""
    return [] if found.faults else found.digests
