"""The form of an API key: it goes in here and is never shown again."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldBooleanSwitchWidget

from invocations.models import ApiKey
from invocations.models.configuration import sendable_key


def looks_like_a_key(key: str) -> bool:
    """Whether `key` is shaped like the samples in Kaleyra's documentation: `A` and 32 more. No rule is published."""
    return re.fullmatch(r"A[A-Za-z0-9]{32}", key) is not None


class ApiKeyForm(forms.ModelForm):  # type: ignore[type-arg]
    """`new_key` is stripped, because a key is pasted with what stood around it. No message repeats what was typed."""

    new_key = forms.CharField(
        label=_("New key"),
        required=False,
        validators=[sendable_key],
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    make_primary = forms.BooleanField(
        label=_("Make this the primary key"),
        required=False,
        widget=UnfoldBooleanSwitchWidget(),
        help_text=_(
            "The primary key is the one that is used. The account's other one is put aside; both stay valid."
        ),
    )

    class Meta:
        model = ApiKey
        fields = ["account", "title", "kaleyra_owner"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        new_key = self.fields["new_key"]
        if self.instance._state.adding:
            new_key.label, new_key.required = _("Key"), True
            new_key.help_text = _(
                "From Kaleyra: Developers → API Keys. It is encrypted at once and never shown again."
            )
        else:
            # A key belongs to its account. Not read-only, so that the account's constraints are still checked.
            # (The admin leaves the field out for people who may only look.)
            if "account" in self.fields:
                self.fields["account"].disabled = True
            new_key.help_text = _(
                "Leave empty to keep the present key. What you enter is never shown again."
            )

    def save(self, commit: bool = True) -> Any:
        if self.cleaned_data["new_key"]:
            self.instance.key = self.cleaned_data["new_key"]
        return super().save(commit)
