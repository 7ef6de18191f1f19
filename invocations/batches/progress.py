"""How far a batch is, and what has become of its rows."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from invocations.batches.pace import shares
from invocations.batches.part_counts import Counts, counts_of
from invocations.models import Batch, Invocation
from invocations.sending.departure import Departures

State = Batch.State
Status, Delivery = Invocation.Status, Invocation.Delivery


@dataclass(frozen=True)
class Progress:
    """`rows` are all of the file: `fed`, `unfed` and `left_out` together.

    `unfed`: rows that are not messages yet; in a batch that has ended they never will be.
    `counts`: of the fed ones. `per_second`: its share of the account's pace now; 0 while nothing
    leaves.
    """

    at: datetime
    state: str
    rows: int
    left_out: int
    fed: int
    counts: Counts
    per_second: float

    @property
    def unfed(self) -> int:
        return self.rows - self.left_out - self.fed

    @property
    def to_send(self) -> int:
        return self.rows - self.left_out

    @property
    def by_status(self) -> Counter[str]:
        """Of the fed rows."""
        return self._by(0)

    @property
    def by_delivery(self) -> Counter[str]:
        """Of the fed rows; "" for those that no result is awaited of."""
        return self._by(1)

    @property
    def by_channel(self) -> Counter[int]:
        """Rows by the position of the channel that reached the customer; 0 if every one failed."""
        found: Counter[int] = Counter()
        for outcome, count in self.counts.items():
            if outcome.deciding_channel is not None:
                found[outcome.deciding_channel] += count
        return found

    @property
    def delivered(self) -> int:
        return sum(count for channel, count in self.by_channel.items() if channel)

    @property
    def not_delivered(self) -> int:
        """Accepted, and every channel is reported to have failed."""
        return self.by_channel[0]

    @property
    def awaited(self) -> int:
        return self.by_delivery[Delivery.AWAITING]

    @property
    def waiting(self) -> int:
        """Rows that have not left, and will: unfed, or in the queue. Not those on hold."""
        unfed = self.unfed if self.state in Batch.GOING else 0
        return unfed + self.by_status[Status.QUEUED]

    @property
    def cancelled(self) -> int:
        """With those that were never fed."""
        never = self.unfed if self.state == State.CANCELLED else 0
        return never + self.by_status[Status.CANCELLED]

    @property
    def expired(self) -> int:
        """With those that were never fed."""
        never = self.unfed if self.state == State.EXPIRED else 0
        return never + self.by_status[Status.EXPIRED]

    @property
    def done(self) -> int:
        """Rows that have left, or never will."""
        open_ones = self.waiting + self.by_status[Status.SENDING] + self.by_status[Status.HELD]
        return self.to_send - open_ones

    @property
    def left(self) -> int:
        """Rows that have left: of the others it is certain that they have not."""
        return self.done - self.cancelled - self.expired

    @property
    def is_over(self) -> bool:
        """Whether nothing of it leaves any more, and no result is awaited."""
        return self.state in Batch.ENDED and self.done == self.to_send and not self.awaited

    @property
    def seconds_left(self) -> float | None:
        """Until the last row has left, at the present pace; None if nothing leaves now."""
        return self.waiting / self.per_second if self.per_second else None

    def _by(self, place: int) -> Counter[str]:
        found: Counter[str] = Counter()
        for outcome, count in self.counts.items():
            found[str(outcome[place])] += count
        return found


def progress_of(batch: Batch) -> Progress:
    """Read anew from the database."""
    at = timezone.now()
    batch = Batch.objects.select_related("account", "workflow").get(pk=batch.pk)
    return Progress(
        at=at,
        state=batch.state,
        rows=batch.rows,
        left_out=batch.left_out,
        fed=batch.fed,
        counts=counts_of(batch),
        per_second=pace_of(batch, at),
    )


def pace_of(batch: Batch, now: datetime) -> float:
    """Messages per second that leave of it now; 0 while it, or what it leaves by, is stopped or
    cannot be reached.
    """
    begins = batch.not_before
    is_going = batch.state == State.RUNNING and not (begins and begins > now)
    departure = Departures(now).of(batch.account, batch.workflow)
    if not is_going or not departure.goes_on_by_itself or departure.is_unreachable:
        return 0.0
    running = Batch.objects.filter(account=batch.account_id, state=State.RUNNING)
    caps = dict(running.exclude(not_before__gt=now).values_list("pk", "per_second"))
    rates = shares(batch.account.sends_per_second, list(caps.values()))
    return dict(zip(caps, rates, strict=True)).get(batch.pk, 0.0)
