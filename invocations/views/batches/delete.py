"""Deletes a file that was not started, after asking."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from invocations.batches.discard import discard
from invocations.models import Batch, permissions
from invocations.views.base import StaffRequest, render_page, staff_page
from invocations.views.batches.shown import head_of, shown_batch


@staff_page(permissions.SEND)
@require_http_methods(["GET", "HEAD", "POST"])
def batch_delete(request: StaffRequest, uid: uuid.UUID) -> HttpResponse:
    """For whoever uploaded it, even if they may not send its workflow any more."""
    batch = shown_batch(request, uid)
    if batch.state in Batch.STARTED:
        if request.method == "POST":
            messages.info(request, _("It was started meanwhile, so nothing was deleted."))
        return redirect("batch", uid=uid)
    if batch.created_by_id != request.user.pk:
        raise Http404
    if request.method != "POST":
        return render_page(request, "batches/delete.html", head_of(batch))
    if discard(batch, request.user):
        messages.success(request, _("Deleted. Nothing of the file is kept, and nothing was sent."))
        return redirect("new_batch")
    messages.warning(request, _("The file has just changed, so nothing was deleted. Look again."))
    return redirect("batch", uid=uid)
