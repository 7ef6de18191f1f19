"""How fast the batches of one account feed the queue, and when each row of them is due.

Rows of several batches are due in turns, so that the claim, which takes them by time, takes them in
turns as well.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

AHEAD = timedelta(seconds=3)
"""How much of its pace a batch has in the queue."""
MOST_QUEUED = 500
"""Rows of one batch in the queue, at most."""


def shares(per_second: float, caps: Sequence[int | None]) -> list[float]:
    """Messages per second for each batch of an account, evenly; what one may not use is for the
    others. `caps`: the batches' own paces, or None.

    >>> shares(10, [2, None, None])
    [2, 4.0, 4.0]
    """
    left, found = float(per_second), [0.0] * len(caps)
    ascending = sorted(range(len(caps)), key=lambda place: caps[place] or math.inf)
    for done, place in enumerate(ascending):
        even = left / (len(caps) - done)
        found[place] = min(even, caps[place] or math.inf)
        left -= found[place]
    return found


def most_queued(per_second: float) -> int:
    return max(1, min(MOST_QUEUED, math.ceil(AHEAD.total_seconds() * per_second)))


def due_times(
    count: int,
    per_second: float,
    last_due: datetime | None,
    now: datetime,
    *,
    is_capped: bool,
    is_first: bool,
) -> list[datetime]:
    """When the next `count` rows are due. `last_due`: of the last row that is in the queue.

    At the account's pace, which the claim keeps, all rows are due at once; their times only order
    them among those of other batches. With a pace of its own (`is_capped`) each waits for its time,
    and the batch never catches up on what it has missed.
    """
    step = timedelta(seconds=1) / per_second
    floor = (now if is_capped else now - AHEAD) - step
    if last_due is None and is_capped and not is_first:
        last_due = now  # it may have left just now
    previous = max(last_due or floor, floor)
    return [previous + step * place for place in range(1, count + 1)]
