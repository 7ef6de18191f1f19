"""Results without a message: a person matches each with a message, or sets it aside."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from invocations.forms.unmatched import SetAsideForm
from invocations.history.channel_codes import RESULT_MEANINGS
from invocations.history.wording import channel_name, person_name
from invocations.kaleyra import redaction
from invocations.kaleyra.callbacks import meaning_of_code
from invocations.models import Callback, ChannelResult, permissions
from invocations.models.encryption import Unreadable
from invocations.models.viewer import Viewer
from invocations.privacy.reveals import record_reveal
from invocations.results import apply, inbox, matching, suggestions, upkeep
from invocations.sending.departure import sender_is_running
from invocations.views.base import StaffRequest, render_page, staff_page
from invocations.views.history.reveal import reveal_to

UNMATCHED_PAGE_SIZE = 20
MAX_BODY_SHOWN = 4096
"""Characters of a body that the page shows."""
WHY_UNMATCHED = {
    "unknown_id": gettext_lazy(
        "No message of this account has this ID. It may have been sent by another system."
    ),
    "under_way": gettext_lazy(
        "Its message is still being sent. They find each other by themselves after that."
    ),
    "waits": gettext_lazy(
        "Its message waits to be sent, or sent again. "
        "They find each other within minutes after that."
    ),
    "disagrees": gettext_lazy("Its IDs are not those of one and the same message."),
    "answered": gettext_lazy(
        "Only an unclear answer named its ID. That does not show whose result it is."
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
"""By `suggestions.Diagnosis.why`."""
WHY_NOT_MATCHED = {
    "gone": gettext_lazy("That is not suggested any more. Nothing was changed."),
    "under_way": gettext_lazy(
        "That message is being sent just now. Nothing was changed: look again in a minute."
    ),
    "other_id": gettext_lazy(
        "Kaleyra’s ID of that message is known by now, and it is not this result’s. "
        "Nothing was changed."
    ),
    "has_result": gettext_lazy("That message has its result by now. Nothing was changed."),
}
"""By the code of `apply.NotMatched`."""
WHY_SUGGESTED = {
    "disagrees": gettext_lazy("one of the result’s IDs is this message’s."),
    "answered": gettext_lazy("an answer to this message named the result’s ID."),
    "unknown_id": gettext_lazy(
        "the only one to this number at that time whose ID at Kaleyra is not known here."
    ),
}
"""By `suggestions.Diagnosis.why`."""


@staff_page(permissions.SEE_HISTORY)
@require_safe
def unmatched(request: StaffRequest) -> HttpResponse:
    """The results to review, or with `?set-aside` those that were set aside, the newest first.

    Paging by time and ID, not by offset, keeps the last page as fast as the first. The number of
    queries does not depend on the number of rows.
    """
    is_set_aside = "set-aside" in request.GET
    found = matching.results_to_review()
    if is_set_aside:
        found = matching.unmatched_results().filter(set_aside_at__isnull=False)
    found = request.viewer.reading.results(found)
    before, pk = _time(request.GET.get("before", "")), _number(request.GET.get("id", ""))
    if before:
        found = found.filter(received_at__lte=before).exclude(received_at=before, pk__gte=pk)
    # The account is no join: SQLite may begin with it, and then reads and sorts all results.
    related = found.select_related("set_aside_by").prefetch_related("account", "results")
    rows = list(related.order_by("-received_at", "-pk")[: UNMATCHED_PAGE_SIZE + 1])
    shown = rows[:UNMATCHED_PAGE_SIZE]
    last = shown[-1] if len(rows) > len(shown) else None
    context = {
        "rows": _row_contexts(request.viewer, shown),
        "is_set_aside": is_set_aside,
        "older": urlencode({"before": last.received_at.isoformat(), "id": last.pk}) if last else "",
        "is_first_page": before is None,
        "may_match": request.viewer.may_settle,
        "days_kept": upkeep.UNMATCHED_KEPT_FOR.days,
        "has_sender": sender_is_running(timezone.now()),
    }
    return render_page(request, "unmatched.html", context)


@staff_page(permissions.SEE_HISTORY)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def reveal_result(request: StaffRequest, callback_id: int) -> HttpResponse:
    """A page with this result alone, and with its numbers. The press is recorded."""
    if request.method != "POST":
        return redirect("unmatched")
    reveal_to(request)
    callback = get_object_or_404(
        matching.unmatched_results(), pk=_callback_or_404(callback_id, request.viewer).pk
    )
    record_reveal(request.user, callback, "")
    context = {"rows": _row_contexts(request.viewer, [callback])}
    return render_page(request, "revealed_result.html", context)


@staff_page(permissions.SETTLE)
@require_POST
def match_result(request: StaffRequest, callback_id: int) -> HttpResponse:
    """Matches a result with the suggested message, if that is still the suggestion."""
    callback = _callback_or_404(callback_id, request.viewer)
    wanted = request.POST.get("invocation", "")
    suggested = suggestions.suggestion(callback) if callback.invocation_id is None else None
    try:
        if suggested is None or wanted != str(suggested.request_id):
            raise apply.NotMatched("gone")
        apply.match_by_hand(callback, suggested, request.user)
    except apply.NotMatched as error:
        messages.warning(request, WHY_NOT_MATCHED[error.code])
        return redirect("unmatched")
    messages.success(request, _("The result is with its message now."))
    return redirect("invocation", request_id=suggested.request_id)


@staff_page(permissions.SETTLE)
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def set_aside(request: StaffRequest) -> HttpResponse:
    """Sets the results `?id=` aside, at most a page of them, with one reason for all.

    Skips those that were matched or set aside in the meantime.
    """
    ids = [_number(text) for text in request.GET.getlist("id")]
    if not ids:
        messages.info(request, _("Choose at least one result."))
        return redirect("unmatched")
    found = (
        request.viewer.reading.results(matching.results_to_review())
        .filter(pk__in=ids)
        .select_related("account")
        .prefetch_related("results")
    )
    callbacks = list(found.order_by("-received_at", "-pk")[:UNMATCHED_PAGE_SIZE])
    form = SetAsideForm(request.POST or None, label_suffix="")
    if not callbacks:
        messages.info(request, _("It is not on the list any more. Nothing was changed."))
        return redirect("unmatched")
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        done = sum(inbox.set_aside(callback, reason, request.user) for callback in callbacks)
        _report_set_aside(request, done)
        return redirect("unmatched")
    context = {
        "form": form,
        "rows": _row_contexts(request.viewer, callbacks),
        "days_kept": upkeep.UNMATCHED_KEPT_FOR.days,
    }
    return render_page(request, "set_aside.html", context)


def _report_set_aside(request: StaffRequest, done: int) -> None:
    if not done:
        messages.warning(request, _("It is not on the list any more. Nothing was changed."))
        return
    text = ngettext(
        "Put aside. It still finds its message if that turns up.",
        "%(n)s were put aside. They still find their messages if these turn up.",
        done,
    )
    messages.success(request, text % {"n": done})


def _callback_or_404(callback_id: int, viewer: Viewer) -> Callback:
    if callback_id >= 2**63:  # larger than any ID in the database
        raise Http404
    return get_object_or_404(
        viewer.reading.results(Callback.objects.select_related("account")), pk=callback_id
    )


def _time(text: str) -> datetime | None:
    """A time with time zone; None if it cannot be read, or is before 1971."""
    try:
        time = parse_datetime(text)
    except ValueError:
        return None
    return time if time and time.tzinfo and time.year > 1970 else None


def _number(text: str) -> int:
    """An ID; 0 if `text` is none."""
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 19 else 0


def _row_contexts(viewer: Viewer, callbacks: list[Callback]) -> list[dict[str, Any]]:
    diagnoses = suggestions.diagnose_all(callbacks)
    return [
        {
            "callback": callback,
            "channels": [_channel_context(each) for each in callback.results.all()],
            "why": WHY_UNMATCHED[why] if not suggested else "",
            "suggestion": suggested,
            "because": WHY_SUGGESTED.get(why, WHY_SUGGESTED["unknown_id"]),
            "body": _body(callback, sees_numbers=viewer.sees_numbers),
            "set_aside_by": person_name(callback.set_aside_by) if callback.set_aside_by else "",
            "set_aside_reason": _set_aside_reason(callback),
        }
        for callback, (why, suggested) in zip(callbacks, diagnoses, strict=True)
    ]


def _channel_context(result: ChannelResult) -> dict[str, Any]:
    """A channel's result, in the same words as on the page of a message."""
    saying = RESULT_MEANINGS[meaning_of_code(result.code)]
    return {
        "result": result,
        "saying": saying,
        "label": saying.label % {"kind": channel_name(result)},
    }


def _set_aside_reason(callback: Callback) -> str:
    try:
        return callback.set_aside_reason or ""
    except Unreadable:
        return _("(cannot be read any more)")


def _body(callback: Callback, *, sees_numbers: bool) -> str:
    """The raw body, cut to `MAX_BODY_SHOWN`; numbers are masked unless the viewer sees them."""
    try:
        # More than is shown, so that the cut does not split a number that has to be masked.
        text: str = (callback.body or "")[: 2 * MAX_BODY_SHOWN]
    except Unreadable:
        return _("It cannot be decrypted: a key is missing in FIELD_ENCRYPTION_KEYS.")
    if not sees_numbers:
        text = redaction.mask_numbers(text)
    return text if len(text) <= MAX_BODY_SHOWN else f"{text[:MAX_BODY_SHOWN]}…"
