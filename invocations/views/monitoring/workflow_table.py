"""The dashboard's table of workflows: counts, shares and the usual time to a result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _

from invocations.history.links import history_url
from invocations.models import Channel, WorkflowInstance
from invocations.monitoring import statistics
from invocations.monitoring.durations import short_duration
from invocations.views.monitoring import charts, rates
from invocations.views.monitoring.outcome_chart import SERIES, ChannelKinds, count_by_series

MAX_WORKFLOWS, MAX_MEDIANS = 50, 20
"""Rows of the table, and rows with the median time to a result."""


class WorkflowColumn(NamedTuple):
    """`name`: what is counted (`statistics.CONDITIONS`). `filters`: the same as a filter."""

    name: str
    head: Any
    help: Any
    filters: dict[str, str]


WORKFLOW_COLUMNS = (
    WorkflowColumn(statistics.RECORDED, _("Messages"), _("All that were saved here."), {}),
    WorkflowColumn(
        "accepted",
        _("Accepted"),
        _("Kaleyra took it. That is not yet a delivery."),
        {"status": "accepted"},
    ),
    WorkflowColumn(
        "rejected",
        _("Rejected"),
        _("Kaleyra rejected it, or a person recorded that nothing went out."),
        {"status": "rejected"},
    ),
    WorkflowColumn(
        "on_1",
        _("First channel"),
        _("Reported as delivered on the first channel."),
        {"delivery": "1"},
    ),
    WorkflowColumn(
        "on_2",
        _("Second channel"),
        _("Rescued: reported as delivered on the second channel."),
        {"delivery": "2"},
    ),
    WorkflowColumn(
        "failed",
        _("Not delivered"),
        _("Every channel was reported as failed."),
        {"delivery": "failed"},
    ),
    WorkflowColumn(
        "open",
        _("Not confirmed"),
        _("A result came, and it does not say whether it was delivered."),
        {"delivery": "open"},
    ),
    WorkflowColumn(
        "doubles",
        _("Maybe twice"),
        _("Both channels may have reached the customer."),
        {"delivery": "double"},
    ),
)


def workflow_rows(
    by_workflow: Mapping[int, Counter[str]],
    workflows: Mapping[int, WorkflowInstance],
    kinds: ChannelKinds,
    *,
    medians: Mapping[int, timedelta],
    since: str,
) -> list[dict[str, Any]]:
    """A row for each workflow, the one with the most messages first.

    `medians`: of `median_times`. `since`: the first day of the period, as the filter's value.
    """
    titles = Counter(workflows[pk].title for pk in by_workflow)
    rows = []
    for pk in _busiest(by_workflow)[:MAX_WORKFLOWS]:
        counts, workflow = by_workflow[pk], workflows[pk]
        reports_results = _has_results(counts) or workflow.expects_callback
        rows.append(
            {
                "workflow": workflow,
                "account": workflow.account.title if titles[workflow.title] > 1 else "",
                "has_results": reports_results,
                "cells": _cells(workflow, counts, kinds, since, reports_results=reports_results),
                **_shares(count_by_series(counts)),
                **_rates(counts),
                "took": short_duration(medians.get(pk)),
                "address": history_url(workflow=pk, since=since),
            }
        )
    return rows


def median_times(by_workflow: Mapping[int, Counter[str]], first_id: int) -> dict[int, timedelta]:
    """Of the first rows of the table. `first_id`: the first invocation of the period."""
    shown = _busiest(by_workflow)[:MAX_MEDIANS]
    return statistics.times_to_result(
        [pk for pk in shown if _has_results(by_workflow[pk])], first_id
    )


def _busiest(by_workflow: Mapping[int, Counter[str]]) -> list[int]:
    return sorted(by_workflow, key=lambda pk: -by_workflow[pk][statistics.RECORDED])


def _has_results(counts: Mapping[str, int]) -> bool:
    return any(counts.get(name) for name in ("on_1", "on_2", "failed", "open"))


def _cells(
    workflow: WorkflowInstance,
    counts: Mapping[str, int],
    kinds: ChannelKinds,
    since: str,
    *,
    reports_results: bool,
) -> list[dict[str, Any]]:
    """The counts of a workflow.

    None where there is nothing to count: no such channel, or no results are reported.
    """
    labels = dict(Channel.Kind.choices)
    cells = []
    for name, head, _help, filters in WORKFLOW_COLUMNS:
        position = {"on_1": 1, "on_2": 2}.get(name)
        has_channel = position is None or (workflow.pk, position) in kinds
        is_known = has_channel and (reports_results or "delivery" not in filters)
        kind = kinds.get((workflow.pk, position), "") if position else ""
        cells.append(
            {
                "head": head,
                "count": counts.get(name, 0) if is_known else None,
                "kind": labels.get(kind, ""),
                "address": history_url(workflow=workflow.pk, since=since, **filters),
            }
        )
    return cells


def _rates(counts: Mapping[str, int]) -> dict[str, Any]:
    """The rates of the four that the table shows, as texts."""
    by_name = {rate.name: rates.percent(rates.share(rate, counts)) for rate in rates.RATES}
    return {"recorded": counts.get(statistics.RECORDED, 0), "rates": by_name}


def _shares(counts: Sequence[int]) -> dict[str, Any]:
    """The bar that shows how the messages ended, and its text alternative."""
    texts = [
        f"{series.label} {count:,}" for series, count in zip(SERIES, counts, strict=True) if count
    ]
    return {"shares": charts.shares(SERIES, counts), "shares_as_text": ", ".join(texts)}
