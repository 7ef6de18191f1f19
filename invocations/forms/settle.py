"""The form in which a person settles an unknown outcome."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from invocations.models import Settlement

MIN_REASON, MAX_REASON = 5, 500
"""Length of a reason, in characters."""


def reason_field(label: Any, help_text: Any) -> forms.CharField:
    """A field for the reason of a decision. It is stored with the decision and the person."""
    area = forms.Textarea(attrs={"rows": 3, "autocomplete": "off"})
    return forms.CharField(
        label=label, min_length=MIN_REASON, max_length=MAX_REASON, widget=area, help_text=help_text
    )


class SettleForm(forms.Form):
    verdict = forms.ChoiceField(
        label=_("What became of it?"),
        choices=[
            (Settlement.Verdict.DELIVERED, _("It was delivered: the customer has the message.")),
            (
                Settlement.Verdict.NOT_DELIVERED,
                _("It was not delivered: it is certain that nothing came."),
            ),
        ],
        widget=forms.RadioSelect,
    )
    reason = reason_field(
        _("How do you know?"),
        _(
            "For example: the customer read it out to me on the phone. "
            "It stays with the message, with your name."
        ),
    )
