"""What the stop page counts: what waits, what resuming does, and what went out or expired."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from math import ceil

from django.db.models import Count, Q, QuerySet

from invocations.models import Account, Invocation, KillSwitch, WorkflowInstance
from invocations.monitoring.pauses import MAX_WAITING_COUNTED
from invocations.sending.departure import sender_is_running

Status = Invocation.Status


@dataclass(frozen=True)
class StopFacts:
    """Counts are `MAX_WAITING_COUNTED` at most; `is_capped`: there may be more.

    `waiting`: queued. Of these, `scheduled` have a time of their own to come, `leaving` leave as
    soon as nothing is stopped, and `paused` stay, because their account or workflow is paused.
    `seconds`: how long it takes those that leave, at the rate of their accounts.
    `under_way`: being posted now. `went_out`: posted when the stop began. `expired`: since then.
    """

    waiting: int
    scheduled: int
    leaving: int
    under_way: int
    first_expires_at: datetime | None
    has_sender: bool
    seconds: int = 0
    went_out: int = 0
    expired: int = 0

    @property
    def paused(self) -> int:
        return self.waiting - self.scheduled - self.leaving

    @property
    def is_capped(self) -> bool:
        return self.waiting >= MAX_WAITING_COUNTED


def stop_facts(now: datetime, switch: KillSwitch | None) -> StopFacts:
    """`switch`: the kill switch while it is on."""
    in_time = Q(not_after__isnull=True) | Q(not_after__gt=now)
    queued = Invocation.objects.filter(in_time, status=Status.QUEUED)
    later = Q(not_before__gt=now)
    going = Q(
        account__in=Account.objects.filter(is_paused=False),
        workflow_instance__in=WorkflowInstance.objects.filter(is_paused=False),
    )
    ends = queued.filter(not_after__isnull=False).order_by("not_after")
    return StopFacts(
        waiting=_count(queued),
        scheduled=_count(queued.filter(later)),
        leaving=_count(queued.filter(~later, going)),
        under_way=_count(Invocation.objects.filter(status=Status.SENDING)),
        first_expires_at=ends.values_list("not_after", flat=True).first(),
        has_sender=sender_is_running(now),
        seconds=_seconds(queued.filter(~later, going)),
        **_since_the_stop(switch),
    )


def _since_the_stop(switch: KillSwitch | None) -> dict[str, int]:
    if switch is None:
        return {}
    stopped_at = switch.changed_at
    ended_since = Invocation.objects.filter(final_at__gte=stopped_at)
    went_out = ended_since.filter(
        attempts__started_at__lt=stopped_at, status__in=(Status.ACCEPTED, Status.UNKNOWN)
    )
    return {
        "went_out": _count(went_out.distinct()),
        "expired": _count(ended_since.filter(status=Status.EXPIRED)),
    }


def _seconds(leaving: QuerySet[Invocation]) -> int:
    """Accounts send side by side: the one that takes longest decides. At least 1."""
    ids = leaving.order_by().values("pk")[:MAX_WAITING_COUNTED]
    by_account = Invocation.objects.filter(pk__in=ids).order_by().values("account")
    rates = by_account.annotate(n=Count("pk")).values_list("n", "account__sends_per_second")
    return max((ceil(n / per_second) for n, per_second in rates), default=1)


def _count(rows: QuerySet[Invocation]) -> int:
    return rows.order_by().values("pk")[:MAX_WAITING_COUNTED].count()
