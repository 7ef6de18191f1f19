"""Starts a checked batch: one conditional UPDATE, whatever its size."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from invocations.batches.changed import CHANGE_TEXT, change_since_check, is_practice
from invocations.batches.request_ids import whole_milliseconds
from invocations.composing import check
from invocations.composing.findings import Finding, Severity
from invocations.models import Batch, WorkflowInstance
from invocations.models.permissions import Viewer
from invocations.sending.record import NotSendable

if TYPE_CHECKING:
    from django.contrib.auth.models import User

logger = logging.getLogger(__name__)

State = Batch.State

RESULT_KEPT = timedelta(days=7)
"""How long the rows of a batch are kept once it has ended: its result file is made of them."""
LONGEST_BATCH = timedelta(days=90)
"""When a batch that never ends is deleted, counted from the time it is to begin."""
NOT_YOURS = _("You cannot send this workflow. An admin can tell you who may.")
NOTHING_LEFT = _("No row is left to send.")
NO_PACE = _("The pace is at least 1 message per second.")


def start(
    batch: Batch,
    by: User | None,
    *,
    not_before: datetime | None = None,
    not_after: datetime | None = None,
    per_second: int | None = None,
    reference: str = "",
) -> bool:
    """From now on its rows are fed into the queue. False if it was started before, by a second
    click or in another tab, or is being checked or was changed since `batch` was read.

    `not_before`, `not_after`: no row leaves before or after. `per_second`: at most, within the
    account's pace. `reference`: the ticket of the rows without one. `by`: None for the command
    line. Raises `NotSendable` with the gate's findings.
    """
    times = {"not_before": not_before, "not_after": not_after}
    if batch.state == State.CHECKED and (found := findings(batch, by, per_second, **times)):
        raise NotSendable(found)
    now = whole_milliseconds(timezone.now())
    begins = max(not_before or now, now)
    checked = Batch.objects.filter(
        pk=batch.pk,
        state=State.CHECKED,
        version=batch.version_id,
        checked_at__isnull=False,
        fence=batch.fence,
        to_decide=0,
    )
    started = checked.update(
        **times,
        state=State.RUNNING,
        started_at=now,
        started_by=by,
        stage=WorkflowInstance.objects.values_list("stage", flat=True).get(pk=batch.workflow_id),
        is_practice=is_practice(batch),
        reference=reference,
        per_second=per_second,
        delete_at=begins + LONGEST_BATCH,
    )
    batch.refresh_from_db()
    if started:
        who = f"user {by.pk}" if by else "the command line"
        logger.info("batch %s was started by %s", batch.uid, who)
    return bool(started)


def findings(
    batch: Batch,
    by: User | None,
    per_second: int | None = None,
    *,
    not_before: datetime | None = None,
    not_after: datetime | None = None,
) -> list[Finding]:
    """Why a checked batch cannot be started as it is; each one blocks."""
    return [
        *_of_batch(batch, by),
        *check.of_times(not_before=not_before, not_after=not_after),
        *([_blocker("per_second", str(NO_PACE))] if per_second == 0 else []),
    ]


def _of_batch(batch: Batch, by: User | None) -> Iterator[Finding]:
    viewer = Viewer.of(by) if by else Viewer.operator()
    if changed := change_since_check(batch):
        yield _blocker(changed, str(CHANGE_TEXT[changed]))
    elif not viewer.may_send_workflow(batch.workflow):
        yield _blocker("not_yours", str(NOT_YOURS))
    if batch.to_decide:
        text = ngettext(
            "%(count)s row is at fault. Correct it or leave it out.",
            "%(count)s rows are at fault. Correct them or leave them out.",
            batch.to_decide,
        )
        yield _blocker("to_decide", text % {"count": batch.to_decide})
    if batch.rows <= batch.left_out:
        yield _blocker("no_rows", str(NOTHING_LEFT))


def _blocker(code: str, text: str) -> Finding:
    return Finding(code, Severity.BLOCKER, text)
