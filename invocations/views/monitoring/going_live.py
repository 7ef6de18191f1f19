"""How far a team is from its first live workflow, for the homes."""

from __future__ import annotations

from typing import NamedTuple

from django.db.models import Exists, OuterRef, QuerySet

from invocations.models import Account, WorkflowInstance
from invocations.monitoring.setup_steps import Progress, steps_of


class GoingLive(NamedTuple):
    account: Account | None
    """None: there is no live account yet."""
    progress: Progress


def going_live() -> GoingLive | None:
    """The newest live account without a workflow that is live; None if each has one."""
    live = WorkflowInstance.Stage.LIVE
    workflows = WorkflowInstance.objects.filter(account=OuterRef("pk"), is_active=True, stage=live)
    accounts = live_accounts().annotate(has_live_workflow=Exists(workflows))
    account = accounts.order_by("has_live_workflow", "-pk").first()
    if account and account.has_live_workflow:
        return None
    return GoingLive(account, Progress(steps_of(account)))


def live_accounts() -> QuerySet[Account]:
    return Account.objects.select_related("pod").exclude(pk__in=Account.for_practice())
