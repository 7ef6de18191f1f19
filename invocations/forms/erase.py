"""The form that erases a person."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from invocations.forms.recipient import RecipientField


class EraseForm(forms.Form):
    """`number` gives a `Recipient`. `is_sure` is asked once the person has seen what there is."""

    number = RecipientField(
        label=_("Phone number"),
        help_text=_("With its country code. Every spelling of it is found."),
    )
    is_sure = forms.BooleanField(
        label=_("Erase everything of this number. This cannot be undone."), required=False
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, label_suffix="")
