"""The list "Needs you": every trouble that a person can end, each once, the most urgent first.

A pause, its incident, the messages that wait behind it and the requests of staff to end it are one
row. A row is gone when its cause is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from invocations.history.wording import person_name
from invocations.models import AdminRequest, permissions
from invocations.models.reading import Reading
from invocations.models.viewer import Viewer
from invocations.monitoring import admin_requests, pauses
from invocations.monitoring.kept_count import KeptCount
from invocations.monitoring.need import Ask, Need, Rank
from invocations.monitoring.needs_admins import confirmation_needs
from invocations.monitoring.needs_approval import approval_needs
from invocations.monitoring.needs_batches import batch_needs
from invocations.monitoring.needs_outcomes import (
    incident_needs,
    missing_needs,
    open_incidents,
    unknown_needs,
    unmatched_need,
)
from invocations.monitoring.needs_paused import (
    held_needs,
    pause_needs,
    sender_need,
    set_up_needs,
    stop_need,
)
from invocations.monitoring.trail_watch import trail_need
from invocations.sending.departure import sender_is_running

ENDS_TROUBLE = frozenset(
    {
        permissions.CHANGE_ACCOUNT,
        permissions.CHANGE_WORKFLOW,
        permissions.ADD_KEY,
        permissions.CHANGE_KEY,
        permissions.SETTLE,
        permissions.STOP,
        permissions.SEE_TRAIL,
        permissions.CHANGE_PEOPLE,
        permissions.APPROVE,
    }
)
"""Whoever has one of these permissions has the list, with the rows that they can end."""
_COUNT = KeptCount("needs-you")

Kind = AdminRequest.Kind


def has_list(viewer: Viewer) -> bool:
    """Whether the list has rows for them at all."""
    return bool(ENDS_TROUBLE & viewer.rights)


def needs_you(viewer: Viewer, now: datetime) -> list[Need]:
    """The rows that the viewer can end, the most urgent first."""
    found = _with_requests(list(_needs(viewer, now)), viewer.reading)
    mine = sorted((need for need in found if viewer.may(need.permission)), key=lambda n: n.order)
    _COUNT.keep(viewer, len(mine))
    return mine


def count_of_needs(viewer: Viewer, now: datetime) -> int:
    """How many rows the list has, counted some seconds ago at most: for every page."""
    if not has_list(viewer):
        return 0
    count = _COUNT.get(viewer)
    return len(needs_you(viewer, now)) if count is None else count


def forget_count_of_needs(user_id: int) -> None:
    """After a deed of this person, which may have ended a trouble."""
    _COUNT.forget(user_id)


def _needs(viewer: Viewer, now: datetime) -> Iterator[Need]:
    switch, paused = pauses.active_kill_switch(), pauses.all_pauses(viewer.reading)
    is_stopped, incidents = switch is not None, open_incidents(viewer.reading)
    # Only an incident's text depends on it.
    has_sender = not incidents or sender_is_running(now)
    if switch is not None:
        yield stop_need(switch)
    elif missing_sender := sender_need(now):
        yield missing_sender
    yield from pause_needs(paused, is_stopped=is_stopped)
    yield from batch_needs(viewer)
    yield from approval_needs(viewer)
    yield from held_needs(paused, viewer.reading)
    yield from set_up_needs(paused)
    ended = [*unknown_needs(viewer, is_stopped=is_stopped), *missing_needs(viewer.reading)]
    yield from ended
    causes = {need.cause for need in ended}
    yield from incident_needs(
        incidents, viewer, paused, causes, is_stopped=is_stopped, has_sender=has_sender
    )
    yield from confirmation_needs(viewer)
    if unmatched := unmatched_need(viewer.reading):
        yield unmatched
    if altered := trail_need() if viewer.sees_trail else None:
        yield altered


# --- requests of staff ----------------------------------------------------------------------------


def _with_requests(found: list[Need], reading: Reading) -> list[Need]:
    """Each request stands in the row of its cause; without one it has a row of its own."""
    asks: dict[str, list[Ask]] = {}
    own_rows: dict[str, Need] = {}
    causes = {need.cause for need in found}
    for request in admin_requests.open_requests(reading):
        cause = _cause_of(request)
        asks.setdefault(cause, []).append(_ask_of(request))
        if cause not in causes:
            own_rows.setdefault(cause, _own_row(request, cause))
    rows = [*found, *own_rows.values()]
    return [replace(need, asks=tuple(asks.get(need.cause, ()))) for need in rows]


def _cause_of(request: AdminRequest) -> str:
    if request.invocation:
        return f"unknown:{request.invocation.workflow_instance_id}"
    about = request.account_id or request.workflow_id
    return f"{request.kind}:{about}" if about else request.kind


def _ask_of(request: AdminRequest) -> Ask:
    message = request.invocation
    return Ask(
        request.pk,
        person_name(request.person),
        request.asked_at,
        request.wish,
        reverse("invocation", args=[message.request_id]) if message else "",
    )


def _own_row(request: AdminRequest, cause: str) -> Need:
    """A request whose cause no other row shows, such as for a workflow that is missing."""
    message = request.invocation
    if message:
        title, button = _("Somebody asks what happened to a message"), _("Record what happened")
        address, permission = reverse("settle", args=[message.request_id]), permissions.SETTLE
        says = _("The console still checks it by itself. Ask the customer if it came.")
    else:
        title, button = _("Somebody asks for a workflow"), _("Add a workflow")
        address = reverse("admin:invocations_workflowinstance_add")
        permission, says = permissions.ADD_WORKFLOW, ""
    return Need(
        cause=cause,
        rank=Rank.ASKED,
        tone="neutral",
        icon="front_hand" if message is None else "question_mark",
        title=title,
        says=says,
        permission=permission,
        button=button,
        address=address,
        since=request.asked_at,
        is_practice=bool(message and message.account.pod.is_practice),
    )
