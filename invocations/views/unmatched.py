"""Unmatched: results that Kaleyra reported and that belong to no message yet, and a person who says to which."""

from __future__ import annotations

import re
import uuid
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from invocations import results, roles, whose
from invocations.encryption import Unreadable
from invocations.kaleyra.callbacks import Said, said
from invocations.models import Callback
from invocations.views.page import StaffRequest, for_people_who_may, render_page

ROWS = 20
SHOWN_CHARACTERS = 4096
WHY = {
    "unknown_id": gettext_lazy("No message of this account has this ID. It may have been sent by another system."),
    "under_way": gettext_lazy("Its message is still being sent. They find each other within seconds after that."),
    "several": gettext_lazy("It could be the result of more than one message."),
    "empty": gettext_lazy("Nothing was in it."),
    "compressed": gettext_lazy("It was compressed, and is not unpacked here."),
    "unreadable": gettext_lazy("It is no JSON."),
    "no_object": gettext_lazy("No result was in it. Is the request body of the callback profile as the set-up page says?"),
    "no_id": gettext_lazy("It names no message."),
    "odd_id": gettext_lazy("Its ID is longer than any of Kaleyra’s."),
}
"""By the codes of `results.Standing`."""
LOOKS = {Said.DELIVERED: ("delivered", "done_all"), Said.FAILED: ("rejected", "block")}
"""Tone and icon of a channel's word. What is neither is neither good nor bad."""
_A_NUMBER = re.compile(r"(?:(?<![\w.-])|(?<=%..)|(?<=\\u....))(\d{4,})(\d{4})(?![\w-])")
"""Eight digits and more, also after a sign that a form or JSON wrote as %2B or \\u0022; not a part of a time or of an id."""


@for_people_who_may(roles.SEE_HISTORY)
@require_safe
def unmatched(request: StaffRequest) -> HttpResponse:
    """The list, the newest first. Times are asked, not offsets: the last page is as fast as the first."""
    before = _moment(request.GET.get("before", ""))
    found = results.unmatched().filter(received_at__lt=before) if before else results.unmatched()
    rows = list(found.select_related("account").prefetch_related("results").order_by("-received_at", "-pk")[: ROWS + 1])
    context = {
        "rows": [_shown(row, roles.may_see_recipient(request.user)) for row in rows[:ROWS]],
        "older": rows[ROWS - 1].received_at.isoformat() if len(rows) > ROWS else None,
        "is_first_page": before is None,
        "may_match": request.user.has_perm(roles.SETTLE),
        "most_kept": results.MOST_KEPT,
        "days_kept": results.KEPT_FOR.days,
    }
    return render_page(request, "unmatched.html", context)


@for_people_who_may(roles.SETTLE)
@require_POST
def match_result(request: StaffRequest, callback_id: int) -> HttpResponse:
    """Joins a result with the message that was suggested, if it still is."""
    callback = get_object_or_404(Callback, pk=callback_id) if callback_id < 2**63 else None
    wanted = request.POST.get("invocation", "")
    suggested = whose.suggestion(callback) if callback and callback.invocation_id is None else None
    if callback and suggested and _is(wanted, suggested.request_id) and results.match_by_hand(callback, suggested, request.user):
        messages.success(request, _("The result is with its message now."))
        return redirect("invocation", request_id=suggested.request_id)
    messages.warning(request, _("That is not suggested any more. Nothing was changed."))
    return redirect("unmatched")


def _is(text: str, request_id: uuid.UUID) -> bool:
    return text == str(request_id)


def _moment(text: str) -> datetime | None:
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return moment if moment and moment.tzinfo and moment.year > 1970 else None


def _shown(callback: Callback, may_see_recipient: bool) -> dict[str, Any]:
    why, suggested = whose.standing(callback)
    return {
        "callback": callback,
        "channels": [(each, *LOOKS.get(said(each.code), ("neutral", "hourglass_top"))) for each in callback.results.all()],
        "why": WHY[why],
        "suggestion": suggested,
        "body": _body(callback, may_see_recipient),
    }


def _body(callback: Callback, may_see_recipient: bool) -> str:
    """The body as it came, cut; for those who see no whole numbers with the last four digits of each number only."""
    try:
        text: str = callback.body
    except Unreadable:
        return _("It cannot be decrypted: a key is missing in FIELD_ENCRYPTION_KEYS.")
    if not may_see_recipient:
        for channel in whose.said_in(callback).channels:
            if channel.recipient:
                text = text.replace(channel.recipient, f"…{channel.recipient[-4:]}")
        text = _A_NUMBER.sub(r"…\2", text)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"
