"""Erases a person: what there is of a number, the confirmation, and the receipts."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from invocations.forms.erase import EraseForm
from invocations.history.wording import person_name
from invocations.models import Erasure, permissions
from invocations.models.encryption import Unreadable
from invocations.privacy import erasure
from invocations.privacy.erasure import Found, StillOpen
from invocations.sending.departure import sender_is_running
from invocations.views.base import StaffRequest, render_page, staff_page
from invocations.views.step_up import needs_step_up

MOST_SHOWN = 50
KINDS = {
    "messages": gettext_lazy("messages"),
    "answers": gettext_lazy("answers of Kaleyra"),
    "result_bodies": gettext_lazy("results as they came"),
    "results": gettext_lazy("results of channels"),
    "notes": gettext_lazy("notes"),
    "reasons": gettext_lazy("reasons that somebody typed"),
    "searchable_values": gettext_lazy("searchable values"),
    "files": gettext_lazy("files that were not started"),
    "rows_of_files": gettext_lazy("rows of files"),
    "exports": gettext_lazy("exports"),
    "own_numbers": gettext_lazy("own numbers of people here"),
    "listed_numbers": gettext_lazy("numbers that may be sent to"),
    "kept_forms": gettext_lazy("forms that were kept"),
    "sessions": gettext_lazy("sessions"),
}
"""By the names in `Erasure.removed`; all others are other texts that had the number."""


@staff_page(permissions.ERASE)
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@needs_step_up
@never_cache
def erase(request: StaffRequest) -> HttpResponse:
    """The form; then what there is of the number; then, once confirmed, the erasure begins."""
    form = EraseForm(request.POST or None)
    found: Found | None = None
    if request.method == "POST" and form.is_valid():
        digits = form.cleaned_data["number"].digits
        found = erasure.find(digits)
        if form.cleaned_data["is_sure"]:
            try:
                begun = erasure.start(digits, request.user)
            except StillOpen as refusal:
                found = refusal.found
            else:
                return redirect("erasure", erasure_id=begun.pk)
        elif request.POST.get("action") == "erase":
            messages.warning(request, _("Nothing was erased. Tick the box first."))
    context = {
        "form": form,
        "found": found,
        "receipts": Erasure.objects.select_related("asked_by").defer("number")[:MOST_SHOWN],
    }
    return render_page(request, "erase.html", context)


@staff_page(permissions.ERASE)
@require_safe
def receipt(request: StaffRequest, erasure_id: uuid.UUID) -> HttpResponse:
    """What was removed. It refreshes itself while the erasure is under way."""
    found = get_object_or_404(Erasure.objects.select_related("asked_by"), pk=erasure_id)
    context = {
        "erasure": found,
        "by": person_name(found.asked_by),
        "waits": _waits(found),
        "lines": _lines(found.removed),
        "has_sender": sender_is_running(timezone.now()),
    }
    return render_page(request, "erasure.html", context)


def _waits(erasure_: Erasure) -> bool:
    try:
        return erasure.waits(erasure_)
    except Unreadable:  # an encryption key is missing here: the number cannot be asked about
        return False


def _lines(counts: dict[str, int]) -> list[tuple[Any, int]]:
    known = [(label, counts[name]) for name, label in KINDS.items() if counts.get(name)]
    other = sum(count for name, count in counts.items() if name not in KINDS)
    return [*known, *([(_("other texts that had the number"), other)] if other else [])]
