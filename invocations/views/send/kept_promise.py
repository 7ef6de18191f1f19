"""Whether a press on the review's button does what the button said."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.utils import timezone

from invocations.forms.promise import Promise
from invocations.models import WorkflowInstance
from invocations.models.reading import WHOLE
from invocations.sending.departure import Deed, departure_of
from invocations.views.base import StaffRequest
from invocations.views.send.deed_text import what_changed


def kept_promise(
    request: StaffRequest,
    workflow: WorkflowInstance,
    request_id: UUID,
    not_before: datetime | None,
) -> Promise | None:
    """What the button said, if that is what happens now; else None, with a message that says so.

    `not_before`: the time that stands in the form. A form without a promise is one that sends at
    once.
    """
    now, departure = timezone.now(), departure_of(workflow)
    holds_now = Promise.of(workflow, request_id, departure, now, not_before)
    promise = Promise.read(request.POST.get("promise", ""), request_id)
    promise = promise or replace(holds_now, deed=Deed.SEND)
    was_recorded = WHOLE.invocations().filter(request_id=request_id).exists()
    is_kept = promise.is_kept_by(workflow, departure, now)
    if was_recorded or (is_kept and promise.not_before == holds_now.not_before):
        return promise
    messages.warning(request, what_changed(holds_now))
    return None
