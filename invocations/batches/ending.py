"""How a running batch ends, or is paused, without a person's decision."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef

from invocations.audit import verbs
from invocations.audit.record import record
from invocations.batches.start import RESULT_KEPT
from invocations.batches.trail_facts import facts_of
from invocations.models import Batch, BatchPart, Invocation
from invocations.sending import decisions, pause

logger = logging.getLogger(__name__)

State = Batch.State

_UNFED = Exists(BatchPart.objects.filter(batch=OuterRef("pk"), number__gte=OuterRef("next_part")))
_UNSETTLED = Exists(
    Invocation.objects.filter(batch=OuterRef("pk"), status__in=Invocation.UNSETTLED)
)


def end_due(now: datetime) -> int:
    """Ends batches whose last row has left, and those whose time is over. Returns how many.

    Rows of a cancelled batch that came back into the queue are cancelled, too.

    A batch is not done before none of its rows waits: until then it can be paused and cancelled.
    """
    if pause.stopped_batches().filter(state=State.CANCELLED).exists():
        decisions.cancel_returned()
    if not Batch.objects.filter(state__in=Batch.GOING).exists():
        return 0
    going = Batch.objects.filter(state__in=Batch.GOING)
    end = {"ended_at": now, "told_at": None, "delete_at": now + RESULT_KEPT}
    late = going.filter(_UNFED, not_after__lte=now).update(state=State.EXPIRED, **end)
    done = going.filter(~_UNFED & ~_UNSETTLED).update(state=State.DONE, **end)
    if late or done:
        logger.info("%s batches are done, %s came to the end of their time", done, late)
    return late + done


def pause_because(batch: Batch, code: str) -> bool:
    """Pauses a running batch by itself: the check does not hold any more (`changed`)."""
    running = Batch.objects.filter(pk=batch.pk, state=State.RUNNING)
    with transaction.atomic():
        if not running.update(state=State.PAUSED, paused_because=code, paused_by=None):
            return False
        facts = {**facts_of(batch), "because": code}
        record(verbs.BATCH_PAUSED, by=None, about=batch, facts=facts)
    logger.error("batch %s is paused: %s", batch.uid, code)
    return True
