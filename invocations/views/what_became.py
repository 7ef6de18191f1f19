"""What became of the messages of a period, for the dashboard: tiles, a chart, a row for each workflow, and why Kaleyra refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invocations import figures
from invocations.figures import Counted
from invocations.models import Account, Channel, Invocation, WorkflowInstance
from invocations.statuses import NO_CONFIRMATION, STATUSES
from invocations.views import charts
from invocations.views.charts import Column, Series

Status, Delivery = Invocation.Status, Invocation.Delivery
Kinds = Mapping[tuple[int, int], str]
"""The kind of a workflow's channel, by the workflow's id and the channel's position."""

MOST_WORKFLOWS, MOST_MEDIANS, MOST_REFUSALS = 50, 20, 6
FEWEST_HOURS = 8
"""Columns that today's chart has at least."""

SERIES = (
    Series("whatsapp", "WhatsApp"),
    Series("sms", "SMS"),
    Series("accepted", gettext_lazy("Accepted, no delivery reported")),
    Series("rejected", gettext_lazy("Rejected")),
    Series("neutral", gettext_lazy("Others")),
)
"""How messages ended: delivered on a channel, as Kaleyra reported; or what else is known."""


def what_became(since: datetime, days: int) -> dict[str, Any]:
    """Tiles, chart, workflows and refusals of the period. Practice is counted only as long as there is nothing else."""
    found = figures.figures(since)
    ids = {row.workflow_id for row in found.rows}
    workflows = WorkflowInstance.objects.select_related("account__pod").prefetch_related("channels").in_bulk(ids)
    practice = {pk for pk, workflow in workflows.items() if workflow.account.pod.is_practice}
    is_practice = bool(practice) and practice == ids and not _anything_real()
    left_out = 0 if is_practice else sum(row.counts[figures.RECORDED] for row in found.rows if row.workflow_id in practice)
    shown = [row for row in found.rows if is_practice or row.workflow_id not in practice]
    kinds = {(pk, channel.position): channel.kind for pk, workflow in workflows.items() for channel in workflow.channels.all()}
    by_workflow: dict[int, Counter[str]] = {}
    for row in shown:
        by_workflow.setdefault(row.workflow_id, Counter()).update(row.counts)
    first_id = figures.first_id(since) or 0
    counted = {"since": timezone.localtime(since).date().isoformat(), "practice": "without" if left_out else ""}
    refusals = figures.refusals(first_id, set(by_workflow)) if by_workflow else []
    return {
        "tiles": _tiles(by_workflow, kinds, counted),
        "chart": charts.stacked(SERIES, _columns(shown, kinds, since, days)),
        "workflows": _workflows(by_workflow, workflows, kinds, first_id, counted["since"]),
        "more_workflows": max(0, len(by_workflow) - MOST_WORKFLOWS),
        "series": SERIES,
        "refusals": [
            {"refusal": each, "address": _history(status="rejected", error=each.error_kind, **counted)} for each in refusals[:MOST_REFUSALS]
        ],
        "is_practice": is_practice,
        "practice_left_out": left_out,
        "figures": found,
    }


def _anything_real() -> bool:
    """Whether any message was ever recorded for an account that reaches people."""
    real = Account.objects.exclude(pk__in=Account.for_practice())
    return any(Invocation.objects.filter(account=account).exists() for account in real)


def _history(**filters: str | int) -> str:
    return f"{reverse('history')}?{urlencode({name: value for name, value in filters.items() if value})}"


def _ended(workflow_id: int, counts: Mapping[str, int], kinds: Kinds) -> list[int]:
    """How many ended in each of SERIES."""
    on: Counter[str] = Counter()
    for place in (1, 2):
        on[kinds.get((workflow_id, place), "")] += counts.get(f"on_{place}", 0)
    reached = on["whatsapp"] + on["sms"]
    accepted, rejected = max(0, counts.get("accepted", 0) - reached), counts.get("rejected", 0)
    others = counts.get(figures.RECORDED, 0) - reached - accepted - rejected
    return [on["whatsapp"], on["sms"], accepted, rejected, max(0, others)]


def _tiles(by_workflow: dict[int, Counter[str]], kinds: Kinds, counted: Mapping[str, str]) -> dict[str, list[dict[str, Any]]]:
    """The figures: first what became of the messages, then what somebody should look after. `counted`: the filters of all of them."""
    total = sum(by_workflow.values(), Counter())
    every = [_ended(pk, counts, kinds) for pk, counts in by_workflow.items()]
    whatsapp, sms = (sum(ended[place] for ended in every) for place in (0, 1))

    def by_status(status: Invocation.Status) -> dict[str, Any]:
        meaning = STATUSES[status]
        return {
            "label": status.label,
            "tone": meaning.tone,
            "icon": meaning.icon,
            "shown": f"{total[status.value]:,}",
            "address": _history(status=status.value, **counted),
        }

    def where(kind: str) -> str:
        """The history's filter: it knows positions, and a kind may stand first in one workflow and second in another."""
        places = {place for (pk, place), each in kinds.items() if each == kind and pk in by_workflow}
        return str(places.pop()) if len(places) == 1 else "reached"

    def tile(label: str, tone: str, icon: str, count: int, **filters: str) -> dict[str, Any]:
        return {"label": label, "tone": tone, "icon": icon, "shown": f"{count:,}", "address": _history(**filters, **counted)}

    twice = tile(_("May have been received twice"), "unknown", "filter_2", total["doubles"], delivery="double")
    on_whatsapp = tile(_("Delivered on WhatsApp"), "delivered", "done_all", whatsapp, delivery=where(Channel.Kind.WHATSAPP))
    by_sms = tile(_("Delivered by SMS"), "delivered", "done_all", sms, delivery=where(Channel.Kind.SMS))
    return {
        "main": [
            by_status(Status.ACCEPTED) | {"note": _("of %(n)s recorded") % {"n": f"{total['recorded']:,}"}},
            on_whatsapp | {"note": _share(whatsapp, total)},
            by_sms | {"note": _share(sms, total)},
            twice | {"note": _("perhaps on both channels")},
        ],
        "care": [
            *(by_status(status) for status in (Status.REJECTED, Status.UNKNOWN, Status.HELD)),
            tile(str(Delivery.AWAITING.label), "neutral", "hourglass_top", total["awaiting"], delivery="awaiting"),
            tile(str(NO_CONFIRMATION.label), NO_CONFIRMATION.tone, NO_CONFIRMATION.icon, total["open"], channel="open"),
            tile(str(Delivery.NO_RESULT.label), "unknown", "hourglass_disabled", total["no_result"], delivery="no_result"),
        ],
    }


def _share(count: int, total: Counter[str]) -> str:
    if not any(total[name] for name in ("on_1", "on_2", "failed", "open", "awaiting", "no_result")):
        return _("no results were reported") if total["accepted"] else ""
    return _("%(share)s %% of the accepted ones") % {"share": round(100 * count / total["accepted"])} if total["accepted"] else ""


def _columns(rows: Iterable[Counted], kinds: Kinds, since: datetime, days: int) -> list[Column]:
    """By the hour for a day, else by the day; in the person's time zone."""
    sums: dict[datetime, list[int]] = {}
    for row in rows:
        moment = timezone.localtime(row.begins_at).replace(minute=0)
        place = moment if days == 1 else moment.replace(hour=0)
        ended = _ended(row.workflow_id, row.counts, kinds)
        sums[place] = [a + b for a, b in zip(sums.get(place, [0] * len(SERIES)), ended, strict=True)]
    now = timezone.localtime()
    if days > 1:
        places = [timezone.localtime(figures.midnight(n)) for n in range(days, 0, -1)]
        return [Column(date_format(place, "j M"), sums.get(place, [0] * len(SERIES))) for place in places]
    midnight = timezone.localtime(since)
    first = min(min(sums, default=now).hour, max(0, now.hour + 1 - FEWEST_HOURS))
    hours = [midnight.replace(hour=hour) for hour in range(first, max(now.hour + 1, FEWEST_HOURS))]
    return [Column(f"{place:%H:%M}", sums.get(place, [0] * len(SERIES))) for place in hours]


def _workflows(
    by_workflow: dict[int, Counter[str]],
    workflows: dict[int, WorkflowInstance],
    kinds: Kinds,
    first_id: int,
    day: str,
) -> list[dict[str, Any]]:
    """A row for each workflow, the busiest first."""
    labels = dict(Channel.Kind.choices)
    rows = []
    busiest = sorted(by_workflow, key=lambda pk: -by_workflow[pk][figures.RECORDED])
    for number, pk in enumerate(busiest[:MOST_WORKFLOWS]):
        counts, workflow = by_workflow[pk], workflows[pk]
        has_results = any(counts[name] for name in ("on_1", "on_2", "failed", "open"))
        ended = _ended(pk, counts, kinds)
        rows.append(
            {
                "workflow": workflow,
                "counts": counts,
                "has_results": has_results or workflow.expects_callback,
                "channels": [
                    {"kind": labels.get(kinds.get((pk, place), ""), ""), "count": counts[f"on_{place}"], "exists": (pk, place) in kinds}
                    for place in (1, 2)
                ],
                "shares": charts.shares(SERIES, ended),
                "shares_as_text": ", ".join(f"{one.label} {count:,}" for one, count in zip(SERIES, ended, strict=True) if count),
                "took": short(figures.time_to_result(pk, first_id) if has_results and number < MOST_MEDIANS else None),
                "address": _history(workflow=pk, since=day),
            }
        )
    return rows


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
