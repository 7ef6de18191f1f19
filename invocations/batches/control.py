"""What a person decides about a batch that has started. Each is one conditional UPDATE of the
batch, whatever its size; a cancellation also ends the few rows that are in the queue.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from invocations.audit import verbs
from invocations.audit.record import record
from invocations.batches.changed import CHANGE_TEXT, change_since_check
from invocations.batches.start import NOT_YOURS, RESULT_KEPT
from invocations.batches.trail_facts import facts_of
from invocations.composing.findings import Finding, Severity
from invocations.models import Batch
from invocations.models.viewer import Viewer
from invocations.sending import decisions
from invocations.sending.record import NotSendable

if TYPE_CHECKING:
    from django.contrib.auth.models import User

logger = logging.getLogger(__name__)

State = Batch.State


def pause(batch: Batch, by: User | None) -> bool:
    """No further row is fed, and none that is queued leaves. Returns whether it was running."""
    running = Batch.objects.filter(pk=batch.pk, state=State.RUNNING)
    with transaction.atomic():
        paused = running.update(state=State.PAUSED, paused_by=by, paused_because="")
        _record(verbs.BATCH_PAUSED, batch, bool(paused), by)
    return _changed(batch, bool(paused), "paused", by)


def resume(batch: Batch, by: User | None) -> bool:
    """Lets it go on where it stopped. Returns whether it was paused.

    Raises `NotSendable` if its check does not hold any more, or `by` may not send the workflow.
    """
    if batch.state == State.PAUSED and (finding := _why_not_resumed(batch, by)):
        raise NotSendable([finding])
    paused = Batch.objects.filter(pk=batch.pk, state=State.PAUSED)
    going = {"paused_by": None, "paused_because": "", "told_at": None}
    with transaction.atomic():
        resumed = paused.update(state=State.RUNNING, **going)
        _record(verbs.BATCH_RESUMED, batch, bool(resumed), by)
    return _changed(batch, bool(resumed), "resumed", by)


def cancel(batch: Batch, by: User | None) -> bool:
    """What is not fed never is, and what is queued is cancelled. What has left goes on.

    Returns whether it was running or paused.
    """
    now = timezone.now()
    with transaction.atomic():
        # The batch first: a feed that is under way has committed its rows by then, or inserts none.
        cancelled = Batch.objects.filter(pk=batch.pk, state__in=Batch.GOING).update(
            state=State.CANCELLED, ended_at=now, told_at=None, delete_at=now + RESULT_KEPT
        )
        if cancelled:
            decisions.cancel_batch(batch, by)
        _record(verbs.BATCH_CANCELLED, batch, bool(cancelled), by)
    return _changed(batch, bool(cancelled), "cancelled", by)


def _why_not_resumed(batch: Batch, by: User | None) -> Finding | None:
    viewer = Viewer.of(by) if by else Viewer.operator()
    if code := change_since_check(batch):
        return Finding(code, Severity.BLOCKER, str(CHANGE_TEXT[code]))
    if not viewer.may_send_workflow(batch.workflow):
        return Finding("not_yours", Severity.BLOCKER, str(NOT_YOURS))
    return None


def _record(verb: str, batch: Batch, is_changed: bool, by: User | None) -> None:
    if is_changed:
        record(verb, by=by, about=batch, facts=facts_of(batch))


def _changed(batch: Batch, is_changed: bool, what: str, by: User | None) -> bool:
    batch.refresh_from_db()
    if is_changed:
        who = f"user {by.pk}" if by else "the command line"
        logger.info("batch %s was %s by %s", batch.uid, what, who)
    return is_changed
