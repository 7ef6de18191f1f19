"""Export: what the history shows now, as a file. A short one comes at once, a long one is written meanwhile and fetched here."""

from __future__ import annotations

import logging
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from invocations.forms.bulk_actions import selected_ids
from invocations.forms.history import HistoryFilter, HistorySearch
from invocations.history import exports as exporting
from invocations.history.filters import first_ids
from invocations.models import Export, Invocation, permissions
from invocations.views.base import StaffRequest, render_page, staff_page

logger = logging.getLogger(__name__)

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
PROGRESS = {
    Export.State.WAITING: "neutral",
    Export.State.WRITING: "sending",
    Export.State.READY: "accepted",
    Export.State.FAILED: "rejected",
}


@staff_page(permissions.SEE_HISTORY)
@sensitive_post_parameters()
@require_POST
def export(request: StaffRequest) -> HttpResponseBase:
    """The filters stand in the address, as in the history's; what is searched for, and the ticked rows, are posted."""
    format = request.POST.get("format", "")
    if format not in TYPES:
        messages.error(request, _("Choose CSV or XLSX."))
        return redirect("history")
    found, is_narrow = _asked_for(request)
    rows = found.order_by("-id").values("pk")[: exporting.MAX_INLINE_ROWS + 1].count()
    if not rows:
        messages.info(request, _("There is nothing to export: no invocation fits."))
        return redirect("history")
    if rows > exporting.MAX_INLINE_ROWS and not is_narrow:
        exporting.request_export(request.user, HistoryFilter(request.GET).address, format)
        messages.success(request, _("It is being written. You find it here when it is ready."))
        return redirect("exports")
    logger.info("user %s exports %s rows", request.user.pk, rows)
    # The viewer has the zone: a file that is streamed is written after the request, and its zone, are over.
    lines = exporting.export_rows(found, request.viewer, most=exporting.MAX_INLINE_ROWS)
    return _at_once(lines, format)


def _asked_for(request: StaffRequest) -> tuple[QuerySet[Invocation], bool]:
    """The rows, and whether a person named them: by ticks, or by what was searched for."""
    found = HistoryFilter(request.GET).narrow(Invocation.objects.all())
    ticked = selected_ids(request.POST.getlist("ids"), most=exporting.MAX_INLINE_ROWS)
    if ticked:
        return found.filter(request_id__in=ticked), True
    search = HistorySearch(request.POST)
    if request.POST.get("q", "").strip():
        return found.filter(
            pk__in=first_ids(search.ways, found.order_by("-pk"), exporting.MAX_INLINE_ROWS)
        ), True
    return found, False


def _at_once(lines: Iterator[exporting.Line], format: str) -> HttpResponseBase:
    name = f"history-{timezone.localtime():%Y-%m-%d-%H%M}.{format}"
    if format == "csv":
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return StreamingHttpResponse(
            exporting.as_csv(lines), content_type=TYPES[format], headers=headers
        )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        exporting.write_xlsx(lines, path)
        return _file(path.open("rb"), name, format)  # open, it can be read after its name is gone


def _file(opened: IO[bytes], name: str, format: str) -> FileResponse:
    return FileResponse(opened, as_attachment=True, filename=name, content_type=TYPES[format])


@staff_page(permissions.SEE_HISTORY)
@require_safe
def exports(request: StaffRequest) -> HttpResponse:
    """The person's own exports, the newest first. The page asks for itself anew while one is being written."""
    found = list(Export.objects.filter(person=request.user)[:50])
    shown: list[dict[str, Any]] = [
        {
            "row": one,
            "tone": PROGRESS.get(Export.State(one.state), "neutral"),
            "filters": HistoryFilter.chosen_in(one.filters),
            "rows": f"{one.rows:,}",
            "total": f"{one.total:,}",
        }
        for one in found
    ]
    under_way = any(one.state in (Export.State.WAITING, Export.State.WRITING) for one in found)
    return render_page(request, "exports.html", {"exports": shown, "under_way": under_way})


@staff_page(permissions.SEE_HISTORY)
@require_POST
def download(request: StaffRequest, export_id: uuid.UUID) -> HttpResponseBase:
    """The file, to the person who asked for it and still may see what stands in it."""
    found = get_object_or_404(Export, pk=export_id, person=request.user, state=Export.State.READY)
    if found.with_numbers and not request.viewer.sees_numbers:
        messages.error(
            request, _("It has whole numbers, which you may not see any more. Export it again.")
        )
        return redirect("exports")
    try:
        opened = exporting.export_path(found).open("rb")
    except FileNotFoundError:
        messages.error(request, _("The file is not there any more. Export it again."))
        return redirect("exports")
    Export.objects.filter(pk=found.pk, seen_at__isnull=True).update(seen_at=timezone.now())
    logger.info("user %s fetches export %s", request.user.pk, found.pk)
    return _file(opened, found.file_name, found.format)


@staff_page(permissions.SEE_HISTORY)
@require_POST
def cancel_export(request: StaffRequest, export_id: uuid.UUID) -> HttpResponse:
    """Stops one of the person's own that is not ready."""
    found = get_object_or_404(Export, pk=export_id, person=request.user)
    if exporting.cancel(found):
        messages.success(request, _("It is not written any further."))
    else:
        messages.info(request, _("It had ended already."))
    return redirect("exports")
