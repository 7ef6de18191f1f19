"""Dashboard: today in figures, what waits for a person, and what is still to be set up."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from invocations.models import Account, ApiKey, Invocation, WorkflowInstance
from invocations.statuses import REASONS, STATUSES, meaning_of, why_paused
from invocations.views.page import StaffRequest, for_people_who_may, render_page

Status = Invocation.Status
FIGURES = (Status.ACCEPTED, Status.REJECTED, Status.UNKNOWN, Status.HELD)
WAITING = (Status.HELD, Status.UNKNOWN)


@for_people_who_may("")
@require_safe
def dashboard(request: StaffRequest) -> HttpResponse:
    """The first page after signing in."""
    context: dict[str, Any] = {"today": timezone.localtime(), "steps": _steps(request)}
    if request.user.has_perm("invocations.view_invocation"):
        context |= {
            "figures": _figures(),
            "waiting": _waiting(),
            "paused": [{"account": account, "why": why_paused(account)} for account in Account.objects.filter(is_paused=True)],
            "paused_workflows": WorkflowInstance.objects.filter(is_paused=True, is_active=True).select_related("account"),
        }
    return render_page(request, "dashboard.html", context)


def _figures() -> list[dict[str, Any]]:
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    counts = dict(Invocation.objects.filter(created_at__gte=midnight).values_list("status").annotate(Count("pk")).order_by())
    day = midnight.date().isoformat()
    return [
        {
            "label": status.label,
            "meaning": STATUSES[status],
            "count": counts.get(status, 0),
            "address": f"{reverse('history')}?status={status}&since={day}",
        }
        for status in FIGURES
    ]


def _waiting() -> list[dict[str, Any]]:
    """Held and unknown invocations, oldest first: each needs a person."""
    rows = (
        Invocation.objects.filter(status__in=WAITING)
        .select_related("workflow_instance")
        .defer("payload", "reply", "note")
        .order_by("id")[:6]
    )
    return [{"invocation": row, "meaning": meaning_of(row), "why": REASONS.get(row.reason, "")} for row in rows]


def _steps(request: StaffRequest) -> list[dict[str, Any]]:
    """What an admin still has to set up before anybody can send; nothing once all is there."""
    if not request.user.has_perm("invocations.add_workflowinstance"):
        return []
    steps = [
        (_("Add your Kaleyra account: its SID and pod"), Account.objects.exists(), "admin:invocations_account_add"),
        (_("Store an API key of that account"), ApiKey.objects.filter(is_primary=True).exists(), "admin:invocations_apikey_add"),
        (
            _("Add a workflow with its channels"),
            WorkflowInstance.objects.filter(Q(is_active=True) & Q(channels__isnull=False)).exists(),
            "admin:invocations_workflowinstance_add",
        ),
    ]
    if all(done for _title, done, _url in steps):
        return []
    return [{"title": title, "done": done, "url": reverse(url)} for title, done, url in steps]
