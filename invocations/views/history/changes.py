"""Changes: who changed what in the set-up, and what the console did by itself."""

from __future__ import annotations

import logging
from operator import attrgetter
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from invocations.forms.changes import ChangesFilter
from invocations.history.change_lines import change_lines
from invocations.history.change_names import record_name
from invocations.history.change_search import matches_named
from invocations.history.changes import changes_page
from invocations.history.days import by_day
from invocations.history.exports import as_csv
from invocations.models import permissions
from invocations.views.base import StaffRequest, render_page, staff_page, with_query_timeout

logger = logging.getLogger(__name__)

MAX_NAME = 60


@staff_page(permissions.VIEW_ACCOUNT)
@require_http_methods(["GET", "HEAD", "POST"])
@with_query_timeout
def changes(request: StaffRequest) -> HttpResponse:
    """The list by day, filtered by the query string; `older` is where the page goes on.

    A name is posted, so that nothing that is typed stands in an address. Where it names one record
    or person, the page shows their changes; of several it asks which.
    """
    filters = ChangesFilter(request.GET)
    sought = " ".join(request.POST.get("name", "").split())[:MAX_NAME]
    matches = matches_named(sought, request.viewer) if sought else []
    links = [
        {"label": each.label, "address": urlencode(filters.chosen | each.filters)}
        for each in matches
    ]
    if len(links) == 1:
        return redirect(f"{reverse('changes')}?{links[0]['address']}")
    page = changes_page(request.viewer, filters.query, request.GET.get("older", ""))
    of = filters.chosen.get("of", "")
    context = {
        "filters": filters,
        "sought": sought,
        "matches": links,
        "days": by_day(page.changes, attrgetter("at")),
        "shown": len(page.changes),
        "today": timezone.localdate(),
        "older": urlencode(filters.chosen | {"older": page.older}) if page.older else "",
        "newest": filters.address if request.GET.get("older") else None,
        "of_name": record_name(of, request.viewer) if of else "",
        "without_of": urlencode({k: v for k, v in filters.chosen.items() if k != "of"}),
    }
    return render_page(request, "changes.html", context)


@staff_page(permissions.VIEW_ACCOUNT)
@require_safe
@with_query_timeout
def download_changes(request: StaffRequest) -> HttpResponse:
    """The filtered list as CSV, with what the viewer may see."""
    lines = change_lines(request.viewer, ChangesFilter(request.GET).query)
    name = f"changes-{timezone.localtime():%Y-%m-%d-%H%M}.csv"
    # Written here and not streamed: the time limit of queries ends with the view.
    response = HttpResponse(b"".join(as_csv(lines)), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    logger.info("user %s downloads the changes", request.user.pk)
    return response
