"""Deletes a file that was not started: its bytes, its rows, and the batch itself."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q

from invocations.audit import verbs
from invocations.audit.record import record
from invocations.batches.change import change
from invocations.batches.stored_parts import delete_chunks, delete_parts
from invocations.batches.trail_facts import facts_of
from invocations.models import Batch

if TYPE_CHECKING:
    from django.contrib.auth.models import User

logger = logging.getLogger(__name__)


def discard(batch: Batch, by: User) -> bool:
    """False if it was started, or deleted, in the meantime: then nothing is deleted."""
    if not delete_unstarted(batch, Q(), by):
        return False
    logger.info("batch %s was deleted by user %s before its start", batch.uid, by.pk)
    return True


def delete_unstarted(batch: Batch, where: Q, by: User | None = None) -> bool:
    """Deletes all of `batch` if it meets `where` and was not started; else nothing.

    `by`: None if its time is over.
    """
    # The state guards against a start at this moment: with another fence nobody starts it, and
    # whoever reads or checks the file stops.
    unstarted = where & Q(state__in=Batch.BEFORE_START, fence=batch.fence)
    with transaction.atomic():
        if not change(batch, unstarted, fence=batch.fence + 1, state=Batch.State.REFUSED):
            return False
        record(verbs.BATCH_DELETED, by=by, about=batch, facts=facts_of(batch))
    delete_chunks(batch)
    delete_parts(batch)
    batch.delete()
    return True
