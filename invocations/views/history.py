"""History: every invocation with its status, newest first."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from invocations.forms.history import HistoryFilter, HistorySearch, PersonField
from invocations.models import Invocation
from invocations.statuses import STATUSES, meaning_of
from invocations.views.page import StaffRequest, for_people_who_may, render_page

ROWS = 50
COUNTED_AT_MOST = 10_000
"""A tile says "10,000+" beyond: counting further would make every page wait for it."""
TILES = (
    Invocation.Status.ACCEPTED,
    Invocation.Status.UNKNOWN,
    Invocation.Status.HELD,
    Invocation.Status.REJECTED,
    Invocation.Status.QUEUED,
)


@for_people_who_may("invocations.view_invocation")
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def history(request: StaffRequest) -> HttpResponse:
    """The list. GET narrows by filters; POST also searches, so that a number typed stays out of addresses and logs."""
    filters = HistoryFilter(request.GET)
    search = HistorySearch(request.POST or None)
    found = filters.narrow(Invocation.objects.all())
    searched = bool(request.POST.get("q", "").strip())
    if searched:
        found = search.narrow(found)
    before = request.POST.get("before") or request.GET.get("before") or ""
    rows, older = _page(found, before)
    context = {
        "rows": [{"invocation": invocation, "meaning": meaning_of(invocation)} for invocation in rows],
        "older": older,
        "is_first_page": not before,
        "filters": filters,
        "search": search,
        "searched": searched,
        "tiles": _tiles(filters),
        "chips": _chips(filters),
        "address": urlencode(filters.chosen),
        "nothing_at_all": not rows and not filters.chosen and not searched and not before,
    }
    return render_page(request, "history.html", context)


def _page(found: QuerySet[Invocation], before: str) -> tuple[list[Invocation], int | None]:
    """`ROWS` rows older than the row `before`, and where the next page starts.

    Ids are asked, not offsets: the last page is as fast as the first.
    """
    if before.isdecimal() and len(before) < 19:
        found = found.filter(id__lt=int(before))
    rows = list(found.select_related("workflow_instance", "created_by").defer("payload", "reply", "note").order_by("-id")[: ROWS + 1])
    return rows[:ROWS], rows[ROWS - 1].pk if len(rows) > ROWS else None


def _tiles(filters: HistoryFilter) -> list[dict[str, Any]]:
    """Counts that are filters: what the other filters leave, by status."""
    others = {name: value for name, value in filters.chosen.items() if name != "status"}
    left = HistoryFilter(others).narrow(Invocation.objects.all())
    newest = left.order_by("-id").values("pk")[:COUNTED_AT_MOST]
    counts = dict(Invocation.objects.filter(pk__in=newest).values_list("status").annotate(Count("pk")).order_by())
    total = sum(counts.values())
    chosen = filters.chosen.get("status", "")
    tiles: list[dict[str, Any]] = [
        {
            "label": _("All"),
            "tone": "neutral",
            "icon": "list",
            "count": total,
            "address": urlencode(others),
            "current": not chosen,
            "more": total >= COUNTED_AT_MOST,
        }
    ]
    for status in TILES:
        address = urlencode({**others, "status": status.value})
        tiles.append(
            {
                "label": status.label,
                "tone": STATUSES[status].tone,
                "icon": STATUSES[status].icon,
                "count": counts.get(status, 0),
                "address": address,
                "current": chosen == status,
            }
        )
    return tiles


def _chips(filters: HistoryFilter) -> list[dict[str, Any]]:
    """The filters in force, in words, each with the address without it."""
    chips = []
    for name in filters.chosen:
        value = filters.cleaned_data[name]
        field = filters.fields[name]
        text = dict(Invocation.Status.choices).get(value, "") if name == "status" else value
        if isinstance(field, PersonField):
            text = field.label_from_instance(value)
        rest = {other: kept for other, kept in filters.chosen.items() if other != name}
        chips.append({"label": field.label, "value": text, "address": urlencode(rest)})
    return chips
