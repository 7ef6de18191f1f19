"""Settle: a person decides an unknown outcome, with a reason."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from invocations.forms.settle import SettleForm
from invocations.history.reasons import REASONS
from invocations.history.state import meaning_of
from invocations.models import Invocation, Settlement, permissions
from invocations.sending import decisions
from invocations.sending.departure import departure_of
from invocations.views.base import StaffRequest, render_page, staff_page


@staff_page(permissions.SETTLE)
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def settle(request: StaffRequest, request_id: uuid.UUID) -> HttpResponse:
    """Asks for the outcome and how the person knows it. Changes nothing if it is not unknown."""
    related = request.viewer.invocations().select_related("account__pod", "workflow_instance")
    found = get_object_or_404(related, request_id=request_id)
    form = SettleForm(request.POST or None, label_suffix="")
    if found.status != Invocation.Status.UNKNOWN:
        messages.info(request, _("Its outcome is known by now. Nothing was changed."))
        return redirect("invocation", request_id=request_id)
    if request.method == "POST" and form.is_valid():
        verdict = Settlement.Verdict(form.cleaned_data["verdict"])
        if decisions.settle(found, verdict, form.cleaned_data["reason"], request.user):
            messages.success(request, _("Recorded."))
        else:
            messages.warning(request, _("Its outcome is known by now. Nothing was changed."))
        return redirect("invocation", request_id=request_id)
    due_at, departure = found.due_at, departure_of(found.workflow_instance)
    asks_again = due_at is not None and departure.goes_on_by_itself
    context = {
        "form": form,
        "invocation": found,
        "meaning": meaning_of(found),
        "why": REASONS.get(found.reason, ""),
        "asks_again": asks_again,
        "asks_at": due_at if due_at and due_at > timezone.now() else None,
        "is_unreachable": departure.is_unreachable,
    }
    return render_page(request, "settle.html", context)
