"""Files of a batch to download: the rows at fault, and the result."""

from __future__ import annotations

import logging
import tempfile
import uuid
from collections.abc import Iterable
from pathlib import Path

from django.contrib import messages
from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from invocations.audit import verbs
from invocations.audit.record import record
from invocations.batches.faulty_file import write_faulty_rows
from invocations.batches.result_file import write_csv, write_xlsx
from invocations.batches.trail_facts import facts_of
from invocations.models import Batch, permissions
from invocations.views.base import StaffRequest, staff_page
from invocations.views.batches.shown import for_owner, own_batch, shown_batch
from invocations.views.history.exports import TYPES
from invocations.views.step_up import needs_step_up_if

logger = logging.getLogger(__name__)

MAX_FAULTY_ROWS = 20_000
"""Of a workbook of rows to correct. It is written before its first byte leaves."""
MAX_XLSX_ROWS = 100_000
"""Of the result as a workbook. A CSV may be longer: it takes less CPU."""


@staff_page(permissions.SEND_BATCH)
@require_safe
@for_owner
def batch_faulty_rows(request: StaffRequest, uid: uuid.UUID) -> FileResponse:
    """For whoever uploaded the file: nothing is masked, the cells are theirs."""
    batch = own_batch(request, uid)
    logger.info("user %s fetches the rows at fault of batch %s", request.user.pk, batch.pk)
    name = f"rows-to-correct-{timezone.localtime():%Y-%m-%d-%H%M}.xlsx"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        write_faulty_rows(batch, path, MAX_FAULTY_ROWS)
        # An open file stays readable after its folder is deleted.
        file = path.open("rb")
    return FileResponse(file, as_attachment=True, filename=name, content_type=TYPES["xlsx"])


def _has_whole_numbers(request: StaffRequest, uid: uuid.UUID, format: str) -> bool:
    """The person's own file keeps the numbers that they brought."""
    return request.viewer.batches().filter(uid=uid, created_by=request.user).exists()


@staff_page(permissions.SEE_HISTORY)
@require_safe
@needs_step_up_if(_has_whole_numbers)
def batch_result(request: StaffRequest, uid: uuid.UUID, format: str) -> HttpResponseBase:
    """With what the viewer may see, as of now.

    It is streamed, so a file that breaks off has no end of its last chunk. HTTP/1.0, which some
    proxies speak to the server behind them, has no chunks: there the file has a length instead.
    """
    batch = shown_batch(request, uid)
    if batch.state not in Batch.STARTED:
        return redirect("batch", uid=batch.uid)
    if not batch.parts.exists():
        messages.info(request, _("The rows of this file were deleted: their time is over."))
        return redirect("batch", uid=batch.uid)
    if format == "xlsx" and batch.rows > MAX_XLSX_ROWS:
        words = _("With more than %(most)s rows the result comes as CSV alone.")
        messages.info(request, words % {"most": f"{MAX_XLSX_ROWS:,}"})
        return redirect("batch", uid=batch.uid)
    facts = {
        **facts_of(batch),
        "what": "batch",
        "whole_numbers": batch.created_by_id == request.user.pk,
    }
    record(verbs.DOWNLOADED, by=request.user, about=batch, facts=facts)
    logger.info("user %s fetches the result of batch %s", request.user.pk, batch.pk)
    name = f"batch-{timezone.localtime():%Y-%m-%d-%H%M}.{format}"
    write = write_csv if format == "csv" else write_xlsx
    content = write(batch, request.viewer)
    if request.META["SERVER_PROTOCOL"] == "HTTP/1.0":
        return _with_length(content, name, TYPES[format])
    # A streamed file is written after the middleware has reset the time zone: it uses the viewer's.
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(content, content_type=TYPES[format], headers=headers)


def _with_length(content: Iterable[bytes], name: str, content_type: str) -> FileResponse:
    """In HTTP/1.0 (RFC 1945) only a length tells a whole file from a torn one."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 (the response closes it)
    file.writelines(content)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=name, content_type=content_type)
