"""Unmatched: results that belong to no message yet; a person says to which, or that nobody needs to look at it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from invocations.forms.unmatched import SetAsideForm
from invocations.history.channel_codes import RESULT_MEANINGS
from invocations.history.wording import channel_name, person_name
from invocations.kaleyra import redaction
from invocations.kaleyra.callbacks import meaning_of_code
from invocations.models import Callback, ChannelResult, permissions
from invocations.models.encryption import Unreadable
from invocations.results import apply, inbox, matching, suggestions, upkeep
from invocations.views.base import StaffRequest, render_page, staff_page

ROWS = 20
SHOWN_CHARACTERS = 4096
WHY = {
    "unknown_id": gettext_lazy(
        "No message of this account has this ID. It may have been sent by another system."
    ),
    "under_way": gettext_lazy(
        "Its message is still being sent. They find each other by themselves after that."
    ),
    "waits": gettext_lazy(
        "Its message waits to be sent, or sent again. They find each other within minutes after that."
    ),
    "disagrees": gettext_lazy("Its IDs are not those of one and the same message."),
    "answered": gettext_lazy(
        "An answer that settled nothing named its ID. That does not show whose result it is."
    ),
    "several": gettext_lazy("It could be the result of more than one message."),
    "empty": gettext_lazy("Nothing was in it."),
    "compressed": gettext_lazy("It was compressed, and is not unpacked here."),
    "unreadable": gettext_lazy("It cannot be read: it is not written as Kaleyra documents it."),
    "no_object": gettext_lazy(
        "No result was in it. Is the request body of the callback profile as the set-up page says?"
    ),
    "no_id": gettext_lazy("No ID in it says which message it is about."),
    "odd_id": gettext_lazy("Its ID is longer than any of Kaleyra’s."),
}
"""By the codes of `suggestions.Diagnosis.why`."""
WHY_NOT_JOINED = {
    "gone": gettext_lazy("That is not suggested any more. Nothing was changed."),
    "under_way": gettext_lazy(
        "That message is being sent just now. Nothing was changed: look again in a minute."
    ),
    "other_id": gettext_lazy(
        "Kaleyra’s ID of that message is known by now, and it is not this result’s. Nothing was changed."
    ),
    "has_result": gettext_lazy("That message has its result by now. Nothing was changed."),
}
"""By the codes of `apply.NotMatched`."""
BECAUSE = {
    "disagrees": gettext_lazy("one of the result’s IDs is this message’s."),
    "answered": gettext_lazy("an answer to this message named the result’s ID."),
    "unknown_id": gettext_lazy(
        "the only one to this number at that time whose ID at Kaleyra is not known here."
    ),
}
"""Why a message is suggested; by the codes of `suggestions.Diagnosis.why`."""


@staff_page(permissions.SEE_HISTORY)
@require_safe
def unmatched(request: StaffRequest) -> HttpResponse:
    """The list, the newest first: those to look at, or those that were set aside. Places are asked, not offsets: the last page is as
    fast as the first, and a page asks as often as an empty one, whatever is on it.
    """
    is_set_aside = "set-aside" in request.GET
    found = (
        matching.unmatched_results().filter(set_aside_at__isnull=False)
        if is_set_aside
        else matching.results_to_review()
    )
    moment, pk = _moment(request.GET.get("before", "")), _number(request.GET.get("id", ""))
    if moment:
        found = found.filter(received_at__lte=moment).exclude(received_at=moment, pk__gte=pk)
    related = found.select_related("account", "set_aside_by").prefetch_related("results")
    rows = list(related.order_by("-received_at", "-pk")[: ROWS + 1])
    last = rows[ROWS - 1] if len(rows) > ROWS else None
    context = {
        "rows": _shown(request, rows[:ROWS]),
        "is_set_aside": is_set_aside,
        "older": urlencode({"before": last.received_at.isoformat(), "id": last.pk}) if last else "",
        "is_first_page": moment is None,
        "may_match": request.viewer.may_settle,
        "days_kept": upkeep.UNMATCHED_KEPT_FOR.days,
    }
    return render_page(request, "unmatched.html", context)


@staff_page(permissions.SETTLE)
@require_POST
def match_result(request: StaffRequest, callback_id: int) -> HttpResponse:
    """Joins a result with the message that was suggested, if it still is."""
    callback = _get(callback_id)
    wanted = request.POST.get("invocation", "")
    suggested = suggestions.suggestion(callback) if callback.invocation_id is None else None
    try:
        if suggested is None or wanted != str(suggested.request_id):
            raise apply.NotMatched("gone")
        apply.match_by_hand(callback, suggested, request.user)
    except apply.NotMatched as error:
        messages.warning(request, WHY_NOT_JOINED[error.code])
        return redirect("unmatched")
    messages.success(request, _("The result is with its message now."))
    return redirect("invocation", request_id=suggested.request_id)


@staff_page(permissions.SETTLE)
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def set_aside(request: StaffRequest) -> HttpResponse:
    """Asks why nobody needs to look at the results `?id=` any more, one reason for all, a page of them at most.

    What was matched or set aside meanwhile is left as it is.
    """
    ids = [_number(text) for text in request.GET.getlist("id")]
    if not ids:
        messages.info(request, _("Tick the results first that nobody needs to look at any more."))
        return redirect("unmatched")
    found = (
        matching.results_to_review()
        .filter(pk__in=ids)
        .select_related("account")
        .prefetch_related("results")
    )
    callbacks = list(found.order_by("-received_at", "-pk")[:ROWS])
    form = SetAsideForm(request.POST or None, label_suffix="")
    if not callbacks:
        messages.info(request, _("It is not open any more. Nothing was changed."))
        return redirect("unmatched")
    if request.method == "POST" and form.is_valid():
        done = sum(
            inbox.set_aside(callback, form.cleaned_data["reason"], request.user)
            for callback in callbacks
        )
        if done:
            words = ngettext(
                "Set aside. It still finds its message if that turns up.",
                "%(n)s were set aside. They still find their messages if these turn up.",
                done,
            )
            messages.success(request, words % {"n": done})
        else:
            messages.warning(request, _("It is not open any more. Nothing was changed."))
        return redirect("unmatched")
    context = {
        "form": form,
        "rows": _shown(request, callbacks),
        "days_kept": upkeep.UNMATCHED_KEPT_FOR.days,
    }
    return render_page(request, "set_aside.html", context)


def _get(callback_id: int) -> Callback:
    if callback_id >= 2**63:
        raise Http404
    return get_object_or_404(Callback.objects.select_related("account"), pk=callback_id)


def _moment(text: str) -> datetime | None:
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return moment if moment and moment.tzinfo and moment.year > 1970 else None


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 19 else 0


def _shown(request: StaffRequest, callbacks: list[Callback]) -> list[dict[str, Any]]:
    may_see_recipient = request.viewer.sees_numbers
    return [
        {
            "callback": callback,
            "channels": [_channel(each) for each in callback.results.all()],
            "why": WHY[why] if not suggested else "",
            "suggestion": suggested,
            "because": BECAUSE.get(why, BECAUSE["unknown_id"]),
            "body": _body(callback, may_see_recipient),
            "set_aside_by": person_name(callback.set_aside_by) if callback.set_aside_by else "",
            "set_aside_reason": _reason(callback),
        }
        for callback, (why, suggested) in zip(
            callbacks, suggestions.diagnose_all(callbacks), strict=True
        )
    ]


def _channel(result: ChannelResult) -> dict[str, Any]:
    """What a channel said, in the words of a message's own page, with Kaleyra's code."""
    saying = RESULT_MEANINGS[meaning_of_code(result.code)]
    return {
        "result": result,
        "saying": saying,
        "label": saying.label % {"kind": channel_name(result)},
    }


def _reason(callback: Callback) -> str:
    try:
        return callback.set_aside_reason or ""
    except Unreadable:
        return _("(cannot be read any more)")


def _body(callback: Callback, may_see_recipient: bool) -> str:
    """The body as it came, cut; for those who see no whole numbers with the last four digits of each number only."""
    try:
        text: str = callback.body[: 2 * SHOWN_CHARACTERS]
    except Unreadable:
        return _("It cannot be decrypted: a key is missing in FIELD_ENCRYPTION_KEYS.")
    if not may_see_recipient:
        text = redaction.mask_numbers(text)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"
