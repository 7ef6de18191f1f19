"""Dashboard: statistics of a period, what needs attention, incidents, and missing set-up."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from invocations.models import Account, ApiKey, Incident, WorkflowInstance
from invocations.models.permissions import Viewer
from invocations.monitoring import metrics, pauses, statistics
from invocations.monitoring.incident_text import words_of
from invocations.sending.departure import last_sweep, sender_is_running
from invocations.views.base import StaffRequest, render_page, staff_page
from invocations.views.monitoring.needs_attention import groups_needing_attention
from invocations.views.monitoring.outcomes import outcomes

PERIOD_DAYS = (1, 7, 30)
MAX_INCIDENTS_LISTED, MAX_OPEN_INCIDENTS = 6, 100
OVER_FOR = timedelta(days=7)
"""For so long an incident that is over stays in the list."""


@staff_page("")
@require_safe
def dashboard(request: StaffRequest) -> HttpResponse:
    """The first page after sign-in. Days (`?days=7` or 30) are those of the person's time zone."""
    now = timezone.now()
    days = {str(each): each for each in PERIOD_DAYS}.get(request.GET.get("days", ""), 1)
    context: dict[str, Any] = {
        "today": timezone.localtime(now),
        "days": days,
        "steps": _setup_steps(request.viewer),
    }
    if request.viewer.sees_history:
        since, paused = statistics.period_start(days), pauses.all_pauses()
        context |= {
            "periods": [_period_link(each, is_current=each == days) for each in PERIOD_DAYS],
            "since": timezone.localtime(since),
            "paused": paused,
            **groups_needing_attention(request.viewer, paused),
            "nobody_at_work": metrics.dispatcher_is_missing(now),
            "last_at_work": last_sweep(),
            **_incidents(now, request.viewer),
            **outcomes(since, days),
        }
    return render_page(request, "dashboard.html", context)


def _period_link(days: int, *, is_current: bool) -> dict[str, Any]:
    title = ngettext("%(days)s day", "%(days)s days", days) % {"days": days}
    query = f"?days={days}" if days > 1 else ""
    return {
        "title": _("Today") if days == 1 else title,
        "address": reverse("dashboard") + query,
        "current": is_current,
    }


def _incidents(now: datetime, viewer: Viewer) -> dict[str, Any]:
    """Open incidents as `banners`, and with those that are over as a list, `incidents`.

    Pauses have a banner of their own, so they are left out of `banners`.
    """
    incidents = Incident.objects.select_related(
        "workflow_instance", "account__pod"
    ).prefetch_related("account__api_keys")
    still_open = list(
        incidents.filter(closed_at__isnull=True).order_by("-opened_at")[:MAX_OPEN_INCIDENTS]
    )
    is_stopped = pauses.active_kill_switch() is not None
    # Of one that is over, no sentence says what is done about it.
    has_sender = not still_open or sender_is_running(now)

    def shown(incident: Incident) -> dict[str, Any]:
        return {
            "incident": incident,
            "words": words_of(incident, viewer, is_stopped=is_stopped, has_sender=has_sender),
            "is_practice": incident.account.pod.is_practice,
        }

    over = incidents.filter(closed_at__gt=now - OVER_FOR).order_by("-closed_at")
    open_ones = [shown(each) for each in still_open]
    over_ones = [shown(each) for each in over[:MAX_INCIDENTS_LISTED]]
    return {
        "banners": [each for each in open_ones if each["incident"].kind != Incident.Kind.PAUSED],
        "incidents": [*open_ones[:MAX_INCIDENTS_LISTED], *over_ones],
        "more_incidents": max(0, len(open_ones) - MAX_INCIDENTS_LISTED),
    }


def _setup_steps(viewer: Viewer) -> list[dict[str, Any]]:
    """What an admin must set up before anyone can send; empty once all of it is done."""
    if not viewer.may_add_workflows:
        return []
    usable = WorkflowInstance.objects.filter(Q(is_active=True) & Q(channels__isnull=False))
    steps = [
        (
            _("Add your Kaleyra account: its SID and pod"),
            Account.objects.exists(),
            "admin:invocations_account_add",
        ),
        (
            _("Store an API key of that account"),
            ApiKey.objects.filter(is_primary=True).exists(),
            "admin:invocations_apikey_add",
        ),
        (
            _("Add a workflow with its channels"),
            usable.exists(),
            "admin:invocations_workflowinstance_add",
        ),
    ]
    if all(done for _title, done, _url in steps):
        return []
    return [{"title": title, "done": done, "url": reverse(url)} for title, done, url in steps]
