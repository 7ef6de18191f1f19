"""The page of a workflow: its texts and values, who may send it, and its stage."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from invocations.composing.missing_for_live import missing_for_live
from invocations.composing.stage_moves import MAX_REASON
from invocations.composing.template_fields import digest_of
from invocations.forms.next_page import NEXT, own_page
from invocations.forms.page_merge import OPENED, Conflict, Merge, PageField, as_json, merged
from invocations.forms.target_change import follow_and_tell
from invocations.forms.workflow_setup import (
    ChangedMeanwhile,
    NotConfirmed,
    Saved,
    WorkflowSetup,
)
from invocations.models import Account, WorkflowInstance, permissions
from invocations.views.base import StaffRequest, render_page, staff_page
from invocations.views.setup.workflow_stage import bring_live
from invocations.views.setup.workflow_text import bar_text, changed_texts, steps_of

Stage = WorkflowInstance.Stage


@staff_page(permissions.VIEW_WORKFLOW)
@require_http_methods(["GET", "HEAD", "POST"])
def workflow(request: StaffRequest, workflow_id: int) -> HttpResponse:
    """Whoever may not change workflows reads it."""
    found = workflow_or_404(workflow_id)
    if not request.viewer.reading.reads_workflow(found.pk):
        raise Http404
    if request.method != "POST":
        return _show(request, found, WorkflowSetup(found))
    if not request.viewer.may_change_workflows:
        raise PermissionDenied
    return _save(request, found)


@staff_page(permissions.ADD_WORKFLOW)
@require_http_methods(["GET", "HEAD", "POST"])
def add_workflow(request: StaffRequest) -> HttpResponse:
    new = _new(request)
    if request.method == "POST":
        return _save(request, new)
    return _show(request, new, WorkflowSetup(new))


@staff_page(permissions.CHANGE_WORKFLOW)
@require_http_methods(["GET", "HEAD", "POST"])
def texts_and_values(request: StaffRequest, workflow_id: int) -> HttpResponse:
    """The page at the address at which texts and values were edited before."""
    found = workflow_or_404(workflow_id)
    if request.method == "POST":
        return _save(request, found)
    return _show(request, found, WorkflowSetup(found))


@staff_page(permissions.CHANGE_WORKFLOW)
@require_POST
def workflow_preview(request: StaffRequest, workflow_id: int = 0) -> HttpResponse:
    """Both messages, what staff are asked for, and the table of values where the texts ask for
    others than it has.
    """
    found = workflow_or_404(workflow_id) if workflow_id else _new(request)
    setup = WorkflowSetup(found, request.POST)
    setup.is_valid()
    known = {name.removesuffix("-row") for name in request.POST if name.endswith("-row")}
    places = {place.name for row in setup.rows for place in row.places}
    context = {"workflow": found, "setup": setup, "swaps_values": known != places}
    return render(request, "parts/workflow_preview_response.html", context)


def workflow_or_404(workflow_id: int) -> WorkflowInstance:
    related = WorkflowInstance.objects.select_related("account__pod", "tested_by")
    return get_object_or_404(related, pk=workflow_id)


def _new(request: StaffRequest) -> WorkflowInstance:
    """A draft, in the account that a link names (`?account=1`), or else in the only one."""
    new = WorkflowInstance(stage=Stage.DRAFT)
    named = request.GET.get("account", "")
    accounts = Account.objects.select_related("pod")
    if named.isdecimal() and len(named) < 10:
        new.account = accounts.filter(pk=named).first() or new.account
    elif len(only := accounts[:2]) == 1:
        new.account = only[0]
    return new


def _save(request: StaffRequest, stored: WorkflowInstance) -> HttpResponse:
    is_new = stored._state.adding
    split = request.POST.get("split", "")
    # What others saved since the page was opened is kept, unless it was changed here, too.
    before = {} if is_new else WorkflowSetup(workflow_or_404(stored.pk)).fields
    merge = merged(before, request.POST)
    setup = WorkflowSetup(stored, merge.data, split=split)
    if split:
        return _show(request, stored, setup, is_open=True)
    is_valid = setup.is_valid()
    if not is_valid or merge.conflicts:
        _tell_kept(request, merge.kept)
        return _show(request, stored, setup, conflicts=_conflicts(stored, merge, before))
    reason = " ".join(request.POST.get("reason", "").split())[:MAX_REASON]
    try:
        saved = setup.save(
            request.user,
            reason=reason,
            confirmed=request.POST.get("confirms", ""),
            merged_with="" if is_new else as_json(before),
        )
    except ChangedMeanwhile:  # in the instant since they were merged
        return _save(request, workflow_or_404(stored.pk))
    except NotConfirmed as asked:
        _tell_kept(request, merge.kept)
        return _confirm(request, setup, asked, reason)
    _tell_kept(request, merge.kept)
    return _after_save(request, setup, saved, is_new=is_new)


def _conflicts(
    stored: WorkflowInstance, merge: Merge, before: dict[str, PageField]
) -> list[Conflict]:
    if not merge.conflicts:
        return []
    typed = WorkflowSetup(workflow_or_404(stored.pk), merge.posted)
    return merge.conflicts_for_people(before, typed.fields)


def _after_save(
    request: StaffRequest, setup: WorkflowSetup, saved: Saved, *, is_new: bool
) -> HttpResponse:
    found, deed = setup.workflow, request.POST.get("deed", "save")
    if not is_new and "workflow_instance_id" in setup.main.changed_data:
        follow_and_tell(request, [found.account], Q(workflow_instance=found))
    if deed != "live" or saved.is_changed:  # to go live has its own words
        _tell(request, saved)
    if deed == "live":
        return bring_live(request, found)
    if deed == "test":
        return redirect("test_workflow", workflow_id=found.pk)
    if next_page := own_page(request.GET.get(NEXT, "")):
        return redirect(next_page)
    return redirect("workflow", workflow_id=found.pk)


def _tell_kept(request: StaffRequest, labels: list[str]) -> None:
    if labels:
        words = _("Changed meanwhile by somebody else, and kept so: %(labels)s.")
        messages.info(request, words % {"labels": "; ".join(labels)})


def _tell(request: StaffRequest, saved: Saved) -> None:
    if saved.was_tested and saved.has_other_kind:
        words = _(
            "Saved. It is a draft again, for its account changed between practice and live. "
            "Test it here, then make it live."
        )
        messages.warning(request, words)
    elif saved.was_tested:
        messages.info(request, _("Saved. What was tested has changed, so it is a draft again."))
    elif saved.is_changed:
        words = _("Saved as version %(number)s.") % {"number": saved.version.number}
        messages.success(request, words)
    else:
        messages.success(request, _("Saved."))


def _confirm(
    request: StaffRequest, refused: WorkflowSetup, asked: NotConfirmed, reason: str
) -> HttpResponse:
    """The page as it was filled in, with what changes for staff: nothing is saved yet."""
    found = workflow_or_404(refused.workflow.pk)
    setup = WorkflowSetup(found, refused.data)
    setup.is_valid()
    context = {
        "changes": changed_texts(asked.then, asked.now),
        "becomes_draft": asked.becomes_draft,
        "confirms": digest_of(asked.now),
        "reason": reason,
        "lacks_reason": "confirms" in request.POST and not reason,
    }
    return _show(request, found, setup, **context)


def _show(
    request: StaffRequest, found: WorkflowInstance, setup: WorkflowSetup, **more: Any
) -> HttpResponse:
    is_new = found._state.adding
    # The form writes what was typed to its instance. The heading says what is stored.
    shown = found if is_new or not setup.main.is_bound else workflow_or_404(found.pk)
    as_stored = WorkflowSetup(shown) if setup.main.is_bound and not is_new else setup
    may_save = request.viewer.may_add_workflows if is_new else request.viewer.may_change_workflows
    context: dict[str, Any] = {
        "workflow": shown,
        "setup": setup,
        "steps": steps_of(shown),
        "says": bar_text(shown, setup.rows),
        "missing": missing_for_live(shown) if not is_new else [],
        "version": None if is_new else shown.versions.order_by("-number").first(),
        "may_save": may_save,
        "preview_url": _preview_url(shown),
        "max_reason": MAX_REASON,
        "opened_field": OPENED,
        "opened": "" if is_new else as_json(as_stored.fields),
    }
    return render_page(request, "workflow.html", context | more)


def _preview_url(found: WorkflowInstance) -> str:
    if found._state.adding:
        return reverse("new_workflow_preview")
    return reverse("workflow_preview", args=[found.pk])
