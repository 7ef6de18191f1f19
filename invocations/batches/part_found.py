"""What the check found in one part, stored beside its rows."""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from invocations.batches.recipient_file.rows import Row
from invocations.batches.row_marks import RowMark, is_sent

_LEVEL = 1


class RowFault(NamedTuple):
    """Why a row cannot be sent as it is. `text` is for a person, and may quote a few digits."""

    code: str
    column: int
    """From 0; -1 for the row as a whole, or a text that is the same for all rows."""
    place: str
    """Where the cell goes (`batches.columns`): `recipient`, a value's key …; empty if nowhere."""
    text: str


class Tally(NamedTuple):
    """Rows that are counted together: with the same marks, country and parts of the SMS."""

    mark: int
    region: str
    """Of the first number (ISO 3166); empty if it cannot be read."""
    sms_parts: int
    """0 without an SMS."""


@dataclass
class PartFound:
    """Rows are named by their numbers, as the spreadsheet counts."""

    faults: dict[int, list[RowFault]] = field(default_factory=dict)
    left_out: set[int] = field(default_factory=set)
    repeats: dict[int, int] = field(default_factory=dict)
    """By row: the earlier one with the same number."""
    sent_lately: dict[int, int] = field(default_factory=dict)
    """By row: when, in seconds since 1970."""
    cautions: dict[str, list[int]] = field(default_factory=dict)
    """By code of a finding, or of a cell: the rows."""
    caution_texts: dict[str, str] = field(default_factory=dict)
    """By code: the text for the first row."""
    tallies: Counter[Tally] = field(default_factory=Counter)

    def mark(self, row: int) -> RowMark:
        mark = RowMark(0)
        if row in self.faults:
            mark |= RowMark.FAULT
        if row in self.left_out:
            mark |= RowMark.LEFT_OUT
        if row in self.repeats:
            mark |= RowMark.REPEAT
        if row in self.sent_lately:
            mark |= RowMark.SENT_LATELY
        return mark

    def rows_to_send(self, rows: Iterable[Row], leaves_out: int) -> list[Row]:
        """`leaves_out`: of the batch."""
        return [row for row in rows if is_sent(self.mark(row.number), leaves_out)]


def pack(found: PartFound) -> bytes:
    lines = {
        "faults": _items(found.faults),
        "left_out": sorted(found.left_out),
        "repeats": _items(found.repeats),
        "sent_lately": _items(found.sent_lately),
        "cautions": found.cautions,
        "caution_texts": found.caution_texts,
        "tallies": [[*tally, count] for tally, count in found.tallies.items() if count],
    }
    text = json.dumps(lines, ensure_ascii=False, separators=(",", ":"))
    return zlib.compress(text.encode(), _LEVEL)


def unpack(content: bytes) -> PartFound:
    lines = json.loads(zlib.decompress(content))
    return PartFound(
        faults={row: [RowFault(*one) for one in faults] for row, faults in lines["faults"]},
        left_out=set(lines["left_out"]),
        repeats=dict(lines["repeats"]),
        sent_lately=dict(lines["sent_lately"]),
        cautions=lines["cautions"],
        caution_texts=lines["caution_texts"],
        tallies=Counter({Tally(*tally): count for *tally, count in lines["tallies"]}),
    )


def _items(by_row: Mapping[int, object]) -> list[list[object]]:
    """As a list: the keys of an object of JSON would become texts."""
    return [[row, what] for row, what in sorted(by_row.items())]
