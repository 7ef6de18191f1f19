"""Forms that stop: all sending or one account, with a reason, and the messages that wait."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


def _reason_field(help_text: Any) -> forms.CharField:
    return forms.CharField(
        label=_("Why? Everybody reads this"),
        max_length=300,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=help_text,
    )


class StopForm(forms.Form):
    reason = _reason_field(_("Shown at the top of every page, with your name."))


class PauseForm(forms.Form):
    reason = _reason_field(_("Shown to everybody who sends with this account, with your name."))


class CancelWaitingForm(forms.Form):
    newest = forms.IntegerField(min_value=1, max_value=2**63 - 1)
    """The highest id among the messages that were counted."""
