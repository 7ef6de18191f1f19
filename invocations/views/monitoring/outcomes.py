"""The statistics of the home for one period: rates, tiles, chart, workflows and refusals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from invocations.history.links import history_url
from invocations.models import Account, Invocation, WorkflowInstance
from invocations.monitoring import statistics
from invocations.monitoring.statistics import QuarterCounts
from invocations.views.monitoring import charts, rates
from invocations.views.monitoring.outcome_chart import (
    SERIES,
    ChannelKinds,
    chart_columns,
    chart_text,
    count_by_series,
)
from invocations.views.monitoring.outcome_tiles import outcome_tiles
from invocations.views.monitoring.periods import WEEKS, Period, home_address, period_links, weeks
from invocations.views.monitoring.workflow_table import (
    MAX_WORKFLOWS,
    WORKFLOW_COLUMNS,
    workflow_rows,
)

MAX_REFUSALS = 6
LIVE, PRACTICE = "live", "practice"


@dataclass(frozen=True)
class _Shown:
    """The rows of one kind of messages. `current`: of the period; `left_out`: how many messages of
    the other kind it has.
    """

    rows: Sequence[QuarterCounts]
    current: Sequence[QuarterCounts]
    left_out: int


def outcomes(period: Period, asked_kind: str, *, with_weeks: bool = False) -> dict[str, Any]:
    """The template context.

    `asked_kind`: "live" or "practice"; without it practice is shown only while there is nothing
    else.
    """
    starts = [period.since, period.before or period.since]
    if with_weeks:
        starts.append(statistics.period_start(7 * WEEKS))
    found = statistics.statistics_since(min(starts))
    ids = {row.workflow_id for row in found.rows}
    related = WorkflowInstance.objects.select_related("account__pod").prefetch_related("channels")
    workflows = related.in_bulk(ids)
    kind = asked_kind if asked_kind in (LIVE, PRACTICE) else _usual_kind()
    shown = _of_kind(kind, found.rows, workflows, period)
    filters = {
        "since": period.first_day.isoformat(),
        "practice": {LIVE: "without", PRACTICE: "only"}[kind] if shown.left_out else "",
    }
    chosen = kind if asked_kind == kind else ""
    context = {
        "period": period,
        "periods": period_links(period, chosen),
        "kinds": [
            {"title": title, "address": home_address(period, each), "current": each == kind}
            for each, title in ((LIVE, _("Live")), (PRACTICE, _("Practice")))
        ],
        "is_practice": kind == PRACTICE,
        "left_out": shown.left_out,
        "figures": found,
        "series": SERIES,
        **_rates(shown.rows, shown.current, period, filters),
        **_counts(shown.current, workflows, period, filters),
    }
    if with_weeks:
        context["weeks"] = [_week(label, counts) for label, counts in weeks(shown.rows)]
    return context


def _usual_kind() -> str:
    """Practice while no message was ever recorded for an account outside the practice pod."""
    real = Account.objects.exclude(pk__in=Account.for_practice())
    has_real = any(Invocation.objects.filter(account=account).exists() for account in real)
    return PRACTICE if not has_real and Invocation.objects.exists() else LIVE


def _of_kind(
    kind: str,
    rows: Sequence[QuarterCounts],
    workflows: Mapping[int, WorkflowInstance],
    period: Period,
) -> _Shown:
    ids = {
        pk
        for pk, workflow in workflows.items()
        if workflow.account.pod.is_practice == (kind == PRACTICE)
    }
    since = period.since
    current = [row for row in rows if row.begins_at >= since]
    others = [row.counts[statistics.RECORDED] for row in current if row.workflow_id not in ids]
    own = [row for row in rows if row.workflow_id in ids]
    return _Shown(own, [row for row in own if row.begins_at >= since], sum(others))


# --- rates ----------------------------------------------------------------------------------------


def _rates(
    rows: Sequence[QuarterCounts],
    current: Sequence[QuarterCounts],
    period: Period,
    filters: Mapping[str, str],
) -> dict[str, Any]:
    since, before = period.since, period.before
    earlier = [row for row in rows if before and before <= row.begins_at < since]
    now_buckets = period.buckets(current, since)
    before_buckets = period.buckets(earlier, before) if before else []
    total = rates.added_up([row.counts for row in current])
    total_before = rates.added_up([row.counts for row in earlier]) if before else None
    tables = [(period.title, now_buckets, period.bucket_labels(since))]
    if before:
        tables.append((period.compared_with, before_buckets, period.bucket_labels(before)))
    return {
        "metrics": rates.metrics_of(
            total, total_before, (now_buckets, before_buckets), filters, period.compared_with
        ),
        "has_ended": bool(rates.ended(total)),
        "awaited": total.get("awaiting", 0),
        "rate_tables": [
            {"title": title, "rows": _rate_rows(labels, buckets)}
            for title, buckets, labels in tables
        ],
        "rates": rates.RATES,
    }


def _rate_rows(labels: Sequence[str], buckets: Sequence[rates.Counts]) -> list[dict[str, Any]]:
    """A row for each hour or day in which something ended."""
    return [
        {"label": label, **_rate_cells(counts)}
        for label, counts in zip(labels, buckets, strict=True)
        if rates.ended(counts)
    ]


def _rate_cells(counts: rates.Counts) -> dict[str, Any]:
    cells = [rates.percent(rates.share(rate, counts)) for rate in rates.RATES]
    return {"n": rates.ended(counts), "cells": cells}


def _week(label: str, counts: rates.Counts) -> dict[str, Any]:
    ended = count_by_series(counts)
    texts = [f"{one.label} {n:,}" for one, n in zip(SERIES, ended, strict=True) if n]
    return {
        "label": label,
        **_rate_cells(counts),
        "shares": charts.shares(SERIES, ended),
        "shares_as_text": ", ".join(texts),
    }


# --- counts ---------------------------------------------------------------------------------------


def _counts(
    rows: Sequence[QuarterCounts],
    workflows: Mapping[int, WorkflowInstance],
    period: Period,
    filters: Mapping[str, str],
) -> dict[str, Any]:
    by_workflow: dict[int, Counter[str]] = {}
    for row in rows:
        by_workflow.setdefault(row.workflow_id, Counter()).update(row.counts)
    kinds = _channel_kinds(workflows)
    first_id = statistics.first_id(period.since) or 0
    columns = chart_columns(rows, period.since, period.days)
    return {
        "tiles": outcome_tiles(by_workflow, kinds, filters),
        "chart": charts.stacked(SERIES, columns),
        "narrow_chart": charts.stacked(SERIES, columns, charts.NARROW),
        "chart_says": chart_text(columns, period.days),
        "columns": WORKFLOW_COLUMNS,
        "workflows": workflow_rows(
            by_workflow, workflows, kinds, first_id=first_id, since=filters["since"]
        ),
        "more_workflows": max(0, len(by_workflow) - MAX_WORKFLOWS),
        **_refusals(first_id, set(by_workflow), filters),
    }


def _channel_kinds(workflows: Mapping[int, WorkflowInstance]) -> ChannelKinds:
    return {
        (pk, channel.position): channel.kind
        for pk, workflow in workflows.items()
        for channel in workflow.channels.all()
    }


def _refusals(first_id: int, workflow_ids: set[int], filters: Mapping[str, str]) -> dict[str, Any]:
    """The most frequent refusals; `refusals_read`: how many were read, None if that was all."""
    refusals: Sequence[statistics.RefusalCount] = []
    are_all = True
    if workflow_ids:
        refusals, are_all = statistics.refusals(first_id, workflow_ids)
    return {
        "refusals": [
            {"refusal": each, "address": _refusal_url(each, filters)}
            for each in refusals[:MAX_REFUSALS]
        ],
        "refusals_read": None if are_all else statistics.MAX_REFUSALS_READ,
    }


def _refusal_url(refusal: statistics.RefusalCount, filters: Mapping[str, str]) -> str:
    """The history's list of these messages; empty without a reason, for which it has no filter."""
    if not refusal.error_kind:
        return ""
    return history_url(status="rejected", error=refusal.error_kind, **filters)
