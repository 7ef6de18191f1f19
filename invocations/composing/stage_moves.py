"""Moves of a workflow between draft, tested and live. Each is one conditional UPDATE.

Each stands in the change history with who did it, and with the reason where one was given.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from invocations.composing import template_fields
from invocations.composing.stage import are_of_the_team
from invocations.models import Invocation, WorkflowInstance
from invocations.models.encryption import Unreadable
from invocations.models.invocations import sends_in

if TYPE_CHECKING:
    from django.contrib.auth.models import User

logger = logging.getLogger(__name__)

MAX_REASON = 100
"""Characters of a reason, as django-simple-history stores it."""
TEST_DELIVERED = "test_delivered"
TEXTS_CHANGED = "texts_changed"
KIND_CHANGED = "kind_changed"
Stage = WorkflowInstance.Stage


def make_live(workflow: WorkflowInstance, by: User, reason: str = "") -> bool:
    """Returns whether it was a draft or tested until now."""
    return _move(workflow, (Stage.DRAFT, Stage.TESTED), Stage.LIVE, by, reason)


def make_draft(workflow: WorkflowInstance, by: User | None, reason: str = "") -> bool:
    """Returns whether it was tested or live. Messages queued already were checked, and leave."""
    return _move(workflow, (Stage.TESTED, Stage.LIVE), Stage.DRAFT, by, reason)


def test_was_invalidated(workflow: WorkflowInstance, by: User | None) -> bool:
    """Makes a tested workflow a draft again: what was tested has changed."""
    return _move(workflow, (Stage.TESTED,), Stage.DRAFT, by, TEXTS_CHANGED)


def back_to_draft_after_change_of_kind(workflows: QuerySet[WorkflowInstance]) -> int:
    """Makes tested and live `workflows` drafts: their account has changed between practice and
    live, where none of their tests was made. Returns how many.

    Call it in the transaction that saves the account. It locks every row, so that `mark_tested`
    sees the account as it is afterwards.
    """
    found = list(workflows)
    rows = WorkflowInstance.objects.filter(pk__in=[each.pk for each in found])
    rows.update(tested_at=None, tested_by=None, tested_version=None)
    origins = (Stage.TESTED, Stage.LIVE)
    return sum(_move(each, origins, Stage.DRAFT, None, KIND_CHANGED) for each in found)


def mark_tested(invocation_pk: int) -> bool:
    """After a delivery was reported: the message's workflow is tested, if it is a draft with the
    texts and values that the message was sent with, and the message went to practice or the team.

    Call it after the transaction that stored the result.
    """
    related = Invocation.objects.select_related(
        "workflow_instance__account__pod", "version", "created_by", "target"
    )
    message = related.get(pk=invocation_pk)
    if message.version is None or not _was_a_test(message):
        return False
    with transaction.atomic():
        # Pages that save texts, or move the account between practice and live, lock the row, too.
        locked = WorkflowInstance.objects.select_for_update()
        workflow = locked.get(pk=message.workflow_instance_id)
        if not template_fields.is_current(message.version, workflow):
            return False
        if not _was_a_test(related.get(pk=invocation_pk)):
            return False
        return _move(
            workflow,
            (Stage.DRAFT,),
            Stage.TESTED,
            None,
            TEST_DELIVERED,
            tested_at=timezone.now(),
            tested_by=message.created_by,
            tested_version=message.version.number,
        )


def _was_a_test(message: Invocation) -> bool:
    """Whether it went to practice or the team, at the host and SID that the account has today."""
    account = message.workflow_instance.account
    today = (account.pod.api_domain, account.sid)
    if message.target and message.target.parts[:2] != today:
        return False
    if message.target and message.target.is_practice:
        return True
    try:
        return are_of_the_team(send.recipient for send in sends_in(message))
    except Unreadable:
        return False


def _move(
    workflow: WorkflowInstance,
    origins: tuple[str, ...],
    to: str,
    by: User | None,
    reason: str,
    **columns: object,
) -> bool:
    with transaction.atomic():
        found = WorkflowInstance.objects.filter(pk=workflow.pk, stage__in=origins)
        if not found.update(stage=to, stage_since=timezone.now(), **columns):
            return False
        workflow.refresh_from_db()
        add_to_history(workflow, by, reason)
    logger.info("workflow %s is %s", workflow.pk, to)
    return True


def add_to_history(workflow: WorkflowInstance, by: User | None, reason: str = "") -> None:
    """An entry in the change history with the workflow and its groups as they are now.

    django-simple-history writes one in `save`, which an UPDATE skips. It reads these attributes.
    """
    workflow._history_user = by  # type: ignore[attr-defined]
    workflow._change_reason = reason[:MAX_REASON] or None  # type: ignore[attr-defined]
    workflow.save(update_fields=["stage"])
    del workflow._history_user, workflow._change_reason  # type: ignore[attr-defined]
