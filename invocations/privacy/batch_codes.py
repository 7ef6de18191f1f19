"""Takes the one-time codes out of the stored rows of batches, an hour after their end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import datetime

from django.db.models import Exists, OuterRef

from invocations.batches import parts
from invocations.batches.column_json import columns_of
from invocations.batches.recipient_file.rows import Row
from invocations.composing import template_fields
from invocations.composing.unseen_characters import is_code
from invocations.models import Batch, BatchPart, Channel, Invocation
from invocations.models.encryption import Unreadable
from invocations.privacy.codes import CODES_KEPT_FOR

PARTS_AT_ONCE = 10
"""Each has up to `PART_ROWS` rows."""


def remove_some(now: datetime) -> tuple[Counter[str], bool]:
    """In some parts of one batch whose messages are all final. Call it in a transaction.

    Returns what was removed, and whether there may be more.
    """
    unsettled = Invocation.objects.filter(batch=OuterRef("pk"), final_at__isnull=True)
    unread = BatchPart.objects.filter(batch=OuterRef("pk"), codes_removed_at__isnull=True)
    due = Batch.objects.filter(
        ~Exists(unsettled),
        Exists(unread),
        state__in=Batch.ENDED,
        ended_at__lte=now - CODES_KEPT_FOR,
    )
    batch = due.select_related("workflow", "version").order_by("pk").first()
    if batch is None:
        return Counter(), False
    left = batch.parts.filter(codes_removed_at__isnull=True)
    columns = _columns_with_codes(batch)
    if not columns:
        left.update(codes_removed_at=now)
        return Counter(), True
    changed = sum(_rewrite(part, columns, now) for part in left[:PARTS_AT_ONCE])
    return Counter(batch_parts=changed), True


def _columns_with_codes(batch: Batch) -> set[int]:
    channels = (
        template_fields.channels_in(batch.version)
        if batch.version
        else list(batch.workflow.channels.all())
    )
    sensitive = template_fields.sensitive_keys(batch.workflow.channels.all())
    sensitive |= template_fields.sensitive_keys_in(batch.version) if batch.version else set()
    return {
        number
        for number, place in enumerate(columns_of(batch).places)
        if place and _goes_to_code(place, channels, sensitive)
    }


def _goes_to_code(place: str, channels: Collection[Channel], sensitive: set[str]) -> bool:
    position, mark, rest = place.partition(":")
    key = rest if mark and position in ("1", "2") else place
    is_hidden = key in sensitive and any(channel.is_otp for channel in channels)
    return is_hidden or any(is_code(channel, key) for channel in channels)


def _rewrite(part: BatchPart, columns: set[int], now: datetime) -> int:
    """Empties the cells of these columns. Returns 1."""
    part.codes_removed_at = now
    try:
        rows = parts.unpack(part.content)
    except Unreadable:
        pass  # no key opens it
    else:
        part.content = parts.pack(_emptied(row, columns) for row in rows)
    part.save(update_fields=["content", "codes_removed_at"])
    return 1


def _emptied(row: Row, columns: set[int]) -> Row:
    cells = ["" if column in columns else cell for column, cell in enumerate(row.cells)]
    return Row(row.number, cells, row.cell_faults, row.faults)
