"""Counts the rows of a batch against the caps when they are fed.

A batch waits while a cap of its account, or of the person who started it, is full. A row is refused
if a cap of its number is full: the next hour or day would be another message to that person.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from django.utils import timezone

from invocations.batches.part_found import RowFault
from invocations.batches.row_messages import Messages
from invocations.composing import limit_text
from invocations.composing.limits import (
    CapKey,
    Limits,
    cap_keys,
    counts_of,
    full,
    limits_of,
    window_end,
)
from invocations.models import Batch
from invocations.sending import caps

_NUMBER = "number"


class FeedCaps:
    """Of one batch, with the limits as they were when its feed began."""

    def __init__(self, batch: Batch, limits: Limits) -> None:
        self._batch = batch
        self._limits = limits

    def room(self) -> int | None:
        """How many rows its account and its person have left; None without such a cap."""
        left = [key.most - count for key, count in counts_of(self._general()).items()]
        return max(0, min(left)) if left else None

    def take(self, messages: Messages) -> int | None:
        """Counts the rows, inside the transaction that inserts them. Those whose number has had
        enough are taken out and stand in `refused`. Returns how many those are; None if account or
        person have less room by now: nothing may be inserted.
        """
        if not self._limits.caps or not messages.rows:
            return 0
        general = self._general()
        by_row = {
            row: self._of_numbers(digits)
            for row, digits in (messages.digits.items() if self._caps_numbers else ())
        }
        counts = caps.lock([*general, *(key for keys in by_row.values() for key in keys)])
        added: Counter[CapKey] = Counter()
        refused = self._refused(messages, by_row, counts, added)
        messages.without(refused)
        for key in general:
            if counts[key] + len(messages.rows) > key.most:
                return None
            added[key] = len(messages.rows)
        caps.add({key: count for key, count in added.items() if count})
        return len(refused)

    def _refused(
        self,
        messages: Messages,
        by_row: Mapping[int, list[CapKey]],
        counts: Mapping[CapKey, int],
        added: Counter[CapKey],
    ) -> dict[int, RowFault]:
        refused = {}
        for columns in messages.rows:
            row = columns["batch_row"]
            keys = by_row.get(row, [])
            over = next((key for key in keys if counts[key] + added[key] >= key.most), None)
            if over:
                finding = full(over)
                refused[row] = RowFault(finding.code, -1, "", finding.text)
            else:
                added.update(keys)
        return refused

    @property
    def _caps_numbers(self) -> bool:
        return any(scope.startswith(_NUMBER) for scope in self._limits.caps)

    def _general(self) -> list[CapKey]:
        return general_keys(self._batch, self._limits, timezone.now())

    def _of_numbers(self, digits: list[str]) -> list[CapKey]:
        keys = cap_keys(
            self._limits,
            account_id=self._batch.account_id,
            person_id=None,
            numbers=digits,
            now=timezone.now(),
        )
        return [key for key in keys if key.scope.startswith(_NUMBER)]


def general_keys(batch: Batch, limits: Limits, now: datetime) -> list[CapKey]:
    """The caps of the batch's account, and of the person who started it."""
    return cap_keys(limits, account_id=batch.account_id, person_id=batch.started_by_id, now=now)


def waits_for(batch: Batch) -> str:
    """Why a running batch feeds nothing now, if that is a cap; else empty."""
    keys = general_keys(batch, limits_of(batch.account_id), timezone.now())
    over = [key for key, count in counts_of(keys).items() if count >= key.most]
    if not over:
        return ""
    last = max(over, key=window_end)
    return limit_text.of_wait(last.scope, last.most, window_end(last))
