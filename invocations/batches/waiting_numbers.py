"""Numbers that other files of a workflow are about to send to.

The digests that stand beside the parts say which; no row is decrypted for it, but for those of a
part in which some are left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from django.db.models import F

from invocations.batches import parts
from invocations.batches.finding import RowNumbers
from invocations.batches.part_digests import beginning, split
from invocations.batches.row_marks import is_sent
from invocations.batches.seen_numbers import SeenNumbers
from invocations.batches.stored_parts import found_in
from invocations.models import Batch, BatchPart, WorkflowInstance
from invocations.models.encryption import Unreadable
from invocations.models.recipients import stored_digest


def waiting_numbers(workflow: WorkflowInstance) -> SeenNumbers:
    """Of rows that batches of the workflow have still to feed; each with the time when its batch
    was started, in seconds since 1970.
    """
    found = SeenNumbers()
    unfed = BatchPart.objects.filter(
        batch__workflow=workflow, batch__state__in=Batch.GOING, number__gte=F("batch__next_part")
    )
    for part in unfed.select_related("batch").order_by("batch", "number").iterator(10):
        started_at = part.batch.started_at
        moment = int(started_at.timestamp()) if started_at else 0
        for digest in _digests_to_send(part):
            found.add(digest, moment)
    return found


def _digests_to_send(part: BatchPart) -> Iterator[bytes]:
    """Without those of rows that are left out. Those of rows at fault are not stored at all."""
    try:
        left_out = _digests_left_out(part)
    except Unreadable:
        return  # no key opens it, and it is never sent
    yield from (Counter(split(part.digests)) - left_out).elements()


def _digests_left_out(part: BatchPart) -> Counter[bytes]:
    found = found_in(part)
    marked = {*found.left_out, *found.repeats, *found.sent_lately} - found.faults.keys()
    rows = {row for row in marked if not is_sent(found.mark(row), part.batch.leaves_out)}
    if not rows:
        return Counter()
    numbers = RowNumbers(part.batch)
    return Counter(
        beginning(stored_digest(digits))
        for row in parts.unpack(part.content)
        if row.number in rows
        for digits in numbers.of(row)
    )
