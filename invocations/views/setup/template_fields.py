"""The template texts of a workflow and the values that staff enter. For admins."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from invocations.composing import adjacent_values
from invocations.composing.preview import bubbles
from invocations.forms.template_fields import TemplateFieldsForm
from invocations.models import WorkflowInstance, permissions
from invocations.views.base import StaffRequest, render_page, staff_page


@staff_page(permissions.CHANGE_WORKFLOW)
@require_http_methods(["GET", "HEAD", "POST"])
def template_fields(request: StaffRequest, workflow_id: int) -> HttpResponse:
    """The form for texts and values, and below it both messages with the sample values."""
    workflow = get_object_or_404(WorkflowInstance.objects.select_related("account"), pk=workflow_id)
    form = TemplateFieldsForm(workflow, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        version = form.save(request.user)
        text = _(
            "Saved as version %(number)s. The example below is what staff and customers will see."
        )
        messages.success(request, text % {"number": version.number})
        return redirect("template_fields", workflow_id=workflow.pk)
    channels = [each.channel for each in form.channels]
    samples = [
        adjacent_values.split(
            [asked for asked, _form in each.values],
            {asked.key: asked.words.sample or asked.label for asked, _form in each.values},
        )
        for each in form.channels
    ]
    context: dict[str, Any] = {
        "workflow": workflow,
        "contract": form,
        "bubbles": bubbles(channels, samples),
        "version": workflow.versions.order_by("-number").first(),
    }
    return render_page(request, "template_fields.html", context)
