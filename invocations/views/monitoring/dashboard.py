"""Dashboard: what became of today's messages, what waits for a person, what is wrong, and what is still to be set up."""

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
from invocations.views.base import StaffRequest, render_page, staff_page
from invocations.views.monitoring.needs_attention import groups_needing_attention
from invocations.views.monitoring.outcome_tiles import outcome_tiles

PERIODS = (1, 7, 30)
MOST_INCIDENTS, MOST_OPEN = 6, 100


@staff_page("")
@require_safe
def dashboard(request: StaffRequest) -> HttpResponse:
    """The first page after signing in. `?days=7` or 30 shows as many days; the figures are those of the person's time zone."""
    now = timezone.now()
    days = {str(each): each for each in PERIODS}.get(request.GET.get("days", ""), 1)
    context: dict[str, Any] = {
        "today": timezone.localtime(now),
        "days": days,
        "steps": _steps(request),
    }
    if request.viewer.sees_history:
        since, paused = statistics.period_start(days), pauses.all_pauses()
        context |= {
            "periods": [_period(each, each == days) for each in PERIODS],
            "since": timezone.localtime(since),
            "paused": paused,
            **groups_needing_attention(request.viewer, paused),
            "nobody_at_work": metrics.dispatcher_is_missing(now),
            "last_at_work": metrics.last_sweep(),
            **_incidents(now, request.viewer),
            **outcome_tiles(since, days),
        }
    return render_page(request, "dashboard.html", context)


def _period(days: int, current: bool) -> dict[str, Any]:
    title = (
        _("Today")
        if days == 1
        else ngettext("%(days)s day", "%(days)s days", days) % {"days": days}
    )
    return {
        "title": title,
        "address": reverse("dashboard") + (f"?days={days}" if days > 1 else ""),
        "current": current,
    }


# --- what is wrong ----------------------------------------------------------------------------------------------------


def _incidents(now: datetime, viewer: Viewer) -> dict[str, Any]:
    """Open ones as banners (what is paused has one of its own), and in a list with those of the last week that are over."""
    incidents = Incident.objects.select_related(
        "workflow_instance", "account__pod"
    ).prefetch_related("account__api_keys")

    is_stopped = pauses.active_kill_switch() is not None

    def shown(incident: Incident) -> dict[str, Any]:
        return {
            "incident": incident,
            "words": words_of(incident, viewer, is_stopped=is_stopped),
            "is_practice": incident.account.pod.is_practice,
        }

    over = incidents.filter(closed_at__gt=now - timedelta(days=7)).order_by("-closed_at")[
        :MOST_INCIDENTS
    ]
    still = [
        shown(each)
        for each in incidents.filter(closed_at__isnull=True).order_by("-opened_at")[:MOST_OPEN]
    ]
    return {
        "banners": [each for each in still if each["incident"].kind != Incident.Kind.PAUSED],
        "incidents": [*still[:MOST_INCIDENTS], *(shown(each) for each in over)],
        "more_incidents": max(0, len(still) - MOST_INCIDENTS),
    }


def _steps(request: StaffRequest) -> list[dict[str, Any]]:
    """What an admin still has to set up before anybody can send; nothing once all is there."""
    if not request.viewer.may_add_workflows:
        return []
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
            WorkflowInstance.objects.filter(Q(is_active=True) & Q(channels__isnull=False)).exists(),
            "admin:invocations_workflowinstance_add",
        ),
    ]
    if all(done for _title, done, _url in steps):
        return []
    return [{"title": title, "done": done, "url": reverse(url)} for title, done, url in steps]
