"""Changes: who changed what in the set-up, and what the console did by itself."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from itertools import groupby
from urllib.parse import urlencode

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from invocations.forms.changes import ChangesFilter
from invocations.history.change import Change
from invocations.history.change_names import record_name
from invocations.history.changes import changes_page
from invocations.models import permissions
from invocations.views.base import StaffRequest, render_page, staff_page, with_query_timeout


@staff_page(permissions.VIEW_ACCOUNT)
@require_safe
@with_query_timeout
def changes(request: StaffRequest) -> HttpResponse:
    """The list by day, filtered by the query string; `older` is where the page goes on."""
    filters = ChangesFilter(request.GET)
    page = changes_page(request.viewer, filters.query, request.GET.get("older", ""))
    of = filters.chosen.get("of", "")
    context = {
        "filters": filters,
        "days": by_day(page.changes),
        "shown": len(page.changes),
        "today": timezone.localdate(),
        "older": urlencode(filters.chosen | {"older": page.older}) if page.older else "",
        "newest": filters.address if request.GET.get("older") else None,
        "of_name": record_name(of) if of else "",
        "without_of": urlencode({k: v for k, v in filters.chosen.items() if k != "of"}),
    }
    return render_page(request, "changes.html", context)


def by_day(changes: Iterable[Change]) -> list[tuple[date, list[Change]]]:
    """The changes of each day in the current time zone; they are newest first."""
    days = groupby(changes, key=lambda change: timezone.localdate(change.at))
    return [(day, list(group)) for day, group in days]
