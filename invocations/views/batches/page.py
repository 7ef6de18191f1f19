"""The address of a batch: whichever step it is at."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from invocations.batches.approval_rules import open_approval
from invocations.history.wording import person_name
from invocations.models import Batch, permissions
from invocations.sending.departure import sender_is_running
from invocations.views.base import StaffRequest, render_page, staff_page
from invocations.views.batches.file_reading import is_to_be_asked
from invocations.views.batches.match import is_ready
from invocations.views.batches.milestones import milestone_text
from invocations.views.batches.progress import show_progress
from invocations.views.batches.shown import head_of, shown_batch

State = Batch.State
BYTES_PER_ROW = 55
"""Of a CSV, as a first guess of how many rows a file has while it is read."""
WAITS_TOO_LONG = timedelta(seconds=5)


@staff_page(permissions.SEE_HISTORY)
@require_safe
def batch(request: StaffRequest, uid: uuid.UUID) -> HttpResponse:
    found = shown_batch(request, uid)
    if found.state in Batch.STARTED:
        return show_progress(request, found)
    if not request.viewer.may_start(found):
        return _not_yours(request, found)
    if found.state in (State.UPLOADING, State.CHECKING):
        return _show_checking(request, found)
    waits = open_approval(found)
    if waits and "shows" not in request.GET:
        return _moved_on(request, reverse("approval", args=[waits.pk]))
    goes_on = is_ready(found) and not is_to_be_asked(found)
    name = "batch_confirm" if goes_on else "batch_check"
    return _moved_on(request, reverse(name, args=[found.uid]))


def _moved_on(request: StaffRequest, address: str) -> HttpResponse:
    """To the next step; for the page that polls (htmx) as a whole page."""
    if "HX-Request" in request.headers:
        return HttpResponse(headers={"HX-Redirect": address})
    return redirect(address)


def _show_checking(request: StaffRequest, found: Batch) -> HttpResponse:
    expected = max(found.size // BYTES_PER_ROW, found.rows_read)
    now = timezone.now()
    is_late = not found.rows_read and now - found.created_at > WAITS_TOO_LONG
    context: dict[str, Any] = {
        **head_of(found),
        "percent": min(99, 100 * found.rows_read // expected) if found.rows_read else None,
        "waits_for_sender": is_late and not sender_is_running(now),
        "says": milestone_text(found.rows_read, expected),
    }
    return render_page(request, "batches/checking.html", context)


def _not_yours(request: StaffRequest, found: Batch) -> HttpResponse:
    """Their own file, of a workflow that they may not send any more."""
    context = {**head_of(found), "by": person_name(found.created_by)}
    return render_page(request, "batches/not_yours.html", context)
