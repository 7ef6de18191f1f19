"""The workflows that a person may send."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from invocations.models import WorkflowInstance, permissions
from invocations.models.permissions import Viewer
from invocations.views.base import StaffRequest, render_page, staff_page
from invocations.views.send.earlier import person_in


@staff_page(permissions.SEND)
@require_safe
def choose(request: StaffRequest) -> HttpResponse:
    workflows = workflows_to_fill_in(request.viewer).order_by("account__title", "title")
    context = {
        "workflows": workflows,
        "may_set_up": request.viewer.may_add_workflows,
        "person": person_in(request.GET, request.viewer),
    }
    return render_page(request, "choose.html", context)


def workflows_to_fill_in(viewer: Viewer) -> QuerySet[WorkflowInstance]:
    """The workflows that `viewer` may send and that have a first channel, with what the form needs
    of them.
    """
    workflows = viewer.sendable_workflows().select_related("account__pod")
    return workflows.filter(channels__position=1).prefetch_related(
        "channels__parameters", "account__api_keys"
    )
