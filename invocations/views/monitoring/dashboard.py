"""The home, by what a person may do: set up, send, or read."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from invocations.history.changes import last_changes
from invocations.models import Incident
from invocations.models.reading import WHOLE
from invocations.models.viewer import Viewer
from invocations.monitoring import pauses
from invocations.monitoring.incident_text import words_of
from invocations.monitoring.needs import has_list, needs_you
from invocations.monitoring.needs_outcomes import open_incidents
from invocations.sending.departure import sender_is_running
from invocations.views.base import StaffRequest, render_page, staff_page
from invocations.views.batches.own_files import own_files
from invocations.views.monitoring.first_run import first_run_context
from invocations.views.monitoring.going_live import going_live
from invocations.views.monitoring.outcomes import outcomes
from invocations.views.monitoring.periods import Period
from invocations.views.monitoring.support_home import support_context

MAX_NEEDS, MAX_INCIDENTS, MAX_CHANGES = 6, 6, 6
OVER_FOR = timedelta(days=7)
"""For so long an incident that is over stays in the list."""


@staff_page("")
@require_safe
def dashboard(request: StaffRequest) -> HttpResponse:
    """The first page after sign-in. Periods are days of the person's time zone."""
    now, viewer = timezone.now(), request.viewer
    context: dict[str, Any] = {"now": timezone.localtime(now)}
    if viewer.may_configure and not WHOLE.invocations().exists():
        context |= first_run_context(request)
        return render_page(request, "home_first_run.html", context)
    reads_all = viewer.reading.own_of is None
    if viewer.may_configure and viewer.sees_history and reads_all:
        context |= _admin_context(request, now)
        return render_page(request, "home_admin.html", context)
    if viewer.may_send or (viewer.sees_history and not reads_all):
        context |= support_context(request, now)
        if viewer.may_approve:
            context |= _needs_context(viewer, now)
        return render_page(request, "home_support.html", context)
    if viewer.sees_history:
        context |= _reviewer_context(request, now)
        return render_page(request, "home_reviewer.html", context)
    return render_page(request, "home_without_rights.html", context)


def _admin_context(request: StaffRequest, now: datetime) -> dict[str, Any]:
    files, more_files = own_files(request.viewer, now)
    return {
        "files": files,
        "more_files": more_files,
        **_needs_context(request.viewer, now),
        "incidents": _over_incidents(now, request.viewer),
        "going_live": going_live(),
        **outcomes(
            Period.named(request.GET.get("days", "")),
            request.GET.get("kind", ""),
            request.viewer.reading,
        ),
    }


def _needs_context(viewer: Viewer, now: datetime) -> dict[str, Any]:
    """The first rows of the list "Needs you", for `parts/needs.html`."""
    found = needs_you(viewer, now)
    return {
        "needs": found[:MAX_NEEDS],
        "needs_count": len(found),
        "more_needs": max(0, len(found) - MAX_NEEDS),
    }


def _reviewer_context(request: StaffRequest, now: datetime) -> dict[str, Any]:
    period = Period.named(request.GET.get("days", ""))
    still_open = _open_incidents(now, request.viewer)
    over = _over_incidents(now, request.viewer)
    return {
        **(_needs_context(request.viewer, now) if request.viewer.may_approve else {}),
        "incidents": [*still_open[:MAX_INCIDENTS], *over],
        "more_incidents": max(0, len(still_open) - MAX_INCIDENTS),
        "last_changes": last_changes(request.viewer, MAX_CHANGES),
        **outcomes(period, request.GET.get("kind", ""), request.viewer.reading, with_weeks=True),
    }


@staff_page("")
@require_safe
def needs_you_page(request: StaffRequest) -> HttpResponse:
    """All rows of the list, for whoever can end any of them."""
    if not has_list(request.viewer):
        raise PermissionDenied
    now = timezone.now()
    found = needs_you(request.viewer, now)
    context = {"now": timezone.localtime(now), "needs": found, "needs_count": len(found)}
    return render_page(request, "needs_you.html", context)


# --- incidents ------------------------------------------------------------------------------------


def _open_incidents(now: datetime, viewer: Viewer) -> list[dict[str, Any]]:
    """For those who can only read: what is wrong now, and what an admin does about it."""
    found = open_incidents(viewer.reading)
    if not found:
        return []
    is_stopped, has_sender = pauses.active_kill_switch() is not None, sender_is_running(now)
    return [_shown(each, viewer, is_stopped=is_stopped, has_sender=has_sender) for each in found]


def _over_incidents(now: datetime, viewer: Viewer) -> list[dict[str, Any]]:
    """Those of the last days that are over: nothing is left to do about them."""
    related = viewer.reading.incidents().select_related("workflow_instance", "account__pod")
    found = related.prefetch_related("account__api_keys").filter(closed_at__gt=now - OVER_FOR)
    return [_shown(each, viewer) for each in found.order_by("-closed_at")[:MAX_INCIDENTS]]


def _shown(incident: Incident, viewer: Viewer, **now: bool) -> dict[str, Any]:
    return {
        "incident": incident,
        "words": words_of(incident, viewer, **now),
        "is_practice": incident.account.pod.is_practice,
    }
