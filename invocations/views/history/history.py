"""History: every invocation with its status and what became of it, newest first."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from invocations.composing import template_fields
from invocations.forms.bulk_actions import actions_for
from invocations.forms.history import HistoryFilter, HistorySearch
from invocations.forms.saved_filter import SavedFilterForm, saved_filters_for
from invocations.history.deliveries import AWAITING, DELIVERED, NOT_DELIVERED
from invocations.history.filters import FILTERS, first_ids, upgrade_filters
from invocations.history.meanings import Meaning, Text
from invocations.history.report import channel_kinds, prefetch_results, report_of
from invocations.history.state import delivery_of, meaning_of
from invocations.history.statuses import STATUSES
from invocations.models import Invocation, permissions
from invocations.views.base import StaffRequest, render_page, staff_page, with_query_timeout

ROWS = 50
COUNTED_AT_MOST = 10_000
"""A tile says "10,000+" beyond: counting further would make every page wait for it."""
Status, Delivery = Invocation.Status, Invocation.Delivery
WIDE = ("payload", "reply", "note")


@dataclass(frozen=True)
class Tile:
    """A count that is a filter: by one of `TILED`, or by none of them. It counts what its link shows."""

    label: Text
    tone: str
    icon: str
    name: str = ""
    value: str = ""

    @property
    def chosen(self) -> dict[str, str]:
        return {self.name: self.value} if self.name else {}

    @property
    def asks(self) -> Q:
        return FILTERS[self.name](self.value) if self.name else Q()


def _tile(meaning: Meaning, name: str, value: str) -> Tile:
    return Tile(meaning.label, meaning.tone, meaning.icon, name, value)


TILED = ("status", "delivery")
TILES = (
    Tile(_("All"), "neutral", "list"),
    _tile(STATUSES[Status.ACCEPTED], "status", Status.ACCEPTED),
    _tile(DELIVERED, "delivery", "reached"),
    Tile(
        pgettext_lazy("delivery", "Not delivered (reported)"),
        NOT_DELIVERED.tone,
        NOT_DELIVERED.icon,
        "delivery",
        "failed",
    ),
    _tile(AWAITING, "delivery", Delivery.AWAITING),
    *(
        _tile(STATUSES[status], "status", status)
        for status in (Status.UNKNOWN, Status.HELD, Status.REJECTED, Status.QUEUED)
    ),
)


@dataclass(frozen=True)
class Sheet:
    """One page of the list: its rows, and the ids beside which the next newer and the next older page begin."""

    rows: list[Invocation]
    newer: int | None = None
    older: int | None = None


@staff_page(permissions.SEE_HISTORY)
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@with_query_timeout
def history(request: StaffRequest) -> HttpResponse:
    """The list. GET narrows by filters; POST also searches, so that a number typed stays out of addresses and logs."""
    filters = HistoryFilter(request.GET)
    search = HistorySearch(request.POST or None)
    searched = bool(request.POST.get("q", "").strip())
    before, after = (
        _id(request.POST.get(name) or request.GET.get(name) or "") for name in ("before", "after")
    )
    address = urlencode(filters.chosen)
    if (
        request.method == "GET"
        and not filters.errors
        and any(request.GET.get(name) == "" for name in filters.fields)
    ):
        return redirect(
            f"{reverse('history')}?{address}" if address else "history"
        )  # as it may be kept, without what asks nothing
    found = filters.narrow(Invocation.objects.all())
    sheet = sheet_of(found, search.ways if searched else [Q()], before, after)
    saved_filters = saved_filters_for(request.user)
    context = {
        "rows": sheet.rows,
        "days": by_day(sheet.rows),
        "sheet": sheet,
        "changes": any(not _is_final(invocation) for invocation in sheet.rows),
        "filters": filters,
        "search": search,
        "searched": searched,
        "tiles": [] if searched else _tiles(filters),
        "chips": _chips(filters),
        "days_to_choose": _days_to_choose(filters),
        "address": address,
        "nothing_at_all": not (sheet.rows or filters.chosen or searched or before or after),
        "saved_filters": saved_filters,
        "saved_in_force": [
            each.pk
            for each in saved_filters
            if upgrade_filters(QueryDict(each.query)).dict() == filters.chosen
        ],
        "saving": SavedFilterForm(request.user, initial={"query": address})
        if filters.chosen
        else None,
        "may_send": request.viewer.may_send,
        "may_send_again": request.viewer.may_send and request.viewer.sees_values,
        "may_settle": request.viewer.may_settle,
    }
    return render_page(request, "history.html", context)


def shown(invocation: Invocation) -> dict[str, Any]:
    """What a row says of an invocation. `badge`: what says it all where there is room for one, `delivery`, `submission` or `both`."""
    kinds = channel_kinds(
        template_fields.channels_as_sent(invocation),
        report_of(list(invocation.callbacks.all())),
    )
    told = "delivery" if invocation.status == Status.ACCEPTED else "both"
    return {
        "invocation": invocation,
        "meaning": meaning_of(invocation),
        "delivery": delivery_of(invocation, kinds),
        "is_practice": invocation.account.pod.is_practice,
        "recorded": date_format(timezone.localtime(invocation.created_at), "j M Y, H:i"),
        "deeds": actions_for(invocation),
        "badge": told if invocation.delivery else "submission",
    }


def by_day(rows: Iterable[Invocation]) -> list[dict[str, Any]]:
    """The rows under the day on which each was recorded, in the person's time zone."""
    days = groupby(rows, key=lambda row: timezone.localdate(row.created_at))
    return [
        {"at": same_day[0].created_at, "rows": [shown(row) for row in same_day]}
        for same_day in (list(group) for _day, group in days)
    ]


def sheet_of(
    found: QuerySet[Invocation],
    ways: Iterable[Q],
    before: int | None = None,
    after: int | None = None,
) -> Sheet:
    """The page of `found` by any of `ways` that is older than the row `before`, or newer than the row `after`; else the newest.

    Ids are asked, not offsets: the last page is as fast as the first. Each way is asked by itself, for its own index serves it;
    an OR over several columns would leave the database to guess.
    """
    ways = list(ways)
    if after is not None:
        ids = _ids(found.filter(pk__gt=after), ways, newest_first=False)
        if len(ids) > ROWS:  # else the newest page holds them all
            ids = ids[:ROWS]
            return Sheet(rows_of(ids), newer=max(ids), older=min(ids))
        before = None
    ids = _ids(found if before is None else found.filter(pk__lt=before), ways, newest_first=True)
    rows = ids[:ROWS]
    return Sheet(
        rows_of(rows),
        newer=max(rows, default=None) if before else None,
        older=min(rows) if len(ids) > ROWS else None,
    )


def _ids(found: QuerySet[Invocation], ways: Iterable[Q], *, newest_first: bool) -> list[int]:
    return first_ids(ways, found.order_by("-pk" if newest_first else "pk"), ROWS + 1)


def rows_of(ids: Collection[int]) -> list[Invocation]:
    """These invocations with what a row shows of them, newest first."""
    if not ids:
        return []
    rows = (
        Invocation.objects.filter(pk__in=ids)
        .select_related("workflow_instance", "account__pod", "created_by")
        .defer(*WIDE)
    )
    return list(
        rows.prefetch_related(
            prefetch_results(), "version", "workflow_instance__channels"
        ).order_by("-pk")
    )


def _is_final(invocation: Invocation) -> bool:
    return invocation.is_final and invocation.delivery != Delivery.AWAITING


def _id(text: str) -> int | None:
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 19 else None


# --- tiles and chips --------------------------------------------------------------------------------------------------


def _tiles(filters: HistoryFilter) -> list[dict[str, Any]]:
    """What the other filters leave, by what became of it."""
    others = {name: value for name, value in filters.chosen.items() if name not in TILED}
    here = {name: value for name, value in filters.chosen.items() if name in TILED}
    return [
        {
            "label": tile.label,
            "tone": tile.tone,
            "icon": tile.icon,
            "count": count,
            "shown": f"{count:,}+" if more else f"{count:,}",
            "address": urlencode({**others, **tile.chosen}),
            "current": here == tile.chosen,
        }
        for tile, (count, more) in zip(TILES, _counts(filters), strict=True)
    ]


def _counts(filters: HistoryFilter) -> list[tuple[int, bool]]:
    """For each tile how many there are, and whether there are more.

    Without other filters than days, each tile has an index that counts it. With others, the newest rows that these leave are
    counted, for nothing bounds how many rows two filters look at to find what they share; what lies behind them is "more".
    """
    left = filters.narrow(Invocation.objects.all(), but=TILED).order_by("-pk")
    if not set(filters.chosen) - {*TILED, "since", "until"}:
        counts = [
            left.filter(tile.asks).values("pk")[: COUNTED_AT_MOST + 1].count() for tile in TILES
        ]
        return [(min(count, COUNTED_AT_MOST), count > COUNTED_AT_MOST) for count in counts]
    newest = left.values("pk", *("status", "delivery", "deciding_channel"))[: COUNTED_AT_MOST + 1]
    found = newest.aggregate(
        **{
            f"tile{number}": Count("pk", filter=tile.asks or None)
            for number, tile in enumerate(TILES)
        }
    )
    return [
        (min(found[f"tile{number}"], COUNTED_AT_MOST), found["tile0"] > COUNTED_AT_MOST)
        for number in range(len(TILES))
    ]


def _days_to_choose(filters: HistoryFilter) -> list[dict[str, Any]]:
    """The days that are asked for most, each with the address that asks for them and for what else is asked now."""
    today = timezone.localdate()
    spans: list[tuple[Text, int, int | None]] = [
        (_("Today"), 0, None),
        (_("Yesterday"), 1, 1),
        (_("Last 7 days"), 6, None),
        (_("Last 30 days"), 29, None),
    ]
    found = []
    for label, first, last in spans:
        days = {"since": (today - timedelta(days=first)).isoformat()}
        days |= {} if last is None else {"until": (today - timedelta(days=last)).isoformat()}
        others = {
            name: value for name, value in filters.chosen.items() if name not in ("since", "until")
        }
        found.append(
            {
                "label": label,
                "address": urlencode(others | days),
                "current": filters.chosen == others | days,
            }
        )
    return found


def _chips(filters: HistoryFilter) -> list[dict[str, Any]]:
    """The filters in force, in words, each with the address without it."""
    return [
        {
            "label": filters.fields[name].label,
            "value": filters.in_words(name),
            "address": urlencode(
                {other: kept for other, kept in filters.chosen.items() if other != name}
            ),
        }
        for name in filters.chosen
    ]
