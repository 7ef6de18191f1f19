"""The request ID of a row: batch and row decide it, so that a row never gets a second one."""

from __future__ import annotations

import hashlib
import hmac
import uuid
from datetime import datetime

from invocations.models import Batch

_ROW_BITS, _LOW_ROW_BITS, _MAC_BITS = 32, 20, 42


class RequestIds:
    """The request IDs of one started batch: UUIDs of version 8 (RFC 9562, section 5.8).

    48 bits are the millisecond of the start, 32 the row, 42 a keyed digest of the row. So IDs of
    one batch stand side by side in an index, in the order of the file, and nobody guesses one
    who does not know the batch's secret. The secret is kept with the batch, and not derived from an
    encryption key: with the next key, rows would get other IDs, and be sent twice.
    """

    def __init__(self, batch: Batch) -> None:
        if batch.started_at is None:
            raise ValueError("A batch that has not started has no request IDs.")
        self._milliseconds = _milliseconds(batch.started_at)
        self._mac = hmac.new(batch.secret.encode(), batch.uid.bytes, hashlib.sha256)

    def of(self, row: int) -> uuid.UUID:
        """`row`: its number, as the spreadsheet counts."""
        mac = self._mac.copy()
        mac.update(row.to_bytes(_ROW_BITS // 8, "big"))
        digest = int.from_bytes(mac.digest()[:8], "big") >> (64 - _MAC_BITS)
        high, low = divmod(row, 1 << _LOW_ROW_BITS)
        return uuid.UUID(
            int=self._milliseconds << 80
            | 0x8 << 76
            | high << 64
            | 0b10 << 62
            | low << _MAC_BITS
            | digest
        )


def whole_milliseconds(moment: datetime) -> datetime:
    """`moment` as `Batch.started_at` keeps it."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
