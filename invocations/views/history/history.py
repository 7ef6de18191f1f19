"""History: every invocation with its status and delivery, newest first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from invocations.forms.history import HistoryFilter
from invocations.forms.saved_filter import SavedFilterForm, saved_filters_for
from invocations.forms.search import HistorySearch
from invocations.history.filters import upgrade_filters
from invocations.models import Invocation, SavedFilter, permissions
from invocations.models.viewer import Viewer
from invocations.views.base import StaffRequest, render_page, staff_page, with_query_timeout
from invocations.views.history import list_filters
from invocations.views.history.found import Found, searchable_labels
from invocations.views.history.guessing import refuse_guessing
from invocations.views.history.list_rows import ListPage, list_page, rows_by_day
from invocations.views.history.row_text import RowTexts


@staff_page(permissions.SEE_HISTORY)
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@with_query_timeout
def history(request: StaffRequest) -> HttpResponse:
    """The list, filtered by the query string.

    The search is posted, so that a phone number stays out of URLs and logs. A URL with empty
    filters redirects to the one without them, which is the one to bookmark.
    """
    filters = HistoryFilter(request.GET, request.viewer)
    address = urlencode(filters.chosen)
    has_empty_filter = any(request.GET.get(name) == "" for name in filters.fields)
    if request.method == "GET" and has_empty_filter and not filters.errors:
        return redirect(f"{reverse('history')}?{address}" if address else "history")
    search = HistorySearch(request.POST or None, viewer=request.viewer)
    is_search = bool(request.POST.get("q", "").strip())
    if is_search and (refusal := refuse_guessing(request, search.numbers)) is not None:
        return refusal
    before, after = id_parameter(request, "before"), id_parameter(request, "after")
    conditions = search.ways if is_search else [Q()]
    page = list_page(filters.narrow(request.viewer.invocations()), conditions, before, after)
    found = Found(search, page, request.viewer) if is_search else None
    context = {
        **_list_context(page, found, request.viewer),
        "has_search_box": True,
        "found": found,
        "searchable": searchable_labels(request.viewer) if is_search and not page.rows else [],
        **_filter_context(request, filters, address),
        "search": search,
        "searched": is_search,
        "tiles": [] if is_search else list_filters.tiles(filters, request.viewer),
        "nothing_at_all": not (page.rows or filters.chosen or is_search or before or after),
        "may_send": request.viewer.may_send,
        "may_send_again": request.viewer.may_resend,
        "may_settle": request.viewer.may_settle,
    }
    return render_page(request, "history.html", context)


def _list_context(page: ListPage, found: Found | None, viewer: Viewer) -> dict[str, Any]:
    days = rows_by_day(page.rows, RowTexts(page.rows, viewer).row)
    for row in (row for day in days for row in day["rows"] if found):
        row["hits"] = found.hits[row["invocation"].pk] if found else ()
    return {
        "rows": page.rows,
        "days": days,
        "sheet": page,
        "changes": not all(_is_final(invocation) for invocation in page.rows),
    }


def _filter_context(request: StaffRequest, filters: HistoryFilter, address: str) -> dict[str, Any]:
    saved_filters = saved_filters_for(request.user, request.viewer.reading)
    form = None
    if filters.chosen:
        form = SavedFilterForm(request.viewer, request.user, initial={"query": address})
    return {
        "filters": filters,
        "address": address,
        "chips": list_filters.chips(filters),
        "days_to_choose": filters.day_links(),
        "saved_filters": saved_filters,
        "saved_in_force": _ids_in_force(saved_filters, filters),
        "saving": form,
    }


def _ids_in_force(saved_filters: Iterable[SavedFilter], filters: HistoryFilter) -> list[int]:
    """IDs of the saved filters that are the same as `filters`."""
    return [
        saved.pk
        for saved in saved_filters
        if upgrade_filters(QueryDict(saved.query)).dict() == filters.chosen
    ]


def _is_final(invocation: Invocation) -> bool:
    return invocation.is_final and invocation.delivery != Invocation.Delivery.AWAITING


def id_parameter(request: StaffRequest, name: str) -> int | None:
    """An ID in the form or the query string; None if it is missing or not a number."""
    text = request.POST.get(name) or request.GET.get(name) or ""
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 19 else None
