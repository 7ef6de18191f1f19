"""The forms of the stop page: stop all sending with a reason, and cancel what waits."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class StopForm(forms.Form):
    reason = forms.CharField(
        label=_("Why? Everybody reads this"),
        max_length=300,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("Shown at the top of every page, with your name."),
    )


class PauseForm(forms.Form):
    reason = forms.CharField(
        label=_("Why? Everybody reads this"),
        max_length=300,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("Shown to everybody who sends with this account, with your name."),
    )


class CancelWaitingForm(forms.Form):
    newest = forms.IntegerField(min_value=1, max_value=2**63 - 1)
    """The highest id among the messages that were counted."""
