"""Unknown: every outcome that no answer settles, the oldest first, with its age and what can be done."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from invocations.history.reasons import REASONS
from invocations.history.state import meaning_of
from invocations.models import Invocation, WorkflowInstance, permissions
from invocations.monitoring import pauses
from invocations.sending import ask_again
from invocations.views.base import StaffRequest, render_page, staff_page

ROWS = 50
OVERDUE = ask_again.SAME_ID_WINDOW
"""After this the console does not ask by itself any more: a person has to."""


@staff_page(permissions.SEE_HISTORY)
@require_safe
def unknown(request: StaffRequest) -> HttpResponse:
    """The list, `?workflow=` of one workflow only. Ids are asked, not offsets: the last page is as fast as the first."""
    found = Invocation.objects.filter(status=Invocation.Status.UNKNOWN)
    workflow = WorkflowInstance.objects.filter(pk=_id(request, "workflow")).first()
    if workflow:
        found = found.filter(workflow_instance=workflow)
    after = _id(request, "after")
    if after:
        found = found.filter(id__gt=after)
    rows = list(
        found.select_related("workflow_instance", "account", "created_by")
        .defer("payload", "reply", "note")
        .order_by("id")[: ROWS + 1]
    )
    sendable = request.viewer.sendable_ids
    now, is_stopped = timezone.now(), pauses.active_kill_switch() is not None
    context = {
        "rows": [_shown(row, now, sendable, is_stopped) for row in rows[:ROWS]],
        "later": rows[ROWS - 1].pk if len(rows) > ROWS else None,
        "is_first_page": not after,
        "workflow": workflow,
        "may_settle": request.viewer.may_settle,
    }
    return render_page(request, "unknown.html", context)


def _id(request: StaffRequest, name: str) -> int:
    """An id in the address; 0 if it is none."""
    text = request.GET.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 19 else 0


def _shown(
    row: Invocation, now: datetime, sendable: frozenset[int], is_stopped: bool
) -> dict[str, Any]:
    kept_back = _kept_back(row, is_stopped)
    since = row.doubtful_since or row.created_at
    return {
        "invocation": row,
        "meaning": meaning_of(row),
        "why": REASONS.get(row.reason, ""),
        "since": since,
        "is_overdue": row.due_at is None and since <= now - OVERDUE,
        "kept_back": kept_back,
        "may_check": ask_again.is_checkable(row, now)
        and row.workflow_instance_id in sendable
        and not kept_back,
    }


def _kept_back(row: Invocation, is_stopped: bool) -> str:
    """Why neither the console nor a person asks about it now; empty if nothing keeps them from it."""
    if is_stopped:
        return _("not asked about: all sending is stopped")
    if row.account.is_paused:
        return _("not asked about: its account is paused")
    return _("not asked about: its workflow is paused") if row.workflow_instance.is_paused else ""
