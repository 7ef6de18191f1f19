"""One invocation in full: timeline, messages, attempts, results, and what to do next."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from invocations.audit import verbs
from invocations.audit.record import record
from invocations.forms.note import NoteForm
from invocations.history.actions import TRY_AGAIN, can_be_blocked
from invocations.history.deliveries import NOT_REPORTED
from invocations.history.detail import Detail
from invocations.history.excerpts import page_number
from invocations.history.notes import notes_of
from invocations.history.story import with_story
from invocations.models import Invocation, permissions
from invocations.models.viewer import Viewer
from invocations.monitoring import pauses
from invocations.results import suggestions
from invocations.sending import decisions
from invocations.sending.deliver import deliver
from invocations.sending.departure import GOES_ON, departure_of
from invocations.views.base import StaffRequest, render_page, staff_page
from invocations.views.history.moved_on import what_came_first


@staff_page(permissions.SEE_HISTORY)
@require_safe
def invocation(request: StaffRequest, request_id: uuid.UUID) -> HttpResponse:
    """The page of one invocation. It polls until status and result are final."""
    pages = {name: page_number(request.GET.get(name)) for name in ("attempts", "results")}
    return invocation_page(request, detail_for(request.viewer, request_id, pages))


def invocation_page(request: StaffRequest, detail: Detail) -> HttpResponse:
    context = {
        "detail": detail,
        "invocation": detail.invocation,
        "setup_links": setup_links(detail),
        "notes": notes_of(detail.invocation, request.viewer),
        "note_form": NoteForm(),
    }
    return render_page(request, "invocation.html", context)


def detail_for(
    viewer: Viewer, request_id: uuid.UUID, pages: Mapping[str, int | None] | None = None
) -> Detail:
    """The invocation as `viewer` may see it. Raises `Http404`.

    Includes the pauses that block it, and whether an unmatched result may belong to it.
    """
    found = get_object_or_404(with_story(viewer), request_id=request_id)
    blockers, departure = [], GOES_ON
    if can_be_blocked(found) or found.status == Invocation.Status.SENDING:
        departure = departure_of(found.workflow_instance)
    if can_be_blocked(found):
        blockers = pauses.blocking_pauses(found.account, found.workflow_instance)
    may_have_result = suggestions.may_have_unmatched_result(found)
    return Detail(
        found,
        viewer,
        blockers=blockers,
        departure=departure,
        may_have_result=may_have_result,
        pages=pages,
    )


def setup_links(detail: Detail) -> dict[str, str]:
    """URLs of the pages on which this viewer can set up results: `results`, `workflow`, or none."""
    links, found = {}, detail.invocation
    if detail.viewer.may_configure:
        links["results"] = reverse("callback_setup", args=[found.account_id])
    never_reports = detail.delivery is NOT_REPORTED and not found.workflow_instance.expects_callback
    if never_reports and detail.viewer.may_change_workflows:
        workflow = found.workflow_instance_id
        links["workflow"] = reverse("admin:invocations_workflowinstance_change", args=[workflow])
    return links


@staff_page(permissions.SEND)
@require_POST
def try_again(request: StaffRequest, request_id: uuid.UUID) -> HttpResponse:
    """Posts a queued, held or unknown message at once, with the same request ID.

    For an unknown one this is the safe check: Kaleyra accepts a request ID only once.
    """
    found = _sendable_or_403(request.viewer, request_id)
    shown = request.POST.get("status", "")
    blockers = pauses.blocking_pauses(found.account, found.workflow_instance)
    if shown != found.status or shown not in TRY_AGAIN:
        messages.info(request, _("It has changed in the meantime. Nothing was sent."))
    elif blockers:
        messages.warning(request, _("%(why)s Nothing was sent.") % {"why": blockers[0].told})
    elif not _deliver_again(found, shown, request):
        text = _(
            "Somebody else was quicker, or its account has to wait for a moment. Nothing was sent."
        )
        messages.info(request, text)
    return redirect("invocation", request_id=request_id)


def _deliver_again(found: Invocation, shown: str, request: StaffRequest) -> bool:
    """The row of the trail is committed first: a transaction never waits for Kaleyra."""
    record(verbs.TRIED_AGAIN, by=request.user, about=found, facts=decisions.facts_of(found))
    return deliver(found.pk, starting_from=Invocation.Status(shown), asked_by=request.user)


@staff_page(permissions.SEND)
@require_POST
def cancel(request: StaffRequest, request_id: uuid.UUID) -> HttpResponse:
    """Cancels a message that has certainly not been posted."""
    found = _readable_or_404(request.viewer, request_id)
    if not request.viewer.may_cancel(found):
        raise PermissionDenied
    if decisions.cancel(found, request.user):
        messages.success(request, _("Cancelled. Nothing was sent, and nothing will be."))
    else:
        words = _("It could not be cancelled. %(why)s")
        messages.warning(request, words % {"why": what_came_first(found, found.not_before)})
    return redirect("invocation", request_id=request_id)


def _sendable_or_403(viewer: Viewer, request_id: uuid.UUID) -> Invocation:
    found = _readable_or_404(viewer, request_id)
    if not viewer.may_send_workflow(found.workflow_instance):
        raise PermissionDenied
    return found


def _readable_or_404(viewer: Viewer, request_id: uuid.UUID) -> Invocation:
    related = viewer.invocations().select_related("account__pod", "workflow_instance")
    return get_object_or_404(related, request_id=request_id)
