"""One invocation in full: what was sent, every attempt, what came back, what to do next."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from invocations import contracts, pacing, roles, sending
from invocations.encryption import Unreadable
from invocations.kaleyra import recipients
from invocations.kaleyra.template_params import TemplateParams
from invocations.models import Attempt, Invocation, Settlement
from invocations.preview import DOTS, bubbles
from invocations.statuses import OUTCOMES, REASONS, Text, advice, meaning_of
from invocations.views.page import StaffRequest, for_people_who_may, render_page

Status = Invocation.Status

TRY_AGAIN = {Status.QUEUED: gettext_lazy("Try now"), Status.HELD: gettext_lazy("Try now"), Status.UNKNOWN: gettext_lazy("Check safely")}
"""From which status a person may have the same id posted again, and what the button says."""
CANCELLABLE = (Status.QUEUED, Status.HELD)


@for_people_who_may(roles.SEE_HISTORY)
@require_safe
def invocation(request: StaffRequest, request_id: uuid.UUID) -> HttpResponse:
    """The page of one invocation. While its status is not final, the page asks for itself again every few seconds."""
    found = get_invocation(request_id)
    return render_page(request, "invocation.html", _context(request, found))


@for_people_who_may(roles.SEND)
@require_POST
def try_again(request: StaffRequest, request_id: uuid.UUID) -> HttpResponse:
    """Posts the same request id once more: a put-off or held message, or the safe check of an unknown one."""
    found = _get_to_send(request, request_id)
    shown = request.POST.get("status", "")
    waits_for = _waits_for(found)
    if shown != found.status or shown not in TRY_AGAIN:
        messages.info(request, _("It has moved on in the meantime. Nothing was sent."))
    elif waits_for:
        messages.warning(request, _("%(why)s Nothing was sent.") % {"why": waits_for[0]})
    elif not sending.deliver(found.pk, starting_from=Status(shown), asked_by=request.user):
        messages.info(request, _("Another message or a person was quicker, or its account waits for a moment. Nothing was sent."))
    return redirect("invocation", request_id=request_id)


@for_people_who_may(roles.SEND)
@require_POST
def cancel(request: StaffRequest, request_id: uuid.UUID) -> HttpResponse:
    """Ends a message that has certainly not left."""
    found = _get_to_send(request, request_id)
    if sending.cancel(found, request.user):
        messages.success(request, _("Cancelled. Nothing was sent, and nothing will be."))
    else:
        messages.warning(request, _("It could not be cancelled: it has moved on in the meantime."))
    return redirect("invocation", request_id=request_id)


def get_invocation(request_id: uuid.UUID) -> Invocation:
    """The invocation with what its page shows of its surroundings, or 404."""
    related = ("workflow_instance", "version", "account__pod", "created_by", "cancelled_by", "sent_again_from", "settlement__settled_by")
    return get_object_or_404(Invocation.objects.select_related(*related), request_id=request_id)


def _get_to_send(request: StaffRequest, request_id: uuid.UUID) -> Invocation:
    found = get_invocation(request_id)
    if not roles.may_send(request.user, found.workflow_instance):
        raise PermissionDenied
    return found


def _context(request: StaffRequest, found: Invocation) -> dict[str, Any]:
    now = timezone.now()
    sent = _what_was_sent(request, found)
    reply = _reply(found)
    may_send = roles.may_send(request.user, found.workflow_instance)
    is_old = found.created_at <= now - sending.ASKED_BY_HAND or (found.not_after is not None and found.not_after <= now)
    waits_for = _waits_for(found) if found.status in TRY_AGAIN else []
    is_early = found.not_before is not None and found.not_before > now
    interrupted = found.status == Status.SENDING and found.lease_until is not None and found.lease_until < now
    return {
        "invocation": found,
        "meaning": meaning_of(found),
        "interrupted": interrupted,
        "waits_for": waits_for,
        "may_resume": bool(waits_for) and found.account.is_paused and request.user.has_perm("invocations.change_account"),
        "why": REASONS.get(found.reason, ""),
        "advice": advice([*reply.get("errors", []), reply.get("message") or ""]),
        "attempts": [_shown(attempt) for attempt in found.attempts.select_related("asked_by").order_by("-number")],
        "channels": sent,
        "bubbles": [item["bubble"] for item in sent or []],
        "is_final": found.is_final,
        "try_again": TRY_AGAIN.get(Status(found.status)) if may_send and not is_old and not is_early and not waits_for else None,
        "may_cancel": may_send and found.status in CANCELLABLE,
        "may_settle": request.user.has_perm(roles.SETTLE) and found.status == Status.UNKNOWN,
        "settlement": _settlement(found),
        "is_old": is_old,
        "may_send_again": may_send and request.user.has_perm(roles.SEE_VALUES),
        "sent_again_as": found.sent_again_as.order_by("id"),
        "numbers_masked": not roles.may_see_recipient(request.user),
        "note": _readable(found, "note"),
    }


def _waits_for(found: Invocation) -> list[Text]:
    """What keeps every attempt back for now, in words."""
    account, workflow = found.account, found.workflow_instance
    because: list[Text] = []
    if pacing.is_stopped():
        because.append(_("All sending is stopped."))
    if account.is_paused:
        because.append(_("The account %(account)s is paused.") % {"account": account.title})
    if workflow.is_paused:
        because.append(_("The workflow is paused: Kaleyra does not know it."))
    return because


def _settlement(found: Invocation) -> dict[str, Any] | None:
    settlement = getattr(found, "settlement", None)
    return {"row": settlement, "reason": _readable(settlement, "reason")} if settlement else None


def _readable(found: Invocation | Settlement, field: str) -> str:
    try:
        return getattr(found, field) or ""
    except Unreadable:
        return _("(cannot be read any more)")


def _shown(attempt: Attempt) -> dict[str, Any]:
    tone, icon = OUTCOMES[attempt.outcome]
    return {"row": attempt, "tone": tone, "icon": icon, "why": REASONS.get(attempt.reason, ""), "reply": _reply(attempt)}


def _reply(row: Invocation | Attempt) -> dict[str, Any]:
    """What came back, as it was kept. What no key opens any more is shown as nothing."""
    try:
        return row.kept_reply
    except Unreadable:
        row.reply = None  # the template asks the row, too
        return {}


def _what_was_sent(request: StaffRequest, found: Invocation) -> list[dict[str, Any]] | None:
    """Each channel's recipient, values and message as this person may see them; None if nothing can be decrypted any more."""
    try:
        sends = sending.sends_in(found)
    except Unreadable:
        return None
    channels = contracts.channels_of(found.version) if found.version else list(found.workflow_instance.channels.all())
    params = [send.template_params for send in sends]
    hidden = _hidden_keys(request, found, params)
    messages_seen = bubbles(channels, params, hidden=hidden)
    return [
        {
            "position": position,
            "channel": channel,
            "recipient": _number(request, send.recipient),
            "params": {key: DOTS if key in hidden else value for key, value in send.template_params.items()},
            "bubble": bubble,
        }
        for position, (channel, send, bubble) in enumerate(zip(channels, sends, messages_seen, strict=False), start=1)
    ]


def _hidden_keys(request: StaffRequest, found: Invocation, params: Sequence[TemplateParams]) -> set[str]:
    """Keys whose values this person does not see: the sensitive ones then or now, or all."""
    if not roles.may_see_values(request.user):
        return {key for each in params for key in each}
    then = contracts.sensitive_in(found.version) if found.version else set()
    return then | contracts.sensitive_keys(found.workflow_instance.channels.all())


def _number(request: StaffRequest, digits: str) -> str:
    formatted = recipients.describe(digits).formatted
    return formatted if roles.may_see_recipient(request.user) else recipients.mask(formatted)
