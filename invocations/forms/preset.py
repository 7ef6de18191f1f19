"""Presets: stored template values, personal or shared, without numbers or sensitive values."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from invocations.composing import template_fields
from invocations.models import Preset, WorkflowInstance
from invocations.models.viewer import Viewer


class PresetForm(forms.Form):
    """Stores the values of the review page as a preset."""

    preset_title = forms.CharField(label=_("Keep these values as"), max_length=100)
    preset_shared = forms.BooleanField(
        label=_("For everybody who sends this workflow"), required=False
    )

    def __init__(self, workflow: WorkflowInstance, viewer: Viewer, data: Any = None) -> None:
        self.workflow, self.viewer = workflow, viewer
        super().__init__(data, label_suffix="")

    def clean(self) -> dict[str, Any]:
        """Refuses the title of a shared preset that the person may not replace."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("preset_shared"):
            shared = self.workflow.presets.filter(owner=None)
            existing = shared.filter(title=cleaned.get("preset_title")).first()
            if existing and not may_replace(self.viewer, existing):
                self.add_error(
                    "preset_title",
                    _("Somebody else has shared values under this title. Choose another one."),
                )
        return cleaned

    def save(self, params: Sequence[dict[str, str]]) -> Preset:
        """Stores each channel's values, in place of a preset with the same title and owner.

        Sensitive values are stored as empty texts.
        """
        sensitive = template_fields.sensitive_keys(self.workflow.channels.all())
        kept = [
            {key: "" if key in sensitive else value for key, value in values.items()}
            for values in params
        ]
        owner = None if self.cleaned_data["preset_shared"] else self.viewer.user
        columns = {"values": json.dumps(kept, ensure_ascii=False)}
        preset, _created = self.workflow.presets.update_or_create(
            owner=owner,
            title=self.cleaned_data["preset_title"],
            defaults=columns,
            create_defaults=columns | {"created_by": self.viewer.user},
        )
        return preset


def may_replace(viewer: Viewer, preset: Preset) -> bool:
    """Whether they own it or, if it is shared, made it or may change workflows."""
    if preset.owner is not None:
        return preset.owner == viewer.user
    return preset.created_by == viewer.user or viewer.may_change_workflows


def presets_for(viewer: Viewer, workflow: WorkflowInstance) -> QuerySet[Preset]:
    """The person's own presets of the workflow and the shared ones, by title."""
    return workflow.presets.filter(Q(owner=viewer.user) | Q(owner=None)).order_by("title")


def values_in(preset: Preset) -> list[dict[str, str]]:
    """The values of each channel, by key. Raises `Unreadable`."""
    values: list[dict[str, str]] = json.loads(preset.values)
    return values
