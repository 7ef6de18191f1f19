"""Validates a workflow's one or two channels together.

A flow of Kaleyra's sends on the first channel and falls back to the second.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.forms import PaginationInlineFormSet

from invocations.forms.counted_forms import BoundedCounts
from invocations.models import Channel


class ChannelFormSet(BoundedCounts, PaginationInlineFormSet):
    def clean(self) -> None:
        if any(self.errors):
            return
        filled = [
            form.cleaned_data
            for form in self.forms
            if form.cleaned_data and not form.cleaned_data.get("DELETE")
        ]
        positions = [channel["position"] for channel in filled]
        kinds = [channel["kind"] for channel in filled]
        if not filled:
            raise ValidationError(
                _("A workflow has at least its first channel. Choose WhatsApp or SMS.")
            )
        if positions == [2]:
            raise ValidationError(
                _("The only channel is the first one (send1). Change its position.")
            )
        if len(set(positions)) < len(positions):
            raise ValidationError(
                _(
                    "Both channels have the same position. "
                    "One is the first (send1), the other the second (send2)."
                )
            )
        if len(set(kinds)) < len(kinds):
            raise ValidationError(
                _("Both channels are the same. A flow sends by WhatsApp and SMS, each once.")
            )

    def save(self, commit: bool = True) -> Any:
        """Saves the channels even if they swap their positions or kinds.

        Both are unique in a workflow, so the first UPDATE of a swap would fail. The rows that move
        are therefore deleted first, and inserted again with the same ids. `_raw_delete` deletes
        these rows only: their parameters and their history stay.
        """
        moving = [
            form.instance.pk
            for form in self.initial_forms
            if {"position", "kind"} & set(form.changed_data)
        ]
        if commit and moving:
            deleted = [form.instance.pk for form in self.deleted_forms]
            rows = Channel.objects.filter(pk__in=moving + deleted)
            rows._raw_delete(rows.db)
        return super().save(commit)
