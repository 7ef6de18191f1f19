"""Export of the history as a file: a short one at once, a long one in the background.

The page of exports lists the background ones and offers their files for download.
"""

from __future__ import annotations

import logging
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import FileResponse, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from invocations.audit import verbs
from invocations.audit.record import record
from invocations.forms.bulk_actions import selected_ids
from invocations.forms.history import HistoryFilter
from invocations.forms.search import HistorySearch
from invocations.history import exports as export_files
from invocations.history.filters import first_ids
from invocations.models import Export, Invocation, permissions
from invocations.views.base import StaffRequest, render_page, staff_page
from invocations.views.history.guessing import refuse_guessing
from invocations.views.step_up import needs_step_up, needs_step_up_if

logger = logging.getLogger(__name__)

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
TONES = {
    Export.State.WAITING: "neutral",
    Export.State.WRITING: "sending",
    Export.State.READY: "accepted",
    Export.State.FAILED: "rejected",
}


@staff_page(permissions.SEE_HISTORY)
@sensitive_post_parameters()
@require_POST
def export(request: StaffRequest) -> HttpResponseBase:
    """Exports what the history lists: the filters are in the query string, the rest is posted.

    Posted are the format, and either the search or the selected rows. Numbers are masked.
    """
    return _export(request)


@staff_page(permissions.SEE_RECIPIENT)
@sensitive_post_parameters()
@require_POST
@needs_step_up
def export_with_numbers(request: StaffRequest) -> HttpResponseBase:
    """As `export`, with whole numbers: asked for by a button of its own, and recorded."""
    if not request.viewer.sees_history:
        raise PermissionDenied
    request.viewer = request.viewer.revealing()
    return _export(request)


def _export(request: StaffRequest) -> HttpResponseBase:
    with_numbers = request.viewer.sees_numbers
    format = request.POST.get("format", "")
    if format not in TYPES:
        messages.error(request, _("Choose CSV or XLSX."))
        return redirect("history")
    if (refusal := refuse_guessing(request, _search(request).numbers)) is not None:
        return refusal
    found, is_named = _requested_rows(request)
    rows = found.order_by("-id").values("pk")[: export_files.MAX_INLINE_ROWS + 1].count()
    if not rows:
        messages.info(request, _("There is nothing to export: no message matches."))
        return redirect("history")
    if rows > export_files.MAX_INLINE_ROWS and not is_named:
        address = HistoryFilter(request.GET, request.viewer).address
        export_files.request_export(request.user, address, format, with_numbers=with_numbers)
        messages.success(request, _("It is being written. You find it here when it is ready."))
        return redirect("exports")
    logger.info("user %s exports %s rows", request.user.pk, rows)
    facts = {"format": format, "rows": rows, "whole_numbers": request.viewer.sees_numbers}
    record(verbs.EXPORTED, by=request.user, facts=facts)
    # A streamed file is written after the middleware has reset the time zone: it uses the viewer's.
    lines = export_files.export_rows(found, request.viewer, most=export_files.MAX_INLINE_ROWS)
    return _inline_response(lines, format)


def _search(request: StaffRequest) -> HistorySearch:
    return HistorySearch(request.POST, viewer=request.viewer)


def _requested_rows(request: StaffRequest) -> tuple[QuerySet[Invocation], bool]:
    """The rows, and whether the person named them, by selecting or by searching."""
    found = HistoryFilter(request.GET, request.viewer).narrow(request.viewer.invocations())
    selected = selected_ids(request.POST.getlist("ids"), most=export_files.MAX_INLINE_ROWS)
    if selected:
        return found.filter(request_id__in=selected), True
    search = _search(request)
    if request.POST.get("q", "").strip():
        ids = first_ids(search.ways, found.order_by("-pk"), export_files.MAX_INLINE_ROWS)
        return found.filter(pk__in=ids), True
    return found, False


def _inline_response(lines: Iterator[export_files.Line], format: str) -> HttpResponseBase:
    name = f"history-{timezone.localtime():%Y-%m-%d-%H%M}.{format}"
    if format == "csv":
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return StreamingHttpResponse(
            export_files.as_csv(lines), content_type=TYPES[format], headers=headers
        )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        export_files.write_xlsx(lines, path)
        # An open file stays readable after its folder is deleted.
        return _file_response(path.open("rb"), name, format)


def _file_response(file: IO[bytes], name: str, format: str) -> FileResponse:
    return FileResponse(file, as_attachment=True, filename=name, content_type=TYPES[format])


@staff_page(permissions.SEE_HISTORY)
@require_safe
def exports(request: StaffRequest) -> HttpResponse:
    """The person's own exports, the newest first. The page reloads while one is being written."""
    found = list(Export.objects.filter(person=request.user)[:50])
    shown: list[dict[str, Any]] = [
        {
            "row": each,
            "tone": TONES.get(Export.State(each.state), "neutral"),
            "filters": HistoryFilter.chosen_in(each.filters, request.viewer),
            "rows": f"{each.rows:,}",
            "total": f"{each.total:,}",
        }
        for each in found
    ]
    unfinished = (Export.State.WAITING, Export.State.WRITING)
    under_way = any(each.state in unfinished for each in found)
    return render_page(request, "exports.html", {"exports": shown, "under_way": under_way})


def _has_whole_numbers(request: StaffRequest, export_id: uuid.UUID) -> bool:
    return Export.objects.filter(pk=export_id, person=request.user, with_numbers=True).exists()


@staff_page(permissions.SEE_HISTORY)
@require_POST
@needs_step_up_if(_has_whole_numbers)
def download(request: StaffRequest, export_id: uuid.UUID) -> HttpResponseBase:
    """The file, for the person who requested it, if they still may see what is in it."""
    found = get_object_or_404(Export, pk=export_id, person=request.user, state=Export.State.READY)
    if found.with_numbers and not request.viewer.may_reveal:
        messages.error(
            request, _("It has whole numbers, which you may not see any more. Export it again.")
        )
        return redirect("exports")
    if not request.viewer.reading.may_open(found.read_as):
        words = _("It has messages that you may not read any more. Export it again.")
        messages.error(request, words)
        return redirect("exports")
    try:
        file = export_files.export_path(found).open("rb")
    except FileNotFoundError:
        messages.error(request, _("The file is not there any more. Export it again."))
        return redirect("exports")
    facts = {"what": "export", "rows": found.rows, "whole_numbers": bool(found.with_numbers)}
    record(verbs.DOWNLOADED, by=request.user, about=found, facts=facts)
    Export.objects.filter(pk=found.pk, seen_at__isnull=True).update(seen_at=timezone.now())
    logger.info("user %s fetches export %s", request.user.pk, found.pk)
    return _file_response(file, found.file_name, found.format)


@staff_page(permissions.SEE_HISTORY)
@require_POST
def cancel_export(request: StaffRequest, export_id: uuid.UUID) -> HttpResponse:
    """Stops an export of the person's own that is not ready."""
    found = get_object_or_404(Export, pk=export_id, person=request.user)
    if export_files.cancel(found):
        messages.success(request, _("It is stopped."))
    else:
        messages.info(request, _("It had ended already."))
    return redirect("exports")
