"""Starts a workflow from another one or from a file, and writes that file."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from invocations.audit import verbs
from invocations.audit.record import record
from invocations.forms import workflow_file
from invocations.forms.workflow_start import ImportForm, StartForm
from invocations.models import permissions
from invocations.views.base import StaffRequest, render_page, staff_page

KEPT_BY_A_COPY = ("needs_approval", "values_kept_days")
"""Rules that are not in the file of a workflow, and that a copy must not be without."""


@staff_page(permissions.ADD_WORKFLOW)
@require_http_methods(["GET", "HEAD", "POST"])
def copy_workflow(request: StaffRequest, workflow_id: int) -> HttpResponse:
    """A draft with the same texts, values, time, groups and rules."""
    original = get_object_or_404(request.viewer.reading.workflows(), pk=workflow_id)
    form = StartForm(
        request.POST or None,
        definition=workflow_file.definition_of(original),
        initial={"title": original.title, "account": original.account_id},
    )
    if request.method == "POST" and form.is_valid() and form.setup:
        made = form.setup.workflow
        for name in KEPT_BY_A_COPY:
            setattr(made, name, getattr(original, name))
        with transaction.atomic():
            form.setup.save(request.user)
            made.groups.set(original.groups.all())
        messages.success(request, _("This is the copy: a draft. Test it, then make it live."))
        return redirect("workflow", workflow_id=made.pk)
    context = {"workflow": original, "form": form}
    return render_page(request, "copy_workflow.html", context)


@staff_page(permissions.VIEW_WORKFLOW)
@require_safe
def export_workflow(request: StaffRequest, workflow_id: int) -> HttpResponse:
    workflow = get_object_or_404(request.viewer.reading.workflows(), pk=workflow_id)
    text = workflow_file.as_text(workflow)
    facts = {"what": "workflow", "title": workflow.title}
    record(verbs.DOWNLOADED, by=request.user, about=workflow, facts=facts)
    response = HttpResponse(text, content_type="application/json; charset=utf-8")
    name = slugify(workflow.title) or "workflow"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.workflow.json"'
    return response


@staff_page(permissions.ADD_WORKFLOW)
@require_http_methods(["GET", "HEAD", "POST"])
def import_workflow(request: StaffRequest) -> HttpResponse:
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST":
        form = ImportForm(request.POST, request.FILES)
        if form.is_valid() and form.setup:
            form.setup.save(request.user)
            messages.success(request, _("Imported as a draft. Test it, then make it live."))
            return redirect("workflow", workflow_id=form.setup.workflow.pk)
    return render_page(request, "import_workflow.html", {"form": form})
