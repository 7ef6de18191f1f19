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

from invocations import contracts, roles, sending
from invocations.encryption import Unreadable
from invocations.kaleyra import recipients
from invocations.kaleyra.template_params import TemplateParams
from invocations.models import Attempt, Invocation
from invocations.preview import DOTS, bubbles
from invocations.statuses import OUTCOMES, REASONS, STATUSES, advice
from invocations.views.page import StaffRequest, for_people_who_may, render_page

VIEW = "invocations.view_invocation"
Status = Invocation.Status

TRY_AGAIN = {Status.QUEUED: gettext_lazy("Try now"), Status.HELD: gettext_lazy("Try now"), Status.UNKNOWN: gettext_lazy("Check safely")}
"""From which status a person may have the same id posted again, and what the button says."""


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
    related = ("workflow_instance", "version", "account__pod", "created_by", "sent_again_from")
    return get_object_or_404(Invocation.objects.select_related(*related), request_id=request_id)


def _context(request: StaffRequest, found: Invocation) -> dict[str, Any]:
    meaning = STATUSES[found.status]
    sent = _what_was_sent(request, found)
    reply = _reply(found)
    may_send = roles.may_send(request.user, found.workflow_instance)
    is_old = found.created_at <= timezone.now() - sending.ASKED_BY_HAND
    interrupted = found.status == Status.SENDING and found.lease_until is not None and found.lease_until < timezone.now()
    return {
        "invocation": found,
        "meaning": meaning,
        "interrupted": interrupted,
        "why": REASONS.get(found.reason, ""),
        "advice": advice([*reply.get("errors", []), reply.get("message") or ""]),
        "attempts": [_shown(attempt) for attempt in found.attempts.order_by("-number")],
        "channels": sent,
        "bubbles": [item["bubble"] for item in sent or []],
        "is_final": found.status in Invocation.FINAL,
        "try_again": TRY_AGAIN.get(Status(found.status)) if may_send and not is_old else None,
        "is_old": is_old,
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
