"""Unknown: every outcome that no answer settles, the oldest first, with its age and what can be done."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from invocations import roles, sending
from invocations.models import Invocation, WorkflowInstance
from invocations.statuses import REASONS, meaning_of
from invocations.views.page import StaffRequest, for_people_who_may, render_page

ROWS = 50
OVERDUE = sending.SAME_ID_WINDOW
"""After this the console does not ask by itself any more: a person has to."""


@for_people_who_may(roles.SEE_HISTORY)
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
    rows = list(found.select_related("workflow_instance", "created_by").defer("payload", "reply", "note").order_by("id")[: ROWS + 1])
    sendable = set(roles.sendable_workflows(request.user).values_list("pk", flat=True))
    now = timezone.now()
    context = {
        "rows": [_shown(row, now, sendable) for row in rows[:ROWS]],
        "later": rows[ROWS - 1].pk if len(rows) > ROWS else None,
        "is_first_page": not after,
        "workflow": workflow,
        "may_settle": request.user.has_perm(roles.SETTLE),
    }
    return render_page(request, "unknown.html", context)


def _id(request: StaffRequest, name: str) -> int:
    """An id in the address; 0 if it is none."""
    text = request.GET.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 19 else 0


def _shown(row: Invocation, now: datetime, sendable: set[int]) -> dict[str, Any]:
    since = row.doubtful_since or row.created_at
    in_time = row.created_at > now - sending.ASKED_BY_HAND and (row.not_after is None or row.not_after > now)
    return {
        "invocation": row,
        "meaning": meaning_of(row),
        "why": REASONS.get(row.reason, ""),
        "since": since,
        "is_overdue": row.due_at is None and since <= now - OVERDUE,
        "may_check": in_time and row.workflow_instance_id in sendable,
    }
