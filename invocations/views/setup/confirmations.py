"""What other admins want to change about an admin: a second one confirms or refuses it."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from invocations.access import admin_changes
from invocations.history.wording import person_name
from invocations.models import AdminChange, permissions
from invocations.monitoring.admin_change_emails import addresses_of, tell_confirmed, words_of
from invocations.views.base import StaffRequest, render_page, staff_page
from invocations.views.step_up import needs_step_up


@staff_page(permissions.CHANGE_PEOPLE)
@require_safe
def confirmations(request: StaffRequest) -> HttpResponse:
    """Those that are open, the oldest first; one's own to take back."""
    found = list(admin_changes.open_changes())
    return render_page(
        request, "confirmations.html", {"rows": [_row(each, request) for each in found]}
    )


def _row(change: AdminChange, request: StaffRequest) -> dict[str, Any]:
    return {
        "change": change,
        "about": person_name(change.person) if change.person else str(change.group),
        "by": person_name(change.asked_by),
        "what": words_of(change.changes, whole=True),
        "lapses_at": change.asked_at + admin_changes.KEPT_FOR,
        "is_own": change.asked_by_id == request.user.pk,
        "may_confirm": admin_changes.may_confirm(change, request.user),
    }


@staff_page(permissions.CHANGE_PEOPLE)
@needs_step_up
@require_POST
def confirm_change(request: StaffRequest, change_id: uuid.UUID) -> HttpResponse:
    asked = _change_or_404(change_id)
    addresses = addresses_of(asked)
    done = admin_changes.confirm(change_id, request.user)
    if done is None:
        messages.warning(request, _("It could not be confirmed. Nothing was changed."))
    elif done.state == AdminChange.State.VOID:
        words = _("Something has changed since it was asked, so it is void. Nothing was changed.")
        messages.warning(request, words)
    else:
        tell_confirmed(done, addresses, request.user)
        messages.success(request, _("Confirmed. It is changed now."))
    return redirect("confirmations")


@staff_page(permissions.CHANGE_PEOPLE)
@needs_step_up
@require_POST
def refuse_change(request: StaffRequest, change_id: uuid.UUID) -> HttpResponse:
    _change_or_404(change_id)
    if admin_changes.refuse(change_id, request.user):
        messages.success(request, _("Refused. Nothing was changed."))
    else:
        messages.info(request, _("It was decided already, or has expired."))
    return redirect("confirmations")


def _change_or_404(change_id: uuid.UUID) -> AdminChange:
    found = AdminChange.objects.select_related("asked_by", "person", "group")
    return get_object_or_404(found, pk=change_id)
