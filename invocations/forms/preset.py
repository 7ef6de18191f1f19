"""Presets: values to start from, one's own or everybody's. Never a number, never a sensitive value."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from invocations.composing import template_fields
from invocations.models import Preset, WorkflowInstance
from invocations.models.permissions import Viewer


class PresetForm(forms.Form):
    """The title under which the values of the review page are kept."""

    preset_title = forms.CharField(label=_("Keep these values as"), max_length=100)
    preset_shared = forms.BooleanField(
        label=_("For everybody who sends this workflow"), required=False
    )

    def __init__(self, workflow: WorkflowInstance, viewer: Viewer, data: Any = None) -> None:
        self.workflow, self.viewer = workflow, viewer
        super().__init__(data, label_suffix="")

    def clean(self) -> dict[str, Any]:
        """Nobody puts other values under a title that somebody else has shared."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("preset_shared"):
            there = self.workflow.presets.filter(
                owner=None, title=cleaned.get("preset_title")
            ).first()
            if there and not may_replace(self.viewer, there):
                self.add_error(
                    "preset_title",
                    _("Somebody else has shared values under this title. Choose another one."),
                )
        return cleaned

    def save(self, params: Sequence[dict[str, str]]) -> Preset:
        """Keeps the values, in place of those that had the same title."""
        hidden = template_fields.sensitive_keys(self.workflow.channels.all())
        kept = [
            {key: "" if key in hidden else value for key, value in each.items()} for each in params
        ]
        owner = None if self.cleaned_data["preset_shared"] else self.viewer.user
        values = {"values": json.dumps(kept, ensure_ascii=False)}
        preset, _created = self.workflow.presets.update_or_create(
            owner=owner,
            title=self.cleaned_data["preset_title"],
            defaults=values,
            create_defaults=values | {"created_by": self.viewer.user},
        )
        return preset


def may_replace(viewer: Viewer, preset: Preset) -> bool:
    """One's own, a shared one that one made, or any shared one for who may change workflows."""
    if preset.owner is not None:
        return preset.owner == viewer.user
    return preset.created_by == viewer.user or viewer.may_change_workflows


def presets_for(viewer: Viewer, workflow: WorkflowInstance) -> QuerySet[Preset]:
    """This person's presets of the workflow, and the shared ones."""
    return workflow.presets.filter(Q(owner=viewer.user) | Q(owner=None)).order_by("title")


def values_in(preset: Preset) -> list[dict[str, str]]:
    """Each channel's values. Raises `Unreadable`."""
    values: list[dict[str, str]] = json.loads(preset.values)
    return values
