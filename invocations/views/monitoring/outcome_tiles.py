"""What became of the messages of a period, for the dashboard: tiles, a chart, a row for each workflow, and why Kaleyra refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from invocations.history.deliveries import AWAITING, NO_CONFIRMATION, NO_RESULT, NOT_DELIVERED
from invocations.history.links import history_url
from invocations.history.meanings import Meaning
from invocations.history.statuses import STATUSES
from invocations.models import Account, Channel, Invocation, WorkflowInstance
from invocations.monitoring import metrics, statistics
from invocations.monitoring.statistics import QuarterCounts
from invocations.views.monitoring import charts
from invocations.views.monitoring.charts import Column, Series

Status, Delivery = Invocation.Status, Invocation.Delivery
Kinds = Mapping[tuple[int, int], str]
"""The kind of a workflow's channel, by the workflow's id and the channel's position."""

MOST_WORKFLOWS, MOST_MEDIANS, MOST_REFUSALS = 50, 20, 6
FEWEST_HOURS = 8
"""Columns that today's chart has at least."""

SERIES = (
    Series("whatsapp", "WhatsApp"),
    Series("sms", "SMS"),
    Series("unknown", NO_CONFIRMATION.label),
    Series("accepted", gettext_lazy("Accepted, no result")),
    Series("rejected", gettext_lazy("Rejected or not delivered")),
    Series("neutral", gettext_lazy("Others")),
)
"""How messages ended: as a result reports, else by their status. Each is counted once. Red: nobody got it, say Kaleyra or a person."""

COLUMNS: tuple[tuple[str, Any, dict[str, str]], ...] = (
    (statistics.RECORDED, gettext_lazy("Recorded"), {}),
    ("accepted", gettext_lazy("Accepted"), {"status": "accepted"}),
    ("rejected", gettext_lazy("Rejected"), {"status": "rejected"}),
    ("on_1", gettext_lazy("Channel 1"), {"delivery": "1"}),
    ("on_2", gettext_lazy("Channel 2"), {"delivery": "2"}),
    ("failed", gettext_lazy("Not delivered"), {"delivery": "failed"}),
    ("open", gettext_lazy("Not confirmed"), {"delivery": "open"}),
    ("doubles", gettext_lazy("Maybe twice"), {"delivery": "double"}),
)
"""Of a workflow: what is counted (a name of `figures.CONDITIONS`), the column's head, and the history's filter for the same."""


def outcome_tiles(since: datetime, days: int) -> dict[str, Any]:
    """Tiles, chart, workflows and refusals of the period. Practice is counted only as long as there is nothing else."""
    found = statistics.statistics_since(since)
    ids = {row.workflow_id for row in found.rows}
    workflows = (
        WorkflowInstance.objects.select_related("account__pod")
        .prefetch_related("channels")
        .in_bulk(ids)
    )
    practice = {pk for pk, workflow in workflows.items() if workflow.account.pod.is_practice}
    is_practice = bool(practice) and practice == ids and not _anything_real()
    left_out = (
        0
        if is_practice
        else sum(
            row.counts[statistics.RECORDED] for row in found.rows if row.workflow_id in practice
        )
    )
    shown = [row for row in found.rows if is_practice or row.workflow_id not in practice]
    kinds = {
        (pk, channel.position): channel.kind
        for pk, workflow in workflows.items()
        for channel in workflow.channels.all()
    }
    by_workflow: dict[int, Counter[str]] = {}
    for row in shown:
        by_workflow.setdefault(row.workflow_id, Counter()).update(row.counts)
    first_id = statistics.first_id(since) or 0
    counted = {
        "since": timezone.localtime(since).date().isoformat(),
        "practice": "without" if left_out else "",
    }
    columns = _columns(shown, kinds, since, days)
    refusals, are_all = (
        statistics.refusals(first_id, set(by_workflow)) if by_workflow else ([], True)
    )
    return {
        "tiles": _tiles(by_workflow, kinds, counted),
        "chart": charts.stacked(SERIES, columns),
        "narrow_chart": charts.stacked(SERIES, columns, charts.NARROW),
        "chart_says": _in_words(columns, days),
        "workflows": _workflows(by_workflow, workflows, kinds, first_id, counted["since"]),
        "more_workflows": max(0, len(by_workflow) - MOST_WORKFLOWS),
        "series": SERIES,
        "columns": [head for _name, head, _filters in COLUMNS],
        "refusals": [
            {"refusal": each, "address": _like(each, counted)} for each in refusals[:MOST_REFUSALS]
        ],
        "refusals_read": None if are_all else statistics.MAX_REFUSALS_READ,
        "is_practice": is_practice,
        "practice_left_out": left_out,
        "figures": found,
    }


def _anything_real() -> bool:
    """Whether any message was ever recorded for an account that reaches people."""
    real = Account.objects.exclude(pk__in=Account.for_practice())
    return any(Invocation.objects.filter(account=account).exists() for account in real)


def _like(refusal: statistics.RefusalCount, counted: Mapping[str, str]) -> str:
    """The history's list of these. Without a reason there is none: the history finds what Kaleyra said, and not what it did not say."""
    return (
        history_url(status="rejected", error=refusal.error_kind, **counted)
        if refusal.error_kind
        else ""
    )


def _ended(workflow_id: int, counts: Mapping[str, int], kinds: Kinds) -> list[int]:
    """How many ended in each of SERIES."""
    on: Counter[str] = Counter()
    for place in (1, 2):
        on[kinds.get((workflow_id, place), "")] += counts.get(f"on_{place}", 0)
    nobody = counts.get("failed", 0) + counts.get("refused", 0)
    ended = [on["whatsapp"], on["sms"], counts.get("open", 0), counts.get("unreported", 0), nobody]
    return [*ended, counts.get(statistics.RECORDED, 0) - sum(ended)]


def _tiles(
    by_workflow: dict[int, Counter[str]], kinds: Kinds, counted: Mapping[str, str]
) -> dict[str, list[dict[str, Any]]]:
    """The figures: first what became of the messages, then what somebody should look after. `counted`: the filters of all of them.

    Each leads to the history's list of what it counts, and of nothing else.
    """
    total = sum(by_workflow.values(), Counter())

    def tile(label: Any, tone: str, icon: str, name: str, **filters: str) -> dict[str, Any]:
        shown = {"label": str(label), "tone": tone, "icon": icon, "shown": f"{total[name]:,}"}
        return shown | {"name": name, "address": history_url(**filters, **counted)}

    def by_status(status: Invocation.Status) -> dict[str, Any]:
        meaning = STATUSES[status]
        return tile(meaning.label, meaning.tone, meaning.icon, status.value, status=status.value)

    def by_delivery(meaning: Meaning, name: str) -> dict[str, Any]:
        return tile(meaning.label, meaning.tone, meaning.icon, name, delivery=name)

    reached = []
    for place, label in _channels(by_workflow, kinds).items():
        one = tile(label, "delivered", "done_all", f"on_{place}", delivery=str(place))
        reached.append(one | {"note": _share(total[f"on_{place}"], total)})
    twice = tile(
        _("May have been received twice"), "unknown", "filter_2", "doubles", delivery="double"
    )
    return {
        "main": [
            by_status(Status.ACCEPTED)
            | {"note": _("of %(n)s recorded") % {"n": f"{total['recorded']:,}"}},
            *reached,
            twice | {"note": _("Kaleyra may charge for both")},
        ],
        "care": [
            tile(
                pgettext("delivery", "Not delivered"),
                NOT_DELIVERED.tone,
                NOT_DELIVERED.icon,
                "failed",
                delivery="failed",
            )
            | {"note": _("every channel failed")},
            by_delivery(NO_CONFIRMATION, "open"),
            by_delivery(NO_RESULT, "no_result"),
            by_delivery(AWAITING, "awaiting"),
            by_status(Status.REJECTED) | {"note": _settled(total["said_not_delivered"])},
            by_status(Status.UNKNOWN) | {"note": _in_all(total["unknown"])},
            *(by_status(status) for status in (Status.HELD, Status.EXPIRED)),
        ],
    }


def _channels(by_workflow: Mapping[int, Mapping[str, int]], kinds: Kinds) -> dict[int, str]:
    """What is delivered on the channels 1 and 2 is called: by their kinds, if these are the same in all workflows.

    A kind may stand first in one and second in another; then no list of the history holds just what one kind delivered.
    """
    placed = {
        place: {
            kinds.get((pk, place), "")
            for pk, counts in by_workflow.items()
            if counts.get(f"on_{place}")
        }
        for place in (1, 2)
    }
    words = {
        Channel.Kind.WHATSAPP.value: _("Delivered on WhatsApp"),
        Channel.Kind.SMS.value: _("Delivered by SMS"),
    }
    usual = {1: Channel.Kind.WHATSAPP.value, 2: Channel.Kind.SMS.value}
    if all(len(each) <= 1 for each in placed.values()):
        named = {place: each.pop() if each else None for place, each in placed.items()}
        for place, other in ((1, 2), (2, 1)):
            if named[place] is None:
                named[place] = next(
                    kind for kind in (usual[place], usual[other]) if kind != named[other]
                )
        if set(named.values()) == set(words):
            return {place: words[kind] for place, kind in named.items() if kind}
    return {1: _("Delivered on channel 1"), 2: _("Delivered on channel 2")}


def _settled(count: int) -> str:
    """What is rejected, and no refusal of Kaleyra's."""
    return _("%(n)s of them settled as not delivered") % {"n": count} if count else ""


def _in_all(count: int) -> str:
    """The menu counts every unknown outcome: said where it says another figure."""
    in_all = metrics.capped_count(Invocation.objects.filter(status=Status.UNKNOWN))
    return (
        _("%(n)s in all, with practice and other days") % {"n": f"{in_all:,}"}
        if in_all > count
        else ""
    )


def _share(count: int, total: Counter[str]) -> str:
    if not any(total[name] for name in ("on_1", "on_2", "failed", "open", "awaiting", "no_result")):
        return _("no results were reported") if total["accepted"] else ""
    return (
        _("%(share)s %% of the accepted ones") % {"share": round(100 * count / total["accepted"])}
        if total["accepted"]
        else ""
    )


def _columns(
    rows: Iterable[QuarterCounts], kinds: Kinds, since: datetime, days: int
) -> list[Column]:
    """By the hour for a day, else by the day; in the person's time zone."""
    sums: dict[datetime, list[int]] = {}
    for row in rows:
        moment = timezone.localtime(row.begins_at).replace(minute=0)
        place = moment if days == 1 else moment.replace(hour=0)
        ended = _ended(row.workflow_id, row.counts, kinds)
        sums[place] = [
            a + b for a, b in zip(sums.get(place, [0] * len(SERIES)), ended, strict=True)
        ]
    now = timezone.localtime()
    if days > 1:
        places = [timezone.localtime(statistics.period_start(n)) for n in range(days, 0, -1)]
        return [
            Column(date_format(place, "j M"), sums.get(place, [0] * len(SERIES)))
            for place in places
        ]
    midnight = timezone.localtime(since)
    first = min(min(sums, default=now).hour, max(0, now.hour + 1 - FEWEST_HOURS))
    hours = [midnight.replace(hour=hour) for hour in range(first, max(now.hour + 1, FEWEST_HOURS))]
    return [Column(f"{place:%H:%M}", sums.get(place, [0] * len(SERIES))) for place in hours]


def _in_words(columns: Sequence[Column], days: int) -> str:
    """What the chart shows, for who does not see it."""
    highest = max(columns, key=lambda column: sum(column.counts))
    says = {
        "sum": f"{sum(sum(column.counts) for column in columns):,}",
        "n": f"{sum(highest.counts):,}",
        "place": highest.label,
    }
    words = (
        _(
            "%(sum)s messages by the hour and by how they ended; the most, %(n)s, at %(place)s. The table below has every figure."
        )
        if days == 1
        else _(
            "%(sum)s messages by the day and by how they ended; the most, %(n)s, on %(place)s. The table below has every figure."
        )
    )
    return words % says


def _workflows(
    by_workflow: dict[int, Counter[str]],
    workflows: dict[int, WorkflowInstance],
    kinds: Kinds,
    first_id: int,
    day: str,
) -> list[dict[str, Any]]:
    """A row for each workflow, the busiest first."""
    rows = []
    titles = Counter(workflows[pk].title for pk in by_workflow)
    busiest = sorted(by_workflow, key=lambda pk: -by_workflow[pk][statistics.RECORDED])
    for number, pk in enumerate(busiest[:MOST_WORKFLOWS]):
        counts, workflow = by_workflow[pk], workflows[pk]
        has_results = any(counts[name] for name in ("on_1", "on_2", "failed", "open"))
        ended = _ended(pk, counts, kinds)
        rows.append(
            {
                "workflow": workflow,
                "account": workflow.account.title if titles[workflow.title] > 1 else "",
                "has_results": has_results or workflow.expects_callback,
                "cells": _cells(pk, counts, kinds, day, has_results or workflow.expects_callback),
                "shares": charts.shares(SERIES, ended),
                "shares_as_text": ", ".join(
                    f"{one.label} {count:,}"
                    for one, count in zip(SERIES, ended, strict=True)
                    if count
                ),
                "took": short(
                    statistics.time_to_result(pk, first_id)
                    if has_results and number < MOST_MEDIANS
                    else None
                ),
                "address": history_url(workflow=pk, since=day),
            }
        )
    return rows


def _cells(
    pk: int, counts: Mapping[str, int], kinds: Kinds, day: str, has_results: bool
) -> list[dict[str, Any]]:
    """A workflow's figures. None stands for what is not known: a channel that it has not, or results that nobody reports."""
    labels = dict(Channel.Kind.choices)
    cells = []
    for name, head, filters in COLUMNS:
        place = {"on_1": 1, "on_2": 2}.get(name)
        known = (has_results or "delivery" not in filters) and (
            place is None or (pk, place) in kinds
        )
        kind = labels.get(kinds.get((pk, place), ""), "") if place else ""
        count = counts.get(name, 0) if known else None
        cells.append(
            {
                "head": head,
                "count": count,
                "kind": kind,
                "address": history_url(workflow=pk, since=day, **filters),
            }
        )
    return cells


def short(span: timedelta | None) -> str:
    """A length of time in the largest unit that still tells something: 99 s, 99 min, 47 h, 3 d."""
    if span is None:
        return "–"
    seconds = round(span.total_seconds())
    if seconds < 100:
        return _("%(n)s s") % {"n": seconds}
    minutes = round(seconds / 60)
    if minutes < 100:
        return _("%(n)s min") % {"n": minutes}
    hours = round(minutes / 60)
    return _("%(n)s h") % {"n": hours} if hours < 48 else _("%(n)s d") % {"n": round(hours / 24)}
