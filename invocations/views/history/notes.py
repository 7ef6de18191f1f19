"""Adds a note to a message: from its page, from the person's page, or on a page of its own."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from invocations.forms.note import NoteForm
from invocations.history.person import person_of
from invocations.models import Invocation, permissions
from invocations.models.viewer import Viewer
from invocations.views.base import StaffRequest, render_page, staff_page


@staff_page(permissions.SEE_HISTORY)
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def add_note(request: StaffRequest, request_id: uuid.UUID) -> HttpResponse:
    """A note that is not valid comes back on this page, with what was typed."""
    rows = request.viewer.invocations().select_related(
        "workflow_instance", "account__pod", "created_by"
    )
    row = get_object_or_404(rows.defer("payload", "reply", "note"), request_id=request_id)
    person = _person_page(row, request.POST.get("person", ""), request.viewer)
    back = person or reverse("invocation", args=[request_id])
    form = NoteForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        if form.save(row, request.user):
            messages.success(request, _("Your note is saved. Colleagues see it."))
        else:
            words = _("The note is not saved: what was kept of this message is removed.")
            messages.error(request, words)
        return redirect(f"{back}#notes")
    digest = request.POST.get("person", "") if person else ""
    context = {"form": form, "invocation": row, "back": back, "digest": digest}
    return render_page(request, "note.html", context)


def _person_page(row: Invocation, digest: str, viewer: Viewer) -> str:
    """The address of the person's page on which the note was typed; empty if it was not."""
    found = person_of(digest, viewer) if digest else None
    if found is None or found.digests.isdisjoint({row.recipient_digest, row.recipient2_digest}):
        return ""
    return reverse("person", args=[digest])
