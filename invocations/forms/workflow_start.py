"""A new workflow from another one, or from a file: where it goes, and what it is called."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invocations.forms.template_fields import TextsForm
from invocations.forms.value_rows import ValueRow
from invocations.forms.workflow import reports_results
from invocations.forms.workflow_file import MAX_BYTES, BadFile, as_posted, left_over, read
from invocations.forms.workflow_setup import WorkflowSetup
from invocations.models import Account, Channel, WorkflowInstance


class StartForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """For a copy."""

    class Meta:
        model = WorkflowInstance
        fields = ("account", "workflow_instance_id", "title")

    def __init__(self, *args: Any, definition: dict[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        self.definition = definition
        self.setup: WorkflowSetup | None = None
        self.problems: list[str] = []
        """What is wrong in the definition, each with its place."""
        account: Any = self.fields["account"]
        account.queryset = Account.objects.order_by("title")

    def clean(self) -> dict[str, Any]:
        """Fills in the page of a new workflow, whose forms judge the definition."""
        cleaned: dict[str, Any] = super().clean() or {}
        if self.definition is None or self.errors:
            return cleaned
        more = {
            "account": str(cleaned["account"].pk),
            "workflow_instance_id": cleaned["workflow_instance_id"],
        }
        if reports_results(cleaned["account"]):
            more["expects_callback"] = "on"
        if cleaned.get("title"):
            more["title"] = cleaned["title"]
        new = WorkflowInstance(stage=WorkflowInstance.Stage.DRAFT)
        self.setup = WorkflowSetup(new, as_posted(self.definition, **more))
        is_valid = self.setup.is_valid()
        names = {place.name for row in self.setup.rows for place in row.places}
        self.problems = [*left_over(self.definition, names), *_errors_of(self.setup)]
        if not is_valid or self.problems:
            self.add_error(None, _("Nothing was created. Fix what is listed here."))
        return cleaned


class ImportForm(StartForm):
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("A workflow that a console has exported (.json)."),
        widget=forms.ClearableFileInput({"accept": ".json,application/json"}),
    )
    field_order = ("file", "account", "workflow_instance_id", "title")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["title"].required = False
        self.fields["title"].help_text = _("Empty: as in the file.")

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        try:
            self.definition = read(file.read(MAX_BYTES + 1))
        except BadFile as error:
            self.problems = error.problems
            raise forms.ValidationError(_("This file cannot be imported.")) from None
        return file

    def _get_validation_exclusions(self) -> set[str]:
        """An empty title is that of the file."""
        excluded: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        return excluded | {"title"}


def _errors_of(setup: WorkflowSetup) -> list[str]:
    """Every error of the forms, with the place of its field."""
    found = _listed(setup.main, "")
    for kind, form in setup.texts.items():
        found += _listed(form, Channel.Kind(kind).label)
    for row in setup.rows:
        found += _listed(row.form, _place_of(row))
    return found


def _place_of(row: ValueRow) -> str:
    return row.places[0].where


def _listed(form: forms.BaseForm | TextsForm, where: str) -> list[str]:
    if not form.is_bound:
        return []
    found = []
    for name, errors in form.errors.items():
        label = str(form.fields[name].label or name) if name in form.fields else ""
        place = ", ".join(filter(None, (where, label)))
        found += [f"{place}: {error}" if place else str(error) for error in errors]
    return found
