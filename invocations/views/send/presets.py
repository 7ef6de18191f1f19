"""Removes a preset."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from invocations.forms.preset import may_replace
from invocations.models import Preset, permissions
from invocations.views.base import StaffRequest, staff_page


@staff_page(permissions.SEND)
@require_POST
def remove_preset(request: StaffRequest, preset_id: int) -> HttpResponse:
    """For the people who may also replace its values."""
    preset = get_object_or_404(Preset.objects.select_related("workflow_instance"), pk=preset_id)
    workflow = preset.workflow_instance
    if not request.viewer.reading.reads_workflow(workflow.pk):
        raise Http404
    if not request.viewer.may_send_workflow(workflow) or not may_replace(request.viewer, preset):
        raise PermissionDenied
    preset.delete()
    messages.success(
        request, _("The saved values “%(title)s” are removed.") % {"title": preset.title}
    )
    return redirect("compose", workflow_id=workflow.pk)
