"""Starts a checked batch: one conditional UPDATE, whatever its size."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from invocations.audit import verbs
from invocations.audit.record import record
from invocations.batches.approval_rules import NeedsApproval, needs_approval
from invocations.batches.changed import CHANGE_TEXT, change_since_check, is_practice
from invocations.batches.sent_since import is_sent_since, started_since
from invocations.batches.trail_facts import facts_of, numbers_digest
from invocations.composing import check
from invocations.composing.findings import Finding, Severity
from invocations.models import Batch, WorkflowInstance
from invocations.models.viewer import Viewer
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
SENT_SINCE = _(
    "Since the check, this message was sent to people of this file, or waits to leave for them."
    " Check the file again."
)
NO_PACE = _("The pace is at least 1 message per second.")


def start(
    batch: Batch,
    by: User | None,
    *,
    not_before: datetime | None = None,
    not_after: datetime | None = None,
    per_second: int | None = None,
    reference: str = "",
    is_approved: bool = False,
) -> bool:
    """From now on its rows are fed into the queue. False if it was started before, by a second
    click or in another tab, or is being checked or was changed since `batch` was read.

    `not_before`, `not_after`: no row leaves before or after. `per_second`: at most, within the
    account's pace. `reference`: the ticket of the rows without one. `by`: None for the command
    line. Raises `NotSendable` with the gate's findings, and `NeedsApproval` unless a second person
    has approved it (`is_approved`; `batches.approvals`).
    """
    times = {"not_before": not_before, "not_after": not_after}
    seen = [other.pk for other in _others_since_check(batch)]
    if batch.state == State.CHECKED and (found := findings(batch, by, per_second, **times)):
        raise NotSendable(found)
    numbers = numbers_digest(batch)
    if batch.state == State.CHECKED and not is_approved and needs_approval(batch):
        raise NeedsApproval
    choices = {**times, "per_second": per_second, "reference": reference}
    with transaction.atomic():
        # Two files of a workflow start one after the other: the second sees the first.
        WorkflowInstance.objects.select_for_update(no_key=True).get(pk=batch.workflow_id)
        others = _others_since_check(batch).exclude(pk__in=seen)
        if others.exists() and is_sent_since(batch):
            raise NotSendable([_blocker("sent_since", str(SENT_SINCE))])
        started = _start_checked(batch, by, choices)
        if started:
            facts = {**facts_of(batch), "numbers": numbers}
            record(verbs.BATCH_STARTED, by=by, about=batch, facts=facts)
    batch.refresh_from_db()
    if started:
        who = f"user {by.pk}" if by else "the command line"
        logger.info("batch %s was started by %s", batch.uid, who)
    return started


def _others_since_check(batch: Batch) -> QuerySet[Batch]:
    return started_since(batch, batch.checked_at) if batch.checked_at else Batch.objects.none()


def _start_checked(batch: Batch, by: User | None, choices: Mapping[str, Any]) -> bool:
    now = timezone.now()
    checked = Batch.objects.filter(
        pk=batch.pk,
        state=State.CHECKED,
        version=batch.version_id,
        checked_at__isnull=False,
        fence=batch.fence,
        to_decide=0,
    )
    started = checked.update(
        **choices,
        state=State.RUNNING,
        started_at=now,
        started_by=by,
        stage=WorkflowInstance.objects.values_list("stage", flat=True).get(pk=batch.workflow_id),
        is_practice=is_practice(batch),
        delete_at=max(choices["not_before"] or now, now) + LONGEST_BATCH,
    )
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
    elif not (viewer.may_send_batches and viewer.may_send_workflow(batch.workflow)):
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
    if not changed and is_sent_since(batch):
        yield _blocker("sent_since", str(SENT_SINCE))


def _blocker(code: str, text: str) -> Finding:
    return Finding(code, Severity.BLOCKER, text)
