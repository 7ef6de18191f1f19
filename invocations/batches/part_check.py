"""Checks the rows of a part: each by itself, and against those before it and those sent lately."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from invocations.batches.part_found import PartFound, Tally
from invocations.batches.recipient_file.rows import Row
from invocations.batches.row_check import DIGEST_BYTES, RowChecker, RowFound
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
        checked = [(row.number, self.rows.check(row)) for row in rows]
        digests = []
        for number, one in checked:
            add_row(found, number, one)
            if one.faults or not one.digests:
                continue
            cut = [bytes.fromhex(digest[: 2 * DIGEST_BYTES]) for digest in one.digests]
            digests += cut
            first = self._seen.add(cut[0], number)
            if first != number:
                found.repeats[number] = first
        found.sent_lately = self._sent_lately.at({number: one.digits for number, one in checked})
        for number, one in checked:
            found.tallies[Tally(found.mark(number), one.region, one.sms_parts)] += 1
        return found, b"".join(sorted(digests))


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
