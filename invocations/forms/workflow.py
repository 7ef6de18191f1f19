"""What a workflow is called, where it is at Kaleyra, who may send it, and the order of channels."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.models import Group
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from invocations.forms.bounded_choices import BoundedMultipleChoiceField
from invocations.forms.target_change import note_before
from invocations.models import Account, Channel, WorkflowInstance

WHATSAPP, SMS = Channel.Kind.WHATSAPP.value, Channel.Kind.SMS.value
ROUTES = {
    f"{WHATSAPP}-{SMS}": _("WhatsApp, then SMS"),
    f"{SMS}-{WHATSAPP}": _("SMS, then WhatsApp"),
    WHATSAPP: _("WhatsApp alone"),
    SMS: _("SMS alone"),
}
"""The kinds in the order of sending, and the words for it."""


class WorkflowForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    route = forms.ChoiceField(
        label=_("Kaleyra’s flow sends"),
        choices=list(ROUTES.items()),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what Kaleyra’s flow sends.")},
    )
    groups = BoundedMultipleChoiceField(
        label=_("Groups that may send it"),
        queryset=Group.objects.order_by("name"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: everybody who may send."),
    )

    class Meta:
        model = WorkflowInstance
        fields = (
            "title",
            "description",
            "account",
            "workflow_instance_id",
            "valid_minutes",
            "values_kept_days",
            "expects_callback",
            "groups",
        )
        widgets = {"description": forms.Textarea({"rows": 2})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        workflow: WorkflowInstance = self.instance
        account: Any = self.fields["account"]
        account.queryset = Account.objects.select_related("pod").order_by("title")
        self.fields["valid_minutes"].label = _("Expires after, in minutes")
        self.fields["values_kept_days"].label = _("Values kept, in days")
        self.fields["expects_callback"].label = _("Results come back")
        if workflow._state.adding:
            if workflow.account_id and reports_results(workflow.account):
                self.initial["expects_callback"] = True
            return
        kinds = workflow.channels.order_by("position").values_list("kind", flat=True)
        self.initial["route"] = "-".join(kinds)
        if workflow.invocations.exists():
            # Its messages belong to the account.
            self.fields["account"].disabled = True
        elif workflow.stage != WorkflowInstance.Stage.DRAFT:
            self.fields["account"].help_text = _(
                "A change between practice and live makes it a draft again."
            )
        if note := note_before(Q(workflow_instance=workflow)):
            field = self.fields["workflow_instance_id"]
            field.help_text = f"{field.help_text} {note}"

    @property
    def kinds(self) -> list[str]:
        """The kinds in the order of sending, as they stand in the form; both if none is chosen."""
        chosen = self["route"].value()
        return str(chosen).split("-") if chosen in ROUTES else [WHATSAPP, SMS]


def reports_results(account: Account) -> bool:
    """Whether results of a workflow of `account` come in: those of its next one should, too."""
    return account.workflow_instances.filter(expects_callback=True).exists()
