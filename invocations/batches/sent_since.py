"""Whether people of a checked file were sent the same message after the check had begun."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from invocations.batches.part_digests import beginning, split
from invocations.batches.seen_numbers import SeenNumbers
from invocations.batches.sent_lately import messages_since
from invocations.models import Batch, BatchPart


def started_since(batch: Batch, moment: datetime) -> QuerySet[Batch]:
    """Other batches of the same workflow that were started after `moment`."""
    same = Batch.objects.filter(
        workflow=batch.workflow_id, state__in=Batch.STARTED, started_at__gt=moment
    )
    return same.exclude(pk=batch.pk)


def is_sent_since(batch: Batch) -> bool:
    """Whether one of its numbers is among messages, or in another file, of its workflow, that came
    since its check. False if it is not checked.
    """
    if batch.checked_at is None:
        return False
    others = _numbers_of(batch, batch.checked_at)
    if not len(others):
        return False
    own = batch.parts.order_by("number").values_list("digests", flat=True).iterator(10)
    return any(others.find(digest) is not None for stored in own for digest in split(stored))


def _numbers_of(batch: Batch, moment: datetime) -> SeenNumbers:
    """Numbers that came since `moment`. What a batch fed is found among the digests of its file."""
    found = SeenNumbers()
    singles = messages_since(batch.workflow, moment).filter(batch__isnull=True)
    for pair in singles.values_list("recipient_digest", "recipient2_digest").iterator():
        for digest in filter(None, pair):
            found.add(beginning(digest), 0)
    files = BatchPart.objects.filter(batch__in=started_since(batch, moment))
    for stored in files.values_list("digests", flat=True).iterator(10):
        for each in split(stored):
            found.add(each, 0)
    return found
