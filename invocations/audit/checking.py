"""Checks the whole trail: every MAC, every link of the chain, and its end. Changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models import Count
from django.utils import timezone

from invocations.audit.macs import chain_mac, has_own_mac
from invocations.models import TrailHead, TrailRow

AT_ONCE = 5000
SEALED_WITHIN = timedelta(minutes=1)


@dataclass
class Check:
    """One run. Iterate over `faults`, then read the counts.

    `anchor`: a head that was written down outside the database, "SEQ:MAC". `told` is called with
    the number of rows checked so far.
    """

    anchor: tuple[int, str] | None = None
    told: Callable[[int], None] = lambda rows: None
    sealed: int = 0
    unsealed: int = 0
    _last: TrailRow | None = None
    _has_anchor: bool = field(default=False, init=False)

    def faults(self) -> Iterator[str]:
        """A sentence for each thing that is broken, each named once."""
        yield from self._chain()
        yield from self._anchored()
        yield from self._unsealed()
        yield from self._copies()

    def _chain(self) -> Iterator[str]:
        while True:
            for row in self._next_rows():
                yield from self._link(row)
                self._last = row
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
            rows = list(TrailRow.objects.filter(seq__gt=self._end).order_by("seq")[:AT_ONCE])
            yield from rows
            if len(rows) < AT_ONCE:
                return
            self.told(self.sealed)

    def _has_next(self) -> bool:
        return TrailRow.objects.filter(seq__gt=self._end).exists()

    def _link(self, row: TrailRow) -> Iterator[str]:
        seq = row.seq or 0
        if seq != self._end + 1:
            yield f"removed: {_span(self._end + 1, seq - 1)} missing before {_name(row)}"
        if self.anchor and seq == self.anchor[0]:
            self._has_anchor = True
            if row.chain != self.anchor[1]:
                yield f"recomputed: the chain up to {_name(row)} is not the one of the given head"
        if not has_own_mac(row):
            yield f"changed or inserted: {_name(row)} does not have the MAC of its content"
        elif seq == self._end + 1:
            before = self._last.chain if self._last else ""
            if row.chain != chain_mac(before, seq, row):
                yield f"moved or inserted: {_name(row)} does not follow the row before it"

    def _head(self, head: TrailHead) -> Iterator[str]:
        if head.seq > self._end:
            yield f"removed: {_span(self._end + 1, head.seq)} missing at the end"
        elif head.seq < self._end:
            yield f"inserted: {_span(head.seq + 1, self._end)} behind the head of the chain"
        elif self._last and head.chain != self._last.chain:
            yield f"recomputed: the head does not have the seal of {_name(self._last)}"

    def _anchored(self) -> Iterator[str]:
        if self.anchor and not self._has_anchor:
            yield f"removed: place {self.anchor[0]:,} of the given head is not in the trail"

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
    return f"{place} (id {row.pk:,}, {row.at:%Y-%m-%d %H:%M:%S} UTC, {row.verb} by {by})"


def _span(first: int, last: int) -> str:
    return f"row {first:,} is" if first == last else f"rows {first:,} to {last:,} are"
