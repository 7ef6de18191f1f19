"""Metrics for monitoring: age of the oldest due message, how many wait, and what is stopped.

They contain no phone number, no value and no name. Every query is answered from an index and counts
no further than `COUNT_CAP`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Max, Min, OuterRef, QuerySet, Subquery

from invocations.models import (
    Account,
    Callback,
    CallbackAddress,
    Incident,
    Invocation,
    WorkflowInstance,
)
from invocations.monitoring import statistics
from invocations.results.matching import results_to_review
from invocations.results.pending import pending_results
from invocations.sending import pause
from invocations.sending.departure import last_sweep

COUNT_CAP = 10_000
MISSING_AFTER = timedelta(seconds=60)
"""A dispatcher is missing when none has swept for this long; each sweeps every five seconds."""
Status = Invocation.Status
Sample = tuple[str, str, float]


def oldest_due_at(now: datetime) -> datetime | None:
    """When the longest overdue message became due, or None.

    Messages of paused accounts and of paused workflows are left out.
    """
    oldest = _due(now).filter(account_id=OuterRef("pk")).order_by("due_at").values("due_at")[:1]
    moment: datetime | None = Account.objects.filter(is_paused=False).aggregate(
        oldest=Min(Subquery(oldest))
    )["oldest"]
    return moment


def _due(now: datetime) -> QuerySet[Invocation]:
    not_paused = WorkflowInstance.objects.filter(is_paused=False).values("pk")
    waiting = Invocation.OPEN
    return Invocation.objects.filter(
        due_at__lte=now, status__in=waiting, workflow_instance_id__in=not_paused
    )


def dispatcher_is_missing(now: datetime) -> bool:
    """Whether a message has been due, and no dispatcher has swept, for `MISSING_AFTER`."""
    swept_at, oldest = last_sweep(), oldest_due_at(now)
    limit = now - MISSING_AFTER
    return oldest is not None and oldest < limit and (swept_at is None or swept_at < limit)


def capped_count(rows: QuerySet[Invocation] | QuerySet[Callback]) -> int:
    """How many rows there are, at most `COUNT_CAP`."""
    return rows.order_by().values("pk")[:COUNT_CAP].count()


def samples(now: datetime) -> Iterator[Sample]:
    """Name with labels, help text and value of each metric.

    Times are in seconds. A metric about something that has never happened is left out.
    """
    yield from _waiting_samples(now)
    yield from _pause_samples()
    yield from _age_samples(now)
    yield from _recorded_samples(now)


def _age(moment: datetime | None, now: datetime) -> float:
    return max(0.0, (now - moment).total_seconds()) if moment else 0.0


def _waiting_samples(now: datetime) -> Iterator[Sample]:
    yield (
        "queue_age_seconds",
        "How long the longest overdue message has been due.",
        _age(oldest_due_at(now), now),
    )
    yield (
        "due",
        f"Messages that are due, {COUNT_CAP} at most.",
        capped_count(_due(now).filter(account__is_paused=False)),
    )
    for status in (Status.UNKNOWN, Status.HELD):
        yield (
            status.value,
            f"Messages that are {status.value} now, {COUNT_CAP} at most.",
            capped_count(_in_status(status)),
        )
    oldest_unknown = (
        _in_status(Status.UNKNOWN).order_by("id").values_list("created_at", flat=True).first()
    )
    yield (
        "oldest_unknown_seconds",
        "How long ago the oldest message of unknown outcome was recorded.",
        _age(oldest_unknown, now),
    )


def _pause_samples() -> Iterator[Sample]:
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


def _age_samples(now: datetime) -> Iterator[Sample]:
    if at := last_sweep():
        yield "dispatcher_seen_seconds", "How long ago a dispatcher was at work.", _age(at, now)
    if at := CallbackAddress.objects.aggregate(at=Max("last_used_at"))["at"]:
        yield "callback_seen_seconds", "How long ago Kaleyra posted a result.", _age(at, now)
    yield (
        "callbacks_unmatched",
        f"Results of no known message, not set aside, {COUNT_CAP} at most.",
        capped_count(results_to_review()),
    )
    oldest = pending_results().order_by("ask_at", "pk").values_list("received_at", flat=True)
    yield (
        "callbacks_pending_seconds",
        "How long the next result to be read has been stored; 0 if all are read.",
        _age(oldest.first(), now),
    )


def _recorded_samples(now: datetime) -> Iterator[Sample]:
    newest = Invocation.objects.order_by("-id").values_list("pk", flat=True).first() or 0
    yield "recorded_total", "Messages recorded so far, by the newest one's number.", newest
    hour_ago = statistics.first_id(now - timedelta(hours=1))
    for status in Status:
        count = capped_count(_in_status(status).filter(pk__gte=hour_ago)) if hour_ago else 0
        yield (
            f'last_hour{{status="{status.value}"}}',
            f"Messages recorded in the last hour, {COUNT_CAP} of a status at most.",
            count,
        )


def _in_status(status: Invocation.Status) -> QuerySet[Invocation]:
    return Invocation.objects.filter(status=status)


def prometheus_text(now: datetime) -> str:
    """The samples in the Prometheus text format, version 0.0.4."""
    lines: list[str] = []
    described = set()
    for name, help_text, value in samples(now):
        sample = f"fallback_console_{name}"
        metric = sample.partition("{")[0]
        if metric not in described:
            described.add(metric)
            metric_type = "counter" if metric.endswith("_total") else "gauge"
            lines += [f"# HELP {metric} {help_text}", f"# TYPE {metric} {metric_type}"]
        lines.append(f"{sample} {value:g}" if value < 1e6 else f"{sample} {value:.0f}")
    return "\n".join(lines) + "\n"
