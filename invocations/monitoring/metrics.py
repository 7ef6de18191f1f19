"""What a monitor watches: how old the oldest work is, how much waits, what is stopped. No number, no value, no name of anything.

Every question is answered from an index and counts no further than `MOST_COUNTED`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Max, Min, OuterRef, QuerySet, Subquery

from invocations.models import (
    Account,
    Callback,
    CallbackAddress,
    Heartbeat,
    Incident,
    Invocation,
    WorkflowInstance,
)
from invocations.monitoring import statistics
from invocations.results import matching as whose
from invocations.sending import pause

MOST_COUNTED = 10_000
MISSING_AFTER = timedelta(seconds=60)
"""A dispatcher sweeps every five seconds."""
Status = Invocation.Status
Sample = tuple[str, str, float]


def oldest_due_at(now: datetime) -> datetime | None:
    """Since when the longest overdue message has been due, where neither its account nor its workflow is paused; None if none is."""
    oldest = _due(now).filter(account_id=OuterRef("pk")).order_by("due_at").values("due_at")[:1]
    moment: datetime | None = Account.objects.filter(is_paused=False).aggregate(
        oldest=Min(Subquery(oldest))
    )["oldest"]
    return moment


def _due(now: datetime) -> QuerySet[Invocation]:
    going = WorkflowInstance.objects.filter(is_paused=False).values("pk")
    waiting = Invocation.OPEN
    return Invocation.objects.filter(
        due_at__lte=now, status__in=waiting, workflow_instance_id__in=going
    )


def last_sweep() -> datetime | None:
    """When a dispatcher last swept; None if none ever did."""
    return Heartbeat.objects.values_list("at", flat=True).first()


def dispatcher_is_missing(now: datetime) -> bool:
    """Whether something has been due for a while and no dispatcher has been at work."""
    at, oldest = last_sweep(), oldest_due_at(now)
    return (
        oldest is not None
        and oldest < now - MISSING_AFTER
        and (at is None or at < now - MISSING_AFTER)
    )


def capped_count(rows: QuerySet[Invocation] | QuerySet[Callback]) -> int:
    """How many, `MOST_COUNTED` at most."""
    return rows.order_by().values("pk")[:MOST_COUNTED].count()


def samples(now: datetime) -> Iterator[Sample]:
    """Name with its labels, help and value of each metric. Times are seconds; what has never happened is left out."""

    def age(moment: datetime | None) -> float:
        return max(0.0, (now - moment).total_seconds()) if moment else 0.0

    yield (
        "queue_age_seconds",
        "How long the longest overdue message has been due.",
        age(oldest_due_at(now)),
    )
    yield (
        "due",
        f"Messages that are due, {MOST_COUNTED} at most.",
        capped_count(_due(now).filter(account__is_paused=False)),
    )
    for status in (Status.UNKNOWN, Status.HELD):
        yield (
            status.value,
            f"Messages that are {status.value} now, {MOST_COUNTED} at most.",
            capped_count(_with(status)),
        )
    oldest_unknown = (
        _with(Status.UNKNOWN).order_by("id").values_list("created_at", flat=True).first()
    )
    yield (
        "oldest_unknown_seconds",
        "How long ago the oldest message of unknown outcome was recorded.",
        age(oldest_unknown),
    )
    yield (
        "paused_accounts",
        "Accounts through which nothing leaves.",
        Account.objects.filter(is_paused=True).count(),
    )
    paused = WorkflowInstance.objects.filter(is_paused=True, is_active=True)
    yield "paused_workflows", "Workflows with which nothing leaves.", paused.count()
    yield "stopped", "1 while all sending is stopped.", float(pause.is_stopped())
    open_ones = list(Incident.objects.filter(closed_at__isnull=True).values_list("kind", flat=True))
    for kind in Incident.Kind.values:
        yield f'incidents_open{{kind="{kind}"}}', "Incidents that are open.", open_ones.count(kind)
    if at := last_sweep():
        yield "dispatcher_seen_seconds", "How long ago a dispatcher was at work.", age(at)
    if at := CallbackAddress.objects.aggregate(at=Max("last_used_at"))["at"]:
        yield "callback_seen_seconds", "How long ago Kaleyra posted a result.", age(at)
    yield (
        "callbacks_unmatched",
        f"Results of no known message, not set aside, {MOST_COUNTED} at most.",
        capped_count(whose.results_to_review()),
    )
    newest = Invocation.objects.order_by("-id").values_list("pk", flat=True).first() or 0
    yield "recorded_total", "Messages recorded so far, by the newest one's number.", newest
    hour_ago = statistics.first_id(now - timedelta(hours=1))
    for status in Status:
        count = capped_count(_with(status).filter(pk__gte=hour_ago)) if hour_ago else 0
        yield (
            f'last_hour{{status="{status.value}"}}',
            f"Messages recorded in the last hour, {MOST_COUNTED} of a status at most.",
            count,
        )


def _with(status: Invocation.Status) -> QuerySet[Invocation]:
    return Invocation.objects.filter(status=status)


def prometheus_text(now: datetime) -> str:
    """The samples in Prometheus' text format (version 0.0.4)."""
    lines: list[str] = []
    described = set()
    for name, about, value in samples(now):
        name = f"fallback_console_{name}"
        bare = name.partition("{")[0]
        if bare not in described:
            described.add(bare)
            lines += [
                f"# HELP {bare} {about}",
                f"# TYPE {bare} {'counter' if bare.endswith('_total') else 'gauge'}",
            ]
        lines.append(f"{name} {value:g}" if value < 1e6 else f"{name} {value:.0f}")
    return "\n".join(lines) + "\n"
