"""The do-not-contact list: found, filled by hand, by file and from a message, and shortened."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from invocations.forms.limits import DoNotContactForm, FindNumberForm, ReasonForm
from invocations.kaleyra import recipients
from invocations.kaleyra.recipients import Recipient, RecipientError
from invocations.models import DoNotContact, permissions
from invocations.models.encryption import Unreadable
from invocations.sending.number_lists import (
    Added,
    allow_contact,
    stop_contact,
    stop_contact_of,
    unwanted_entries,
)
from invocations.views.base import StaffRequest, render_page, staff_page
from invocations.views.history.guessing import refuse_guessing

PER_PAGE = 50


@staff_page(permissions.CHANGE_LIMITS)
@require_http_methods(["GET", "HEAD", "POST"])
def do_not_contact(request: StaffRequest) -> HttpResponse:
    action = request.POST.get("action", "") if request.method == "POST" else ""
    find = FindNumberForm(request.POST if action == "find" else None, label_suffix="")
    is_add = action == "add"
    form = DoNotContactForm(
        request.POST if is_add else None, request.FILES if is_add else None, label_suffix=""
    )
    if is_add and form.is_valid():
        added = stop_contact(form.read.numbers, form.cleaned_data["reason"], request.user)
        messages.success(request, _told(added))
        for line, why in form.read.bad[:20]:
            words = _("Line %(line)s was left out: %(why)s")
            messages.warning(request, words % {"line": line, "why": why})
        return redirect("do_not_contact")
    entries = DoNotContact.objects.select_related("added_by").order_by("-id")
    is_search = action == "find" and find.is_valid()
    if is_search:
        typed = find.cleaned_data["number"]
        number = _whole_number(typed)
        if (refusal := refuse_guessing(request, [number] if number else [])) is not None:
            return refusal
        entries = _found(entries, typed, number)
    page = Paginator(entries, PER_PAGE).get_page(request.GET.get("page"))
    context: dict[str, Any] = {"form": form, "find": find, "page": page, "is_search": is_search}
    return render_page(request, "limits/do_not_contact.html", context)


@staff_page(permissions.CHANGE_LIMITS)
@require_http_methods(["GET", "HEAD", "POST"])
def allow_again(request: StaffRequest, entry_id: int) -> HttpResponse:
    """Takes a number off the list, with a reason."""
    entry = get_object_or_404(DoNotContact, pk=entry_id)
    form = ReasonForm(request.POST or None, label_suffix="")
    if request.method == "POST" and form.is_valid():
        if allow_contact(entry, form.cleaned_data["reason"], request.user):
            messages.success(request, _("Taken off the list. Messages can be sent to it again."))
        return redirect("do_not_contact")
    return render_page(request, "limits/allow_again.html", {"form": form, "entry": entry})


@staff_page(permissions.CHANGE_LIMITS)
@require_http_methods(["GET", "HEAD", "POST"])
def stop_contact_from(request: StaffRequest, request_id: uuid.UUID) -> HttpResponse:
    """Puts the numbers of a message on the list, from the message's page."""
    invocation = get_object_or_404(
        request.viewer.invocations().select_related("workflow_instance"), request_id=request_id
    )
    form = ReasonForm(request.POST or None, label_suffix="")
    if request.method == "POST" and form.is_valid():
        try:
            added = stop_contact_of(invocation, form.cleaned_data["reason"], request.user)
        except Unreadable:
            messages.error(request, _("The message cannot be decrypted, so nothing was changed."))
        else:
            messages.success(request, _told(added))
        return redirect("invocation", request_id=request_id)
    context = {"form": form, "invocation": invocation}
    return render_page(request, "limits/stop_contact.html", context)


def _whole_number(typed: str) -> Recipient | None:
    try:
        return recipients.clean(typed)
    except RecipientError:
        return None


def _found(
    entries: QuerySet[DoNotContact], typed: str, number: Recipient | None
) -> QuerySet[DoNotContact]:
    """By the whole `number`, or else by the last four digits."""
    if number:
        return entries.filter(pk__in=unwanted_entries([number.digits]).values("pk"))
    digits = "".join(sign for sign in typed if sign.isdecimal())
    return entries.filter(last_four=digits) if len(digits) == 4 else entries.none()


def _told(added: Added) -> str:
    words = [
        ngettext(
            "%(count)s number is on the list now. Nothing is sent to it any more.",
            "%(count)s numbers are on the list now. Nothing is sent to them any more.",
            added.added,
        )
        % {"count": added.added}
    ]
    if added.known:
        words.append(_("On the list already: %(count)s.") % {"count": added.known})
    if added.cancelled:
        text = ngettext(
            "%(count)s message that waited was cancelled.",
            "%(count)s messages that waited were cancelled.",
            added.cancelled,
        )
        words.append(text % {"count": added.cancelled})
    return " ".join(words)
