"""One invocation in full: what happened step by step, what was sent, every attempt, what came back, what to do next."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from invocations.composing import template_fields
from invocations.composing.preview import DOTS, bubbles, shown_send
from invocations.history import resend
from invocations.history.meanings import (
    AWAITING,
    CONTRADICTED,
    MAY_BE_DOUBLE,
    NO_CONFIRMATION,
    NO_RESULT,
    NOT_DELIVERED,
    NOT_REPORTED,
    NOT_SENT,
    NOT_YET_REPORTED,
    SAID_DELIVERED,
    SAID_NOT_DELIVERED,
    Meaning,
    Text,
    delivery_of,
    meaning_of,
)
from invocations.history.next_steps import next_steps
from invocations.history.reasons import ATTEMPT_REASONS, OUTCOMES, REASONS, advice_for
from invocations.history.report import Report, report_of
from invocations.history.summary import summary
from invocations.history.ticket import ticket_text
from invocations.history.timeline import (
    channel_kinds,
    clock_time,
    duration_text,
    person_name,
    timeline,
)
from invocations.kaleyra import recipients, redaction
from invocations.kaleyra.address import invoke_url
from invocations.kaleyra.payload import CONTENT_TYPE, KEY_HEADER, Send, build_payload
from invocations.kaleyra.template_params import TemplateParams
from invocations.models import (
    Account,
    Attempt,
    Callback,
    Channel,
    Invocation,
    Settlement,
    permissions,
)
from invocations.models.encryption import Unreadable
from invocations.models.invocations import sends_in
from invocations.monitoring import pauses
from invocations.monitoring.pause_overview import Pause
from invocations.results import suggestions
from invocations.sending import ask_again, decisions
from invocations.sending.deliver import deliver
from invocations.views.base import StaffRequest, render_page, staff_page

Status = Invocation.Status

TRY_AGAIN = {
    Status.QUEUED: gettext_lazy("Try now"),
    Status.HELD: gettext_lazy("Try now"),
    Status.UNKNOWN: gettext_lazy("Check safely"),
}
"""From which status a person may have the same id posted again, and what the button says."""
CANCELLABLE = (Status.QUEUED, Status.HELD)
NEVER_LEFT = (*CANCELLABLE, Status.CANCELLED, Status.EXPIRED)
QUICK, SLOW = 2, 5
"""Seconds between two looks of an open page at what has become of it: at first, and once nothing has changed for `FRESH`."""
FRESH = timedelta(seconds=30)


@staff_page(permissions.SEE_HISTORY)
@require_safe
def invocation(request: StaffRequest, request_id: uuid.UUID) -> HttpResponse:
    """The page of one invocation. Until its status and its result are final, the page asks for itself again every few seconds."""
    found = get_invocation(request_id)
    return render_page(request, "invocation.html", context_of(request, found))


@staff_page(permissions.SEND)
@require_POST
def try_again(request: StaffRequest, request_id: uuid.UUID) -> HttpResponse:
    """Posts the same request id once more: a put-off or held message, or the safe check of an unknown one."""
    found = _get_to_send(request, request_id)
    shown = request.POST.get("status", "")
    waits_for = pauses.blocking_pauses(found.account, found.workflow_instance)
    if shown != found.status or shown not in TRY_AGAIN:
        messages.info(request, _("It has moved on in the meantime. Nothing was sent."))
    elif waits_for:
        messages.warning(request, _("%(why)s Nothing was sent.") % {"why": waits_for[0].told})
    elif not deliver(found.pk, starting_from=Status(shown), asked_by=request.user):
        messages.info(
            request,
            _(
                "Another message or a person was quicker, or its account waits for a moment. Nothing was sent."
            ),
        )
    return redirect("invocation", request_id=request_id)


@staff_page(permissions.SEND)
@require_POST
def cancel(request: StaffRequest, request_id: uuid.UUID) -> HttpResponse:
    """Ends a message that has certainly not left."""
    found = _get_to_send(request, request_id)
    if decisions.cancel(found, request.user):
        messages.success(request, _("Cancelled. Nothing was sent, and nothing will be."))
    else:
        messages.warning(request, _("It could not be cancelled: it has moved on in the meantime."))
    return redirect("invocation", request_id=request_id)


def get_invocation(request_id: uuid.UUID) -> Invocation:
    """The invocation with what its page shows of its surroundings, or 404."""
    related = (
        "workflow_instance",
        "version",
        "account__pod",
        "created_by",
        "cancelled_by",
        "sent_again_from",
        "settlement__settled_by",
    )
    return get_object_or_404(Invocation.objects.select_related(*related), request_id=request_id)


def _get_to_send(request: StaffRequest, request_id: uuid.UUID) -> Invocation:
    found = get_invocation(request_id)
    if not permissions.may_send(request.user, found.workflow_instance):
        raise PermissionDenied
    return found


def context_of(request: StaffRequest, found: Invocation) -> dict[str, Any]:
    now = timezone.now()
    sends = _sends(found)
    channels = template_fields.channels_as_sent(found)
    hidden = _hidden_keys(request, found, [send.template_params for send in sends or []])
    labels = template_fields.labels_in(found.version) if found.version else {}
    sent = None if sends is None else _what_was_sent(request, channels, sends, hidden, labels)
    attempts = list(found.attempts.select_related("asked_by").order_by("number"))
    callbacks = list(
        found.callbacks.select_related("matched_by", "set_aside_by")
        .prefetch_related("results")
        .order_by("received_at", "pk")
    )
    report = report_of(callbacks)
    meaning, delivery = meaning_of(found), delivery_of(found, channel_kinds(channels, report))
    if delivery is NOT_REPORTED and found.workflow_instance.expects_callback:
        delivery = NOT_YET_REPORTED
    is_contradiction = meaning in CONTRADICTED.values()
    is_told = bool(found.delivery) and not is_contradiction
    is_disputed = resend.is_disputed(found, report)
    reply = _reply(found)
    may_send = permissions.may_send(request.user, found.workflow_instance)
    is_old = not ask_again.is_checkable(found, now)
    is_kept_back = found.status in TRY_AGAIN or found.reason == "no_such_workflow"
    waits_for = (
        pauses.blocking_pauses(found.account, found.workflow_instance) if is_kept_back else []
    )
    is_early = found.not_before is not None and found.not_before > now
    button = (
        TRY_AGAIN.get(Status(found.status))
        if may_send and not is_old and not is_early and not waits_for
        else None
    )
    settlement = _settlement(found)
    return {
        "invocation": found,
        "meaning": meaning,
        "delivery": delivery,
        "double": MAY_BE_DOUBLE if found.may_be_double else None,
        "next": next_steps(
            meaning,
            delivery,
            is_disputed=is_disputed,
            is_kept_back=bool(waits_for),
            is_old=is_old,
            may_press=button is not None,
            may_settle=request.user.has_perm(permissions.SETTLE),
        ),
        "only_reads": not request.user.has_perm(permissions.SEND),
        "is_disputed": report is not None and bool(report.disputed),
        "lacks_id": not found.workflow_invocation_id and delivery in (AWAITING, NO_RESULT),
        "may_have_come": suggestions.may_have_unmatched_result(found),
        "next_tone": NO_CONFIRMATION.tone
        if is_disputed
        else delivery.tone
        if is_told
        else meaning.tone,
        "summary": summary(meaning, delivery, report, channels),
        "steps": timeline(
            found,
            attempts,
            report,
            channels,
            meaning,
            _aside(found, settlement, waits_for, reply.get("message")),
        ),
        "refreshes_every": _refreshes_every(found, attempts, callbacks, now),
        "interrupted": found.status == Status.SENDING
        and found.lease_until is not None
        and found.lease_until < now,
        "waits_for": waits_for,
        "may_resume": any(
            pause.resume and request.user.has_perm(pause.permission) for pause in waits_for
        ),
        "why": REASONS.get(found.reason, ""),
        "advice": advice_for([*reply.get("errors", []), reply.get("message") or ""]),
        "request_shown": None if sends is None else _request(request, found, sends, hidden),
        "attempts": [_shown(attempt) for attempt in reversed(attempts)],
        "callbacks": [
            _callback(request, callback, sends, hidden) for callback in reversed(callbacks)
        ],
        "ticket": _ticket(found, attempts, report, sends, meaning, delivery),
        "set_up": _set_up(request, found, delivery),
        "channels": sent,
        "bubbles": [item["bubble"] for item in sent or []],
        "offers_again": resend.why_not_resendable(found) is None,
        "again_words": _again_words(delivery, is_disputed=is_disputed),
        "has_left": found.status not in NEVER_LEFT,
        "try_again": button,
        "may_cancel": may_send and found.status in CANCELLABLE,
        "may_settle": request.user.has_perm(permissions.SETTLE) and found.status == Status.UNKNOWN,
        "may_match": request.user.has_perm(permissions.SETTLE),
        "is_old": is_old,
        "may_send_again": may_send and request.user.has_perm(permissions.SEE_VALUES),
        "sent_again_as": found.sent_again_as.order_by("id"),
        "numbers_masked": not permissions.may_see_recipient(request.user),
        "note": _readable(found, "note"),
    }


def _refreshes_every(
    found: Invocation, attempts: Sequence[Attempt], callbacks: Sequence[Callback], now: datetime
) -> int | None:
    """After how many seconds an open page looks again; None once nothing changes by itself any more."""
    if found.is_final and found.delivery != Invocation.Delivery.AWAITING:
        return None
    moments = [
        found.created_at,
        found.final_at,
        *(attempt.started_at for attempt in attempts),
        *(each.received_at for each in callbacks),
    ]
    return QUICK if max(moment for moment in moments if moment) > now - FRESH else SLOW


def _aside(
    found: Invocation,
    settlement: dict[str, Any] | None,
    waits_for: Sequence[Pause],
    message: str | None,
) -> list[Text]:
    """What else is to be said of where it stands: who ended it, or when it goes on."""
    if settlement:
        return [
            _("%(person)s wrote: “%(reason)s”")
            % {"person": person_name(settlement["row"].settled_by), "reason": settlement["reason"]}
        ]
    if found.cancelled_by:
        return [_("%(person)s cancelled it.") % {"person": person_name(found.cancelled_by)}]
    if found.reason in ("confirmed_by_duplicate", "confirmed_by_result"):
        return [REASONS[found.reason]]
    if found.status == Status.ACCEPTED and message:
        return [_("Kaleyra’s words: “%(message)s”") % {"message": message}]
    if found.due_at and not waits_for:
        words = (
            _("Asked again at %(time)s at the earliest.")
            if found.status == Status.UNKNOWN
            else _("Tried by itself at %(time)s at the earliest.")
        )
        return [words % {"time": clock_time(found.due_at)}]
    return []


def _set_up(request: StaffRequest, found: Invocation, delivery: Meaning) -> dict[str, str]:
    """Where this person mends it if no result comes: the account's page for results, and the workflow's own. Empty for others."""
    account, workflow = found.account_id, found.workflow_instance_id
    links = {}
    if request.user.has_perm("invocations.change_account"):
        links["results"] = reverse("callback_setup", args=[account])
    if (
        delivery is NOT_REPORTED
        and not found.workflow_instance.expects_callback
        and request.user.has_perm("invocations.change_workflowinstance")
    ):
        links["workflow"] = reverse("admin:invocations_workflowinstance_change", args=[workflow])
    return links


def _ticket(
    found: Invocation,
    attempts: Sequence[Attempt],
    report: Report | None,
    sends: list[Send] | None,
    meaning: Meaning,
    delivery: Meaning,
) -> str:
    every_key = {key for send in sends or [] for key in send.template_params}
    secrets = redaction.secrets_of(None, sends or [], every_key)
    return ticket_text(found, attempts, report, meaning=meaning, delivery=delivery, secrets=secrets)


def _again_words(delivery: Meaning, *, is_disputed: bool) -> Text:
    """What has to be known before the same values are sent once more, as a new message."""
    if is_disputed:
        return _("Only once the customer says that nothing came:")
    if delivery in (NOT_SENT, NOT_DELIVERED, SAID_NOT_DELIVERED):
        return _("A new message, with a new request ID:")
    if delivery.tone == "delivered" or delivery is SAID_DELIVERED:
        return _("Does the customer want it once more?")
    return _("Only once the customer says that nothing came:")


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
    took = duration_text(attempt.duration_ms / 1000) if attempt.duration_ms is not None else ""
    return {
        "row": attempt,
        "tone": tone,
        "icon": icon,
        "why": ATTEMPT_REASONS.get(attempt.reason, ""),
        "took": took,
        "has_left": attempt.outcome != Attempt.Outcome.NOT_SENT,
        "reply": _reply(attempt),
    }


def _request(
    request: StaffRequest, found: Invocation, sends: Sequence[Send], hidden: set[str]
) -> dict[str, Any]:
    """What every attempt posts, as this person may see it: the address, the headers with the key as a variable, the JSON."""
    masked = not permissions.may_see_recipient(request.user)
    body = build_payload(
        str(found.request_id), [shown_send(send, masked=masked, hidden=hidden) for send in sends]
    )
    return {
        "url": _url(found.account, found.workflow_instance.workflow_instance_id),
        "headers": f"Content-Type: {CONTENT_TYPE}\n{KEY_HEADER}: $KALEYRA_API_KEY",
        "json": json.dumps(body, ensure_ascii=False, indent=2),
        "is_masked": masked,
        "has_dots": any(key in hidden for send in sends for key in send.template_params),
    }


def _url(account: Account, workflow_instance_id: str) -> str:
    return invoke_url(
        account.pod.api_domain, account.sid, workflow_instance_id, http=account.pod.is_practice
    )


def _callback(
    request: StaffRequest, callback: Callback, sends: Sequence[Send] | None, hidden: set[str]
) -> dict[str, Any]:
    """A result as it came: without values that this person does not see, and whole numbers only for who may see them."""
    try:
        body = callback.body
    except Unreadable:
        return {"row": callback, "body": "", "is_masked": False}
    masked = not permissions.may_see_recipient(request.user)
    body = redaction.redact(body, redaction.secrets_of(None, sends or [], hidden, numbers=masked))
    return {
        "row": callback,
        "body": redaction.mask_numbers(body) if masked else body,
        "is_masked": masked,
    }


def _reply(row: Invocation | Attempt) -> dict[str, Any]:
    """What came back, as it was kept. What no key opens any more is shown as nothing."""
    try:
        return row.kept_reply
    except Unreadable:
        row.reply = None  # the template asks the row, too
        return {}


def _sends(found: Invocation) -> list[Send] | None:
    """What was sent, as it is kept; None if nothing can be decrypted any more."""
    try:
        return sends_in(found)
    except Unreadable:
        return None


def _what_was_sent(
    request: StaffRequest,
    channels: list[Channel],
    sends: Sequence[Send],
    hidden: set[str],
    labels: dict[int, dict[str, str]],
) -> list[dict[str, Any]]:
    """Each channel's recipient, values with their names and message, as this person may see them."""
    messages_seen = bubbles(channels, [send.template_params for send in sends], hidden=hidden)
    return [
        {
            "position": position,
            "channel": channel,
            "recipient": _number(request, send.recipient),
            "params": [
                (key, labels.get(position, {}).get(key, ""), DOTS if key in hidden else value)
                for key, value in send.template_params.items()
            ],
            "bubble": bubble,
        }
        for position, (channel, send, bubble) in enumerate(
            zip(channels, sends, messages_seen, strict=False), start=1
        )
    ]


def _hidden_keys(
    request: StaffRequest, found: Invocation, params: Sequence[TemplateParams]
) -> set[str]:
    """Keys whose values this person does not see: the sensitive ones then or now, or all."""
    if not permissions.may_see_values(request.user):
        return {key for each in params for key in each}
    then = template_fields.sensitive_keys_in(found.version) if found.version else set()
    return then | template_fields.sensitive_keys(found.workflow_instance.channels.all())


def _number(request: StaffRequest, digits: str) -> str:
    formatted = recipients.describe(digits).formatted
    return formatted if permissions.may_see_recipient(request.user) else recipients.mask(formatted)
