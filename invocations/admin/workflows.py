"""Admin pages of workflows and their channels."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import Field, OuterRef, Q, QuerySet, Subquery, TextField
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import StackedInline
from unfold.decorators import action
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextareaWidget

from invocations.admin.badges import active_badge, badge
from invocations.admin.configuration import ConfigurationAdmin
from invocations.admin.target_change import add_notes, follow_and_tell
from invocations.composing import template_fields
from invocations.composing.template_warnings import template_warnings
from invocations.forms.channels import ChannelFormSet
from invocations.forms.counted_forms import SPARE_FORMS
from invocations.models import Channel, Invocation, WorkflowInstance

SHORT_TEXTAREA: Mapping[type[Field[Any, Any]], Mapping[str, Any]] = {
    TextField: {"widget": UnfoldAdminTextareaWidget(attrs={"rows": 4})}
}


class ChannelInline(StackedInline):
    model = Channel
    formset = ChannelFormSet
    fields = [
        "position",
        "kind",
        "template_text",
        "header_text",
        "button_url",
        "is_otp",
        "delay_seconds",
    ]
    formfield_overrides = SHORT_TEXTAREA
    min_num, extra, max_num = 1, 1, 2

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        return super().get_formset(
            request, obj, **{**kwargs, "absolute_max": self.max_num + SPARE_FORMS}
        )

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Without a preselected channel, which would be saved if the form is left as it is."""
        choices = db_field.get_choices(blank_choice=[("", _("Select value"))])
        return super().formfield_for_choice_field(
            db_field, request, **{**kwargs, "choices": choices}
        )


@admin.register(WorkflowInstance)
class WorkflowInstanceAdmin(ConfigurationAdmin):
    inlines = [ChannelInline]
    formfield_overrides = SHORT_TEXTAREA
    list_display = ["title", "account", "route", "active", "last_used"]
    list_filter = ["is_active", "account", "channels__kind"]
    list_select_related = ["account"]
    search_fields = ["title", "workflow_instance_id", "description", "account__title"]
    fieldsets = [
        (None, {"fields": ["title", "description"]}),
        (gettext_lazy("At Kaleyra"), {"fields": ["account", "workflow_instance_id", "is_paused"]}),
        (gettext_lazy("Time and result"), {"fields": ["valid_minutes", "expects_callback"]}),
        (gettext_lazy("Who may send it"), {"fields": ["is_active", "groups"]}),
    ]
    actions_detail = ["texts_and_values", "results"]
    empty_text = gettext_lazy(
        "No workflow yet. Publish a flow in Kaleyra's Fallback wizard, "
        "then enter its workflow ID here."
    )
    instead_of_deleting = gettext_lazy(
        "Turn it off instead: it leaves the send page, and its history stays."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[WorkflowInstance]:
        latest = (
            Invocation.objects.filter(workflow_instance=OuterRef("pk"))
            .order_by("-id")
            .values("created_at")[:1]
        )
        workflows: QuerySet[WorkflowInstance] = super().get_queryset(request)
        return workflows.prefetch_related("channels").annotate(latest_at=Subquery(latest))

    def save_model(
        self, request: HttpRequest, obj: WorkflowInstance, form: Any, change: bool
    ) -> None:
        """Resumes the workflow if its ID was changed: the old one may be why it was paused."""
        if "workflow_instance_id" in form.changed_data and "is_paused" not in form.changed_data:
            obj.is_paused = False
        super().save_model(request, obj, form, change)
        if change and "workflow_instance_id" in form.changed_data:
            follow_and_tell(request, [obj.account], Q(workflow_instance=obj))

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Stores a `WorkflowVersion` if texts or values have changed. Warns of doubtful texts."""
        super().save_related(request, form, formsets, change)
        for channel in form.instance.channels.order_by("position"):
            for warning in template_warnings(channel):
                messages.warning(request, f"{channel.get_kind_display()}: {warning}")
        template_fields.current_version(
            form.instance, by=request.user if isinstance(request.user, User) else None
        )

    @action(
        description=gettext_lazy("Texts and values"),
        url_path="texts",
        icon="text_fields",
        permissions=["change"],
    )  # type: ignore[untyped-decorator]
    def texts_and_values(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Redirects to the editor of the texts and template values."""
        workflow = self.object_or_404(request, object_id)
        return redirect("template_fields", workflow_id=workflow.pk)

    @action(
        description=gettext_lazy("Results"),
        url_path="results",
        icon="move_to_inbox",
        permissions=["change"],
    )  # type: ignore[untyped-decorator]
    def results(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Redirects to the page that sets up the account's callback profile."""
        workflow = self.object_or_404(request, object_id)
        return redirect("callback_setup", account_id=workflow.account_id)

    @admin.display(description=gettext_lazy("channels"))
    def route(self, workflow: WorkflowInstance) -> str:
        kinds = [channel.get_kind_display() for channel in workflow.channels.all()]
        return " → ".join(kinds) or _("none yet")

    @admin.display(description=gettext_lazy("active"), ordering="is_active")
    def active(self, workflow: WorkflowInstance) -> SafeString:
        return (
            badge(_("Paused"), "held", "pause")
            if workflow.is_paused
            else active_badge(workflow.is_active)
        )

    @admin.display(description=gettext_lazy("last used"), ordering="latest_at")
    def last_used(self, workflow: Any) -> datetime | str:
        return workflow.latest_at or _("never")

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return super().formfield_for_manytomany(
            db_field, request, **{**kwargs, "widget": UnfoldAdminCheckboxSelectMultipleWidget()}
        )

    def get_form(
        self,
        request: HttpRequest,
        obj: WorkflowInstance | None = None,
        change: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Without a choice of account once the workflow was sent: its invocations belong to it."""
        form: type[ModelForm[WorkflowInstance]] = super().get_form(
            request, obj, change=change, **kwargs
        )
        if obj and "account" in form.base_fields and obj.invocations.exists():
            form.base_fields["account"].disabled = True
        if obj:
            add_notes(form, ["workflow_instance_id"], Q(workflow_instance=obj))
        return form

    def get_formset_kwargs(
        self, request: HttpRequest, obj: Any, inline: Any, prefix: str
    ) -> dict[str, Any]:
        """An empty channel form offers the position that is still free."""
        taken = {channel.position for channel in obj.channels.all()} if obj.pk else set()
        free: list[dict[str, int]] = [
            {"position": position} for position in [1, 2] if position not in taken
        ]
        kwargs: dict[str, Any] = super().get_formset_kwargs(request, obj, inline, prefix)
        return {**kwargs, "initial": free}
