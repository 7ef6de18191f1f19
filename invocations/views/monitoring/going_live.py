"""How far a live account is from its first message, for the homes."""

from __future__ import annotations

from typing import NamedTuple

from django.db.models import Exists, OuterRef, QuerySet

from invocations.models import Account, WorkflowInstance
from invocations.monitoring.setup_steps import Progress, steps_of


class GoingLive(NamedTuple):
    account: Account
    progress: Progress


def going_live() -> GoingLive | None:
    """The newest live account without a workflow that is live; None if there is none."""
    live = WorkflowInstance.Stage.LIVE
    workflows = WorkflowInstance.objects.filter(account=OuterRef("pk"), is_active=True, stage=live)
    account = live_accounts().filter(~Exists(workflows)).order_by("-pk").first()
    return GoingLive(account, Progress(steps_of(account))) if account else None


def live_accounts() -> QuerySet[Account]:
    return Account.objects.select_related("pod").exclude(pk__in=Account.for_practice())
