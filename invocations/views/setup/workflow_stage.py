"""Makes a workflow live, a draft again, and takes it off the send page and back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from invocations.access.proof import has_proof
from invocations.composing import stage_moves
from invocations.composing.missing_for_live import Missing, missing_for_live, senders_of
from invocations.models import WorkflowInstance, permissions
from invocations.views.base import StaffRequest, render_page, staff_page
from invocations.views.step_up import needs_step_up

Stage = WorkflowInstance.Stage


@staff_page(permissions.CHANGE_WORKFLOW)
@require_http_methods(["GET", "HEAD", "POST"])
@needs_step_up
def go_live(request: StaffRequest, workflow_id: int) -> HttpResponse:
    """Says what is still missing. Goes on without it only with a reason."""
    found = _workflow(workflow_id)
    if found.stage == Stage.LIVE:
        messages.info(request, _("It is live already."))
        return redirect("workflow", workflow_id=found.pk)
    missing = missing_for_live(found)
    reason = " ".join(request.POST.get("reason", "").split())
    is_short = len(reason) <= stage_moves.MAX_REASON
    if request.method == "POST" and is_short and (reason or not missing):
        return _make_live(request, found, reason)
    context = {
        "workflow": found,
        "missing": [(each, _where(each, found)) for each in missing],
        "senders": senders_of(found).count(),
        "reason": reason,
        "max_reason": stage_moves.MAX_REASON,
        "lacks_reason": request.method == "POST" and not reason,
        "is_too_long": not is_short,
    }
    return render_page(request, "go_live.html", context)


def bring_live(request: StaffRequest, found: WorkflowInstance) -> HttpResponse:
    """At once if nothing is missing; else the page that says what is.

    That page also asks for the password, where it was last given more than five minutes ago: the
    workflow is saved by now, so nothing has to be kept for it.
    """
    found = _workflow(found.pk)
    is_ready = found.stage == Stage.TESTED and not missing_for_live(found)
    if not is_ready or not has_proof(request.session, timezone.now()):
        return redirect("go_live", workflow_id=found.pk)
    return _make_live(request, found, "")


def _make_live(request: StaffRequest, found: WorkflowInstance, reason: str) -> HttpResponse:
    if stage_moves.make_live(found, request.user, reason):
        messages.success(request, _("It is live. Staff can send it from now on."))
    else:
        messages.info(request, _("Somebody has just made it live."))
    return redirect("workflow", workflow_id=found.pk)


@staff_page(permissions.CHANGE_WORKFLOW)
@require_POST
def back_to_draft(request: StaffRequest, workflow_id: int) -> HttpResponse:
    found = _workflow(workflow_id)
    if stage_moves.make_draft(found, request.user):
        words = _(
            "It is a draft. Only admins see it, and it goes to practice and to your team alone. "
            "Messages that were queued before still leave."
        )
        messages.success(request, words)
    else:
        messages.info(request, _("It is a draft already."))
    return redirect("workflow", workflow_id=found.pk)


@staff_page(permissions.CHANGE_WORKFLOW)
@require_POST
def on_send_page(request: StaffRequest, workflow_id: int) -> HttpResponse:
    """Takes it off the send page (`off`), or puts it back (`on`)."""
    found = _workflow(workflow_id)
    is_on = request.POST.get("put") == "on"
    changed = WorkflowInstance.objects.filter(pk=found.pk, is_active=not is_on)
    if changed.update(is_active=is_on):
        found.refresh_from_db()
        stage_moves.add_to_history(found, request.user)
    if is_on:
        messages.success(request, _("It is back on the send page."))
    else:
        words = _("It is off the send page. Messages that were queued before still leave.")
        messages.success(request, words)
    return redirect("workflow", workflow_id=found.pk)


def _workflow(workflow_id: int) -> WorkflowInstance:
    related = WorkflowInstance.objects.select_related("account__pod")
    return get_object_or_404(related, pk=workflow_id)


def _where(missing: Missing, found: WorkflowInstance) -> str:
    """The page on which it is put right."""
    key = found.account.primary_key
    if missing.place == "key" and key:
        return reverse("admin:invocations_apikey_change", args=[key.pk])
    if missing.place == "key":
        return reverse("admin:invocations_apikey_add", query={"account": found.account_id})
    return {
        "account": reverse("admin:invocations_account_change", args=[found.account_id]),
        "results": reverse("callback_setup", args=[found.account_id]),
        "test": reverse("test_workflow", args=[found.pk]),
        "people": reverse("admin:auth_user_changelist"),
    }.get(missing.place, reverse("workflow", args=[found.pk]))
