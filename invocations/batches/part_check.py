"""Checks the rows of a part: each by itself, and against those before it and those sent lately."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from invocations.batches.part_found import PartFound, Tally
from invocations.batches.recipient_file.rows import Row
from invocations.batches.row_check import RowChecker, RowFound
from invocations.batches.seen_numbers import SeenNumbers
from invocations.batches.sent_lately import SentLately


class PartChecker:
    """For the parts of one file, in order."""

    def __init__(self, rows: RowChecker) -> None:
        self.rows = rows
        self._seen = SeenNumbers()
        self._sent_lately = SentLately(rows.workflow)

    def check(self, rows: Sequence[Row], left_out: Collection[int] = ()) -> tuple[PartFound, bytes]:
        """What is found, and the part's `digests` (`models.BatchPart`)."""
        found = PartFound(left_out=set(left_out))
        of_rows = self.rows.check_all(rows)
        checked = [(row.number, one) for row, one in zip(rows, of_rows, strict=True)]
        digests: list[bytes] = []
        for number, one in checked:
            if one.faults or one.cautions:
                add_row(found, number, one)
            if one.faults or not one.digests:
                continue
            digests += one.digests
            first = self._seen.add(one.digests[0], number)
            if first != number:
                found.repeats[number] = first
        found.sent_lately = self._sent_lately.at(checked)
        found.tallies = _tallies(found, checked)
        digests.sort()
        return found, b"".join(digests)


def _tallies(found: PartFound, checked: Sequence[tuple[int, RowFound]]) -> Counter[Tally]:
    marked = {*found.faults, *found.left_out, *found.repeats, *found.sent_lately}
    counts = Counter(
        (int(found.mark(number)) if number in marked else 0, one.region, one.sms_parts)
        for number, one in checked
    )
    return Counter({Tally(*tally): count for tally, count in counts.items()})


def add_row(found: PartFound, number: int, one: RowFound) -> None:
    """All but its marks that depend on other rows, and its tally.

    Of a row that cannot be sent, its cautions are left out.
    """
    if one.faults:
        found.faults[number] = one.faults
        return
    for code, text in one.cautions.items():
        found.caution_texts.setdefault(code, text)
        found.cautions.setdefault(code, []).append(number)
