"""Checks the whole trail: every MAC, every link of the chain, and its end. Changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import connection
from django.db.models import Count
from django.utils import timezone

from invocations.audit.macs import chain_mac, has_own_mac
from invocations.models import TrailHead, TrailRow, trail_triggers

AT_ONCE = 5000
SEALED_WITHIN = timedelta(minutes=1)


@dataclass
class Check:
    """One run. Iterate over `faults`, then read the counts.

    `anchors`: heads that were written down outside the database, each (seq, chain). `told` is
    called with the number of rows checked so far.
    """

    anchors: Collection[tuple[int, str]] = ()
    told: Callable[[int], None] = lambda rows: None
    sealed: int = 0
    unsealed: int = 0
    _last: TrailRow | None = None
    _read: TrailRow | None = None
    """The last one in the order of places, whether it is a link of the chain or not."""
    _awaited: dict[int, set[str]] = field(default_factory=dict, init=False)
    _is_recomputed: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        for seq, chain in self.anchors:
            self._awaited.setdefault(seq, set()).add(chain)

    def faults(self) -> Iterator[str]:
        """A sentence for each thing that is broken, each named once."""
        yield from trail_triggers.wrong_triggers(connection)
        try:
            yield from self._chain()
            yield from self._anchored()
            yield from self._unsealed()
        except (AttributeError, TypeError, ValueError) as error:
            # SQLite takes any value in any column: a text as a place, no date as a date.
            after = _name(self._read) if self._read else "the beginning"
            yield f"changed: a row after {after} cannot be read ({type(error).__name__})"
        yield from self._copies()

    def _chain(self) -> Iterator[str]:
        while True:
            for row in self._next_rows():
                yield from self._link(row)
                self._read = row
                self.sealed += 1
            self.told(self.sealed)
            # Read after the rows: what was sealed meanwhile is read in the next turn.
            head = TrailHead.objects.filter(pk=1).first() or TrailHead()
            if head.seq <= self._end or not self._has_next():
                break
        yield from self._head(head)

    @property
    def _end(self) -> int:
        return (self._last.seq or 0) if self._last else 0

    def _next_rows(self) -> Iterator[TrailRow]:
        while True:
            # Each is read, and once: a place below 1, or that of another row, may have been forged.
            found = TrailRow.objects.filter(seq__isnull=False)
            if self._read:
                read = {"seq": self._read.seq, "id__lte": self._read.pk}
                found = found.filter(seq__gte=self._read.seq).exclude(**read)
            rows = list(found.order_by("seq", "id")[:AT_ONCE])
            yield from rows
            if len(rows) < AT_ONCE:
                return
            self.told(self.sealed)

    def _has_next(self) -> bool:
        return TrailRow.objects.filter(seq__gt=self._end).exists()

    def _link(self, row: TrailRow) -> Iterator[str]:
        seq = row.seq or 0
        if seq <= self._end:
            yield f"inserted: {_name(row)} has no place of its own in the chain"
            return
        if seq != self._end + 1:
            yield f"removed: {_span(self._end + 1, seq - 1)} missing before {_name(row)}"
        if any(row.chain != chain for chain in self._awaited.pop(seq, ())):
            if not self._is_recomputed:  # all that follow differ, too
                yield f"recomputed: the chain up to {_name(row)} is not the one of the given head"
            self._is_recomputed = True
        if not has_own_mac(row):
            yield f"changed or inserted: {_name(row)} does not have the MAC of its content"
        elif seq == self._end + 1:
            before = self._last.chain if self._last else ""
            if row.chain != chain_mac(before, seq, row):
                yield f"moved or inserted: {_name(row)} does not follow the row before it"
        self._last = row

    def _head(self, head: TrailHead) -> Iterator[str]:
        if head.seq > self._end:
            yield f"removed: {_span(self._end + 1, head.seq)} missing at the end"
        elif head.seq < self._end:
            yield f"inserted: {_span(head.seq + 1, self._end)} behind the head of the chain"
        elif self._last and head.chain != self._last.chain:
            yield f"recomputed: the head does not have the seal of {_name(self._last)}"

    def _anchored(self) -> Iterator[str]:
        if self._awaited:
            last, others = max(self._awaited), len(self._awaited) - 1
            more = f" ({others:,} more heads neither)" if others else ""
            yield f"removed: place {last:,} of the given head is not in the trail{more}"

    def _unsealed(self) -> Iterator[str]:
        late, since = 0, timezone.now() - SEALED_WITHIN
        for row in TrailRow.objects.filter(seq__isnull=True).order_by("id").iterator(AT_ONCE):
            self.unsealed += 1
            late += row.at < since
            if not has_own_mac(row):
                yield f"changed or inserted: {_name(row)} does not have the MAC of its content"
        if late:
            yield (
                f"not sealed: {late:,} rows are older than a minute. Is the background sender off?"
            )

    def _copies(self) -> Iterator[str]:
        """A constraint refuses them; it may have been dropped."""
        macs = TrailRow.objects.order_by().values_list("mac").annotate(rows=Count("pk"))
        for mac, rows in macs.filter(rows__gt=1):
            first = TrailRow.objects.filter(mac=mac).order_by("id").first()
            yield f"inserted: {rows - 1} copies of {_name(first) if first else mac}"


def _name(row: TrailRow) -> str:
    place = f"row {row.seq:,}" if row.seq else "an unsealed row"
    by = row.who_name or "the console"
    at = f"{row.at:%Y-%m-%d %H:%M:%S} UTC" if row.at else "no time"
    return f"{place} (id {row.pk:,}, {at}, {row.verb} by {by})"


def _span(first: int, last: int) -> str:
    return f"row {first:,} is" if first == last else f"rows {first:,} to {last:,} are"
