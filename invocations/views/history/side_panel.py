"""Beside: one invocation in short, next to the list it was picked from."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from invocations.models import permissions
from invocations.views.base import StaffRequest, staff_page
from invocations.views.history.invocation import context_of, get_invocation


@staff_page(permissions.SEE_HISTORY)
@require_safe
def side_panel(request: StaffRequest, request_id: uuid.UUID) -> HttpResponse:
    """A part of the history's page, asked for by its script. Opened by itself, it is the invocation's own page."""
    found = get_invocation(request_id)
    if "HX-Request" not in request.headers:
        return redirect("invocation", request_id=request_id)
    return render(request, "parts/beside.html", context_of(request, found))
