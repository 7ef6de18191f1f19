"""The first step: which workflow, and the file."""

from __future__ import annotations

import io
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from invocations.batches import upload
from invocations.batches.checking import check_now
from invocations.batches.example_file import as_csv, as_xlsx, example_columns
from invocations.batches.upload_handler import BatchUploadHandler
from invocations.models import Channel, WorkflowInstance, permissions
from invocations.views.base import StaffRequest, render_page, staff_page
from invocations.views.batches.dropped_files import drops_files
from invocations.views.batches.listing import lines_of
from invocations.views.history.exports import TYPES
from invocations.views.send.choose import workflows_to_fill_in

MAX_LAST_FILES = 4
EXAMPLE_NUMBER = "+91 80612 34581"
"""No subscriber has it: of a range that is not given out."""


@csrf_exempt  # until the handler that takes the file in is set: see `_take_in`
@drops_files
@staff_page(permissions.SEND_BATCH)
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def new_batch(request: StaffRequest) -> HttpResponseBase:
    """`?workflow=` is chosen; without it the only one, or none.

    Django reads the form's fields to check the CSRF token, and the file comes with them. So the
    check is made here, once the handler is set; a file that came with a false token is deleted.
    """
    if request.method != "POST":
        workflow = _chosen(request)
        return _show(request, workflow, error="" if workflow else _not_found(request))
    workflow = _chosen(request)
    if workflow is None:
        return _show(request, None, error=_not_found(request) or _("Choose the workflow first."))
    handler = BatchUploadHandler(request, workflow, request.user)
    request.upload_handlers = [handler]
    is_taken = False
    try:
        response = _take_in(request, workflow, handler)
        is_taken = response.status_code != HTTPStatus.FORBIDDEN
    except RequestDataTooBig:
        words = _("This is too long for the box. Save it as a file and upload the file.")
        return _show(request, workflow, error=words, keeps_pasted=False)
    finally:
        if not is_taken:
            handler.discard()
    return response


@csrf_protect
def _take_in(
    request: StaffRequest, workflow: WorkflowInstance, handler: BatchUploadHandler
) -> HttpResponseBase:
    pasted = request.POST.get("pasted", "")
    batch = handler.batch
    if batch is None and pasted.strip():
        batch = upload.take_in(workflow, request.user, "", io.BytesIO(pasted.encode()))
    if batch is None:
        words = _("Choose a file first, or paste the rows.")
        return _show(request, workflow, error=words)
    batch.refresh_from_db()
    check_now(batch)  # if it is small, nobody looks at a page that waits
    address = reverse("batch", args=[batch.uid])
    return JsonResponse({"address": address}) if _asks_by_script(request) else redirect(address)


def _asks_by_script(request: StaffRequest) -> bool:
    """Whether static/batches.js posts the form, to show how far the upload is."""
    return request.headers.get("X-Requested-With") == "XMLHttpRequest"


def _chosen(request: StaffRequest) -> WorkflowInstance | None:
    typed = request.GET.get("workflow", "")
    found = workflows_to_fill_in(request.viewer)
    if typed.isdecimal() and len(typed) < 19:
        return found.filter(pk=int(typed)).first()
    only = list(found[:2])
    return only[0] if len(only) == 1 else None


def _not_found(request: StaffRequest) -> str:
    """What to say about a workflow that was asked for and is not theirs; empty if none was."""
    if not request.GET.get("workflow"):
        return ""
    return _("You cannot send this workflow now. Choose another one, or ask an admin.")


def _show(
    request: StaffRequest,
    workflow: WorkflowInstance | None,
    *,
    error: str = "",
    keeps_pasted: bool = True,
) -> HttpResponse:
    """`keeps_pasted`: False if the form cannot be read."""
    if error and _asks_by_script(request):
        return JsonResponse({"error": error})
    pasted = request.POST.get("pasted", "") if keeps_pasted else ""
    workflows = workflows_to_fill_in(request.viewer).order_by("title", "pk")
    own = request.viewer.batches().filter(created_by=request.user)
    context: dict[str, Any] = {
        "workflows": workflows,
        "workflow": workflow,
        "columns": example_columns(channels_of(workflow), EXAMPLE_NUMBER) if workflow else [],
        "second_number": len(channels_of(workflow)) > 1 if workflow else False,
        "error": error,
        "pasted": pasted,
        "last_files": lines_of(own.order_by("-id")[:MAX_LAST_FILES]),
    }
    return render_page(request, "batches/new.html", context)


def channels_of(workflow: WorkflowInstance) -> Sequence[Channel]:
    """In the order of sending."""
    return sorted(workflow.channels.all(), key=lambda channel: channel.position)


@staff_page(permissions.SEND_BATCH)
@require_safe
def batch_example(request: StaffRequest, workflow_id: int, format: str) -> HttpResponse:
    """An empty file with the right columns, and one example row."""
    workflow = get_object_or_404(workflows_to_fill_in(request.viewer), pk=workflow_id)
    columns = example_columns(channels_of(workflow), EXAMPLE_NUMBER)
    content = as_xlsx(columns) if format == "xlsx" else as_csv(columns)
    name = _("recipients")
    headers = {"Content-Disposition": f'attachment; filename="{name}.{format}"'}
    return HttpResponse(content, content_type=TYPES[format], headers=headers)
