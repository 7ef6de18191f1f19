"""Changes the limits of the console or of an account, with old and new values in the trail."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from django.db import transaction

from invocations.audit import verbs
from invocations.audit.record import record as trail
from invocations.models import Account, LimitSet, WorkflowInstance
from invocations.models.limits import CAPS

if TYPE_CHECKING:
    from django.contrib.auth.models import User

COLUMNS = (*CAPS, "approve_above", "countries")


def limit_set(account: Account | None) -> LimitSet:
    """What is stored, or an empty one."""
    return LimitSet.objects.filter(account=account).first() or LimitSet(account=account)


def change_limits(account: Account | None, values: Mapping[str, Any], by: User) -> bool:
    """Stores `values` by column. Returns whether any differs from before."""
    with transaction.atomic():
        if account is not None:
            Account.objects.select_for_update().get(pk=account.pk)
        limits = limit_set(account)
        facts = {
            name: {"old": getattr(limits, name), "new": value}
            for name, value in values.items()
            if name in COLUMNS and getattr(limits, name) != value
        }
        if not facts:
            return False
        for name in facts:
            setattr(limits, name, values[name])
        limits.save()
        trail(verbs.LIMIT_CHANGED, by=by, about=account or limits, facts=facts)
    return True


def mark_workflows(needing_approval: Collection[int], by: User) -> int:
    """Which workflows need approval from now on, by id. Returns how many were changed."""
    with transaction.atomic():
        workflows = WorkflowInstance.objects.select_for_update()
        changed = [
            each for each in workflows if each.needs_approval != (each.pk in needing_approval)
        ]
        for workflow in changed:
            workflow.needs_approval = not workflow.needs_approval
            workflow.save(update_fields=["needs_approval"])
            facts = {
                "needs_approval": {
                    "old": not workflow.needs_approval,
                    "new": workflow.needs_approval,
                }
            }
            trail(verbs.LIMIT_CHANGED, by=by, about=workflow, facts=facts)
    return len(changed)
