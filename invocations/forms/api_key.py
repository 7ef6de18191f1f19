"""The form that takes an API key. The key is never shown again."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldBooleanSwitchWidget

from invocations.models import ApiKey
from invocations.models.validators import sendable_key


def looks_like_a_key(key: str) -> bool:
    """Whether `key` is `A` and 32 letters or digits, like the samples in Kaleyra's documentation.

    Kaleyra publishes no rule.
    """
    return re.fullmatch(r"A[A-Za-z0-9]{32}", key) is not None


class ApiKeyForm(forms.ModelForm):  # type: ignore[type-arg]
    """`new_key` is stripped, because a key is often pasted with blanks around it.

    No error message repeats the key.
    """

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
            "The primary key is the one that is used. "
            "The account's other one is put aside; both stay valid."
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
                "From Kaleyra: Developers → API Keys. "
                "It is encrypted at once and never shown again."
            )
        else:
            # A key stays in its account. The field is disabled and not read-only, so that the
            # constraints with the account are still checked. (For people who may only view, the
            # admin leaves the field out.)
            if "account" in self.fields:
                self.fields["account"].disabled = True
            new_key.help_text = _("Empty keeps the stored key. A key is never shown again.")

    def save(self, commit: bool = True) -> Any:
        if self.cleaned_data["new_key"]:
            self.instance.key = self.cleaned_data["new_key"]
        return super().save(commit)
