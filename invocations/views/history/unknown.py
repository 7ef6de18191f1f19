"""Unknown outcomes, the oldest first, with their age and what can be done about them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from invocations.history.outlook import no_sender_text
from invocations.history.reasons import REASONS
from invocations.history.state import meaning_of
from invocations.history.targets import target_of
from invocations.history.wording import clock_time
from invocations.models import Invocation, Target, permissions
from invocations.sending import ask_again
from invocations.sending.departure import Departure, Departures, Obstacle
from invocations.sending.targets import current_parts
from invocations.views.base import StaffRequest, render_page, staff_page

UNKNOWN_PAGE_SIZE = 50
OVERDUE_AFTER = ask_again.SAME_ID_WINDOW
"""From this age on the console does not check an outcome by itself: a person has to."""


@staff_page(permissions.SEE_HISTORY)
@require_safe
def unknown(request: StaffRequest) -> HttpResponse:
    """The list, with `?workflow=` that of one workflow.

    Paging by ID (`?after=`), not by offset, keeps the last page as fast as the first.
    """
    found = request.viewer.invocations().filter(status=Invocation.Status.UNKNOWN)
    workflow_id, after = _id_parameter(request, "workflow"), _id_parameter(request, "after")
    workflow = request.viewer.reading.workflows().filter(pk=workflow_id).first()
    if workflow:
        found = found.filter(workflow_instance=workflow)
    if after:
        found = found.filter(id__gt=after)
    rows = list(
        found.select_related("workflow_instance", "account__pod", "target", "created_by")
        .prefetch_related("account__api_keys")
        .defer("payload", "reply", "note")
        .order_by("id")[: UNKNOWN_PAGE_SIZE + 1]
    )
    shown, sendable = rows[:UNKNOWN_PAGE_SIZE], request.viewer.sendable_ids
    now, departures = timezone.now(), Departures()
    context = {
        "rows": [_row_context(row, now, sendable, departures) for row in shown],
        "no_sender": "" if departures.has_sender else no_sender_text(is_unknown=True),
        "later": shown[-1].pk if len(rows) > len(shown) else None,
        "is_first_page": not after,
        "workflow": workflow,
        "may_settle": request.viewer.may_settle,
    }
    return render_page(request, "unknown.html", context)


def _id_parameter(request: StaffRequest, name: str) -> int:
    """An ID in the query string; 0 if it is missing or not a number."""
    text = request.GET.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 19 else 0


def _row_context(
    row: Invocation, now: datetime, sendable: frozenset[int], departures: Departures
) -> dict[str, Any]:
    departure = departures.of(row.account, row.workflow_instance)
    not_checked = _why_not_checked(departure)
    may_send = row.workflow_instance_id in sendable
    since = row.doubtful_since or row.created_at
    return {
        "invocation": row,
        "meaning": meaning_of(row),
        "why": REASONS.get(row.reason, ""),
        "own_target": _target_if_it_differs(row),
        "since": since,
        "is_overdue": row.due_at is None and since <= now - OVERDUE_AFTER,
        "kept_back": not_checked,
        "asked_text": _asked_text(row, departure, now),
        "may_check": ask_again.is_checkable(row, now) and may_send and not not_checked,
    }


def _target_if_it_differs(row: Invocation) -> Target | None:
    """Where it was posted to, if that is not today's set-up."""
    target = target_of(row)
    is_todays = target.parts == current_parts(row.workflow_instance, row.account)
    return None if is_todays else target


def _why_not_checked(departure: Departure) -> str:
    """Why neither the console nor a person can check it now; empty if they can."""
    texts = {
        Obstacle.STOPPED: _("not checked: all sending is stopped"),
        Obstacle.ACCOUNT_PAUSED: _("not checked: its account is paused"),
        Obstacle.WORKFLOW_PAUSED: _("not checked: its workflow is paused"),
        Obstacle.NO_KEY: _("not checked: its account has no usable API key"),
    }
    return texts[departure.obstacles[0]] if departure.obstacles else ""


def _asked_text(row: Invocation, departure: Departure, now: datetime) -> str:
    """What the console does about it without a person."""
    if row.due_at is None:
        return _("ask the customer now")
    if not departure.has_sender:
        return _("not checked: the background sender is not running")
    if departure.is_unreachable:
        return _("checked again once the account can be reached")
    if row.due_at <= now:
        return _("checked again when its turn comes")
    return _("checked again at %(time)s") % {"time": clock_time(row.due_at)}
