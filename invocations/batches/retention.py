"""Deletes what files hold once its time is over. The counts of a batch stay."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from invocations.audit import verbs
from invocations.audit.record import record
from invocations.batches.change import change
from invocations.batches.discard import delete_unstarted
from invocations.batches.stored_parts import delete_chunks, delete_parts
from invocations.batches.trail_facts import facts_of
from invocations.history.references import masked_reference
from invocations.models import Approval, Batch, BatchChunk, BatchPart

_AT_ONCE = 3
"""Batches of each sort in one call, for the sweep also sends. The next one goes on."""


def delete_old(now: datetime) -> int:
    """Returns how many batches it changed or deleted.

    - A file that nobody started until its `delete_at` is deleted as a whole.
    - The chunks of a batch go once it is started: its rows are in its parts.
    - The parts and texts of a batch that has ended go at its `delete_at`.
    """
    return _delete_unstarted(now) + _delete_chunks_of_started() + _empty_ended(now)


def _delete_unstarted(now: datetime) -> int:
    old = Q(state__in=Batch.BEFORE_START, delete_at__lt=now)
    return sum(delete_unstarted(batch, old) for batch in Batch.objects.filter(old)[:_AT_ONCE])


def _delete_chunks_of_started() -> int:
    first_chunks = BatchChunk.objects.filter(number=0, batch__state__in=Batch.STARTED)
    started = Batch.objects.filter(pk__in=first_chunks.values("batch"))[:_AT_ONCE]
    return sum(bool(delete_chunks(batch)) for batch in started)


def _empty_ended(now: datetime) -> int:
    parts = BatchPart.objects.filter(batch=OuterRef("pk"))
    old = Batch.objects.filter(state__in=Batch.ENDED, delete_at__lt=now)
    emptied = 0
    for batch in old.filter(Exists(parts))[:_AT_ONCE]:
        with transaction.atomic():
            ticket = masked_reference(batch.reference)
            texts = {"file_name": "", "reading": "{}", "columns": "{}", "found": "{}"}
            change(batch, Q(), **texts, refused=None, reference=ticket)
            forget_texts(batch.approvals.all())
            record(verbs.BATCH_EMPTIED, by=None, about=batch, facts=facts_of(batch))
        delete_parts(batch)
        emptied += 1
    return emptied


def forget_texts(found: QuerySet[Approval]) -> None:
    """Removes why approvals were refused, and numbers in their tickets."""
    for each in found.exclude(reason="", reference=""):
        ticket = masked_reference(each.reference)
        Approval.objects.filter(pk=each.pk).update(reason="", reference=ticket)
