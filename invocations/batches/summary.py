"""What the check found in all parts of a batch together. The check page reads this alone."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from invocations.batches.part_found import PartFound, RowFault, Tally
from invocations.batches.row_marks import RowMark, is_sent

MOST_ROWS = 500
"""Rows that are named of each kind. All are counted."""
_FEW = 50
"""With fewer named rows than this, and more to name, a summary is made anew from the parts."""


@dataclass
class FaultKind:
    """One kind of fault in one column."""

    code: str
    column: int
    """-1: the row as a whole."""
    place: str
    count: int = 0
    """Rows."""
    rows: list[tuple[int, str]] = field(default_factory=list)
    """The first ones, with the text for a person."""


@dataclass
class CautionKind:
    code: str
    count: int = 0
    rows: list[int] = field(default_factory=list)
    text: str = ""
    """For the first row. May hold a masked number."""


@dataclass(frozen=True)
class Counts:
    """Rows of each sort, for the kinds of rows that a person has left out together."""

    rows: int
    bad: int
    to_decide: int
    """At fault, and neither mended nor left out."""
    left_out: int
    to_send: int
    sends_repeats: bool
    """Whether somebody gets more than one: there are fewer people than rows to send."""
    repeats: int
    """Without those at fault."""
    sent_lately: int
    """Without those at fault."""
    countries: dict[str, int]
    """Rows to send by region (ISO 3166), the commonest first."""
    sms_parts: dict[int, int]
    """Rows to send by parts of the SMS; 0: no SMS, or its text is not known."""

    @property
    def all_sms_parts(self) -> int:
        return sum(parts * rows for parts, rows in self.sms_parts.items())


@dataclass
class Summary:
    tallies: Counter[Tally] = field(default_factory=Counter)
    faults: list[FaultKind] = field(default_factory=list)
    """The commonest first."""
    cautions: list[CautionKind] = field(default_factory=list)
    repeats: list[tuple[int, int]] = field(default_factory=list)
    """The first ones: the row, and the earlier one with the same number."""
    sent_lately: list[tuple[int, int]] = field(default_factory=list)
    """The first ones: the row, and when, in seconds since 1970."""
    empty_rows: int = 0
    """Blank rows among the others. They are no messages."""

    # --- counting ---

    def counts(self, leaves_out: int = 0) -> Counts:
        """`leaves_out`: of the batch."""
        countries: Counter[str] = Counter()
        sms_parts: Counter[int] = Counter()
        sends_repeats = False
        for tally, count in self.tallies.items():
            if is_sent(tally.mark, leaves_out):
                countries[tally.region] += count
                sms_parts[tally.sms_parts] += count
                sends_repeats |= bool(tally.mark & RowMark.REPEAT)
        undecided = RowMark.LEFT_OUT | (leaves_out & RowMark.FAULT)
        return Counts(
            rows=self.tallies.total(),
            bad=self._with(RowMark.FAULT),
            to_decide=0 if leaves_out & RowMark.FAULT else self._with(RowMark.FAULT, undecided),
            left_out=self._with(RowMark.LEFT_OUT | leaves_out),
            to_send=sms_parts.total(),
            sends_repeats=sends_repeats,
            repeats=self._with(RowMark.REPEAT, RowMark.FAULT),
            sent_lately=self._with(RowMark.SENT_LATELY, RowMark.FAULT),
            countries=dict(countries.most_common()),
            sms_parts=dict(sorted(sms_parts.items())),
        )

    def _with(self, marks: int, without: int = 0) -> int:
        """Rows with one of `marks`, and none of `without`."""
        return sum(
            count
            for tally, count in self.tallies.items()
            if tally.mark & marks and not tally.mark & without
        )

    # --- adding up ---

    def add(self, found: PartFound) -> None:
        self.tallies.update(found.tallies)
        for row, faults in sorted(found.faults.items()):
            for fault in faults:
                kind = self._fault_kind(fault)
                kind.count += 1
                _keep(kind.rows, (row, fault.text))
        for code, rows in found.cautions.items():
            caution = self._caution_kind(code, found.caution_texts.get(code, ""))
            caution.count += len(rows)
            for row in rows[:MOST_ROWS]:
                _keep(caution.rows, row)
        for pairs, by_row in self._pairs(found):
            for pair in by_row.items():
                _keep(pairs, pair)
        self._sort()

    def remove(self, found: PartFound) -> None:
        """Takes back what `add` did with the same value."""
        self.tallies.subtract(found.tallies)
        self.tallies = +self.tallies
        for row, faults in found.faults.items():
            for fault in faults:
                kind = self._fault_kind(fault)
                kind.count -= 1
                kind.rows = [one for one in kind.rows if one[0] != row]
        for code, rows in found.cautions.items():
            caution = self._caution_kind(code, "")
            caution.count -= len(rows)
            gone = set(rows)
            caution.rows = [row for row in caution.rows if row not in gone]
        for pairs, by_row in self._pairs(found):
            pairs[:] = [pair for pair in pairs if pair[0] not in by_row]
        self._sort()

    @property
    def names_too_few(self) -> bool:
        """Whether there are rows to name that are not named: those of a removed part were."""
        lists: list[tuple[int, int]] = [(kind.count, len(kind.rows)) for kind in self.faults]
        lists += [(kind.count, len(kind.rows)) for kind in self.cautions]
        lists.append((self._with(RowMark.REPEAT), len(self.repeats)))
        lists.append((self._with(RowMark.SENT_LATELY), len(self.sent_lately)))
        return any(named < min(count, _FEW) for count, named in lists)

    def _pairs(self, found: PartFound) -> list[tuple[list[tuple[int, int]], dict[int, int]]]:
        return [(self.repeats, found.repeats), (self.sent_lately, found.sent_lately)]

    def _fault_kind(self, fault: RowFault) -> FaultKind:
        for kind in self.faults:
            if (kind.code, kind.column, kind.place) == fault[:3]:
                return kind
        kind = FaultKind(*fault[:3])
        self.faults.append(kind)
        return kind

    def _caution_kind(self, code: str, text: str) -> CautionKind:
        for kind in self.cautions:
            if kind.code == code:
                return kind
        kind = CautionKind(code, text=text)
        self.cautions.append(kind)
        return kind

    def _sort(self) -> None:
        self.faults = [kind for kind in self.faults if kind.count]
        self.faults.sort(key=lambda kind: (-kind.count, kind.column, kind.code))
        self.cautions = [kind for kind in self.cautions if kind.count]
        self.cautions.sort(key=lambda kind: (-kind.count, kind.code))

    # --- storing ---

    @classmethod
    def from_json(cls, text: str) -> Summary:
        data = json.loads(text)
        if not data:
            return cls()
        return cls(
            tallies=Counter({Tally(*tally): count for *tally, count in data["tallies"]}),
            faults=[
                FaultKind(**{**kind, "rows": _tuples(kind["rows"])}) for kind in data["faults"]
            ],
            cautions=[CautionKind(**kind) for kind in data["cautions"]],
            repeats=_tuples(data["repeats"]),
            sent_lately=_tuples(data["sent_lately"]),
            empty_rows=data["empty_rows"],
        )

    def to_json(self) -> str:
        data = {
            "tallies": [[*tally, count] for tally, count in sorted(self.tallies.items())],
            "faults": [vars(kind) for kind in self.faults],
            "cautions": [vars(kind) for kind in self.cautions],
            "repeats": self.repeats,
            "sent_lately": self.sent_lately,
            "empty_rows": self.empty_rows,
        }
        return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def _tuples(pairs: list[list[Any]]) -> list[tuple[Any, Any]]:
    return [(first, second) for first, second in pairs]


def _keep(rows: list[Any], one: Any) -> None:
    """Adds `one` if there is room. Rows of a part that was mended come between others."""
    if len(rows) < MOST_ROWS:
        if rows and one < rows[-1]:
            rows.append(one)
            rows.sort()
        else:
            rows.append(one)
