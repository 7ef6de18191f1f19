"""Takes a preset away."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from invocations import roles
from invocations.forms.preset import presets_for
from invocations.models import Preset
from invocations.views.page import StaffRequest, for_people_who_may


@for_people_who_may("invocations.send_invocation")
@require_POST
def remove_preset(request: StaffRequest, preset_id: int) -> HttpResponse:
    """One's own, a shared one that one made, or any shared one for who may change workflows."""
    preset = get_object_or_404(Preset.objects.select_related("workflow_instance"), pk=preset_id)
    workflow = preset.workflow_instance
    if not roles.may_send(request.user, workflow) or not presets_for(request.user, workflow).filter(pk=preset.pk).exists():
        raise PermissionDenied
    if preset.owner is None and preset.created_by != request.user and not request.user.has_perm("invocations.change_workflowinstance"):
        raise PermissionDenied
    preset.delete()
    messages.success(request, _("The preset “%(title)s” is gone.") % {"title": preset.title})
    return redirect("compose", workflow_id=workflow.pk)
