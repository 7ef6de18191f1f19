"""Another time for a scheduled message, until it leaves."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from invocations.composing.outside_hours import of_hours
from invocations.forms.reschedule import RescheduleForm
from invocations.history.scheduled import Schedule, day_and_time
from invocations.kaleyra.stored_numbers import stored
from invocations.models import Invocation, permissions
from invocations.models.encryption import Unreadable
from invocations.models.invocations import sends_in
from invocations.sending.record import NotAcknowledged, NotSendable
from invocations.sending.schedule import change_time, may_change_time
from invocations.views.base import StaffRequest, render_page, staff_page
from invocations.views.history.moved_on import what_came_first
from invocations.views.send.cautions import before_sending
from invocations.views.send.when_text import when_says


@staff_page(permissions.SEND)
@require_http_methods(["GET", "HEAD", "POST"])
def reschedule(request: StaffRequest, request_id: uuid.UUID) -> HttpResponse:
    """The form with day, time and zone. Whoever may cancel the message may change its time."""
    found = _found(request, request_id)
    not_before = found.not_before
    if not_before is None or not may_change_time(found):
        return _moved_on(request, found)
    try:
        numbers = [stored(send.recipient) for send in sends_in(found)]
    except Unreadable:
        words = _(
            "What was stored cannot be read any more, so the message cannot leave. Cancel it."
        )
        messages.error(request, words)
        return redirect("invocation", request_id=request_id)
    form = RescheduleForm(found.workflow_instance, not_before, numbers, request.POST or None)
    if request.method == "POST" and form.time_shown != not_before:
        return _moved_on(request, found, form.time_shown)
    if request.method == "POST" and form.is_valid() and (done := _change(request, found, form)):
        return done
    at = form.not_before_as_typed
    findings = list(of_hours(found.workflow_instance, numbers, at)) if at else []
    channels = list(found.workflow_instance.channels.all())
    ticked = request.POST.getlist("acknowledged")
    cautions = before_sending(findings, channels, {}, ticked=ticked, offers=lambda finding: None)
    context = {
        "invocation": found,
        "form": form,
        "schedule": Schedule.of(found, timezone.now()),
        "acks": [caution for caution in cautions if caution.token],
        "facts": [caution for caution in cautions if not caution.token],
        "was_refused": _("Nothing was changed.") if request.method == "POST" else "",
        "when_says": when_says(form, request.LANGUAGE_CODE),
    }
    return render_page(request, "reschedule.html", context)


def _found(request: StaffRequest, request_id: uuid.UUID) -> Invocation:
    related = request.viewer.invocations().select_related(
        "account__pod", "workflow_instance__account__pod"
    )
    found = get_object_or_404(related, request_id=request_id)
    may_send = request.viewer.may_send_workflow(found.workflow_instance)
    if not (may_send and request.viewer.may_cancel(found)):
        raise PermissionDenied
    return found


def _change(request: StaffRequest, found: Invocation, form: RescheduleForm) -> HttpResponse | None:
    """The redirect once it is changed, or has left; None if the page asks first."""
    if form.not_before is None:
        return None
    try:
        is_changed = change_time(
            found,
            form.not_before,
            request.user,
            acknowledged=request.POST.getlist("acknowledged"),
        )
    except NotAcknowledged:
        return None
    except NotSendable as refusal:
        form.add_error("day", refusal.findings[0].text)
        return None
    if not is_changed:
        return _moved_on(request, found, form.time_shown)
    words = _("Changed. It leaves %(time)s.") % {"time": day_and_time(form.not_before)}
    messages.success(request, words)
    return redirect("invocation", request_id=found.request_id)


def _moved_on(
    request: StaffRequest, found: Invocation, time_shown: datetime | None = None
) -> HttpResponse:
    words = _("Its time was not changed. %(why)s")
    messages.warning(request, words % {"why": what_came_first(found, time_shown)})
    return redirect("invocation", request_id=found.request_id)
