"""What a person decides about a batch under way: pause, resume, cancel, send failed rows again."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from invocations.batches import control
from invocations.batches.again import NotEnded, send_again_failed, send_rest
from invocations.batches.checking import check_now
from invocations.batches.progress import progress_of
from invocations.models import Batch, permissions
from invocations.sending.record import NotSendable
from invocations.views.base import StaffRequest, render_page, staff_page
from invocations.views.batches.shown import controlled_batch, head_of


@staff_page(permissions.SEND_BATCH)
@require_POST
def batch_pause(request: StaffRequest, uid: uuid.UUID) -> HttpResponse:
    batch = controlled_batch(request, uid)
    if control.pause(batch, request.user):
        messages.success(request, _("Paused. Nothing of it leaves until it is resumed."))
    else:
        messages.info(request, _("It was not running, so nothing was changed."))
    return redirect("batch", uid=batch.uid)


@staff_page(permissions.SEND_BATCH)
@require_POST
def batch_resume(request: StaffRequest, uid: uuid.UUID) -> HttpResponse:
    batch = controlled_batch(request, uid)
    try:
        if control.resume(batch, request.user):
            messages.success(request, _("Resumed. It goes on where it stopped."))
        else:
            messages.info(request, _("It was not paused, so nothing was changed."))
    except NotSendable as refusal:
        for finding in refusal.findings:
            messages.error(request, str(finding.text))
    return redirect("batch", uid=batch.uid)


@staff_page(permissions.SEND_BATCH)
@require_http_methods(["GET", "HEAD", "POST"])
def batch_cancel(request: StaffRequest, uid: uuid.UUID) -> HttpResponse:
    """Asks first: what is cancelled never leaves."""
    batch = controlled_batch(request, uid)
    if not request.viewer.may_cancel_batch(batch):
        raise PermissionDenied
    if request.method == "POST":
        if control.cancel(batch, request.user):
            messages.success(request, _("Cancelled. What had left goes on; nothing else leaves."))
        else:
            messages.info(request, _("It had ended already, so nothing was changed."))
        return redirect("batch", uid=batch.uid)
    if batch.state not in Batch.GOING:
        return redirect("batch", uid=batch.uid)
    context = {**head_of(batch), "progress": progress_of(batch)}
    return render_page(request, "batches/cancel.html", context)


@staff_page(permissions.SEND_BATCH)
@require_POST
def batch_send_again(request: StaffRequest, uid: uuid.UUID) -> HttpResponse:
    """A new batch of rows that failed, or of those that never left. It is checked first."""
    batch = controlled_batch(request, uid)
    if not request.viewer.may_send_batch_again(batch):
        raise PermissionDenied
    makes = send_rest if request.POST.get("which") == "rest" else send_again_failed
    try:
        new = makes(batch, request.user)
    except NotEnded:
        messages.info(request, _("Rows of it may still leave. Cancel it first."))
        return redirect("batch", uid=batch.uid)
    except NotSendable as refusal:
        for finding in refusal.findings:
            messages.warning(request, str(finding.text))
        return redirect("batch", uid=batch.uid)
    check_now(new)
    return redirect("batch", uid=new.uid)
