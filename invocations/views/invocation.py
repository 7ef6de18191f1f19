"""One invocation in full: what was sent, every attempt, what came back, what to do next."""

from __future__ import annotations

import json
import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from invocations import roles, sending
from invocations.encryption import Unreadable
from invocations.kaleyra import recipients, template_params
from invocations.models import Attempt, Invocation
from invocations.statuses import OUTCOMES, REASONS, STATUSES, advice
from invocations.views.page import StaffRequest, for_people_who_may, render_page

VIEW = "invocations.view_invocation"
Status = Invocation.Status

TRY_AGAIN = {Status.QUEUED: gettext_lazy("Try now"), Status.HELD: gettext_lazy("Try now"), Status.UNKNOWN: gettext_lazy("Check safely")}
"""From which status a person may have the same id posted again, and what the button says."""
DOTS = "••••"


@for_people_who_may(VIEW)
@require_safe
def invocation(request: StaffRequest, request_id: uuid.UUID) -> HttpResponse:
    """The page of one invocation. While its status is not final, the page asks for itself again every few seconds."""
    found = _get(request_id)
    return render_page(request, "invocation.html", _context(request, found))


@for_people_who_may("invocations.send_invocation")
@require_POST
def try_again(request: StaffRequest, request_id: uuid.UUID) -> HttpResponse:
    """Posts the same request id once more: a put-off or held message, or the safe check of an unknown one."""
    found = _get(request_id)
    if not roles.may_send(request.user, found.workflow_instance):
        raise PermissionDenied
    shown = request.POST.get("status", "")
    if shown != found.status or shown not in TRY_AGAIN:
        messages.info(request, _("It has moved on in the meantime. Nothing was sent."))
    elif found.account.is_paused:
        messages.warning(request, _("The account is paused. Nothing was sent."))
    elif not sending.deliver(found.pk, starting_from=Status(shown)):
        messages.info(request, _("It has moved on in the meantime. Nothing was sent."))
    return redirect("invocation", request_id=request_id)


def _get(request_id: uuid.UUID) -> Invocation:
    related = ("workflow_instance", "account__pod", "created_by", "sent_again_from__workflow_instance")
    return get_object_or_404(Invocation.objects.select_related(*related), request_id=request_id)


def _context(request: StaffRequest, found: Invocation) -> dict[str, Any]:
    meaning = STATUSES[found.status]
    may_send = roles.may_send(request.user, found.workflow_instance)
    interrupted = found.status == Status.SENDING and found.lease_until is not None and found.lease_until < timezone.now()
    return {
        "invocation": found,
        "meaning": meaning,
        "interrupted": interrupted,
        "why": REASONS.get(found.reason, ""),
        "advice": advice([*found.errors, found.message or ""]),
        "attempts": [_shown(attempt) for attempt in found.attempts.order_by("-number")],
        "channels": _what_was_sent(request, found),
        "is_final": found.status in Invocation.FINAL,
        "try_again": TRY_AGAIN.get(Status(found.status)) if may_send else None,
        "may_send_again": may_send and request.user.has_perm("invocations.view_values") and found.status != Status.SENDING,
        "sent_again_as": found.sent_again_as.order_by("id"),
        "numbers_masked": not roles.may_see_recipient(request.user),
        "note": _readable(found, "note"),
    }


def _readable(found: Invocation, field: str) -> str:
    try:
        return getattr(found, field) or ""
    except Unreadable:
        return _("(cannot be read any more)")


def _shown(attempt: Attempt) -> dict[str, Any]:
    tone, icon = OUTCOMES[attempt.outcome]
    try:
        kept = attempt.kept_reply
    except Unreadable:
        kept = {}
    return {"row": attempt, "tone": tone, "icon": icon, "why": REASONS.get(attempt.reason, ""), "reply": kept}


def _what_was_sent(request: StaffRequest, found: Invocation) -> list[dict[str, Any]] | None:
    """Each channel's recipient and values as this person may see them; None if nothing can be decrypted any more."""
    try:
        sends = sending.sends_in(found)
    except Unreadable:
        return None
    full, values = roles.may_see_recipient(request.user), roles.may_see_values(request.user)
    kinds = {channel.position: channel for channel in found.workflow_instance.channels.all()}
    shown = []
    for position, send in enumerate(sends, start=1):
        recipient = recipients.describe(send.recipient).formatted
        params = {
            key: value if values and key != template_params.VERIFICATION_CODE else DOTS for key, value in send.template_params.items()
        }
        shown.append(
            {
                "position": position,
                "channel": kinds.get(position),
                "recipient": recipient if full else recipients.mask(recipient),
                "params": params,
                "json": json.dumps(params, ensure_ascii=False, indent=2),
            }
        )
    return shown
