"""The list of workflows, their deletion and their changes.

The page of one workflow is `views.setup.workflow`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import path
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invocations.admin.badges import badge
from invocations.admin.configuration import ConfigurationAdmin
from invocations.models import WorkflowInstance
from invocations.models.viewer import viewer_of

Stage = WorkflowInstance.Stage


@admin.register(WorkflowInstance)
class WorkflowInstanceAdmin(ConfigurationAdmin):
    list_display = ["title", "stage_badge", "account_mark", "route", "last_sent"]
    list_filter = ["stage", "is_active", "account", "channels__kind"]
    list_select_related = ["account__pod"]
    search_fields = ["title", "workflow_instance_id", "description", "account__title"]
    empty_text = gettext_lazy(
        "No workflow yet. Publish a flow in Kaleyra's Fallback wizard, "
        "then enter its workflow ID here."
    )
    instead_of_deleting = gettext_lazy(
        "Take it off the send page instead: nobody can send it, and its history stays."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[WorkflowInstance]:
        latest = (
            viewer_of(request)
            .invocations()
            .filter(workflow_instance=OuterRef("pk"))
            .order_by("-id")
            .values("created_at")[:1]
        )
        workflows: QuerySet[WorkflowInstance] = super().get_queryset(request)
        if hidden := viewer_of(request).reading.hidden:
            workflows = workflows.exclude(pk__in=hidden)
        return workflows.prefetch_related("channels").annotate(latest_at=Subquery(latest))

    def get_urls(self) -> list[Any]:
        """With the addresses of buttons of version 0.1.0, in pages that are still open."""
        moved = [
            path("<int:workflow_id>/texts/", _texts_of_before),
            path("<int:workflow_id>/results/", _results_of_before),
        ]
        return [*moved, *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Of an address that names a workflow in another spelling (`/ 1/change/`)."""
        return redirect("workflow", workflow_id=self.object_or_404(request, object_id).pk)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return redirect("add_workflow")

    @admin.display(description=gettext_lazy("stage"), ordering="stage")
    def stage_badge(self, workflow: WorkflowInstance) -> SafeString:
        """What staff can do with it now: paused and off the send page come before the stage."""
        if workflow.is_paused:
            return badge(_("Paused"), "held", "pause")
        if not workflow.is_active:
            return badge(_("Off the send page"), "neutral", "visibility_off")
        return {
            Stage.DRAFT: badge(_("Draft"), "neutral", "edit_note"),
            Stage.TESTED: badge(_("Tested"), "accepted", "task_alt"),
            Stage.LIVE: badge(_("Live"), "accepted", "check"),
        }[Stage(workflow.stage)]

    @admin.display(description=gettext_lazy("account"), ordering="account__title")
    def account_mark(self, workflow: WorkflowInstance) -> SafeString:
        return render_to_string("parts/account_mark.html", {"account": workflow.account})

    @admin.display(description=gettext_lazy("channels"))
    def route(self, workflow: WorkflowInstance) -> str:
        kinds = [channel.get_kind_display() for channel in workflow.channels.all()]
        return " → ".join(kinds) or _("none yet")

    @admin.display(description=gettext_lazy("last sent"), ordering="latest_at")
    def last_sent(self, workflow: Any) -> datetime | str:
        return workflow.latest_at or _("never")


def _texts_of_before(request: HttpRequest, workflow_id: int) -> HttpResponse:
    return redirect("workflow", workflow_id=workflow_id)


def _results_of_before(request: HttpRequest, workflow_id: int) -> HttpResponse:
    if not viewer_of(request).may_configure:
        return redirect("workflow", workflow_id=workflow_id)
    found = get_object_or_404(WorkflowInstance, pk=workflow_id)
    return redirect("callback_setup", account_id=found.account_id)
