"""Why nobody needs to look at an unmatched result any more."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

SHORTEST, LONGEST = 5, 500


class SetAsideForm(forms.Form):
    reason = forms.CharField(
        label=_("Why does nobody need to look at it any more?"),
        min_length=SHORTEST,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
        help_text=_("For example: the shop’s own system sent it through the same account. It stays with the result, with your name."),
    )
