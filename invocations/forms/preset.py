"""Presets: values to start from, one's own or everybody's. Never a number, never a sensitive value."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from invocations.composing import template_fields
from invocations.models import Preset, WorkflowInstance


class PresetForm(forms.Form):
    """The title under which the values of the review page are kept."""

    preset_title = forms.CharField(label=_("Keep these values as"), max_length=100)
    preset_shared = forms.BooleanField(
        label=_("For everybody who sends this workflow"), required=False
    )

    def __init__(self, workflow: WorkflowInstance, user: User, data: Any = None) -> None:
        self.workflow, self.user = workflow, user
        super().__init__(data, label_suffix="")

    def clean(self) -> dict[str, Any]:
        """Nobody puts other values under a title that somebody else has shared."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("preset_shared"):
            there = self.workflow.presets.filter(
                owner=None, title=cleaned.get("preset_title")
            ).first()
            if there and not may_replace(self.user, there):
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
        owner = None if self.cleaned_data["preset_shared"] else self.user
        values = {"values": json.dumps(kept, ensure_ascii=False)}
        preset, _created = self.workflow.presets.update_or_create(
            owner=owner,
            title=self.cleaned_data["preset_title"],
            defaults=values,
            create_defaults=values | {"created_by": self.user},
        )
        return preset


def may_replace(user: User, preset: Preset) -> bool:
    """One's own, a shared one that one made, or any shared one for who may change workflows."""
    if preset.owner is not None:
        return preset.owner == user
    return preset.created_by == user or user.has_perm("invocations.change_workflowinstance")


def presets_for(user: User, workflow: WorkflowInstance) -> QuerySet[Preset]:
    """This person's presets of the workflow, and the shared ones."""
    return workflow.presets.filter(Q(owner=user) | Q(owner=None)).order_by("title")


def values_in(preset: Preset) -> list[dict[str, str]]:
    """Each channel's values. Raises `Unreadable`."""
    values: list[dict[str, str]] = json.loads(preset.values)
    return values
