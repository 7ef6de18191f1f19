"""What a person says became of an invocation that no answer settled."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from invocations.models import Settlement

SHORTEST, LONGEST = 5, 500


def reason_field(label: Any, help_text: Any) -> forms.CharField:
    """Why a person decides what the console cannot know; it is kept with the decision and their name."""
    area = forms.Textarea(attrs={"rows": 3, "autocomplete": "off"})
    return forms.CharField(
        label=label, min_length=SHORTEST, max_length=LONGEST, widget=area, help_text=help_text
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
            "For example: the customer read it out to me on the phone. It stays with the invocation, with your name."
        ),
    )
