"""The home of those who send: find, workflows to send, what to follow up, and today's messages."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_POST

from invocations.audit import verbs
from invocations.audit.record import record
from invocations.forms.next_page import own_page
from invocations.history.deliveries import NOT_DELIVERED
from invocations.history.endings import endings_text
from invocations.history.links import history_url
from invocations.history.next_steps import advice_about_one
from invocations.history.periods import recorded_between
from invocations.history.state import meaning_of
from invocations.kaleyra.sentences import sentence_of
from invocations.models import FollowedUp, Invocation, permissions
from invocations.models.reading import WHOLE
from invocations.models.viewer import Viewer
from invocations.monitoring import metrics, pauses, statistics
from invocations.monitoring.badges import MAX_BADGE, count_text
from invocations.monitoring.follow_up import (
    count_to_follow_up,
    forget_count_to_follow_up,
    to_follow_up,
)
from invocations.monitoring.pause_overview import PauseOverview
from invocations.views.base import StaffRequest, staff_page
from invocations.views.batches.own_files import own_files
from invocations.views.history.list_rows import invocations_by_id, row_context
from invocations.views.send.practice_start import practice_start
from invocations.views.send.workflow_cards import Card, cards_for

MAX_CARDS, MAX_OWN, MAX_FOLLOW_UP = 6, 8, 5


def support_context(request: StaffRequest, now: datetime) -> dict[str, Any]:
    viewer = request.viewer
    cards = cards_for(viewer)
    has_sent = WHOLE.invocations().filter(created_by=viewer.user).exists()
    files, more_files = own_files(viewer, now)
    context: dict[str, Any] = {
        "files": files,
        "more_files": more_files,
        "greeting": _greeting(timezone.localtime(now).hour),
        "cards": cards[:MAX_CARDS],
        "count": len(cards),
        "paused": _paused_among(cards, viewer),
        "start": None if has_sent else practice_start(request),
        "has_sent": has_sent,
    }
    if viewer.sees_history:
        context |= {
            "nobody_at_work": metrics.dispatcher_is_missing(now),
            **_own_today(viewer, now),
            **_follow_up(viewer, now),
        }
    return context


def _greeting(hour: int) -> str:
    if hour < 12:
        return _("Good morning")
    return _("Good afternoon") if hour < 18 else _("Good evening")


def _paused_among(cards: Sequence[Card], viewer: Viewer) -> PauseOverview:
    """The pauses that stop what this person sends."""
    paused = pauses.all_pauses(viewer.reading)
    workflows = {card.workflow.pk for card in cards}
    accounts = {card.workflow.account_id for card in cards}
    mine = [
        pause
        for pause in paused.pauses
        if pause.of.pk in (accounts if pause.kind == "account" else workflows)
    ]
    return replace(paused, pauses=mine, waiting=sum(pause.waiting for pause in mine))


# --- own messages of today ------------------------------------------------------------------------


def _own_today(viewer: Viewer, now: datetime) -> dict[str, Any]:
    midnight = statistics.period_start(1)
    own = viewer.invocations().filter(recorded_between(midnight), created_by=viewer.user)
    ids = list(own.order_by("-id").values_list("pk", flat=True)[:MAX_OWN])
    return {
        "own": [row_context(row) for row in invocations_by_id(ids)],
        "own_counts": endings_text(own, now),
        "own_address": history_url(
            person=viewer.user.pk if viewer.user else "",
            since=timezone.localtime(midnight).date().isoformat(),
        ),
        "all_own_address": history_url(person=viewer.user.pk if viewer.user else ""),
    }


# --- what to follow up ----------------------------------------------------------------------------


def _follow_up(viewer: Viewer, now: datetime) -> dict[str, Any]:
    forget_count_to_follow_up(viewer.user.pk if viewer.user else 0)
    ids = list(to_follow_up(viewer, now).values_list("pk", flat=True)[: MAX_FOLLOW_UP + 1])
    rows = invocations_by_id(ids[:MAX_FOLLOW_UP])
    return {
        "follow_up": [row_context(row) | _end_of(row) for row in rows],
        "follow_up_count": count_text(count_to_follow_up(viewer, now, MAX_BADGE + 1)),
        "more_to_follow_up": len(ids) > MAX_FOLLOW_UP,
    }


def _end_of(row: Invocation) -> dict[str, Any]:
    """How it ended: look and label, and the next step."""
    if row.deciding_channel == 0:
        end, label = NOT_DELIVERED, pgettext("delivery", "Not delivered")
        return {"end": end, "end_label": label, "next": _next_step(row)}
    meaning = meaning_of(row)
    return {"end": meaning, "end_label": meaning.label, "next": _next_step(row)}


def _next_step(row: Invocation) -> str:
    """What is known of why nobody received it, and what the sender does about it."""
    if row.deciding_channel == 0:
        return _(
            "Every channel failed. Open it to see why. "
            "Ask the customer for another number, then send again."
        )
    said = sentence_of(row.error_kind)
    quoted = _("Kaleyra says: “%(words)s”") % {"words": said} if said else ""
    return f"{quoted} {advice_about_one(row.status, row.reason)}".strip()


@staff_page(permissions.SEE_HISTORY)
@require_POST
def followed_up(request: StaffRequest, request_id: uuid.UUID) -> HttpResponse:
    """The sender has dealt with a message of their own that nobody received."""
    found = get_object_or_404(
        request.viewer.invocations().only("pk", "created_by"), request_id=request_id
    )
    if found.created_by_id != request.user.pk:
        raise PermissionDenied
    with transaction.atomic():
        by = {"person": request.user}
        if FollowedUp.objects.get_or_create(invocation=found, defaults=by)[1]:
            facts = {"request_id": str(request_id)}
            record(verbs.FOLLOWED_UP, by=request.user, about=found, facts=facts)
    back = own_page(request.POST.get("back", "")) or reverse("dashboard")
    return HttpResponseRedirect(back)
