"""What all pages of one batch share: finding it, its name and its head."""

from __future__ import annotations

import uuid
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from invocations.batches.approval_rules import open_approval
from invocations.history.wording import past_day_and_time
from invocations.models import Batch
from invocations.views.base import StaffRequest, View
from invocations.views.batches.listing import BatchLine


class NotYours(Exception):
    """The workflow was taken from the page, or from the person, since they uploaded the file."""


def for_owner(view: View) -> View:
    """Where the batch is not theirs to start any more, its page says so instead of `view`."""

    @wraps(view)
    def guarded(request: StaffRequest, uid: uuid.UUID) -> HttpResponseBase:
        try:
            return view(request, uid)
        except NotYours:
            return redirect("batch", uid=uid)

    return guarded


def shown_batch(request: StaffRequest, uid: uuid.UUID) -> Batch:
    """One that the person may see; else 404."""
    found = request.viewer.batches().select_related(
        *("workflow", "account__pod", "created_by", "started_by", "paused_by", "version"),
        "again_from",
    )
    return get_object_or_404(found, uid=uid)


def own_batch(request: StaffRequest, uid: uuid.UUID) -> Batch:
    """One that they uploaded; else 404: its cells are the uploader's alone. Raises `NotYours` if
    they may not send its workflow now.
    """
    batch = shown_batch(request, uid)
    if batch.created_by_id != request.user.pk:
        raise Http404
    if not request.viewer.may_start(batch):
        raise NotYours
    return batch


def controlled_batch(request: StaffRequest, uid: uuid.UUID) -> Batch:
    """One that they may pause, resume and cancel."""
    batch = shown_batch(request, uid)
    if not request.viewer.may_control(batch):
        raise PermissionDenied
    return batch


def messages_in(batch: Batch) -> int:
    """Rows that are sent, or were."""
    return batch.rows - batch.left_out


def head_of(batch: Batch) -> dict[str, Any]:
    """For templates/batches/head.html. The title holds no name and no number of anybody.

    `waiting`: the approval that the batch waits for, if it waits for one.
    """
    count, waiting = messages_in(batch), open_approval(batch)
    title = _("Your file")
    if batch.rows:
        words = ngettext("Batch of %(count)s message", "Batch of %(count)s messages", count)
        title = words % {"count": f"{count:,}"}
    return {
        "batch": batch,
        "line": BatchLine(batch, asks=waiting is not None),
        "waiting": waiting,
        "about": _about(batch),
        "title_text": title,
        "account": batch.account,
    }


def _about(batch: Batch) -> str:
    """How large the file is, and when it came."""
    uploaded = _("uploaded %(when)s") % {"when": past_day_and_time(batch.created_at)}
    if not batch.rows:
        return uploaded
    rows = ngettext("%(count)s row", "%(count)s rows", batch.rows)
    return f"{rows % {'count': f'{batch.rows:,}'}}, {uploaded}"
