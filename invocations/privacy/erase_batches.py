"""Takes one phone out of files of recipients: a few parts of batches at a time."""

from __future__ import annotations

from collections import Counter

from django.db.models import Q

from invocations.batches import parts
from invocations.batches.discard import delete_unstarted
from invocations.batches.part_digests import beginning, split
from invocations.batches.recipient_file.rows import Row
from invocations.models import Batch, BatchPart
from invocations.models.encryption import Unreadable
from invocations.privacy.phone import Phone

PARTS_AT_ONCE = 10


def delete_unstarted_files(phone: Phone) -> Counter[str]:
    """Deletes the files that nobody has started and that have the number; and those whose rows are
    not read yet, for nobody can tell what is in them.
    """
    deleted = 0
    for batch in Batch.objects.filter(state__in=Batch.BEFORE_START):
        is_read = batch.state == Batch.State.CHECKED
        has_number = any(_rows_with(part, phone) for part in batch.parts.iterator(1))
        if not is_read or has_number:
            deleted += delete_unstarted(batch, Q())
    return Counter(files=deleted) if deleted else Counter()


def empty_some(phone: Phone, after: str) -> tuple[str, Counter[str]]:
    """Empties the rows with the number in the next parts of batches that were started.

    `after` and what is returned: as in `erase_texts.erase_some`. Call it in a transaction.
    """
    started = BatchPart.objects.filter(batch__state__in=Batch.STARTED, pk__gt=after)
    found = list(started.order_by("pk").select_for_update(of=("self",))[:PARTS_AT_ONCE])
    emptied = sum(_empty(part, phone) for part in found)
    last = found[-1].pk if len(found) == PARTS_AT_ONCE else ""
    return last, Counter(rows_of_files=emptied) if emptied else Counter()


def _empty(part: BatchPart, phone: Phone) -> int:
    numbers = _rows_with(part, phone)
    if numbers:
        rows = parts.unpack(part.content)
        part.content = parts.pack(Row(r.number, []) if r.number in numbers else r for r in rows)
    sought = {beginning(digest) for digest in phone.digests}
    kept = [each for each in split(part.digests) if each not in sought]
    if numbers or len(b"".join(kept)) != len(bytes(part.digests)):
        part.digests = b"".join(kept)
        part.save(update_fields=["content", "digests"])
    return len(numbers)


def _rows_with(part: BatchPart, phone: Phone) -> set[int]:
    try:
        rows = parts.unpack(part.content)
    except Unreadable:
        return set()
    return {row.number for row in rows if any(phone.is_in(cell) for cell in row.cells)}
