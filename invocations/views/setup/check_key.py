"""Checks an API key by a request to Kaleyra that sends no message."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from invocations.history.reasons import REASONS
from invocations.models import ApiKey, permissions
from invocations.monitoring import key_check
from invocations.views.base import StaffRequest, render_page, staff_page

WHY = REASONS | {
    "unreachable": _(
        "There was no connection to the pod’s host, or it is none that keys may be sent to."
        " Compare it with the one that Kaleyra shows."
    )
}


@staff_page(permissions.CHANGE_KEY)
@require_POST
def check_key(request: StaffRequest, key_id: uuid.UUID) -> HttpResponse:
    """Shows the result. A second check within seconds is not made (`key_check`)."""
    key = get_object_or_404(ApiKey.objects.select_related("account__pod"), pk=key_id)
    checked = key_check.check_key(key, request.get_host())
    return render_page(
        request,
        "check_key.html",
        {"key": key, "checked": checked, "why": WHY.get(checked.reason, "")},
    )
