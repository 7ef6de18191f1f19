"""Pauses and resumes sending: everything, one account or one workflow."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from invocations.audit.versions import record_version
from invocations.models import Account, Batch, Invocation, KillSwitch, Pace, WorkflowInstance
from invocations.sending.outcomes import TABLE, Effect

if TYPE_CHECKING:
    from django.contrib.auth.models import User

logger = logging.getLogger(__name__)

PAUSE_PROBE_EVERY = timedelta(minutes=5)
"""How often one message is posted to find out whether a paused account works again."""
RESUMED = "resumed"
PAUSED_BY_HAND = "paused"
PROOFS_OF_SETUP = ("accepted", "rejected", "id_used_before")
"""Results that only a valid key for an existing workflow gives."""


def is_stopped() -> bool:
    """Whether all sending is stopped."""
    return KillSwitch.objects.filter(is_on=True).exists()


def stop_everything(reason: str, by: User | None) -> None:
    """From now on no process claims anything. Requests that have started are completed."""
    _switch(True, reason, by)
    logger.error("all sending was stopped")


def resume_everything(by: User | None) -> None:
    """Ends `stop_everything`. Messages that waited are due as before."""
    _switch(False, "", by)
    logger.warning("sending goes on")


def _switch(is_on: bool, reason: str, by: User | None) -> None:
    KillSwitch(pk=1, is_on=is_on, reason=reason, changed_by=by).save()


def pause_or_resume(account: Account, reasons: Sequence[str]) -> None:
    """Pauses or resumes by the last of `reasons`, results in order, that tells about the set-up."""
    telling = [
        reason
        for reason in reasons
        if reason in PROOFS_OF_SETUP or TABLE[reason].effect is Effect.PAUSES_ACCOUNT
    ]
    if not telling:
        return
    if telling[-1] in PROOFS_OF_SETUP:
        resume(account, mended=True, by_itself=True)
    else:
        _pause(account, telling[-1])


@transaction.atomic
def _pause(account: Account, reason: str) -> None:
    """Pauses the account. Logs an alarm only if it was not paused before."""
    if Account.objects.filter(pk=account.pk, is_paused=False).update(
        is_paused=True, paused_because=reason
    ):
        logger.error("account %s is paused: %s", account.pk, reason)
        record_history(Account, account.pk, reason, by_itself=True)
    Pace.objects.update_or_create(
        account=account, defaults={"probe_at": timezone.now() + PAUSE_PROBE_EVERY}
    )


@transaction.atomic
def pause_by_hand(account: Account, reason: str) -> bool:
    """Pauses the account for a person, whom the change history names. Returns whether it was not
    paused before.
    """
    columns = {"is_paused": True, "paused_reason": reason, "paused_because": ""}
    if not Account.objects.filter(pk=account.pk, is_paused=False).update(**columns):
        return False
    logger.warning("account %s is paused by a person", account.pk)
    record_history(Account, account.pk, PAUSED_BY_HAND)
    return True


@transaction.atomic
def pause_workflow(
    workflow_instance_pk: int, reason: str, *, workflow_id: str | None = None
) -> None:
    """Pauses a workflow that Kaleyra does not know. Logs an alarm if it was not paused before.

    `workflow_id`: only if this is its workflow ID still.
    """
    going = WorkflowInstance.objects.filter(pk=workflow_instance_pk, is_paused=False)
    if workflow_id is not None:
        going = going.filter(workflow_instance_id=workflow_id)
    if going.update(is_paused=True):
        logger.error("workflow %s is paused: %s", workflow_instance_pk, reason)
        record_history(WorkflowInstance, workflow_instance_pk, reason, by_itself=True)


@transaction.atomic
def resume(account: Account, *, mended: bool = False, by_itself: bool = False) -> bool:
    """Resumes the account. Returns whether it was paused.

    `mended`: only if the console had paused it. `by_itself`: because of an answer, not a person.
    """
    paused = Account.objects.filter(pk=account.pk, is_paused=True)
    if mended:
        paused = paused.exclude(paused_because="")
    if not paused.update(is_paused=False, paused_because="", paused_reason=""):
        return False
    logger.warning("account %s goes on", account.pk)
    record_history(Account, account.pk, RESUMED, by_itself=by_itself)
    reset_rate_limit(account)
    return True


@transaction.atomic
def resume_workflow(workflow: WorkflowInstance) -> bool:
    """Resumes the workflow. Returns whether it was paused.

    If the cause remains, the next answer pauses it again.
    """
    if not WorkflowInstance.objects.filter(pk=workflow.pk, is_paused=True).update(is_paused=False):
        return False
    logger.warning("workflow %s goes on", workflow.pk)
    record_history(WorkflowInstance, workflow.pk, RESUMED)
    return True


def stopped_batches() -> QuerySet[Batch]:
    """Their queued rows do not leave. What is in doubt is still asked about.

    Of a cancelled batch these are rows that were under way and came back into the queue
    (`decisions.cancel_returned`).
    """
    under_way = Invocation.objects.filter(
        batch=OuterRef("pk"), status__in=Invocation.UNSETTLED
    ).order_by()
    cancelled = Q(state=Batch.State.CANCELLED) & Exists(under_way)
    return Batch.objects.filter(Q(state=Batch.State.PAUSED) | cancelled)


def reset_rate_limit(account: Account) -> None:
    """Clears failures, waits and probes of the account."""
    Pace.objects.filter(account=account).update(probe_at=None, failures=0, wait_until=None)


def record_history(
    model: type[Account] | type[WorkflowInstance], pk: int, reason: str, *, by_itself: bool = False
) -> None:
    """Adds an entry to the change history and the trail after an UPDATE, which skips `save`.

    Its author is the user of the current request, or nobody if the console did it `by_itself`: an
    answer did, whoever sent the message.
    """
    changed: Any = model.objects.get(pk=pk)
    if by_itself:
        changed._history_user = None  # simple_history reads this attribute
    with transaction.atomic():
        [version] = model.history.bulk_history_create(
            [changed], update=True, default_change_reason=reason
        )
        if isinstance(changed, WorkflowInstance):
            _keep_groups(version, changed)
        record_version(version, changed)


def _keep_groups(version: Any, workflow: WorkflowInstance) -> None:
    """Adds the groups to a version, as `save` does: without them they seem to have changed."""
    members = version.groups.model
    members.objects.bulk_create(
        members(history=version, **columns)
        for columns in WorkflowInstance.groups.through.objects.filter(
            workflowinstance=workflow.pk
        ).values("id", "workflowinstance_id", "group_id")
    )


def accounts_due_for_probe(now: datetime) -> QuerySet[Account]:
    """The accounts that the console paused, with a probe that is due."""
    found = Account.objects.filter(
        Q(is_paused=True) & ~Q(paused_because="") & Q(pace__probe_at__lte=now)
    )
    return found.select_related("pod")


def claim_probe(account: Account, now: datetime) -> bool:
    """Reserves the due probe. Returns False if another process has done so."""
    due = Pace.objects.filter(account=account, probe_at__lte=now)
    return bool(due.update(probe_at=now + PAUSE_PROBE_EVERY))


def release_probe(account: Account, now: datetime) -> None:
    """Makes a reserved probe due again, because there was no message to post for it."""
    Pace.objects.filter(account=account).update(probe_at=now)
