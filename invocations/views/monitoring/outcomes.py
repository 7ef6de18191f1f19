"""The statistics of the home for one period: rates, tiles, chart, workflows and refusals."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from invocations.history.links import history_url
from invocations.models import WorkflowInstance
from invocations.models.reading import Reading
from invocations.monitoring import statistics
from invocations.monitoring.statistics import QuarterCounts
from invocations.views.monitoring import charts, rates
from invocations.views.monitoring.figures import LIVE, PRACTICE, Figures, figures_of
from invocations.views.monitoring.outcome_chart import (
    SERIES,
    ChannelKinds,
    chart_columns,
    chart_text,
    count_by_series,
)
from invocations.views.monitoring.outcome_tiles import outcome_tiles
from invocations.views.monitoring.periods import Period, home_address, period_links, weeks
from invocations.views.monitoring.workflow_table import (
    MAX_WORKFLOWS,
    WORKFLOW_COLUMNS,
    workflow_rows,
)

MAX_REFUSALS = 6
MAX_KEPT = 12
"""Figures that this process keeps as they stand on a page: some hundred kilobytes each."""
PARTS = ("rates", "by_workflow", "all_counts")
"""Templates of the figures in templates/parts/."""


def outcomes(
    period: Period, asked_kind: str, reading: Reading, *, with_weeks: bool = False
) -> dict[str, Any]:
    """The template context; `html` has each of PARTS as it stands on the page.

    `asked_kind`: "live" or "practice"; without it practice is shown only while there is nothing
    else. A home asks for its figures again every 20 seconds. They are read each time, and put on
    the page anew only when one has changed.
    """
    figures = figures_of(period, asked_kind, reading, with_weeks=with_weeks)
    return _context(_Kept(figures.key(), figures))


@dataclass(frozen=True)
class _Kept:
    """Compared by `key` alone, so that `lru_cache` finds what was made of equal figures."""

    key: Hashable
    figures: Figures = field(compare=False)


@lru_cache(maxsize=MAX_KEPT)
def _context(kept: _Kept) -> dict[str, Any]:
    figures, period = kept.figures, kept.figures.period
    kind, shown = figures.kind, figures.shown
    filters = {
        "since": period.first_day.isoformat(),
        "practice": {LIVE: "without", PRACTICE: "only"}[kind] if shown.left_out else "",
    }
    chosen = kind if figures.asked_kind == kind else ""
    context = {
        "period": period,
        "periods": period_links(period, chosen),
        "kinds": [
            {"title": title, "address": home_address(period, each), "current": each == kind}
            for each, title in ((LIVE, _("Live")), (PRACTICE, _("Practice")))
        ],
        "is_practice": kind == PRACTICE,
        "left_out": shown.left_out,
        "figures": figures.found,
        "series": SERIES,
        **_rates(shown.rows, shown.current, period, filters),
        **_counts(figures, filters),
    }
    if figures.with_weeks:
        context["weeks"] = [_week(label, counts) for label, counts in weeks(shown.rows)]
    html = {name: render_to_string(f"parts/{name}.html", context) for name in PARTS}
    return context | {"html": html}


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
    metrics = rates.metrics_of(
        total, total_before, (now_buckets, before_buckets), filters, period.compared_with
    )
    return {
        "metrics": metrics,
        "not_compared": rates.not_compared(metrics, period.compared_with),
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


def _counts(figures: Figures, filters: Mapping[str, str]) -> dict[str, Any]:
    by_workflow, workflows, period = figures.by_workflow, figures.workflows, figures.period
    kinds = _channel_kinds(workflows)
    columns = chart_columns(figures.shown.current, period.since, period.days)
    return {
        "tiles": outcome_tiles(by_workflow, kinds, filters, figures.reading),
        "chart": charts.stacked(SERIES, columns),
        "narrow_chart": charts.stacked(SERIES, columns, charts.NARROW),
        "chart_says": chart_text(columns, period.days),
        "columns": WORKFLOW_COLUMNS,
        "workflows": workflow_rows(
            by_workflow, workflows, kinds, medians=figures.medians, since=filters["since"]
        ),
        "more_workflows": max(0, len(by_workflow) - MAX_WORKFLOWS),
        "refusals": [
            {"refusal": each, "address": _refusal_url(each, filters)}
            for each in figures.refusals[:MAX_REFUSALS]
        ],
        # How many were read; None if that was all.
        "refusals_read": None if figures.are_all_refusals else statistics.MAX_REFUSALS_READ,
    }


def _channel_kinds(workflows: Mapping[int, WorkflowInstance]) -> ChannelKinds:
    return {
        (pk, channel.position): channel.kind
        for pk, workflow in workflows.items()
        for channel in workflow.channels.all()
    }


def _refusal_url(refusal: statistics.RefusalCount, filters: Mapping[str, str]) -> str:
    """The history's list of these messages; empty without a reason, for which it has no filter."""
    if not refusal.error_kind:
        return ""
    return history_url(status="rejected", error=refusal.error_kind, **filters)
