"""The statistics of the dashboard for one period: tiles, chart, workflows and refusals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from invocations.history.links import history_url
from invocations.models import Account, Invocation, WorkflowInstance
from invocations.monitoring import statistics
from invocations.views.monitoring import charts
from invocations.views.monitoring.outcome_chart import (
    SERIES,
    ChannelKinds,
    chart_columns,
    chart_text,
)
from invocations.views.monitoring.outcome_tiles import outcome_tiles
from invocations.views.monitoring.workflow_table import (
    MAX_WORKFLOWS,
    WORKFLOW_COLUMNS,
    workflow_rows,
)

MAX_REFUSALS = 6


def outcomes(since: datetime, days: int) -> dict[str, Any]:
    """The template context. Practice messages are counted only while there are no others."""
    found = statistics.statistics_since(since)
    ids = {row.workflow_id for row in found.rows}
    workflows = (
        WorkflowInstance.objects.select_related("account__pod")
        .prefetch_related("channels")
        .in_bulk(ids)
    )
    practice = {pk for pk, workflow in workflows.items() if workflow.account.pod.is_practice}
    is_practice = bool(practice) and practice == ids and not _has_real_messages()
    left_out = set() if is_practice else practice
    shown = [row for row in found.rows if row.workflow_id not in left_out]
    practice_left_out = sum(
        row.counts[statistics.RECORDED] for row in found.rows if row.workflow_id in left_out
    )
    by_workflow: dict[int, Counter[str]] = {}
    for row in shown:
        by_workflow.setdefault(row.workflow_id, Counter()).update(row.counts)
    kinds = _channel_kinds(workflows)
    first_id = statistics.first_id(since) or 0
    filters = {
        "since": timezone.localtime(since).date().isoformat(),
        "practice": "without" if practice_left_out else "",
    }
    return {
        "is_practice": is_practice,
        "practice_left_out": practice_left_out,
        "figures": found,
        "tiles": outcome_tiles(by_workflow, kinds, filters),
        **_chart_context(chart_columns(shown, kinds, since, days), days),
        "columns": [head for _name, head, _filters in WORKFLOW_COLUMNS],
        "workflows": workflow_rows(
            by_workflow, workflows, kinds, first_id=first_id, since=filters["since"]
        ),
        "more_workflows": max(0, len(by_workflow) - MAX_WORKFLOWS),
        **_refusals(first_id, set(by_workflow), filters),
    }


def _chart_context(columns: Sequence[charts.Column], days: int) -> dict[str, Any]:
    return {
        "chart": charts.stacked(SERIES, columns),
        "narrow_chart": charts.stacked(SERIES, columns, charts.NARROW),
        "chart_says": chart_text(columns, days),
        "series": SERIES,
    }


def _has_real_messages() -> bool:
    """Whether a message was ever recorded for an account outside the practice pod."""
    real = Account.objects.exclude(pk__in=Account.for_practice())
    return any(Invocation.objects.filter(account=account).exists() for account in real)


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
