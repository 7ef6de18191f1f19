"""The side panel of the history: one invocation in short."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from invocations.models import permissions
from invocations.views.base import StaffRequest, staff_page
from invocations.views.history.invocation import detail_for, setup_links


@staff_page(permissions.SEE_HISTORY)
@require_safe
def side_panel(request: StaffRequest, request_id: uuid.UUID) -> HttpResponse:
    """A fragment for htmx. Any other request is redirected to the invocation's page."""
    detail = detail_for(request.viewer, request_id)
    if "HX-Request" not in request.headers:
        return redirect("invocation", request_id=request_id)
    context = {
        "detail": detail,
        "invocation": detail.invocation,
        "setup_links": setup_links(detail),
        "viewer": request.viewer,
    }
    return render(request, "parts/side_panel.html", context)
